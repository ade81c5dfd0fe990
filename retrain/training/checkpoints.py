"""The arrays of a training run on disk: the state that a run goes on from, and the best weights so far."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.files import written_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.records import Floats

_BEST_EPOCH = "position/epoch"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run is: finished epochs, steps of the current one with their summed loss and hits, best, seconds."""

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    hits: float = 0.0
    best: float = 0.0
    seconds: float = 0.0


def save_best(path: Path, weights: Mapping[str, Floats], epoch: int) -> None:
    """Write the best weights so far, by `layer/weight`, and the epoch that they come from."""
    save_arrays(path, dict(weights) | {_BEST_EPOCH: epoch})


def read_best(path: Path) -> tuple[dict[str, Floats], int | None]:
    """The best weights by `layer/weight`, and their epoch; None in a file from before it was noted there.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    with _damage_as_value_error(path), np.load(path, allow_pickle=False) as saved:
        names = [name for name in saved.files if name != _BEST_EPOCH]
        epoch = int(saved[_BEST_EPOCH]) if _BEST_EPOCH in saved.files else None
        return {name: np.asarray(saved[name], np.float32) for name in names}, epoch


def read_checkpoint(path: Path) -> tuple[Position, dict[str, NDArray[Any]]]:
    """Where a run stopped, and the state that it goes on from.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    with _damage_as_value_error(path), np.load(path, allow_pickle=False) as saved:
        arrays = {name: saved[name] for name in saved.files}
        return _read_position(arrays), arrays


@contextmanager
def _damage_as_value_error(path: Path) -> Iterator[None]:
    """Whatever the libraries say of a damaged archive: of one bit, zipfile alone has six kinds of errors."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # each of them means that the file is damaged
        raise ValueError(f"{path.name}: {error or type(error).__name__}") from error


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any] | float], *, keep: Path | None = None) -> None:
    """Write beside and rename, so that a kill leaves the old file or the new one; `keep` is the old one's new name."""
    with written_beside(path, keep=keep) as beside, beside.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})


def position_arrays(position: Position) -> dict[str, float]:
    """A position as named numbers for the checkpoint."""
    return {f"position/{name}": value for name, value in asdict(position).items()}


def _read_position(arrays: Mapping[str, NDArray[Any]]) -> Position:
    numbers = {name: float(arrays[f"position/{name}"]) for name in Position.__dataclass_fields__}
    return replace(Position(**numbers), epoch=int(numbers["epoch"]), step=int(numbers["step"]))  # type: ignore[arg-type]
