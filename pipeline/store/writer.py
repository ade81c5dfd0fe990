"""The store: one database, one writer, one transaction a chunk."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from ..errors import StoreError
from ..labels import THRESHOLDS, Thresholds
from ..records import Identity
from . import schema
from .database import DEFAULT_DB, connect, explain, shown
from .fingerprints import fingerprint
from .integrity import check_sound
from .overlaps import find_overlaps_of
from .rows import face_values, frame_values, now, run_values, stored_path, video_values
from .schema import AnalysisRow, ChunkRow, FaceRow, FrameRow, RunRow, VideoRow, label_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..models.folder import StoredModel
    from ..records import FrameReadings, VideoRecord
    from ..settings import Settings
    from .database import Upgrade
    from .overlaps import Overlap


@dataclass(frozen=True, slots=True)
class Progress:
    """How an analysis stands: its status (None if it never began), its reason, and the chunks that are stored."""

    status: str | None
    reason: str | None
    chunks: frozenset[int]


@dataclass(frozen=True, slots=True)
class Totals:
    """What an analysis has stored.

    Attributes:
        frames, problems: sampled frames, and those of them that are damaged or could not be decoded.
        faces: everything that was detected as a face; the sum of `dominant`.
        judged: how many of them the model judged for whether they can be read.
        dominant: how many of them count as each of `FACE_LABELS`, those that there are.
    """

    frames: int
    faces: int
    problems: int
    judged: int
    dominant: dict[str, int]


class Store:
    """The single writer. Each method is one transaction; a method that fails has changed nothing."""

    def __init__(self, db: str = DEFAULT_DB, on_upgrade: Callable[[Upgrade], None] | None = None) -> None:
        """Open or make the database, and bring an older one up to date; see `connect` for what it raises."""
        self.db = db
        self._engine = connect(db, create=True, on_upgrade=on_upgrade)
        check_sound(self._engine)

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
            raise StoreError(f"{shown(self.db)}: {explain(error)}") from error

    def add_run(self, settings: Settings, model: StoredModel, device: str) -> int:
        """The number of the run with these settings and model, made if new; remembers the device."""
        known_by = fingerprint(settings, model.card)
        with self._transaction() as connection:
            known = connection.execute(
                select(RunRow.id, RunRow.device).where(RunRow.fingerprint == known_by)
            ).one_or_none()
            if known is None:
                return _key(connection, insert(RunRow).values(run_values(settings, model, device, known_by)))
            devices = known.device.split(", ")
            if device not in devices:
                joined = ", ".join([*devices, device])
                connection.execute(update(RunRow).where(RunRow.id == known.id).values(device=joined))
            return int(known.id)

    def add_video(self, video: VideoRecord) -> int:
        """The number of the video with this content; its place and path become those seen now."""
        values = video_values(video)
        with self._transaction() as connection:
            known = connection.scalar(select(VideoRow.id).where(VideoRow.sha256 == video.identity.sha256))
            if known is None:
                return _key(connection, insert(VideoRow).values(**values, status=schema.RUNNING))
            connection.execute(update(VideoRow).where(VideoRow.id == known).values(values))
            return int(known)

    def seen_at(self, path: str) -> list[Identity]:
        """The contents whose file had this path when it was seen last."""
        with self._transaction() as connection:
            found = select(VideoRow.sha256, VideoRow.size_bytes).where(VideoRow.path == stored_path(path))
            return [Identity(sha256, size) for sha256, size in connection.execute(found)]

    def forget(self, sha256: str) -> None:
        """Delete the video with this content and all that is stored of it."""
        with self._transaction() as connection:
            connection.execute(delete(VideoRow).where(VideoRow.sha256 == sha256))

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
            _set_status(connection, video_id, run_id, status=schema.RUNNING)

    def add_chunk(self, video_id: int, run_id: int, number: int, frames: Sequence[FrameReadings]) -> bool:
        """Store a chunk whole; False if it was there already, which another process may have done."""
        with self._transaction() as connection:
            there = select(ChunkRow.number).where(_of(ChunkRow, video_id, run_id), ChunkRow.number == number)
            if connection.scalar(there) is not None:
                return False
            key = {"video_id": video_id, "run_id": run_id}
            connection.execute(insert(ChunkRow).values(**key, number=number, frames=len(frames), done_at=now()))
            connection.execute(insert(FrameRow), [key | frame_values(frame) for frame in frames])
            faces = [key | values for frame in frames for values in face_values(frame)]
            if faces:
                connection.execute(insert(FaceRow), faces)
            return True

    def finish(
        self, video_id: int, run_id: int, status: str, reason: str | None = None, notes: Sequence[str] = ()
    ) -> None:
        """Say how an analysis ended: `schema.DONE`, `PARTIAL` or `FAILED`."""
        with self._transaction() as connection:
            ending = {"reason": reason, "notes": "\n".join(notes) or None, "finished_at": now()}
            _set_status(connection, video_id, run_id, status=status, **ending)

    def overlapping(self, video_id: int, run_id: int) -> list[tuple[str, Overlap]]:
        """What else holds the same minutes as an analysed video; see `overlaps.find_overlaps_of`."""
        with self._transaction() as connection:
            return find_overlaps_of(connection, video_id, run_id)

    def totals(self, video_id: int, run_id: int, thresholds: Thresholds = THRESHOLDS) -> Totals:
        """Counts of what is stored for an analysis, labelled by these thresholds."""
        with self._transaction() as connection:
            frames, faces, problems = connection.execute(
                select(func.count(), func.coalesce(func.sum(FrameRow.faces), 0), func.count(FrameRow.problem)).where(
                    _of(FrameRow, video_id, run_id)
                )
            ).one()
            label = label_column(thresholds).label("label")
            found = select(label, func.count(), func.count(FaceRow.readable)).where(_of(FaceRow, video_id, run_id))
            counts = connection.execute(found.group_by(label)).all()
            judged = sum(int(known) for *_, known in counts)
            dominant = {name: int(count) for name, count, _ in counts}
            return Totals(int(frames), int(faces), int(problems), judged, dominant)


def _of(table: type[AnalysisRow | ChunkRow | FrameRow | FaceRow], video_id: int, run_id: int) -> Any:
    return (table.video_id == video_id) & (table.run_id == run_id)


def _key(connection: Connection, statement: Any) -> int:
    key: Any = connection.execute(statement).inserted_primary_key
    return int(key[0])


def _set_status(connection: Connection, video_id: int, run_id: int, *, status: str, **ending: Any) -> None:
    values = {"status": status, "reason": None, "finished_at": None} | ending
    changed = connection.execute(update(AnalysisRow).where(_of(AnalysisRow, video_id, run_id)).values(values))
    if not changed.rowcount:
        connection.execute(insert(AnalysisRow).values(video_id=video_id, run_id=run_id, **values))
    latest = {"status": status, "reason": values["reason"]}
    connection.execute(update(VideoRow).where(VideoRow.id == video_id).values(latest))
