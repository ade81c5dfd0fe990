"""The videos of a database, as `fer-video status` lists them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from ..records import numbered
from .alike import by_bytes
from .integrity import check_sound, told_as_damage
from .leases import clock, is_held, parse_holder
from .schema import RUNNING, AnalysisRow, FrameRow, VideoRow

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class VideoState:
    """One line of `fer-video status`: the latest analysis of a video.

    Attributes:
        path: where it was seen last, with the number of a further camera.
        location, camera: where it belongs.
        status, reason: how its analysis stands, and why.
        frames, faces: stored rows of it.
        run: the run of that analysis; None where there is none.
        duration_s: seconds of footage, as its container says; None if unknown.
    """

    path: str
    location: str
    camera: str
    status: str
    reason: str | None
    frames: int
    faces: int
    run: int | None = None
    duration_s: float | None = None


def list_videos(engine: Engine) -> list[VideoState]:
    """The analysis of every video under its latest run, by location, camera and path.

    Raises:
        StoreError: the database is damaged, or held by another program.
    """
    counts = (
        select(
            FrameRow.video_id,
            FrameRow.run_id,
            func.count().label("frames"),
            func.coalesce(func.sum(FrameRow.faces), 0).label("faces"),
        )
        .group_by(FrameRow.video_id, FrameRow.run_id)
        .subquery()
    )
    latest = (
        select(AnalysisRow.video_id, func.max(AnalysisRow.run_id).label("run_id"))
        .group_by(AnalysisRow.video_id)
        .subquery()
    )
    key = (AnalysisRow.video_id == VideoRow.id) & (AnalysisRow.run_id == latest.c.run_id)
    rows = (
        select(
            *(VideoRow.path, VideoRow.stream, VideoRow.location, VideoRow.camera),
            func.coalesce(AnalysisRow.status, VideoRow.status),
            case((AnalysisRow.status.is_(None), VideoRow.reason), else_=AnalysisRow.reason),
            *(func.coalesce(counts.c.frames, 0), func.coalesce(counts.c.faces, 0)),
            *(AnalysisRow.run_id, VideoRow.duration_s),
            *(AnalysisRow.owner, AnalysisRow.beat_at),
        )
        .outerjoin(latest, latest.c.video_id == VideoRow.id)
        .outerjoin(AnalysisRow, key)
        .outerjoin(counts, (counts.c.video_id == VideoRow.id) & (counts.c.run_id == latest.c.run_id))
        .order_by(*(by_bytes(name) for name in (VideoRow.location, VideoRow.camera, VideoRow.path)), VideoRow.stream)
    )
    check_sound(engine)
    with told_as_damage(engine), engine.begin() as connection:
        moment = clock(connection)
        return [_state(*row, moment) for row in connection.execute(rows)]


def _state(*row: Any) -> VideoState:
    """A line, with who works on it just now."""
    path, stream, *columns, owner, beat_at, moment = row
    state = VideoState(numbered(path, stream), *columns)
    if state.status == RUNNING and is_held(owner, beat_at, moment):
        return replace(state, reason=f"being analysed by {parse_holder(owner)}")
    return state
