"""What people said of stored faces: kept, and read back."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DatabaseError

from ..errors import StoreError
from ..records import NO_HINTS, Box, Identity
from .areas import read_told
from .audit_tables import AuditFaceRow, AuditRow
from .database import explain
from .guards import fresh_id
from .log import note
from .naming import name_of
from .rows import now, read_hints, stored_path
from .schema import VideoRow
from .upserts import insert_or_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from ..areas import Polygon
    from ..records import Hints


@dataclass(frozen=True, slots=True)
class AuditedFace:
    """A stored face of an audit.

    Attributes:
        audit: number of the audit.
        video_id: the video's number in its database.
        frame: position in the stream, from 0.
        box: pixels of the upright frame.
        votes: what each person said: an expression, `unclear` or `noface`.
        weight: how many stored faces it stands for.
        random: drawn at random.
    """

    audit: int
    video_id: int
    frame: int
    box: Box
    votes: tuple[str, ...]
    weight: float
    random: bool = True


@dataclass(frozen=True, slots=True)
class KnownVideo:
    """A video of the database.

    Attributes:
        video_id: its number.
        path: where it was seen last; a relative path that leads nowhere from here is taken from the database's folder.
        content: what it held.
        hints: what it was read by, and which of the file's cameras it is.
        masks: areas of its picture that are blanked, as they were told last.
    """

    video_id: int
    path: Path
    content: Identity
    hints: Hints = NO_HINTS
    masks: tuple[Polygon, ...] = ()


def note_sample(engine: Engine, sample: str, page: str) -> None:
    """Remember that a sample was drawn, and where its page is; a sample that is drawn again has its page there now.

    Raises:
        StoreError: the database refused it.
    """
    drawn = {"drawn_at": now(), "page": stored_path(page)}
    with _transaction(engine) as connection:
        values = {"sample": sample, "raters": 0, **drawn, **fresh_id(connection, AuditRow)}
        insert_or_change(connection, AuditRow, values, [AuditRow.sample], drawn)
        note(connection, "audit sample", outcome={"sample": sample})


def save(engine: Engine, sample: str, faces: Sequence[AuditedFace], raters: int) -> int:
    """Keep the answers to a sample in place of those that were read before; the number of the audit.

    Args:
        engine: opened for writing.
        sample: by which it is known.
        faces: what was answered; their `audit` is not looked at.
        raters: how many people answered.

    Raises:
        StoreError: the database refused it.
    """
    with _transaction(engine) as connection:
        number = _audit(connection, sample, raters)
        connection.execute(delete(AuditFaceRow).where(AuditFaceRow.audit_id == number))
        connection.execute(insert(AuditFaceRow), [_values(number, at, face) for at, face in enumerate(faces)])
        note(connection, "audit read", settings={"raters": raters}, rows=len(faces), outcome={"sample": sample})
        return number


def _audit(connection: Connection, sample: str, raters: int) -> int:
    read = {"read_at": now(), "raters": raters}
    values = {"sample": sample, **read, **fresh_id(connection, AuditRow)}
    insert_or_change(connection, AuditRow, values, [AuditRow.sample], read)
    return int(connection.execute(select(AuditRow.id).where(AuditRow.sample == sample)).scalar_one())


def _values(number: int, at: int, face: AuditedFace) -> dict[str, object]:
    box = face.box
    return {
        "audit_id": number, "number": at, "video_id": face.video_id, "frame_index": face.frame,
        "x": round(box.left, 2), "y": round(box.top, 2),
        "width": round(box.right - box.left, 2), "height": round(box.bottom - box.top, 2),
        "votes": json.dumps(face.votes), "weight": face.weight, "random": face.random,
    }  # fmt: skip


def load(engine: Engine) -> list[AuditedFace]:
    """All faces that people answered, by audit and position.

    Raises:
        StoreError: the database refused it.
    """
    row = AuditFaceRow
    columns = (row.audit_id, row.video_id, row.frame_index, row.x, row.y, row.width, row.height)
    faces = select(*columns, row.votes, row.weight, row.random).order_by(row.audit_id, row.number)
    with _transaction(engine) as connection:
        return [
            AuditedFace(audit, video, frame, Box(x, y, x + width, y + height), tuple(json.loads(votes)), weight, drawn)
            for audit, video, frame, x, y, width, height, votes, weight, drawn in connection.execute(faces)
        ]


def page_of(engine: Engine, sample: str) -> str | None:
    """Where a sample's page with pictures is; None if it was erased, or drawn elsewhere."""
    with _transaction(engine) as connection:
        return connection.scalar(select(AuditRow.page).where(AuditRow.sample == sample))


def forget_page(engine: Engine, sample: str) -> None:
    """Note that a sample's page is gone."""
    with _transaction(engine) as connection:
        connection.execute(update(AuditRow).where(AuditRow.sample == sample).values(page=None))


def known_videos(engine: Engine) -> list[KnownVideo]:
    """Every video of the database.

    Raises:
        StoreError: the database refused it.
    """
    row = VideoRow
    videos = select(row.id, row.path, row.sha256, row.size_bytes, row.hints, row.stream).order_by(row.id)
    with _transaction(engine) as connection:
        told = read_told(connection)
        masks = {number: said.areas.masks for number, said in told.items()}
        return [
            KnownVideo(
                *(number, _path(engine, path), Identity(sha256, size), read_hints(hints, stream)),
                masks.get(number, ()),
            )
            for number, path, sha256, size, hints, stream in connection.execute(videos)
        ]


def _path(engine: Engine, stored: str) -> Path:
    """Paths are stored as they were named: from the folder in which 'analyze' ran, most often the database's."""
    path = Path(stored)
    if path.is_absolute() or engine.url.get_backend_name() != "sqlite" or os.path.exists(path):  # noqa: PTH110 - answers no where Path raises
        return path
    beside = Path(engine.url.database or "").parent / path
    return beside if os.path.exists(beside) else path  # noqa: PTH110


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """A connection whose driver complains in our words."""
    try:
        with engine.begin() as connection:
            yield connection
    except DatabaseError as error:
        raise StoreError(f"{name_of(engine)}: {explain(error)}") from error
