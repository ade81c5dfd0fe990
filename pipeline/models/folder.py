"""The model store: a folder for each model with `card.json` and `weights.safetensors`, checked against its hash.

Loading never runs foreign code: the card is data, the weights are arrays, and the network is built from our own source.
"""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import ModelError
from ..files import folder_beside, write_whole
from ..records import EXPRESSIONS
from .card import ModelCard, encode_card

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..inference.graphs import Graph
    from ..records import Floats

logger = logging.getLogger("fer_video")

CARD, WEIGHTS, ACTIVE = "card.json", "weights.safetensors", "active"
TOPOLOGY, NUMBERS = "graph.xml", "graph.bin"
"""A model's graph, beside its card and weights."""

EMBEDDED = Path(__file__).parent / "embedded"
"""Models that come with the package."""

DEFAULT_MODEL = "vgg-face-fer2013"


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
        path = self.folder / WEIGHTS
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: expected the weights of {self.card.name}; {error.strerror}.") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.card.weights_sha256:
            raise ModelError(
                f"{path}: changed since it was published: expected sha256 {self.card.weights_sha256[:12]}…, "
                f"found {found[:12]}…. Publish the model again, or choose another with `model`."
            )
        return decode_weights(content)


def store_folder() -> Path:
    """Where published models are kept: `FER_VIDEO_MODELS`, or the user's data folder."""
    import platformdirs

    chosen = os.environ.get("FER_VIDEO_MODELS")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("fer-video", appauthor=False)) / "models"


def list_models() -> list[StoredModel]:
    """All models, embedded ones first; one of the store stands for an embedded one of its name, as in `find_model`.

    A folder without a readable card is left out, with a warning if it has one.
    """
    folders = {folder.name: folder for root in _roots() for folder in _folders(root)}
    models = []
    for folder in folders.values():
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
    wanted = active_name() if name is None else name
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
        write_whole(path, f"{model.card.name}\n".encode())
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
    if card.labels != EXPRESSIONS:
        raise ModelError(f"{path}: expected the labels {', '.join(EXPRESSIONS)}; found {', '.join(card.labels)}.")
    return StoredModel(card, folder, hashlib.sha256(content).hexdigest())


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


def decode_weights(content: bytes) -> dict[str, Floats]:
    """Arrays of a safetensors file; half precision comes back as float32."""
    import numpy as np
    from safetensors.numpy import load

    return {name: np.asarray(array, np.float32) for name, array in load(content).items()}


def write_model(
    folder: Path,
    card: ModelCard,
    content: bytes,
    pages: Mapping[str, str] | None = None,
    graph: Graph | None = None,
) -> StoredModel:
    """Put a card and its encoded weights into a folder, in place of what was there.

    The files are written beside and renamed: a card is never seen with half of its weights.

    Args:
        folder: of this model.
        card: with the hash of `content`.
        content: encoded weights.
        pages: further text files by name, for people.
        graph: that of the card; None if it names none.

    Raises:
        ModelError: the folder cannot be written.
    """
    try:
        with folder_beside(folder) as beside:
            (beside / WEIGHTS).write_bytes(content)
            if graph is not None:
                (beside / TOPOLOGY).write_bytes(graph.topology)
                (beside / NUMBERS).write_bytes(graph.weights)
            (beside / CARD).write_bytes(encode_card(card))
            for name, text in (pages or {}).items():
                (beside / name).write_text(text, "utf-8")
    except OSError as error:
        raise ModelError(f"{folder}: the model cannot be written; {error.strerror}.") from error
    return read_model(folder)


def _roots() -> list[Path]:
    return [EMBEDDED, store_folder()]
