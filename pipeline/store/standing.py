"""How an analysis stands: what of it is stored, and whether that is all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import func, select

from ..errors import VideoError
from ..plurals import count
from . import leases
from .schema import AnalysisRow, ChunkRow, FaceRow, FrameRow, label_column

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..labels import Thresholds
    from .track_tables import TrackletRow, VisitRow

    Table: TypeAlias = type[AnalysisRow | ChunkRow | FrameRow | FaceRow | TrackletRow | VisitRow]

Key: TypeAlias = tuple[int, int]
"""Of an analysis: video and run."""

MUST_READ_ANEW = 0
"""In place of the version of the reading: what was said of the file is different since, so its rows are not right."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How an analysis stands.

    Attributes:
        status: None if it never began.
        reason: why it is partial or failed.
        chunks: those that are stored.
        is_final: it ended, and not only for now.
        reader: version of the reading with which its rows were made; None before there was one.
        deaths: how often the program ended while it worked on this video, since a chunk of it was stored.
        notes: what was noticed; a sentence each.
        blank_sha256: hash of what was blanked, see `areas.blank_sha256`; None where nothing was.
    """

    status: str | None
    reason: str | None
    chunks: frozenset[int]
    is_final: bool = False
    reader: int | None = None
    deaths: int = 0
    notes: tuple[str, ...] = ()
    blank_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Streamed:
    """How much of a video came out of a worker.

    Attributes:
        first: number of the chunk that it began with; those before it are of earlier runs.
        chunks: how many there are then, with the earlier ones.
        frames: sampled frames since the first.
    """

    first: int = 0
    chunks: int = 0
    frames: int = 0


class GapError(VideoError):
    """What is stored of a video is not what was streamed."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What an analysis has stored.

    Attributes:
        frames, problems: sampled frames, and those of them that are damaged or could not be decoded.
        faces: everything that was detected as a face; the sum of `dominant`.
        judged: how many of them the model judged for whether they can be read.
        dominant: how many of them count as each of `FACE_LABELS`, those that there are.
    """

    frames: int
    faces: int
    problems: int
    judged: int
    dominant: dict[str, int]


def of(table: Table, key: Key) -> Any:
    """The rows of one analysis."""
    return (table.video_id == key[0]) & (table.run_id == key[1])


def read_progress(connection: Connection, key: Key) -> Progress:
    """What of a video is done under a run."""
    row = AnalysisRow
    columns = select(
        row.status, row.reason, row.finished_at, row.reader, row.attempts, row.owner, row.notes, row.blank_sha256
    )
    found = connection.execute(columns.where(of(row, key))).one_or_none()
    chunks = frozenset(connection.scalars(select(ChunkRow.number).where(of(ChunkRow, key))))
    if found is None:
        return Progress(None, None, chunks)
    status, reason, finished_at, reader, attempts, owner, notes, blank = found
    deaths = leases.count_deaths(status, attempts, owner)
    return Progress(status, reason, chunks, finished_at is not None, reader, deaths, _lines(notes), blank)


def _lines(notes: str | None) -> tuple[str, ...]:
    return tuple(notes.splitlines()) if notes else ()


def read_totals(connection: Connection, key: Key, thresholds: Thresholds) -> Totals:
    """Counts of what is stored for an analysis, labelled by these thresholds."""
    sums = select(func.count(), func.coalesce(func.sum(FrameRow.faces), 0), func.count(FrameRow.problem))
    frames, faces, problems = connection.execute(sums.where(of(FrameRow, key))).one()
    label = label_column(thresholds).label("label")
    found = select(label, func.count(), func.count(FaceRow.readable)).where(of(FaceRow, key))
    counts = connection.execute(found.group_by(label)).all()
    judged = sum(int(known) for *_, known in counts)
    dominant = {name: int(count) for name, count, _ in counts}
    return Totals(int(frames), int(faces), int(problems), judged, dominant)


def check_whole(connection: Connection, key: Key, streamed: Streamed) -> None:
    """Compare what is stored with what was streamed.

    Raises:
        GapError: they differ.
    """
    numbers = select(func.count(), func.coalesce(func.max(ChunkRow.number), -1)).where(of(ChunkRow, key))
    parts, last = connection.execute(numbers).one()
    said = select(func.coalesce(func.sum(ChunkRow.frames), 0)).where(of(ChunkRow, key))
    frames = connection.scalar(select(func.count()).where(of(FrameRow, key))) or 0
    promised = int(connection.scalar(said) or 0)
    came = int(connection.scalar(said.where(ChunkRow.number >= streamed.first)) or 0)
    if (parts, last, came) != (streamed.chunks, streamed.chunks - 1, streamed.frames) or frames != promised:
        raise GapError(
            f"stored: {count(frames, 'frame')} in {count(parts, 'part')}; read: {count(streamed.chunks, 'part')}. "
            "Another program changed its rows meanwhile; run the same command again"
        )
