"""Areas of stored videos, told again without reading a video: a zone that was moved counts from the next report on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from .areas import blank_sha256
from .places.locate import PlaceOptions
from .places.streams import areas_of_stream
from .records import numbered
from .store.areas import read_told, tell_areas
from .store.audits import known_videos
from .store.schema import AnalysisRow, ChunkRow
from .told import is_news

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from .areas import Areas
    from .store.areas import Told
    from .store.audits import KnownVideo


@dataclass(frozen=True, slots=True)
class Retold:
    """A stored video of which a `cameras.toml` speaks.

    Attributes:
        video: its path, with the number of a further camera.
        areas: what is said of its picture.
        source: the file that says it.
        is_new: something else was said before.
        is_read_otherwise: other areas were blanked when it was analysed, so its rows are not right until it is again.
    """

    video: Path
    areas: Areas
    source: Path
    is_new: bool
    is_read_otherwise: bool


def tell_again(engine: Engine, cameras: Path | None = None) -> Iterator[Retold]:
    """Keep what a `cameras.toml` says now of each stored video, all or nothing.

    Args:
        engine: the database, opened for writing.
        cameras: the file; None for the one that spoke of the video last, else the one beside it.

    Raises:
        UsageError: a file cannot be read.
    """
    videos = known_videos(engine)
    with engine.begin() as connection:
        told = read_told(connection)
        yield from [
            retold for video in videos if (retold := _tell(connection, video, told.get(video.video_id), cameras))
        ]


def _tell(connection: Connection, video: KnownVideo, before: Told | None, cameras: Path | None) -> Retold | None:
    stream = video.hints.stream or 1
    source, said = areas_of_stream(video.path, stream, _options(before, cameras))
    if source is None or said is None:
        return None
    is_new = is_news(before, said) and tell_areas(connection, video.video_id, said, str(source.absolute()))
    # An analysis without a chunk has no rows that could be wrong.
    chunks = (ChunkRow.video_id == AnalysisRow.video_id) & (ChunkRow.run_id == AnalysisRow.run_id)
    read = select(AnalysisRow.blank_sha256).join(ChunkRow, chunks).where(AnalysisRow.video_id == video.video_id)
    otherwise = set(connection.scalars(read.distinct())) - {blank_sha256(said.masks)}
    name = video.path.with_name(numbered(video.path.name, stream))
    return Retold(name, said, source, is_new, bool(otherwise))


def _options(before: Told | None, cameras: Path | None) -> PlaceOptions:
    options = PlaceOptions(cameras=cameras)
    if cameras is None and before and Path(before.source).is_file():
        return replace(options, cameras=Path(before.source))
    return options
