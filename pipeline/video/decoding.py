"""Decoding in a child process, so that a decoder that hangs or crashes takes only its video with it.

The child serves one video after the other. A thread here reads ahead, so that decoding and inference overlap.
"""

from __future__ import annotations

import logging
import math
import queue
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import VideoError
from ..records import NO_HINTS, End, Frame, VideoInfo
from .child import Alive, Failure, Picture, Probe, Sample
from .start import start_child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import Hints
    from ..settings import Sampling
    from .sampling import Picked

logger = logging.getLogger("fer_video")

PATIENCE_S = 60.0
"""A child that says nothing for so long is taken to hang."""

AHEAD_FRAMES = 12

Answer: TypeAlias = VideoInfo | Frame | End | Failure


class _Child:
    """One decoding process and the pipe to it."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._process, self._pipe = start_child()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, request: Probe | Sample) -> None:
        self._pipe.send(request)

    def receive(self) -> Answer:
        """The child's next word; its silence or death becomes a failure of the video."""
        try:
            item = self._wait()
            while isinstance(item, Alive):
                item = self._wait()
            return self._with_pixels(item) if isinstance(item, Picture) else item
        except TimeoutError:
            self.kill()
            return Failure(f"the decoder gave nothing for {self._patience_s:g} s and was stopped")
        except (EOFError, OSError):
            return Failure(f"the decoder crashed on it ({self._describe_exit()})")

    def kill(self) -> None:
        """End the child and wait until it is gone; whoever reads from it meets the end of the pipe."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        self._pipe.close()

    def _wait(self) -> Any:
        # In slices, so that a time in which both processes were stopped (Ctrl-Z, a paused container) costs one of them.
        for _ in range(math.ceil(self._patience_s)):
            if self._pipe.poll(min(1.0, self._patience_s)):
                return self._pipe.recv()
        raise TimeoutError

    def _with_pixels(self, picture: Picture) -> Frame:
        image = None
        if picture.shape is not None:
            image = np.frombuffer(self._pipe.recv_bytes(), np.uint8).reshape(picture.shape)
        return Frame(picture.index, picture.timestamp_s, image, picture.problem)

    def _describe_exit(self) -> str:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class Decoder:
    """A child process that decodes, started when needed and again after it was lost."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        """Prepare; the child starts with the first video.

        Args:
            patience_s: after so many silent seconds the child is killed and its video fails.
        """
        self._patience_s = patience_s
        self._child: _Child | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def pid(self) -> int | None:
        """Process id of the child; None while there is none."""
        return self._child.pid if self._child else None

    def probe(self, path: Path, hints: Hints = NO_HINTS) -> VideoInfo:
        """What the container says of itself; see `reader.probe`.

        Raises:
            VideoError: not a readable video, or the decoder crashed or hung on it.
        """
        answer = self._ask(Probe(path, hints)).receive()
        if isinstance(answer, VideoInfo):
            return answer
        raise _error(answer)

    def sample(
        self, path: Path, sampling: Sampling | Picked | None, skip: int = 0, hints: Hints = NO_HINTS
    ) -> Iterator[Frame | End]:
        """The sampled frames of a video and its end; see `reader.Reader.sample`.

        Raises:
            VideoError: not a video, no frame could be decoded, or the decoder crashed or hung.
        """
        child = self._ask(Sample(path, sampling, skip, hints))
        ahead: queue.Queue[Answer] = queue.Queue(AHEAD_FRAMES)
        stopped = threading.Event()
        reader = threading.Thread(target=_read_ahead, args=(child, ahead, stopped), daemon=True)
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
                child.kill()
            _drain(ahead)
            reader.join()
        if not isinstance(item, End):
            raise _error(item)
        yield item

    def renew(self) -> None:
        """Let a fresh child take the next video, without the memory that others left behind."""
        self._stop()

    def _ask(self, request: Probe | Sample) -> _Child:
        """Send a request to a living child; one that died unseen is replaced once."""
        if self._child is None or not self._child.is_alive():
            self._start()
        child = self._child or self._start()
        try:
            child.send(request)
        except OSError:
            child = self._start()
            child.send(request)
        return child

    def _start(self) -> _Child:
        self._stop()
        self._child = _Child(self._patience_s)
        return self._child

    def _stop(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None


def _error(answer: Answer) -> VideoError:
    if not isinstance(answer, Failure):
        return VideoError(f"the decoder answered out of turn, with {type(answer).__name__}")
    if answer.detail:
        logger.info("the decoder met what was not foreseen:\n%s", answer.detail)
    return VideoError(answer.message)


def _read_ahead(child: _Child, ahead: queue.Queue[Answer], stopped: threading.Event) -> None:
    item: Answer | None = None
    while not isinstance(item, End | Failure) and not stopped.is_set():
        try:
            item = child.receive()
        except Exception as error:  # noqa: BLE001 - whoever waits for frames must learn that none will come
            item = Failure(f"reading from the decoder failed: {type(error).__name__}")
        ahead.put(item)


def _drain(ahead: queue.Queue[Any]) -> None:
    """Let a reader that waits for room go on to its end."""
    while True:
        try:
            ahead.get_nowait()
        except queue.Empty:
            return
