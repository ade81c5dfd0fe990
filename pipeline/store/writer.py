"""The store: one database, one writer, one transaction a chunk."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from ..errors import StoreError
from ..labels import THRESHOLDS, Thresholds
from ..records import Identity
from . import leases, schema
from .areas import read_told, tell_areas
from .database import DEFAULT_DB, connect, explain
from .fingerprints import fingerprint
from .forgotten import take_back, when_forgotten
from .guards import fresh_id
from .integrity import check_sound
from .locks import lock_to_delete, lock_video
from .log import note_analysis
from .naming import shown
from .overlaps import find_overlaps_of
from .patience import wait_for
from .places import read_placed
from .rows import face_values, frame_values, now, run_values, stored_path, video_values
from .schema import AnalysisRow, ChunkRow, FaceRow, FrameRow, RunRow, VideoRow
from .shapes import count_shapes
from .standing import MUST_READ_ANEW, check_whole, of, read_progress, read_totals
from .track_tables import TrackletRow, VisitRow
from .upserts import insert_new, insert_or_change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ..areas import Areas
    from ..models.folder import StoredModel
    from ..records import FrameReadings, VideoRecord
    from ..settings import Settings
    from .areas import Told
    from .database import Upgrade
    from .leases import Holder, Lease
    from .overlaps import Overlap
    from .patience import Patience
    from .places import PlacedVideo
    from .standing import Key, Progress, Streamed, Totals

Result = TypeVar("Result")


class Store:
    """The single writer of its process. Each method is one transaction; a method that fails has changed nothing."""

    def __init__(
        self,
        db: str = DEFAULT_DB,
        on_upgrade: Callable[[Upgrade], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Open or make the database, and bring an older one up to date; see `connect` for what it raises."""
        self.db, self._patience = db, patience
        self._tokens: set[str] = set()
        self._engine = connect(db, create=True, on_upgrade=on_upgrade, patience=patience)
        try:
            check_sound(self._engine)
        except StoreError:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, work: Callable[[Connection], Result], *, waits: bool = True) -> Result:
        """One transaction, which may be done several times until the database takes it."""

        def attempt() -> Result:
            with self._engine.begin() as connection:
                return work(connection)

        try:
            return wait_for(attempt, self._patience if waits else None, shown(self.db))
        except DBAPIError as error:
            raise StoreError(f"{shown(self.db)}: {explain(error)}") from error

    def add_run(self, settings: Settings, model: StoredModel, device: str) -> int:
        """The number of the run with these settings and model, made if new; remembers the device."""
        known_by = fingerprint(settings, model.card)

        def work(connection: Connection) -> int:
            run = select(RunRow.id, RunRow.device).where(RunRow.fingerprint == known_by).with_for_update()
            while (known := connection.execute(run).one_or_none()) is None:
                values = run_values(settings, model, device, known_by) | fresh_id(connection, RunRow)
                insert_new(connection, RunRow, values, [RunRow.fingerprint])
            devices = known.device.split(", ")
            if device not in devices:
                joined = ", ".join([*devices, device])
                connection.execute(update(RunRow).where(RunRow.id == known.id).values(device=joined))
            return int(known.id)

        return self._do(work)

    def is_empty(self, run_id: int) -> bool:
        """Whether nothing was analysed in that run yet."""
        begun = select(AnalysisRow.run_id).where(AnalysisRow.run_id == run_id).limit(1)
        return self._do(lambda connection: connection.execute(begun).one_or_none() is None)

    def add_video(self, video: VideoRecord) -> int:
        """The number of the video with this content; its place and path become those seen now.

        Where something else was said before of how to read it, all its rows are marked as to be read anew.
        """
        values = video_values(video)

        def work(connection: Connection) -> int:
            same = VideoRow.sha256 == video.identity.sha256
            found = select(VideoRow.id, VideoRow.hints).where(same).with_for_update(key_share=True)
            while (known := connection.execute(found).one_or_none()) is None:
                fresh = values | fresh_id(connection, VideoRow) | {"status": schema.RUNNING}
                if insert_new(connection, VideoRow, fresh, [VideoRow.sha256]):
                    return int(connection.execute(found).one().id)
            if video.info is None:
                # A file that cannot be read just now keeps what was read of it.
                connection.execute(update(VideoRow).where(VideoRow.id == known.id).values(path=values["path"]))
                return int(known.id)
            if known.hints != values["hints"]:
                old = update(AnalysisRow).where(AnalysisRow.video_id == known.id)
                connection.execute(old.values(reader=MUST_READ_ANEW))
            connection.execute(update(VideoRow).where(VideoRow.id == known.id).values(values))
            return int(known.id)

        return self._do(work)

    def seen_at(self, path: str) -> list[Identity]:
        """The contents whose file had this path when it was seen last."""
        found = select(VideoRow.sha256, VideoRow.size_bytes).where(VideoRow.path == stored_path(path))
        return self._do(lambda connection: [Identity(sha256, size) for sha256, size in connection.execute(found)])

    def placed(self, sha256: str) -> PlacedVideo | None:
        """Where, when and how the video with this content was recorded, as stored; None for one that is not."""
        return self._do(lambda connection: read_placed(connection, sha256))

    def forget(self, sha256: str) -> None:
        """Delete the video with this content and all that is stored of it."""
        self._do(lambda connection: connection.execute(delete(VideoRow).where(VideoRow.sha256 == sha256)))

    def when_forgotten(self, sha256: str) -> datetime | None:
        """When the video with this content was forgotten; None for one that was not."""
        return self._do(lambda connection: when_forgotten(connection, sha256))

    def take_back(self, sha256: str) -> None:
        """Let a forgotten content be analysed again."""
        self._do(lambda connection: take_back(connection, sha256))

    def told(self, sha256: str) -> Told | None:
        """What was said last of the picture of the video with this content; None if nothing was."""
        found = select(VideoRow.id).where(VideoRow.sha256 == sha256)
        return self._do(lambda connection: next(iter(read_told(connection, found).values()), None))

    def tell_areas(self, video_id: int, areas: Areas, source: str) -> bool:
        """Keep what is said of a video's picture; see `areas.tell_areas`."""
        return self._do(lambda connection: tell_areas(connection, video_id, areas, source))

    def progress(self, video_id: int, run_id: int) -> Progress:
        """What of this video is done under this run."""
        return self._do(lambda connection: read_progress(connection, (video_id, run_id)))

    def claim(self, video_id: int, run_id: int, *, steal: bool = False) -> Lease | Holder:
        """Take the lease on an analysis, or say who has it; `steal` takes it in any case.

        Raises:
            LostError: the video is gone.
        """
        began = time.monotonic()

        def work(connection: Connection) -> Lease | Holder:
            # While we waited for the database, its holder could not be heard of either.
            return leases.claim(connection, (video_id, run_id), steal=steal, grace_s=time.monotonic() - began)

        claimed = self._do(work)
        if isinstance(claimed, leases.Lease):
            self._tokens.add(claimed.token)
        return claimed

    def holder(self, video_id: int, run_id: int) -> Holder | None:
        """Who works on an analysis and is not to be disturbed."""
        ours = of(AnalysisRow, (video_id, run_id))
        columns = select(AnalysisRow.owner, AnalysisRow.beat_at).where(ours)

        def work(connection: Connection) -> Holder | None:
            owner, beat_at = connection.execute(columns).one_or_none() or (None, None)
            return leases.parse_holder(owner) if leases.is_held(owner, beat_at, leases.clock(connection)) else None

        return self._do(work)

    def beat(self) -> None:
        """Say that whoever holds our leases lives; waits for nobody, and may be called in a thread of its own."""
        tokens = frozenset(self._tokens)
        if tokens:
            self._do(lambda connection: leases.beat(connection, tokens), waits=False)

    def release(self) -> None:
        """Give back all leases that are still held, without waiting for a database that somebody else holds."""
        tokens = frozenset(self._tokens)
        self._tokens.clear()
        if tokens:
            self._do(lambda connection: leases.release(connection, tokens), waits=False)

    def begin(
        self,
        video_id: int,
        run_id: int,
        *,
        force: bool = False,
        token: str | None = None,
        reader: int | None = None,
        blank: str | None = None,
    ) -> None:
        """Begin or go on with an analysis; `force` deletes what it had stored. `blank` is the hash of what is blanked.

        Raises:
            LostError: the token is not that of the analysis any more.
        """
        key = (video_id, run_id)

        def work(connection: Connection) -> None:
            lock_video(connection, video_id)
            if token is not None:
                leases.check(connection, key, token)
            if force:
                for table in (ChunkRow, FrameRow):
                    connection.execute(delete(table).where(of(table, key)))
            for found in (TrackletRow, VisitRow):  # of rows that are not yet all there
                connection.execute(delete(found).where(of(found, key)))
            # Rows that stay keep the hash that they were made under.
            kept = connection.execute(select(ChunkRow.number).where(of(ChunkRow, key)).limit(1)).first()
            renewed = {"reader": reader, "notes": None, "linker": None} | ({} if kept else {"blank_sha256": blank})
            _set_status(connection, key, status=schema.RUNNING, **renewed)

        self._do(work)

    def add_chunk(
        self, video_id: int, run_id: int, number: int, frames: Sequence[FrameReadings], token: str | None = None
    ) -> bool:
        """Store a chunk whole; False if it was there already, which another process may have done.

        Raises:
            LostError: the token is not that of the analysis any more, or the analysis is gone.
        """
        key, columns = (video_id, run_id), {"video_id": video_id, "run_id": run_id}

        def work(connection: Connection) -> bool:
            leases.check(connection, key, token)
            alive = {"beat_at": leases.clock(connection)} if token else {}
            connection.execute(update(AnalysisRow).where(of(AnalysisRow, key)).values(attempts=0, **alive))
            there = select(ChunkRow.number).where(of(ChunkRow, key), ChunkRow.number == number)
            if connection.scalar(there) is not None:
                return False
            connection.execute(insert(ChunkRow).values(**columns, number=number, frames=len(frames), done_at=now()))
            connection.execute(insert(FrameRow), [columns | frame_values(frame) for frame in frames])
            faces = [columns | values for frame in frames for values in face_values(frame)]
            if faces:
                connection.execute(insert(FaceRow), faces)
            return True

        return self._do(work)

    def finish(
        self,
        video_id: int,
        run_id: int,
        status: str,
        reason: str | None = None,
        notes: Sequence[str] = (),
        *,
        token: str | None = None,
        streamed: Streamed | None = None,
        is_final: bool = True,
        deaths: int = 0,
        link: Callable[[Connection, Key], object] | None = None,
    ) -> None:
        """Say how an analysis ended, and give its lease back.

        Args:
            video_id: the video.
            run_id: the run.
            status: `schema.DONE`, `PARTIAL` or `FAILED`.
            reason: why, unless it is done.
            notes: what was noticed; a sentence each.
            token: of its lease.
            streamed: what must be stored of it; None where that is not known.
            is_final: it need not be gone on with.
            deaths: how often the program ended on it.
            link: finds who is who among its faces, in the same transaction, unless it failed.

        Raises:
            LostError: the token is not that of the analysis any more, or the analysis is gone.
            GapError: not all that was streamed is stored; nothing is changed.
        """
        key = (video_id, run_id)
        ending = {"reason": reason, "notes": "\n".join(notes) or None, "finished_at": now() if is_final else None}
        tries = count()

        def work(connection: Connection) -> None:
            lock_video(connection, video_id)
            if next(tries) and _has_ended(connection, key, {"status": status, **ending}):
                return  # the answer to the try before was lost, and it was yes
            if token is not None:
                leases.check(connection, key, token)
            if streamed is not None:
                check_whole(connection, key, streamed)
            given_back = {"owner": None, "beat_at": None, "token": None, "attempts": deaths}
            _set_status(connection, key, status=status, **ending, **given_back)
            if link is not None and status != schema.FAILED:
                link(connection, key)
            note_analysis(connection, key, status)

        self._do(work)
        self._tokens.discard(token or "")

    def discard(self, video_id: int, run_id: int, token: str | None) -> None:
        """Delete an analysis whose rows are of no content that can be named, and the video if nothing else has it.

        Raises:
            LostError: the token is not that of the analysis any more, or the analysis is gone.
        """
        tries = count()

        def work(connection: Connection) -> None:
            lock_to_delete(connection, [video_id])
            found = select(AnalysisRow.run_id).where(of(AnalysisRow, (video_id, run_id)))
            if next(tries) and connection.scalar(found) is None:
                return
            leases.check(connection, (video_id, run_id), token)
            connection.execute(delete(AnalysisRow).where(of(AnalysisRow, (video_id, run_id))))
            others = select(AnalysisRow.run_id).where(AnalysisRow.video_id == video_id)
            if connection.execute(others).first() is None:
                connection.execute(delete(VideoRow).where(VideoRow.id == video_id))

        self._do(work)
        self._tokens.discard(token or "")

    def face_shapes(self, video_id: int, run_id: int) -> dict[tuple[float, bool], int]:
        """How many faces have which width over height and are readable or not; see `shapes.count_shapes`."""
        return self._do(lambda connection: count_shapes(connection, video_id, run_id))

    def followed(self, video_id: int, run_id: int, follow: Callable[[Connection, Key], int]) -> int:
        """How many `follow` finds to be seen in an analysis, which it does not change."""
        return self._do(lambda connection: follow(connection, (video_id, run_id)))

    def overlapping(self, video_id: int, run_id: int) -> list[tuple[str, Overlap]]:
        """What else holds the same minutes as an analysed video; see `overlaps.find_overlaps_of`."""
        return self._do(lambda connection: find_overlaps_of(connection, video_id, run_id))

    def totals(self, video_id: int, run_id: int, thresholds: Thresholds = THRESHOLDS) -> Totals:
        """Counts of what is stored for an analysis, labelled by these thresholds."""
        return self._do(lambda connection: read_totals(connection, (video_id, run_id), thresholds))


def _has_ended(connection: Connection, key: Key, ending: dict[str, Any]) -> bool:
    """Whether an analysis ended just so, and its lease was given back."""
    columns = [getattr(AnalysisRow, name) for name in ending]
    found = connection.execute(select(AnalysisRow.token, *columns).where(of(AnalysisRow, key))).one_or_none()
    return found is not None and tuple(found) == (None, *ending.values())


def _set_status(connection: Connection, key: Key, *, status: str, **ending: Any) -> None:
    values = {"status": status, "reason": None, "finished_at": None} | ending
    new = {"video_id": key[0], "run_id": key[1], **values}
    insert_or_change(connection, AnalysisRow, new, [AnalysisRow.video_id, AnalysisRow.run_id], values)
    latest = {"status": status, "reason": values["reason"]}
    connection.execute(update(VideoRow).where(VideoRow.id == key[0]).values(latest))
