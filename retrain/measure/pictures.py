"""Small pictures for model cards and run folders, drawn as SVG: confusion, reliability, learning curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.plurals import count

from .drawing import BLUE, INK, PALE, frame, line, svg, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.card import Evaluation, ReliabilityBin


def confusion_matrix(result: Evaluation) -> str:
    """Counts with the share of their row as shade; rows are labels, columns predictions."""
    names, cell, left, top = [figures.name for figures in result.classes], 62, 90, 60
    parts = [text(left + cell * len(names) / 2, 18, "prediction"), text(8, top - 8, "label", "start")]
    for row, (name, counts) in enumerate(zip(names, result.confusion, strict=True)):
        middle = top + row * cell + cell / 2
        parts.append(text(left - 8, middle + 4, name, "end"))
        parts.append(text(left + row * cell + cell / 2, top - 10, name))
        for column, faces in enumerate(counts):
            share = faces / max(1, sum(counts))
            x, ink = left + column * cell, "#ffffff" if share > 0.55 else INK
            parts.append(
                f'<rect x="{x}" y="{top + row * cell}" width="{cell - 2}" height="{cell - 2}" '
                f'fill="{BLUE}" fill-opacity="{share:.3f}" stroke="{PALE}"/>'
            )
            parts.append(text(x + cell / 2 - 1, middle, f"{faces:,}", colour=ink))
            parts.append(text(x + cell / 2 - 1, middle + 15, f"{share:.0%}", colour=ink, size=10))
    side = cell * len(names)
    return svg(left + side + 10, top + side + 10, parts, "Confusion matrix")


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> str:
    """Share of right answers over stated confidence; a calibrated model lies on the diagonal."""
    left, top, side = 60, 20, 300
    most = max((one.faces for one in bins), default=1)
    parts = list(frame(left, top, side, side, across="confidence", up="share that was right"))
    parts.append(line([(left, top + side), (left + side, top)], PALE, dashed=True))
    points = [(left + one.confidence * side, top + (1 - one.accuracy) * side) for one in bins]
    for one, (x, _) in zip(bins, points, strict=True):
        height = one.faces / most * side * 0.25
        parts.append(
            f'<rect x="{x - 8:.1f}" y="{top + side - height:.1f}" width="16" height="{height:.1f}" fill="{PALE}">'
            f"<title>{count(one.faces, 'face')}</title></rect>"
        )
    parts.append(line(points, BLUE))
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}"/>' for x, y in points]
    return svg(left + side + 20, top + side + 50, parts, "Reliability diagram; grey bars: number of faces")
