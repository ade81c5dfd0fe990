"""What a database holds of videos before a run is begun: how each stands under its settings and under others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ..areas import NO_AREAS, blank_sha256
from .areas import read_told
from .integrity import check_sound, told_as_damage
from .kept import read_owners
from .places import list_places
from .privacy_tables import ForgottenRow
from .schema import DONE, PARTIAL, AnalysisRow, ChunkRow, RunRow, VideoRow
from .standing import Progress, read_progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine, Executable

    from ..records import Hints, Place

PACE_CHUNKS = 500
"""The newest chunks by which the pace of this machine is told."""

LEAST_STEPS = 4
"""Steps between chunks, below which nothing is said of the pace."""


@dataclass(frozen=True, slots=True)
class StockVideo:
    """A stored video as a run would find it.

    Attributes:
        id, sha256, path, stream, place, hints: as stored.
        size_bytes: of its file when it was read; 0 where it could not be.
        duration_s: as its container said; None if unknown.
        progress: how its analysis under the run's settings stands.
        frames: sampled frames that are stored under those.
        seen_at: when something of it was stored last, UTC; None if nothing was.
        holder: who works on it just now.
        blank: hash of the areas that were said last to be blanked.
        elsewhere: the newest run of other settings under which it is complete; None if there is none.
    """

    id: int
    sha256: str
    path: Path
    stream: int
    place: Place
    hints: Hints
    size_bytes: int
    duration_s: float | None
    progress: Progress
    frames: int = 0
    seen_at: datetime | None = None
    holder: str | None = None
    blank: str | None = None
    elsewhere: int | None = None


@dataclass(frozen=True, slots=True)
class OtherRun:
    """A run of other settings: its number, what it sampled in words, its settings as JSON, and its model."""

    id: int
    sampling: str
    settings: str
    model: str


@dataclass(frozen=True, slots=True)
class Stock:
    """What a database holds.

    Attributes:
        videos: all of them.
        forgotten: when each content was forgotten that was, UTC.
        runs: the runs of other settings, by number.
        pace: sampled frames a second that were stored lately; None where too little was.
    """

    videos: tuple[StockVideo, ...] = ()
    forgotten: Mapping[str, datetime] = field(default_factory=dict)
    runs: Mapping[int, OtherRun] = field(default_factory=dict)
    pace: float | None = None


def read_stock(engine: Engine, known_by: str) -> Stock:
    """Read what there is, for a run with this fingerprint.

    Raises:
        StoreError: the database is damaged, or held by another program.
    """
    check_sound(engine)
    with told_as_damage(engine), engine.begin() as connection:
        columns = select(RunRow.id, RunRow.fingerprint, RunRow.sampling, RunRow.settings, RunRow.model)
        numbers = {row.fingerprint: row for row in connection.execute(columns)}
        mine = numbers.pop(known_by, None)
        others = {row.id: OtherRun(row.id, row.sampling, row.settings, row.model) for row in numbers.values()}
        found = connection.execute(select(ForgottenRow.sha256, ForgottenRow.at))
        forgotten: dict[str, datetime] = {row.sha256: row.at for row in found}
        return Stock(_videos(connection, mine.id if mine else -1), forgotten, others, measure_pace(connection))


def _videos(connection: Connection, run_id: int) -> tuple[StockVideo, ...]:
    sizes = connection.execute(select(VideoRow.id, VideoRow.size_bytes, VideoRow.duration_s))
    known = {row.id: row for row in sizes}
    seen = _by_video(connection, select(ChunkRow.video_id, func.max(ChunkRow.done_at)).group_by(ChunkRow.video_id))
    stored = select(ChunkRow.video_id, func.sum(ChunkRow.frames)).where(ChunkRow.run_id == run_id)
    frames = _by_video(connection, stored.group_by(ChunkRow.video_id))
    complete = AnalysisRow.status.in_((DONE, PARTIAL)) & (AnalysisRow.run_id != run_id)
    newest = select(AnalysisRow.video_id, func.max(AnalysisRow.run_id)).where(complete)
    elsewhere = _by_video(connection, newest.group_by(AnalysisRow.video_id))
    owners, told = read_owners(connection), read_told(connection)
    return tuple(
        StockVideo(
            *(one.id, one.sha256, one.path, one.stream, one.place, one.hints),
            *(known[one.id].size_bytes, known[one.id].duration_s, read_progress(connection, (one.id, run_id))),
            *(int(frames.get(one.id) or 0), seen.get(one.id), owners.get(one.id)),
            blank=blank_sha256((told[one.id].areas if one.id in told else NO_AREAS).masks),
            elsewhere=elsewhere.get(one.id),
        )
        for one in list_places(connection)
    )


def _by_video(connection: Connection, query: Executable) -> dict[int, Any]:
    return {int(video): found for video, found in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A video that is complete under a run of other settings, and not under those that are asked for."""

    path: Path
    duration_s: float | None
    run: OtherRun


def list_elsewhere(engine: Engine, known_by: str) -> tuple[list[Elsewhere], float | None]:
    """The videos that a run with this fingerprint would begin anew, each with its newest other run; and the pace.

    Raises:
        StoreError: the database is damaged, or held by another program.
    """
    complete = AnalysisRow.status.in_((DONE, PARTIAL))
    mine = select(AnalysisRow.video_id).join(RunRow, RunRow.id == AnalysisRow.run_id)
    newest = select(AnalysisRow.video_id, func.max(AnalysisRow.run_id).label("run_id")).where(complete)
    latest = newest.group_by(AnalysisRow.video_id).subquery()
    rows = (
        select(VideoRow.path, VideoRow.duration_s, RunRow.id, RunRow.sampling, RunRow.settings, RunRow.model)
        .join(latest, latest.c.video_id == VideoRow.id)
        .join(RunRow, RunRow.id == latest.c.run_id)
        .where(VideoRow.id.not_in(mine.where(complete, RunRow.fingerprint == known_by)))
    )
    with told_as_damage(engine), engine.begin() as connection:
        found = connection.execute(rows).all()
        return [Elsewhere(Path(row[0]), row[1], OtherRun(*row[2:])) for row in found], measure_pace(connection)


def measure_pace(connection: Connection) -> float | None:
    """Sampled frames a second that were stored lately, pauses between runs left out; None where too little was."""
    newest = select(ChunkRow.done_at, ChunkRow.frames).order_by(ChunkRow.done_at.desc()).limit(PACE_CHUNKS)
    rows = connection.execute(newest).all()
    steps = [(later.done_at - earlier.done_at, later.frames) for later, earlier in pairwise(rows)]
    steps = [(took, frames) for took, frames in steps if took > timedelta(0) and frames]
    if len(steps) < LEAST_STEPS:
        return None
    return 1 / float(median(took.total_seconds() / frames for took, frames in steps))
