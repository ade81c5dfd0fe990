"""Database → visits as columns, those that go on in the next file of the same camera joined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sqlalchemy import case, func, select

from pipeline.labels import THRESHOLDS
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR
from pipeline.store.integrity import told_as_damage
from pipeline.store.schema import AnalysisRow, FaceRow, label_column
from pipeline.store.track_tables import TrackletRow, VisitRow
from pipeline.tracks.boxes import APART_S, stretch_of, usual_step_s
from pipeline.tracks.ends import Ends, Pieces
from pipeline.tracks.gates import BREAK_S, read_linked
from pipeline.tracks.matching import reach

from .clock import local_seconds
from .columns import COUNTED
from .overlaps import find_covers, is_covered
from .queries import find_sources, read_overlaps, read_times
from .selection import wall_clock_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from pipeline.labels import Thresholds

    from .columns import Flags, Ints, Reals, Video
    from .queries import Source
    from .selection import Selection

_ENDS = ("x", "y", "side", "dx", "dy", "growth")


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Visits, one entry each.

    Attributes:
        video: int64 (V,), position in `VisitData.videos`: that in which it begins.
        visit: int64 (V,), its number there.
        first_s, last_s: float64 (V,), seconds from that video's first frame; the last may be in a later file.
        in_view_s: float64 (V,), seconds.
        faces, readable: int64 (V,), sightings that are faces, and those of them that can be read.
        sums: float64 (V, 7), probabilities summed over readable sightings, in the order of `EXPRESSIONS`.
        cut_start, cut_end: bool (V,), whether the recording cuts it there.
    """

    video: Ints
    visit: Ints
    first_s: Reals
    last_s: Reals
    in_view_s: Reals
    faces: Ints
    readable: Ints
    sums: Reals
    cut_start: Flags
    cut_end: Flags

    def __len__(self) -> int:
        return len(self.video)

    def where(self, keep: Flags) -> Visits:
        """The visits for which `keep` (V,) is true."""
        return Visits(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """Tracklets of one video that belong to its visits, in the order in which they begin.

    Attributes:
        pieces: their ends, on a clock on which gaps of the recording are never bridged.
        visit: int64 (T,), the visit of each.
        step_s: seconds from one sampled frame to the next.
        first_s: float64 (T,), when each begins, seconds from the video's first frame.
        goes_on: bool (T,), whether its visit began in the file before and this is what it goes on with.
    """

    pieces: Pieces
    visit: Ints
    step_s: float
    first_s: Reals
    goes_on: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What faces of one video's visits count as: an entry for each visit and label.

    Attributes:
        visit: int64 (M,), its number in the video.
        label: int64 (M,), position in `columns.COUNTED`.
        frame_index: int64 (M,), the first frame with such a face.
    """

    visit: Ints
    label: Ints
    frame_index: Ints


@dataclass(frozen=True, slots=True, eq=False)
class VisitData:
    """All visits of a selection.

    Attributes:
        videos: those with visits, as the selection sorts them.
        tracked: tracklets of each.
        recorded_s: float64, seconds that each was recorded, gaps left out.
        visits: those that begin within the selection.
        joined: how many times a visit goes on in the next file.
        still: tracklets that are left out, as they keep still.
        without: videos that are counted but have no visits, and why; None where nobody looked for them yet.
        gaps_s: the gaps that visits were linked over; several where analyses differ.
        labels: of each video, which labels each of its visits has.
        rows: of each video, by the number of a visit there, its position in `visits`; those left out are missing.
    """

    videos: tuple[Video, ...]
    tracked: tuple[Tracked, ...]
    recorded_s: Reals
    visits: Visits
    joined: int
    still: int
    without: tuple[tuple[Video, str | None], ...]
    gaps_s: tuple[float, ...]
    labels: tuple[Shown, ...]
    rows: tuple[dict[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One video as it is read."""

    source: Source
    time_s: Reals
    visits: Visits
    tracked: Tracked
    labels: Shown
    still: int
    gap_s: float


def load_visits(engines: Sequence[Engine], selection: Selection) -> VisitData:
    """Read the visits of a selection; minutes that a better video has too are left out, unless both are to be counted.

    Raises:
        UsageError: a filter matches nothing, or there is no such run.
    """
    sources = find_sources(engines, selection)
    parts: list[_Part] = []
    without: list[tuple[Video, str | None]] = []
    for source in sources:
        if source.video.run is None:
            continue
        with told_as_damage(source.engine), source.engine.connect() as connection:
            found = _read(connection, source, len(parts), selection)
        if isinstance(found, _Part):
            parts.append(found)
        else:
            without.append((source.video, found))
    visits = _concatenated([part.visits for part in parts])
    united, root = _join_files(parts, visits)
    own = root == np.arange(len(visits))
    kept = own & _kept(parts, united, selection)
    counted = kept[root]
    return VisitData(
        videos=tuple(part.source.video for part in parts),
        tracked=tuple(
            _of_visits(part.tracked, visits.visit[mine & counted], visits.visit[mine & counted & ~own])
            for part, mine in ((part, visits.video == at) for at, part in enumerate(parts))
        ),
        recorded_s=np.array([recorded_s(part.time_s) for part in parts], np.float64),
        visits=united.where(kept),
        joined=int(counted.sum() - kept.sum()),
        still=sum(part.still for part in parts),
        without=tuple(without),
        gaps_s=tuple(sorted({part.gap_s for part in parts})),
        labels=tuple(part.labels for part in parts),
        rows=tuple(
            dict(zip(visits.visit[mine].tolist(), (np.cumsum(kept) - 1)[root[mine]].tolist(), strict=True))
            for mine in (np.flatnonzero(counted & (visits.video == at)) for at in range(len(parts)))
        ),
    )


def recorded_s(time_s: Reals) -> float:
    """Seconds that frames (F,) stand for: gaps of the recording are not in them."""
    steps = np.diff(time_s)
    return float(steps[(steps > 0) & (steps <= BREAK_S)].sum()) + usual_step_s(time_s)


def _read(connection: Connection, source: Source, at: int, selection: Selection) -> _Part | str | None:
    """A video's visits; or why it has none."""
    key = (source.video_id, source.run_id)
    stored = select(AnalysisRow.linker).where(AnalysisRow.video_id == key[0], AnalysisRow.run_id == key[1])
    linked = read_linked(connection.scalar(stored))
    if linked is None or linked.visit_gap_s is None:
        return linked.why_none if linked else None
    time_s = read_times(source)
    rows = connection.execute(
        select(TrackletRow.__table__)
        .where(TrackletRow.video_id == key[0], TrackletRow.run_id == key[1])
        .order_by(TrackletRow.tracklet)
    ).all()
    counts = _counts(connection, source, selection)
    counted = [row for row in rows if row.visit in counts]
    step_s = usual_step_s(time_s)
    begin_s = np.array([row.first_s for row in counted], np.float64)
    numbers = np.array([row.visit for row in counted], np.int64)
    tracked = Tracked(_pieces(counted, time_s), numbers, step_s, begin_s, np.zeros(len(counted), np.bool_))
    visits = _visits(at, counted, counts, step_s)
    labels = _labels(connection, source, selection)
    return _Part(source, time_s, visits, tracked, labels, sum(bool(row.still) for row in rows), linked.visit_gap_s)


def _counts(connection: Connection, source: Source, selection: Selection) -> dict[int, tuple[float, ...]]:
    """Of each visit on which a face was seen: faces, readable ones and seven sums; stored ones, if those are meant."""
    thresholds = selection.thresholds
    usual = (thresholds.min_readable, thresholds.min_is_face) == (THRESHOLDS.min_readable, THRESHOLDS.min_is_face)
    if not usual or selection.gates:
        return _counts_of_faces(connection, source, selection, thresholds)
    means = [getattr(VisitRow, f"p_{name}") for name in EXPRESSIONS]
    mine = (VisitRow.video_id == source.video_id, VisitRow.run_id == source.run_id)
    rows = connection.execute(select(VisitRow.visit, VisitRow.faces, VisitRow.readable, *means).where(*mine)).all()
    return {row[0]: (row[1], row[2], *((mean or 0.0) * row[2] for mean in row[3:])) for row in rows}


def _counts_of_faces(
    connection: Connection, source: Source, selection: Selection, thresholds: Thresholds
) -> dict[int, tuple[float, ...]]:
    label = label_column(thresholds)
    readable = case((label.in_((NO_FACE, UNCLEAR)), 0), else_=1)
    sums = [func.sum(readable * getattr(FaceRow, f"p_{name}")) for name in EXPRESSIONS]
    same = (TrackletRow.video_id == FaceRow.video_id) & (TrackletRow.run_id == FaceRow.run_id)
    statement = (
        select(TrackletRow.visit, func.count(), func.sum(readable), *sums)
        .join(TrackletRow, same & (TrackletRow.tracklet == FaceRow.tracklet))
        .where(FaceRow.video_id == source.video_id, FaceRow.run_id == source.run_id, label != NO_FACE)
        .where(TrackletRow.visit.is_not(None), FaceRow.size_px >= selection.gates.min_face_px)
        .where(FaceRow.sharpness >= selection.gates.min_sharpness)
        .group_by(TrackletRow.visit)
    )
    return {int(row[0]): tuple(float(each) for each in row[1:]) for row in connection.execute(statement)}


def _labels(connection: Connection, source: Source, selection: Selection) -> Shown:
    """Which labels the faces of each visit have; grouped by the database, as there may be a million."""
    label = label_column(selection.thresholds)
    same = (TrackletRow.video_id == FaceRow.video_id) & (TrackletRow.run_id == FaceRow.run_id)
    statement = (
        select(TrackletRow.visit, label, func.min(FaceRow.frame_index))
        .join(TrackletRow, same & (TrackletRow.tracklet == FaceRow.tracklet))
        .where(FaceRow.video_id == source.video_id, FaceRow.run_id == source.run_id, label != NO_FACE)
        .where(TrackletRow.visit.is_not(None), FaceRow.size_px >= selection.gates.min_face_px)
        .where(FaceRow.sharpness >= selection.gates.min_sharpness)
        .group_by(TrackletRow.visit, label)
    )
    rows = [(visit, COUNTED.index(name), first) for visit, name, first in connection.execute(statement)]
    return Shown(*np.array(rows, np.int64).reshape(len(rows), 3).T)


def _visits(at: int, tracklets: Sequence[Any], counts: dict[int, tuple[float, ...]], step_s: float) -> Visits:
    groups: dict[int, list[Any]] = {}
    for row in tracklets:
        groups.setdefault(row.visit, []).append(row)
    numbers = sorted(groups)
    firsts = [min(groups[one], key=lambda row: row.first_s) for one in numbers]
    lasts = [max(groups[one], key=lambda row: row.last_s) for one in numbers]
    table = np.array([counts[one] for one in numbers], np.float64).reshape(len(numbers), 2 + len(EXPRESSIONS))
    first_s, last_s = (np.array(each, np.float64) for each in ([r.first_s for r in firsts], [r.last_s for r in lasts]))
    return Visits(
        video=np.full(len(numbers), at, np.int64),
        visit=np.array(numbers, np.int64),
        first_s=first_s,
        last_s=last_s,
        in_view_s=last_s - first_s + step_s,
        faces=table[:, 0].astype(np.int64),
        readable=table[:, 1].astype(np.int64),
        sums=table[:, 2:],
        cut_start=np.array([row.cut_start for row in firsts], np.bool_),
        cut_end=np.array([row.cut_end for row in lasts], np.bool_),
    )


def _pieces(rows: Sequence[Any], time_s: Reals) -> Pieces:
    """Stored tracklets as the linker joins them; the clock is its own, as in `Boxes.on_own_clock`."""
    offset = stretch_of(time_s) * APART_S
    made = []
    for end in ("first", "last"):
        at_s = np.array([getattr(row, f"{end}_s") for row in rows], np.float64)
        if len(rows):
            at_s = at_s + offset[np.minimum(np.searchsorted(time_s, at_s), len(time_s) - 1)]
        made.append(Ends(at_s, *(np.array([getattr(row, f"{end}_{name}") for row in rows]) for name in _ENDS)))
    return Pieces(made[0], made[1], np.array([row.faces for row in rows], np.int64))


def _concatenated(parts: Sequence[Visits]) -> Visits:
    ints, reals, flags = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
    none = Visits(ints, ints, reals, reals, reals, ints, ints, np.zeros((0, len(EXPRESSIONS))), flags, flags)
    return Visits(*(np.concatenate([getattr(part, name) for part in (none, *parts)]) for name in Visits.__slots__))


def _kept(parts: Sequence[_Part], visits: Visits, selection: Selection) -> Flags:
    """Visits that begin within the selection's time, and not in minutes that a better video has too: bool (V,)."""
    covers = (
        {}
        if selection.count_overlaps
        else find_covers(read_overlaps([part.source for part in parts]), lambda at: parts[at].time_s)
    )
    kept = np.ones(len(visits), np.bool_)
    for at, part in enumerate(parts):
        mine = visits.video == at
        kept[mine] &= ~is_covered(visits.first_s[mine], covers.get(at, []))
        if selection.since or selection.until:
            local = local_seconds(part.source.video, visits.first_s[mine])
            after = local >= (wall_clock_s(selection.since) if selection.since else -np.inf)
            kept[mine] &= after & (local < (wall_clock_s(selection.until) if selection.until else np.inf))
    return kept


def _of_visits(tracked: Tracked, visits: Ints, going_on: Ints) -> Tracked:
    """The tracklets of some visits, of which some go on from the file before."""
    rows = np.flatnonzero(np.isin(tracked.visit, visits))
    pieces, numbers, first_s = tracked.pieces, tracked.visit[rows], tracked.first_s[rows]
    chosen = Pieces(pieces.first.at(rows), pieces.last.at(rows), pieces.seen[rows])
    goes_on = np.zeros(len(rows), np.bool_)
    for visit in going_on.tolist():
        mine = np.flatnonzero(numbers == visit)
        goes_on[mine[first_s[mine].argmin()]] = True
    return Tracked(chosen, numbers, tracked.step_s, first_s, goes_on)


def _join_files(parts: Sequence[_Part], visits: Visits) -> tuple[Visits, Ints]:
    """Unite visits that one file cuts off and the next one of the camera goes on with.

    Returns:
        The visits, as many as before, and int64 (V,): the position of the one that each is part of, itself for most.
    """
    order = sorted(
        (at for at, part in enumerate(parts) if part.source.video.started_at and not part.source.video.start_is_guess),
        key=lambda at: (parts[at].source.video.location, parts[at].source.video.camera, _begins_s(parts[at])),
    )
    root = np.arange(len(visits))
    for earlier, later in reversed(list(pairwise(order))):
        if not _follows(parts[earlier], parts[later]):
            continue
        for one, other in _pairs(parts[earlier], parts[later], visits, (earlier, later)):
            visits = _united(visits, one, other, _begins_s(parts[later]) - _begins_s(parts[earlier]))
            root[root == other] = one
    return visits, root


def _begins_s(part: _Part) -> float:
    started = part.source.video.started_at
    return started.replace(tzinfo=UTC).timestamp() if started else 0.0


def _follows(one: _Part, other: _Part) -> bool:
    """Whether a file begins where another one of its camera ended, with the same picture."""
    here, there = one.source, other.source
    same = all(
        getattr(here.row, name) == getattr(there.row, name) for name in ("location", "camera", "width", "height")
    )
    pause_s = _begins_s(other) - _begins_s(one) - (float(one.time_s[-1]) if len(one.time_s) else 0.0)
    return same and -one.tracked.step_s <= pause_s <= BREAK_S + one.tracked.step_s


def _pairs(one: _Part, other: _Part, visits: Visits, at: tuple[int, int]) -> list[tuple[int, int]]:
    """Which visit that one file cuts off is which of the next one's: the nearest assignment that can be walked."""
    ends = np.flatnonzero((visits.video == at[0]) & visits.cut_end)
    starts = np.flatnonzero((visits.video == at[1]) & visits.cut_start)
    if not len(ends) or not len(starts):
        return []
    last = [_piece_of(one, int(visits.visit[row]), end=True) for row in ends]
    first = [_piece_of(other, int(visits.visit[row]), end=False) for row in starts]
    here, there = one.tracked.pieces.last.at(np.array(last)), other.tracked.pieces.first.at(np.array(first))
    scale = (here.side[:, None] + there.side[None]) / 2
    apart = np.hypot(here.x[:, None] - there.x[None], here.y[:, None] - there.y[None]) / scale
    pause_s = max(_begins_s(other) - _begins_s(one) - float(one.time_s[-1]), 0.0)
    limit = reach(max(pause_s, one.tracked.step_s))
    rows, columns = linear_sum_assignment(np.minimum(apart, limit) ** 2)
    near = apart[rows, columns] < limit
    return [(int(ends[row]), int(starts[column])) for row, column in zip(rows[near], columns[near], strict=True)]


def _piece_of(part: _Part, visit: int, *, end: bool) -> int:
    """The tracklet with which a visit ends or begins."""
    rows = np.flatnonzero(part.tracked.visit == visit)
    at = part.tracked.pieces.last.at_s[rows].argmax() if end else part.tracked.pieces.first.at_s[rows].argmin()
    return int(rows[at])


def _united(visits: Visits, one: int, other: int, shift_s: float) -> Visits:
    """The visits with one that goes on in another; the other has to be left out."""
    columns = {
        name: getattr(visits, name).copy() for name in ("faces", "readable", "sums", "last_s", "cut_end", "in_view_s")
    }
    for name in ("faces", "readable", "sums"):
        columns[name][one] += columns[name][other]
    columns["in_view_s"][one] = visits.last_s[other] + shift_s - visits.last_s[one] + visits.in_view_s[one]
    columns["last_s"][one] = visits.last_s[other] + shift_s
    columns["cut_end"][one] = visits.cut_end[other]
    return replace(visits, **columns)
