"""What runs in the decoding process, and the words that go through the pipe. `decoding.py` is the other end."""

from __future__ import annotations

import os
import signal
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import VideoError
from ..records import NO_HINTS, End

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from ..records import Frame, Hints
    from ..settings import Sampling
    from .sampling import Picked

BEAT_S = 2.0
"""While no frame is due, the child shows at this interval that it lives."""

PIECE_BYTES = 1 << 20
"""Pixels go through the pipe in pieces: whoever receives them sees that they come."""

EXPENDABLE = 500
"""Where memory runs out, Linux ends the process with the largest figure: this one can be started again."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask what a container says."""

    path: Path
    hints: Hints = NO_HINTS
    is_glance: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """Ask for the sampled frames."""

    path: Path
    sampling: Sampling | Picked | None
    skip: int
    hints: Hints = NO_HINTS


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame whose pixels follow as raw bytes, `PIECE_BYTES` at a time; `shape` is None where there are none."""

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
    _offer_to_die_first()
    _prepare_opencv()
    try:
        while True:
            _answer(pipe, pipe.recv())
    except (EOFError, ConnectionError):
        return


def _offer_to_die_first() -> None:
    """Have the system end this process, not its parent, where memory runs out. Only Linux can be told."""
    with suppress(OSError, ValueError):
        file = Path("/proc/self/oom_score_adj")
        file.write_text(str(max(int(file.read_text()), EXPENDABLE)))


def _prepare_opencv() -> None:
    """Before it is imported: its own complaints stay off the terminal, and no picture may ask for gigabytes."""
    from .geometry import MAX_PIXELS

    os.environ.update(OPENCV_LOG_LEVEL="SILENT", OPENCV_IO_MAX_IMAGE_PIXELS=str(MAX_PIXELS))


def _answer(pipe: Connection, request: Probe | Sample) -> None:
    try:
        if isinstance(request, Probe):
            from .reader import probe

            beat = Beat(pipe, request.path)
            pipe.send(probe(request.path, request.hints, is_glance=request.is_glance, on_progress=beat))
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

    reader = Reader(request.path, on_progress=Beat(pipe, request.path), hints=request.hints)
    for item in reader.sample(request.sampling, request.skip):
        if isinstance(item, End):
            pipe.send(item)
            return
        _send_frame(pipe, item)
        # One of 8K has 100 MB, and the next is decoded now.
        del item


def _send_frame(pipe: Connection, frame: Frame) -> None:
    shape = None if frame.image is None else frame.image.shape
    pipe.send(Picture(frame.index, frame.timestamp_s, frame.problem, shape))
    if frame.image is not None:
        pixels = frame.image.data.cast("B")
        for at in range(0, len(pixels), PIECE_BYTES):
            pipe.send_bytes(pixels[at : at + PIECE_BYTES])


class Beat:
    """Called with each packet: says at intervals that the child lives, and ends a file that never does."""

    def __init__(self, pipe: Connection, path: Path) -> None:
        self._pipe = pipe
        self._last_s = time.monotonic()
        # A packet has at least a byte, and a file is gone through three times at most.
        self._left = 3 * path.stat().st_size + 1000 if path.is_file() else 0

    def __call__(self) -> None:
        """One more packet.

        Raises:
            VideoError: there were more than the file can hold.
        """
        self._left -= 1
        if self._left < 0:
            raise VideoError("expected at most one packet for each byte of the file; it gives more, without an end")
        if time.monotonic() - self._last_s > BEAT_S:
            self._pipe.send(Alive())
            self._last_s = time.monotonic()
