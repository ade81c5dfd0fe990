"""What a database keeps about whom, as somebody needs it who assesses its risks."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ..errors import StoreError
from ..places.retention import say_retention
from ..store.audit_tables import AuditRow
from ..store.database import explain
from ..store.kept import list_kept
from ..store.naming import shown
from ..store.schema import Base
from .names import personal_names
from .pictures import read_pictures
from .retention import expired, find_terms

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from .pictures import KeptPicture
    from .retention import Term


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table: what a row of it is, and how many there are."""

    name: str
    is_about: str
    rows: int


@dataclass(frozen=True, slots=True)
class KeptPlace:
    """What is kept of a camera.

    Attributes:
        location, camera: its names.
        videos, faces: how many.
        first, last: local times of its recordings; None where no start is known.
        retention: how long rows may stay, in words; None where no cameras.toml says it.
        over: videos that should be forgotten by now.
    """

    location: str
    camera: str
    videos: int
    faces: int
    first: datetime | None
    last: datetime | None
    retention: str | None
    over: int


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that holds rows about people or their pictures, and who may read it: `0600` is its owner alone."""

    path: str
    mode: str
    is_private: bool


@dataclass(frozen=True, slots=True)
class Keeping:
    """All that `fer-video privacy` tells."""

    database: str
    tables: tuple[KeptTable, ...]
    places: tuple[KeptPlace, ...]
    pictures: tuple[KeptPicture, ...]
    files: tuple[KeptFile, ...]
    names: tuple[str, ...]


def read_keeping(engine: Engine, db: str, cameras: Path | None = None) -> Keeping:
    """What a database keeps.

    Args:
        engine: opened for reading.
        db: as it was named.
        cameras: a `cameras.toml` in place of those beside the videos.

    Raises:
        StoreError: the database does not answer.
        UsageError: a `cameras.toml` cannot be read.
    """
    kept = list_kept(engine)
    folder = Path(engine.url.database or ".").parent
    terms = find_terms(kept, cameras, folder)
    names = personal_names(
        (video.path for video in kept), (one for video in kept for one in (video.location, video.camera))
    )
    try:
        with engine.begin() as connection:
            tables, pictures = tuple(_tables(connection)), tuple(read_pictures(connection, kept))
            pages = [page for page in connection.scalars(select(AuditRow.page)) if page]
    except SQLAlchemyError as error:
        raise StoreError(f"{shown(db)}: {explain(error)}") from error
    files = [engine.url.database or "", *pages] if engine.dialect.name == "sqlite" else pages
    described = tuple(_file(path) for path in files if os.path.isfile(path))  # noqa: PTH113 - as in database
    return Keeping(shown(db), tables, tuple(_places(terms)), pictures, described, tuple(names))


def _tables(connection: Connection) -> list[KeptTable]:
    """Each table says in the first line of its class what a row of it is."""
    classes = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
    found = []
    for table in Base.metadata.sorted_tables:
        about = (classes[table.name].__doc__ or "").splitlines()[0]
        found.append(KeptTable(table.name, about, int(connection.scalar(select(func.count()).select_from(table)) or 0)))
    return found


def _places(terms: list[Term]) -> list[KeptPlace]:
    by_place: dict[tuple[str, str], list[Term]] = defaultdict(list)
    for term in terms:
        by_place[term.video.location, term.video.camera].append(term)
    return [_place(*place, here) for place, here in by_place.items()]


def _place(location: str, camera: str, terms: list[Term]) -> KeptPlace:
    videos = [term.video for term in terms]
    firsts = [video.local(video.started_at) for video in videos if video.started_at]
    lasts = [video.local(video.ended_at) for video in videos if video.ended_at]
    lengths = sorted({term.length for term in terms if term.length})
    said = ", ".join(map(say_retention, lengths)) or None
    counts = (len(videos), sum(video.faces for video in videos))
    span = (min(firsts, default=None), max(lasts, default=None))
    return KeptPlace(location, camera, *counts, *span, said, len(expired(terms)))


def _file(path: str) -> KeptFile:
    mode = stat.S_IMODE(Path(path).stat().st_mode)
    return KeptFile(path, f"{mode:04o}", not mode & 0o077)
