"""How a running batch looks: bars on a terminal, plain lines elsewhere, or one JSON object a line for a program."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..plurals import count
from .console import printable, say, say_event
from .flags import spell
from .night import told_json
from .progress import Pause, is_watched, make_bars

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.progress import Progress, TaskID

    from ..events import Event, Outcome, VideoDeferred, VideoStarted
    from .footage import Footage
    from .night import Night


class Form(StrEnum):
    """How progress is shown: `auto` is bars on a terminal and lines elsewhere."""

    AUTO = "auto"
    LINES = "lines"
    JSONL = "jsonl"
    NONE = "none"


def watch(events: Iterable[Event], night: Night, footage: Footage, form: Form, *, verbose: bool = False) -> None:
    """Follow a batch to its end, showing progress on stderr."""
    if form is Form.NONE:
        for _ in events:
            pass
    elif form is Form.JSONL:
        _in_json(events, night, footage)
    elif form is Form.AUTO and is_watched():
        _on_terminal(events, night, footage, verbose=verbose)
    else:
        _in_lines(events, night, footage, verbose=verbose)


def _in_lines(events: Iterable[Event], night: Night, footage: Footage, *, verbose: bool) -> None:
    from ..events import ChunkStored, Outcome, VideoStarted

    pause = Pause()
    old = 0
    for event in events:
        footage.hear(event)
        if isinstance(event, Outcome):
            old += event.reused
            lines = lines_of(event, verbose=verbose)
            if lines:
                say("\n".join(lines))
            elif pause.is_over():  # thousands of old ones take their time, as each is read to be known again
                say(f"  {old:,} done already; {footage}")
        elif isinstance(event, VideoStarted):
            say(_announce(event))
        elif isinstance(event, ChunkStored):
            if pause.is_over():
                say(f"  {_how_far(night)}; {footage}")
        else:
            say(put_off(event))


def _how_far(night: Night) -> str:
    """How far each video in hand is; they have names where there are several."""
    told = [
        f"{one.done_s:.0f} s: {count(one.frames, 'frame')}, {count(one.faces, 'face')}"
        for one in night.in_hand.values()
    ]
    if len(told) == 1:
        return told[0]
    return "; ".join(f"{_short(path)} {one}" for path, one in zip(night.in_hand, told, strict=True))


def lines_of(outcome: Outcome, *, verbose: bool) -> list[str]:
    """What is said of an input that has ended; of one that an earlier run had done only what is new."""
    is_old = outcome.reused and outcome.status == "done" and not verbose
    return [*([] if is_old else [describe(outcome)]), *describe_notes(outcome)]


def _announce(event: VideoStarted) -> str:
    resumed = f", going on after {count(event.resumed_frames, 'frame')}" if event.resumed_frames else ""
    anew = f", read anew: {event.anew}" if event.anew else ""
    return f"[{event.number}/{event.of}] {printable(event.path)}{resumed}{anew}"


def put_off(event: VideoDeferred) -> str:
    """Why a video has to wait, in one line."""
    return printable(f"{event.path}: {spell(event.reason)}")


def _on_terminal(events: Iterable[Event], night: Night, footage: Footage, *, verbose: bool) -> None:
    from ..events import ChunkStored, Outcome, VideoStarted

    with _batch_bars() as bars:
        batch = bars.add_task("networks load, a few seconds", total=None, said="")
        old = 0
        videos: dict[str, tuple[TaskID, float, int]] = {}
        for event in events:
            footage.hear(event)
            path = str(event.path)
            if isinstance(event, VideoStarted):
                if event.anew:
                    bars.console.print(_announce(event), markup=False, highlight=False)
                bars.update(batch, description=f"video {event.number:,} of {event.of:,}")
                line = bars.add_task(_short(path), total=event.expected_frames or None, said="")
                bars.update(line, completed=event.resumed_frames)
                videos[path] = line, time.monotonic(), event.resumed_frames
            elif isinstance(event, ChunkStored):
                (line, began, resumed), one = videos[path], night.in_hand[path]
                speed = f"{(one.frames - resumed) / (time.monotonic() - began):.0f} frames/s"
                bars.update(line, advance=event.frames, said=f"{speed} {count(one.faces, 'face')}")
            elif path in videos:
                bars.remove_task(videos.pop(path)[0])
            elif isinstance(event, Outcome) and event.reused and not videos:
                old += 1
                bars.update(batch, description=f"{old:,} done already")  # no network is needed for these
            if isinstance(event, Outcome):
                lines = lines_of(event, verbose=verbose)
                for said in lines if event.status != "done" or verbose else describe_notes(event):
                    bars.console.print(said, markup=False, highlight=False)
            elif not isinstance(event, VideoStarted | ChunkStored):
                bars.console.print(put_off(event), markup=False, highlight=False)
            total_s = footage.total_s
            bars.update(batch, total=total_s or None, completed=footage.done_s, said=str(footage) if total_s else "")


def _batch_bars() -> Progress:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

    return make_bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[said]}", markup=False),
        TimeElapsedColumn(),
    )


def _in_json(events: Iterable[Event], night: Night, footage: Footage) -> None:
    from ..events import ChunkStored, Outcome, VideoStarted

    for event in events:
        footage.hear(event)
        left = footage.left_s
        progress: dict[str, Any] = {
            "footage_done_s": round(footage.done_s, 1),
            "footage_total_s": round(footage.total_s, 1),
            "seconds_left": None if left is None else round(left, 1),
        }
        if isinstance(event, VideoStarted):
            names = {"path": str(event.path), "number": event.number, "of": event.of, "duration_s": event.duration_s}
            frames = {"expected_frames": event.expected_frames, "resumed_frames": event.resumed_frames}
            say_event("begun", names | frames | progress)
        elif isinstance(event, ChunkStored):
            stored = {"frames": event.frames, "faces": event.faces, "timestamp_s": round(event.timestamp_s, 3)}
            say_event("chunk", {"path": str(event.path), **stored, **progress})
        elif isinstance(event, Outcome):
            say_event("video", told_json(night.told[-1]) | progress)
        else:
            say_event("put_off", {"path": str(event.path), "reason": spell(event.reason)})


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


def _short(path: object, width: int = 32) -> str:
    name = printable(path)
    return name if len(name) <= width else f"…{name[1 - width :]}"
