"""What kind of file a video is, as far as its name and a look at its container tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..records import VideoInfo

BARE_SUFFIXES = frozenset({".264", ".265", ".h264", ".h265", ".hevc", ".mjpeg", ".mjpg"})
"""Streams without a container. They hold no timestamps, so that the rate decides over their times."""


def is_bare(info: VideoInfo) -> bool:
    """Whether it is, by its name, a stream without a container."""
    return info.path.suffix.lower() in BARE_SUFFIXES


def is_unusual(info: VideoInfo) -> bool:
    """Whether how it is read depends on more than its pixels and timestamps, or something about it is doubtful."""
    return info.pixel_aspect != 1 or info.streams > 1 or bool(info.notes) or is_bare(info)
