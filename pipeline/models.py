"""The model store: a folder for each model with `card.json` and `weights.safetensors`, checked against its hash.

Loading never runs foreign code: the card is data, the weights are arrays, and the network is built from our own source.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .errors import ModelError
from .records import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .records import Floats

logger = logging.getLogger("fer_video")

CARD, WEIGHTS, ACTIVE = "card.json", "weights.safetensors", "active"
EMBEDDED = Path(__file__).parent / "embedded_models"
"""Models that come with the package."""

DEFAULT_MODEL = "vgg-face-fer2013"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a face becomes the network's input; see `pipeline.emotions`."""

    face_px: int
    crop_scale: float
    min_contrast: float
    pixels: str = "standardised"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Bias-corrected temperature scaling (Alexandari et al. 2020): softmax(logits / temperature + biases)."""

    temperature: float = 1.0
    biases: tuple[float, ...] = (0.0,) * len(EMOTIONS)


@dataclass(frozen=True, slots=True)
class DataOrigin:
    """What a model was trained on: the source's name, the hash of its pixels and labels, and faces of each split."""

    source: str
    sha256: str
    faces: dict[str, int]


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How a model was trained: commit of the code, epochs, wall-clock seconds and all settings."""

    commit: str
    epochs: int
    seconds: float
    settings: dict[str, Any]


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
        data: name of the labelled faces and their split.
        faces: number of labelled faces.
        accuracy: share of faces whose most probable class is the label.
        interval: 95 % Wilson interval of the accuracy.
        classes: figures of each class, in the order of `EMOTIONS`.
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
    """

    fitted_on: str
    measured_on: str
    error_before: float
    error_after: float
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """Accuracy, 0 to 1, under one change of the pictures or of the way of asking."""

    name: str
    accuracy: float
    faces: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one face costs at inference, batch normalisation folded; a multiply-add counts as two operations."""

    parameters: int
    gflop_per_face: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything that explains a model beside its weights; `notes` are sentences on how to read its figures."""

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


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in the store: its card, where it lies, and the hash of card and weights together."""

    card: ModelCard
    folder: Path
    sha256: str

    def weights(self) -> dict[str, Floats]:
        """The arrays by layer, for example `block1_conv1/kernel`; half precision comes back as float32.

        Raises:
            ModelError: the file is missing, or is not the one that the card was written for.
        """
        import numpy as np
        from safetensors.numpy import load

        path = self.folder / WEIGHTS
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: expected the weights of {self.card.name}; {error.strerror}.") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.card.weights_sha256:
            raise ModelError(
                f"{path}: changed since it was published: expected sha256 {self.card.weights_sha256[:12]}…, "
                f"found {found[:12]}…. Publish the model again, or choose another with --model."
            )
        return {name: np.asarray(array, np.float32) for name, array in load(content).items()}


def store_folder() -> Path:
    """Where published models are kept: `FER_VIDEO_MODELS`, or the user's data folder."""
    import platformdirs

    chosen = os.environ.get("FER_VIDEO_MODELS")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("fer-video", appauthor=False)) / "models"


def list_models() -> list[StoredModel]:
    """All models, embedded ones first; a folder without a readable card is left out, with a warning if it has one."""
    folders = [folder for root in _roots() for folder in _folders(root)]
    models = []
    for folder in folders:
        if folder.name.startswith(".") or not os.path.isfile(folder / CARD):  # noqa: PTH113
            continue
        try:
            models.append(read_model(folder))
        except ModelError as error:
            logger.warning("%s", error)
    return models


def _folders(root: Path) -> list[Path]:
    """What lies in a store; nothing if it was not made yet."""
    try:
        return sorted(root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(root, error) from error


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path}: cannot be read; {error.strerror}. Set FER_VIDEO_MODELS.")


def active_name() -> str:
    """The model that `analyze` takes unless told otherwise.

    Raises:
        ModelError: the store cannot be read.
    """
    path = store_folder() / ACTIVE
    try:
        return path.read_text("utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return DEFAULT_MODEL
    except OSError as error:
        raise _unreadable(path, error) from error


def find_model(name: str | None = None) -> StoredModel:
    """The model of that name, or the active one.

    Raises:
        ModelError: there is none of that name, or its card cannot be read.
    """
    wanted = name or active_name()
    for root in reversed(_roots()):
        folder = root / wanted
        if folder.parent == root and os.path.isfile(folder / CARD):  # noqa: PTH113
            return read_model(folder)
    names = ", ".join(sorted({model.card.name for model in list_models()})) or "none"
    raise ModelError(f"model {wanted!r}: not found. There are: {names}. 'fer-video models' lists them.")


def activate(name: str) -> StoredModel:
    """Make a model the one that `analyze` takes.

    Raises:
        ModelError: there is none of that name, or the store cannot be written.
    """
    model = find_model(name)
    model.weights()
    path = store_folder() / ACTIVE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{ACTIVE}.{os.getpid()}")
        beside.write_text(f"{model.card.name}\n", "utf-8")
        beside.replace(path)
    except OSError as error:
        raise ModelError(f"{path}: the choice cannot be stored; {error.strerror}. Set FER_VIDEO_MODELS.") from error
    return model


def read_model(folder: Path) -> StoredModel:
    """Read a model's card; the weights are read and checked when they are asked for."""
    path = folder / CARD
    try:
        content = path.read_bytes()
        card = msgspec.json.decode(content, type=ModelCard)
    except OSError as error:
        raise ModelError(f"{path}: expected a model card; {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise ModelError(f"{path}: expected a model card; {error}. Publish the model again.") from error
    if card.labels != EMOTIONS:
        raise ModelError(f"{path}: expected the labels {', '.join(EMOTIONS)}; found {', '.join(card.labels)}.")
    return StoredModel(card, folder, hashlib.sha256(content).hexdigest())


def encode_card(card: ModelCard) -> bytes:
    """A card as indented JSON."""
    return bytes(msgspec.json.format(msgspec.json.encode(card), indent=2)) + b"\n"


def encode_weights(weights: Mapping[str, Floats]) -> bytes:
    """Arrays as a safetensors file: kernels in half precision, vectors (biases, normalisation) in single."""
    import numpy as np
    from safetensors.numpy import save

    content: bytes = save(
        {
            name: np.ascontiguousarray(array, np.float32 if array.ndim < 2 else np.float16)
            for name, array in sorted(weights.items())
        }
    )
    return content


def write_model(folder: Path, card: ModelCard, content: bytes, pages: Mapping[str, str] | None = None) -> StoredModel:
    """Put a card and its encoded weights into a folder, in place of what was there.

    The files are written beside and renamed: a card is never seen with half of its weights.

    Args:
        folder: of this model.
        card: with the hash of `content`.
        content: encoded weights.
        pages: further text files by name, for people.

    Raises:
        ModelError: the folder cannot be written.
    """
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        beside.mkdir(parents=True, exist_ok=True)
        (beside / WEIGHTS).write_bytes(content)
        (beside / CARD).write_bytes(encode_card(card))
        for name, text in (pages or {}).items():
            (beside / name).write_text(text, "utf-8")
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
    except OSError as error:
        raise ModelError(f"{folder}: the model cannot be written; {error.strerror}.") from error
    shutil.rmtree(old, ignore_errors=True)
    return read_model(folder)


def _roots() -> list[Path]:
    return [EMBEDDED, store_folder()]
