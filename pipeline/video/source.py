"""Where frames come from: a file today; whatever passes the same contract test tomorrow, a live stream for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..records import NO_HINTS, numbered
from .identity import identify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import End, Frame, Hints, Identity, VideoInfo
    from ..settings import Sampling
    from .decoding import Decoder


class Source(Protocol):
    """One video, wherever it comes from."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def identity(self) -> Identity:
        """What makes it the same video when it is met again."""
        ...

    def probe(self) -> VideoInfo:
        """What it says of itself.

        Raises:
            VideoError: it cannot be read.
        """
        ...

    def frames(self, sampling: Sampling | None, skip: int = 0) -> Iterator[Frame | End]:
        """The sampled frames in order, and one `End` behind them.

        Args:
            sampling: which frames; None for every one.
            skip: leave out that many of the first sampled frames.

        Raises:
            VideoError: no frame of it could be decoded, or reading it failed on the way.
        """
        ...


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A file, decoded in the child process of a `Decoder`; of large ones a glance does not count the frames."""

    path: Path
    decoder: Decoder
    hints: Hints = NO_HINTS
    is_glance: bool = False

    @property
    def name(self) -> str:
        """The path, as it was named, with the number of a further camera."""
        return numbered(str(self.path), self.hints.stream or 1)

    def identity(self) -> Identity:
        """The hash of its content, and of the camera that is meant."""
        return identify(self.path, self.hints.stream or 1)

    def probe(self) -> VideoInfo:
        """What its container says; see `reader.probe`."""
        return self.decoder.probe(self.path, self.hints, is_glance=self.is_glance)

    def frames(self, sampling: Sampling | None, skip: int = 0) -> Iterator[Frame | End]:
        """The sampled frames and the end; see `reader.Reader.sample`."""
        return self.decoder.sample(self.path, sampling, skip, self.hints)
