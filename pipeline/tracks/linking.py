"""Stored faces → stored tracklets and visits, within one transaction. Nothing is decoded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import bindparam, delete, insert, select, update

from ..labels import FACE_LABELS
from ..records import EXPRESSIONS, NO_FACE, UNCLEAR
from ..settings import SamplingMode
from ..store.schema import AnalysisRow, FaceRow, FrameRow, RunRow, label_column
from ..store.standing import of
from ..store.track_tables import TrackletRow, VisitRow
from .boxes import Boxes, usual_step_s
from .gates import MOST_STEP_S, MOVING_SHARE, VISIT_GAP_S, describe, describe_none
from .linker import link
from .picture_motion import moving_share
from .visits import Judged, Tracklet, Visit, describe_tracklets, sum_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ..store.standing import Key
    from .boxes import Ints, Reals

_ENDS = ("x", "y", "side", "dx", "dy", "growth")
_SMALLEST_PX = 1e-3


@dataclass(frozen=True, slots=True)
class Found:
    """What linking an analysis gave.

    Attributes:
        visits: on which a face was seen, by the default thresholds.
        still: tracklets that are left out, as they keep still like a picture.
        why_none: why visits were not looked for; None where they were.
        picture_moves: whether the camera moves so often that visits are uncertain.
    """

    visits: tuple[Visit, ...] = ()
    still: tuple[Tracklet, ...] = ()
    why_none: str | None = None
    picture_moves: bool = False


def link_analysis(connection: Connection, key: Key, visit_gap_s: float = VISIT_GAP_S) -> Found:
    """Find who is who in an analysis, in place of what was found before.

    Args:
        connection: within the transaction of the caller.
        key: the video and the run.
        visit_gap_s: whoever is seen again within so many seconds is still on the same visit.
    """
    for table in (TrackletRow, VisitRow):
        connection.execute(delete(table).where(of(table, key)))
    time_s, frames = _read_times(connection, key)
    why_none = why_no_visits(_sampling_of(connection, key), time_s)
    if why_none:
        connection.execute(update(FaceRow).where(of(FaceRow, key)).values(tracklet=None))
        _note(connection, key, describe_none(why_none))
        return Found(why_none=why_none)
    boxes, judged, faces = _read_faces(connection, key, time_s, frames)
    links = link(boxes, visit_gap_s)
    tracklets = describe_tracklets(boxes, links)
    visits = tuple(sum_up(boxes, links.tracklet, tracklets, judged))
    _write(connection, key, tracklets, visits)
    _number(connection, key, faces, links.tracklet)
    moving = moving_share(boxes)
    _note(connection, key, describe(visit_gap_s, moving))
    still = tuple(one for one in tracklets if one.still)
    return Found(visits, still, picture_moves=moving is not None and moving >= MOVING_SHARE)


def count_tracklets(connection: Connection, key: Key) -> int:
    """How many tracklets an analysis has, found without storing them; 0 where frames do not tell who is who."""
    time_s, frames = _read_times(connection, key)
    if why_no_visits(_sampling_of(connection, key), time_s):
        return 0
    boxes, _, _ = _read_faces(connection, key, time_s, frames)
    return len(describe_tracklets(boxes, link(boxes, VISIT_GAP_S)))


def why_no_visits(sampling: str | None, time_s: Reals) -> str | None:
    """Why frames do not tell who is who, in words; None if they do.

    Args:
        sampling: the run's rule, one of `SamplingMode`; None if it does not say.
        time_s: float64 (F,), seconds of the sampled frames.
    """
    if sampling == SamplingMode.KEYFRAMES:
        return "key frames only, which are too far apart to tell which faces belong together"
    if len(time_s) < 2:
        return "fewer than two frames, so nobody can be followed"
    step_s = usual_step_s(time_s)
    if step_s > MOST_STEP_S:
        return f"frames {step_s:.3g} s apart, and more than a second does not tell which faces belong together"
    return None


def _sampling_of(connection: Connection, key: Key) -> str | None:
    stored = connection.scalar(select(RunRow.settings).where(RunRow.id == key[1]))
    sampling = json.loads(stored or "{}").get("sampling")
    return sampling.get("mode") if isinstance(sampling, dict) else None


def _read_times(connection: Connection, key: Key) -> tuple[Reals, dict[int, int]]:
    """Seconds of the sampled frames, and the position of each by its number in the stream."""
    rows = connection.execute(
        select(FrameRow.frame_index, FrameRow.timestamp_s).where(of(FrameRow, key)).order_by(FrameRow.frame_index)
    ).all()
    return np.array([seconds for _, seconds in rows], np.float64), {index: at for at, (index, _) in enumerate(rows)}


def _read_faces(
    connection: Connection, key: Key, time_s: Reals, frames: dict[int, int]
) -> tuple[Boxes, Judged, Sequence[tuple[int, int]]]:
    """All faces in the order of their keys, what counts of them by the default thresholds, and their keys."""
    numbers = (FaceRow.x, FaceRow.y, FaceRow.width, FaceRow.height, FaceRow.detector_confidence)
    likely = [getattr(FaceRow, f"p_{name}") for name in EXPRESSIONS]
    columns = select(FaceRow.frame_index, FaceRow.face_index, label_column(), *numbers, *likely)
    rows = connection.execute(columns.where(of(FaceRow, key)).order_by(FaceRow.frame_index, FaceRow.face_index)).all()
    table = np.array([row[3:] for row in rows], np.float64).reshape(len(rows), len(numbers) + len(likely))
    x, y, width, height, confidence = table[:, : len(numbers)].T
    frame = np.array([frames[row[0]] for row in rows], np.int64)
    side = np.maximum(np.maximum(width, height), _SMALLEST_PX)
    label = np.array([FACE_LABELS.index(row[2]) for row in rows], np.int64)
    is_face = label != FACE_LABELS.index(NO_FACE)
    judged = Judged(is_face, is_face & (label != FACE_LABELS.index(UNCLEAR)), table[:, len(numbers) :])
    boxes = Boxes(time_s, frame, x + width / 2, y + height / 2, side, confidence)
    return boxes, judged, [(row[0], row[1]) for row in rows]


def _write(connection: Connection, key: Key, tracklets: Sequence[Tracklet], visits: Sequence[Visit]) -> None:
    columns = {"video_id": key[0], "run_id": key[1]}
    if tracklets:
        connection.execute(insert(TrackletRow), [columns | _tracklet_values(one) for one in tracklets])
    if visits:
        connection.execute(insert(VisitRow), [columns | _visit_values(one) for one in visits])


def _number(connection: Connection, key: Key, faces: Sequence[tuple[int, int]], tracklet: Ints) -> None:
    """Write the tracklet of each face, by the number of its frame and its own."""
    table: Any = FaceRow.__table__
    at = (table.c.frame_index == bindparam("frame"), table.c.face_index == bindparam("face"))
    mine = (table.c.video_id == key[0], table.c.run_id == key[1])
    numbers = zip(faces, tracklet.tolist(), strict=True)
    told = [{"frame": frame, "face": face, "number": number or None} for (frame, face), number in numbers]
    if told:
        connection.execute(update(table).where(*mine, *at).values(tracklet=bindparam("number")), told)


def _tracklet_values(one: Tracklet) -> dict[str, Any]:
    names = (
        *("tracklet", "visit", "first_s", "last_s", "faces", "x", "y", "side", "moved_sides"),
        *("cut_start", "cut_end", "still"),
    )
    ends = {
        f"{end}_{name}": value
        for end in ("first", "last")
        for name, value in zip(_ENDS, getattr(one, end), strict=True)
    }
    return {name: getattr(one, name) for name in names} | ends


def _visit_values(one: Visit) -> dict[str, Any]:
    names = ("visit", "first_s", "last_s", "in_view_s", "faces", "readable", "cut")
    means = one.probabilities or (None,) * len(EXPRESSIONS)
    likely = {f"p_{name}": mean for name, mean in zip(EXPRESSIONS, means, strict=True)}
    return {name: getattr(one, name) for name in names} | likely


def _note(connection: Connection, key: Key, linker: str) -> None:
    connection.execute(update(AnalysisRow).where(of(AnalysisRow, key)).values(linker=linker))
