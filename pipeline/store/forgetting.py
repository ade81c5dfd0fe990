"""Deleting videos with all that is stored of them, in one transaction: a kill leaves the old or the new state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, event, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..errors import StoreError
from .alike import by_bytes
from .audit_tables import AuditFaceRow, AuditRow
from .database import explain
from .forgotten import remember
from .hours import keep_hours
from .kept import read_owners
from .locks import lock_to_delete
from .log import note
from .naming import name_of
from .patience import wait_for
from .privacy_tables import EventRow
from .schema import Base, FaceRow, FrameRow, VideoRow
from .traces import Marker, Search, find_markers, look_for, pick_markers, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from .kept import KeptVideo
    from .patience import Patience

Result = TypeVar("Result")

FORGET, CHECKED = "forget", "forget: checked"
"""Entries of the log: rows were deleted; and then the files were cleaned and searched."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was deleted, and what was looked for afterwards.

    Attributes:
        videos, frames, faces, answers: rows that went; answers are what people said of faces.
        hours: hours whose counts were kept.
        search: what was found in the files afterwards; None where there is no file to search, as on a server.
        pages: pages with pictures of faces, which are not in the database.
        unfinished: why the files were not cleaned to the end; None if they were.
    """

    videos: int = 0
    frames: int = 0
    faces: int = 0
    answers: int = 0
    hours: int = 0
    search: Search | None = None
    pages: tuple[str, ...] = ()
    unfinished: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether all that had to be done was done, and nothing was found."""
        return self.unfinished is None and (self.search is None or not self.search.found)


@dataclass(frozen=True, slots=True)
class Order:
    """How to forget.

    Attributes:
        settings: what the log says of how they were chosen; without names.
        keep_hourly: keep how many faces had which label in which hour.
        patience: how long to wait for a database that another program holds; None for one try.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    keep_hourly: bool = False
    patience: Patience | None = None


def forget(engine: Engine, videos: Sequence[KeptVideo], order: Order) -> Receipt:
    """Delete videos, and remember their hashes alone.

    Args:
        engine: opened for writing.
        videos: which, from `list_kept`.
        order: how.

    Raises:
        StoreError: the database cannot be written, is held by another program, or one of the videos is being analysed
            or was changed since; nothing is deleted then.
    """
    markers: list[Marker] = []

    receipts: list[Receipt] = []

    def work(connection: Connection) -> Receipt:
        lock_to_delete(connection, [video.id for video in videos])
        if receipts and _are_gone(connection, videos):
            return receipts[-1]  # the answer to the try before was lost, and it was yes
        _check_unchanged(connection, engine, videos)
        if engine.dialect.name == "sqlite":
            markers[:] = find_markers(engine, pick_markers(connection, [video.id for video in videos]))
        receipts.append(_delete(connection, videos, order))
        return receipts[-1]

    _secure(engine)
    done = _do(engine, work, order.patience)
    return _clean(engine, done, markers, order.patience)


def finish_earlier(engine: Engine, patience: Patience | None = None) -> Receipt | None:
    """Clean the files where an earlier command was killed behind its deletion; None if there is nothing to do.

    Raises:
        StoreError: the database does not answer.
    """

    def is_open(connection: Connection) -> bool:
        last = select(EventRow.command).where(EventRow.command.in_((FORGET, CHECKED))).order_by(EventRow.id.desc())
        return connection.scalar(last.limit(1)) == FORGET

    _secure(engine)
    return _clean(engine, Receipt(), [], patience) if _do(engine, is_open, patience) else None


def _secure(engine: Engine) -> None:
    """Deleted rows are overwritten with zeros in the file, before SQLite may use their place again."""
    if engine.dialect.name == "sqlite":
        engine.dispose()

        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA secure_delete=ON"))


def _check_unchanged(connection: Connection, engine: Engine, videos: Sequence[KeptVideo]) -> None:
    there = {int(one): content for one, content in connection.execute(select(VideoRow.id, VideoRow.sha256))}
    owners = read_owners(connection)
    for video in videos:
        if there.get(video.id) != video.sha256:
            raise StoreError(f"{name_of(engine)}: {video.path} was changed meanwhile; nothing is deleted. Look again.")
        if video.id in owners:
            raise StoreError(
                f"{name_of(engine)}: {video.path} is being analysed by {owners[video.id]}; nothing is deleted. Stop "
                "that command or wait for its end, then run this one again."
            )


def _are_gone(connection: Connection, videos: Sequence[KeptVideo]) -> bool:
    there = select(VideoRow.id).where(VideoRow.id.in_([video.id for video in videos]))
    return connection.execute(there.limit(1)).first() is None


COUNTED = (VideoRow, FrameRow, FaceRow, AuditFaceRow)


def _delete(connection: Connection, videos: Sequence[KeptVideo], order: Order) -> Receipt:
    hours = keep_hours(connection, videos) if order.keep_hourly else 0
    counts: dict[str, int] = {}
    # From the bottom up: a cascade would look for the faces of each single frame.
    for table in reversed(Base.metadata.sorted_tables):
        column = table.columns.get("id" if table.name == VideoRow.__tablename__ else "video_id")
        if column is not None:
            counts[table.name] = sum(
                connection.execute(delete(table).where(column == video.id)).rowcount for video in videos
            )
    hashes = [video.sha256 for video in videos if video.size_bytes]
    remember(connection, hashes)
    pages = select(AuditRow.page).where(AuditRow.page.is_not(None)).order_by(by_bytes(AuditRow.page))
    videos_gone, frames, faces, answers = (counts[table.__tablename__] for table in COUNTED)
    shown = tuple(page for page in connection.scalars(pages) if page)
    done = Receipt(videos_gone, frames, faces, answers, hours, pages=shown)
    settings = {**order.settings, "keep_hourly": order.keep_hourly}
    outcome = {"videos": done.videos, "frames": done.frames, "answers": done.answers, "hours_kept": hours}
    note(connection, FORGET, inputs=hashes, settings=settings, rows=done.faces, outcome=outcome)
    return done


def _clean(engine: Engine, done: Receipt, markers: list[Marker], patience: Patience | None) -> Receipt:
    """Clean the files, look for what was deleted, and note what was found."""
    if engine.dialect.name != "sqlite":
        return done
    try:
        wait_for(lambda: sweep(engine), patience, name_of(engine))
    except (StoreError, DBAPIError) as error:
        cause = str(error) if isinstance(error, StoreError) else explain(error)
        done = replace(done, unfinished=cause)
    search = look_for(engine, markers)
    checked = {"looked_for": search.looked_for, "found": len(search.found), "swept": done.unfinished is None}
    if done.unfinished is None:
        _do(engine, lambda connection: note(connection, CHECKED, outcome=checked), patience)
    return replace(done, search=search)


def _do(engine: Engine, work: Callable[[Connection], Result], patience: Patience | None) -> Result:
    def attempt() -> Result:
        with engine.begin() as connection:
            return work(connection)

    try:
        return wait_for(attempt, patience, name_of(engine))
    except SQLAlchemyError as error:
        raise StoreError(f"{name_of(engine)}: {explain(error)}") from error
