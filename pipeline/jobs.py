"""Many videos: settle what is to be done with each, have it worked on, record what comes out.

    inputs ── settle ──> Job ── engine(work) ──> chunks, End ── record ──> store, and events for whoever watches

A bad file fails alone, what is finished is not done again, and every input ends in an `Outcome`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from .analyze import CHUNK_FRAMES
from .engines.serial import serial
from .errors import VideoError
from .places.locate import PlaceOptions, hints_for, locate
from .records import End, VideoRecord
from .store import schema
from .video.identity import has_grown_from, stand_in
from .video.sampling import expected_frames
from .work import Begun, Chunk, Failed, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from .engines.serial import Work
    from .models.folder import StoredModel
    from .places.inputs import Input
    from .records import VideoInfo
    from .settings import Settings
    from .store.writer import Store
    from .video.source import Source
    from .work import Event as WorkEvent
    from .work import OpenSource


logger = logging.getLogger("fer_video")

SKIPPED, DUPLICATE = "skipped", "duplicate"
"""Beside the store's statuses: left out because it is no video, or the same content as another input."""


@dataclass(frozen=True, slots=True)
class VideoStarted:
    """A video is being read; `expected_frames` is an estimate for the progress bar, `resumed_frames` are stored."""

    path: Path
    number: int
    of: int
    expected_frames: int
    resumed_frames: int


@dataclass(frozen=True, slots=True)
class ChunkStored:
    """Some more sampled frames of a video are safe."""

    path: Path
    frames: int
    faces: int
    timestamp_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one input ended.

    Attributes:
        path: the input; one that was named and is not there has failed.
        status: done, partial, failed, skipped or duplicate.
        reason: why, unless it is done.
        location, camera: where it belongs, if that is known.
        frames, faces, problems: what is stored of it; `problems` are frames that are damaged or could not be decoded.
        judged: how many of the faces the model judged for whether they can be read.
        dominant: how many faces count as each of `FACE_LABELS`, by the settings' thresholds.
        reused: it was finished by an earlier run of the same command.
        notes: what was noticed, a sentence each, though nothing is missing.
    """

    path: Path
    status: str
    reason: str | None = None
    location: str = ""
    camera: str = ""
    frames: int = 0
    faces: int = 0
    problems: int = 0
    judged: int = 0
    dominant: dict[str, int] = field(default_factory=dict)
    reused: bool = False
    notes: tuple[str, ...] = ()


Event: TypeAlias = VideoStarted | ChunkStored | Outcome

Engine: TypeAlias = "Callable[[Work, Iterable[Job | Outcome]], Iterator[tuple[Job, WorkEvent] | Outcome]]"
"""How jobs are done; see `engines.serial.serial` for what it keeps to."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that is the same for all videos of one call.

    Attributes:
        store: receives the rows.
        run_id: the run they belong to.
        settings, model, device: of that run.
        open_source: gives access to a path.
        places: what the user said of places.
        force: analyse anew what is done already.
    """

    store: Store
    run_id: int
    settings: Settings
    model: StoredModel
    device: str
    open_source: OpenSource
    places: PlaceOptions = field(default_factory=PlaceOptions)
    force: bool = False


def run(inputs: Iterable[Input], batch: Batch, work: Work, engine: Engine = serial) -> Iterator[Event]:
    """Analyse every input; each ends in an `Outcome`, whatever happens to it.

    Raises:
        StoreError: the database failed, which concerns all that follow.
        ModelError: the networks cannot be opened.
        UsageError: a `cameras.toml` cannot be read, or a time zone is not known.
    """
    for done in engine(work, _settle_all(list(inputs), batch)):
        yield done if isinstance(done, Outcome) else record(batch.store, *done)


def _settle_all(inputs: list[Input], batch: Batch) -> Iterator[Job | Outcome]:
    total = sum(not item.skipped for item in inputs)
    seen: dict[str, Path] = {}
    number = 0
    for item in inputs:
        number += not item.skipped
        yield settle(item, batch, seen, (number, total))


def settle(item: Input, batch: Batch, seen: dict[str, Path], position: tuple[int, int] = (1, 1)) -> Job | Outcome:
    """What is to be done with an input: a job, or nothing and why.

    Args:
        item: the input.
        batch: settings and store.
        seen: the first path of each content among the inputs so far; this one is added.
        position: number among the videos of the batch from 1, and how many there are.
    """
    if item.skipped:
        return Outcome(item.path, schema.FAILED if item.missing else SKIPPED, item.skipped)
    hints = hints_for(item.path, batch.places)
    source = batch.open_source(item.path, hints)
    info, problem = _try_probe(source)
    video = VideoRecord(item.path, source.identity(), locate(item.path, info, batch.places), info, hints)
    twin = seen.setdefault(video.identity.sha256, item.path)
    if twin != item.path:
        reason = f"the same content as {twin}"
        return Outcome(item.path, DUPLICATE, reason, video.place.location, video.place.camera)
    if video.identity.size_bytes:
        batch.store.forget(stand_in(item.path))
    video_id = batch.store.add_video(video)
    job = Job(video, video_id, batch.run_id, batch.settings, batch.model, batch.device, 0, batch.force, *position)
    before = batch.store.progress(video_id, batch.run_id)
    if before.status in {schema.DONE, schema.PARTIAL} and not batch.force:
        _forget_beginnings(video, batch.store)
        return _outcome(batch.store, job, before.status, before.reason, reused=True)
    if problem:
        batch.store.begin(video_id, batch.run_id, force=batch.force)
        return _finish(batch.store, job, Failed(problem))
    return job if batch.force else replace(job, first_chunk=_first_open(before.chunks))


def record(store: Store, job: Job, event: WorkEvent) -> Event:
    """Write down what a worker says. There is one writer, whoever does the work.

    Raises:
        StoreError: the database cannot be written.
    """
    if isinstance(event, Begun):
        store.begin(job.video_id, job.run_id, force=job.force)
        expected = expected_frames(job.video.info, job.settings.sampling) if job.video.info else 0
        return VideoStarted(job.video.path, job.number, job.of, expected, job.first_chunk * CHUNK_FRAMES)
    if isinstance(event, Chunk):
        store.add_chunk(job.video_id, job.run_id, event.number, event.frames)
        faces = sum(len(frame.readings) for frame in event.frames)
        return ChunkStored(job.video.path, len(event.frames), faces, event.frames[-1].timestamp_s)
    return _finish(store, job, event)


def _finish(store: Store, job: Job, event: End | Failed) -> Outcome:
    """Failed if nothing was read, partial if something is missing or damaged, else done."""
    notes: tuple[str, ...] = ()
    if isinstance(event, End):
        status, reason, notes = (schema.PARTIAL if event.damage else schema.DONE), event.damage, event.notes
    else:
        stored = store.totals(job.video_id, job.run_id).frames
        status = schema.PARTIAL if stored else schema.FAILED
        reason = f"{event.reason}; `force` reads it anew" if stored else event.reason
    store.finish(job.video_id, job.run_id, status, reason, notes)
    logger.info("%s: %s%s", job.video.path, status, f" ({reason})" if reason else "")
    if status != schema.FAILED:
        _forget_beginnings(job.video, store)
        notes = (*notes, *_overlaps(store, job))
    return replace(_outcome(store, job, status, reason), notes=notes)


def _overlaps(store: Store, job: Job) -> Iterator[str]:
    """A line where other videos hold the same minutes."""
    found = store.overlapping(job.video_id, job.run_id)
    if not found:
        return
    path, overlap = max(found, key=lambda one: one[1].seconds)
    more = f" and of {len(found) - 1} more" if len(found) > 1 else ""
    about = f"{overlap.seconds:.0f} s of it are the same minutes as those of {path}{more}"
    if any(one.is_sure for _, one in found):
        yield f"{about}; reports count them once, unless told `count_overlaps`"
    else:
        yield f"{about}, but that is not sure; reports count both and say so"


def _outcome(store: Store, job: Job, status: str, reason: str | None, *, reused: bool = False) -> Outcome:
    """What is stored of the video."""
    totals = store.totals(job.video_id, job.run_id, job.settings.thresholds)
    return Outcome(
        path=job.video.path,
        status=status,
        reason=reason,
        location=job.video.place.location,
        camera=job.video.place.camera,
        frames=totals.frames,
        faces=totals.faces,
        problems=totals.problems,
        judged=totals.judged,
        dominant=totals.dominant,
        reused=reused,
    )


def _forget_beginnings(video: VideoRecord, store: Store) -> None:
    """Delete what was stored of this file while it was still growing; another content under its name is kept."""
    for earlier in store.seen_at(str(video.path)):
        if 0 < earlier.size_bytes < video.identity.size_bytes and has_grown_from(video.path, earlier):
            store.forget(earlier.sha256)


def _try_probe(source: Source) -> tuple[VideoInfo | None, str | None]:
    try:
        return source.probe(), None
    except VideoError as error:
        return None, str(error)


def _first_open(chunks: frozenset[int]) -> int:
    """Chunks are stored in order, so the first missing one is where to go on."""
    return next(number for number in range(len(chunks) + 1) if number not in chunks)
