"""Faces that people looked at, beside what a run reads from the same places.

The one place where answers and readings meet: a face is found again by its video, its frame and its box. What people
say is settled by more than half of them (`pipeline.audits.answers.settle`); what is read follows from stored numbers
and the reader's thresholds, so that other thresholds need no other answers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from pipeline.audits.answers import NO_FACE_VOTE, UNCLEAR_VOTE, settle
from pipeline.labels import FACE_LABELS
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR, Box
from pipeline.store.audits import known_videos, load
from pipeline.store.schema import FaceRow, FrameRow, label_column

from .clock import local_seconds
from .columns import Audited
from .queries import find_sources
from .selection import wall_clock_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Engine

    from pipeline.labels import Thresholds
    from pipeline.store.audits import AuditedFace

    from .columns import Flags, Reals, Video
    from .queries import Source
    from .selection import Selection

SAID = (*EXPRESSIONS, UNCLEAR, NO_FACE)
"""What people can say, in the order of every array of nine."""

SPLIT = -1
"""In place of what people say where no answer has more than half of the votes."""

NOT_FOUND = -1
"""In place of what is read where the run has no face."""

SAME_PLACE = 0.5
"""Two boxes of a frame are the same face from this share of overlap on (intersection over union)."""

AT_ONCE = 500
"""Frames that are asked for in one query."""

_POSITION = {vote: at for at, vote in enumerate((*EXPRESSIONS, UNCLEAR_VOTE, NO_FACE_VOTE))}


def count_confusion(audited: Audited, keep: Flags | None = None) -> Reals:
    """What people say (rows, `SAID`) by what is read (columns, `FACE_LABELS`): weighted counts, float64 (9, 10).

    Weights have the mean 1, so that a count is worth about as many faces as it says. Left out are faces that people do
    not agree on, and those that the run does not have.

    Args:
        audited: the faces.
        keep: of which ones, bool (A,); None for all.
    """
    counted = (audited.said >= 0) & (audited.read >= 0)
    counted = counted if keep is None else counted & keep
    places = audited.said[counted] * len(FACE_LABELS) + audited.read[counted]
    counts = np.bincount(places, weights=audited.weight[counted], minlength=len(SAID) * len(FACE_LABELS))
    return np.asarray(counts.reshape(len(SAID), len(FACE_LABELS)), np.float64)


def read_audited(engines: Sequence[Engine], selection: Selection, audit: int | None = None) -> Audited | None:
    """The faces of the selection that people answered, with what the selected runs read; None where there are none.

    Args:
        engines: the databases, those of the rows and of the answers.
        selection: which rows, and by which thresholds a reading becomes a label; quality gates leave faces out too.
        audit: number of the audit; None for all of them.

    Raises:
        UsageError: a filter matches nothing.
        StoreError: a database refused to answer.
    """
    sources = [source for source in find_sources(engines, selection) if source.video.run]
    positions = {source.video.sha256: at for at, source in enumerate(sources)}
    asked: defaultdict[int, list[tuple[AuditedFace, float]]] = defaultdict(list)
    for face, sha256, weight in _weighted(engines):
        if sha256 in positions and audit in {None, face.audit}:
            asked[positions[sha256]].append((face, weight))
    rows = [row for at, faces in sorted(asked.items()) for row in _match(at, sources[at], faces, selection)]
    if not rows:
        return None
    columns: list[Any] = list(zip(*rows, strict=True))
    said, read, weight, drawn, size, video, time_s, votes = columns
    return Audited(
        np.array(said, np.int64), np.array(read, np.int64), np.array(weight), np.array(drawn, np.bool_),
        np.array(size), np.array(video, np.int64), np.array(time_s), votes, tuple(one.video for one in sources),
    )  # fmt: skip


def _weighted(engines: Iterable[Engine]) -> Iterator[tuple[AuditedFace, str, float]]:
    """Each answered face with its video's hash and its weight; an audit counts by how many faces it has.

    Weights of one audit are in stored faces: two audits of the same camera would else count by what they were drawn
    from, and twenty faces could outweigh two hundred.
    """
    for engine in engines:
        hashes = {video.video_id: video.content.sha256 for video in known_videos(engine)}
        faces = load(engine)
        totals: defaultdict[int, list[float]] = defaultdict(list)
        for face in faces:
            totals[face.audit].append(face.weight)
        for face in faces:
            mean = sum(totals[face.audit]) / len(totals[face.audit])
            yield face, hashes[face.video_id], face.weight / mean


def _match(
    at: int, source: Source, faces: Sequence[tuple[AuditedFace, float]], selection: Selection
) -> Iterator[tuple[int, int, float, bool, float, int, float, tuple[str, ...]]]:
    """The entries of `Audited` of one video, as far as the selection has them."""
    stored = _Stored(source, sorted({face.frame for face, _ in faces}), selection.thresholds)
    for face, weight in faces:
        time_s = stored.time_s.get(face.frame, np.nan)
        found = stored.at(face.frame, face.box)
        size = min(face.box.right - face.box.left, face.box.bottom - face.box.top)
        if not _is_selected(source.video, time_s, size, found.sharpness if found else np.inf, selection):
            continue
        vote = settle(face.votes)
        said = SPLIT if vote is None else _POSITION[vote]
        read = found.label if found else NOT_FOUND
        yield said, read, weight, face.random, size, at, time_s, face.votes


def _is_selected(video: Video, time_s: float, size_px: float, sharpness: float, selection: Selection) -> bool:
    gates = selection.gates
    if size_px < gates.min_face_px or sharpness < gates.min_sharpness:
        return False
    if selection.since is None and selection.until is None:
        return True
    local = float(local_seconds(video, np.array([time_s]))[0])
    since = wall_clock_s(selection.since) if selection.since else -np.inf
    until = wall_clock_s(selection.until) if selection.until else np.inf
    return since <= local < until


@dataclass(frozen=True, slots=True)
class _Reading:
    """A stored face: its box, its label as a position in `FACE_LABELS`, its sharpness."""

    box: Box
    label: int
    sharpness: float


class _Stored:
    """The stored faces of some frames of one video."""

    def __init__(self, source: Source, frames: Sequence[int], thresholds: Thresholds) -> None:
        self.time_s: dict[int, float] = {}
        self._readings: defaultdict[int, list[_Reading]] = defaultdict(list)
        for start in range(0, len(frames), AT_ONCE):
            self._read(source, frames[start : start + AT_ONCE], thresholds)

    def _read(self, source: Source, frames: Sequence[int], thresholds: Thresholds) -> None:
        times = select(FrameRow.frame_index, FrameRow.timestamp_s).where(
            FrameRow.video_id == source.video_id, FrameRow.run_id == source.run_id, FrameRow.frame_index.in_(frames)
        )
        box = (FaceRow.x, FaceRow.y, FaceRow.width, FaceRow.height)
        faces = select(FaceRow.frame_index, *box, label_column(thresholds), FaceRow.sharpness).where(
            FaceRow.video_id == source.video_id, FaceRow.run_id == source.run_id, FaceRow.frame_index.in_(frames)
        )
        with source.engine.connect() as connection:
            self.time_s |= {row[0]: row[1] for row in connection.execute(times)}
            for frame, x, y, width, height, label, sharpness in connection.execute(faces):
                reading = _Reading(Box(x, y, x + width, y + height), FACE_LABELS.index(label), sharpness)
                self._readings[frame].append(reading)

    def at(self, frame: int, box: Box) -> _Reading | None:
        """The stored face that lies where a box does."""
        best = max(self._readings[frame], key=lambda one: share_of_overlap(one.box, box), default=None)
        return best if best and share_of_overlap(best.box, box) >= SAME_PLACE else None


def share_of_overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    both = one.overlap(other)
    return both / max(one.area + other.area - both, 1e-9)
