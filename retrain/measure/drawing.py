"""What the small pictures are drawn with: frame, text and lines as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


INK, PALE, BLUE, ORANGE = "#24292f", "#d0d7de", "#0969da", "#bc4c00"


PERCENT = tuple((tenth / 10, f"{tenth / 10:.0%}") for tenth in (0, 2, 4, 6, 8, 10))
"""Steps of twenty percent: how high each is, as a share of the axis, and what stands there."""


def frame(
    left: float, top: float, width: float, height: float, *, across: str, up: str,
    steps: Iterable[tuple[float, str]] = PERCENT,
) -> Iterable[str]:  # fmt: skip
    """The axes of a figure: a box, steps on the left, and what each axis shows."""
    yield f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="{PALE}"/>'
    for share, written in steps:
        y = top + height * (1 - share)
        yield text(left - 6, y + 4, written, "end", size=10)
        yield line([(left, y), (left + width, y)], PALE, 0.5)
    yield text(left + width / 2, top + height + 36, across)
    middle = top + height / 2
    yield f'<g transform="rotate(-90 14 {middle})">{text(14, middle, up)}</g>'


def text(x: float, y: float, text: str, anchor: str = "middle", *, colour: str = INK, size: int = 12) -> str:
    """A word at a place, middle by default."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
    )


def line(points: Sequence[tuple[float, float]], colour: str, width: float = 2, *, dashed: bool = False) -> str:
    """Points joined by a line."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>'


def svg(width: float, height: float, parts: Iterable[str], title: str) -> str:
    """Parts as one picture with a white ground and a title for readers who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="sans-serif" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>' + "".join(parts) + "</svg>\n"
    )
