"""Still pictures, which are videos of one frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..errors import VideoError

if TYPE_CHECKING:
    from pathlib import Path

    from ..records import Image

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

JPEG_BEGIN, JPEG_END = b"\xff\xd8", b"\xff\xd9"


def read_picture(path: Path) -> Image:
    """A still picture, uint8 (H, W, 3), RGB, turned as its EXIF data say.

    Raises:
        VideoError: not a picture, cut short, or larger than OpenCV was told to read.
    """
    try:
        content = np.fromfile(path, np.uint8)
        _check_whole(content)
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        cause = "it has too many pixels" if "PIXELS" in str(error) else error.err
        raise VideoError(f"not a readable picture: {cause}") from error
    except OSError as error:
        raise VideoError(f"not a readable picture: {error.strerror}") from error
    if picture is None:
        raise VideoError("not a readable picture: the file is damaged or of another kind")
    return np.asarray(picture, np.uint8)


def _check_whole(content: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> None:
    """OpenCV fills the missing part of a JPEG with grey and says nothing."""
    if content[:2].tobytes() == JPEG_BEGIN and JPEG_END not in content.tobytes():
        raise VideoError("not a readable picture: the file is cut short")
