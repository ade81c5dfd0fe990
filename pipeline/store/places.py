"""Where and when stored videos were recorded, read back and said anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from ..records import NO_HINTS, Place, numbered
from .log import note
from .privacy_tables import HourRow
from .rows import read_hints, stored_hints
from .schema import AnalysisRow, VideoRow
from .standing import MUST_READ_ANEW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from ..records import Hints


@dataclass(frozen=True, slots=True)
class PlacedVideo:
    """A stored video with its place.

    Attributes:
        id, sha256: its number and the hash of its content.
        path: where its file was seen last.
        stream: which of the file's cameras, from 1.
        place: where and when it was recorded; without the notes.
        hints: what was said of how to read its file.
    """

    id: int
    sha256: str
    path: Path
    stream: int
    place: Place
    hints: Hints = NO_HINTS

    @property
    def name(self) -> str:
        """The path with the number of a further camera."""
        return numbered(str(self.path), self.stream)


def read_placed(connection: Connection, sha256: str) -> PlacedVideo | None:
    """The video with this content; None for one that is not stored."""
    return next(iter(_read(connection, VideoRow.sha256 == sha256)), None)


def list_places(connection: Connection) -> list[PlacedVideo]:
    """All videos, by location, camera and path."""
    return _read(connection)


def _read(connection: Connection, *conditions: Any) -> list[PlacedVideo]:
    columns = select(VideoRow.__table__).where(*conditions)
    rows = connection.execute(columns.order_by(VideoRow.location, VideoRow.camera, VideoRow.path, VideoRow.stream))
    return [
        PlacedVideo(row.id, row.sha256, Path(row.path), row.stream, _place(row), read_hints(row.hints, row.stream))
        for row in rows
    ]


def _place(row: Any) -> Place:
    return Place(
        *(row.location, row.camera, row.location_source, _aware(row.started_at), row.start_source),
        *(row.timezone, row.timezone_source, bool(row.start_is_guess)),
        camera_source=row.camera_source,
    )


def _aware(stored: datetime | None) -> datetime | None:
    return stored.replace(tzinfo=UTC) if stored else None


def write_place(connection: Connection, video_id: int, place: Place) -> None:
    """Keep another place with a video."""
    started = place.started_at.astimezone(UTC).replace(tzinfo=None) if place.started_at else None
    values = {
        "location": place.location,
        "location_source": place.place_source,
        "camera": place.camera,
        "camera_source": place.camera_source,
        "started_at": started,
        "start_source": place.start_source,
        "start_is_guess": place.start_is_guess,
        "timezone": place.timezone,
        "timezone_source": place.timezone_source,
    }
    connection.execute(update(VideoRow).where(VideoRow.id == video_id).values(values))


def write_hints(connection: Connection, video_id: int, hints: Hints) -> None:
    """Keep with a video that something else is said of how to read it: its rows are to be read anew."""
    connection.execute(update(VideoRow).where(VideoRow.id == video_id).values(hints=stored_hints(hints)))
    old = update(AnalysisRow).where(AnalysisRow.video_id == video_id)
    connection.execute(old.values(reader=MUST_READ_ANEW))


def note_places(connection: Connection, command: str, hashes: Iterable[str], what: Iterable[str]) -> None:
    """Add to the log that places were said anew: of which contents, and which of their columns; no name."""
    note(connection, command, inputs=hashes, settings={"changed": sorted(what)})


def rename_kept_hours(connection: Connection, before: str, after: str) -> int:
    """Give the counts that stay of forgotten videos the location's new name; how many hours that were.

    Where both names have counts of the same hour, camera, model and label, these are added up.
    """
    key = (HourRow.camera, HourRow.hour_at, HourRow.model, HourRow.label)
    old = connection.execute(select(*key, HourRow.faces).where(HourRow.location == before)).all()
    for *names, faces in old:
        same = (HourRow.location == after, *(column == value for column, value in zip(key, names, strict=True)))
        there = update(HourRow).where(*same).values(faces=HourRow.faces + faces)
        if not connection.execute(there).rowcount:
            values = dict(zip(("camera", "hour_at", "model", "label"), names, strict=True))
            connection.execute(insert(HourRow).values(location=after, faces=faces, **values))
    connection.execute(delete(HourRow).where(HourRow.location == before))
    return len({(camera, hour) for camera, hour, *_ in old})


def count_location(connection: Connection, location: str) -> int:
    """How many videos are of a location."""
    found = select(func.count()).select_from(VideoRow).where(VideoRow.location == location)
    return int(connection.scalar(found) or 0)
