"""The videos of a database, as `fer-video status` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from .integrity import check_sound, told_as_damage
from .schema import AnalysisRow, FrameRow, VideoRow

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class VideoState:
    """One line of `fer-video status`: the latest analysis of a video."""

    path: str
    location: str
    camera: str
    status: str
    reason: str | None
    frames: int
    faces: int


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
            *(VideoRow.path, VideoRow.location, VideoRow.camera),
            func.coalesce(AnalysisRow.status, VideoRow.status),
            case((AnalysisRow.status.is_(None), VideoRow.reason), else_=AnalysisRow.reason),
            *(func.coalesce(counts.c.frames, 0), func.coalesce(counts.c.faces, 0)),
        )
        .outerjoin(latest, latest.c.video_id == VideoRow.id)
        .outerjoin(AnalysisRow, key)
        .outerjoin(counts, (counts.c.video_id == VideoRow.id) & (counts.c.run_id == latest.c.run_id))
        .order_by(VideoRow.location, VideoRow.camera, VideoRow.path)
    )
    check_sound(engine)
    with told_as_damage(engine), engine.begin() as connection:
        return [VideoState(*row) for row in connection.execute(rows)]
