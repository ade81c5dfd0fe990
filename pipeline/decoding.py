"""Decoding in a child process, so that a decoder that hangs or crashes takes only its video with it.

The child serves one video after the other. A thread here reads ahead, so that decoding and inference overlap.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import VideoError
from .records import Frame, VideoInfo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from .settings import Sampling

PATIENCE_S = 60.0
"""A child that says nothing for so long is taken to hang."""

AHEAD_FRAMES = 12
BEAT_S = 2.0


@dataclass(frozen=True, slots=True)
class _Probe:
    path: Path


@dataclass(frozen=True, slots=True)
class _Sample:
    path: Path
    sampling: Sampling
    skip: int


@dataclass(frozen=True, slots=True)
class _Picture:
    """A frame whose pixels follow as raw bytes; `shape` is None where there are none."""

    index: int
    timestamp_s: float
    problem: str | None
    shape: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _End:
    damage: str | None


@dataclass(frozen=True, slots=True)
class _Failure:
    message: str


class _Alive:
    """The child is at work, but has nothing to show yet."""


class Decoder:
    """A child process that decodes, started when needed and again after it was lost.

    Attributes:
        damage: of the last video whose frames were read to the end; see `video.Reader.damage`.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        """Prepare; the child starts with the first video.

        Args:
            patience_s: after so many silent seconds the child is killed and its video fails.
        """
        self.damage: str | None = None
        self._patience_s = patience_s
        self._child: Any = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def probe(self, path: Path) -> VideoInfo:
        """What the container says of itself; see `video.probe`.

        Raises:
            VideoError: not a readable video, or the decoder crashed or hung on it.
        """
        self._send(_Probe(path))
        answer = self._receive()
        if isinstance(answer, VideoInfo):
            return answer
        raise VideoError(answer.message)

    def sample(self, path: Path, sampling: Sampling, skip: int = 0) -> Iterator[Frame]:
        """The sampled frames of a video; see `video.Reader.sample`. Sets `damage` at the end.

        Raises:
            VideoError: not a video, no frame could be decoded, or the decoder crashed or hung.
        """
        self.damage = None
        self._send(_Sample(path, sampling, skip))
        ahead: queue.Queue[Frame | _End | _Failure] = queue.Queue(AHEAD_FRAMES)
        stopped = threading.Event()
        reader = threading.Thread(target=self._read_ahead, args=(ahead, stopped), daemon=True)
        reader.start()
        ended = False
        try:
            while isinstance(item := ahead.get(), Frame):
                yield item
            ended = True
        finally:
            stopped.set()
            if not ended:
                # Whoever asked does not want the rest; a child in the middle of a video cannot be asked to stop.
                self._stop()
            _drain(ahead)
            reader.join()
        if isinstance(item, _Failure):
            raise VideoError(item.message)
        self.damage = item.damage

    def _read_ahead(self, ahead: queue.Queue[Frame | _End | _Failure], stopped: threading.Event) -> None:
        item: Any = None
        while not isinstance(item, _End | _Failure) and not stopped.is_set():
            item = self._receive()
            ahead.put(item)

    def _send(self, request: _Probe | _Sample) -> None:
        if self._child is None or not self._child.is_alive():
            self._start()
        assert self._pipe is not None
        self._pipe.send(request)

    def _start(self) -> None:
        self._stop()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(theirs,), name="fer-video decoder", daemon=True)
        self._child.start()
        theirs.close()

    def _stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def _receive(self) -> Any:
        """The child's next word; its silence or death becomes a failure of the video."""
        pipe = self._pipe
        if pipe is None:
            return _Failure("decoding was stopped")
        try:
            while True:
                if not pipe.poll(self._patience_s):
                    self._child.kill()
                    return _Failure(f"the decoder gave nothing for {self._patience_s:g} s and was stopped")
                item = pipe.recv()
                if isinstance(item, _Alive):
                    continue
                return self._with_pixels(item) if isinstance(item, _Picture) else item
        except (EOFError, OSError):
            return _Failure(f"the decoder crashed on it ({self._describe_exit()})")

    def _with_pixels(self, picture: _Picture) -> Frame:
        image = None
        if picture.shape is not None:
            assert self._pipe is not None
            image = np.frombuffer(self._pipe.recv_bytes(), np.uint8).reshape(picture.shape)
        return Frame(picture.index, picture.timestamp_s, image, picture.problem)

    def _describe_exit(self) -> str:
        child = self._child
        if child is None:
            return "stopped"
        child.join(5)
        code = child.exitcode
        return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def _drain(ahead: queue.Queue[Any]) -> None:
    """Let a reader that waits for room go on to its end."""
    while True:
        try:
            ahead.get_nowait()
        except queue.Empty:
            return


def _serve(pipe: Connection) -> None:
    """The child: answer requests until the parent is gone."""
    # Ctrl-C is the parent's to handle: it still wants the frames of the current chunk.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        try:
            if isinstance(request, _Probe):
                from .video import probe

                pipe.send(probe(request.path))
            else:
                _send_frames(pipe, request)
        except VideoError as error:
            pipe.send(_Failure(str(error)))
        except MemoryError:
            pipe.send(_Failure("not enough memory to decode it"))
        except BrokenPipeError:
            return


def _send_frames(pipe: Connection, request: _Sample) -> None:
    from .video import Reader

    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > BEAT_S:
            pipe.send(_Alive())
            last = time.monotonic()

    reader = Reader(request.path, on_progress=beat)
    for frame in reader.sample(request.sampling, request.skip):
        shape = None if frame.image is None else frame.image.shape
        pipe.send(_Picture(frame.index, frame.timestamp_s, frame.problem, shape))
        if frame.image is not None:
            pipe.send_bytes(memoryview(frame.image).cast("B"))
        last = time.monotonic()
    pipe.send(_End(reader.damage))
