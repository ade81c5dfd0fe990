"""Rows that nobody can inherit: numbers are used once, and no row outlives what it belongs to.

SQLite keeps foreign keys only for a program that asks for them, and gives the number of a deleted last row again.
Whoever deletes a video by hand would leave its faces behind, and the next video would get them. So triggers hold here
what foreign keys hold elsewhere, whoever opens the file. On PostgreSQL foreign keys always hold, and sequences never go
back; its triggers hold the rest: whose content an analysis is of, and that rows stay where they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint, Integer, String, event, select, text
from sqlalchemy.orm import Mapped, mapped_column

from .postgres_guards import postgresql_triggers
from .schema import AnalysisRow, Base, RunRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Table


class UsedIdRow(Base):
    """One row for each table whose numbers are given once."""

    __tablename__ = "used_ids"
    table_name: Mapped[str] = mapped_column(String(40), primary_key=True, comment="the table whose numbers are meant")
    last: Mapped[int] = mapped_column(Integer, comment="largest number that was ever given; smaller ones never again")


def fresh_id(connection: Connection, table: type[Base]) -> dict[str, int]:
    """The number of a new row, as a value to insert; nothing where the database itself never gives one twice."""
    if connection.dialect.name != "sqlite":
        return {}
    name = table.__tablename__
    last = connection.scalar(select(UsedIdRow.last).where(UsedIdRow.table_name == name))
    return {"id": int(last or 0) + 1}


@event.listens_for(Base.metadata, "after_create")
def _guard_new(_metadata: object, connection: Connection, tables: list[Table], **_options: object) -> None:
    """A new database is guarded as soon as it has all its tables."""
    if UsedIdRow.__table__ in tables:
        guard(connection)


def guard(connection: Connection) -> None:
    """Remember which numbers were given, and make the triggers; again where some are missing."""
    if connection.dialect.name == "postgresql":
        for statement in postgresql_triggers(_tables()):
            connection.exec_driver_sql(statement)
    if connection.dialect.name != "sqlite":
        return
    for name in _numbered():
        last = f"(SELECT COALESCE(MAX(last), 0) FROM ({' UNION ALL '.join(_uses(name))}))"  # noqa: S608 - our own names
        connection.execute(text(f"INSERT OR IGNORE INTO used_ids VALUES ('{name}', 0)"))  # noqa: S608
        connection.execute(text(f"UPDATE used_ids SET last = MAX(last, {last}) WHERE table_name = '{name}'"))  # noqa: S608
    for statement in _triggers():
        connection.exec_driver_sql(statement)


def _numbered() -> list[str]:
    """The tables whose rows are known by a number."""
    return [table.name for table in _tables() if [column.name for column in table.primary_key] == ["id"]]


def _uses(name: str) -> Iterator[str]:
    """Where numbers of a table stand: its own, and those of rows that outlived theirs."""
    yield f"SELECT MAX(id) AS last FROM {name}"  # noqa: S608 - our own names
    column = {VideoRow.__tablename__: "video_id", RunRow.__tablename__: "run_id"}.get(name)
    if column:
        for table in ("analyses", "chunks", "frames", "faces"):
            yield f"SELECT MAX({column}) AS last FROM {table}"  # noqa: S608 - our own names


def _tables() -> list[Table]:
    return list(Base.metadata.sorted_tables)


def _triggers() -> Iterator[str]:
    for name in _numbered():
        yield from _once(name)
    for table in _tables():
        for key in sorted(table.foreign_key_constraints, key=lambda key: key.referred_table.name):
            yield from _bound(table.name, key)
    yield from _content()
    yield from _marks()


def _trigger(name: str, when: str, condition: str, message: str) -> str:
    """A trigger that refuses, with what to do."""
    refuse = f"SELECT RAISE(ABORT, 'fer-video: {message}')"
    return f"CREATE TRIGGER IF NOT EXISTS {name} {when} WHEN {condition} BEGIN {refuse}; END"


def _once(name: str) -> Iterator[str]:
    """A number is given once, and a row keeps its number."""
    advice = f"numbers of {name} are never used again; give one above the last in used_ids"
    last = f"(SELECT last FROM used_ids WHERE table_name = '{name}')"  # noqa: S608
    # One trigger: nobody says in which order several of one kind are run.
    yield (
        f"CREATE TRIGGER IF NOT EXISTS {name}_once AFTER INSERT ON {name} BEGIN "  # noqa: S608 - our own names
        f"SELECT RAISE(ABORT, 'fer-video: {advice}') WHERE NEW.id <= {last}; "
        f"UPDATE used_ids SET last = NEW.id WHERE table_name = '{name}'; END"
    )
    advice = f"a row of {name} keeps its number"
    yield _trigger(f"{name}_stay", f"BEFORE UPDATE OF id ON {name}", "NEW.id IS NOT OLD.id", advice)


def _bound(child: str, key: ForeignKeyConstraint) -> Iterator[str]:
    """A row needs what it belongs to, stays with it, and goes with it: a foreign key, also where those are off."""
    parent = key.referred_table.name
    pairs = [(one.parent.name, one.column.name) for one in key.elements]
    there = " AND ".join(f"{theirs} = NEW.{ours}" for ours, theirs in pairs)
    given = " AND ".join(f"NEW.{ours} IS NOT NULL" for ours, _ in pairs)
    missing = f"{given} AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {there})"  # noqa: S608 - our own names
    advice = f"a row of {child} needs its row of {parent}"
    yield _trigger(f"{child}_need_{parent}", f"BEFORE INSERT ON {child}", missing, advice)
    columns = ", ".join(ours for ours, _ in pairs)
    moved = " OR ".join(f"NEW.{ours} IS NOT OLD.{ours}" for ours, _ in pairs)
    advice = f"a row of {child} stays with its row of {parent}"
    yield _trigger(f"{child}_stay_with_{parent}", f"BEFORE UPDATE OF {columns} ON {child}", moved, advice)
    theirs = " AND ".join(f"{ours} = OLD.{theirs}" for ours, theirs in pairs)
    yield (
        f"CREATE TRIGGER IF NOT EXISTS {parent}_take_{child} AFTER DELETE ON {parent} "  # noqa: S608 - our own names
        f"BEGIN DELETE FROM {child} WHERE {theirs}; END"
    )


def _content() -> Iterator[str]:
    """An analysis says whose content it is of, and that stays so."""
    theirs = "(SELECT sha256 FROM videos WHERE id = NEW.video_id)"
    advice = "analyses.sha256 must be that of its video"
    for name, when in (("insert", "BEFORE INSERT"), ("update", "BEFORE UPDATE OF sha256")):
        other = f"NEW.sha256 IS NULL OR NEW.sha256 IS NOT {theirs}"
        yield _trigger(f"analyses_content_{name}", f"{when} ON analyses", other, advice)
    known = "NEW.sha256 IS NOT OLD.sha256 AND EXISTS (SELECT 1 FROM analyses WHERE video_id = OLD.id)"
    advice = "a video that was analysed stays that content; delete it and analyse the other one"
    yield _trigger("videos_content", "BEFORE UPDATE OF sha256 ON videos", known, advice)


def _marks() -> Iterator[str]:
    """What was given stays given."""
    advice = "used_ids only counts up"
    yield _trigger("used_ids_up", "BEFORE UPDATE ON used_ids", "NEW.last < OLD.last", advice)
    yield _trigger("used_ids_kept", "BEFORE DELETE ON used_ids", "1", advice)


def create_guards(connection: Connection) -> None:
    """Guard a database that has all other tables; rows that belong to nothing go, and their numbers stay used."""
    Base.metadata.create_all(connection, tables=[UsedIdRow.__table__])  # type: ignore[list-item]
    repair(connection)


def repair(connection: Connection) -> int:
    """Make triggers that are missing, and delete rows that belong to nothing; how many those were.

    They are what somebody tried to delete by hand, so they are not kept.
    """
    guard(connection)
    return remove_orphans(connection)


ORPHANS = """
SELECT analyses.video_id FROM analyses LEFT JOIN videos ON videos.id = analyses.video_id
    WHERE videos.id IS NULL OR analyses.sha256 IS NULL OR analyses.sha256 <> videos.sha256
UNION ALL
SELECT chunks.video_id FROM chunks LEFT JOIN analyses USING (video_id, run_id) WHERE analyses.video_id IS NULL
LIMIT 1
"""
"""A video whose rows are there and belong to nothing, or to another content; those of SQLite alone can be so."""


def remove_orphans(connection: Connection) -> int:
    """Delete rows that outlived what they belong to, or belong to another content; how many there were."""
    if connection.dialect.name != "sqlite":
        return 0
    removed = connection.execute(
        text("DELETE FROM analyses WHERE sha256 IS NOT (SELECT sha256 FROM videos WHERE id = analyses.video_id)")
    ).rowcount
    for table in _tables():
        for key in table.foreign_key_constraints:
            removed += connection.execute(text(_outlived(table.name, key))).rowcount
    return removed


def _outlived(child: str, key: ForeignKeyConstraint) -> str:
    pairs = [(one.parent.name, one.column.name) for one in key.elements]
    parent = key.referred_table.name
    there = " AND ".join(f"{parent}.{theirs} = {child}.{ours}" for ours, theirs in pairs)
    given = " AND ".join(f"{ours} IS NOT NULL" for ours, _ in pairs)
    return f"DELETE FROM {child} WHERE {given} AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {there})"  # noqa: S608


def say_content(connection: Connection) -> None:
    """For a database of an older version: each analysis gets the hash of the video that it is of."""
    theirs = select(VideoRow.sha256).where(VideoRow.id == AnalysisRow.video_id).scalar_subquery()
    table: Any = AnalysisRow.__table__
    connection.execute(table.update().values(sha256=theirs))
