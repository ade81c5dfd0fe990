"""Database → where the people of visits were in their cameras' pictures, and what was said of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Integer, case, cast, func, select

from pipeline.areas import Areas, Staff
from pipeline.store.areas import read_told
from pipeline.store.integrity import told_as_damage
from pipeline.store.schema import FaceRow, FrameRow
from pipeline.store.track_tables import TrackletRow

from .queries import find_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine, Select

    from pipeline.areas import Zone

    from .columns import Ints, Reals
    from .queries import Source
    from .selection import Selection
    from .visit_data import VisitData

GRIDS = ((32, 18), (16, 9), (8, 5))
"""Columns and rows of the picture in which people are counted: the finest in which there are enough of them."""

LONG_S, LONG_TIMES = 600.0, 10.0
"""Who is in view for ten minutes, and ten times as long as half of all are, may work there."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Faces of counted visits of one video, by visit and time.

    Attributes:
        visit: int64 (N,), position in `VisitData.visits`.
        time_s: float64 (N,), seconds from the video's first frame.
        centre: float64 (N, 2), shares of the picture.
        side: float64 (N,), longer side of the box, pixels.
    """

    visit: Ints
    time_s: Reals
    centre: Reals
    side: Reals


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One video's picture.

    Attributes:
        camera: location and camera.
        size: width and height, pixels.
        staff: what was said of people who work there.
        zones: of its camera.
        linked: position in `VisitData.videos`; None where it has no visits.
        inside: its sightings, if it has zones.
        long: sightings of those who stay much longer than others.
        grids: int64 (rows, columns) for each of `GRIDS`, visits that were seen in each cell of the picture.
    """

    camera: tuple[str, str]
    size: tuple[int, int]
    staff: Staff
    zones: tuple[Zone, ...]
    linked: int | None
    inside: Sightings | None
    long: Sightings | None
    grids: tuple[Ints, ...]


def load_views(engines: Sequence[Engine], selection: Selection, visits: VisitData) -> tuple[View, ...]:
    """What is known of the picture of each video that is counted.

    Raises:
        UsageError: a filter matches nothing, or there is no such run.
    """
    linked = {video.sha256: at for at, video in enumerate(visits.videos)}
    views = []
    for source in find_sources(engines, selection):
        if source.video.run is None:
            continue
        with told_as_damage(source.engine), source.engine.connect() as connection:
            told = read_told(connection, [source.video_id]).get(source.video_id)
            views.append(_view(connection, source, told.areas if told else Areas(), linked, visits))
    return tuple(views)


def _view(connection: Connection, source: Source, areas: Areas, linked: dict[str, int], visits: VisitData) -> View:
    at = linked.get(source.video.sha256)
    size = source.row.width or 1, source.row.height or 1
    rows = visits.rows[at] if at is not None else {}
    long = _long_stays(visits, at, rows)
    return View(
        camera=(source.video.location, source.video.camera),
        size=size,
        staff=areas.staff,
        zones=areas.zones,
        linked=at,
        inside=_sightings(connection, source, rows, size) if areas.zones and rows else None,
        long=_sightings(connection, source, long, size) if long else None,
        grids=tuple(
            _grid(connection, source, cells, size) if rows else np.zeros(cells[::-1], np.int64) for cells in GRIDS
        ),
    )


def _long_stays(visits: VisitData, at: int | None, rows: dict[int, int]) -> dict[int, int]:
    """Visits of a video that last much longer than others of the selection."""
    if at is None or not rows:
        return {}
    usual_s = float(np.median(visits.visits.in_view_s))
    least_s = max(LONG_S, LONG_TIMES * usual_s)
    return {visit: row for visit, row in rows.items() if visits.visits.in_view_s[row] >= least_s}


def _sightings(connection: Connection, source: Source, rows: dict[int, int], size: tuple[int, int]) -> Sightings:
    statement = (
        _of_visits(
            source,
            TrackletRow.visit,
            FrameRow.timestamp_s,
            FaceRow.x + FaceRow.width / 2,
            FaceRow.y + FaceRow.height / 2,
            case((FaceRow.width > FaceRow.height, FaceRow.width), else_=FaceRow.height),
        )
        .join(
            FrameRow,
            (FrameRow.video_id == FaceRow.video_id)
            & (FrameRow.run_id == FaceRow.run_id)
            & (FrameRow.frame_index == FaceRow.frame_index),
        )
        .order_by(TrackletRow.visit, FrameRow.timestamp_s)
    )
    table = np.array([tuple(row) for row in connection.execute(statement)], np.float64).reshape(-1, 5)
    table = table[np.isin(table[:, 0], list(rows))]
    position = np.array([rows[int(visit)] for visit in table[:, 0]], np.int64)
    return Sightings(position, table[:, 1], table[:, 2:4] / size, table[:, 4])


def _of_visits(source: Source, *columns: Any) -> Select[Any]:
    same = (TrackletRow.video_id == FaceRow.video_id) & (TrackletRow.run_id == FaceRow.run_id)
    return (
        select(*columns)
        .select_from(FaceRow)
        .join(TrackletRow, same & (TrackletRow.tracklet == FaceRow.tracklet))
        .where(FaceRow.video_id == source.video_id, FaceRow.run_id == source.run_id, TrackletRow.visit.is_not(None))
    )


def _grid(connection: Connection, source: Source, cells: tuple[int, int], size: tuple[int, int]) -> Ints:
    """How many visits were seen in each cell; counted by the database, as a video may hold a million faces."""
    columns, rows = cells
    grid = np.zeros((rows, columns), np.int64)
    across = cast((FaceRow.x + FaceRow.width / 2) * columns / size[0], Integer)
    down = cast((FaceRow.y + FaceRow.height / 2) * rows / size[1], Integer)
    statement = _of_visits(source, across, down, func.count(TrackletRow.visit.distinct())).group_by(across, down)
    for column, row, count in connection.execute(statement).all():
        if 0 <= column < columns and 0 <= row < rows:
            grid[row, column] = count
    return grid
