"""A run's learning curve, drawn as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..measure.drawing import BLUE, INK, ORANGE, frame, line, svg, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .progress import EpochResult

LEFT, WIDTH = 60, 460
ACCURACY, LOSS = (34, 240), (330, 130)
"""Top and height of each panel, in pixels."""

GREEN = "#1a7f37"
MOST_TICKS = 10


def learning_curve(results: Sequence[EpochResult], keep: str = "best") -> str:
    """Accuracy on training views and on held-out faces, and the loss, each over all epochs; the kept epoch is marked.

    Args:
        results: one for each finished epoch.
        keep: as in `TrainSettings`: the epoch whose weights are kept is the best one, or the last.
    """
    epochs = max(results[-1].epochs, results[-1].epoch)
    kept = results[-1] if keep == "last" else max(results, key=lambda one: (one.accuracy, one.epoch))
    parts = [*_accuracies(results, epochs), *_losses(results, epochs), *_mark(kept, keep, epochs)]
    bottom = LOSS[0] + LOSS[1]
    return svg(LEFT + WIDTH + 30, bottom + 50, parts, "Accuracy and loss by epoch; accuracy is before calibration")


def _accuracies(results: Sequence[EpochResult], epochs: int) -> Iterator[str]:
    top, height = ACCURACY
    yield from frame(LEFT, top, WIDTH, height, across="", up="accuracy")
    yield from _ticks(epochs, top + height)
    labels = [one.labels_accuracy for one in results if one.labels_accuracy is not None]
    curves = [
        (ORANGE, "training views", [one.training_accuracy for one in results]),
        (BLUE, "held out, before calibration", [one.accuracy for one in results]),
        *([(GREEN, "held out, labels of the data set", labels)] if len(labels) == len(results) else []),
    ]
    for place, (colour, name, values) in enumerate(curves):
        yield from _curve(results, values, epochs, ACCURACY, colour)
        yield text(LEFT + 10, top + 18 + 17 * place, f"{name} {values[-1]:.1%}", "start", colour=colour)


def _losses(results: Sequence[EpochResult], epochs: int) -> Iterator[str]:
    top, height = LOSS
    most = max(one.loss for one in results) * 1.05 or 1.0
    steps = [(share, f"{share * most:.2f}") for share in (0, 0.25, 0.5, 0.75, 1)]
    yield from frame(LEFT, top, WIDTH, height, across="epoch", up="loss", steps=steps)
    yield from _ticks(epochs, top + height)
    yield from _curve(results, [one.loss / most for one in results], epochs, LOSS, ORANGE)
    yield text(LEFT + WIDTH - 10, top + 18, f"training views {results[-1].loss:.3f}", "end", colour=ORANGE)


def _mark(kept: EpochResult, keep: str, epochs: int) -> Iterator[str]:
    """A line through both panels where the weights come from that are published."""
    x = _across(kept.epoch, epochs)
    yield line([(x, ACCURACY[0]), (x, LOSS[0] + LOSS[1])], INK, 1, dashed=True)
    name = "best" if keep == "best" else "last, which is kept"
    side = "end" if x > LEFT + WIDTH / 2 else "start"
    yield text(x, 22, f"{name}: epoch {kept.epoch}, {kept.accuracy:.1%}", side)


def _curve(
    results: Sequence[EpochResult], values: Sequence[float], epochs: int, panel: tuple[int, int], colour: str
) -> Iterator[str]:
    """Values of 0 to 1 as a line; where there are few, as dots too: one epoch alone makes no line."""
    top, height = panel
    points = [
        (_across(one.epoch, epochs), top + (1 - value) * height) for one, value in zip(results, values, strict=True)
    ]
    yield line(points, colour)
    if len(points) <= 40:
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points)


def _ticks(epochs: int, bottom: float) -> Iterator[str]:
    """Whole epochs below a panel, the first and the last among them."""
    every = -(-epochs // MOST_TICKS)
    shown = {1, epochs, *(number for number in range(every, epochs, every) if epochs - number >= every)}
    for number in sorted(shown):
        yield text(_across(number, epochs), bottom + 16, str(number), size=10)


def _across(epoch: int, epochs: int) -> float:
    """Where an epoch stands; a single one in the middle."""
    return LEFT + (WIDTH * (epoch - 1) / (epochs - 1) if epochs > 1 else WIDTH / 2)
