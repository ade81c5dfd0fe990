"""The videos that are kept, with what somebody must know who is to say which of them go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ..errors import StoreError
from ..records import numbered
from . import leases
from .alike import by_bytes
from .database import explain
from .naming import name_of
from .schema import AnalysisRow, ChunkRow, FrameRow, VideoRow

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class KeptVideo:
    """A video as somebody who may forget it must know it.

    Attributes:
        id, sha256, path, location, camera: as stored; the path with the number of a further camera.
        timezone: IANA zone of the location.
        size_bytes: of its file; 0 where the hash is not that of a content.
        started_at, ended_at: UTC, without a zone; None where the start is not known.
        analysed_at: when something of it was stored last, UTC; None if nothing was.
        frames, faces: rows of it, under all runs.
        holder: who works on it just now.
    """

    id: int
    sha256: str
    path: str
    location: str
    camera: str
    timezone: str
    size_bytes: int
    started_at: datetime | None
    ended_at: datetime | None
    analysed_at: datetime | None
    frames: int
    faces: int
    holder: str | None = None

    def local(self, moment: datetime) -> datetime:
        """A stored moment as the clock on the location's wall shows it."""
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)


def list_kept(engine: Engine) -> list[KeptVideo]:
    """All videos, by location, camera and start.

    Raises:
        StoreError: the database does not answer.
    """
    try:
        with engine.begin() as connection:
            return _list(connection)
    except SQLAlchemyError as error:
        raise StoreError(f"{name_of(engine)}: {explain(error)}") from error


def _list(connection: Connection) -> list[KeptVideo]:
    faces = _by_video(connection, FrameRow.video_id, func.sum(FrameRow.faces))
    frames = _by_video(connection, FrameRow.video_id, func.count())
    last_s = _by_video(connection, FrameRow.video_id, func.max(FrameRow.timestamp_s))
    stored = _by_video(connection, ChunkRow.video_id, func.max(ChunkRow.done_at))
    ended = _by_video(connection, AnalysisRow.video_id, func.max(AnalysisRow.finished_at))
    owners = read_owners(connection)
    kept = []
    order = (by_bytes(VideoRow.location), by_bytes(VideoRow.camera), VideoRow.id)
    for row in connection.execute(select(VideoRow.__table__).order_by(*order)):
        length_s = max(row.duration_s or 0.0, last_s.get(row.id) or 0.0)
        end = row.started_at + timedelta(seconds=length_s) if row.started_at else None
        moments = [moment for moment in (stored.get(row.id), ended.get(row.id)) if moment]
        names = (row.id, row.sha256, numbered(row.path, row.stream), row.location, row.camera, row.timezone)
        times = (row.size_bytes, row.started_at, end, max(moments, default=None))
        counts = (frames.get(row.id, 0), int(faces.get(row.id) or 0), owners.get(row.id))
        kept.append(KeptVideo(*names, *times, *counts))
    return kept


def _by_video(connection: Connection, column: Any, value: Any) -> dict[int, Any]:
    return {int(video): found for video, found in connection.execute(select(column, value).group_by(column))}


def read_owners(connection: Connection) -> dict[int, str]:
    """Who works on which video just now."""
    moment = leases.clock(connection)
    rows = connection.execute(select(AnalysisRow.video_id, AnalysisRow.owner, AnalysisRow.beat_at))
    return {
        video: str(leases.parse_holder(owner)) for video, owner, beat in rows if leases.is_held(owner, beat, moment)
    }
