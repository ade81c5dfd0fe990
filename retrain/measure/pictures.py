"""Small pictures for model cards and run folders, drawn as SVG: confusion, reliability, learning curve."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.models.card import Evaluation, ReliabilityBin

    from ..training.runs import EpochResult

INK, PALE, BLUE, ORANGE = "#24292f", "#d0d7de", "#0969da", "#bc4c00"


def confusion_matrix(result: Evaluation) -> str:
    """Counts with the share of their row as shade; rows are labels, columns predictions."""
    names, cell, left, top = [figures.name for figures in result.classes], 62, 90, 60
    parts = [_text(left + cell * len(names) / 2, 18, "prediction"), _text(8, top - 8, "label", "start")]
    for row, (name, counts) in enumerate(zip(names, result.confusion, strict=True)):
        middle = top + row * cell + cell / 2
        parts.append(_text(left - 8, middle + 4, name, "end"))
        parts.append(_text(left + row * cell + cell / 2, top - 10, name))
        for column, count in enumerate(counts):
            share = count / max(1, sum(counts))
            x, ink = left + column * cell, "#ffffff" if share > 0.55 else INK
            parts.append(
                f'<rect x="{x}" y="{top + row * cell}" width="{cell - 2}" height="{cell - 2}" '
                f'fill="{BLUE}" fill-opacity="{share:.3f}" stroke="{PALE}"/>'
            )
            parts.append(_text(x + cell / 2 - 1, middle, f"{count:,}", colour=ink))
            parts.append(_text(x + cell / 2 - 1, middle + 15, f"{share:.0%}", colour=ink, size=10))
    side = cell * len(names)
    return _svg(left + side + 10, top + side + 10, parts, "Confusion matrix")


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> str:
    """Share of right answers over stated confidence; a calibrated model lies on the diagonal."""
    left, top, side = 60, 20, 300
    most = max((one.faces for one in bins), default=1)
    parts = list(_frame(left, top, side, side, across="confidence", up="share that was right"))
    parts.append(_line([(left, top + side), (left + side, top)], PALE, dashed=True))
    points = [(left + one.confidence * side, top + (1 - one.accuracy) * side) for one in bins]
    for one, (x, _) in zip(bins, points, strict=True):
        height = one.faces / most * side * 0.25
        parts.append(
            f'<rect x="{x - 8:.1f}" y="{top + side - height:.1f}" width="16" height="{height:.1f}" fill="{PALE}">'
            f"<title>{one.faces:,} faces</title></rect>"
        )
    parts.append(_line(points, BLUE))
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}"/>' for x, y in points]
    return _svg(left + side + 20, top + side + 50, parts, "Reliability diagram; grey bars: number of faces")


def learning_curve(results: Sequence[EpochResult]) -> str:
    """Accuracy on training views and on held-out faces over the epochs."""
    left, top, width, height = 60, 20, 460, 260
    last = max(2, results[-1].epochs)
    parts = list(_frame(left, top, width, height, across="epoch", up="accuracy"))
    parts.append(_text(left + width, top + height + 18, str(last)))
    for colour, name, values, y in (
        (ORANGE, "training views", [result.training_accuracy for result in results], 36),
        (BLUE, "held out", [result.accuracy for result in results], 54),
    ):
        points = [
            (left + (result.epoch - 1) / (last - 1) * width, top + (1 - value) * height)
            for result, value in zip(results, values, strict=True)
        ]
        parts.append(_line(points, colour))
        parts.append(_text(left + 10, y, f"{name} {values[-1]:.1%}", "start", colour=colour))
    return _svg(left + width + 30, top + height + 50, parts, "Accuracy by epoch")


def _frame(left: float, top: float, width: float, height: float, *, across: str, up: str) -> Iterable[str]:
    yield f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="{PALE}"/>'
    for tenth in (0, 2, 4, 6, 8, 10):
        y = top + height * (1 - tenth / 10)
        yield _text(left - 6, y + 4, f"{tenth / 10:.0%}", "end", size=10)
        yield _line([(left, y), (left + width, y)], PALE, 0.5)
    yield _text(left + width / 2, top + height + 36, across)
    middle = top + height / 2
    yield f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, up)}</g>'


def _text(x: float, y: float, text: str, anchor: str = "middle", *, colour: str = INK, size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
    )


def _line(points: Sequence[tuple[float, float]], colour: str, width: float = 2, *, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>'


def _svg(width: float, height: float, parts: Iterable[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="sans-serif" role="img"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>' + "".join(parts) + "</svg>\n"
    )
