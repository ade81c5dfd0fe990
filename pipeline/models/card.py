"""What a model says of itself: the dataclasses behind `card.json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..records import EXPRESSIONS


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a face becomes the network's input (`pipeline.expressions`). The network sees the centre `view_px` of it."""

    face_px: int
    crop_scale: float
    min_contrast: float
    pixels: str = "standardised"
    view_px: int = 48


NEVER = -100.0
"""Bias of an expression that a model was not trained on."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Bias-corrected temperature scaling (Alexandari et al. 2020), behind taking label smoothing back.

    softmax(log q / temperature + biases), where q = softmax(logits) - smoothed: `smoothed` is the probability that
    every expression had in each training target, whatever the label. An expression with a bias of `NEVER` was not
    trained: the softmax is over the others.

    `prior` is added to the biases, for faces of another kind than those that the rest was fitted on: how much likelier
    each expression is there, as a logarithm (Saerens, Latinne & Decaestecker 2002, equation 2.4). Zeros where nobody
    knows.
    """

    temperature: float = 1.0
    biases: tuple[float, ...] = (0.0,) * len(EXPRESSIONS)
    smoothed: float = 0.0
    prior: tuple[float, ...] = (0.0,) * len(EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class DataOrigin:
    """What a model was trained on: the source's name, the hash of its pixels and labels, and faces of each split.

    `seen_sha256` is the hash of the file of fingerprints of all faces that it was trained on (`models.seen`), those of
    what it was started from included; empty where they were not noted.
    """

    source: str
    sha256: str
    faces: dict[str, int]
    seen_sha256: str = ""


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How a model was trained: commit of the code, epochs, wall-clock seconds, all settings, versions of libraries.

    `libraries` is empty on cards from before they were noted.
    """

    commit: str
    epochs: int
    seconds: float
    settings: dict[str, Any]
    libraries: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A model that went into another one.

    Attributes:
        name: as it was called then; a name may be given anew.
        sha256: of its weights, or as many digits of it as are known.
        ways: how it went in: start, teacher or average.
        what: what it is, a sentence without its period.
    """

    name: str
    sha256: str
    ways: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 of one class, each 0 to 1, and how many faces carry its label."""

    name: str
    precision: float
    recall: float
    f1: float
    faces: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` measured.

    Attributes:
        data: name of the labelled faces, their split and the protocol by which they are labelled.
        faces: number of labelled faces.
        accuracy: share of faces whose most probable class is the label.
        interval: 95 % Wilson interval of the accuracy.
        classes: figures of each class, in the order of `EXPRESSIONS`.
        confusion: counts, (7, 7), rows are labels, columns predictions.
        mean_probabilities: (7, 7), the mean of the calibrated probabilities over the faces of each label; reports
            correct shares with it. Empty on cards from before it was measured.
    """

    data: str
    faces: int
    accuracy: float
    interval: tuple[float, float]
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    mean_probabilities: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Faces whose best probability lies in one tenth: its mean, the share that was right, and their number."""

    confidence: float
    accuracy: float
    faces: int


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """How far probabilities may be taken at their word.

    Attributes:
        fitted_on, measured_on: the held-out faces used for each.
        error_before, error_after: expected calibration error (15 bins; Guo et al. 2017), 0 to 1, on `measured_on`.
        bins: the reliability diagram after calibration, on `measured_on`.
        divergence_before, divergence_after: mean Kullback-Leibler divergence from the votes, or log loss by labels, in
            nats, on `measured_on`; None on cards from before it was measured.
        accuracy_before: share of right answers before calibration on all held-out faces, those of the accuracy, as a
            run's log has it; None on cards from before it was measured.
    """

    fitted_on: str
    measured_on: str
    error_before: float
    error_after: float
    bins: tuple[ReliabilityBin, ...]
    divergence_before: float | None = None
    divergence_after: float | None = None
    accuracy_before: float | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Accuracy, 0 to 1, under one change of the pictures or of the way of asking.

    Attributes:
        confusion: counts, (7, 7), rows are labels, columns predictions; empty on cards from before they were kept.
        labels: the label set that counts as right; empty on such cards, where it is the data's own.
    """

    name: str
    accuracy: float
    faces: int
    confusion: tuple[tuple[int, ...], ...] = ()
    labels: str = ""


SHOP_LIKE = (
    "reduced to 32 px and enlarged",
    "reduced to 24 px and enlarged",
    "reduced to 16 px and enlarged",
    "24 px, a quarter of the light, noise of 3 grey levels",
    "24 px, JPEG quality 30, enlarged",
    "blurred by motion (7 px)",
)
"""Conditions that shop cameras bring: reports take from these, too, how faces are misread there.

A mask is not among them: whoever wears one cannot be read.
"""


@dataclass(frozen=True, slots=True)
class Readability:
    """Two logistic regressions: can people read an expression from this face, and is it a face at all?

    Attributes:
        facts: names of what is known of a face, out of `readability.FACTS`, in the order of the coefficients.
        readable: a coefficient for each fact, and the intercept last.
        face: the same for being a face.
        fitted_on: what the coefficients were fitted on, a sentence.
    """

    facts: tuple[str, ...]
    readable: tuple[float, ...]
    face: tuple[float, ...]
    fitted_on: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What one face costs at inference, batch normalisation folded; a multiply-add counts as two operations.

    Speed, in batches of 64, is that of the machine `measured_on`; None on cards from before it was measured.
    """

    parameters: int
    gflop_per_face: float
    faces_per_second: int | None = None
    measured_on: str = ""


@dataclass(frozen=True, slots=True)
class GraphRecord:
    """The graph that computes the model where no framework is installed.

    Attributes:
        sha256: hash of topology and numbers, one behind the other.
        weights_sha256: of the weights that it was made of.
        heads: names of its outputs, in their order.
    """

    sha256: str
    weights_sha256: str
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything that explains a model beside its weights.

    Attributes:
        evaluation: of the expression head, by the labels that it was trained for; `Evaluation.data` names them.
        labels_evaluation: of the head for the data set's own labels; None where the model has no such head.
        readability: judges which faces can be read; None where the model does not judge that.
        notes: sentences on how to read the figures.
        graph: of the files beside the card; None on models from before they had one, or made where none can be.
        ancestors: models that went into it; empty where there are none, and on cards from before they were noted.
    """

    name: str
    arch: str
    options: dict[str, Any]
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    weights_sha256: str
    data: DataOrigin
    training: TrainingRecord
    evaluation: Evaluation
    licence: str
    created_at: str
    calibration: Calibration = field(default_factory=Calibration)
    calibration_figures: CalibrationFigures | None = None
    conditions: tuple[Condition, ...] = ()
    cost: Cost | None = None
    notes: tuple[str, ...] = ()
    labels_evaluation: Evaluation | None = None
    readability: Readability | None = None
    graph: GraphRecord | None = None
    ancestors: tuple[Ancestor, ...] = ()

    @property
    def trained(self) -> tuple[str, ...]:
        """The expressions that the model was trained on, in the order of its labels."""
        classes = self.training.settings.get("classes") or self.labels
        return tuple(name for name in self.labels if name in classes)


def encode_card(card: ModelCard) -> bytes:
    """A card as indented JSON."""
    return bytes(msgspec.json.format(msgspec.json.encode(card), indent=2)) + b"\n"
