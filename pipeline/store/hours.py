"""What may stay when videos go: how many faces had which label in which hour, and nobody's row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ..labels import THRESHOLDS
from ..records import NO_FACE
from .alike import whole
from .privacy_tables import HourRow
from .schema import DONE, PARTIAL, AnalysisRow, FaceRow, FrameRow, RunRow, label_column
from .upserts import insert_or_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from .kept import KeptVideo

HOUR_S = 3600


def keep_hours(connection: Connection, videos: Sequence[KeptVideo]) -> int:
    """Add up faces of these videos by hour; how many hours that are. A minute that two of them have counts once.

    Videos without a start belong to no hour.
    """
    covered: dict[tuple[str, str], datetime] = {}
    hours: set[tuple[str, str, datetime]] = set()
    for video in sorted((one for one in videos if one.started_at), key=lambda one: one.started_at or datetime.min):  # noqa: DTZ901
        place = (video.location, video.camera)
        for hour, model, label, faces in _counts(connection, video, covered.get(place)):
            _add(
                connection,
                {"location": place[0], "camera": place[1], "hour_at": hour, "model": model, "label": label},
                faces,
            )
            hours.add((*place, hour))
        if video.ended_at:
            covered[place] = max(video.ended_at, covered.get(place, video.ended_at))
    return len(hours)


def _counts(connection: Connection, video: KeptVideo, covered: datetime | None) -> list[tuple[datetime, str, str, int]]:
    """Hour, model, label and faces of a video under its newest run that came to an end, behind what is counted."""
    if video.started_at is None:
        return []
    ends = (AnalysisRow.video_id == video.id, AnalysisRow.status.in_((DONE, PARTIAL)))
    run = connection.scalar(select(func.max(AnalysisRow.run_id)).where(*ends))
    model = connection.scalar(select(RunRow.model).where(RunRow.id == run)) or ""
    start_s = video.started_at.replace(tzinfo=UTC).timestamp()
    first_s = (covered.replace(tzinfo=UTC).timestamp() if covered else start_s) - start_s
    hour, label = whole((FrameRow.timestamp_s + start_s) / HOUR_S), label_column(THRESHOLDS)
    same = (FaceRow.video_id == FrameRow.video_id, FaceRow.run_id == FrameRow.run_id)
    faces = select(hour, label, func.count()).join(
        FaceRow, (FaceRow.frame_index == FrameRow.frame_index) & same[0] & same[1]
    )
    wanted = faces.where(FrameRow.video_id == video.id, FrameRow.run_id == run, FrameRow.timestamp_s >= first_s)
    rows = connection.execute(wanted.group_by(hour, label)).all()
    moment = [datetime.fromtimestamp(number * HOUR_S, UTC).replace(tzinfo=None) for number, *_ in rows]
    found = zip(moment, rows, strict=True)
    return [(at, model, str(name), int(count)) for at, (_, name, count) in found if name != NO_FACE]


def _add(connection: Connection, key: dict[str, object], faces: int) -> None:
    columns = [getattr(HourRow, name) for name in key]
    insert_or_change(connection, HourRow, {**key, "faces": faces}, columns, {"faces": HourRow.faces + faces})
