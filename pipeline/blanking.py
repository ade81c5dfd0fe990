"""Areas that nobody may look into: black before anything is detected, and no face has its centre there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from .areas import inside, on_border

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from .areas import Polygon
    from .records import Face, Image

FRACTION_BITS = 8
"""Bits behind the point of a corner's position in pixels, as OpenCV takes them."""


def blank(image: Image, masks: Iterable[Polygon]) -> None:
    """Make areas of a picture black, in place, with the pixels under their border.

    Args:
        image: uint8 (H, W, 3) or (N, H, W, 3), upright, square pixels.
        masks: polygons in shares of the picture.
    """
    masks = tuple(masks)
    if not masks:
        return
    covered = mask_of(masks, (image.shape[-3], image.shape[-2]))
    image[..., covered, :] = 0


def mask_of(masks: Iterable[Polygon], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of a picture are blanked: bool (H, W).

    Args:
        masks: polygons in shares of the picture.
        size: its height and width, pixels.
    """
    height, width = size
    covered = np.zeros((height, width), np.uint8)
    for mask in masks:
        # OpenCV counts from the middle of a pixel, and paints those under the border, too. One call each: together,
        # areas that two polygons share would stay open.
        corners = (np.asarray(mask) * (width, height) - 0.5) * 2**FRACTION_BITS
        cv2.fillPoly(covered, [np.round(corners).astype(np.int32)], 1, cv2.LINE_8, FRACTION_BITS)
    return covered.astype(bool)


def outside_of(faces: Sequence[Face], masks: Iterable[Polygon], size: tuple[int, int]) -> tuple[Face, ...]:
    """The faces whose centre, as it is stored, lies in no blanked area.

    A face that is cut by the border may be found all the same, with a box that reaches far into the black.

    Args:
        faces: of one picture.
        masks: polygons in shares of the picture.
        size: its height and width, pixels.
    """
    height, width = size
    # Boxes are stored with two decimals, so that is where their centres are.
    boxes = np.array([(face.x, face.y, face.width, face.height) for face in faces]).reshape(-1, 4).round(2)
    centres = (boxes[:, :2] + boxes[:, 2:] / 2) / (width, height)
    hidden = np.zeros(len(faces), bool)
    for mask in masks:
        hidden |= inside(centres, mask) | on_border(centres, mask)
    return tuple(face for face, is_hidden in zip(faces, hidden, strict=True) if not is_hidden)
