"""Polygons of a `cameras.toml` as people write them, and what is said of those that are none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..areas import area, crossing
from ..errors import UsageError

if TYPE_CHECKING:
    from ..areas import Point, Polygon

MOST_POINTS = 200
LEAST_AREA = 1e-6
"""Less of a picture is no pixel of any camera."""

USUAL_SIZES = ((640, 360), (640, 480), (1280, 720), (1280, 960), (1920, 1080), (2560, 1440), (2592, 1944), (3840, 2160))
"""Pictures that a polygon in pixels is most likely of, smallest first."""

LIKELY_PIXELS = 1.5
"""Whoever writes a number above that did not mean a share."""


def read_polygon(written: Any, where: str) -> Polygon:
    """A polygon's points, without repeated ones.

    Args:
        written: the value of the key.
        where: file, camera, area and key, for messages.

    Raises:
        UsageError: it is none; it says what to write in its place.
    """
    if not isinstance(written, list) or not all(_is_pair(pair) for pair in written):
        raise UsageError(
            f"{where}: expected points such as [[0.1, 0.3], [0.5, 0.3], [0.5, 0.9]], x and y from 0 to 1; "
            f"found {_shown(written)}."
        )
    points: list[Point] = [(float(x) + 0.0, float(y) + 0.0) for x, y in written]
    _check_range(points, where)
    plain = [point for at, point in enumerate(points) if not at or point != points[at - 1]]
    if len(plain) > 1 and plain[-1] == plain[0]:
        plain.pop()  # many programs write the first point again at the end
    if not 3 <= len(plain) <= MOST_POINTS:
        raise UsageError(f"{where}: expected 3 to {MOST_POINTS} different points; found {len(plain)}.")
    if sides := crossing(plain):
        first, second = (_side(plain, number) for number in sides)
        raise UsageError(
            f"{where}: expected sides that do not cross; found that {first} crosses {second}. "
            "Write the points in the order in which one walks around the area, or two areas."
        )
    if area(plain) < LEAST_AREA:
        raise UsageError(f"{where}: expected an area; found points on one line: {_shown(written)}.")
    return tuple(plain)


def _is_pair(pair: object) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in pair)
    )


def _check_range(points: list[Point], where: str) -> None:
    number, worst = max(enumerate(points, 1), key=lambda item: _excess(item[1]), default=(0, (0.0, 0.0)))
    if _excess(worst) <= 0:
        return
    found = f"[{worst[0]:g}, {worst[1]:g}] (point {number})"
    least, most = min(map(min, points)), max(map(max, points))
    if least >= 0 and LIKELY_PIXELS < most < math.inf:
        raise UsageError(
            f"{where}: expected shares of the picture, 0 to 1; found {found}, in pixels it seems. {_conversion(points)}"
        )
    raise UsageError(f"{where}: expected shares of the picture, 0 to 1; found {found}, outside it.")


def _excess(point: Point) -> float:
    """How far a point lies outside the picture, in pictures; what is no number lies furthest."""
    return max(math.inf if math.isnan(value) else max(-value, value - 1) for value in point)


def _conversion(points: list[Point]) -> str:
    """How to write what was given in pixels, on the smallest usual picture that holds it."""
    widest, highest = (max(column) for column in zip(*points, strict=True))
    fits = ((w, h) for w, h in USUAL_SIZES if widest <= w and highest <= h)
    width, height = next(fits, (math.ceil(widest), math.ceil(highest)))
    shares = ", ".join(f"[{x / width:.4g}, {y / height:.4g}]" for x, y in points[:MOST_POINTS])
    return (
        "Divide each x by the picture's width and each y by its height, as shown: "
        f"of {width} x {height} pixels it is [{shares}]."
    )


def _side(points: list[Point], number: int) -> str:
    """A side by its ends, as they are written."""
    (x1, y1), (x2, y2) = points[number - 1], points[number % len(points)]
    return f"the side from [{x1:g}, {y1:g}] to [{x2:g}, {y2:g}]"


def _shown(written: object) -> str:
    text = repr(written)
    return text if len(text) <= 80 else f"{text[:77]}..."
