"""How good a model is: accuracy with its interval, per-class figures, confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from pipeline.models.card import ClassFigures, Evaluation, ReliabilityBin
from pipeline.records import EXPRESSIONS

from . import calibrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    from pipeline.expressions import ExpressionClassifier
    from pipeline.records import Floats, Image

    from ..data.faces import Labels
    from .truth import Truth

    Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """An evaluation with its calibration.

    Attributes:
        evaluation: of the faces with a right answer.
        calibration_error: expected calibration error; by votes where there are any (`calibrate.calibration_error`).
        bins: of the reliability diagram.
        divergence: mean divergence from the votes, in nats; None where there are none.
        sha256: hash of pixels, labels and splits of the source that the faces are of.
        known: how many of the faces the model was trained on; None where that was not noted.
    """

    evaluation: Evaluation
    calibration_error: float
    bins: tuple[ReliabilityBin, ...]
    divergence: float | None = None
    sha256: str = ""
    known: int | None = None


def measure(
    classifier: ExpressionClassifier, truth: Truth, split: str = "", classes: Sequence[str] = EXPRESSIONS
) -> Measured:
    """Everything that `fer-video evaluate` says of a model on some faces.

    Args:
        classifier: the model, answering by the truth's head.
        truth: faces, and what is right for them.
        split: of the faces, in words; empty for none.
        classes: the expressions among which the model has to choose.
    """
    probabilities = choose_among(predict(classifier, truth.faces.faces), classes)
    return Measured(
        judge(probabilities, truth, split),
        calibrate.calibration_error(probabilities, truth.shares),
        calibrate.reliability(probabilities, truth.shares, 10),
        calibrate.divergence(probabilities, truth.shares) if truth.voted else None,
        truth.faces.sha256,
    )


def judge(probabilities: Floats, truth: Truth, split: str) -> Evaluation:
    """Probabilities (N, 7) of a truth's faces compared with what is right for them."""
    return evaluate(probabilities[truth.clear], truth.right[truth.clear], truth.name(split))


def mean_recall(result: Evaluation) -> float:
    """Mean recall of the expressions that any face shows, 0 to 1: each counts the same, however rare it is."""
    return float(np.mean([one.recall for one in result.classes if one.faces] or [0.0]))


def macro_f1(result: Evaluation) -> float:
    """Mean F1 of the expressions that any face shows, 0 to 1."""
    return float(np.mean([one.f1 for one in result.classes if one.faces] or [0.0]))


CLASS_COLUMNS = ("expression", "faces", "precision", "recall", "F1")


def class_rows(result: Evaluation) -> list[tuple[str, ...]]:
    """The figures of each expression as `CLASS_COLUMNS` of a table; of one without faces there are none."""
    return [
        (
            one.name,
            f"{one.faces:,}",
            *(f"{share:.3f}" if one.faces else "-" for share in (one.precision, one.recall, one.f1)),
        )
        for one in result.classes
    ]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown, for cards."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def choose_among(probabilities: Floats, classes: Sequence[str]) -> Floats:
    """Probabilities (N, 7) given that the expression is one of some classes; the others get 0."""
    known = np.array([name in classes for name in EXPRESSIONS], np.float32)
    kept = probabilities * known
    return np.asarray(kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12), np.float32)


def predict(classifier: ExpressionClassifier, faces: Image, batch: int = 256) -> Floats:
    """Probabilities of faces, uint8 (N, 48, 48) → float32 (N, 7)."""
    parts = [classifier.classify(faces[at : at + batch]).probabilities for at in range(0, len(faces), batch)]
    return np.concatenate(parts)


def evaluate(probabilities: Floats, labels: Labels, data: str) -> Evaluation:
    """Compare probabilities (N, 7) with labels (N,); `data` names the faces and their split."""
    counts = count_confusion(labels, probabilities.argmax(axis=1))
    return replace(evaluate_confusion(counts, data), mean_probabilities=_mean_probabilities(probabilities, labels))


def evaluate_confusion(confusion: Counts, data: str) -> Evaluation:
    """The figures of a confusion matrix, counts (7, 7), rows labels, columns predictions; `data` names the faces."""
    right, total = int(np.trace(confusion)), int(confusion.sum())
    return Evaluation(
        data=data,
        faces=total,
        accuracy=right / total,
        interval=wilson_interval(right, total),
        classes=tuple(_class_figures(confusion, index) for index in range(len(EXPRESSIONS))),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def count_confusion(labels: Labels, predicted: Labels, classes: int = len(EXPRESSIONS)) -> Counts:
    """Counts (classes, classes), rows labels, columns predictions."""
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def _mean_probabilities(probabilities: Floats, labels: Labels) -> tuple[tuple[float, ...], ...]:
    sums = np.zeros((len(EXPRESSIONS), len(EXPRESSIONS)))
    np.add.at(sums, labels, probabilities)
    faces = np.bincount(labels, minlength=len(EXPRESSIONS))[:, None]
    return tuple(tuple(round(float(value), 6) for value in row) for row in sums / np.maximum(faces, 1))


def wilson_interval(successes: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927); z = 1.96 covers 95 %."""
    if total == 0:
        return 0.0, 1.0
    share = successes / total
    centre = share + z * z / (2 * total)
    margin = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (centre - margin) / scale, (centre + margin) / scale


def _class_figures(confusion: Counts, index: int) -> ClassFigures:
    right = int(confusion[index, index])
    labelled, predicted = int(confusion[index].sum()), int(confusion[:, index].sum())
    precision = right / predicted if predicted else 0.0
    recall = right / labelled if labelled else 0.0
    f1 = 2 * right / (labelled + predicted) if labelled + predicted else 0.0
    return ClassFigures(EXPRESSIONS[index], precision, recall, f1, labelled)
