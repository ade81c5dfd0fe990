"""The one preprocessing: a face's box in a frame → what the networks see.

Training, evaluation and inference all go through `crop_face` and `scale_pixels`; a network that sees other pixels than
it was trained on loses a third of its accuracy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .records import Face, Floats, Image


FACE_PX = 48
"""Side of the grey square that the networks see, as in FER-2013."""


CROP_SCALE = 0.93
"""Side of FER-2013's square in longer sides of MTCNN's box: median of 271 faces; 10th to 90th percentile 0.78-1.15."""


MIN_CONTRAST = 8.0
"""Grey levels: a flatter picture is not stretched further, which would only show its noise."""


PIXELS = ("standardised", "unit")
"""How a model wants its grey levels; see `scale_pixels`."""


def crop_face(image: Image, face: Face, scale: float = CROP_SCALE, size_px: int = FACE_PX) -> Image:
    """Cut a face the way FER-2013 does.

    Args:
        image: uint8 (H, W, 3), RGB.
        face: box in pixels of `image`.
        scale: side of the square, in longer sides of the box.
        size_px: side of the result.

    Returns:
        uint8 (size_px, size_px), grey. The square lies around the box's centre; what of it lies outside the frame
        repeats the frame's edge. Area interpolation reduces without aliasing.
    """
    side = max(2, round(scale * max(face.width, face.height)))
    rows = _span(face.y + face.height / 2, side, image.shape[0])
    columns = _span(face.x + face.width / 2, side, image.shape[1])
    inside = np.ascontiguousarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    grey = np.asarray(cv2.cvtColor(inside, cv2.COLOR_RGB2GRAY), np.uint8)
    if grey.shape != (side, side):
        grey = grey[np.ix_(rows - rows[0], columns - columns[0])]
    return resize_face(grey, size_px)


def _span(centre: float, side: int, length: int) -> NDArray[np.int64]:
    """The rows or columns of a square around `centre`: int64 (side,); outside the frame the nearest one within it."""
    first = round(centre - side / 2)
    return np.arange(first, first + side).clip(0, length - 1)


def resize_face(grey: Image, size_px: int = FACE_PX) -> Image:
    """Bring a grey square, uint8 (S, S), to (size_px, size_px): by area when reducing, bilinear when enlarging."""
    if grey.shape == (size_px, size_px):
        return grey
    reducing = grey.shape[0] > size_px
    resized = cv2.resize(grey, (size_px, size_px), interpolation=cv2.INTER_AREA if reducing else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def centre_view(faces: Image, view_px: int) -> Image:
    """The centre of faces, (N, S, S) → (N, view_px, view_px), for networks that were trained on smaller views."""
    margin = (faces.shape[1] - view_px) // 2
    return faces[:, margin : margin + view_px, margin : margin + view_px]


def standardise(faces: Image | Floats | Sequence[Image]) -> Floats:
    """Make faces independent of exposure: each with mean 0 and standard deviation 1.

    Args:
        faces: grey levels 0 to 255, (N, S, S).

    Returns:
        float32 (N, S, S, 1). The deviation is taken as at least `MIN_CONTRAST` grey levels.
    """
    pixels = np.asarray(faces, np.float32)
    mean = pixels.mean(axis=(1, 2), keepdims=True)
    deviation = pixels.std(axis=(1, 2), keepdims=True)
    return np.asarray(((pixels - mean) / np.maximum(deviation, MIN_CONTRAST))[..., None], np.float32)


def scale_pixels(faces: Image | Floats, pixels: str) -> Floats:
    """Grey levels (N, S, S) → what a network was trained on, float32 (N, S, S, 1).

    Args:
        faces: grey levels 0 to 255.
        pixels: `standardised` (see `standardise`) or `unit` (divided by 255).
    """
    if pixels == "unit":
        return np.asarray(faces, np.float32)[..., None] / np.float32(255)
    return standardise(faces)


def measure_sharpness(faces: Image) -> Floats:
    """Variance of the Laplacian of each grey face, uint8 (N, S, S) → float32 (N,) (Pech-Pacheco et al. 2000)."""
    return np.array([cv2.Laplacian(face, cv2.CV_32F).var() for face in faces], np.float32)
