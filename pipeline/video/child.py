"""What runs in the decoding process, and the words that go through the pipe. `decoding.py` is the other end."""

from __future__ import annotations

import os
import signal
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import VideoError
from ..records import NO_HINTS, End

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from ..records import Hints
    from ..settings import Sampling
    from .sampling import Picked

BEAT_S = 2.0
"""While no frame is due, the child shows at this interval that it lives."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask what a container says."""

    path: Path
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class Sample:
    """Ask for the sampled frames."""

    path: Path
    sampling: Sampling | Picked | None
    skip: int
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame whose pixels follow as raw bytes; `shape` is None where there are none."""

    index: int
    timestamp_s: float
    problem: str | None
    shape: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the video failed; `detail` is a traceback for the log, where the failure was not foreseen."""

    message: str
    detail: str | None = None


class Alive:
    """The child is at work, but has nothing to show yet."""


def serve(pipe: Connection) -> None:
    """The child: answer requests until the parent is gone."""
    # Ctrl-C is the parent's to handle: it still wants the frames of the current chunk.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prepare_opencv()
    try:
        while True:
            _answer(pipe, pipe.recv())
    except (EOFError, ConnectionError):
        return


def _prepare_opencv() -> None:
    """Before it is imported: its own complaints stay off the terminal, and no picture may ask for gigabytes."""
    from .geometry import MAX_PIXELS

    os.environ.update(OPENCV_LOG_LEVEL="SILENT", OPENCV_IO_MAX_IMAGE_PIXELS=str(MAX_PIXELS))


def _answer(pipe: Connection, request: Probe | Sample) -> None:
    try:
        if isinstance(request, Probe):
            from .reader import probe

            pipe.send(probe(request.path, request.hints))
        else:
            _send_frames(pipe, request)
    except VideoError as error:
        pipe.send(Failure(str(error)))
    except MemoryError:
        pipe.send(Failure("not enough memory to decode it"))
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a strange file provokes is a failure of that file alone
        said = f"the decoder raised {type(error).__name__}: {error}"
        pipe.send(Failure(said, traceback.format_exc()))


def _send_frames(pipe: Connection, request: Sample) -> None:
    from .reader import Reader

    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > BEAT_S:
            pipe.send(Alive())
            last = time.monotonic()

    reader = Reader(request.path, on_progress=beat, hints=request.hints)
    for item in reader.sample(request.sampling, request.skip):
        if isinstance(item, End):
            pipe.send(item)
            return
        shape = None if item.image is None else item.image.shape
        pipe.send(Picture(item.index, item.timestamp_s, item.problem, shape))
        if item.image is not None:
            pipe.send_bytes(item.image.data.cast("B"))
        last = time.monotonic()
