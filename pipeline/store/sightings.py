"""What was seen in a video, read back from the database: boxes and expressions of each analysed frame."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ..areas import NO_AREAS
from ..labels import THRESHOLDS, Thresholds
from ..records import NO_HINTS, Box
from .areas import read_told
from .rows import read_hints
from .schema import DONE, PARTIAL, AnalysisRow, FaceRow, FrameRow, RunRow, VideoRow, label_column
from .track_tables import TrackletRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from ..areas import Areas
    from ..records import Hints


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in an analysed frame.

    Attributes:
        box: where it was.
        label: what it counts as, one of `FACE_LABELS`.
        confidence: probability of its most probable expression.
        visit: number of the visit that it is of, which means nothing beyond the video; None for none, or if not asked.
    """

    box: Box
    label: str
    confidence: float
    visit: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """An analysed frame. Without sightings and with a `problem` it says nothing of who was there."""

    index: int
    timestamp_s: float
    problem: str | None
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """One run over one video, as far as the database holds it.

    Attributes:
        video_id, run_id: its key.
        status: how it stands.
        hints: what the video was read by.
        areas: what was said last of its picture.
        blank_sha256: hash of what was blanked when it was analysed.
    """

    video_id: int
    run_id: int
    status: str
    hints: Hints = NO_HINTS
    areas: Areas = NO_AREAS
    blank_sha256: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether it went to the end of what can be read."""
        return self.status in {DONE, PARTIAL}


def list_analyses(engine: Engine, sha256: str) -> list[Analysis]:
    """All analyses of a video, by the hash of its content; the newest run last."""
    statement = (
        select(
            *(AnalysisRow.video_id, AnalysisRow.run_id, AnalysisRow.status, AnalysisRow.blank_sha256),
            *(VideoRow.hints, VideoRow.stream),
        )
        .join(VideoRow, VideoRow.id == AnalysisRow.video_id)
        .join(RunRow, RunRow.id == AnalysisRow.run_id)
        .where(VideoRow.sha256 == sha256)
        .order_by(RunRow.created_at, RunRow.id)
    )
    with engine.begin() as connection:
        rows = connection.execute(statement).all()
        told = read_told(connection, sorted({row.video_id for row in rows}))
        return [
            Analysis(
                *(video_id, run_id, status, read_hints(hints, stream)),
                *(told[video_id].areas if video_id in told else NO_AREAS, blank),
            )
            for video_id, run_id, status, blank, hints, stream in rows
        ]


def is_linked(engine: Engine, analysis: Analysis) -> bool:
    """Whether visits were looked for, and could be."""
    stored = select(AnalysisRow.linker).where(
        AnalysisRow.video_id == analysis.video_id, AnalysisRow.run_id == analysis.run_id
    )
    with engine.begin() as connection:
        linker = connection.scalar(stored)
    return linker is not None and "none" not in json.loads(linker)


def read_looks(
    engine: Engine, analysis: Analysis, thresholds: Thresholds = THRESHOLDS, *, visits: bool = False
) -> list[Look]:
    """The analysed frames in order, each with its faces, labelled by these thresholds; with their visits if asked."""
    frames = (
        select(FrameRow.frame_index, FrameRow.timestamp_s, FrameRow.problem)
        .where(FrameRow.video_id == analysis.video_id, FrameRow.run_id == analysis.run_id)
        .order_by(FrameRow.frame_index)
    )
    with engine.begin() as connection:
        sightings = _sightings(connection, analysis, thresholds, visits=visits)
        return [
            Look(index, seconds, problem, tuple(sightings.get(index, ())))
            for index, seconds, problem in connection.execute(frames)
        ]


def _sightings(
    connection: Connection, analysis: Analysis, thresholds: Thresholds, *, visits: bool
) -> dict[int, Sequence[Sighting]]:
    numbers = _visits(connection, analysis) if visits else {}
    faces = (
        select(
            *(FaceRow.frame_index, FaceRow.x, FaceRow.y, FaceRow.width, FaceRow.height),
            *(label_column(thresholds), FaceRow.confidence, FaceRow.tracklet),
        )
        .where(FaceRow.video_id == analysis.video_id, FaceRow.run_id == analysis.run_id)
        .order_by(FaceRow.frame_index, FaceRow.face_index)
    )
    found: defaultdict[int, list[Sighting]] = defaultdict(list)
    for index, x, y, width, height, label, confidence, tracklet in connection.execute(faces):
        box = Box(x, y, x + width, y + height)
        found[index].append(Sighting(box, label, confidence, numbers.get(tracklet)))
    return dict(found)


def _visits(connection: Connection, analysis: Analysis) -> dict[int | None, int | None]:
    """The visit of each tracklet."""
    row = TrackletRow
    mine = (row.video_id == analysis.video_id, row.run_id == analysis.run_id)
    return {one.tracklet: one.visit for one in connection.execute(select(row.tracklet, row.visit).where(*mine))}
