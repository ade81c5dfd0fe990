"""fer-video: expression statistics from a shop's camera videos."""

__version__ = "0.2.0"
