"""A decoded frame's pixels as an array, without a copy: one of 8K has 100 MB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..records import Image


def to_rgb(frame: Any, format: str = "rgb24", **options: Any) -> Image:  # noqa: A002 - PyAV's own name
    """Convert a frame of PyAV to uint8 (H, W, 3), RGB: a view of the converted frame, whose rows may be padded.

    Raises:
        av.error.FFmpegError, ValueError: FFmpeg cannot convert it.
    """
    converted = frame.reformat(format=format, **options)
    plane = converted.planes[0]
    if plane.line_size < 0:
        return np.asarray(converted.to_ndarray(), np.uint8)
    rows = np.frombuffer(plane, np.uint8)[: plane.line_size * converted.height].reshape(-1, plane.line_size)
    return rows[:, : converted.width * 3].reshape(converted.height, converted.width, 3)
