"""Opening a database: set up for what was measured to hold, checked, and brought up to date.

SQLite unless a database URL says otherwise. Every commit reaches the disk (`synchronous=FULL`), writers take their lock
first (`BEGIN IMMEDIATE`), and the write-ahead log is used only where SQLite is free of its reset bug. What is
PostgreSQL's own is in `postgres`.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ..errors import OlderStoreError, StoreError
from ..files import make_private
from . import postgres, schema
from .guards import repair
from .log import note
from .migrations import migrate
from .naming import read_url, shown
from .patience import AWAY_S, TRY_S, wait_for
from .schema import SchemaRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from .patience import Patience

DEFAULT_DB = "fer-video.db"

BUSY_S = 30
"""Another writer is waited for that long where nobody said more; a chunk takes it a fraction of a second."""


DAMAGED = "the database is damaged. Restore a copy, or start a new one with `db`."


@dataclass(frozen=True, slots=True)
class Upgrade:
    """How a database was brought up to date: its schema before and after, and the videos in it."""

    before: int
    after: int
    videos: int


def connect(
    db: str,
    *,
    create: bool = False,
    writes: bool = False,
    on_upgrade: Callable[[Upgrade], None] | None = None,
    patience: Patience | None = None,
) -> Engine:
    """Open a database by path or URL and check that it is ours.

    A reader changes nothing, on purpose or by accident: it cannot write, and refuses an older database.

    Args:
        db: path of an SQLite file, or an SQLAlchemy URL.
        create: open it for writing: make it if it is not there, and bring an older one up to date.
        writes: open one that is there and up to date for writing.
        on_upgrade: told if an older one was brought up to date.
        patience: how long to wait for one that another program holds; None for half a minute without a word. What is
            done with the engine later has to be tried again by whoever does it, see `patience.wait_for`.

    Raises:
        StoreError: missing, not a database, not ours, from a newer version, from an older one that was only to be read,
            or not writable.
    """
    prepare = _open_or_make if create else _check
    return _connect(db, prepare, on_upgrade, writes=create or writes, makes=create, patience=patience)


def upgrade(db: str) -> Upgrade:
    """Bring a database up to date, in one transaction: it is as it was or as it should be.

    Raises:
        StoreError: missing, not a database, not ours, from a newer version, or not writable.
    """
    found: list[Upgrade] = []
    _connect(db, _migrate, found.append, writes=True, makes=False).dispose()
    return found[0]


def _connect(
    db: str,
    prepare: Callable[[Connection, str], Upgrade | None],
    on_upgrade: Callable[[Upgrade], None] | None,
    *,
    writes: bool,
    makes: bool,
    patience: Patience | None = None,
) -> Engine:
    engine = _engine(db, TRY_S if patience else BUSY_S, writes=writes, makes=makes)
    if patience:
        patience = replace(patience, lost_seconds=min(patience.lost_seconds, AWAY_S))

    def attempt() -> Upgrade | None:
        with engine.begin() as connection:
            return prepare(connection, shown(db))

    try:
        upgraded = wait_for(attempt, patience, shown(db))
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(f"{shown(db)}: {explain(error)}") from error
    except (ValueError, TypeError, OverflowError) as error:  # bytes that are no text, where names of tables should be
        engine.dispose()
        raise StoreError(f"{shown(db)}: {DAMAGED} ({error})") from error
    except StoreError:
        engine.dispose()
        raise
    if upgraded and on_upgrade:
        on_upgrade(upgraded)
    return engine


def _engine(db: str, busy_s: float, *, writes: bool, makes: bool) -> Engine:
    if not db.strip():
        # SQLite would take no name for a database in memory, and lose all rows at the end.
        raise StoreError("`db`: expected the path or URL of a database; found an empty name.")
    url = _url(db)
    if url.get_backend_name() != "sqlite":
        return _server_engine(db, url, writes=writes)
    if url.database in {None, "", ":memory:"}:
        raise StoreError(
            f"{shown(db)}: expected a database that outlasts the command; this one is in memory. Name a file."
        )
    if url.database and not url.query:
        _check_path(Path(url.database), makes=makes)
        if makes:
            make_private(Path(url.database))
    engine = create_engine(url, connect_args={} if "timeout" in url.query else {"timeout": busy_s})
    event.listen(engine, "connect", _prepare_writer if writes else _prepare_reader)
    event.listen(engine, "begin", _begin_immediate if writes else _begin)
    return engine


def _url(db: str) -> URL:
    try:
        return read_url(db) if "://" in db else URL.create("sqlite", database=db)
    except (ArgumentError, ValueError):
        # What was found could hold a password, and where it stands is just what is not known.
        raise StoreError(
            f"{shown(db)}: expected a path, or a database URL such as postgresql://user@host:5432/name; this one "
            "cannot be read. In a password, write @ : / # ? % as %40 %3A %2F %23 %3F %25."
        ) from None


def _server_engine(db: str, url: URL, *, writes: bool) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            return postgres.open_engine(url, writes=writes)
        return create_engine(url)
    except ModuleNotFoundError as error:
        missing = postgres.MISSING_DRIVER if error.name == "psycopg" else f"expected the driver of this URL; {error}"
        raise StoreError(f"{shown(db)}: {missing}.") from error
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(
            f"{shown(db)}: expected a path or a database URL whose driver is installed; {error}."
        ) from error


def _check_path(path: Path, *, makes: bool) -> None:
    """Say what is wrong with a path before SQLite says that it cannot open it."""
    # os.path answers no where Path raises: for names that are too long or out of reach.
    if os.path.isdir(path):  # noqa: PTH112
        raise StoreError(f"{path}: expected a database file; found a folder.")
    if not makes and not os.path.isfile(path):  # noqa: PTH113
        raise StoreError(
            f"{path}: expected a database; found none. Run 'fer-video analyze' first, or name it with `db`."
        )
    if makes and not os.path.isdir(path.absolute().parent):  # noqa: PTH112
        raise StoreError(f"{path}: expected a folder to make the database in; {path.absolute().parent} is none.")


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    _prepare(connection)
    connection.execute("PRAGMA query_only=ON")


def _prepare(connection: sqlite3.Connection) -> None:
    # The driver would begin transactions at moments of its own choosing; _begin does.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    _prepare(connection)
    connection.execute(f"PRAGMA journal_mode={journal_mode(sqlite3.sqlite_version_info)}")
    connection.execute("PRAGMA synchronous=FULL")


def journal_mode(version: tuple[int, int, int]) -> str:
    """WAL where SQLite has its reset bug mended (3.51.3, and 3.50.7 and 3.44.6 of the older lines), else DELETE."""
    sound = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    return "WAL" if sound else "DELETE"


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check(connection: Connection, db: str) -> None:
    """Refuse what cannot be read as it is."""
    version = _found_version(connection, db)
    if version < schema.SCHEMA_VERSION:
        raise OlderStoreError(
            f"{db}: expected schema {schema.SCHEMA_VERSION}; found {version}, of an older fer-video. "
            f"Run 'fer-video upgrade --db {shlex.quote(db)}' once, then this command again."
        )


def _open_or_make(connection: Connection, db: str) -> Upgrade | None:
    version = _version(connection, db)
    if version == schema.SCHEMA_VERSION:
        return None
    version = _version_alone(connection, db)
    if version is None:
        schema.Base.metadata.create_all(connection)
        connection.execute(insert(SchemaRow).values(version=schema.SCHEMA_VERSION))
        return None
    return _migrate(connection, db) if version < schema.SCHEMA_VERSION else None


def _version_alone(connection: Connection, db: str) -> int | None:
    """The schema's version, which nobody else changes until this transaction ends; on SQLite it holds the lock already.

    Several that start together on an empty database would each find no table, and each make all of them.
    """
    if connection.dialect.name == "postgresql":
        postgres.lock_setup(connection, db)
    return _version(connection, db)


def _migrate(connection: Connection, db: str) -> Upgrade:
    version = _version_alone(connection, db)
    if version is None:
        raise _none_of_ours(db)
    migrate(connection, version)
    removed = repair(connection)
    if removed or version < schema.SCHEMA_VERSION:
        steps = {"before": version, "after": schema.SCHEMA_VERSION}
        note(connection, "upgrade", settings=steps, outcome={"rows_that_belonged_to_nothing": removed})
    videos = connection.scalar(select(func.count()).select_from(VideoRow))
    return Upgrade(version, schema.SCHEMA_VERSION, int(videos or 0))


def _found_version(connection: Connection, db: str) -> int:
    version = _version(connection, db)
    if version is None:
        raise _none_of_ours(db)
    return version


def _none_of_ours(db: str) -> StoreError:
    return StoreError(f"{db}: expected a database of fer-video; it has none of its tables.")


def _version(connection: Connection, db: str) -> int | None:
    """The schema's version; None for a database without tables."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    table = SchemaRow.__tablename__
    version = connection.scalar(select(func.max(SchemaRow.version))) if table in tables else None
    if version is None or version < 1:
        raise StoreError(f"{db}: expected a database of fer-video; found other tables. Name another file with `db`.")
    if version > schema.SCHEMA_VERSION:
        raise StoreError(
            f"{db}: made by a newer fer-video (schema {version}; this one knows {schema.SCHEMA_VERSION}). "
            "Update fer-video, or name another file with `db`."
        )
    return int(version)


def explain(error: SQLAlchemyError) -> str:
    """A database driver's complaint, with what to do."""
    if isinstance(error, DBAPIError) and not isinstance(error.orig, sqlite3.Error):
        return postgres.explain(error)
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    advice = {
        "file is not a database": "expected an SQLite database; the file is something else. Name another with `db`.",
        "malformed": DAMAGED,
        "decode": DAMAGED,
        "readonly": "the database cannot be written. Check the permissions of the file and its folder.",
        "unable to open": "the database cannot be opened. Check the permissions of the file and its folder.",
        "disk is full": "the disk is full; what was stored is safe. Free some space and run the same command again.",
        "disk I/O error": "the disk refused to write; what was stored is safe. Check it, then run the command again.",
        "locked": "another program holds the database. Wait for it, then run the same command again.",
    }
    return next((f"{said} ({cause})" for sign, said in advice.items() if sign in cause), f"the database says: {cause}.")
