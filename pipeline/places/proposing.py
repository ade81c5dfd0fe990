"""An area proposed from where somebody was seen: for people who stay much longer than customers do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..areas import Point, Polygon

AROUND = 1.0
"""Room to each side of a face's centre, in sides of its box: half a side holds the face, the rest hair and a step."""

LEFT_OUT = 0.01
"""Share of the faces on each side that the area need not hold: somebody on the way to the door."""

GRID = 100
"""Corners lie on hundredths of the picture, as people write them."""


def propose_area(centres: ArrayLike, sides: ArrayLike, size: tuple[int, int]) -> Polygon:
    """A polygon around faces, with at most eight corners: the picture, cut off level, upright and along both diagonals.

    Args:
        centres: (N, 2), the middle of each box, pixels; at least one.
        sides: (N,), the longer side of each box, pixels.
        size: width and height of the picture, pixels.

    Returns:
        Shares of the picture, rounded outwards, so that it holds the room around all faces but `LEFT_OUT`.

    Raises:
        ValueError: there is no face.
    """
    shares = np.asarray(centres, np.float64).reshape(-1, 2) / size
    if not len(shares):
        raise ValueError("expected the boxes of at least one face; found none")
    room = np.asarray(sides, np.float64)[:, None] * AROUND / np.asarray(size)
    polygon: list[Point] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)):
        # How far each face's room reaches in that direction.
        reach = shares @ (across, down) + np.abs([across, down]) @ room.T
        least_of_most = float(np.quantile(reach, 1 - LEFT_OUT, method="higher"))
        polygon = _cut(polygon, (across, down), math.ceil(least_of_most * GRID - 1e-9) / GRID)
    return tuple(dict.fromkeys((round(x, 4), round(y, 4)) for x, y in polygon))


def _cut(polygon: list[Point], direction: tuple[int, int], most: float) -> list[Point]:
    """What of a convex polygon lies no further in a direction (Sutherland and Hodgman 1974)."""
    kept: list[Point] = []
    for start, end in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        before, after = (point[0] * direction[0] + point[1] * direction[1] - most for point in (start, end))
        if before <= 0:
            kept.append(start)
        if before * after < 0:
            share = before / (before - after)
            kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    return kept
