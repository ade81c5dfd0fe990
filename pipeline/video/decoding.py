"""Decoding in a child process, so that a decoder that hangs or crashes takes only its video with it.

The child serves one video after the other. A thread here reads ahead, so that decoding and inference overlap.
"""

from __future__ import annotations

import logging
import math
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ..errors import DecoderLostError, VideoError
from ..records import NO_HINTS, End, Frame, VideoInfo
from .ahead import Ahead
from .child import Alive, Failure, Picture, Probe, Sample
from .start import start_child
from .watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import Hints
    from ..settings import Sampling
    from .sampling import Picked

logger = logging.getLogger("fer_video")

PATIENCE_S = 60.0
"""A child that says nothing for so long is taken to hang."""

TRIES = 3
"""A decoder that is lost is replaced, until so many were lost without anything new between them."""

CRASHES = frozenset({"SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL", "SIGBUS", "SIGTRAP", "SIGSYS"})
"""Signals that a process brings upon itself; the others come from outside."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The child is gone: why, and whether that came from outside or from a wait without an end."""

    message: str
    outside: bool


Answer: TypeAlias = VideoInfo | Frame | End | Failure | Lost


class _Child:
    """One decoding process and the pipe to it."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._process, self._pipe = start_child()
        self._watchdog = Watchdog(self._process.kill, patience_s)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, request: Probe | Sample) -> None:
        self._pipe.send(request)

    def receive(self) -> VideoInfo | Picture | End | Failure | Lost:
        """The child's next word; its silence or death is told as such."""
        try:
            with self._watchdog.waiting():
                item: Any = Alive()
                while isinstance(item, Alive):
                    item = self._pipe.recv()
                    self._watchdog.hear()
                return cast("VideoInfo | Picture | End | Failure", item)
        except (EOFError, OSError):
            return self._describe_loss()

    def receive_pixels(self, picture: Picture) -> Frame | Lost:
        """The frame that a picture announced."""
        if picture.shape is None:
            return Frame(picture.index, picture.timestamp_s, None, picture.problem)
        pixels = np.empty(math.prod(picture.shape), np.uint8)
        try:
            with self._watchdog.waiting():
                at = 0
                while at < len(pixels):
                    at += self._pipe.recv_bytes_into(pixels.data, at)
                    self._watchdog.hear()
        except (EOFError, OSError):
            return self._describe_loss()
        return Frame(picture.index, picture.timestamp_s, pixels.reshape(picture.shape), picture.problem)

    def kill(self) -> None:
        """End the child and wait until it is gone; whoever reads from it meets the end of the pipe."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self._watchdog.close()
        self.kill()
        self._pipe.close()

    def _describe_loss(self) -> Lost:
        if self._watchdog.has_barked:
            self.kill()
            return Lost(f"the decoder gave nothing for {self._patience_s:g} s and was stopped", outside=True)
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return Lost("the decoder crashed on it (it closed its pipe)", outside=False)
        if code >= 0:
            return Lost(f"the decoder crashed on it (exit code {code})", outside=False)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        if name in CRASHES:
            return Lost(f"the decoder crashed on it ({name})", outside=False)
        return Lost(f"the decoder was ended from outside ({name})", outside=True)


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

    def probe(self, path: Path, hints: Hints = NO_HINTS, *, is_glance: bool = False) -> VideoInfo:
        """What the container says of itself; see `reader.probe`.

        Raises:
            VideoError: not a readable video.
            DecoderLostError: the decoder crashed or hung on it, `TRIES` times.
        """
        for _ in range(TRIES):
            answer = self._ask(Probe(path, hints, is_glance)).receive()
            if isinstance(answer, VideoInfo):
                return answer
            if not isinstance(answer, Lost):
                break
            logger.info("%s: %s", path, answer.message)
        raise _error(answer)

    def sample(
        self, path: Path, sampling: Sampling | Picked | None, skip: int = 0, hints: Hints = NO_HINTS
    ) -> Iterator[Frame | End]:
        """The sampled frames of a video and its end; see `reader.Reader.sample`.

        Raises:
            VideoError: not a video, or no frame could be decoded.
            DecoderLostError: the decoder crashed, hung, or was ended. Another may go on behind the frames that came.
        """
        child = self._ask(Sample(path, sampling, skip, hints))
        ahead: Ahead[Answer] = Ahead()
        reader = threading.Thread(target=_read_ahead, args=(child, ahead), daemon=True)
        reader.start()
        ended = False
        try:
            item: Answer | None = ahead.get()
            while isinstance(item, Frame):
                yield item
                # One of 8K has 100 MB, and the next is waited for now.
                item = None
                item = ahead.get()
            ended = True
        finally:
            if not ended:
                # Whoever asked does not want the rest; a child in the middle of a video cannot be asked to stop.
                child.kill()
            ahead.stop()
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
            # Should this one be gone, too, whoever waits for its answer is told so.
            with suppress(OSError):
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


def _error(answer: object) -> VideoError:
    if isinstance(answer, Lost):
        return DecoderLostError(answer.message, outside=answer.outside)
    if not isinstance(answer, Failure):
        return VideoError(f"the decoder answered out of turn, with {type(answer).__name__}")
    if answer.detail:
        logger.info("the decoder met what was not foreseen:\n%s", answer.detail)
    return VideoError(answer.message)


def _read_ahead(child: _Child, ahead: Ahead[Answer]) -> None:
    try:
        while _read_one(child, ahead):
            pass
    except Exception as error:  # noqa: BLE001 - whoever waits for frames must learn that none will come
        # What is left in the pipe is not to be taken for the answer to the next request.
        child.kill()
        short = isinstance(error, MemoryError)
        why = (
            "not enough memory for its frames" if short else f"reading from the decoder failed: {type(error).__name__}"
        )
        ahead.put(Failure(why))


def _read_one(child: _Child, ahead: Ahead[Answer]) -> bool:
    """Take the child's next word, a frame when there is room for it; False behind the last one."""
    item = child.receive()
    if not isinstance(item, Picture):
        ahead.put(item)
        return False
    size = math.prod(item.shape) if item.shape else 0
    if not ahead.reserve(size):
        return False
    frame = child.receive_pixels(item)
    ahead.put(frame, size)
    return isinstance(frame, Frame)
