"""Opening a database: set up for what was measured to hold, checked, and brought up to date.

SQLite unless a database URL says otherwise. Every commit reaches the disk (`synchronous=FULL`), writers take their lock
first (`BEGIN IMMEDIATE`), and the write-ahead log is used only where SQLite is free of its reset bug.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ..errors import StoreError
from . import schema
from .schema import SchemaRow

DEFAULT_DB = "fer-video.db"

BUSY_S = 30
"""Another writer is waited for that long; a chunk takes it a fraction of a second."""

MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: ("ALTER TABLE videos ADD COLUMN timezone_source VARCHAR(20) NOT NULL DEFAULT 'unknown'",),
}
"""Statements that lead from a version to the next."""


def connect(db: str, *, create: bool = False) -> Engine:
    """Open a database by path or URL, check that it is ours, and bring an older one up to date.

    Args:
        db: path of an SQLite file, or an SQLAlchemy URL.
        create: make it if it is not there; also opens it for writing.

    Raises:
        StoreError: missing, not a database, not ours, from a newer version, or not writable.
    """
    engine = _engine(db, create)
    try:
        with engine.begin() as connection:
            _bring_up_to_date(connection, shown(db), create)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(f"{shown(db)}: {explain(error)}") from error
    except StoreError:
        engine.dispose()
        raise
    return engine


def shown(db: str) -> str:
    """The database's name as it may be printed: a URL without its password."""
    try:
        return make_url(db).render_as_string(hide_password=True) if "://" in db else db
    except (ArgumentError, ValueError):
        return db


def _engine(db: str, create: bool) -> Engine:
    if not db.strip():
        # SQLite would take no name for a database in memory, and lose all rows at the end.
        raise StoreError("`db`: expected the path or URL of a database; found an empty name.")
    try:
        url = make_url(db) if "://" in db else URL.create("sqlite", database=db)
        if url.get_backend_name() != "sqlite":
            return create_engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        raise StoreError(
            f"{shown(db)}: expected a path or a database URL whose driver is installed; {error}."
        ) from error
    if url.database in {None, "", ":memory:"}:
        raise StoreError(
            f"{shown(db)}: expected a database that outlasts the command; this one is in memory. Name a file."
        )
    if url.database and not url.query:
        _check_path(Path(url.database), create)
    engine = create_engine(url, connect_args={} if "timeout" in url.query else {"timeout": BUSY_S})
    event.listen(engine, "connect", _prepare_writer if create else _prepare_reader)
    event.listen(engine, "begin", _begin_immediate if create else _begin)
    return engine


def _check_path(path: Path, create: bool) -> None:
    """Say what is wrong with a path before SQLite says that it cannot open it."""
    # os.path answers no where Path raises: for names that are too long or out of reach.
    if os.path.isdir(path):  # noqa: PTH112
        raise StoreError(f"{path}: expected a database file; found a folder.")
    if not create and not os.path.isfile(path):  # noqa: PTH113
        raise StoreError(
            f"{path}: expected a database; found none. Run 'fer-video analyze' first, or name it with `db`."
        )
    if create and not os.path.isdir(path.absolute().parent):  # noqa: PTH112
        raise StoreError(f"{path}: expected a folder to make the database in; {path.absolute().parent} is none.")


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions at moments of its own choosing; _begin does.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_writer(connection: sqlite3.Connection, record: object) -> None:
    _prepare_reader(connection, record)
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


def _bring_up_to_date(connection: Connection, db: str, create: bool) -> None:
    version = _version(connection, db)
    if version is None and not create:
        raise StoreError(f"{db}: expected a database of fer-video; it has none of its tables.")
    if version is None:
        schema.Base.metadata.create_all(connection)
        connection.execute(insert(SchemaRow).values(version=schema.SCHEMA_VERSION))
    elif version < schema.SCHEMA_VERSION:
        _migrate(connection, version)


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


def _migrate(connection: Connection, version: int) -> None:
    for step in range(version, schema.SCHEMA_VERSION):
        for statement in MIGRATIONS[step]:
            connection.execute(text(statement))
    connection.execute(update(SchemaRow).values(version=schema.SCHEMA_VERSION))


def explain(error: SQLAlchemyError) -> str:
    """A database driver's complaint, with what to do."""
    cause = " ".join(str(getattr(error, "orig", None) or error).split())
    advice = {
        "file is not a database": "expected an SQLite database; the file is something else. Name another with `db`.",
        "malformed": "the database is damaged. Restore a copy, or start a new one with `db`.",
        "readonly": "the database cannot be written. Check the permissions of the file and its folder.",
        "unable to open": "the database cannot be opened. Check the permissions of the file and its folder.",
        "disk is full": "the disk is full; what was stored is safe. Free some space and run the same command again.",
        "disk I/O error": "the disk refused to write; what was stored is safe. Check it, then run the command again.",
        "locked": "another program holds the database. Wait for it, then run the same command again.",
    }
    return next((f"{said} ({cause})" for sign, said in advice.items() if sign in cause), f"the database says: {cause}.")
