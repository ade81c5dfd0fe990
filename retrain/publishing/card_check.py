"""Measuring everything that a model's card says once more, figure beside figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..data.checks import check_held_out
from ..data.sources import read_sources
from ..measure.evaluate import mean_recall
from .figures import measure_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.models.card import CalibrationFigures, Evaluation, ModelCard
    from pipeline.models.folder import StoredModel

    from ..data.faces import LabelledFaces
    from ..data.sources import DataOptions


LABELS = "FER-2013's labels: "
"""Begins the names of the figures of the head for them."""

SPEED = "faces a second (the card's on its own machine)"


@dataclass(frozen=True, slots=True)
class Repeated:
    """A figure as the card states it, and as measured now; None where one of them is missing."""

    name: str
    stated: float | None
    measured: float | None


def repeat_card(
    model: StoredModel,
    sources: DataOptions,
    device: str,
    on_note: Callable[[str], object] = lambda _: None,
) -> list[Repeated]:
    """Read the faces that a model was trained with, and `repeat` its card on them.

    Args:
        model: with its card.
        sources: where the faces are; of the expressions that the model was trained on.
        device: as in `pipeline.inference.runtime`.
        on_note: called if these are other faces than the card's.

    Raises:
        DataError: the faces cannot be read, or too few are held out.
    """
    faces, _ = read_sources(replace(sources, classes=model.card.trained))
    check_held_out(faces)
    if faces.sha256 != model.card.data.sha256:
        on_note(f"{faces.source}: not the faces of the card ({model.card.data.source}); figures will differ.")
    return repeat(model, faces, device)


def repeat(model: StoredModel, data: LabelledFaces, device: str) -> list[Repeated]:
    """Measure a model on the PublicTest faces as publishing did, and put each figure beside the card's.

    Args:
        model: with a calibration of its own, which is used as it is.
        data: with Training (for faces that both splits show) and PublicTest faces.
        device: as in `pipeline.inference.runtime`.
    """
    card = model.card
    again, _ = measure_card(model, data, device)
    stated, measured = figures(card), figures(again)
    rows = [Repeated(name, stated.get(name), measured.get(name)) for name in {**measured, **stated}]
    rows += _compare_matrices("", card.evaluation, again.evaluation)
    if card.labels_evaluation and again.labels_evaluation:
        rows += _compare_matrices(LABELS, card.labels_evaluation, again.labels_evaluation)
    return rows


def figures(card: ModelCard) -> dict[str, float]:
    """The figures of a card by name, in its order; those by FER-2013's labels say so."""
    found = _accuracies("", card.evaluation)
    if card.labels_evaluation:
        found |= _accuracies(LABELS, card.labels_evaluation)
    if card.calibration_figures:
        found |= _calibration(card.calibration_figures)
    found |= {one.name: one.accuracy for one in card.conditions}
    if card.cost:
        found |= {"parameters": float(card.cost.parameters), "GFLOP per face": card.cost.gflop_per_face}
    if card.cost and card.cost.faces_per_second:
        found[SPEED] = float(card.cost.faces_per_second)
    return found


def _accuracies(by: str, result: Evaluation) -> dict[str, float]:
    low, high = result.interval
    found = {"accuracy": result.accuracy, "95 % interval, from": low, "95 % interval, to": high}
    found["mean recall"] = mean_recall(result)
    for one in result.classes:
        found |= {f"{one.name}, precision": one.precision, f"{one.name}, recall": one.recall, f"{one.name}, F1": one.f1}
    return {f"{by}{name}": value for name, value in found.items()}


def _calibration(figures: CalibrationFigures) -> dict[str, float]:
    found = {
        "calibration error before": figures.error_before,
        "calibration error after": figures.error_after,
        "divergence before": figures.divergence_before,
        "divergence after": figures.divergence_after,
        "accuracy before calibration": figures.accuracy_before,
    }
    return {name: value for name, value in found.items() if value is not None}


def _compare_matrices(by: str, stated: Evaluation, measured: Evaluation) -> list[Repeated]:
    """Each matrix in one line: the counts that are the same, and how far means differ."""
    same = np.minimum(stated.confusion, measured.confusion).sum()
    rows = [Repeated(f"{by}confusion matrix, faces in the same cell", float(stated.faces), float(same))]
    if stated.mean_probabilities:
        apart = np.abs(np.subtract(stated.mean_probabilities, measured.mean_probabilities)).max()
        rows.append(Repeated(f"{by}mean probabilities, greatest difference", 0.0, float(apart)))
    return rows
