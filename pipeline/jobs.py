"""Many videos: settle what is to be done with each, have it worked on, record what comes out.

    inputs ── settle ──> Job ── engine(work) ──> chunks, End ── record ──> store, and events for whoever watches

A bad file fails alone, what is finished is not done again, and every input ends in an `Outcome`.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from .analyze import frames_before
from .areas import blank_sha256
from .engines.serial import serial
from .errors import DecoderLostError, StoreError, VideoError
from .events import DUPLICATE, SKIPPED, ChunkStored, Event, Outcome, VideoDeferred, VideoStarted
from .outcomes import failed, outcome_of
from .places.inputs import COPY
from .places.kept import changes, keep_hints
from .places.locate import PlaceOptions
from .places.streams import further_inputs, hints_of, locate_stream
from .proportions import doubt_shape
from .records import NO_HINTS, End, VideoRecord
from .rereading import why_anew
from .store import schema
from .store.leases import Holder, LostError
from .store.overlaps import say_overlaps
from .store.standing import GapError, Streamed
from .told import keep, what_holds, why_refused
from .tracks.linking import count_tracklets, link_analysis
from .turns import LATER, MAX_DEATHS, Look, Turns
from .video.identity import has_changed, has_grown_from, stamp_of, stand_in
from .video.reader import READER_VERSION
from .video.sampling import expected_frames
from .work import Begun, Chunk, Failed, Job, Pause, Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from .engines.serial import Work
    from .models.folder import StoredModel
    from .places.inputs import Input
    from .records import Identity, VideoInfo
    from .settings import Settings
    from .store.places import PlacedVideo
    from .store.standing import Progress
    from .store.writer import Store
    from .video.identity import Stamp
    from .video.source import Source
    from .work import Event as WorkEvent
    from .work import OpenSource


logger = logging.getLogger("fer_video")

CHANGED = "the file changed while it was read, so nothing of it is stored; run the same command again"

Task: TypeAlias = Job | Outcome | VideoDeferred
Turn: TypeAlias = Task | Pause | Quiet

Engine: TypeAlias = "Callable[[Work, Iterable[Any]], Iterator[Any]]"
"""How jobs are done: out come events, each with its job, and what needs no work. See `engines.serial.serial`."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that is the same for all videos of one call.

    Attributes:
        store: receives the rows.
        run_id: the run they belong to.
        settings, model, device: of that run.
        open_source: gives access to a path.
        places: what the user said of places.
        force: analyse anew what is done already, also what another process works on.
        again: analyse also what was forgotten.
        renew: called before a video is tried alone, to give back what others left behind.
        require_areas: refuse videos of whose camera nobody said whether staff are in the picture.
    """

    store: Store
    run_id: int
    settings: Settings
    model: StoredModel
    device: str
    open_source: OpenSource
    places: PlaceOptions = field(default_factory=PlaceOptions)
    force: bool = False
    again: bool = False
    renew: Callable[[], None] = lambda: None
    require_areas: bool = False


def run(inputs: Iterable[Input], batch: Batch, work: Work, engine: Engine = serial) -> Iterator[Event]:
    """Analyse every input; each ends in an `Outcome`, whatever happens to it.

    Raises:
        StoreError: the database failed, which concerns all that follow.
        ModelError: the networks cannot be opened.
        UsageError: a `cameras.toml` cannot be read, or a time zone is not known.
    """
    turns: Turns[Outcome] = Turns(partial(_settle, batch, {}), batch.store.holder, batch.renew)
    streamed: dict[str | None, Streamed] = {}
    try:
        for done in engine(turns.keep(work), _settle_all(list(inputs), turns, batch.places)):
            if not isinstance(done, tuple):
                yield done
                continue
            job, event = done
            if turns.is_lost(job):
                continue
            try:
                told = record(batch.store, job, event, streamed)
            except LostError as lost:
                logger.info("%s: %s", job.video.name, lost)
                told = turns.put_off(job, lost) or failed(job, str(lost))
            yield told
    finally:
        with suppress(StoreError):  # a lease that cannot be given back runs out
            batch.store.release()


def _settle_all(inputs: list[Input], turns: Turns[Outcome], places: PlaceOptions) -> Iterator[Turn]:
    total = sum(not item.skipped for item in inputs)
    number = 0
    for item in inputs:
        number += not item.skipped
        settled = turns.look(item, (number, total))
        further = list(further_inputs(item, _streams(settled), inputs, places))
        total += len(further)
        yield replace(settled, of=total) if isinstance(settled, Job) else settled
        for other in further:
            number += 1
            yield turns.look(other, (number, total))
    yield from turns.rest()


def _streams(settled: Task) -> int:
    """How many cameras the file of an input holds, as far as that is known."""
    if isinstance(settled, Outcome):
        return settled.streams
    return settled.video.info.streams if settled.video.info else 1


def _settle(batch: Batch, seen: dict[str, Path], item: Input, position: tuple[int, int], look: Look) -> Task:
    try:
        return settle(item, batch, seen, position, look)
    except LostError as lost:  # between two looks at the database
        return Outcome(item.path, schema.FAILED, f"{lost}; run the same command again")


def settle(
    item: Input,
    batch: Batch,
    seen: dict[str, Path],
    position: tuple[int, int] = (1, 1),
    look: Look = Look.FIRST,
) -> Task:
    """What is to be done with an input: a job, or nothing for now or at all, and why.

    Args:
        item: the input.
        batch: settings and store.
        seen: the first path of each content among the inputs so far; this one is added.
        position: number among the videos of the batch from 1, and how many there are.
        look: whether it was put off before. Then another process has begun it since, and force was obeyed by that.

    Raises:
        LostError: another process deleted the video just now.
    """
    if item.skipped:
        return Outcome(item.path, schema.FAILED if item.missing else SKIPPED, item.skipped)
    stamp, hints = stamp_of(item.path), hints_of(item, batch.places)
    identity = batch.open_source(item.path, hints).identity()
    before = _stored_before(item.path, identity, hints.stream or 1, batch.store)
    hints = keep_hints(hints, before.hints if before else NO_HINTS)
    info, problem = _try_probe(batch.open_source(item.path, hints))
    if info and info.is_annotated:
        return Outcome(item.path, SKIPPED, COPY)
    stream, placed = info.stream if info else hints.stream or 1, before.place if before else None
    place = locate_stream(item.path, info, batch.places, stream, placed)
    moved = tuple(map(str, changes(placed, place))) if info else ()
    video = VideoRecord(item.path, identity, place, info, hints, moved)
    left_out = _left_out(video, batch, seen)
    if left_out:
        return left_out
    if video.identity.size_bytes:
        batch.store.forget(stand_in(item.path, video.stream))
    return _settle_video(video, batch, (stamp, problem), position, look)


def _settle_video(
    video: VideoRecord, batch: Batch, found: tuple[Stamp | None, Failed | None], position: tuple[int, int], look: Look
) -> Task:
    """What is to be done with a video, by what is stored of it; `found` is its stamp, and why it cannot be read."""
    said = what_holds(batch.store, video, batch.places)
    if refused := why_refused(said.areas, required=batch.require_areas):
        return Outcome(video.name, schema.FAILED, refused, video.place.location, video.place.camera)
    video_id, masks = batch.store.add_video(video), said.areas.masks
    keep(batch.store, video_id, video, said)
    before = batch.store.progress(video_id, batch.run_id)
    anew = why_anew(before, video.info, blank_sha256(masks))
    force = (batch.force and look is Look.FIRST) or anew is not None
    first = 0 if force else _first_open(before.chunks)
    job = Job(video, video_id, batch.run_id, batch.settings, batch.model, batch.device, first, force, *position)
    ended_before = (before.status, before.reason) if before.status and before.is_final else None
    job = replace(job, anew=anew, stamp=found[0], masks=masks, ended_before=ended_before)
    if _is_settled(before) and not force:
        _forget_beginnings(video, batch.store)
        return outcome_of(batch.store, job, before.status or "", before.reason, before.notes, reused=True)
    if before.deaths and look is not Look.ALONE and not force:
        return VideoDeferred(
            video, "the program ended while it read this video; it is tried alone, behind the others", job.key
        )
    return _claim(job, batch, found[1], steal=batch.force and look is Look.FIRST)


def _stored_before(path: Path, identity: Identity, stream: int, store: Store) -> PlacedVideo | None:
    """The video as it is stored; of a file that has grown since, what is stored of its beginning."""
    before = store.placed(identity.sha256)
    if before or not identity.size_bytes:
        return before
    for earlier in store.seen_at(str(path)):
        if 0 < earlier.size_bytes < identity.size_bytes and has_grown_from(path, earlier, stream):
            return store.placed(earlier.sha256)
    return None


def _left_out(video: VideoRecord, batch: Batch, seen: dict[str, Path]) -> Outcome | None:
    """The end of a video that is another input's, or was forgotten and is not asked for again; None for the others."""
    place, sha256 = video.place, video.identity.sha256
    twin = seen.setdefault(sha256, video.name)
    if twin != video.name:
        return Outcome(video.name, DUPLICATE, f"the same content as {twin}", place.location, place.camera)
    forgotten_at = batch.store.when_forgotten(sha256)
    if forgotten_at is None:
        return None
    if batch.again:
        batch.store.take_back(sha256)
        return None
    reason = f"forgotten on {forgotten_at:%Y-%m-%d}, and left so; `again` takes it back"
    streams = video.info.streams if video.info else 1
    return Outcome(video.name, SKIPPED, reason, place.location, place.camera, streams=streams)


def _is_settled(before: Progress) -> bool:
    """Whether there is nothing to do: it was read to its end, or the program ended too often on it."""
    statuses = {schema.DONE, schema.PARTIAL} | ({schema.FAILED} if before.deaths >= MAX_DEATHS else set())
    return before.is_final and before.status in statuses


def _claim(job: Job, batch: Batch, problem: Failed | None, *, steal: bool) -> Task:
    """The job with its lease, or who has that; and the end of one that need not be worked on."""
    lease = batch.store.claim(*job.key, steal=steal)
    if isinstance(lease, Holder):
        return VideoDeferred(job.video, f"being analysed by another fer-video ({lease}); {LATER}", job.key, lease)
    job = replace(job, token=lease.token)
    if lease.deaths >= MAX_DEATHS:
        ended = f"the program ended {lease.deaths} times while it read this video; `force` tries it again"
        return _finish(batch.store, job, Failed(ended), deaths=lease.deaths)
    if problem:
        force = job.force and not problem.again
        _begin(batch.store, job, force=force)
        return _finish(batch.store, job, problem)
    return job


def _begin(store: Store, job: Job, *, force: bool) -> None:
    store.begin(*job.key, force=force, token=job.token, reader=READER_VERSION, blank=blank_sha256(job.masks))


def record(store: Store, job: Job, event: WorkEvent, streamed: dict[str | None, Streamed]) -> Event:
    """Write down what a worker says. There is one writer, whoever does the work.

    Args:
        store: the writer.
        job: whose event it is.
        event: what happened.
        streamed: how much came of each job so far, by its token; kept here.

    Raises:
        StoreError: the database cannot be written.
        LostError: the video is another process's now, or its rows are gone.
    """
    if isinstance(event, Begun):
        _begin(store, job, force=job.force)
        streamed[job.token] = Streamed(job.first_chunk, job.first_chunk)
        expected = expected_frames(job.video.info, job.settings.sampling) if job.video.info else 0
        length_s = job.video.info.duration_s if job.video.info else None
        resumed = frames_before(job.first_chunk)
        return VideoStarted(job.video.name, job.number, job.of, expected, resumed, job.anew, length_s)
    if isinstance(event, Chunk):
        store.add_chunk(*job.key, event.number, event.frames, job.token)
        came = streamed[job.token]
        streamed[job.token] = Streamed(came.first, event.number + 1, came.frames + len(event.frames))
        faces = sum(len(frame.readings) for frame in event.frames)
        return ChunkStored(job.video.name, len(event.frames), faces, event.frames[-1].timestamp_s)
    return _finish(store, job, event, streamed.pop(job.token, None))


def _finish(store: Store, job: Job, event: End | Failed, streamed: Streamed | None = None, deaths: int = 0) -> Outcome:
    """Failed if nothing was read, partial if something is missing or damaged, else done."""
    if has_changed(job.video.path, job.video.identity, job.stamp, job.video.stream):
        store.discard(*job.key, job.token)
        return failed(job, CHANGED)
    notes: tuple[str, ...] = ()
    if isinstance(event, End):
        status, reason, notes = (schema.PARTIAL if event.damage else schema.DONE), event.damage, event.notes
    else:
        stored = store.totals(*job.key).frames
        status = schema.PARTIAL if stored else schema.FAILED
        advised = stored and not event.again and not deaths
        reason = f"{event.reason}; `force` reads it anew" if advised else event.reason
    is_final = not (isinstance(event, Failed) and event.again)
    whole = streamed if isinstance(event, End) else None
    odd = doubt_shape(store.face_shapes(*job.key), lambda: store.followed(*job.key, count_tracklets))
    notes = (*notes, odd) if odd else notes
    try:
        ending = partial(store.finish, *job.key, notes=notes, token=job.token, link=link_analysis)
        ending(status=status, reason=reason, streamed=whole, is_final=is_final, deaths=deaths)
    except GapError as gap:
        status, reason = schema.PARTIAL, str(gap)
        ending(status=status, reason=reason, is_final=False)
    if status != schema.FAILED:
        _forget_beginnings(job.video, store)
        notes = (*notes, *say_overlaps(store.overlapping(*job.key)))
    return outcome_of(store, job, status, reason, notes)


def _forget_beginnings(video: VideoRecord, store: Store) -> None:
    """Delete what was stored of this file while it was still growing; another content under its name is kept."""
    for earlier in store.seen_at(str(video.path)):
        if 0 < earlier.size_bytes < video.identity.size_bytes and has_grown_from(video.path, earlier, video.stream):
            store.forget(earlier.sha256)


def _try_probe(source: Source) -> tuple[VideoInfo | None, Failed | None]:
    """What the container says, or why it says nothing; what came from outside the file is tried again."""
    try:
        return source.probe(), None
    except DecoderLostError as error:
        return None, Failed(str(error), again=error.outside)
    except VideoError as error:
        return None, Failed(str(error))


def _first_open(chunks: frozenset[int]) -> int:
    """Chunks are stored in order, so the first missing one is where to go on."""
    return next(number for number in range(len(chunks) + 1) if number not in chunks)
