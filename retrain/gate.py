"""What may be published: no expression collapsed, and not worse than the active model on the same faces."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from pipeline.emotions import NetworkClassifier
from pipeline.errors import ModelError

from .evaluate import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cards import ModelCard
    from pipeline.models import StoredModel
    from pipeline.records import Floats

    from .datasets import LabelledFaces

MARGIN = 0.01
"""Accuracy by which a new model may fall behind the active one, at least."""

ONE_SIDED = 1.645
"""Standard errors of a difference that chance exceeds once in twenty times."""

COLLAPSED = 0.1
"""Recall of an expression below which a model does not know it."""

CHECKED = 10
"""Held-out faces of an expression from which its recall says anything about a collapse."""


def refuse_collapsed(card: ModelCard, classes: Sequence[str]) -> None:
    """Refuse a model that hardly ever finds one of the expressions that it was trained on.

    Raises:
        ModelError: with the expression and its recall.
    """
    for figures in card.evaluation.classes:
        if figures.name in classes and figures.faces >= CHECKED and figures.recall < COLLAPSED:
            raise ModelError(
                f"{card.name}: expected to find at least {COLLAPSED:.0%} of each expression; found "
                f"{figures.recall:.1%} of {figures.faces} faces labelled "
                f"{figures.name}. Train on, or publish with --even-if-worse."
            )


def refuse_worse(name: str, answers: Floats, held_out: LabelledFaces, rival: StoredModel) -> None:
    """Refuse a model that falls behind another on the same faces by more than a margin.

    The margin is one point, or what chance explains where faces are few: of the faces that only one of the two gets
    right, either has its share, so their difference has the variance of their number (McNemar 1947).

    Args:
        name: of the new model.
        answers: its probabilities of the held-out faces, (N, 7).
        held_out: these faces.
        rival: the other model.

    Raises:
        ModelError: with both figures.
    """
    right = answers.argmax(axis=1) == held_out.labels
    known = predict(NetworkClassifier(rival), held_out.faces).argmax(axis=1) == held_out.labels
    margin = max(MARGIN, ONE_SIDED * sqrt((right != known).sum()) / len(held_out))
    if right.mean() < known.mean() - margin:
        raise ModelError(
            f"{name}: expected at least the accuracy of the active model {rival.card.name} on the same "
            f"{len(held_out):,} faces, {known.mean():.1%}, less {100 * margin:.1f} points; found {right.mean():.1%}. "
            "Train on, or publish with --even-if-worse."
        )
