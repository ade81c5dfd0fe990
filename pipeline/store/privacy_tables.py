"""What is kept so that deleting can be trusted: what was forgotten, what it left as numbers, and what was done when."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Integer, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from .schema import Base

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOG_DAYS = 183
"""Entries of the log stay at least so long: six months, as Regulation (EU) 2024/1689, Article 26(6), asks of logs."""


class ForgottenRow(Base):
    """One row for each video that was forgotten, so that it is not analysed again unasked."""

    __tablename__ = "forgotten"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True, comment="hash of the file's content; no name")
    at: Mapped[datetime] = mapped_column(DateTime, comment="when it was forgotten, UTC")


class EventRow(Base):
    """One row for each thing that was done with rows about people; rows are added, never changed."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="number within this database, in order")
    at: Mapped[datetime] = mapped_column(DateTime, comment="when, UTC")
    who: Mapped[str] = mapped_column(Text, comment="the system's name of who did it")
    host: Mapped[str] = mapped_column(Text, comment="name of the machine")
    command: Mapped[str] = mapped_column(String(40), comment="what was done: a command, without names or paths")
    version: Mapped[str] = mapped_column(String(20), comment="fer-video's version")
    inputs: Mapped[str] = mapped_column(Text, comment="hashes of the videos concerned, JSON list; never a name")
    settings: Mapped[str] = mapped_column(Text, comment="how it was done, JSON")
    rows: Mapped[int] = mapped_column(Integer, comment="rows of faces that were stored, deleted or read")
    outcome: Mapped[str] = mapped_column(Text, comment="what came of it, JSON: deleted rows, or written files' hashes")


class HourRow(Base):
    """One row for each hour of a camera whose videos were forgotten with --keep-hourly: counts, and nobody's row."""

    __tablename__ = "kept_hours"
    location: Mapped[str] = mapped_column(Text, primary_key=True, comment="shop or office")
    camera: Mapped[str] = mapped_column(Text, primary_key=True, comment="camera within the location")
    hour_at: Mapped[datetime] = mapped_column(DateTime, primary_key=True, comment="start of the hour, UTC")
    model: Mapped[str] = mapped_column(Text, primary_key=True, comment="name of the expression model")
    label: Mapped[str] = mapped_column(String(10), primary_key=True, comment="expression, undecided or unclear")
    faces: Mapped[int] = mapped_column(Integer, comment="faces in sampled frames with that label")


def create_privacy_tables(connection: Connection) -> None:
    """Make all three in a database that has the others."""
    tables = [one.__table__ for one in (ForgottenRow, EventRow, HourRow)]
    Base.metadata.create_all(connection, tables=tables)  # type: ignore[arg-type]


_OLD = f"OLD.at < datetime('now', '-{LOG_DAYS} days')"
_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS events_unchanged BEFORE UPDATE ON events BEGIN "
    "SELECT RAISE(ABORT, 'fer-video: entries of the log are never changed'); END",
    f"CREATE TRIGGER IF NOT EXISTS events_kept BEFORE DELETE ON events WHEN NOT ({_OLD}) BEGIN "
    f"SELECT RAISE(ABORT, 'fer-video: entries of the log stay {LOG_DAYS} days'); END",
    # Rows that are replaced are not deleted for SQLite's triggers.
    "CREATE TRIGGER IF NOT EXISTS events_added BEFORE INSERT ON events "
    "WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id) BEGIN "
    "SELECT RAISE(ABORT, 'fer-video: entries of the log are never changed'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION fer_video_keep_events() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'DELETE' AND OLD.at < timezone('utc', now()) - interval '{LOG_DAYS} days' THEN RETURN OLD; END IF; "
    f"RAISE EXCEPTION 'fer-video: entries of the log are never changed, and stay {LOG_DAYS} days'; END $$",
    "CREATE OR REPLACE TRIGGER events_kept BEFORE UPDATE OR DELETE ON events "
    "FOR EACH ROW EXECUTE FUNCTION fer_video_keep_events()",
)


@event.listens_for(EventRow.__table__, "after_create")
def _keep_events(_table: object, connection: Connection, **_options: object) -> None:
    """The log only grows, whoever opens the database."""
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}.get(connection.dialect.name, ())
    for statement in statements:
        connection.exec_driver_sql(statement)
