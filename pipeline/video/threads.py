"""How many pictures a decoder may hold at once: each thread that decodes a picture of its own has another."""

from __future__ import annotations

import os
from typing import Any

WIDE_PIXELS = 2560 * 1440
"""Up to this size FFmpeg chooses by itself: its 16 threads at most hold 90 MB."""

HELD_BYTES = 96_000_000
"""Most that pictures in work may take beyond that: seven of 4K; one of 8K, whose threads share its parts."""

PICTURE_BYTES = 1.5
"""Of a pixel in the decoder: a byte of light, and half a byte of colour (4:2:0)."""


def set_threads(stream: Any) -> None:
    """Turn decoding threads on: over pictures and their parts, or over the parts of one where pictures are large."""
    context = stream.codec_context
    pixels = context.width * context.height
    threads = int(HELD_BYTES / (pixels * PICTURE_BYTES))
    if pixels <= WIDE_PIXELS or threads > 1:
        stream.thread_type = "AUTO"
        if pixels > WIDE_PIXELS:
            context.thread_count = min(threads, os.cpu_count() or 1)
        return
    stream.thread_type = "SLICE"
    if context.name == "libdav1d":
        # Its own way to say the same.
        context.options = {**context.options, "max_frame_delay": "1"}
