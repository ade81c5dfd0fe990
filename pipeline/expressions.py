"""Faces → expressions: the one preprocessing, and the classifier protocol.

Training, evaluation and inference all go through `crop_face` and `standardise`; a network that sees other pixels than
it was trained on loses a third of its accuracy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import cv2
import numpy as np

from .errors import ModelError
from .inference import runtime
from .models.card import NEVER
from .networks import build
from .networks.weights import fold, load_arrays
from .records import EMOTIONS, UNKNOWN, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .models.card import Calibration, ModelCard
    from .models.folder import StoredModel
    from .records import Face, Floats, Image

_Logits = TypeVar("_Logits", bound="NDArray[Any]")

FACE_PX = 48
"""Side of the grey square that the networks see, as in FER-2013."""

CROP_SCALE = 0.93
"""Side of FER-2013's square in longer sides of MTCNN's box: median of 271 faces; 10th to 90th percentile 0.78-1.15."""

FACE_BATCH = 64
"""Faces that go through the classifier at once."""

MIN_CONTRAST = 8.0
"""Grey levels: a flatter picture is not stretched further, which would only show its noise."""


PIXELS = ("standardised", "unit")
"""How a model wants its grey levels; see `scale_pixels`."""


class EmotionClassifier(Protocol):
    """Seven probabilities for each face."""

    def classify(self, faces: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48) → calibrated probabilities, float32 (N, 7), in the order of `EMOTIONS`."""
        ...


class NetworkClassifier:
    """A model of the store on one device."""

    def __init__(self, model: StoredModel, device: str = "auto") -> None:
        """Read and check the weights, fold batch normalisation and compile.

        Args:
            model: a model of the store.
            device: as `runtime.choose_device` takes it.

        Raises:
            ModelError: the weights were changed since the model was published, or do not fit its architecture; or the
                model was trained on faces that are cut or scaled in another way than here.
        """
        weights = model.weights()
        _check_preprocessing(model.card)
        runtime.silence()
        network = build(model.card.arch, model.card.options)
        load_arrays(network, weights)
        self._network = runtime.compile_network(fold(network), runtime.choose_device(device))
        self._calibration = model.card.calibration
        self._preprocessing = model.card.preprocessing

    def classify(self, faces: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48) → calibrated probabilities, float32 (N, 7), in the order of `EMOTIONS`."""
        if not len(faces):
            return np.empty((0, len(EMOTIONS)), np.float32)
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


def calibrate(logits: Floats, calibration: Calibration) -> Floats:
    """Logits (N, 7) → probabilities: bias-corrected temperature scaling (Alexandari et al. 2020, section 3.1).

    Where targets were smoothed (Szegedy et al. 2016, section 7), that is taken back first: smoothed probabilities end
    at 1 - smoothing and pile up there, which no temperature can undo. What a network says of expressions that it was
    not trained on is noise, or its base's word, and goes first.
    """
    biases = np.array(calibration.biases, np.float32)
    logits = np.where(biases > NEVER, logits, np.float32(-1e9))
    if calibration.smoothed:
        logits = unsmooth(softmax(logits), calibration.smoothed)
    return softmax(logits / calibration.temperature + biases)


def unsmooth(probabilities: Floats, smoothed: float) -> Floats:
    """Probabilities (N, 7) learned from smoothed targets → logits of the unsmoothed ones, up to a constant.

    What is left below a thousandth is taken as that, for a target never was below `smoothed`, an answer may be.
    """
    return np.asarray(np.log(np.maximum(probabilities - smoothed, 1e-3)), np.float32)


def softmax(logits: _Logits) -> _Logits:
    """Logits (N, C) → probabilities in the same precision; no power overflows."""
    powers: _Logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def read_faces(
    classifier: EmotionClassifier,
    images: Image,
    faces: Sequence[Sequence[Face]],
    min_confidence: float,
) -> list[tuple[Reading, ...]]:
    """Classify the faces of all frames of a batch together.

    Args:
        classifier: says the probabilities.
        images: uint8 (N, H, W, 3), RGB.
        faces: the faces of each frame.
        min_confidence: below this probability the dominant expression is `UNKNOWN`.

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
        readings[index].append(_as_reading(face, row, float(sharpness), min_confidence))
    return [tuple(found) for found in readings]


def _as_reading(face: Face, probabilities: Floats, sharpness: float, min_confidence: float) -> Reading:
    best = int(probabilities.argmax())
    confidence = float(probabilities[best])
    dominant = EMOTIONS[best] if confidence >= min_confidence else UNKNOWN
    return Reading(face, tuple(float(value) for value in probabilities), dominant, confidence, sharpness)


def crop_face(image: Image, face: Face, scale: float = CROP_SCALE, size_px: int = FACE_PX) -> Image:
    """Cut a face the way FER-2013 does.

    Args:
        image: uint8 (H, W, 3), RGB.
        face: box in pixels of `image`.
        scale: side of the square, in longer sides of the box.
        size_px: side of the result.

    Returns:
        uint8 (size_px, size_px), grey. The square lies around the box's centre; what of it lies outside the frame
        repeats the frame's edge. Area interpolation reduces without aliasing.
    """
    height, width = image.shape[:2]
    side = max(2, round(scale * max(face.width, face.height)))
    left = round(face.x + face.width / 2 - side / 2)
    top = round(face.y + face.height / 2 - side / 2)
    inside = image[max(top, 0) : max(top + side, 1), max(left, 0) : max(left + side, 1)]
    grey = cv2.cvtColor(np.ascontiguousarray(inside), cv2.COLOR_RGB2GRAY)
    padding = (max(-top, 0), max(top + side - height, 0), max(-left, 0), max(left + side - width, 0))
    if any(padding):
        grey = cv2.copyMakeBorder(grey, *padding, borderType=cv2.BORDER_REPLICATE)
    return resize_face(np.asarray(grey, np.uint8), size_px)


def resize_face(grey: Image, size_px: int = FACE_PX) -> Image:
    """Bring a grey square, uint8 (S, S), to (size_px, size_px): by area when reducing, bilinear when enlarging."""
    if grey.shape == (size_px, size_px):
        return grey
    reducing = grey.shape[0] > size_px
    resized = cv2.resize(grey, (size_px, size_px), interpolation=cv2.INTER_AREA if reducing else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def centre_view(faces: Image, view_px: int) -> Image:
    """The centre of faces, (N, S, S) → (N, view_px, view_px), for networks that were trained on smaller views."""
    margin = (faces.shape[1] - view_px) // 2
    return faces[:, margin : margin + view_px, margin : margin + view_px]


def standardise(faces: Image | Floats | Sequence[Image]) -> Floats:
    """Make faces independent of exposure: each with mean 0 and standard deviation 1.

    Args:
        faces: grey levels 0 to 255, (N, S, S).

    Returns:
        float32 (N, S, S, 1). The deviation is taken as at least `MIN_CONTRAST` grey levels.
    """
    pixels = np.asarray(faces, np.float32)
    mean = pixels.mean(axis=(1, 2), keepdims=True)
    deviation = pixels.std(axis=(1, 2), keepdims=True)
    return np.asarray(((pixels - mean) / np.maximum(deviation, MIN_CONTRAST))[..., None], np.float32)


def scale_pixels(faces: Image | Floats, pixels: str) -> Floats:
    """Grey levels (N, S, S) → what a network was trained on, float32 (N, S, S, 1).

    Args:
        faces: grey levels 0 to 255.
        pixels: `standardised` (see `standardise`) or `unit` (divided by 255).
    """
    if pixels == "unit":
        return np.asarray(faces, np.float32)[..., None] / np.float32(255)
    return standardise(faces)


def measure_sharpness(faces: Image) -> Floats:
    """Variance of the Laplacian of each grey face, uint8 (N, S, S) → float32 (N,) (Pech-Pacheco et al. 2000)."""
    return np.array([cv2.Laplacian(face, cv2.CV_32F).var() for face in faces], np.float32)
