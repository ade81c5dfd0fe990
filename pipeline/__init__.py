"""fer-video: expression statistics from a shop's camera videos."""

__version__ = "0.6.0"

__part_of__ = "fer-video"
"""The mark by which the command knows its own packages; see `.entry/fer_video`."""
