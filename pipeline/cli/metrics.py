"""A run in numbers for Prometheus, as a text file that node_exporter's textfile collector reads. It holds no name."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from .. import __version__
from ..errors import DiskError
from ..files import SHARED, written_beside
from ..records import EXPRESSIONS
from .console import printable, say
from .night import BAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ..events import Event
    from .night import Night

logger = logging.getLogger("fer_video")

EVERY_S = 15.0
"""While a run goes on the file is written anew at this interval."""

STATUSES = ("done", "partial", "failed", "skipped", "duplicate")


def measured(events: Iterable[Event], night: Night, path: Path | None) -> Iterator[Event]:
    """The same events; the file is written at the beginning and every `EVERY_S`.

    Raises:
        DiskError: the file cannot be written at the beginning.
    """
    if path is None:
        yield from events
        return
    write_metrics(path, night, None)
    last = time.monotonic()
    for event in events:
        if time.monotonic() - last >= EVERY_S:
            keep_metrics(path, night, None)
            last = time.monotonic()
        yield event


def keep_metrics(path: Path, night: Night, exit_code: int | None) -> None:
    """Write the file if that can be: a run that goes on well is not ended for it, and does not fail at its end."""
    try:
        write_metrics(path, night, exit_code)
    except DiskError as error:
        logger.warning("%s", error)
        if exit_code is not None:
            say(printable(f"{error} What collects it sees an older state of this run."))


def write_metrics(path: Path, night: Night, exit_code: int | None) -> None:
    """Write the file whole, so that whoever collects it never sees a part of it.

    Args:
        path: the file; its folder must be there.
        night: the run.
        exit_code: what the run ended with; None while it goes on.

    Raises:
        DiskError: it cannot be written.
    """
    content = "".join(f"{line}\n" for line in _lines(night, exit_code))
    try:
        with written_beside(path) as draft:
            draft.write_text(content, "utf-8")
            draft.chmod(SHARED)  # another user's collector reads it, and it says nothing of anybody
    except OSError as error:
        raise DiskError(f"--metrics: expected a file that can be written; {path}: {error.strerror}.") from error


def _lines(night: Night, exit_code: int | None) -> Iterator[str]:
    totals = night.totals()
    yield from _one("info", "gauge", "version of fer-video, in its label", 1, f'{{version="{__version__}"}}')
    yield from _one("running", "gauge", "1 while a run goes on", int(exit_code is None))
    yield from _one("run_start_time_seconds", "gauge", "when the run began, Unix time", night.began_at.timestamp())
    yield from _one("run_duration_seconds", "gauge", "how long the run has taken so far", round(night.seconds, 3))
    if exit_code is not None:
        yield from _one("run_end_time_seconds", "gauge", "when the run ended, Unix time", round(time.time(), 3))
        yield from _one("run_exit_code", "gauge", "exit code of the run", exit_code)
    by_status = {status: totals["by_status"].get(status, 0) for status in STATUSES}
    yield from _many("videos", "inputs by how they ended", "status", by_status)
    yield from _one("videos_already_done", "gauge", "inputs that an earlier run had finished", totals["already_done"])
    failures = {"new": totals["new_failures"], "accepted": totals["accepted_failures"]}
    yield from _many("failures", f"inputs that are {' or '.join(sorted(BAD))}", "kind", failures)
    # What is being read counts as far as it is stored; it is no input that has ended yet.
    held = night.in_hand.values()
    frames, faces = sum(one.frames for one in held), sum(one.faces for one in held)
    yield from _one("frames", "gauge", "sampled frames stored of these inputs", totals["frames"] + frames)
    yield from _one("faces", "gauge", "faces stored of these inputs", totals["faces"] + faces)
    yield from _one("footage_read_seconds", "gauge", "seconds of footage that this run read", totals["footage_read_s"])
    counts = {label: totals["dominant"].get(label, 0) for label in (*EXPRESSIONS, "undecided", "unclear", "no face")}
    yield from _many("faces_by_label", "faces by what they count as", "label", counts)


def _one(name: str, kind: str, says: str, value: float, labels: str = "") -> Iterator[str]:
    yield f"# HELP fer_video_{name} {says}"
    yield f"# TYPE fer_video_{name} {kind}"
    yield f"fer_video_{name}{labels} {value}"


def _many(name: str, says: str, label: str, values: dict[str, int]) -> Iterator[str]:
    yield f"# HELP fer_video_{name} {says}"
    yield f"# TYPE fer_video_{name} gauge"
    for key, value in values.items():
        yield f'fer_video_{name}{{{label}="{key}"}} {value}'
