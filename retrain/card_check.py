"""Measuring everything that a model's card says once more, figure beside figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.emotions import NetworkClassifier

from . import calibrate, conditions
from .datasets import PUBLIC_TEST, TRAINING
from .evaluate import evaluate, predict
from .publish import describe_calibration, without_calibration

if TYPE_CHECKING:
    from pipeline.cards import ModelCard
    from pipeline.models import StoredModel

    from .datasets import LabelledFaces


@dataclass(frozen=True, slots=True)
class Repeated:
    """A figure, 0 to 1: as the card states it, and as measured now; None where one of them is missing."""

    name: str
    stated: float | None
    measured: float | None


def repeat(model: StoredModel, data: LabelledFaces, device: str) -> list[Repeated]:
    """Measure a model on the PublicTest faces as publishing did, and put each figure beside the card's.

    Args:
        model: with a calibration of its own, which is used as it is.
        data: with Training (for faces that both splits show) and PublicTest faces.
        device: as in `pipeline.networks.runtime`.
    """
    card, held_out = model.card, data.split(PUBLIC_TEST)
    uncalibrated = replace(model, card=replace(card, calibration=without_calibration(card.calibration)))
    raw = predict(NetworkClassifier(uncalibrated, device), held_out.faces)
    plain = calibrate.apply(raw, card.calibration)
    again = replace(
        card,
        evaluation=evaluate(plain, held_out.labels, card.evaluation.data),
        calibration_figures=describe_calibration(raw, plain, held_out),
        conditions=conditions.measure(
            NetworkClassifier(model, device), held_out, plain, data.split(TRAINING), card.trained
        ),
    )
    stated, measured = figures(card), figures(again)
    return [Repeated(name, stated.get(name), measured.get(name)) for name in {**measured, **stated}]


def figures(card: ModelCard) -> dict[str, float]:
    """The figures of a card by name, in its order."""
    found = {"accuracy": card.evaluation.accuracy}
    for one in card.evaluation.classes:
        found |= {f"{one.name}, precision": one.precision, f"{one.name}, recall": one.recall, f"{one.name}, F1": one.f1}
    if card.calibration_figures:
        found["calibration error before"] = card.calibration_figures.error_before
        found["calibration error after"] = card.calibration_figures.error_after
    return found | {one.name: one.accuracy for one in card.conditions}
