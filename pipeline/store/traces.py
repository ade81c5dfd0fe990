"""What deleted rows leave in the files of an SQLite database: cleaned away, then looked for."""

from __future__ import annotations

import mmap
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, or_, select
from sqlalchemy.exc import OperationalError

from ..records import EXPRESSIONS
from .audit_tables import AuditRow
from .schema import Base, FaceRow, VideoRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

MOST_MARKERS = 16
"""Each is looked for through the whole file, before and after."""

FEWEST_BYTES = 32
"""Of a face: four of its seven probabilities. Less could be there by chance."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Bytes that a row which is to be deleted has in the file.

    Attributes:
        content: the bytes.
        values: the seven probabilities of a face, or the path of a video.
    """

    content: bytes
    values: tuple[float, ...] | str


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked for in which files.

    Attributes:
        files: the database and what lies beside it, with their sizes in bytes; 0 for one that is not there.
        looked_for: markers that were in the files before.
        found: files in which one is still.
        others: names of tables that are none of ours, where something was found: what they hold is not ours to delete.
    """

    files: tuple[tuple[str, int], ...]
    looked_for: int
    found: tuple[str, ...]
    others: tuple[str, ...] = ()


def files_of(engine: Engine) -> list[Path]:
    """The files of an SQLite database, whether or not they are there."""
    with engine.connect() as connection:
        # A URL may name it in ways of its own; SQLite says which file it has open.
        cursor = connection.connection.cursor()
        path = Path(next(file for _, name, file in cursor.execute("PRAGMA database_list") if name == "main"))
    return [path, *(path.with_name(path.name + ending) for ending in ("-wal", "-journal"))]


def pick_markers(connection: Connection, videos: Sequence[int]) -> list[Marker]:
    """Marks of some rows of these videos: paths, and probabilities of the first and last faces."""
    marks: list[Marker] = []
    for video in _spread(videos):
        path = connection.scalar(select(VideoRow.path).where(VideoRow.id == video)) or ""
        marks.append(Marker(path.encode(), path))
        columns = [getattr(FaceRow, f"p_{name}") for name in EXPRESSIONS]
        for order in (FaceRow.frame_index, FaceRow.frame_index.desc()):
            row = connection.execute(select(*columns).where(FaceRow.video_id == video).order_by(order).limit(1)).first()
            if row:
                marks.append(Marker(_stored(row), tuple(row)))
    return [mark for mark in dict.fromkeys(marks) if len(mark.content) >= FEWEST_BYTES or isinstance(mark.values, str)]


def _spread(videos: Sequence[int]) -> list[int]:
    """Some of them, from the first to the last; each gives three marks."""
    count = min(len(videos), MOST_MARKERS // 3)
    return [videos[number * (len(videos) - 1) // max(1, count - 1)] for number in range(count)]


def _stored(values: Sequence[float]) -> bytes:
    """Numbers as they stand in a record: big-endian doubles, and whole ones in no byte at all.

    See the record format in SQLite's description of its file, https://www.sqlite.org/fileformat2.html.
    """
    return b"".join(struct.pack(">d", value) for value in values if not float(value).is_integer())


def find_markers(engine: Engine, markers: Sequence[Marker]) -> list[Marker]:
    """Those that are in the files, so that to find none of them afterwards says something."""
    if engine.dialect.name != "sqlite":
        return []
    return [marker for marker in markers if any(_holds(path, marker.content) for path in files_of(engine))]


def look_for(engine: Engine, markers: Sequence[Marker]) -> Search:
    """Look for what was deleted, but for what a row that stays explains."""
    found = [
        path
        for marker in markers
        for path in files_of(engine)
        if _holds(path, marker.content) and _gone(engine, marker)
    ]
    sizes = tuple((str(path), path.stat().st_size if path.exists() else 0) for path in files_of(engine))
    others = _tables_of_others(engine) if found else ()
    return Search(sizes, len(markers), tuple(dict.fromkeys(str(path) for path in found)), others)


def _tables_of_others(engine: Engine) -> tuple[str, ...]:
    names = inspect(engine).get_table_names()
    return tuple(sorted(set(names) - set(Base.metadata.tables)))


def _gone(engine: Engine, marker: Marker) -> bool:
    """Whether no row has it any more; the same file name or the same numbers may be another video's, too."""
    if isinstance(marker.values, str):
        holds = [func.instr(column, marker.values) > 0 for column in (VideoRow.path, AuditRow.page)]
        query = select(1).where(or_(*(select(1).where(one).exists() for one in holds)))
    else:
        same = (getattr(FaceRow, f"p_{name}") == value for name, value in zip(EXPRESSIONS, marker.values, strict=True))
        query = select(FaceRow.video_id).where(*same).limit(1)
    with engine.begin() as connection:
        return connection.execute(query).first() is None


def _holds(path: Path, content: bytes) -> bool:
    """Whether a file holds these bytes; a file that is not there holds none."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return mapped.find(content) >= 0
    except (FileNotFoundError, ValueError):  # an empty file cannot be mapped
        return False


def sweep(engine: Engine) -> None:
    """Bring the journal into the file and empty it, then write the whole file anew, without the places of old rows.

    Raises:
        OperationalError: another program reads or writes; the rows are gone, and their place is overwritten.
    """
    with engine.connect() as connection:
        # The driver's own cursor: neither may run in a transaction.
        cursor = connection.connection.cursor()
        try:
            for statement in _cleaning():
                try:
                    row = cursor.execute(statement).fetchone()
                except sqlite3.OperationalError as error:
                    # As SQLAlchemy would tell it, so that whoever waits for the database understands.
                    raise OperationalError(statement, None, error) from error
                if row and row[0] == 1 and "checkpoint" in statement:
                    raise _busy(statement)
        finally:
            cursor.close()


def _cleaning() -> Iterator[str]:
    yield "PRAGMA wal_checkpoint(TRUNCATE)"
    yield "VACUUM"
    yield "PRAGMA wal_checkpoint(TRUNCATE)"


def _busy(statement: str) -> OperationalError:
    """SQLite answers a checkpoint that somebody blocks with a number, not with an error."""
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError(statement, None, cause)
