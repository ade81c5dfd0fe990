"""Areas of a camera's picture: what is blanked before anybody looks, and zones in which faces are counted.

A polygon's points are shares of the upright picture in square pixels, so it holds for every size of the same view.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

Point: TypeAlias = tuple[float, float]
Polygon: TypeAlias = tuple[Point, ...]
"""At least three points, x and y from 0 to 1, without the first one again at the end."""


class Staff(StrEnum):
    """Whether a camera sees people who work there."""

    NONE = "none"
    BLANKED = "blanked"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Why an area is blanked."""

    STAFF = "staff"
    PRIVATE = "private"
    SCREEN = "screen"


class Kind(StrEnum):
    """What a zone is."""

    QUEUE = "queue"
    COUNTER = "counter"
    ENTRANCE = "entrance"
    DISPLAY = "display"
    IGNORE = "ignore"


MIN_S = 2.0
"""Seconds inside after which somebody is in a zone, unless the zone says otherwise."""


@dataclass(frozen=True, slots=True)
class Blank:
    """An area that is black before anything is detected."""

    why: Why
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Zone:
    """An area in which faces are counted afterwards.

    Attributes:
        name: NFC-normalised; the same name on several cameras is one zone.
        kind: what is there.
        polygon: where.
        min_s: seconds inside after which somebody is in it.
    """

    name: str
    kind: Kind
    polygon: Polygon
    min_s: float = MIN_S


@dataclass(frozen=True, slots=True)
class Areas:
    """What was said of a camera's picture; no zone name stands in it twice."""

    staff: Staff = Staff.UNKNOWN
    blanks: tuple[Blank, ...] = ()
    zones: tuple[Zone, ...] = ()

    @property
    def masks(self) -> tuple[Polygon, ...]:
        """The polygons that are blanked."""
        return tuple(blank.polygon for blank in self.blanks)

    def __str__(self) -> str:
        """As a person would say it."""
        blanks, zones = len(self.blanks), ", ".join(zone.name for zone in self.zones)
        blanked = f", {blanks} area{'' if blanks == 1 else 's'} blanked" if blanks else ""
        return f"staff {self.staff.value}{blanked}{f', zones {zones}' if zones else ''}"


NO_AREAS = Areas()


def blank_sha256(masks: Iterable[Polygon]) -> str | None:
    """By which it is known what was blanked, 64 hexadecimal digits; None where nothing was.

    Why something is blanked and in which order it was written changes no pixel, so it does not count.
    """
    written = sorted({json.dumps([[float(x) + 0.0, float(y) + 0.0] for x, y in mask]) for mask in masks})
    return hashlib.sha256("\n".join(written).encode()).hexdigest() if written else None


def inside(points: ArrayLike, polygon: Sequence[Point]) -> NDArray[np.bool_]:
    """Which points lie in a polygon: bool (N,).

    A point on a border that two polygons share lies in exactly one of them (even-odd rule over half-open sides).

    Args:
        points: (N, 2), x and y in the polygon's unit.
        polygon: its corners.
    """
    x, y = np.asarray(points, np.float64).reshape(-1, 2).T
    found = np.zeros(len(x), bool)
    for (x1, y1), (x2, y2) in _sides(polygon):
        if y1 == y2:
            continue
        # A ray to the right crosses a side if exactly one of its ends lies above the point.
        crosses = ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
        found ^= crosses
    return found


def on_border(points: ArrayLike, polygon: Sequence[Point], tolerance: float = 1e-9) -> NDArray[np.bool_]:
    """Which points lie on a polygon's sides, or no further from them than the tolerance: bool (N,)."""
    where = np.asarray(points, np.float64).reshape(-1, 2)
    found = np.zeros(len(where), bool)
    for start, end in _sides(polygon):
        first, side = np.asarray(start), np.asarray(end) - np.asarray(start)
        length = float(side @ side)
        along = np.clip((where - first) @ side / length, 0, 1) if length else np.zeros(len(where))
        found |= np.hypot(*(where - first - along[:, None] * side).T) <= tolerance
    return found


def area(polygon: Sequence[Point]) -> float:
    """The share of the picture that a polygon covers, 0 to 1 (shoelace formula)."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _sides(polygon))) / 2


def crossing(polygon: Sequence[Point]) -> tuple[int, int] | None:
    """The first two sides that cross each other, from 1 on; None for a polygon that lies plainly.

    Sides that only touch enclose nothing twice, so they are let pass.
    """
    sides = list(enumerate(_sides(polygon), 1))
    return next(
        (pair for (one, a), (other, b) in combinations(sides, 2) if (pair := (one, other)) and _cross(*a, *b)), None
    )


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two segments cross in a point within both."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the signed area of a triangle; rounding of written numbers must not make a touch a crossing."""
    turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return 0.0 if abs(turn) < 1e-12 else turn


def _sides(polygon: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return pairwise((*polygon, polygon[0]))
