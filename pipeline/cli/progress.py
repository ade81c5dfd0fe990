"""Progress: bars on a terminal, plain lines at intervals elsewhere; how a running batch looks, and its summary."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from ..records import NO_FACE, UNCLEAR, UNDECIDED
from .console import count, printable, results_console, say
from .flags import spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.progress import Progress, ProgressColumn

    from ..events import Event, Outcome, VideoDeferred, VideoStarted

NO_EXPRESSION = (UNDECIDED, UNCLEAR, NO_FACE)
"""What faces can count as that have no expression, in the order of the summary."""

LINE_EVERY_S = 15.0
"""Off a terminal, a long video reports at this interval."""


def is_watched() -> bool:
    """Whether a person sees stderr on a terminal, so that a bar may move there."""
    return sys.stderr.isatty()


def make_bars(*columns: ProgressColumn, transient: bool = True, expand: bool = False) -> Progress:
    """Bars on stderr, to be used in `with`; with the columns of rich's own unless others are given."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=transient, expand=expand)


class Pause:
    """The pause between two plain lines of progress."""

    def __init__(self, seconds: float = LINE_EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self.begin()

    def begin(self) -> None:
        """Something was said just now."""
        self._began = self._clock()

    def is_over(self) -> bool:
        """Whether it is time for another line; if so, the next pause begins."""
        if self._clock() - self._began < self._seconds:
            return False
        self.begin()
        return True


def watch(events: Iterable[Event], *, quiet: bool) -> list[Outcome]:
    """Follow a batch to its end, showing progress on stderr; returns the outcomes."""
    from ..events import Outcome

    if quiet:
        return [event for event in events if isinstance(event, Outcome)]
    return _on_terminal(events) if is_watched() else _in_lines(events)


def _in_lines(events: Iterable[Event]) -> list[Outcome]:
    from ..events import ChunkStored, Outcome, VideoStarted

    outcomes, pause = [], Pause()
    frames = faces = 0
    for event in events:
        if isinstance(event, Outcome):
            outcomes.append(event)
            say("\n".join((describe(event), *describe_notes(event))))
        elif isinstance(event, VideoStarted):
            frames, faces = event.resumed_frames, 0
            pause.begin()
            say(_announce(event))
        elif isinstance(event, ChunkStored):
            frames, faces = frames + event.frames, faces + event.faces
            if pause.is_over():
                say(f"  {event.timestamp_s:.0f} s: {frames} frames, {faces} faces")
        else:
            say(put_off(event))
    return outcomes


def _announce(event: VideoStarted) -> str:
    resumed = f", going on after {event.resumed_frames} frames" if event.resumed_frames else ""
    anew = f", read anew: {event.anew}" if event.anew else ""
    return f"[{event.number}/{event.of}] {printable(event.path)}{resumed}{anew}"


def put_off(event: VideoDeferred) -> str:
    """Why a video has to wait, in one line."""
    return printable(f"{event.path}: {spell(event.reason)}")


def _on_terminal(events: Iterable[Event]) -> list[Outcome]:
    from ..events import SKIPPED, ChunkStored, Outcome, VideoStarted

    outcomes: list[Outcome] = []
    with _batch_bars() as bars:
        batch = bars.add_task("videos", total=None, speed="", faces="")
        video = bars.add_task("", total=None, visible=False, speed="", faces="")
        began, frames, faces = time.monotonic(), 0, 0
        for event in events:
            if isinstance(event, VideoStarted):
                began, frames, faces = time.monotonic(), 0, 0
                if event.anew:
                    bars.console.print(_announce(event), markup=False, highlight=False)
                bars.update(batch, total=event.of, completed=event.number - 1)
                bars.reset(video, description=_short(event.path), total=event.expected_frames or None, visible=True)
                bars.update(video, completed=event.resumed_frames, speed="", faces="")
            elif isinstance(event, ChunkStored):
                frames, faces = frames + event.frames, faces + event.faces
                speed = f"{frames / (time.monotonic() - began):.0f} frames/s"
                bars.update(video, advance=event.frames, speed=speed, faces=f"{faces} faces")
            elif not isinstance(event, Outcome):
                bars.console.print(put_off(event), markup=False, highlight=False)
            else:
                outcomes.append(event)
                bars.update(video, visible=False)
                bars.advance(batch, 0 if event.status == SKIPPED else 1)
                if event.status != "done":
                    bars.console.print(describe(event), markup=False, highlight=False)
                for line in describe_notes(event):
                    bars.console.print(line, markup=False, highlight=False)
    return outcomes


def _batch_bars() -> Progress:
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    return make_bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}"),
        TextColumn("{task.fields[speed]} {task.fields[faces]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )


def describe(outcome: Outcome) -> str:
    """An outcome in one line."""
    why = f": {spell(outcome.reason)}" if outcome.reason else ""
    counts = f" ({count(outcome.frames, 'frame')}, {count(outcome.faces, 'face')})" if outcome.frames else ""
    already = " already" if outcome.reused else ""
    return printable(f"{outcome.path}: {outcome.status}{already}{counts}{why}")


def describe_notes(outcome: Outcome) -> list[str]:
    """What is to be known of a video, a line each; what was said when it was analysed is not said again."""
    moved = [printable(f"{outcome.path}: {change}") for change in outcome.moved]
    notes = [] if outcome.reused else [printable(f"{outcome.path}: note: {spell(note)}") for note in outcome.notes]
    return [*moved, *notes]


def print_summary(outcomes: Iterable[Outcome]) -> None:
    """The table of all inputs that are videos, on stdout.

    `faces` is all that was detected; what of it is undecided, unclear or no face stands behind the expression, whose
    share is of the readable faces. A model that does not judge what can be read has no numbers there.
    """
    from rich.table import Table
    from rich.text import Text

    from ..events import SKIPPED

    table = Table(box=None, pad_edge=False)
    for heading in ("video", "location"):
        table.add_column(heading, overflow="fold")
    for heading in ("frames", "faces"):
        table.add_column(heading, justify="right")
    table.add_column("top expression")
    for label in NO_EXPRESSION:
        table.add_column(label, justify="right")
    table.add_column("status")
    for outcome in outcomes:
        if outcome.status == SKIPPED:
            continue
        cells = (printable(outcome.path), printable(outcome.location), str(outcome.frames), str(outcome.faces))
        others = (count_label(outcome, label) for label in NO_EXPRESSION)
        table.add_row(*(Text(cell) for cell in (*cells, top_expression(outcome), *others, outcome.status)))
    results_console().print(table)


def count_label(outcome: Outcome, label: str) -> str:
    """How many faces count as this; `-` for what the model does not judge."""
    if label != UNDECIDED and outcome.faces and not outcome.judged:
        return "-"
    return str(outcome.dominant.get(label, 0))


def top_expression(outcome: Outcome) -> str:
    """The most frequent expression with its share of the readable faces, for example `neutral 61 %`."""
    from ..labels import LABELS
    from ..records import EXPRESSIONS

    seen = {label: count for label, count in outcome.dominant.items() if label in EXPRESSIONS}
    if not seen:
        return "-"
    label = max(seen, key=lambda name: (seen[name], -EXPRESSIONS.index(name)))
    readable = sum(outcome.dominant.get(name, 0) for name in LABELS)
    return f"{label} {seen[label] / readable:.0%}".replace("%", " %")


def as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Outcomes with plain values, for `--json`."""
    return [
        {
            "path": str(outcome.path),
            "location": outcome.location,
            "camera": outcome.camera,
            "status": outcome.status,
            "reason": outcome.reason and spell(outcome.reason),
            "frames": outcome.frames,
            "faces": outcome.faces,
            "problem_frames": outcome.problems,
            "judged": outcome.judged,
            "dominant": outcome.dominant,
            "reused": outcome.reused,
            "notes": [spell(note) for note in outcome.notes],
            "changes": list(outcome.moved),
        }
        for outcome in outcomes
    ]


def _short(path: object, width: int = 32) -> str:
    name = printable(path)
    return name if len(name) <= width else f"…{name[1 - width :]}"
