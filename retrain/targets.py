"""What the network should answer for each face: annotators' votes, or its label, smoothed, and what models say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.emotions import NetworkClassifier
from pipeline.errors import DataError, UsageError
from pipeline.records import EMOTIONS

from .datasets import FER_PLUS_EMOTIONS, PUBLIC_TEST, TRAINING
from .evaluate import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models import StoredModel
    from pipeline.records import Floats, Image

    from .datasets import LabelledFaces
    from .settings import TrainSettings


def answers(training: LabelledFaces, settings: TrainSettings, teachers: Sequence[StoredModel] = ()) -> Floats:
    """Probabilities to be learned, float32 (N, 7).

    A label is smoothed over the expressions that are trained (Szegedy et al. 2016); with teachers, their mean answer
    takes `teacher_weight` of its place (distillation; Hinton, Vinyals and Dean 2015).
    """
    known = np.array([name in settings.classes for name in EMOTIONS], np.float32)
    smoothed = np.eye(len(EMOTIONS), dtype=np.float32)[training.labels] * (1 - settings.smoothing)
    smoothed += settings.smoothing * known / known.sum()
    if not teachers:
        return smoothed
    taught = teach(teachers, training.faces) * known
    taught /= np.maximum(taught.sum(axis=1, keepdims=True), 1e-6)
    return (1 - settings.teacher_weight) * smoothed + settings.teacher_weight * taught


def all_answers(training: LabelledFaces, settings: TrainSettings, teachers: Sequence[StoredModel] = ()) -> Floats:
    """Probabilities to be learned by each head of seven, float32 (N, 7) or (N, 14).

    Where the expression head learns votes, its columns are `crowd_answers`, and those of the labels' head follow.
    """
    labelled = answers(training, settings, teachers)
    if settings.target == "labels":
        return labelled
    return np.concatenate([crowd_answers(training, settings.classes), labelled], axis=1)


def crowd_answers(faces: LabelledFaces, classes: Sequence[str] = EMOTIONS) -> Floats:
    """Shares of all FER+ votes that name one of some expressions, float32 (N, 7).

    A row sums to 1 where all annotators name one, and to less where some see contempt, nothing that they know, or no
    face: so much less the face says about the seven, and so much less it weighs.
    """
    ours = faces.votes[:, np.argsort(FER_PLUS_EMOTIONS)] * faces.named[:, None]
    return np.asarray(ours * np.array([name in classes for name in EMOTIONS], np.float32), np.float32)


def check_votes(data: LabelledFaces, settings: TrainSettings) -> None:
    """Refuse to learn votes where there are none.

    Raises:
        DataError: no Training face has votes, or no PublicTest face a majority to choose the epoch by.
    """
    if settings.target != "votes":
        return
    voted, clear = data.split(TRAINING).named.any(), (data.split(PUBLIC_TEST).majority >= 0).any()
    if not voted or not clear:
        raise DataError(
            f"--target votes: expected FER+ votes for {data.source}; found none for its "
            f"{PUBLIC_TEST if voted else TRAINING} faces. Name them with --ferplus."
        )


def check_teachers(teachers: Sequence[StoredModel], classes: Sequence[str]) -> None:
    """Refuse teachers that would call faces of an expression they do not know something else.

    Raises:
        UsageError: with the expressions that are missing.
    """
    for teacher in teachers:
        missing = [name for name in EMOTIONS if name in classes and name not in teacher.card.trained]
        if missing:
            raise UsageError(
                f"--teacher {teacher.card.name}: expected a model of every expression that is trained; it does not "
                f"know {', '.join(missing)}. Leave them out with --classes, or name another teacher."
            )


def identify(teacher: StoredModel) -> str:
    """A teacher's name with the beginning of its weights' hash: a name may be published anew."""
    return f"{teacher.card.name}@{teacher.card.weights_sha256[:12]}"


def teach(teachers: Sequence[StoredModel], faces: Image) -> Floats:
    """Mean calibrated probabilities of the teachers for faces and their mirror images, float32 (N, 7)."""
    views = (faces, np.ascontiguousarray(faces[:, :, ::-1]))
    said = [predict(NetworkClassifier(teacher), view) for teacher in teachers for view in views]
    return np.asarray(np.mean(said, axis=0), np.float32)
