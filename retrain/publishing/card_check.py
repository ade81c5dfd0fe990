"""Measuring everything that a model's card says once more, figure beside figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.expressions import NetworkClassifier

from ..data.checks import check_held_out
from ..data.faces import PUBLIC_TEST, TRAINING
from ..data.sources import read_sources
from ..measure import calibrate, conditions
from ..measure.evaluate import evaluate, predict
from .publish import build_network, describe_calibration, measure_cost, without_calibration

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.models.card import Evaluation, ModelCard
    from pipeline.models.folder import StoredModel

    from ..data.faces import LabelledFaces
    from ..data.sources import DataOptions


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
    card, held_out = model.card, data.split(PUBLIC_TEST)
    uncalibrated = replace(model, card=replace(card, calibration=without_calibration(card.calibration)))
    raw = predict(NetworkClassifier(uncalibrated, device), held_out.faces)
    plain = calibrate.apply(raw, card.calibration)
    classifier = NetworkClassifier(model, device)
    again = replace(
        card,
        evaluation=evaluate(plain, held_out.labels, card.evaluation.data),
        calibration_figures=describe_calibration(raw, plain, held_out),
        conditions=conditions.measure(classifier, held_out, plain, data.split(TRAINING), card.trained),
        cost=measure_cost(
            build_network(card.arch, card.options, model.weights()), classifier, card.preprocessing.view_px
        ),
    )
    stated, measured = figures(card), figures(again)
    rows = [Repeated(name, stated.get(name), measured.get(name)) for name in {**measured, **stated}]
    return [*rows, *_compare_matrices(card.evaluation, again.evaluation)]


def figures(card: ModelCard) -> dict[str, float]:
    """The figures of a card by name, in its order."""
    low, high = card.evaluation.interval
    found = {"accuracy": card.evaluation.accuracy, "95 % interval, from": low, "95 % interval, to": high}
    for one in card.evaluation.classes:
        found |= {f"{one.name}, precision": one.precision, f"{one.name}, recall": one.recall, f"{one.name}, F1": one.f1}
    if card.calibration_figures:
        found["calibration error before"] = card.calibration_figures.error_before
        found["calibration error after"] = card.calibration_figures.error_after
    found |= {one.name: one.accuracy for one in card.conditions}
    if card.cost:
        found |= {"parameters": float(card.cost.parameters), "GFLOP per face": card.cost.gflop_per_face}
    if card.cost and card.cost.faces_per_second:
        found[SPEED] = float(card.cost.faces_per_second)
    return found


def _compare_matrices(stated: Evaluation, measured: Evaluation) -> list[Repeated]:
    """Each matrix in one line: the counts that are the same, and how far means differ."""
    same = np.minimum(stated.confusion, measured.confusion).sum()
    rows = [Repeated("confusion matrix, faces in the same cell", float(stated.faces), float(same))]
    if stated.mean_probabilities:
        apart = np.abs(np.subtract(stated.mean_probabilities, measured.mean_probabilities)).max()
        rows.append(Repeated("mean probabilities, greatest difference", 0.0, float(apart)))
    return rows
