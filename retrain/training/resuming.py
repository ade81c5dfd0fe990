"""How a run goes on: from its newest checkpoint or the one before it; and what is said where none can be written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import DiskError
from pipeline.files import FULL

from .checkpoints import Position, position_arrays, read_best, read_checkpoint, save_arrays
from .runs import BEST, CHECKPOINT, EARLIER, damaged, holds_run, read_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


def save_checkpoint(folder: Path, state: Mapping[str, NDArray[Any]], position: Position, *, last: bool = False) -> None:
    """Write where a run is, and keep the checkpoint before it, unless it is the run's last.

    Raises:
        OSError: it cannot be written; what was there before is kept.
    """
    save_arrays(folder / CHECKPOINT, {**state, **position_arrays(position)}, keep=folder / EARLIER)
    if last:
        (folder / EARLIER).unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Writing into the folder of a run that goes on: what the system refuses is told with the way to go on.

    Raises:
        DiskError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        again = f"go on with the same command, `run` {folder} and `resume`" if holds_run(folder) else "begin again"
        how = "Make room there" if error.errno in FULL else "See to the disk"
        raise DiskError(
            f"{error.filename or folder}: the run cannot be saved: {error.strerror or error}. {how}, then {again}."
        ) from error


def read_state(
    folder: Path, on_note: Callable[[str], object] = lambda _: None
) -> tuple[Position, dict[str, NDArray[Any]]]:
    """Where a run stopped and the state that it goes on from, after a look at what it will need at its end.

    Args:
        folder: of the run.
        on_note: told if the newest checkpoint cannot be read, and the one before it is taken.

    Raises:
        DataError: a file is missing or damaged.
    """
    try:
        position, state = _read_newest(folder, on_note)
        if position.epoch:
            read_results(folder)
            read_best(folder / BEST)
    except (OSError, ValueError) as error:
        raise damaged(folder, error) from error
    return position, state


def _read_newest(folder: Path, on_note: Callable[[str], object]) -> tuple[Position, dict[str, NDArray[Any]]]:
    try:
        return read_checkpoint(folder / CHECKPOINT)
    except (OSError, ValueError) as error:
        try:
            position, state = read_checkpoint(folder / EARLIER)
        except (OSError, ValueError):
            raise error from None
        on_note(
            f"{folder / CHECKPOINT}: the newest checkpoint is missing or damaged ({error}); going on from the one "
            f"before it: epoch {position.epoch + 1}, step {position.step}."
        )
        return position, state
