"""The same minutes twice: recordings of one camera that overlap in time, or that show the very same faces.

Recorders write a main and a sub stream, exports overlap, and a file that was packed anew has another hash. Nothing here
changes a row: what follows from stored starts and rows is decided when they are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from ..records import numbered
from .schema import DONE, PARTIAL, AnalysisRow, FaceRow, FrameRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row, Select
    from sqlalchemy.orm import InstrumentedAttribute

MIN_OVERLAP_S = 5.0
"""Recordings that follow each other share some seconds, and file names are true to the second. A clip that is shorter
than twice this must overlap by half of its length."""

NEAR_S = 2.0
"""Main and sub stream of one camera begin and end at most so far apart."""

PRINTED_FACES = 16
"""So many first faces of an analysis are its print; two recordings that agree in it have the same pictures."""

MIN_PRINTED = 4
"""With fewer faces nothing is said: a print must not agree by chance."""

_STREAM_WORDS = {"main", "sub", "extra", "mainstream", "substream", "extrastream"}
_REOLINK = re.compile(r"Rec[MS](\d\d)_(?:DST)?(\d{8}_\d{6}_\d{6})(?:_.*)?")
"""A recorder's main (M) and sub stream (S); what follows the times is a hash."""


class Why(StrEnum):
    """How it is known that two recordings hold the same minutes."""

    TIME = "time"
    """They are of one camera, and their times overlap."""
    STREAMS = "streams"
    """Their cameras' names differ in main and sub alone, and they begin and end together."""
    CONTENT = "content"
    """The same faces at the same seconds."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One analysed video, as far as it matters here.

    Attributes:
        started_at: time of the first frame, UTC; None if unknown.
        is_guess: whether that has a source that is wrong at times.
        seconds: from the first to the last sampled frame.
        pixels: of a frame.
        is_done: read to its end and undamaged.
        stream: which of the file's cameras; two of them are never the same one.
        print: what was measured of its first faces, `PRINTED_FACES` of them.
    """

    path: str
    location: str
    camera: str
    started_at: datetime | None
    is_guess: bool
    seconds: float
    pixels: int
    is_done: bool
    stream: int = 1
    print: tuple[tuple[float, ...], ...] = ()

    @property
    def ends_at(self) -> datetime | None:
        """Time of the last sampled frame, UTC."""
        return self.started_at and self.started_at + timedelta(seconds=self.seconds)

    @property
    def rank(self) -> tuple[int, bool, bool, float]:
        """The larger, the better: pixels, then a start that is known, a whole recording, a long one."""
        return self.pixels, self.started_at is not None and not self.is_guess, self.is_done, self.seconds


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two recordings, as positions among those that were asked about, with the same minutes.

    Attributes:
        better: the one to count; `other`: the one with fewer pixels, damage, or less of it.
        seconds: how long both are.
        shift_s: add it to seconds of `other` for seconds of `better`.
        is_sure: False where a start is a guess: then it may only be mentioned.
    """

    better: int
    other: int
    seconds: float
    shift_s: float
    why: Why
    is_sure: bool


def camera_key(camera: str) -> str:
    """A camera's name without the words for its streams: `ch1_main` and `ch1_sub` are one camera's."""
    found = _REOLINK.fullmatch(camera)
    if found:
        return "rec" + "_".join(found.groups())
    parts = re.split(r"[\W_]+", camera.casefold())
    return " ".join(part for part in parts if part and part not in _STREAM_WORDS)


def find_overlaps(recordings: Sequence[Recording]) -> list[Overlap]:
    """All pairs with the same minutes; costs little more than sorting where there are none."""
    return list({frozenset((one.better, one.other)): one for one in _pairs(recordings)}.values())


def _pairs(recordings: Sequence[Recording]) -> Iterator[Overlap]:
    """Pairs by time, then by content, which says more where both do."""
    cameras: dict[tuple[str, str], list[int]] = {}
    prints: dict[tuple[tuple[float, ...], ...], list[int]] = {}
    for at, one in enumerate(recordings):
        if one.started_at:
            cameras.setdefault((one.location, camera_key(one.camera)), []).append(at)
        if len(one.print) >= MIN_PRINTED:
            prints.setdefault(one.print, []).append(at)
    for places in cameras.values():
        yield from _by_time(recordings, sorted(places, key=lambda at: str(recordings[at].started_at)))
    for places in prints.values():
        for number, at in enumerate(places):
            yield from filter(None, (_same_content(recordings, at, other) for other in places[number + 1 :]))


def _by_time(recordings: Sequence[Recording], places: list[int]) -> Iterator[Overlap]:
    """Pairs of one camera, whose recordings are in the order of their starts."""
    for number, at in enumerate(places):
        for other in places[number + 1 :]:
            if not _begins_within(recordings[other], recordings[at]):
                break
            yield from filter(None, [_same_time(recordings, at, other)])


def _begins_within(one: Recording, before: Recording) -> bool:
    return bool(one.started_at and before.ends_at and one.started_at < before.ends_at)


def _same_time(recordings: Sequence[Recording], first: int, second: int) -> Overlap | None:
    one, two = recordings[first], recordings[second]
    if not (one.started_at and two.started_at and one.ends_at and two.ends_at):
        return None
    if one.path == two.path and one.stream != two.stream:
        return None
    apart = (two.started_at - one.started_at).total_seconds()
    seconds = (min(one.ends_at, two.ends_at) - two.started_at).total_seconds()
    if seconds <= min(MIN_OVERLAP_S, min(one.seconds, two.seconds) / 2):
        return None
    streams = one.camera != two.camera
    if streams and (apart > NEAR_S or abs(one.seconds - two.seconds) > NEAR_S):
        return None
    sure = not (one.is_guess or two.is_guess)
    return _ranked(recordings, (first, second), seconds, apart, Why.STREAMS if streams else Why.TIME, is_sure=sure)


def _same_content(recordings: Sequence[Recording], first: int, second: int) -> Overlap | None:
    """Only mentioned where the two are said to be of other places or times: nobody knows which of them is right."""
    one, two = recordings[first], recordings[second]
    if abs(one.seconds - two.seconds) > NEAR_S:
        return None
    seconds, alike = min(one.seconds, two.seconds), one.location == two.location
    if one.started_at and two.started_at and not (one.is_guess or two.is_guess):
        alike &= abs((two.started_at - one.started_at).total_seconds()) <= NEAR_S
    return _ranked(recordings, (first, second), seconds, 0.0, Why.CONTENT, is_sure=alike)


def _ranked(
    recordings: Sequence[Recording], pair: tuple[int, int], seconds: float, apart: float, why: Why, *, is_sure: bool
) -> Overlap:
    first, second = pair
    if recordings[first].rank >= recordings[second].rank:
        return Overlap(first, second, seconds, apart, why, is_sure)
    return Overlap(second, first, seconds, -apart, why, is_sure)


def read_recording(connection: Connection, video: VideoRow | Row[Any], run_id: int, status: str) -> Recording:
    """A video under a run, with the ends of its rows: two look-ups, however many there are."""
    last = select(FrameRow.timestamp_s).where(FrameRow.video_id == video.id, FrameRow.run_id == run_id)
    seconds = connection.scalar(last.order_by(FrameRow.frame_index.desc()).limit(1))
    faces = _first_faces(video.id, run_id, FaceRow.sharpness, FaceRow.size_px, FaceRow.confidence)
    return Recording(
        path=video.path,
        location=video.location,
        camera=video.camera,
        started_at=video.started_at,
        # Before 0.4 a container's time was not marked.
        is_guess=bool(video.start_is_guess) or video.start_source == "container",
        seconds=float(seconds or 0.0),
        pixels=(video.width or 0) * (video.height or 0),
        is_done=status == DONE,
        stream=video.stream,
        # Six digits: the same pictures give the same numbers, but for the last bits on another machine.
        print=tuple(tuple(float(f"{one:.6g}") for one in row) for row in connection.execute(faces)),
    )


def find_overlaps_of(connection: Connection, video_id: int, run_id: int) -> list[tuple[str, Overlap]]:
    """What else of the database holds minutes of one video: the path of each, and how it overlaps (it is 0 there)."""
    video = connection.execute(_analysed(VideoRow.id == video_id, AnalysisRow.run_id == run_id)).one_or_none()
    if video is None:
        return []  # begun anew by another process since
    mine = read_recording(connection, video, run_id, video.status)
    near = {row.id: row for row in _near(connection, mine) if row.id != video_id}
    alike = {row.id: row for row in _alike(connection, video_id, run_id)}
    others = (near | alike).values()
    recordings = [mine, *(read_recording(connection, row, row.run_id, row.status) for row in others)]
    found = find_overlaps(recordings)
    meant = [(recordings[one.better or one.other], one) for one in found if 0 in {one.better, one.other}]
    return [(str(numbered(other.path, other.stream)), one) for other, one in meant]


def _near(connection: Connection, mine: Recording) -> Iterator[Row[Any]]:
    """Analyses of the same camera that may overlap; no recorder writes a file of more than a day."""
    if not (mine.started_at and mine.ends_at):
        return
    begun = VideoRow.started_at.between(mine.started_at - timedelta(days=1), mine.ends_at)
    for row in connection.execute(_analysed(VideoRow.location == mine.location, begun)):
        ended = row.duration_s and row.started_at + timedelta(seconds=row.duration_s + 60) < mine.started_at
        if not ended and camera_key(row.camera) == camera_key(mine.camera):
            yield row


def _alike(connection: Connection, video_id: int, run_id: int) -> Iterator[Row[Any]]:
    """Analyses under the same run whose first face is as sharp and as sure in the same frame."""
    columns = (FaceRow.frame_index, FaceRow.face_index, FaceRow.sharpness, FaceRow.confidence)
    first = connection.execute(_first_faces(video_id, run_id, *columns)).first()
    if first is None:
        return
    key = (FaceRow.video_id == AnalysisRow.video_id, FaceRow.run_id == AnalysisRow.run_id)
    there = (FaceRow.frame_index == first.frame_index, FaceRow.face_index == first.face_index)
    equal = (_close(FaceRow.sharpness, first.sharpness), _close(FaceRow.confidence, first.confidence))
    others = _analysed(VideoRow.id != video_id, AnalysisRow.run_id == run_id).join(FaceRow, and_(*key, *there))
    yield from connection.execute(others.where(*equal))


def _close(column: InstrumentedAttribute[float], value: float) -> ColumnElement[bool]:
    return column.between(value - 1e-5 * abs(value), value + 1e-5 * abs(value))


def _analysed(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Complete analyses with what is needed of their videos; the newest run last."""
    names = (
        "id",
        "path",
        "location",
        "camera",
        "started_at",
        "start_source",
        "start_is_guess",
        "stream",
        "width",
        "height",
    )
    columns = (*(getattr(VideoRow, name) for name in names), VideoRow.duration_s)
    joined = select(*columns, AnalysisRow.status, AnalysisRow.run_id).join(
        AnalysisRow, AnalysisRow.video_id == VideoRow.id
    )
    complete = AnalysisRow.status.in_((DONE, PARTIAL))
    return joined.where(complete, *conditions).order_by(VideoRow.id, AnalysisRow.run_id)


def _first_faces(video_id: int, run_id: int, *columns: InstrumentedAttribute[Any]) -> Select[Any]:
    mine = (FaceRow.video_id == video_id, FaceRow.run_id == run_id)
    return select(*columns).where(*mine).order_by(FaceRow.frame_index, FaceRow.face_index).limit(PRINTED_FACES)


def say_overlaps(found: Sequence[tuple[str, Overlap]]) -> tuple[str, ...]:
    """A sentence where other videos hold the same minutes as one: their paths, and what is known of each."""
    if not found:
        return ()
    path, overlap = max(found, key=lambda one: one[1].seconds)
    more = f" and of {len(found) - 1} more" if len(found) > 1 else ""
    about = f"{overlap.seconds:.0f} s of it are the same minutes as those of {path}{more}"
    if any(one.is_sure for _, one in found):
        return (f"{about}; reports count them once, unless told `count_overlaps`",)
    return (f"{about}, but that is not sure; reports count both and say so",)
