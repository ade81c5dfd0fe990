"""How many pictures a decoder may hold at once: each thread that decodes a picture of its own has another."""

from __future__ import annotations

from typing import Any

WIDE_PIXELS = 2560 * 1440
"""Larger pictures are not decoded several at a time: on many cores those of 8K would take gigabytes."""


def set_threads(stream: Any) -> None:
    """Turn decoding threads on: over pictures and their parts for usual sizes, over the parts of one for large ones."""
    context = stream.codec_context
    if context.width * context.height <= WIDE_PIXELS:
        stream.thread_type = "AUTO"
        return
    stream.thread_type = "SLICE"
    if context.name == "libdav1d":
        # Its own way to say the same.
        context.options = {**context.options, "max_frame_delay": "1"}
