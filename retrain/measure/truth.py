"""By what a model is judged: what people call a face, or the word that FER-2013's web search found it by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.expressions import EXPRESSION_HEAD, LABELS_HEAD
from pipeline.records import EXPRESSIONS

from ..data.faces import NO_MAJORITY
from ..data.votes import crowd_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.records import Floats

    from ..data.faces import LabelledFaces, Labels

FERPLUS = "FER+ majority (more than half of all ten votes for one of seven expressions)"
SEARCHED = "FER-2013's labels"
GIVEN = "labels"


@dataclass(frozen=True, slots=True)
class Truth:
    """Faces, and what counts as right for them.

    Attributes:
        labels: name of the label set, as cards and tables give it.
        head: of the model that answers, `pipeline.expressions.NetworkClassifier`.
        faces: those of which anything is known; their own labels count for nothing here.
        right: int64 (N,), positions in `EXPRESSIONS`; `NO_MAJORITY` for faces that only calibration is measured on.
        shares: float32 (N, 7), how likely each answer is to be right: votes, or 1 for the label; rows sum to 1.
    """

    labels: str
    head: str
    faces: LabelledFaces
    right: Labels
    shares: Floats

    @property
    def voted(self) -> bool:
        """Whether the shares are those of votes."""
        return self.labels.startswith(FERPLUS)

    @property
    def clear(self) -> Labels:
        """Rows of the faces with a right answer."""
        return np.flatnonzero(self.right != NO_MAJORITY)

    def name(self, split: str = "") -> str:
        """The faces, their split and the label set in words."""
        labels = "" if self.labels == GIVEN else self.labels
        return ", ".join(filter(None, (self.faces.source, split, labels)))


def by_labels(data: LabelledFaces) -> Truth:
    """Each face by the label that its source gives it; those of FER-2013 are answered by a head of their own."""
    searched = bool(data.searched.all())
    return Truth(
        labels=SEARCHED if searched else GIVEN,
        head=LABELS_HEAD if searched else EXPRESSION_HEAD,
        faces=data,
        right=data.labels,
        shares=np.eye(len(EXPRESSIONS), dtype=np.float32)[data.labels],
    )


def by_people(data: LabelledFaces, classes: Sequence[str] = EXPRESSIONS) -> Truth:
    """Each face by what most people call it, among some expressions; faces that nobody calls one are left out."""
    weights = crowd_shares(data, classes)
    said = weights.sum(axis=1)
    faces, rows = data.take(np.flatnonzero(said)), said > 0
    known = np.isin(faces.called, [EXPRESSIONS.index(name) for name in classes])
    voted = bool(faces.voted.any())
    return Truth(
        labels=FERPLUS + (" or label" if not faces.voted.all() else "") if voted else GIVEN,
        head=EXPRESSION_HEAD,
        faces=faces,
        right=np.where(known, faces.called, NO_MAJORITY),
        shares=np.asarray(weights[rows] / said[rows, None], np.float32),
    )


def describe_people(data: LabelledFaces, truth: Truth, classes: Sequence[str] = EXPRESSIONS) -> str:
    """How FER+ labels became ours, and how many faces have none."""
    other = " or another expression" if len(classes) < len(EXPRESSIONS) else ""
    left_out = len(data) - len(truth.clear)
    are = "is" if left_out == 1 else "are"
    return (
        f"FER+ majority labels: happiness is happy here, sadness sad, anger angry; {left_out} of {len(data)} faces "
        f"{are} left out: no more than half of all their votes agree, or these name contempt, nothing known, "
        f"no face{other}."
    )
