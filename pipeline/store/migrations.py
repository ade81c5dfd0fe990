"""The way from each version of the schema to the next. Each is tested from an old database with rows in it.

A migration names tables and columns as they were then, so it reflects them; the classes of `schema` are those of today.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import MetaData, Table, delete, insert, literal, select, text, update

from ..errors import FerVideoError, StoreError
from ..models.card import ModelCard
from ..settings import Settings
from .area_tables import create_areas
from .audit_tables import create_audits
from .fingerprints import describe_settings, fingerprint
from .guards import create_guards, guard, say_content
from .privacy_tables import create_privacy_tables
from .schema import DONE, PARTIAL, SCHEMA_VERSION, create_view
from .track_tables import LINKER_COMMENT, TRACKLET_COMMENT, create_tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Row

DROPS_COLUMNS = (3, 35)
"""SQLite's first version that can drop a column."""

DETECTOR_0_1 = "4fc64d898dbb755011e69a466b50aeb31224f811519bb51a1ee3eade504cbfef"
"""Hash of the detector's weights that all rows of fer-video 0.1 were made with, those of the package mtcnn 1.0."""


def migrate(connection: Connection, version: int) -> None:
    """Lead a database from a version to that of today, within the transaction of the caller.

    Raises:
        StoreError: the installed SQLite is too old.
    """
    for step in range(version, SCHEMA_VERSION):
        MIGRATIONS[step](connection)
    connection.execute(update(_table(connection, "schema_version")).values(version=SCHEMA_VERSION))


def _tell_zones_apart(connection: Connection) -> None:
    """To version 2: where a video's zone came from."""
    connection.execute(text("ALTER TABLE videos ADD COLUMN timezone_source VARCHAR(20) NOT NULL DEFAULT 'unknown'"))


def _decide_late(connection: Connection) -> None:
    """To version 3: labels follow from probabilities, and runs are known by what their rows depend on."""
    if connection.dialect.name == "sqlite" and sqlite3.sqlite_version_info < DROPS_COLUMNS:
        raise StoreError(
            f"expected SQLite 3.35 or newer, to bring the database up to date; found {sqlite3.sqlite_version}. "
            "Nothing was changed. Install fer-video with a newer Python."
        )
    connection.execute(text("ALTER TABLE faces DROP COLUMN dominant"))
    create_view(None, connection)
    _renew_fingerprints(connection)


READABLE_COLUMNS = {
    "readable": "probability that people could read an expression from it; NULL where that was not judged",
    "is_face": "probability that it is a face at all; NULL where that was not judged",
    "turn": "nose beside the line from eyes to mouth, in sides of the box; 0 is frontal; NULL on older rows",
    "tilt": "angle of the eyes against the horizontal, degrees; NULL on older rows",
    "nod": "nose between eyes (0) and mouth (1), larger for a bent head; NULL on older rows",
}
"""What version 4 keeps of a face besides, with what it says of each."""


def _say_what_is_readable(connection: Connection) -> None:
    """To version 4: whether a face can be read, and how it is held; NULL on the rows that are there already."""
    for name, comment in READABLE_COLUMNS.items():
        _add_column(connection, "faces", name, "FLOAT", comment)
    # A view's columns are those that its table had when it was made.
    connection.execute(text("DROP VIEW readings"))
    create_view(None, connection)
    create_audits(connection)


FOOTAGE_COLUMNS = {
    "videos": {
        "coded_width": ("INTEGER", "pixels, as the file stores them; NULL if unknown"),
        "coded_height": ("INTEGER", "pixels, as the file stores them; NULL if unknown"),
        "stream": ("INTEGER DEFAULT 1 NOT NULL", "which of the cameras in the file, from 1"),
        "start_is_guess": ("BOOLEAN DEFAULT false NOT NULL", "started_at has a source that is wrong at times"),
        "hints": ("TEXT", "what was said of how to read the file, JSON: aspect, rate; NULL if nothing"),
        "notes": ("TEXT", "what is doubtful about the file or its start, a sentence a line; NULL if nothing"),
    },
    "analyses": {
        "notes": (
            "TEXT",
            "what was noticed while reading, though nothing is damaged, a sentence a line; NULL if nothing",
        ),
        "reader": ("INTEGER", "version of the reading of files, see video.reader.READER_VERSION; NULL before 0.4"),
        "token": ("VARCHAR(32)", "whoever writes must know it; renewed by each owner"),
        "owner": ("TEXT", "who works on it: host and process; NULL if nobody"),
        "beat_at": ("DATETIME", "when its owner was last heard of, UTC"),
        "attempts": ("INTEGER DEFAULT 0 NOT NULL", "how often work on it ended with the death of the process"),
    },
}
"""What version 5 keeps besides, with its type and what it says."""


def _say_how_files_are_read(connection: Connection) -> None:
    """To version 5: how a file was read, what was noticed, and who works on it."""
    for table, columns in FOOTAGE_COLUMNS.items():
        for name, (kind, comment) in columns.items():
            _add_column(connection, table, name, kind, comment)


def _say_who_is_who(connection: Connection) -> None:
    """Tracklets and visits; NULL until `fer-video visits` looks for them."""
    _add_column(connection, "analyses", "linker", "TEXT", LINKER_COMMENT)
    _add_column(connection, "faces", "tracklet", "INTEGER", TRACKLET_COMMENT)
    connection.execute(text("DROP VIEW readings"))
    create_view(None, connection)
    create_tracks(connection)


def _say_what_is_blanked(connection: Connection) -> None:
    """Areas of pictures, and what was blanked; nothing was on the rows that are there already."""
    comment = "hash of the areas that were black before detection; NULL if none was"
    _add_column(connection, "analyses", "blank_sha256", "VARCHAR(64)", comment)
    create_areas(connection)


def _add_column(connection: Connection, table: str, name: str, kind: str, comment: str) -> None:
    """A new column with its comment, in the way of each dialect."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {name} {kind} /* {comment} */"))
        return
    postgresql = connection.dialect.name == "postgresql"
    kind = kind.replace("DATETIME", "TIMESTAMP WITHOUT TIME ZONE") if postgresql else kind
    connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {name} {kind}"))
    if postgresql:
        connection.execute(text(f"COMMENT ON COLUMN {table}.{name} IS '{comment}'"))


def _know_visits_and_forget(connection: Connection) -> None:
    """To version 6: visits, blanked areas and zones, and rows that are kept and deleted for good."""
    _say_who_is_who(connection)
    _say_what_is_blanked(connection)
    _keep_and_forget(connection)


def _keep_and_forget(connection: Connection) -> None:
    """Rows cannot be inherited, what was forgotten stays so, and a log says who did what."""
    _add_column(
        connection, "analyses", "sha256", "VARCHAR(64)", "hash of the content that was analysed: that of its video"
    )
    say_content(connection)
    create_privacy_tables(connection)
    create_guards(connection)


PLACE_COLUMNS = {
    "location_source": "where location came from: option, cameras.toml, file name, folder or unknown",
    "camera_source": "where camera came from: option, cameras.toml, file name or unknown",
}
"""What version 7 keeps of a place besides, with what it says of each."""


def _add_room(connection: Connection) -> None:
    """To version 7: what each subject of fer-video 0.6 keeps besides."""
    _add_wide_sizes(connection)
    _add_places(connection)


def _add_wide_sizes(connection: Connection) -> None:
    """Files of 2 GiB and more, and rows that cannot be inherited, on PostgreSQL too."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE videos ALTER COLUMN size_bytes TYPE BIGINT"))
        guard(connection)


def _add_places(connection: Connection) -> None:
    """Who said the location and the camera; nobody knows that of the rows that are there already."""
    for name, comment in PLACE_COLUMNS.items():
        _add_column(connection, "videos", name, "VARCHAR(20) DEFAULT 'unknown' NOT NULL", comment)


MIGRATIONS: dict[int, Callable[[Connection], None]] = {
    1: _tell_zones_apart,
    2: _decide_late,
    3: _say_what_is_readable,
    4: _say_how_files_are_read,
    5: _know_visits_and_forget,
    6: _add_room,
}
"""What leads from a version to the next."""


def _renew_fingerprints(connection: Connection) -> None:
    """Give old runs the fingerprints that the same settings and model have today, so that they count as done."""
    runs = _table(connection, "runs")
    same: dict[str, list[int]] = {}
    for run in connection.execute(select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc())).all():
        described = _describe(run)
        if described is None:
            continue
        known_by, settings = described
        connection.execute(update(runs).where(runs.c.id == run.id).values(settings=settings))
        same.setdefault(known_by, []).append(run.id)
    for known_by, numbers in same.items():
        keeper = _unite(connection, numbers)
        connection.execute(update(runs).where(runs.c.id == keeper).values(fingerprint=known_by))


def _describe(run: Row[Any]) -> tuple[str, str] | None:
    """The fingerprint of today and the settings without the threshold; None for a run that does not say what it was."""
    try:
        settings = msgspec.json.decode(run.settings, type=Settings)
        card = msgspec.json.decode(run.model_card, type=ModelCard)
    except (msgspec.MsgspecError, FerVideoError):
        return None
    known_by = fingerprint(settings, card, detector=DETECTOR_0_1, rows_version=1)
    return known_by, json.dumps(describe_settings(settings), sort_keys=True)


def _unite(connection: Connection, numbers: Sequence[int]) -> int:
    """One run of several that differed in nothing that rows depend on: of each video the newest complete analysis.

    The newest run with a complete analysis takes what it lacks from the others. What is left over stays with them.

    Args:
        connection: within the transaction of the migration.
        numbers: the runs, newest first.

    Returns:
        The number of the run.
    """
    keeper = next((run for run in numbers if any(_complete(connection, run).values())), numbers[0])
    for run in numbers:
        if run == keeper:
            continue
        here = _complete(connection, keeper)
        for video, complete in _complete(connection, run).items():
            if video not in here or (complete and not here[video]):
                _move(connection, video, run, keeper)
        if not _complete(connection, run):
            _retire(connection, run, keeper)
    return keeper


def _complete(connection: Connection, run: int) -> dict[int, bool]:
    """The videos of a run, and whether the analysis of each went to its end."""
    analyses = _table(connection, "analyses")
    rows = connection.execute(select(analyses.c.video_id, analyses.c.status).where(analyses.c.run_id == run))
    return {video: status in {DONE, PARTIAL} for video, status in rows}


def _move(connection: Connection, video: int, source: int, target: int) -> None:
    """Put an analysis under another run, in place of an incomplete one: copied from the top down, then deleted."""
    analyses = _table(connection, "analyses")
    connection.execute(delete(analyses).where(analyses.c.video_id == video, analyses.c.run_id == target))
    for name in ("analyses", "chunks", "frames", "faces"):
        table = _table(connection, name)
        columns = [literal(target) if column.name == "run_id" else column for column in table.columns]
        rows = select(*columns).where(table.c.video_id == video, table.c.run_id == source)
        connection.execute(insert(table).from_select([column.name for column in table.columns], rows))
    connection.execute(delete(analyses).where(analyses.c.video_id == video, analyses.c.run_id == source))


def _retire(connection: Connection, run: int, keeper: int) -> None:
    """Delete a run that has no analysis left; the other one remembers its devices."""
    runs = _table(connection, "runs")
    devices = connection.scalars(select(runs.c.device).where(runs.c.id.in_((run, keeper))).order_by(runs.c.id)).all()
    joined = ", ".join(dict.fromkeys(device for each in devices for device in each.split(", ")))
    connection.execute(update(runs).where(runs.c.id == keeper).values(device=joined))
    connection.execute(delete(runs).where(runs.c.id == run))


def _table(connection: Connection, name: str) -> Table:
    """A table as it stands in the database."""
    return Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
