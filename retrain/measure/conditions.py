"""How much accuracy is left when pictures get worse, and what more views of a face would add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.models.card import Condition
from pipeline.records import EXPRESSIONS

from ..data.checks import SAME_FACE, nearest
from ..data.damage import blur, compress, shrink
from .evaluate import predict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.expressions import ExpressionClassifier
    from pipeline.records import Floats, Image

    from ..data.faces import LabelledFaces, Labels

DAMAGE: dict[str, Callable[[Image], Image]] = {
    "reduced to 32 px and enlarged": lambda face: shrink(face, 32),
    "reduced to 24 px and enlarged": lambda face: shrink(face, 24),
    "blurred (Gaussian, 1.5 px)": lambda face: blur(face, 1.5),
    "JPEG quality 30": lambda face: compress(face, 30),
    "dark (a fifth of the light, whole grey levels)": lambda face: (face // 5).astype(np.uint8),
    "mirrored": lambda face: np.asarray(face[:, ::-1], np.uint8),
}
"""Ways of spoiling a face, uint8 (48, 48) → (48, 48)."""

SHIFTS = ((-2, -2), (2, -2), (-2, 2), (2, 2))
"""Pixels to the right and down of four views beside the plain one: the corners, for a view of 44 of 48 pixels."""


def measure(
    classifier: ExpressionClassifier,
    data: LabelledFaces,
    plain: Floats,
    training: LabelledFaces,
    classes: Sequence[str] = EXPRESSIONS,
) -> tuple[Condition, ...]:
    """Accuracy under each condition.

    Args:
        classifier: the model.
        data: held-out faces.
        plain: what the model says of them as they are, (N, 7).
        training: the faces that it was trained on.
        classes: the expressions that it was trained on; faces with a FER+ majority for another one are left out.
    """
    damaged = {name: predict(classifier, spoil(data.faces, name)) for name in DAMAGE}
    found = [_condition(name, probabilities, data.labels) for name, probabilities in damaged.items()]
    mirrored = damaged["mirrored"]
    found.append(_condition("mean of picture and mirror image", plain + mirrored, data.labels))
    shifted = _shifted_views(classifier, data.faces)
    found.append(
        _condition("mean of ten views (centre and corners, mirrored)", plain + mirrored + shifted, data.labels)
    )
    rows = _with_majority(data, classes)
    if len(rows):
        some = "" if set(classes) == set(EXPRESSIONS) else f", of faces labelled {', '.join(classes)}"
        found.append(
            _condition(
                f"FER+ majority labels (more than half of the votes, single ones dropped){some}",
                plain[rows],
                data.majority[rows],
            )
        )
    _, correlation = nearest(data.faces, training.faces)
    alone = correlation < SAME_FACE
    if alone.any() and not alone.all():
        found.append(_condition("without faces that Training shows too", plain[alone], data.labels[alone]))
    return tuple(found)


def spoil(faces: Image, how: str) -> Image:
    """Faces after one kind of `DAMAGE`, uint8 (N, 48, 48)."""
    return np.stack([DAMAGE[how](face) for face in faces])


def _with_majority(data: LabelledFaces, classes: Sequence[str]) -> Labels:
    """Rows of the faces that more than half of the FER+ votes call one of some expressions."""
    return np.flatnonzero(np.isin(data.majority, [EXPRESSIONS.index(name) for name in classes]))


def by_ferplus(data: LabelledFaces, classes: Sequence[str] = EXPRESSIONS) -> LabelledFaces:
    """The faces that FER+ calls one of some expressions, with that label, and a note of how its labels became ours."""
    rows = _with_majority(data, classes)
    other = " or another expression" if len(classes) < len(EXPRESSIONS) else ""
    note = (
        f"FER+ majority labels: happiness is happy here, sadness sad, anger angry; {len(data) - len(rows)} of "
        f"{len(data)} faces are left out: no more than half of their votes agree, or these name contempt{other}."
    )
    return replace(data.take(rows), labels=data.majority[rows], notes=(note,))


def _shifted_views(classifier: ExpressionClassifier, faces: Image) -> Floats:
    """Sum of the probabilities of shifted faces and their mirror images, (N, 7)."""
    views = [np.stack([_shift(face, *shift) for face in faces]) for shift in SHIFTS]
    views += [np.ascontiguousarray(view[:, :, ::-1]) for view in views]
    return np.asarray(sum(predict(classifier, view) for view in views), np.float32)


def _shift(face: Image, right: int, down: int) -> Image:
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(face, move, face.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _condition(name: str, probabilities: Floats, labels: Labels) -> Condition:
    return Condition(name, float((probabilities.argmax(axis=1) == labels).mean()), len(labels))
