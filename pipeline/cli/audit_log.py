"""`fer-video audit-log`: who did what with rows about people, and when."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ..plurals import count
from .console import echo_json, printable, results_console, say

if TYPE_CHECKING:
    from ..store.log import Entry

Db = Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")]
Keep = Annotated[
    str | None,
    typer.Option("--keep", metavar="TIME", help="Delete entries older than this, such as 1y; six months at least."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, with all hashes and settings.")]


def audit_log(*, db: Db = "fer-video.db", keep: Keep = None, as_json: AsJson = False) -> None:
    """List what was analysed, reported and forgotten: who, when, on which machine, with which settings.

    Entries are added and never changed, and stay until --keep says otherwise. They hold no name of a file, camera or
    location, since what was forgotten must not live on here: videos and reports are known by their SHA-256, which
    `sha256sum FILE` prints.

    Exit codes: 0 listed, 2 wrong usage, 5 database.
    """
    from ..store.noting import entries_of

    if keep is not None:
        _drop(db, keep)
    entries = entries_of(db)
    if as_json:
        echo_json([asdict(entry) | {"at": f"{entry.at.isoformat()}Z"} for entry in entries])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("when (UTC)", "who", "host", "command", "videos", "faces", "how and what", box=None, pad_edge=False)
    for entry in entries:
        names = (f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.who, entry.host, entry.command)
        cells = (*names, f"{len(entry.inputs)}", f"{entry.rows:,}", _in_short(entry))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    results_console().print(table)


def _in_short(entry: Entry) -> str:
    """What an entry says besides; settings of an analysis are too long for a line."""
    settings = {name: value for name, value in entry.settings.items() if name not in {"settings", "run"}}
    outcome = dict(entry.outcome)
    files = [f"{one['kind']} {one['sha256'][:12]}…" for one in outcome.pop("files", [])]
    said = [
        f"{name} {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in {**settings, **outcome}.items()
    ]
    return ", ".join((*files, *said))


def _drop(db: str, keep: str) -> None:
    from ..places.retention import parse_retention
    from ..store.database import connect
    from ..store.log import drop_entries

    days = parse_retention(keep, setting="keep").days
    engine = connect(db, writes=True)
    try:
        with engine.begin() as connection:
            dropped = drop_entries(connection, days)
    finally:
        engine.dispose()
    say(f"Deleted {count(dropped, 'entry', 'entries')} older than {count(days, 'day')}.")
