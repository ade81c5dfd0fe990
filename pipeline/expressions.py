"""Faces → expressions: the classifier's protocol, a model of the store behind it, and the faces of a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .calibration import calibrate
from .errors import ModelError
from .inference import runtime
from .networks import build
from .networks.weights import fold, load_arrays
from .pose import pose_of
from .preprocessing import (
    CROP_SCALE,
    FACE_PX,
    MIN_CONTRAST,
    PIXELS,
    centre_view,
    crop_face,
    measure_sharpness,
    scale_pixels,
)
from .records import EXPRESSIONS, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .models.card import ModelCard
    from .models.folder import StoredModel
    from .records import Face, Floats, Image


FACE_BATCH = 64
"""Faces that go through the classifier at once."""


class ExpressionClassifier(Protocol):
    """Seven probabilities for each face."""

    def classify(self, faces: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48) → calibrated probabilities, float32 (N, 7), in the order of `EXPRESSIONS`."""
        ...


class NetworkClassifier:
    """A model of the store on one device."""

    def __init__(self, model: StoredModel, device: str = "auto", head: str = "expression") -> None:
        """Read and check the weights, fold batch normalisation and compile.

        Args:
            model: a model of the store.
            device: as `runtime.choose_device` takes it.
            head: provisional.

        Raises:
            ModelError: the weights were changed since the model was published, or do not fit its architecture; or the
                model was trained on faces that are cut or scaled in another way than here.
        """
        weights = model.weights()
        if head == "labels":  # provisional
            weights |= {f"expression/{n}": weights[f"labels/{n}"] for n in ("kernel", "bias")}
        _check_preprocessing(model.card)
        runtime.silence()
        network = build(model.card.arch, model.card.options)
        load_arrays(network, weights)
        self._network = runtime.compile_network(fold(network), runtime.choose_device(device))
        self._calibration = model.card.calibration
        if head == "labels":
            self._calibration = replace(
                self._calibration,
                temperature=1.0,
                biases=tuple(b if b <= -100 else 0.0 for b in self._calibration.biases),
            )
        self._preprocessing = model.card.preprocessing

    def classify(self, faces: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48) → calibrated probabilities, float32 (N, 7), in the order of `EXPRESSIONS`."""
        if not len(faces):
            return np.empty((0, len(EXPRESSIONS)), np.float32)
        seen = scale_pixels(centre_view(faces, self._preprocessing.view_px), self._preprocessing.pixels)
        (logits,) = runtime.run_padded(self._network, seen, FACE_BATCH)
        return calibrate(logits, self._calibration)


def _check_preprocessing(card: ModelCard) -> None:
    found = card.preprocessing
    expected = replace(found, face_px=FACE_PX, crop_scale=CROP_SCALE, min_contrast=MIN_CONTRAST)
    if found != expected or found.pixels not in PIXELS or not 0 < found.view_px <= FACE_PX:
        raise ModelError(
            f"model {card.name}: expected preprocessing {expected}, pixels one of {', '.join(PIXELS)}, view_px at most "
            f"{FACE_PX}; found {found}. "
            "Train and publish it again with this version."
        )


def read_faces(
    classifier: ExpressionClassifier, images: Image, faces: Sequence[Sequence[Face]]
) -> list[tuple[Reading, ...]]:
    """Classify the faces of all frames of a batch together.

    Args:
        classifier: says the probabilities.
        images: uint8 (N, H, W, 3), RGB.
        faces: the faces of each frame.

    Returns:
        The readings of each frame, in the order of its faces.
    """
    owners = [(index, face) for index, found in enumerate(faces) for face in found]
    readings: list[list[Reading]] = [[] for _ in faces]
    if not owners:
        return [() for _ in faces]
    crops = np.stack([crop_face(images[index], face) for index, face in owners])
    probabilities = classifier.classify(crops)
    for (index, face), row, sharpness in zip(owners, probabilities, measure_sharpness(crops), strict=True):
        seven = tuple(float(value) for value in row)
        readings[index].append(Reading(face, seven, float(sharpness), pose_of(face)))
    return [tuple(found) for found in readings]
