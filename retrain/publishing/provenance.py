"""What a card says of how its figures are to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import EXPRESSIONS

from ..data.checks import SAME_FACE, nearest
from ..data.faces import PRIVATE_TEST, PUBLIC_TEST, TRAINING
from .gate import CHECKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..data.faces import LabelledFaces
    from ..training.settings import TrainSettings

VOTES = (
    "A reading is what most people would call the face: the expressions were learned from the votes of FER+'s "
    "annotators, ten a face. Single votes were dropped; those for contempt, nothing known and no face made a face "
    "weigh less. Its probabilities are calibrated on the shares of votes. FER-2013's own labels were learned by a "
    "second head, which is not calibrated."
)
"""What the figures of a model with two heads mean."""


def describe_limits(data: LabelledFaces, settings: TrainSettings, averaged: Sequence[str] = ()) -> tuple[str, ...]:
    """How the figures of a card are to be read, given the faces that they were measured on, and the runs averaged."""
    chosen = (
        "the best epoch was chosen by its accuracy on PublicTest, so that figures on PublicTest are slightly optimistic"
        if settings.keep == "best"
        else "the last epoch was taken, so that PublicTest chose nothing but the calibration"
    )
    notes = [
        f"Trained on the Training split only; {chosen}.",
        "The calibration (a temperature and seven biases) was fitted on one half of PublicTest; its error is measured "
        "on the other half. Accuracy and confusion matrix are those of all PublicTest faces, with calibration.",
    ]
    if settings.target == "votes":
        notes.append(VOTES)
    if averaged:
        notes.append(
            f"The weights are the mean of those of {len(averaged)} runs: {', '.join(averaged)}; the settings are those "
            "of the first."
        )
    if not (data.splits == PRIVATE_TEST).any():
        notes.append("PrivateTest was not part of the data: it was neither trained nor measured on.")
    counts = np.bincount(data.split(PUBLIC_TEST).labels, minlength=len(EXPRESSIONS))
    few = [
        f"{name} ({count})"
        for name, count in zip(EXPRESSIONS, counts, strict=True)
        if count < CHECKED and name in settings.classes
    ]
    if few:
        notes.append(f"Too few held-out faces to tell whether an expression is hardly ever found: {', '.join(few)}.")
    _, correlation = nearest(data.split(TRAINING).faces, data.split(PUBLIC_TEST).faces)
    shown = int((correlation >= SAME_FACE).sum())
    if shown:
        notes.append(
            f"{shown} Training faces show a PublicTest picture (equal or nearly equal pixels) and were trained on; the "
            "accuracy without those pictures stands among the conditions."
        )
    return (*notes, *data.notes)


def describe_lengths(lengths: Sequence[int]) -> tuple[str, ...]:
    """That a run was made longer, as epochs it was to have, in order; nothing where it never was."""
    if not lengths:
        return ()
    return (
        f"The run was made longer while it went on, from {' to '.join(map(str, lengths))} epochs: its learning rate "
        "followed the shorter schedule first, so that an unbroken run of as many epochs ends elsewhere.",
    )
