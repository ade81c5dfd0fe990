"""What the network should answer for each face: its label, smoothed, and what other models say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import SettingError
from pipeline.expressions import NetworkClassifier
from pipeline.records import EXPRESSIONS

from ..measure.evaluate import predict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats, Image

    from ..data.faces import LabelledFaces
    from .settings import TrainSettings


def answers(training: LabelledFaces, settings: TrainSettings, teachers: Sequence[StoredModel] = ()) -> Floats:
    """Probabilities to be learned, float32 (N, 7).

    A label is smoothed over the expressions that are trained (Szegedy et al. 2016); with teachers, their mean answer
    takes `teacher_weight` of its place (distillation; Hinton, Vinyals and Dean 2015).
    """
    known = np.array([name in settings.classes for name in EXPRESSIONS], np.float32)
    smoothed = np.eye(len(EXPRESSIONS), dtype=np.float32)[training.labels] * (1 - settings.smoothing)
    smoothed += settings.smoothing * known / known.sum()
    if not teachers:
        return smoothed
    taught = teach(teachers, training.faces) * known
    taught /= np.maximum(taught.sum(axis=1, keepdims=True), 1e-6)
    return (1 - settings.teacher_weight) * smoothed + settings.teacher_weight * taught


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


def teach(teachers: Sequence[StoredModel], faces: Image) -> Floats:
    """Mean calibrated probabilities of the teachers for faces and their mirror images, float32 (N, 7)."""
    views = (faces, np.ascontiguousarray(faces[:, :, ::-1]))
    said = [predict(NetworkClassifier(teacher), view) for teacher in teachers for view in views]
    return np.asarray(np.mean(said, axis=0), np.float32)
