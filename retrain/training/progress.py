"""How far a run is: the figures of an epoch and of a step."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One line of `metrics.jsonl`: losses and accuracies are 0 to 1, time is in seconds since the run began.

    Accuracies are those of what the expression head learns, labels or what most people say; where it is the latter,
    `labels_accuracy` is that of the labels' own head. All are before calibration, which is fitted at the end.

    `confusion`: counts of held-out faces, (7, 7), rows are what is right, columns what the expression head says; empty
    in lines from before it was counted.
    """

    epoch: int
    epochs: int
    loss: float
    training_accuracy: float
    accuracy: float
    best_accuracy: float
    rate: float
    seconds: float
    labels_accuracy: float | None = None
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """Where a run is: epoch and step count from 1, loss and accuracy (0 to 1) are those of the epoch so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float
    rate: float
