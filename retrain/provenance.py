"""What a card says of where a model comes from: its licence, and how its figures are to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ModelError
from pipeline.models import find_model
from pipeline.records import EMOTIONS

from .checks import SAME_FACE, nearest
from .datasets import PRIVATE_TEST, PUBLIC_TEST, TRAINING
from .gate import CHECKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .datasets import LabelledFaces
    from .settings import TrainSettings


PUBLIC = ("fer2013", "icml_face_data")
"""Beginnings of the names of FER-2013's files, and of the FER+ votes."""


def describe_licence(base: str, sources: Sequence[str], teachers: Sequence[str] = ()) -> str:
    """What may be done with a model: the terms of what it was started from and taught by, and of its faces.

    Args:
        base: as in a run's settings.
        sources: names of the labelled faces, replayed ones included.
        teachers: as in a run's settings.
    """
    begun = base.split(",", maxsplit=1)[0]
    if begun == "vgg-face":
        weights = "Non-commercial research: the weights were started from VGG-Face (Parkhi et al. 2015, Oxford)."
    elif begun == "imagenet":
        weights = "The weights were started from Keras Applications' ImageNet weights; ImageNet is for research."
    elif begun == "scratch":
        weights = "MIT for the weights."
    else:
        weights = f"As the model it was started from, {begun}: {_licence_of(begun)}"
    taught = [
        f"It learned the answers of {name}: {_licence_of(name)}"
        for name in (teacher.partition("@")[0] for teacher in teachers)
    ]
    parts = [part for source in sources for part in source.split(" + ")]
    public = [part for part in parts if part.startswith(PUBLIC)]
    own = [part for part in parts if not part.startswith(PUBLIC)]
    faces = ["The pictures of FER-2013 came from web search: research and evaluation."] if public else []
    if own:
        faces.append(f"The labelled faces ({' + '.join(own)}) have terms of their own.")
    return " ".join([weights, *taught, *faces])


def _licence_of(name: str) -> str:
    try:
        return find_model(name).card.licence
    except ModelError:
        return "its card is not in the store any more."


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
    if averaged:
        notes.append(
            f"The weights are the mean of those of {len(averaged)} runs: {', '.join(averaged)}; the settings are those "
            "of the first."
        )
    if not (data.splits == PRIVATE_TEST).any():
        notes.append("PrivateTest was not part of the data: it was neither trained nor measured on.")
    counts = np.bincount(data.split(PUBLIC_TEST).labels, minlength=len(EMOTIONS))
    few = [
        f"{name} ({count})"
        for name, count in zip(EMOTIONS, counts, strict=True)
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
