"""A run's learning curve, drawn as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measure.drawing import BLUE, ORANGE, frame, line, svg, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .progress import EpochResult


def learning_curve(results: Sequence[EpochResult]) -> str:
    """Accuracy on training views and on held-out faces over the epochs."""
    left, top, width, height = 60, 20, 460, 260
    last = max(2, results[-1].epochs)
    parts = list(frame(left, top, width, height, across="epoch", up="accuracy"))
    parts.append(text(left + width, top + height + 18, str(last)))
    for colour, name, values, y in (
        (ORANGE, "training views", [result.training_accuracy for result in results], 36),
        (BLUE, "held out", [result.accuracy for result in results], 54),
    ):
        points = [
            (left + (result.epoch - 1) / (last - 1) * width, top + (1 - value) * height)
            for result, value in zip(results, values, strict=True)
        ]
        parts.append(line(points, colour))
        parts.append(text(left + 10, y, f"{name} {values[-1]:.1%}", "start", colour=colour))
    return svg(left + width + 30, top + height + 50, parts, "Accuracy by epoch")
