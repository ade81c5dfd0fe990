"""Faces → expressions: the classifier's protocol, a model of the store behind it, and the faces of a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .calibration import calibrate, check_calibration, undo
from .errors import ModelError
from .inference import runtime
from .inference.graphs import open_graph
from .models.folder import CARD, TOPOLOGY, WEIGHTS
from .models.graphs import expect_finite, find_graph, load_folded
from .networks.options import count_at_least
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
from .readability import facts_of, judge
from .records import EXPRESSIONS, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from .inference.graphs import Network
    from .models.card import ModelCard, Readability
    from .models.folder import StoredModel
    from .records import Face, Floats, Image


FACE_BATCH = 64
"""Faces that go through the classifier at once."""


PROBES = np.stack([np.zeros((FACE_PX, FACE_PX), np.uint8), np.arange(FACE_PX**2, dtype=np.uint8).reshape(FACE_PX, -1)])
"""What a network is asked first, uint8 (2, 48, 48): one that answers with NaN is refused before a video is read."""

EXPRESSION_HEAD, LABELS_HEAD, READING_HEAD = "expression", "labels", "reading"
"""The heads of seven that a network can have: for what most people would call a face, and for a data set's labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a classifier says of faces.

    Attributes:
        probabilities: float32 (N, 7), calibrated, in the order of `EXPRESSIONS`.
        reading: float32 (N, 2), logits of the face being readable and of being a face at all; None from a model that
            has no head for it.
    """

    probabilities: Floats
    reading: Floats | None = None


class ExpressionClassifier(Protocol):
    """Seven probabilities for each face, and what can be read of it where the model says so."""

    def classify(self, faces: Image) -> Answers:
        """Grey faces, uint8 (N, 48, 48) → answers."""
        ...


class NetworkClassifier:
    """A model of the store on one device."""

    def __init__(
        self, model: StoredModel, device: str = "auto", *, head: str = EXPRESSION_HEAD, at_once: int = 1
    ) -> None:
        """Read and check graph or weights, and compile.

        Args:
            model: a model of the store.
            device: as `runtime.choose_device` takes it.
            head: `expression`, or `labels` for the data set's own labels, whose probabilities are not calibrated.
            at_once: threads that ask at the same time, on the processor; see `compile_for_processor`.

        Raises:
            ModelError: the weights were changed since the model was published, or do not fit its architecture; the
                model was trained on faces that are cut or scaled in another way than here; it has no such head; or
                its calibration cannot be computed.
        """
        _check_preprocessing(model)
        check_calibration(model.card)
        self._network, self._has_reading = _open_network(model, runtime.choose_device(device), head, at_once)
        calibration = model.card.calibration
        self._calibration = calibration if head == EXPRESSION_HEAD else undo(calibration)
        self._preprocessing = model.card.preprocessing
        self._model = model
        try:
            self.classify(PROBES)
        except (RuntimeError, IndexError, ValueError) as error:
            raise _no_graph(model) from error

    def classify(self, faces: Image) -> Answers:
        """Grey faces, uint8 (N, 48, 48) → answers.

        Raises:
            ModelError: some of them are no finite numbers.
        """
        if not len(faces):
            reading = np.empty((0, 2), np.float32) if self._has_reading else None
            return Answers(np.empty((0, len(EXPRESSIONS)), np.float32), reading)
        seen = scale_pixels(centre_view(faces, self._preprocessing.view_px), self._preprocessing.pixels)
        logits, *reading_logits = runtime.run_padded(self._network, seen, FACE_BATCH)
        expect_finite(self._model, logits, *reading_logits)
        with np.errstate(over="ignore", invalid="ignore"):
            probabilities = calibrate(logits, self._calibration)
        expect_finite(self._model, probabilities)
        return Answers(probabilities, reading_logits[0] if reading_logits else None)


def _expect_numbers(model: StoredModel, options: dict[str, object], weights: Mapping[str, Floats]) -> None:
    """Refuse a card that asks for a larger network than its weights fill, before memory is taken for it."""
    expected, found = count_at_least(model.card.arch, options), sum(array.size for array in weights.values())
    if expected > found:
        raise ModelError(
            f"{model.folder / WEIGHTS}: expected at least {expected:,} numbers for {model.card.arch} with {options}; "
            f"found {found:,}. The file belongs to another card: publish the model again."
        )


def _no_graph(model: StoredModel) -> ModelError:
    return ModelError(
        f"{model.folder / TOPOLOGY}: expected a graph that OpenVINO can run on faces; found another file. Publish the "
        "model again, or choose another with `model`."
    )


def _open_network(model: StoredModel, device: str, head: str, at_once: int) -> tuple[Network, bool]:
    """A network that gives the logits of this head, and those for reading if it has a head for them, as is also said.

    On the processor the graph that was published with the model; else its weights in Keras, normalisation folded.
    """
    weights, options = model.weights(), _options(model.card, head)
    _expect_numbers(model, options, weights)
    if not runtime.runs_graphs(device):
        built = load_folded(model, options, weights)
        return runtime.compile_network(built, device), len(built.outputs) > 1
    graph, heads = find_graph(model, weights)
    try:
        network = open_graph(graph, at_once)
    except RuntimeError as error:
        raise _no_graph(model) from error
    wanted = [heads.index(name) for name in (head, READING_HEAD) if name in heads]

    def answer(faces: NDArray[Any]) -> tuple[Floats, ...]:
        outputs = network(faces)
        return tuple(outputs[place] for place in wanted)

    return answer, READING_HEAD in heads


def _options(card: ModelCard, head: str) -> dict[str, object]:
    """The options to build a card's network with, so that this head answers."""
    if head == EXPRESSION_HEAD:
        return card.options
    if head != LABELS_HEAD or not card.options.get(LABELS_HEAD):
        raise ModelError(
            f"model {card.name}: expected a head {head!r}; its only one is for expressions. Name another model."
        )
    return card.options | {"head": head}


def _check_preprocessing(model: StoredModel) -> None:
    found = model.card.preprocessing
    expected = replace(found, face_px=FACE_PX, crop_scale=CROP_SCALE, min_contrast=MIN_CONTRAST)
    if found != expected or found.pixels not in PIXELS or not 0 < found.view_px <= FACE_PX:
        raise ModelError(
            f"{model.folder / CARD}: model {model.card.name}: expected preprocessing {expected}, pixels one of "
            f"{', '.join(PIXELS)}, view_px at most {FACE_PX}; found {found}. "
            "Train and publish it again with this version."
        )


def read_faces(
    classifier: ExpressionClassifier,
    images: Image,
    faces: Sequence[Sequence[Face]],
    readability: Readability | None = None,
) -> list[tuple[Reading, ...]]:
    """Classify the faces of all frames of a batch together.

    Args:
        classifier: says the probabilities.
        images: uint8 (N, H, W, 3), RGB.
        faces: the faces of each frame.
        readability: judges which faces can be read; None leaves that unsaid.

    Returns:
        The readings of each frame, in the order of its faces.
    """
    owners = [(index, face) for index, found in enumerate(faces) for face in found]
    readings: list[list[Reading]] = [[] for _ in faces]
    if not owners:
        return [() for _ in faces]
    crops = np.stack([crop_face(images[index], face) for index, face in owners])
    found = _readings(crops, [face for _, face in owners], classifier.classify(crops), readability)
    for (index, _), reading in zip(owners, found, strict=True):
        readings[index].append(reading)
    return [tuple(found) for found in readings]


def _readings(
    crops: Image, faces: Sequence[Face], answers: Answers, readability: Readability | None
) -> Iterator[Reading]:
    """What is known of each face: of its crop, its box and landmarks, and the classifier's answer."""
    sharpness, poses = measure_sharpness(crops), [pose_of(face) for face in faces]
    facts = facts_of(
        probabilities=answers.probabilities,
        reading=answers.reading,
        size_px=np.array([min(face.width, face.height) for face in faces]),
        sharpness=sharpness,
        pose=np.array([(pose.turn, pose.tilt, pose.nod) for pose in poses]),
        detector_confidence=np.array([face.confidence for face in faces]),
    )
    readable, is_face = judge(readability, facts)
    for number, (face, pose) in enumerate(zip(faces, poses, strict=True)):
        seven = tuple(float(value) for value in answers.probabilities[number])
        judged = (None if np.isnan(value) else float(value) for value in (readable[number], is_face[number]))
        yield Reading(face, seven, float(sharpness[number]), pose, *judged)
