"""How much accuracy is left when pictures get worse, as in shops, and what more views of a face would add."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.models.card import Condition
from pipeline.preprocessing import FACE_PX

from ..data.checks import SAME_FACE, nearest
from ..data.covers import wear_mask
from ..data.damage import blur, compress, expose, resize, shrink, smear
from .evaluate import count_confusion, predict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.expressions import ExpressionClassifier
    from pipeline.records import Floats, Image

    from ..data.faces import LabelledFaces, Labels
    from .truth import Truth

    Damage = Callable[[Image, np.random.Generator], Image]


def _night(face: Image, random: np.random.Generator) -> Image:
    """A small face at a quarter of the light: what a camera over the door sees in the evening."""
    return resize(expose(resize(face, 24), random, light=0.25, noise=3.0), FACE_PX)


DAMAGE: dict[str, Damage] = {
    "reduced to 32 px and enlarged": lambda face, _: shrink(face, 32),
    "reduced to 24 px and enlarged": lambda face, _: shrink(face, 24),
    "reduced to 16 px and enlarged": lambda face, _: shrink(face, 16),
    "24 px, a quarter of the light, noise of 3 grey levels": _night,
    "24 px, JPEG quality 30, enlarged": lambda face, _: resize(compress(resize(face, 24), 30), FACE_PX),
    "JPEG quality 30": lambda face, _: compress(face, 30),
    "blurred (Gaussian, 1.5 px)": lambda face, _: blur(face, 1.5),
    "blurred by motion (7 px)": lambda face, _: smear(face, 7, pi / 6),
    "dark (a fifth of the light, whole grey levels)": lambda face, _: (face // 5).astype(np.uint8),
    "behind a drawn mask": lambda face, _: wear_mask(face),
    "mirrored": lambda face, _: np.asarray(face[:, ::-1], np.uint8),
}
"""Ways of spoiling a face, uint8 (48, 48) → (48, 48)."""

NOISE_SEED = 5

SHIFTS = ((-2, -2), (2, -2), (-2, 2), (2, 2))
"""Pixels to the right and down of four views beside the plain one: the corners, for a view of 44 of 48 pixels."""


def measure(
    classifier: ExpressionClassifier, truth: Truth, plain: Floats, training: LabelledFaces
) -> tuple[Condition, ...]:
    """Accuracy under each condition, of the faces with a right answer.

    Args:
        classifier: the model.
        truth: held-out faces, and what is right for them.
        plain: what the model says of these faces as they are, (N, 7).
        training: the faces that it was trained on.
    """
    faces, right, plain = truth.faces.faces[truth.clear], truth.right[truth.clear], plain[truth.clear]
    damaged = {name: predict(classifier, spoil(faces, name)) for name in DAMAGE}
    mirrored = damaged["mirrored"]
    views = damaged | {
        "mean of picture and mirror image": plain + mirrored,
        "mean of ten views (centre and corners, mirrored)": plain + mirrored + _shifted_views(classifier, faces),
    }
    found = [condition(name, answers, right, truth.labels) for name, answers in views.items()]
    _, correlation = nearest(faces, training.faces)
    alone = correlation < SAME_FACE
    if alone.any() and not alone.all():
        found.append(condition("without faces that Training shows too", plain[alone], right[alone], truth.labels))
    return tuple(found)


def spoil(faces: Image, how: str) -> Image:
    """Faces after one kind of `DAMAGE`, uint8 (N, 48, 48); its noise is the same at every call."""
    random = np.random.default_rng(NOISE_SEED)
    return np.stack([DAMAGE[how](face, random) for face in faces])


def condition(name: str, probabilities: Floats, right: Labels, labels: str) -> Condition:
    """Accuracy and confusion of probabilities (N, 7) by the right answers (N,), which are those of a label set."""
    answers = probabilities.argmax(axis=1)
    counts = tuple(tuple(int(count) for count in row) for row in count_confusion(right, answers))
    return Condition(name, float((answers == right).mean()), len(right), counts, labels)


def _shifted_views(classifier: ExpressionClassifier, faces: Image) -> Floats:
    """Sum of the probabilities of shifted faces and their mirror images, (N, 7)."""
    views = [np.stack([_shift(face, *shift) for face in faces]) for shift in SHIFTS]
    views += [np.ascontiguousarray(view[:, :, ::-1]) for view in views]
    return np.asarray(sum(predict(classifier, view) for view in views), np.float32)


def _shift(face: Image, right: int, down: int) -> Image:
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(face, move, face.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
