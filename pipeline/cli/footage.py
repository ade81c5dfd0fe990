"""How much footage of a run is done, and about how much there is: what is not opened yet is guessed from its size."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .spans import span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ..events import Event


def sizes_of(paths: Iterable[Path]) -> dict[str, int]:
    """Bytes of each file; 0 for one that is out of reach."""
    return {str(path): _size_of(path) for path in paths}


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


@dataclass
class Footage:
    """Seconds of footage, done and in all.

    Attributes:
        sizes: bytes of each input by its path.
        clock: tells seconds.
    """

    sizes: dict[str, int]
    clock: Callable[[], float] = time.monotonic
    _lengths: dict[str, float] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _reused_s: float = 0.0
    _resuming: set[str] = field(default_factory=set)
    _in_hand: dict[str, float] = field(default_factory=dict)
    _began: float | None = None

    def hear(self, event: Event) -> None:
        """Keep an event in mind."""
        from ..events import ChunkStored, Outcome, VideoStarted

        path = str(event.path)
        if isinstance(event, VideoStarted):
            self._began = self.clock() if self._began is None else self._began
            self._in_hand[path] = 0.0
            if event.resumed_frames:
                self._resuming.add(path)
            if event.duration_s:
                self._lengths[path] = event.duration_s
        elif isinstance(event, ChunkStored):
            if path in self._resuming:  # what earlier runs stored of it took this one no time
                self._resuming.discard(path)
                self._reused_s += event.timestamp_s
            self._in_hand[path] = event.timestamp_s
        else:
            self._in_hand.pop(path, None)
            if isinstance(event, Outcome):
                self._ended.add(path)
                self._lengths[path] = event.duration_s or 0.0
                self._reused_s += self._lengths[path] if event.reused else 0.0

    @property
    def done_s(self) -> float:
        """Seconds that are done, by earlier runs too."""
        return sum(self._lengths[path] for path in self._ended) + sum(self._in_hand.values())

    @property
    def total_s(self) -> float:
        """Seconds in all; a guess while there is a file that was not opened yet."""
        known = sum(self._lengths.values())
        size = sum(self.sizes.get(path, 0) for path, length in self._lengths.items() if length)
        rest = sum(bytes_ for path, bytes_ in self.sizes.items() if path not in self._lengths)
        return max(known + (rest * known / size if size else 0.0), self.done_s)

    @property
    def is_guess(self) -> bool:
        """Whether there is a file that was not opened yet."""
        return any(path not in self._lengths for path in self.sizes)

    @property
    def left_s(self) -> float | None:
        """About how long the rest takes, seconds; None while nothing tells."""
        fresh = self.done_s - self._reused_s
        if self._began is None or fresh <= 0:
            return None
        return (self.total_s - self.done_s) * (self.clock() - self._began) / fresh

    def __str__(self) -> str:
        """`1.2 hours of about 14 hours of footage, about 3 hours left`."""
        about = "about " if self.is_guess else ""
        left = self.left_s
        rest = f", about {span(left)} left" if left is not None and left >= 1 else ""
        return f"{span(self.done_s)} of {about}{span(self.total_s)} of footage{rest}"
