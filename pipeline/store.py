"""The store: one database, one writer, one transaction a chunk."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from . import __version__, schema
from .database import DEFAULT_DB, connect, explain
from .errors import StoreError
from .models import encode_card
from .records import EMOTIONS
from .schema import AnalysisRow, ChunkRow, FaceRow, FrameRow, RunRow, SchemaRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .models import StoredModel
    from .records import FrameReadings, VideoInfo
    from .settings import Settings


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """What the store knows of a video before it is analysed.

    Attributes:
        sha256: hash of the content, which is the video's identity.
        path: where it was seen.
        size_bytes: of the file.
        location, camera: NFC-normalised names.
        started_at: time of the first frame, with its zone, or None.
        start_source, timezone, timezone_source: where the time came from, and its IANA zone.
        info: what the container says; None if it could not be read.
    """

    sha256: str
    path: str
    size_bytes: int
    location: str
    camera: str
    started_at: datetime | None
    start_source: str | None
    timezone: str
    timezone_source: str
    info: VideoInfo | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How an analysis stands: its status (None if it never began), its reason, and the chunks that are stored."""

    status: str | None
    reason: str | None
    chunks: frozenset[int]


@dataclass(frozen=True, slots=True)
class Totals:
    """What an analysis has stored: sampled frames, faces, undecodable frames, and faces of each dominant label."""

    frames: int
    faces: int
    problems: int
    dominant: dict[str, int]


@dataclass(frozen=True, slots=True)
class VideoState:
    """One line of `fer-video status`: the latest analysis of a video."""

    path: str
    location: str
    camera: str
    status: str
    reason: str | None
    frames: int
    faces: int


class Store:
    """The single writer. Each method is one transaction; a method that fails has changed nothing."""

    def __init__(self, db: str = DEFAULT_DB) -> None:
        """Open or make the database; see `connect` for what it raises."""
        self.db = db
        self._engine = connect(db, create=True)

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise StoreError(f"{self.db}: {explain(error)}") from error

    def add_run(self, settings: Settings, model: StoredModel, device: str) -> int:
        """The number of the run with these settings and model, made if new; remembers the device."""
        fingerprint = settings.fingerprint(model.sha256)
        with self._transaction() as connection:
            known = connection.execute(
                select(RunRow.id, RunRow.device).where(RunRow.fingerprint == fingerprint)
            ).one_or_none()
            if known is None:
                return _key(connection, insert(RunRow).values(_run_values(settings, model, device, fingerprint)))
            devices = known.device.split(", ")
            if device not in devices:
                joined = ", ".join([*devices, device])
                connection.execute(update(RunRow).where(RunRow.id == known.id).values(device=joined))
            return int(known.id)

    def add_video(self, video: VideoRecord) -> int:
        """The number of the video with this content; its place and path become those seen now."""
        values = _video_values(video)
        with self._transaction() as connection:
            known = connection.scalar(select(VideoRow.id).where(VideoRow.sha256 == video.sha256))
            if known is None:
                return _key(connection, insert(VideoRow).values(**values, status=schema.RUNNING))
            connection.execute(update(VideoRow).where(VideoRow.id == known).values(values))
            return int(known)

    def progress(self, video_id: int, run_id: int) -> Progress:
        """What of this video is done under this run."""
        with self._transaction() as connection:
            row = connection.execute(
                select(AnalysisRow.status, AnalysisRow.reason).where(_of(AnalysisRow, video_id, run_id))
            )
            status, reason = row.one_or_none() or (None, None)
            chunks = connection.scalars(select(ChunkRow.number).where(_of(ChunkRow, video_id, run_id)))
            return Progress(status, reason, frozenset(chunks))

    def begin(self, video_id: int, run_id: int, *, force: bool = False) -> None:
        """Begin or go on with an analysis; `force` deletes what it had stored."""
        with self._transaction() as connection:
            if force:
                connection.execute(delete(AnalysisRow).where(_of(AnalysisRow, video_id, run_id)))
            _set_status(connection, video_id, run_id, schema.RUNNING, None, None)

    def add_chunk(self, video_id: int, run_id: int, number: int, frames: Sequence[FrameReadings]) -> bool:
        """Store a chunk whole; False if it was there already, which another process may have done."""
        with self._transaction() as connection:
            there = select(ChunkRow.number).where(_of(ChunkRow, video_id, run_id), ChunkRow.number == number)
            if connection.scalar(there) is not None:
                return False
            key = {"video_id": video_id, "run_id": run_id}
            connection.execute(insert(ChunkRow).values(**key, number=number, frames=len(frames), done_at=_now()))
            connection.execute(insert(FrameRow), [key | _frame_values(frame) for frame in frames])
            faces = [key | values for frame in frames for values in _face_values(frame)]
            if faces:
                connection.execute(insert(FaceRow), faces)
            return True

    def finish(self, video_id: int, run_id: int, status: str, reason: str | None = None) -> None:
        """Say how an analysis ended: `schema.DONE`, `PARTIAL` or `FAILED`."""
        with self._transaction() as connection:
            _set_status(connection, video_id, run_id, status, reason, _now())

    def totals(self, video_id: int, run_id: int) -> Totals:
        """Counts of what is stored for an analysis."""
        with self._transaction() as connection:
            frames, faces, problems = connection.execute(
                select(func.count(), func.coalesce(func.sum(FrameRow.faces), 0), func.count(FrameRow.problem)).where(
                    _of(FrameRow, video_id, run_id)
                )
            ).one()
            dominant = connection.execute(
                select(FaceRow.dominant, func.count()).where(_of(FaceRow, video_id, run_id)).group_by(FaceRow.dominant)
            )
            return Totals(int(frames), int(faces), int(problems), {label: int(count) for label, count in dominant})


def list_videos(engine: Engine) -> list[VideoState]:
    """The latest analysis of every video, by location, camera and path."""
    counts = (
        select(
            FrameRow.video_id,
            FrameRow.run_id,
            func.count().label("frames"),
            func.coalesce(func.sum(FrameRow.faces), 0).label("faces"),
        )
        .group_by(FrameRow.video_id, FrameRow.run_id)
        .subquery()
    )
    latest = (
        select(AnalysisRow.video_id, func.max(AnalysisRow.run_id).label("run_id"))
        .group_by(AnalysisRow.video_id)
        .subquery()
    )
    rows = (
        select(VideoRow, func.coalesce(counts.c.frames, 0), func.coalesce(counts.c.faces, 0))
        .outerjoin(latest, latest.c.video_id == VideoRow.id)
        .outerjoin(counts, (counts.c.video_id == VideoRow.id) & (counts.c.run_id == latest.c.run_id))
        .order_by(VideoRow.location, VideoRow.camera, VideoRow.path)
    )
    with engine.begin() as connection:
        return [
            VideoState(row.path, row.location, row.camera, row.status, row.reason, int(row[-2]), int(row[-1]))
            for row in connection.execute(rows)
        ]


def _of(table: type[AnalysisRow | ChunkRow | FrameRow | FaceRow], video_id: int, run_id: int) -> Any:
    return (table.video_id == video_id) & (table.run_id == run_id)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _key(connection: Connection, statement: Any) -> int:
    return int(connection.execute(statement).inserted_primary_key[0])


def _set_status(
    connection: Connection, video_id: int, run_id: int, status: str, reason: str | None, finished: datetime | None
) -> None:
    values = {"status": status, "reason": reason, "finished_at": finished}
    changed = connection.execute(update(AnalysisRow).where(_of(AnalysisRow, video_id, run_id)).values(values))
    if not changed.rowcount:
        connection.execute(insert(AnalysisRow).values(video_id=video_id, run_id=run_id, **values))
    connection.execute(update(VideoRow).where(VideoRow.id == video_id).values(status=status, reason=reason))


def _run_values(settings: Settings, model: StoredModel, device: str, fingerprint: str) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "created_at": _now(),
        "code_version": __version__,
        "model": model.card.name,
        "model_card": encode_card(model.card).decode(),
        "sampling": str(settings.sampling),
        "settings": json.dumps(asdict(settings), sort_keys=True),
        "device": device,
    }


def _video_values(video: VideoRecord) -> dict[str, Any]:
    info = video.info
    started = video.started_at.astimezone(UTC).replace(tzinfo=None) if video.started_at else None
    return {
        "sha256": video.sha256,
        "path": video.path,
        "size_bytes": video.size_bytes,
        "location": video.location,
        "camera": video.camera,
        "started_at": started,
        "start_source": video.start_source,
        "timezone": video.timezone,
        "timezone_source": video.timezone_source,
        "codec": info.codec if info else None,
        "width": info.width if info else None,
        "height": info.height if info else None,
        "fps": info.fps if info else None,
        "duration_s": info.duration_s if info else None,
    }


def _frame_values(frame: FrameReadings) -> dict[str, Any]:
    return {
        "frame_index": frame.index,
        "timestamp_s": frame.timestamp_s,
        "faces": len(frame.readings),
        "problem": frame.problem,
    }


def _face_values(frame: FrameReadings) -> Iterator[dict[str, Any]]:
    for number, reading in enumerate(frame.readings):
        face = reading.face
        yield {
            "frame_index": frame.index,
            "face_index": number,
            "x": round(face.x, 2),
            "y": round(face.y, 2),
            "width": round(face.width, 2),
            "height": round(face.height, 2),
            "detector_confidence": face.confidence,
            "size_px": round(min(face.width, face.height), 2),
            "sharpness": reading.sharpness,
            "dominant": reading.dominant,
            "confidence": reading.confidence,
        } | {f"p_{emotion}": value for emotion, value in zip(EMOTIONS, reading.probabilities, strict=True)}
