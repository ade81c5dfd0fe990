"""What may be published: no expression collapsed, and not worse than the active model on the same faces."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.seen import NONE, fingerprint

from ..measure.evaluate import choose_among, predict
from ..measure.heads import open_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.card import Evaluation
    from pipeline.models.folder import StoredModel

    from .figures import Answered

MARGIN = 0.01
"""Accuracy by which a new model may fall behind the active one, at least."""

ONE_SIDED = 1.645
"""Standard errors of a difference that chance exceeds once in twenty times."""

COLLAPSED = 0.1
"""Recall of an expression below which a model does not know it."""

CHECKED = 10
"""Held-out faces of an expression from which its recall says anything about a collapse."""


def refuse_collapsed(name: str, found: Evaluation, classes: Sequence[str]) -> None:
    """Refuse a model that hardly ever finds one of the expressions that it was trained on.

    Raises:
        ModelError: with the expression and its recall.
    """
    for figures in found.classes:
        if figures.name in classes and figures.faces >= CHECKED and figures.recall < COLLAPSED:
            raise ModelError(
                f"{name}: expected to find at least {COLLAPSED:.0%} of each expression; found {figures.recall:.1%} of "
                f"{figures.faces} faces labelled {figures.name} ({found.data}). Train on, or publish with "
                "`even_if_worse`."
            )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same faces.

    Attributes:
        data, faces: what they were compared on, and how many.
        accuracy: of the new model, 0 to 1.
        rival, known: the other model's name and accuracy.
        margin: by which the new one may be behind.
        trained: faces that the other one was trained on: left out, or where hardly any others are left, all that were
            compared on, which the gate then does not use; None where it is not known.
        is_fair: whether the other one was trained on none of the faces compared on, as far as is known.
    """

    data: str
    faces: int
    accuracy: float
    rival: str
    known: float
    margin: float
    trained: int | None = 0
    is_fair: bool = True

    def __str__(self) -> str:
        return (
            f"{self.accuracy:.1%} against {self.known:.1%} of {self.rival} on the same {self.faces:,} faces "
            f"({self.data}){self._explain()}"
        )

    def _explain(self) -> str:
        """What a reader should know of the other model's figure."""
        if self.trained is None:
            return f"; whether {self.rival} was trained on some of them is not known"
        if not self.is_fair:
            return (
                f"; {self.rival} was trained on {self.trained:,} of them, so that its figure says nothing of other "
                "faces: the gate does not use it"
            )
        return f"; {self.trained:,} more, on which {self.rival} was trained, are left out" if self.trained else ""


def compare(said: Answered, rival: StoredModel, classes: Sequence[str]) -> Comparison:
    """Compare a new model with another one, by the labels that the new one's answers are judged by.

    The margin is one point, or what chance explains where faces are few: of the faces that only one of the two gets
    right, either has its share, so their difference has the variance of their number (McNemar 1947).

    Faces that the other model was trained on are left out: it knows them.

    Args:
        said: what the new model says of faces.
        rival: the other model; it answers by its head for these labels, or by its only one.
        classes: the expressions that the new model was trained on; the other one chooses among them, too.
    """
    truth = said.truth
    seen = rival.seen()
    known_faces = np.isin(fingerprint(truth.faces.faces[truth.clear]), NONE if seen is None else seen)
    trained = int(known_faces.sum())
    is_fair = not trained or len(truth.clear) - trained >= CHECKED
    clear = truth.clear[~known_faces] if is_fair else truth.clear
    others = choose_among(predict(open_head(rival, truth.head), truth.faces.faces[clear]), classes)
    right, known = (one.argmax(axis=1) == truth.right[clear] for one in (said.probabilities[clear], others))
    margin = max(MARGIN, ONE_SIDED * sqrt((right != known).sum()) / len(clear))
    return Comparison(
        truth.name(), len(clear), float(right.mean()), rival.card.name, float(known.mean()), margin,
        None if seen is None else trained, is_fair,
    )  # fmt: skip


def refuse_worse(name: str, found: Comparison) -> None:
    """Refuse a model that falls behind another by more than the margin, on faces that neither was trained on.

    Raises:
        ModelError: with both figures.
    """
    if found.is_fair and found.accuracy < found.known - found.margin:
        raise ModelError(
            f"{name}: expected at least the accuracy of the active model {found.rival} on the same "
            f"{found.faces:,} faces ({found.data}), {found.known:.1%}, less {100 * found.margin:.1f} points; found "
            f"{found.accuracy:.1%}. Train on, or publish with `even_if_worse`."
        )
