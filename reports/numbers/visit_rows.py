"""Database → visits as columns, those that go on in the next file of the same camera joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import case, func, select

from pipeline.labels import THRESHOLDS
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR
from pipeline.store.integrity import told_as_damage
from pipeline.store.schema import AnalysisRow, FaceRow, label_column
from pipeline.store.track_tables import TrackletRow, VisitRow
from pipeline.tracks.boxes import APART_S, stretch_of, usual_step_s
from pipeline.tracks.ends import Ends, Pieces
from pipeline.tracks.gates import BREAK_S, read_linked

from .clock import local_seconds
from .columns import COUNTED
from .overlaps import find_covers, is_covered
from .queries import find_sources, read_overlaps, read_times
from .selection import wall_clock_s
from .visit_data import Part, Shown, Tracked, VisitData, Visits, concatenate, of_visits
from .visit_files import join_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from pipeline.labels import Thresholds

    from .columns import Flags, Reals, Video
    from .queries import Source
    from .selection import Selection

_ENDS = ("x", "y", "side", "dx", "dy", "growth")


def load_visits(engines: Sequence[Engine], selection: Selection) -> VisitData:
    """Read the visits of a selection; minutes that a better video has too are left out, unless both are to be counted.

    Raises:
        UsageError: a filter matches nothing, or there is no such run.
    """
    sources = find_sources(engines, selection)
    parts: list[Part] = []
    without: list[tuple[Video, str | None]] = []
    for source in sources:
        if source.video.run is None:
            continue
        with told_as_damage(source.engine), source.engine.connect() as connection:
            found = _read(connection, source, len(parts), selection)
        if isinstance(found, Part):
            parts.append(found)
        else:
            without.append((source.video, found))
    visits = concatenate([part.visits for part in parts])
    united, root = join_files(parts, visits)
    own = root == np.arange(len(visits))
    kept = own & _kept(parts, united, selection)
    counted = kept[root]
    return VisitData(
        videos=tuple(part.source.video for part in parts),
        tracked=tuple(
            of_visits(part.tracked, visits.visit[mine & counted], visits.visit[mine & counted & ~own])
            for part, mine in ((part, visits.video == at) for at, part in enumerate(parts))
        ),
        recorded_s=np.array([recorded_s(part.time_s) for part in parts], np.float64),
        visits=united.where(kept),
        joined=int(counted.sum() - kept.sum()),
        still=sum(part.still for part in parts),
        moving=tuple(part.source.video for part in parts if part.moves),
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


def _read(connection: Connection, source: Source, at: int, selection: Selection) -> Part | str | None:
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
    still, gap_s = sum(bool(row.still) for row in rows), linked.visit_gap_s
    return Part(source, time_s, visits, tracked, labels, still, gap_s, linked.picture_moves)


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


def _kept(parts: Sequence[Part], visits: Visits, selection: Selection) -> Flags:
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
