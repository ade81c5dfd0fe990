"""The reliability diagram as SVG in the page's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape

from ..numbers.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.card import ReliabilityBin

    from ..words.words import Words

LEFT, TOP, SIDE = 52, 12, 300


def reliability(bins: Sequence[ReliabilityBin], words: Words) -> Markup:
    """Share of right answers over stated confidence, with its interval and the number of faces as a bar."""
    most = max((one.faces for one in bins), default=1)
    points = [(_x(one.confidence), _y(one.accuracy)) for one in bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [_axes(words), f'<polyline class="even" points="{_x(0)},{_y(0)} {_x(1)},{_y(1)}"/>']
    for one, (x, _) in zip(bins, points, strict=True):
        height = SIDE * 0.25 * one.faces / most
        parts.append(
            f'<rect class="c-faces muted" x="{x - 8:.1f}" y="{TOP + SIDE - height:.1f}" width="16" '
            f'height="{height:.1f}"/>'
        )
    parts.append(f'<polyline class="curve" points="{path}"/>')
    for one, (x, y) in zip(bins, points, strict=True):
        low, high = (float(bound) for bound in wilson(np.asarray(one.accuracy), max(one.faces, 1)))
        parts.append(f'<line class="interval" x1="{x:.1f}" x2="{x:.1f}" y1="{_y(low):.1f}" y2="{_y(high):.1f}"/>')
        said = words(
            "evaluation_point", confidence=words.percent(one.confidence), right=words.percent(one.accuracy),
            faces=words.number(one.faces), interval=words.interval(low, high),
        )  # fmt: skip
        parts.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{escape(said)}</title></circle>')
    title = escape(words("evaluation_reliability"))
    return Markup(  # noqa: S704 all words are escaped
        f'<svg class="reliability" role="img" viewBox="0 0 {LEFT + SIDE + 26} {TOP + SIDE + 46}">'
        f"<title>{title}</title>{''.join(parts)}</svg>"
    )


def _axes(words: Words) -> str:
    parts = []
    for step in range(0, 11, 2):
        share = step / 10
        written = escape(words.percent(share, 0))
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{LEFT + SIDE}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{written}</text>')
        parts.append(
            f'<text class="tick" x="{_x(share):.1f}" y="{TOP + SIDE + 17}" text-anchor="middle">{written}</text>'
        )
    across = escape(words("evaluation_confidence"))
    parts.append(f'<text x="{LEFT + SIDE / 2}" y="{TOP + SIDE + 38}" text-anchor="middle">{across}</text>')
    return "".join(parts)


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)
