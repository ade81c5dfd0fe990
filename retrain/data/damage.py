"""What lenses, sensors and compression do to a face: for training views, and for measuring what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pipeline.records import Image


def film(face: Image, random: np.random.Generator, *, blur_px: float, size_px: int, noise: float) -> Image:
    """A face as a lens and a sensor with noise in each of its pixels leave it, enlarged again.

    Args:
        face: uint8 (S, S), grey.
        random: source of the noise.
        blur_px: standard deviation of the lens's blur in pixels of the picture; 0 for none.
        size_px: side of the face on the sensor, pixels.
        noise: standard deviation of the noise in each of these, grey levels; 0 for none.
    """
    seen = resize(blur(face, blur_px) if blur_px else face, size_px)
    if noise:
        seen = np.asarray(np.clip(np.round(seen + random.normal(0, noise, seen.shape)), 0, 255), np.uint8)
    return resize(seen, face.shape[0])


def shrink(face: Image, size_px: int) -> Image:
    """What is left of a face that was size_px wide in its frame: reduced by area, enlarged again."""
    return resize(resize(face, size_px), face.shape[0])


def resize(face: Image, size_px: int) -> Image:
    """A face, uint8 (S, S), at another size: by area when reducing, bilinear when enlarging."""
    smaller = size_px < face.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(face, (size_px, size_px), interpolation=how), np.uint8)


def blur(face: Image, sigma_px: float) -> Image:
    """Gaussian blur, as out of focus."""
    return np.asarray(cv2.GaussianBlur(face, (0, 0), sigma_px), np.uint8)


def smear(face: Image, length_px: float, angle: float) -> Image:
    """Motion blur along a line, its length in pixels and its angle to the rows in radians."""
    side = 2 * int(np.ceil(length_px / 2)) + 1
    middle = side // 2
    kernel = np.zeros((side, side), np.float32)
    along = np.linspace(-length_px / 2, length_px / 2, 4 * side)
    columns, rows = (np.rint(middle + part * along).astype(int) for part in (np.cos(angle), np.sin(angle)))
    np.add.at(kernel, (rows, columns), 1 / len(along))
    return np.asarray(cv2.filter2D(face, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)


def compress(face: Image, quality: int) -> Image:
    """Through JPEG and back."""
    encoded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)
