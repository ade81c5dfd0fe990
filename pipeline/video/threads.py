"""One thread decodes, so that the same file gives the same frames whoever decodes it.

What a decoder makes of a damaged picture depends on how many threads it has: each number gives other pixels, and where
each thread has a picture or a part of one of its own, also the same number from one time to the next. FFmpeg takes as
many as there are cores. Several cores are used by several videos, or by networks while the next frame is decoded.
"""

from __future__ import annotations

from typing import Any


def set_threads(stream: Any) -> None:
    """Have one thread decode, whatever the codec; pictures are held once then, too."""
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
