"""The log: who did what with rows about people, and when. It is added to, and holds no name but the user's own.

A file's name or a location's can be a person's, and what was forgotten must not live on here: videos are known by their
hashes, settings without what was typed to select.
"""

from __future__ import annotations

import getpass
import json
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from .. import __version__
from ..errors import SettingError
from .guards import fresh_id
from .privacy_tables import LOG_DAYS, EventRow
from .rows import now
from .schema import FrameRow, RunRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done; see the columns of `EventRow`."""

    id: int
    at: datetime
    who: str
    host: str
    command: str
    version: str
    inputs: tuple[str, ...]
    settings: dict[str, Any]
    rows: int
    outcome: dict[str, Any]


def note(
    connection: Connection,
    command: str,
    *,
    inputs: Iterable[str] = (),
    settings: Mapping[str, Any] | None = None,
    rows: int = 0,
    outcome: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry, within the transaction of what it tells.

    Args:
        connection: in a transaction.
        command: what was done.
        inputs: hashes of the videos concerned.
        settings: how; nothing that could name a person.
        rows: of faces.
        outcome: what came of it; likewise.
    """
    done = {"at": now(), "who": _user(), "host": socket.gethostname(), "version": __version__}
    what = {"command": command, "inputs": json.dumps(sorted(inputs)), "rows": rows}
    how = {"settings": _json(settings), "outcome": _json(outcome)}
    connection.execute(insert(EventRow).values(**done, **what, **how, **fresh_id(connection, EventRow)))


def note_analysis(connection: Connection, key: tuple[int, int], status: str) -> None:
    """Add how the analysis of a video ended: under which settings and model, and how many faces it has."""
    video = connection.execute(select(VideoRow.sha256, VideoRow.size_bytes).where(VideoRow.id == key[0])).one()
    run = connection.execute(select(RunRow.settings, RunRow.model, RunRow.fingerprint).where(RunRow.id == key[1])).one()
    faces = select(func.sum(FrameRow.faces)).where(FrameRow.video_id == key[0], FrameRow.run_id == key[1])
    how = {"model": run.model, "run": run.fingerprint, "settings": json.loads(run.settings)}
    # A file that cannot be read has the hash of its path.
    inputs = [video.sha256] if video.size_bytes else []
    rows = int(connection.scalar(faces) or 0)
    note(connection, "analyze", inputs=inputs, settings=how, rows=rows, outcome={"status": status})


def _json(values: Mapping[str, Any] | None) -> str:
    return json.dumps(dict(values or {}), sort_keys=True, default=str)


def _user() -> str:
    """The system's name of whoever runs this; a container may have none for a number."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def read_log(connection: Connection) -> list[Entry]:
    """All entries, the oldest first."""
    rows = connection.execute(select(EventRow.__table__).order_by(EventRow.id)).mappings()
    loaded = ("inputs", "settings", "outcome")
    return [
        Entry(**{name: json.loads(value) if name in loaded else value for name, value in row.items()}) for row in rows
    ]


def drop_entries(connection: Connection, keep_days: int) -> int:
    """Delete entries that are older, and note that; how many there were.

    Raises:
        SettingError: they would not stay for six months.
    """
    if keep_days < LOG_DAYS:
        raise SettingError("keep", f"{LOG_DAYS}d or more, as entries stay for six months at least", f"{keep_days}d")
    old = EventRow.at < now() - timedelta(days=keep_days)
    count = int(connection.scalar(select(func.count()).select_from(EventRow).where(old)) or 0)
    if count:
        connection.execute(delete(EventRow).where(old))
        note(connection, "audit-log", settings={"keep_days": keep_days}, outcome={"dropped": count})
    return count
