"""Rows that several may write at once: put in if they are new, in one statement, in either dialect's words.

SQLite lets one write at a time, and whoever looked first and then inserts is right. On PostgreSQL two can look at the
same moment, and both find nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.orm import InstrumentedAttribute

    from .schema import Base


def insert_new(
    connection: Connection,
    table: type[Base],
    values: Mapping[str, Any],
    key: Sequence[InstrumentedAttribute[Any]],
) -> bool:
    """Put a row in unless one with this key is there; whether it was new.

    If another transaction has just put it in, this one waits for its end, and sees the row from then on.
    """
    found = _insert(connection, table).values(**values).on_conflict_do_nothing(index_elements=list(key))
    # Without the option a driver's count may be dropped, and -1 be all that is known.
    return connection.execute(found, execution_options={"preserve_rowcount": True}).rowcount > 0


def insert_or_change(
    connection: Connection,
    table: type[Base],
    values: Mapping[str, Any],
    key: Sequence[InstrumentedAttribute[Any]],
    changes: Mapping[str, Any],
) -> None:
    """Put a row in, or change the one that has this key."""
    statement = _insert(connection, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=dict(changes)))


def _insert(connection: Connection, table: type[Base]) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
