"""The log of a run: how it began, each input with counts and seconds, totals, and how it ended; as text or as JSON."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..escapes import escape_json
from ..plurals import count
from .console import printable
from .night import told_json, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..events import Event
    from .night import Night

logger = logging.getLogger("fer_video")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, message, and whatever the event has to say."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "detail"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return escape_json(json.dumps(said | getattr(record, "fields", {}), ensure_ascii=False))


def log_start(night: Night) -> None:
    """Version, command, settings, device and database, as soon as these are known."""
    batch = night.batch
    device, model = (batch.device, batch.model) if batch else ("unknown", "unknown")
    command = shlex.join(typed())
    fields = {
        "version": __version__,
        "python": sys.version.split()[0],
        "command": list(typed()),
        "settings": night.settings,
        "all_settings": night.all_settings,
        "model": model,
        "device": device,
        "db": night.db,
        "run": batch.run if batch else None,
    }
    message = f"start: fer-video {__version__}; {command}; {night.settings}; model {model} on {device}; {night.db}"
    _log("start", message, fields)


def logged(events: Iterable[Event], night: Night) -> Iterator[Event]:
    """The same events; each input that has ended is logged."""
    from ..events import Outcome, VideoStarted

    for event in events:
        if isinstance(event, Outcome):
            log_video(night)
        elif isinstance(event, VideoStarted):
            _log("begun", f"begun: {event.path}, {event.number} of {event.of}", {"path": str(event.path)})
        yield event


def log_video(night: Night) -> None:
    """The input that ended last."""
    told = night.told[-1]
    one = told.outcome
    why = f"; {one.reason}" if one.reason else ""
    already = " already" if one.reused else ""
    counts = f"{count(one.frames, 'frame')}, {count(one.faces, 'face')}"
    message = f"{one.path}: {one.status}{already}; {counts}, {told.seconds:.1f} s{why}"
    _log("video", message, told_json(told), logging.WARNING if told.is_new_failure else logging.INFO)


def log_error(message: str) -> None:
    """What ended the whole run."""
    _log("error", message, {}, logging.ERROR)


def log_end(night: Night, exit_code: int) -> None:
    """Totals, and how the run ended."""
    totals = night.totals()
    counts = ", ".join(f"{number} {status}" for status, number in totals["by_status"].items()) or "nothing"
    sums = f"{count(totals['frames'], 'frame')}, {count(totals['faces'], 'face')}"
    stored = f"{totals['already_done']:,} of them already; {sums}"
    failures = f"{count(totals['new_failures'], 'new failure')}, {totals['accepted_failures']:,} accepted"
    _log("totals", f"totals: {counts}; {stored}; {failures}", totals)
    fields = {"exit_code": exit_code, "seconds": round(night.seconds, 3), "stopped_by": night.stopped_by}
    stopped = f" by {night.stopped_by}" if night.stopped_by else ""
    _log("end", f"end{stopped}: exit code {exit_code} after {night.seconds:.1f} s", fields)


def _log(event: str, message: str, fields: dict[str, Any], level: int = logging.INFO) -> None:
    logger.log(level, "%s", printable(message), extra={"event": event, "fields": fields})
