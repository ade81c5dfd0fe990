"""A report reads and changes nothing, so what it wrote is noted behind it, by a connection that may write."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from ..errors import StoreError
from .database import connect, explain
from .log import note, read_log
from .naming import shown
from .patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .log import Entry


def note_files(db: str, command: str, files: Iterable[Path], settings: Mapping[str, Any], rows: int) -> str | None:
    """Note in a database's log which files were made of its rows, by their content.

    A log that cannot be written, as on a read-only disk, costs nobody a report: it is said.

    Args:
        db: path or URL.
        command: that made them.
        files: what was written; their names stay out of the log.
        settings: how; nothing that could name a person.
        rows: faces that they tell of.

    Returns:
        Why it could not be noted; None where it was.
    """
    made = [{"kind": path.suffix.lstrip("."), "sha256": _hash(path)} for path in files]
    try:
        engine = connect(db, writes=True, patience=Patience(0.0, lost_seconds=0.0))
        try:
            with engine.begin() as connection:
                note(connection, command, settings=settings, rows=rows, outcome={"files": made})
        finally:
            engine.dispose()
    except StoreError as error:
        return str(error)
    except SQLAlchemyError as error:
        return f"{shown(db)}: {explain(error)}"
    return None


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def entries_of(db: str) -> list[Entry]:
    """All entries of a database's log, the oldest first.

    Raises:
        StoreError: the database cannot be read.
    """
    engine = connect(db)
    try:
        with engine.begin() as connection:
            return read_log(connection)
    except SQLAlchemyError as error:
        raise StoreError(f"{shown(db)}: {explain(error)}") from error
    finally:
        engine.dispose()
