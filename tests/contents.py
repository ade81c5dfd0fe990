"""What a database holds, alike on either dialect: without numbers and times that differ from run to run."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, select

from pipeline.store.schema import AnalysisRow, ChunkRow, FaceRow, FrameRow, RunRow, VideoRow
from pipeline.store.track_tables import TrackletRow, VisitRow

if TYPE_CHECKING:
    from sqlalchemy import Engine

TABLES = (VideoRow, AnalysisRow, ChunkRow, FrameRow, FaceRow, TrackletRow, VisitRow)

CHANGING = {"id", "video_id", "run_id", "finished_at", "done_at", "token", "owner", "beat_at", "attempts"}


def engine_of(db: str) -> Engine:
    """An engine of the tests' own."""
    return create_engine(db if "://" in db else f"sqlite:///{db}")


def digest_of(db: str) -> dict[str, tuple[int, str]]:
    """Rows and content hash of each table; videos and runs by their hashes in place of their numbers."""
    engine = engine_of(db)
    try:
        return {table.__tablename__: _digest(_rows(engine, table)) for table in TABLES}
    finally:
        engine.dispose()


def _rows(engine: Engine, table: Any) -> list[str]:
    columns = [column for column in table.__table__.columns if column.name not in CHANGING]
    statement = select(*columns)
    if table is not VideoRow:
        videos, runs = VideoRow.id == table.video_id, RunRow.id == table.run_id
        statement = select(VideoRow.sha256.label("of"), RunRow.fingerprint, *columns).join(VideoRow, videos)
        statement = statement.join(RunRow, runs)
    with engine.connect() as connection:
        return sorted(repr(tuple(row)) for row in connection.execute(statement))


def _digest(rows: list[str]) -> tuple[int, str]:
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
