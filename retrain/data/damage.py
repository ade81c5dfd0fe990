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
    return resize(expose(seen, random, noise=noise) if noise else seen, face.shape[0])


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


def expose(face: Image, random: np.random.Generator, *, light: float = 1.0, noise: float = 0.0) -> Image:
    """A face at a share of its light, in whole grey levels with noise of so many of them (standard deviation)."""
    seen = light * face + (random.normal(0, noise, face.shape) if noise else 0.0)
    return np.asarray(np.clip(np.round(seen), 0, 255), np.uint8)


def smear(face: Image, length_px: float, angle: float) -> Image:
    """Motion blur along a line, its length in pixels and its angle to the rows in radians."""
    side = 2 * int(np.ceil(length_px / 2)) + 1
    middle = side // 2
    kernel = np.zeros((side, side), np.float32)
    along = np.linspace(-length_px / 2, length_px / 2, 4 * side)
    columns, rows = (np.rint(middle + part * along).astype(int) for part in (np.cos(angle), np.sin(angle)))
    np.add.at(kernel, (rows, columns), 1 / len(along))
    return np.asarray(cv2.filter2D(face, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)


def turn_away(face: Image, turn: float, bow: float) -> Image:
    """A face, uint8 (S, S), whose head turns to a side and bows: a projective map that makes its far side narrow.

    Args:
        face: grey.
        turn: -1 to 1, to the left or right; from 0.45 on half of the face is gone.
        bow: -1 to 1, down or up.
    """
    centre = (face.shape[0] - 1) / 2
    to_unit = np.array([[1 / centre, 0, -1], [0, 1 / centre, -1], [0, 0, 1]])
    bent = np.array([[1 - abs(turn), 0, turn / 2], [0, 1 - 0.6 * abs(bow), 0], [turn, bow, 1]])
    turned = np.linalg.inv(to_unit) @ bent @ to_unit
    size = face.shape[::-1]
    seen = cv2.warpPerspective(face, turned, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def compress(face: Image, quality: int) -> Image:
    """Through JPEG and back."""
    encoded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)
