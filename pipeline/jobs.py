"""Many videos: what is to be done, what is done already, and a bad file that fails alone. Progress comes as events."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from .analyze import CHUNK_FRAMES, Stages, analyze
from .errors import VideoError
from .places.locate import Place, locate
from .settings import SamplingMode
from .store import schema
from .store.rows import VideoRecord
from .video.identity import Identity, has_grown_from, identify, stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from .places.inputs import Input
    from .places.locate import PlaceOptions
    from .records import VideoInfo
    from .settings import Sampling, Settings
    from .store.writer import Store
    from .video.decoding import Decoder

logger = logging.getLogger("fer_video")

SKIPPED, DUPLICATE = "skipped", "duplicate"
"""Beside the store's statuses: left out because it is no video, or the same content as another input."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One input of the plan: what its container says and where it belongs, or why it is left out or will fail."""

    path: Path
    info: VideoInfo | None = None
    place: Place | None = None
    skipped: str | None = None
    problem: str | None = None


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
    """Some more sampled frames of the current video are safe."""

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
        dominant: faces of each dominant label.
        reused: it was finished by an earlier run of the same command.
    """

    path: Path
    status: str
    reason: str | None = None
    location: str = ""
    camera: str = ""
    frames: int = 0
    faces: int = 0
    problems: int = 0
    dominant: dict[str, int] = field(default_factory=dict)
    reused: bool = False


Event: TypeAlias = VideoStarted | ChunkStored | Outcome


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that is the same for all videos of one call.

    Attributes:
        store: receives the rows.
        run_id: the run they belong to.
        settings: of that run.
        options: what the user said of places.
        decoder: reads the videos.
        open_stages: called once, when the first video really needs the networks.
        force: analyse anew what is done already.
    """

    store: Store
    run_id: int
    settings: Settings
    options: PlaceOptions
    decoder: Decoder
    open_stages: Callable[[], Stages]
    force: bool = False


def plan(inputs: Iterable[Input], decoder: Decoder, options: PlaceOptions) -> Iterator[Planned]:
    """What would be done with each input, without hashing it and without a database."""
    for item in inputs:
        if item.missing:
            yield Planned(item.path, problem=item.skipped)
            continue
        if item.skipped:
            yield Planned(item.path, skipped=item.skipped)
            continue
        try:
            info = decoder.probe(item.path)
            yield Planned(item.path, info, locate(item.path, info, options))
        except VideoError as error:
            yield Planned(item.path, place=locate(item.path, None, options), problem=str(error))


def run(inputs: Iterable[Input], batch: Batch) -> Iterator[Event]:
    """Analyse every input in turn; each ends in an `Outcome`, whatever happens to it.

    Raises:
        StoreError: the database failed, which concerns all that follow.
        ModelError: the networks cannot be opened.
        UsageError: a `cameras.toml` cannot be read, or a time zone is not known.
    """
    listed = list(inputs)
    total = sum(not item.skipped for item in listed)
    stages = cache(batch.open_stages)
    seen: dict[str, Path] = {}
    number = 0
    for item in listed:
        if item.skipped:
            yield Outcome(item.path, schema.FAILED if item.missing else SKIPPED, item.skipped)
            continue
        number += 1
        yield from _run_one(item.path, batch, stages, seen, (number, total))


@dataclass(frozen=True, slots=True)
class _Job:
    """One video of a batch, with its row in the store."""

    path: Path
    place: Place
    video_id: int
    batch: Batch

    def read(self, stages: Callable[[], Stages], first: int) -> Generator[ChunkStored, None, str | None]:
        """Store the chunks from `first` on; returns why the video failed, or None."""
        batch = self.batch
        frames = batch.decoder.sample(self.path, batch.settings.sampling, first * CHUNK_FRAMES)
        try:
            for number, chunk in enumerate(analyze(frames, stages(), batch.settings.min_confidence), first):
                batch.store.add_chunk(self.video_id, batch.run_id, number, chunk)
                faces = sum(len(frame.readings) for frame in chunk)
                yield ChunkStored(self.path, len(chunk), faces, chunk[-1].timestamp_s)
        except VideoError as error:
            return str(error)
        return None

    def finish(self, problem: str | None) -> Outcome:
        """Failed if nothing was read, partial if something is missing or damaged, else done."""
        store, run_id = self.batch.store, self.batch.run_id
        status, reason = schema.DONE, problem or self.batch.decoder.damage
        if problem:
            stored = store.totals(self.video_id, run_id).frames
            status = schema.PARTIAL if stored else schema.FAILED
            reason = f"{problem}; `force` reads it anew" if stored else problem
        elif reason:
            status = schema.PARTIAL
        store.finish(self.video_id, run_id, status, reason)
        logger.info("%s: %s%s", self.path, status, f" ({reason})" if reason else "")
        return self.outcome(status, reason)

    def outcome(self, status: str, reason: str | None, *, reused: bool = False) -> Outcome:
        """What is stored of the video."""
        totals = self.batch.store.totals(self.video_id, self.batch.run_id)
        return Outcome(
            path=self.path,
            status=status,
            reason=reason,
            location=self.place.location,
            camera=self.place.camera,
            frames=totals.frames,
            faces=totals.faces,
            problems=totals.problems,
            dominant=totals.dominant,
            reused=reused,
        )


def _run_one(
    path: Path, batch: Batch, stages: Callable[[], Stages], seen: dict[str, Path], position: tuple[int, int]
) -> Iterator[Event]:
    info, problem = _try_probe(path, batch.decoder)
    place = locate(path, info, batch.options)
    identity = identify(path)
    twin = seen.setdefault(identity.sha256, path)
    if twin != path:
        yield Outcome(path, DUPLICATE, f"the same content as {twin}", place.location, place.camera)
        return
    if identity.size_bytes:
        batch.store.forget(stand_in(path))
    job = _Job(path, place, batch.store.add_video(_record(path, identity, place, info)), batch)
    before = batch.store.progress(job.video_id, batch.run_id)
    if before.status in {schema.DONE, schema.PARTIAL} and not batch.force:
        _forget_beginnings(path, identity, batch.store)
        yield job.outcome(before.status, before.reason, reused=True)
        return
    if info and batch.force:
        stages()  # a model that does not load must not cost stored rows
    batch.store.begin(job.video_id, batch.run_id, force=batch.force)
    if info:
        first = 0 if batch.force else _first_open(before.chunks)
        expected = expected_frames(info, batch.settings.sampling)
        yield VideoStarted(path, *position, expected, first * CHUNK_FRAMES)
        problem = yield from job.read(stages, first)
    outcome = job.finish(problem)
    if outcome.status != schema.FAILED:
        _forget_beginnings(path, identity, batch.store)
    yield outcome


def _forget_beginnings(path: Path, identity: Identity, store: Store) -> None:
    """Delete what was stored of this file while it was still growing; another content under its name is kept."""
    for earlier in store.seen_at(str(path)):
        if 0 < earlier.size_bytes < identity.size_bytes and has_grown_from(path, earlier):
            store.forget(earlier.sha256)


def expected_frames(info: VideoInfo, sampling: Sampling) -> int:
    """About how many frames will be sampled; 0 if the container does not tell."""
    if info.is_still:
        return 1
    if sampling.mode is SamplingMode.FRAMES:
        return int(sampling.value)
    if sampling.mode is SamplingMode.KEYFRAMES or not info.duration_s:
        return 0
    rate = sampling.value if sampling.mode is SamplingMode.FPS else 1 / sampling.value
    return math.ceil(info.duration_s * min(rate, info.fps or rate))


def _try_probe(path: Path, decoder: Decoder) -> tuple[VideoInfo | None, str | None]:
    try:
        return decoder.probe(path), None
    except VideoError as error:
        return None, str(error)


def _first_open(chunks: frozenset[int]) -> int:
    """Chunks are stored in order, so the first missing one is where to go on."""
    return next(number for number in range(len(chunks) + 1) if number not in chunks)


def _record(path: Path, identity: Identity, place: Place, info: VideoInfo | None) -> VideoRecord:
    return VideoRecord(
        sha256=identity.sha256,
        path=str(path),
        size_bytes=identity.size_bytes,
        location=place.location,
        camera=place.camera,
        started_at=place.started_at,
        start_source=place.start_source,
        timezone=place.timezone,
        timezone_source=place.timezone_source,
        info=info,
    )
