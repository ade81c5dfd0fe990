"""Labelled faces in, a published model out."""

__part_of__ = "fer-video"
"""The mark by which the command knows its own packages; see `.entry/fer_video`."""
