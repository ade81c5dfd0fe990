"""The model store: a folder for each model with `card.json` and `weights.safetensors`, checked against its hash.

Loading never runs foreign code: the card is data, the weights are arrays, and the network is built from our own source.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DiskError, ModelError
from ..files import FULL, folder_beside, moved_aside, read_regular, write_whole
from .card import ModelCard, encode_card
from .check import decode_card
from .weights import MOST_BYTES, decode_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..inference.graphs import Graph
    from ..records import Floats
    from .seen import Fingerprints

logger = logging.getLogger("fer_video")

CARD, WEIGHTS, ACTIVE = "card.json", "weights.safetensors", "active"
SEEN = "seen.bin"
"""Fingerprints of the faces that a model was trained on."""

TOPOLOGY, NUMBERS = "graph.xml", "graph.bin"
"""A model's graph, beside its card and weights."""

MOST_CARD_BYTES = 4 << 20
"""A hundred times what the embedded model's has."""

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
            ModelError: the file is missing, is not the one that the card was written for, or holds no weights.
        """
        path = self.folder / WEIGHTS
        try:
            content = read_regular(path, MOST_BYTES)
        except (OSError, MemoryError) as error:
            raise ModelError(f"{path}: expected the weights of {self.card.name}; {_reason(error)}.") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.card.weights_sha256:
            raise ModelError(
                f"{path}: changed since it was published: expected sha256 {self.card.weights_sha256[:12]}…, "
                f"found {found[:12]}…. Publish the model again, or choose another with `model`."
            )
        return decode_weights(content, path)

    def seen(self) -> Fingerprints | None:
        """Fingerprints of the faces that it was trained on (`models.seen`); None where they are not there.

        Raises:
            ModelError: the file cannot be read, or is not the one that the card was written for.
        """
        from .seen import decode_seen

        if not self.card.data.seen_sha256:
            return None
        path = self.folder / SEEN
        try:
            content = read_regular(path, MOST_BYTES)
        except FileNotFoundError:
            return None
        except (OSError, MemoryError) as error:
            raise ModelError(f"{path}: expected what {self.card.name} was trained on; {_reason(error)}.") from error
        if hashlib.sha256(content).hexdigest() != self.card.data.seen_sha256:
            raise ModelError(f"{path}: changed since it was published. Publish the model again.")
        return decode_seen(content)


@dataclass(frozen=True, slots=True)
class Listed:
    """What lies under a name in the store: a model, or what is wrong with it."""

    name: str
    model: StoredModel | None
    problem: str = ""


def store_folder() -> Path:
    """Where published models are kept: `FER_VIDEO_MODELS`, or the user's data folder."""
    import platformdirs

    chosen = os.environ.get("FER_VIDEO_MODELS")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("fer-video", appauthor=False)) / "models"


def list_models() -> list[StoredModel]:
    """All models whose card can be read; see `survey`. The others are left out, with a warning."""
    found = survey(whole=False)
    for one in found:
        if one.problem:
            logger.warning("%s", one.problem)
    return [one.model for one in found if one.model]


def survey(*, whole: bool = True) -> list[Listed]:
    """What is there under each name, embedded models first; one of the store stands for an embedded one of its name.

    Args:
        whole: look at the weights, too.

    Raises:
        ModelError: the store itself cannot be read.
    """
    folders = {folder.name: folder for root in _roots() for folder in _folders(root)}
    return [_look_at(name, folder, whole=whole) for name, folder in folders.items()]


def _look_at(name: str, folder: Path, *, whole: bool) -> Listed:
    try:
        model = _read_named(folder.parent, name)
        if whole:
            model.weights()
    except ModelError as error:
        return Listed(name, None, str(error))
    return Listed(name, model)


def _folders(root: Path) -> list[Path]:
    """The models of a store as they are called; nothing if it was not made yet."""
    try:
        found = set(root.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(root, error) from error
    hidden = {folder for folder in found if folder.name.startswith(".")}
    aside = (root / folder.name[1:].removesuffix(".old") for folder in hidden if folder.name.endswith(".old"))
    return sorted(folder for folder in {*(found - hidden), *aside} if _place(root, folder.name))


def _place(root: Path, name: str) -> Path | None:
    """Where a model of this name lies in a store, sound or not; None where there is none."""
    for folder in (root / name, moved_aside(root / name)):
        if os.path.islink(folder) or any(map(_is_there, (folder / CARD, folder / WEIGHTS))):  # noqa: PTH114
            return folder
    return None


def _is_there(path: Path) -> bool:
    """Whether something has this name: a file, a pipe, a link into nothing, or what may not be looked at."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path}: cannot be read; {error.strerror}. Set FER_VIDEO_MODELS.")


def active_name() -> str:
    """The model that `analyze` takes unless told otherwise.

    Raises:
        ModelError: the store cannot be read, or its choice is no name.
    """
    path = store_folder() / ACTIVE
    try:
        content = read_regular(path, 1024)
    except (FileNotFoundError, NotADirectoryError):
        return DEFAULT_MODEL
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EFBIG, errno.EISDIR, errno.ELOOP, errno.ENXIO}:
            raise _no_choice(path, _reason(error)) from error
        raise _unreadable(path, error) from error
    name = content.decode("utf-8", "backslashreplace").strip()
    if not _is_name(name):
        raise _no_choice(path, f"found {name[:60]!r}")
    return name


def _no_choice(path: Path, found: str) -> ModelError:
    return ModelError(
        f"{path}: expected the name of a model, which analyze takes; {found}. Remove it, or choose a model with "
        "'fer-video models use NAME'."
    )


def _is_name(name: str) -> bool:
    """Whether a folder of a store can be called so, and nobody is led elsewhere by it."""
    return bool(name) and not name.startswith(".") and name.isprintable() and not set(name) & {"/", os.sep, "\\"}


def find_model(name: str | None = None) -> StoredModel:
    """The model of that name, or the active one.

    Raises:
        ModelError: there is none of that name, or its card cannot be read.
    """
    wanted = active_name() if name is None else name
    for root in reversed(_roots()):
        if _is_name(wanted) and _place(root, wanted):
            return _read_named(root, wanted)
    names = ", ".join(sorted({model.card.name for model in list_models()})) or "none"
    raise ModelError(f"model {wanted!r}: not found. There are: {names}. 'fer-video models' lists them.")


def _read_named(root: Path, name: str) -> StoredModel:
    """The model under a name in a store, which must be its own: rows and reports call it by its card."""
    folder = _place(root, name) or root / name
    model = read_model(folder)
    if model.card.name != name:
        raise ModelError(
            f"{folder / CARD}: expected the card of {name}, as its folder is called; found that of "
            f"{model.card.name!r}. Give the folder that name, or publish the model again."
        )
    return model


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
    except IsADirectoryError as error:
        raise _no_choice(path, "found a folder") from error
    except OSError as error:
        raise ModelError(f"{path}: the choice cannot be stored; {error.strerror}. Set FER_VIDEO_MODELS.") from error
    return model


def read_model(folder: Path) -> StoredModel:
    """Read and check a model's card; the weights are read and checked when they are asked for.

    Raises:
        ModelError: there is no card, or what it says cannot be.
    """
    path = folder / CARD
    try:
        content = read_regular(path, MOST_CARD_BYTES)
    except (OSError, MemoryError) as error:
        raise ModelError(f"{path}: expected a model card; {_reason(error)}.") from error
    card = decode_card(content, path)
    return StoredModel(card, folder, hashlib.sha256(content).hexdigest())


def _reason(error: OSError | MemoryError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "it does not fit into memory"


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


def write_model(
    folder: Path,
    card: ModelCard,
    content: bytes,
    pages: Mapping[str, str] | None = None,
    graph: Graph | None = None,
    *,
    seen: bytes | None = None,
) -> StoredModel:
    """Put a card and its encoded weights into a folder, in place of what was there.

    The folder is written beside and changes places with the old one: a card is never seen with half of its weights.

    Args:
        folder: of this model.
        card: with the hash of `content`.
        content: encoded weights.
        pages: further text files by name, for people.
        graph: that of the card; None if it names none.
        seen: the fingerprints of the card; None if it names none, or if they are not asked for.

    Raises:
        ModelError: the folder cannot be written.
        DiskError: there is no room.
    """
    try:
        with folder_beside(folder) as beside:
            (beside / WEIGHTS).write_bytes(content)
            if graph is not None:
                (beside / TOPOLOGY).write_bytes(graph.topology)
                (beside / NUMBERS).write_bytes(graph.weights)
            if seen is not None:
                (beside / SEEN).write_bytes(seen)
            (beside / CARD).write_bytes(encode_card(card))
            for name, text in (pages or {}).items():
                (beside / name).write_text(text, "utf-8")
    except OSError as error:
        if error.errno in FULL:
            raise DiskError(
                f"{folder}: the model cannot be written; {error.strerror}. Make room there, then publish it again."
            ) from error
        raise ModelError(f"{folder}: the model cannot be written; {error.strerror}.") from error
    return read_model(folder)


def _roots() -> list[Path]:
    return [EMBEDDED, store_folder()]
