"""Several videos at the same time: how many workers are asked for, and how far all of them are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .console import printable, say
from .following import lines_of, put_off
from .progress import Pause, is_watched, make_bars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.progress import Progress

    from ..events import Event

AUTO = "auto"


def read_workers(text: str, threads: int) -> int:
    """How many workers a number or `auto` asks for.

    Raises:
        SettingError: neither of both.
    """
    from ..engines.workers import choose_count
    from ..errors import SettingError

    if text == AUTO:
        return choose_count(max(threads, 1))
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise SettingError("workers", "a number from 1 to 1024, or auto", repr(text))
    return int(text)


@dataclass(slots=True)
class Reading:
    """A video in work: sampled frames that are expected of it, those that are stored, and its faces."""

    expected: int
    frames: int
    faces: int = 0

    @property
    def share(self) -> float:
        """How much of it is done, as far as that is known."""
        return min(self.frames / self.expected, 1.0) if self.expected else 0.0


class Overall:
    """How far a batch is, by what its events tell."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.readings: dict[Path, Reading] = {}
        self.ended = self.of = self.frames = 0
        self._began = time.monotonic()

    def add(self, event: Event) -> None:
        """Take an event in."""
        from ..events import SKIPPED, ChunkStored, Outcome, VideoDeferred, VideoStarted

        if isinstance(event, VideoStarted):
            self.of = max(self.of, event.of)
            self.readings[event.path] = Reading(event.expected_frames, event.resumed_frames)
        elif isinstance(event, ChunkStored):
            reading = self.readings[event.path]
            reading.frames, reading.faces = reading.frames + event.frames, reading.faces + event.faces
            self.frames += event.frames
        elif isinstance(event, Outcome):
            self.readings.pop(event.path, None)
            self.ended += event.status != SKIPPED
        elif isinstance(event, VideoDeferred):
            self.readings.pop(event.path, None)

    @property
    def share(self) -> float:
        """How much of all videos is done, each taken to be as long as the others."""
        return (self.ended + sum(one.share for one in self.readings.values())) / self.of if self.of else 0.0

    def describe(self) -> str:
        """All in one line: videos, frames, speed, the time that is left, and each video in work."""
        passed_s = time.monotonic() - self._began
        left = f", about {_minutes(passed_s * (1 - self.share) / self.share)} left" if self.share else ""
        each = "; ".join(f"{path.name} {one.share:.0%}" for path, one in self.readings.items())
        speed = f"{self.frames} frames, {self.frames / max(passed_s, 0.001):.0f} a second"
        return printable(f"  {self.ended} of {self.of} videos, {speed}{left}. In work: {each or 'none'}")


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def watch_several(events: Iterable[Event], *, verbose: bool = False) -> None:
    """Follow a batch of several workers to its end, showing progress on stderr."""
    if is_watched():
        _on_terminal(events, verbose=verbose)
    else:
        _in_lines(events, verbose=verbose)


def _in_lines(events: Iterable[Event], *, verbose: bool) -> None:
    from ..events import ChunkStored

    overall, pause = Overall(), Pause()
    for event in events:
        overall.add(event)
        if not isinstance(event, ChunkStored):
            for line in _tell(event, verbose=verbose):
                say(line)
        if pause.is_over():
            say(overall.describe())


def _tell(event: Event, *, verbose: bool) -> Sequence[str]:
    """What is said of an event that is told of one by one."""
    from ..events import Outcome, VideoDeferred, VideoStarted

    if isinstance(event, Outcome):
        return lines_of(event, verbose=verbose)
    if isinstance(event, VideoStarted):
        resumed = f", going on after {event.resumed_frames} frames" if event.resumed_frames else ""
        anew = f", read anew: {event.anew}" if event.anew else ""
        return (printable(f"[{event.number}/{event.of}] {event.path}{resumed}{anew}"),)
    return (put_off(event),) if isinstance(event, VideoDeferred) else ()


def _on_terminal(events: Iterable[Event], *, verbose: bool) -> None:
    from ..events import ChunkStored, VideoStarted

    overall = Overall()
    with _bars() as bars:
        line = bars.add_task("", total=1.0)
        for event in events:
            overall.add(event)
            if not isinstance(event, ChunkStored | VideoStarted):
                for said in _tell(event, verbose=verbose):
                    bars.console.print(said, markup=False, highlight=False)
            bars.update(line, completed=overall.share, description=overall.describe().strip())


def _bars() -> Progress:
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    return make_bars(BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
