"""Database → columns. The only place in `reports` that knows tables; aggregation happens later, in columns."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from sqlalchemy import select

from pipeline.errors import UsageError
from pipeline.labels import label_faces
from pipeline.models.card import ModelCard
from pipeline.nearest import nearest
from pipeline.records import EXPRESSIONS, numbered
from pipeline.store.integrity import damaged, told_as_damage
from pipeline.store.overlaps import find_overlaps, read_recording
from pipeline.store.schema import DONE, PARTIAL, RUNNING, AnalysisRow, FaceRow, FrameRow, RunRow, VideoRow

from .clock import local_seconds
from .columns import Data, Faces, Frames, Run, Video
from .overlaps import without_doubles
from .selection import Selection, first_unmatched, matches, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine, Select

    from pipeline.labels import Thresholds
    from pipeline.store.overlaps import Overlap, Recording

    from .columns import Ints, Reals

_NUMBERS = ("size_px", "sharpness", "confidence", "readable", "is_face")
_MOST_SECONDS, _MOST_PIXELS, _MOST_SHARPNESS = 1e9, 1e6, 1e9
_ROUNDING = 0.01
"""Seven probabilities of a face add up to 1, to the digits that a network computes with."""

_PROBABILITIES = tuple(f"p_{name}" for name in EXPRESSIONS)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a selected video's rows lie: which database, its numbers there, and its row of `videos`."""

    video: Video
    engine: Engine
    video_id: int
    run_id: int | None
    row: VideoRow


def load(engines: Sequence[Engine], selection: Selection) -> Data:
    """Read the selected rows of one or more databases as one.

    What is no face by the selection's thresholds is counted and dropped; so are minutes that a better video of the same
    camera has too. A video that is in several databases is read from the one with its newest complete run.

    Raises:
        UsageError: a filter matches nothing, or there is no such run.
    """
    sources = find_sources(engines, selection)
    parts = [(at, *read_rows(source, selection.thresholds)) for at, source in enumerate(sources) if source.video.run]
    data = _joined(tuple(source.video for source in sources), parts)
    data = within(data, selection.since, selection.until)
    return without_doubles(data, read_overlaps(sources), count_all=selection.count_overlaps).without_no_face()


def read_overlaps(sources: Sequence[Source]) -> list[Overlap]:
    """Which of these videos have the same minutes, as positions among them."""
    counted = [at for at, source in enumerate(sources) if source.video.run]
    found = find_overlaps([_recording(sources[at]) for at in counted])
    return [replace(one, better=counted[one.better], other=counted[one.other]) for one in found]


def read_times(source: Source) -> Reals:
    """Seconds of a video's sampled frames from its first one, in their order."""
    with source.engine.connect() as connection:
        return _fetch(connection, _of(FrameRow, source, FrameRow.timestamp_s))[0]


def _recording(source: Source) -> Recording:
    with source.engine.connect() as connection:
        return read_recording(connection, source.row, source.run_id or 0, source.video.status)


def find_sources(engines: Sequence[Engine], selection: Selection) -> list[Source]:
    """The selected videos with the run of each that counts, sorted by location, camera, start and name."""
    found = [source for engine in engines for source in _analyses(engine)]
    if selection.run is not None:
        _check_run(found, selection.run)
        found = [source for source in found if source.run_id == selection.run]
    _check_filters(found, selection)
    chosen: dict[str, Source] = {}
    for source in found:
        video = source.video
        if not (matches(selection.locations, video.location) and matches(selection.cameras, video.camera)):
            continue
        if matches(selection.videos, video.name, video.path):
            chosen[video.sha256] = _newer(chosen.get(video.sha256), source)
    return _with_clear_names(sorted((_counted(source) for source in chosen.values()), key=_order))


def read_rows(source: Source, thresholds: Thresholds) -> tuple[Frames, Faces]:
    """All frames and faces of one video under its run; `Frames.video` is 0 and `Faces.frame` counts from 0.

    Args:
        source: the video.
        thresholds: which face is no face, which is unclear and which undecided.
    """
    with told_as_damage(source.engine), source.engine.connect() as connection:
        index, time_s, problem = _fetch(
            connection, _of(FrameRow, source, FrameRow.frame_index, FrameRow.timestamp_s, FrameRow.problem.is_not(None))
        )
        columns = [getattr(FaceRow, name) for name in (*_NUMBERS, *_PROBABILITIES)]
        frame, *values = _fetch(connection, _of(FaceRow, source, FaceRow.frame_index, *columns))
    _check_values(source, time_s, values)
    frames = Frames(
        video=np.zeros(len(index), np.int64),
        index=index.astype(np.int64),
        time_s=time_s,
        local_s=local_seconds(source.video, time_s),
        problem=problem.astype(np.bool_),
    )
    return frames, _faces(np.searchsorted(frames.index, frame.astype(np.int64)), values, thresholds)


def _check_values(source: Source, time_s: Reals, values: list[Reals]) -> None:
    """Refuse numbers that no analysis stores; what says the same twice, as confidence and probabilities, must agree."""
    size, sharpness, confidence, *judged_and_probabilities = values
    probabilities = np.stack(judged_and_probabilities[2:], axis=1)
    checks = {
        "seconds": np.abs(time_s) < _MOST_SECONDS,
        "size": (size > 0) & (size < _MOST_PIXELS),
        "sharpness": (sharpness >= 0) & (sharpness < _MOST_SHARPNESS),
        "probability": ((probabilities >= 0) & (probabilities <= 1)).all(axis=1),
        "confidence": probabilities.max(axis=1, initial=0.0) == confidence,
        "sum of probabilities": np.abs(probabilities.sum(axis=1) - 1) < _ROUNDING,
    }
    wrong = next((name for name, right in checks.items() if not right.all()), None)
    if wrong:
        raise damaged(source.engine, f"{source.video.name}: a {wrong} is none that can be")


def _faces(frame: Ints, values: list[Reals], thresholds: Thresholds) -> Faces:
    """Faces from their columns in the order of `_NUMBERS`, then of the probabilities; NULL is NaN."""
    size, sharpness, confidence, readable, is_face, *probabilities = values
    # Labels are decided before anything is rounded, so that they are those of the database's own digits.
    labels = label_faces(np.stack(probabilities, axis=1), readable, is_face, thresholds)
    return Faces(
        frame=frame,
        label=labels,
        probabilities=np.stack([column.astype(np.float32) for column in probabilities], axis=1),
        size_px=size.astype(np.float32),
        sharpness=sharpness.astype(np.float32),
        confidence=confidence.astype(np.float32),
        readable=readable.astype(np.float32),
    )


def _of(table: type[FrameRow | FaceRow], source: Source, *columns: Any) -> Select[Any]:
    mine = (table.video_id == source.video_id, table.run_id == source.run_id)
    return select(*columns).where(*mine).order_by(*table.__table__.primary_key)


def _fetch(connection: Connection, statement: Select[Any]) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """Columns of a result as float64; an empty result gives empty columns.

    The driver's own cursor is asked, as wrapping a million rows costs as much as reading them.
    """
    cursor = connection.connection.cursor()
    cursor.execute(str(statement.compile(connection, compile_kwargs={"literal_binds": True})))
    rows = cursor.fetchall()
    cursor.close()
    columns = zip(*rows, strict=True) if rows else [()] * len(statement.selected_columns)
    return [np.array(column, np.float64) for column in columns]


def _joined(videos: tuple[Video, ...], parts: list[tuple[int, Frames, Faces]]) -> Data:
    if not parts:
        return Data(videos, *_empty())
    offsets = np.cumsum([0, *(len(frames) for _, frames, _ in parts)])
    frames = [replace(frames, video=frames.video + at) for at, frames, _ in parts]
    faces = [replace(part[2], frame=part[2].frame + start) for part, start in zip(parts, offsets, strict=False)]
    return Data(videos, _concatenated(Frames, frames), _concatenated(Faces, faces))


def _concatenated(kind: Any, parts: Sequence[Any]) -> Any:
    return kind(*(np.concatenate([getattr(part, name) for part in parts]) for name in kind.__slots__))


def _empty() -> tuple[Frames, Faces]:
    ints, reals, floats = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.float32)
    frames = Frames(ints, ints, reals, reals, np.zeros(0, np.bool_))
    return frames, Faces(ints, ints, np.zeros((0, len(EXPRESSIONS)), np.float32), floats, floats, floats, floats)


def _analyses(engine: Engine) -> Iterator[Source]:
    statement = (
        select(VideoRow, AnalysisRow, RunRow)
        .outerjoin(AnalysisRow, AnalysisRow.video_id == VideoRow.id)
        .outerjoin(RunRow, RunRow.id == AnalysisRow.run_id)
        .order_by(VideoRow.id, RunRow.created_at, RunRow.id)
    )
    runs: dict[int, Run] = {}
    from sqlalchemy.orm import Session

    with told_as_damage(engine), Session(engine) as session:
        sources = [_source(engine, row[0], row[1], row[2], runs) for row in session.execute(statement)]
    yield from sources


def _source(
    engine: Engine, video: VideoRow, analysis: AnalysisRow | None, run: RunRow | None, runs: dict[int, Run]
) -> Source:
    if run and run.id not in runs:
        runs[run.id] = _run(run)
    found = Video(
        sha256=video.sha256,
        path=video.path,
        name=numbered(PurePath(video.path).name, video.stream),
        location=video.location,
        camera=video.camera,
        started_at=video.started_at,
        start_source=video.start_source,
        timezone=video.timezone,
        timezone_source=video.timezone_source,
        duration_s=video.duration_s,
        status=analysis.status if analysis else (video.status or RUNNING),
        reason=analysis.reason if analysis else video.reason,
        run=runs[run.id] if run else None,
        # Rows from before 0.4 do not say so, but what they took from the container was as unsure.
        start_is_guess=bool(video.started_at and (video.start_is_guess or video.start_source == "container")),
    )
    return Source(found, engine, video.id, run.id if run else None, video)


def _run(row: RunRow) -> Run:
    try:
        card = msgspec.json.decode(row.model_card, type=ModelCard)
    except msgspec.MsgspecError:
        card = None
    return Run(
        id=row.id,
        fingerprint=row.fingerprint,
        created_at=row.created_at,
        code_version=row.code_version,
        model=row.model,
        card=card,
        sampling=row.sampling,
        settings=json.loads(row.settings),
        device=row.device,
    )


def _complete(source: Source) -> bool:
    return source.video.run is not None and source.video.status in (DONE, PARTIAL)


def _newer(known: Source | None, other: Source) -> Source:
    """Of two analyses of one video the complete one; of two complete ones the one with the newer run."""
    if known is None:
        return other

    def rank(source: Source) -> tuple[bool, str, int]:
        run = source.video.run
        return _complete(source), run.created_at.isoformat() if run else "", run.id if run else 0

    return max(other, known, key=rank)


def _counted(source: Source) -> Source:
    return source if _complete(source) else replace(source, video=replace(source.video, run=None))


def _order(source: Source) -> tuple[str, str, str, str]:
    video = source.video
    return video.location, video.camera, video.started_at.isoformat() if video.started_at else "", video.path


def _with_clear_names(sources: list[Source]) -> list[Source]:
    """Put the folder before the names that several videos share."""
    times = Counter(source.video.name for source in sources)

    def clear(video: Video) -> Video:
        folder = PurePath(video.path).parts[-2:-1]
        return replace(video, name="/".join((*folder, video.name))) if times[video.name] > 1 else video

    return [replace(source, video=clear(source.video)) for source in sources]


def _check_run(sources: list[Source], run: int) -> None:
    known = sorted({source.run_id for source in sources if source.run_id is not None})
    if run not in known:
        names = ", ".join(map(str, known)) or "none"
        raise UsageError(f"`run` {run}: there is no such run. There are: {names}. 'fer-video status' lists them.")


def _check_filters(sources: list[Source], selection: Selection) -> None:
    videos = [source.video for source in sources]
    for setting, patterns, names in (
        ("location", selection.locations, [(video.location,) for video in videos]),
        ("camera", selection.cameras, [(video.camera,) for video in videos]),
        ("video", selection.videos, [(video.name, video.path) for video in videos]),
    ):
        unmatched = first_unmatched(patterns, names)
        if unmatched is not None:
            known = sorted({group[0] for group in names})
            listed = ", ".join([*known[:8], *([f"{len(known) - 8} more"] if known[8:] else [])]) or "none"
            raise UsageError(
                f"`{setting}` {unmatched!r}: nothing of that name is stored. There are: {listed}."
                f"{nearest(unmatched, known)}"
            )
