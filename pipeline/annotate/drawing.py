"""Pixels of an annotated frame: heads made unrecognisable, then boxes and labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from .. import palette
from ..records import EXPRESSIONS, NO_FACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..areas import Polygon
    from ..records import Box, Image
    from ..store.sightings import Sighting
    from .carry import Mark

HEAD_CELLS = 6
"""Cells that remain across a covered head; the face within is about three of them wide. Machines recognise people
behind much finer mosaics (McPherson et al. 2016, "Defeating image obfuscation with deep learning")."""

FRAME_CELLS = 9
"""Cells that remain across the shorter side of a frame that is covered whole."""

MIN_CELL_PX = 8


def blur(image: Image, cover: Box) -> None:
    """Reduce what lies under a cover to a few averages, in place. Image: uint8 (H, W, 3)."""
    height, width = image.shape[:2]
    left, top = max(math.floor(cover.left), 0), max(math.floor(cover.top), 0)
    right, bottom = min(math.ceil(cover.right), width), min(math.ceil(cover.bottom), height)
    if right <= left or bottom <= top:
        return
    # The cover's own size counts, not the part of it within the frame: that may be a sliver with fine cells.
    cell = max(min(cover.right - cover.left, cover.bottom - cover.top) / HEAD_CELLS, MIN_CELL_PX)
    image[top:bottom, left:right] = coarsen(image[top:bottom, left:right], cell)


def blur_all(image: Image) -> None:
    """Reduce the whole frame to a few averages, in place."""
    image[:] = coarsen(image, min(image.shape[:2]) / FRAME_CELLS)


def coarsen(image: Image, cell: float) -> Image:
    """A picture as the smooth field through the averages of square cells with sides of `cell` pixels."""
    height, width = image.shape[:2]
    cells = (max(math.floor(width / cell), 1), max(math.floor(height / cell), 1))
    averages = cv2.resize(image, cells, interpolation=cv2.INTER_AREA)
    return cv2.resize(averages, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def outline(image: Image, polygons: Iterable[Polygon]) -> None:
    """Draw the sides of zones, in place; polygons are shares of the picture. White on black, seen on any ground."""
    height, width = image.shape[:2]
    thick = max(2, round(min(height, width) / 360))
    for polygon in polygons:
        corners = np.round(np.asarray(polygon) * (width - 1, height - 1)).astype(np.int32)
        for colour, strokes in (((0, 0, 0), 2 * thick + 1), ((255, 255, 255), thick)):
            cv2.polylines(image, [corners], True, colour, strokes, cv2.LINE_AA)


def draw(image: Image, marks: Iterable[Mark]) -> None:
    """Draw each face's box and label, in place: bold where the frame was analysed, thin where the box is carried.

    What counts as no face has neither; it stays blurred all the same.
    """
    drawn = [(mark, mark.box) for mark in marks if mark.box is not None and mark.sighting.label != NO_FACE]
    bold = max(2, round(min(image.shape[:2]) / 240))
    for mark, box in drawn:
        corners = (round(box.left), round(box.top)), (round(box.right) - 1, round(box.bottom) - 1)
        thickness = bold if mark.measured else max(1, bold // 2)
        cv2.rectangle(image, *corners, palette.rgb(_colour(mark.sighting)), thickness)
    for mark, box in drawn:
        _write(image, label(mark.sighting), box, palette.rgb(_colour(mark.sighting)))


def label(sighting: Sighting) -> str:
    """The expression with its probability, such as `happy 0.87`; or why there is none, such as `unclear`.

    With the number of the visit before it, such as `3: happy 0.87`, if there is one.
    """
    text = f"{sighting.label} {sighting.confidence:.2f}" if sighting.label in EXPRESSIONS else sighting.label
    return text if sighting.visit is None else f"{sighting.visit}: {text}"


def _colour(sighting: Sighting) -> str:
    return palette.EXPRESSION_COLOURS[sighting.label]


def _write(image: Image, text: str, box: Box, colour: tuple[int, int, int]) -> None:
    """A tag above the box, or below it where there is no room, moved into the frame."""
    scale = max(0.4, min(image.shape[:2]) / 1200)
    pad, strokes = round(8 * scale), max(1, round(2 * scale))
    (width, height), under = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, strokes)
    width, height = width + 2 * pad, height + under + pad
    left = min(max(round(box.left), 0), max(image.shape[1] - width, 0))
    top = round(box.top) - height
    if top < 0:
        top = min(round(box.bottom), max(image.shape[0] - height, 0))
    cv2.rectangle(image, (left, top), (left + width - 1, top + height - 1), colour, cv2.FILLED)
    place = (left + pad, top + height - under - pad // 2)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, _ink(colour), strokes, cv2.LINE_AA)


def _ink(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever is read more easily on the colour (ITU-R BT.601 luma)."""
    red, green, blue = colour
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)
