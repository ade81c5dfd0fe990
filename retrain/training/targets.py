"""What the network should answer for each face: annotators' votes, or its label, smoothed, and what models say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError, SettingError
from pipeline.expressions import EXPRESSION_HEAD, LABELS_HEAD
from pipeline.records import EXPRESSIONS

from ..data.faces import PUBLIC_TEST, TRAINING
from ..data.votes import crowd_shares
from ..measure.evaluate import predict
from ..measure.heads import learned_votes, open_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats, Image

    from ..data.faces import LabelledFaces
    from .settings import TrainSettings


def all_answers(training: LabelledFaces, settings: TrainSettings, teachers: Sequence[StoredModel] = ()) -> Floats:
    """Probabilities to be learned by each head of seven, float32 (N, 7) or (N, 14).

    Where the expression head learns votes, its columns are `people_answers`, and those of the labels' head follow.
    """
    labelled = answers(training, settings, teachers)
    if settings.target == "labels":
        return labelled
    return np.concatenate([people_answers(training, settings, teachers), labelled], axis=1)


def answers(training: LabelledFaces, settings: TrainSettings, teachers: Sequence[StoredModel] = ()) -> Floats:
    """Probabilities of the labels to be learned, float32 (N, 7).

    A label is smoothed over the expressions that are trained (Szegedy et al. 2016); with teachers, their mean answer
    takes `teacher_weight` of its place (distillation; Hinton, Vinyals and Dean 2015).
    """
    known = _trained(settings)
    smoothed = np.eye(len(EXPRESSIONS), dtype=np.float32)[training.labels] * (1 - settings.smoothing)
    smoothed += settings.smoothing * known / known.sum()
    if not teachers:
        return smoothed
    taught = np.empty_like(smoothed)
    for head, rows in ((LABELS_HEAD, training.searched), (EXPRESSION_HEAD, ~training.searched)):
        if rows.any():
            taught[rows] = _teach_among(teachers, training.faces[rows], settings, head)
    mixed = (1 - settings.teacher_weight) * smoothed + settings.teacher_weight * taught
    return np.asarray(mixed, np.float32)


def people_answers(training: LabelledFaces, settings: TrainSettings, teachers: Sequence[StoredModel] = ()) -> Floats:
    """What people call each face, float32 (N, 7), with what teachers say that learned it, too.

    Replayed faces without votes, of which nobody's word is known, are what those teachers say alone; without such
    teachers they weigh nothing.
    """
    said = crowd_shares(training, settings.classes)
    wise = [teacher for teacher in teachers if learned_votes(teacher.card)]
    if not wise:
        return said
    taught = _teach_among(wise, training.faces, settings, EXPRESSION_HEAD)
    mixed = (1 - settings.teacher_weight) * said
    mixed += settings.teacher_weight * said.sum(axis=1, keepdims=True) * taught
    return np.asarray(np.where((training.known & ~training.voted)[:, None], taught, mixed), np.float32)


def check_votes(data: LabelledFaces, settings: TrainSettings) -> None:
    """Refuse to learn votes where there are none.

    Raises:
        DataError: nobody says what Training faces show, or no PublicTest face has a majority to choose the epoch by.
    """
    if settings.target != "votes":
        return
    training, held_out = data.split(TRAINING), data.split(PUBLIC_TEST)
    said = crowd_shares(training.take(np.flatnonzero(~training.known)), settings.classes).any()
    if not said or not (held_out.called >= 0).any():
        raise DataError(
            f"{data.source}: expected FER+ votes, or labels that people gave, which `target` votes learns; found none "
            f"for its {PUBLIC_TEST if said else TRAINING} faces. Name them with `ferplus`, or learn `target` labels."
        )


def check_teachers(teachers: Sequence[StoredModel], classes: Sequence[str]) -> None:
    """Refuse teachers that would call faces of an expression they do not know something else.

    Raises:
        SettingError: with the expressions that are missing.
    """
    for teacher in teachers:
        missing = [name for name in EXPRESSIONS if name in classes and name not in teacher.card.trained]
        if missing:
            raise SettingError(
                "teachers",
                "models of every expression that is trained",
                f"{teacher.card.name}; it does not know {', '.join(missing)}",
                "Leave them out with `classes`, or name another teacher.",
            )


def identify(teacher: StoredModel) -> str:
    """A teacher's name with the beginning of its weights' hash: a name may be published anew."""
    return f"{teacher.card.name}@{teacher.card.weights_sha256[:12]}"


def teach(teachers: Sequence[StoredModel], faces: Image, head: str = EXPRESSION_HEAD) -> Floats:
    """Mean probabilities of the teachers for faces and their mirror images, by one of their heads, float32 (N, 7)."""
    views = (faces, np.ascontiguousarray(faces[:, :, ::-1]))
    said = [predict(open_head(teacher, head), view) for teacher in teachers for view in views]
    return np.asarray(np.mean(said, axis=0), np.float32)


def _teach_among(teachers: Sequence[StoredModel], faces: Image, settings: TrainSettings, head: str) -> Floats:
    """What teachers say of faces, given that it is one of the expressions that are trained."""
    taught = teach(teachers, faces, head) * _trained(settings)
    return np.asarray(taught / np.maximum(taught.sum(axis=1, keepdims=True), 1e-6), np.float32)


def _trained(settings: TrainSettings) -> Floats:
    return np.array([name in settings.classes for name in EXPRESSIONS], np.float32)
