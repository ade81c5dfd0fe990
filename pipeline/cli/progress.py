"""How a running batch looks: a bar on a terminal, plain lines elsewhere, and a summary at the end."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..jobs import SKIPPED, ChunkStored, Outcome, VideoStarted
from ..records import EXPRESSIONS
from .console import printable, results_console, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..jobs import Event

LINE_EVERY_S = 15.0
"""Off a terminal, a long video reports at this interval."""


def watch(events: Iterable[Event], *, quiet: bool) -> list[Outcome]:
    """Follow a batch to its end, showing progress on stderr; returns the outcomes."""
    if quiet:
        return [event for event in events if isinstance(event, Outcome)]
    return _on_terminal(events) if sys.stderr.isatty() else _in_lines(events)


def _in_lines(events: Iterable[Event]) -> list[Outcome]:
    outcomes = []
    said = time.monotonic()
    frames = faces = 0
    for event in events:
        if isinstance(event, Outcome):
            outcomes.append(event)
            say(describe(event))
        elif isinstance(event, VideoStarted):
            frames, faces, said = event.resumed_frames, 0, time.monotonic()
            resumed = f", going on after {frames} frames" if frames else ""
            say(f"[{event.number}/{event.of}] {printable(event.path)}{resumed}")
        else:
            frames, faces = frames + event.frames, faces + event.faces
            if time.monotonic() - said > LINE_EVERY_S:
                said = time.monotonic()
                say(f"  {event.timestamp_s:.0f} s: {frames} frames, {faces} faces")
    return outcomes


def _on_terminal(events: Iterable[Event]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with _bars() as bars:
        batch = bars.add_task("videos", total=None, speed="", faces="")
        video = bars.add_task("", total=None, visible=False, speed="", faces="")
        began, frames, faces = time.monotonic(), 0, 0
        for event in events:
            if isinstance(event, VideoStarted):
                began, frames, faces = time.monotonic(), 0, 0
                bars.update(batch, total=event.of, completed=event.number - 1)
                bars.reset(video, description=_short(event.path), total=event.expected_frames or None, visible=True)
                bars.update(video, completed=event.resumed_frames, speed="", faces="")
            elif isinstance(event, ChunkStored):
                frames, faces = frames + event.frames, faces + event.faces
                speed = f"{frames / (time.monotonic() - began):.0f} frames/s"
                bars.update(video, advance=event.frames, speed=speed, faces=f"{faces} faces")
            else:
                outcomes.append(event)
                bars.update(video, visible=False)
                bars.advance(batch, 0 if event.status == SKIPPED else 1)
                if event.status != "done":
                    bars.console.print(describe(event), markup=False, highlight=False)
    return outcomes


@contextmanager
def _bars() -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}"),
        TextColumn("{task.fields[speed]} {task.fields[faces]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield bars


def describe(outcome: Outcome) -> str:
    """An outcome in one line."""
    why = f": {outcome.reason}" if outcome.reason else ""
    counts = f" ({_count(outcome.frames, 'frame')}, {_count(outcome.faces, 'face')})" if outcome.frames else ""
    already = " already" if outcome.reused else ""
    return printable(f"{outcome.path}: {outcome.status}{already}{counts}{why}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_summary(outcomes: Iterable[Outcome]) -> None:
    """The table of all inputs that are videos, on stdout."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("video", "location"):
        table.add_column(heading, overflow="fold")
    for heading in ("frames", "faces"):
        table.add_column(heading, justify="right")
    table.add_column("top expression")
    table.add_column("status")
    for outcome in outcomes:
        if outcome.status == SKIPPED:
            continue
        cells = (printable(outcome.path), printable(outcome.location), str(outcome.frames), str(outcome.faces))
        table.add_row(*(Text(cell) for cell in (*cells, top_expression(outcome), outcome.status)))
    results_console().print(table)


def top_expression(outcome: Outcome) -> str:
    """The most frequent dominant expression with its share of all faces, for example `neutral 61 %`."""
    seen = {label: count for label, count in outcome.dominant.items() if label in EXPRESSIONS}
    if not seen:
        return "-"
    label = max(seen, key=lambda name: (seen[name], -EXPRESSIONS.index(name)))
    return f"{label} {seen[label] / outcome.faces:.0%}".replace("%", " %")


def as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Outcomes with plain values, for `--json`."""
    return [
        {
            "path": str(outcome.path),
            "location": outcome.location,
            "camera": outcome.camera,
            "status": outcome.status,
            "reason": outcome.reason,
            "frames": outcome.frames,
            "faces": outcome.faces,
            "problem_frames": outcome.problems,
            "dominant": outcome.dominant,
            "reused": outcome.reused,
        }
        for outcome in outcomes
    ]


def _short(path: object, width: int = 32) -> str:
    name = printable(path)
    return name if len(name) <= width else f"…{name[1 - width :]}"
