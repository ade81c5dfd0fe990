"""What was said of each camera's picture: whether staff come into it, what is blanked, and where is counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ..areas import NO_AREAS, blank_sha256
from ..store.areas import read_told
from ..store.schema import AnalysisRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ..areas import Areas
    from ..store.kept import KeptVideo


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """What was said last of the picture of a camera; one for each that differs, where its videos were told apart.

    Attributes:
        location, camera: its names.
        videos: how many it was said of.
        is_said: whether anything was said; if not, `areas` has nothing.
        areas: what was said.
        sources: the `cameras.toml` files that said it.
        seen: videos with rows in which these areas were not blanked: it was said after they were analysed.
    """

    location: str
    camera: str
    videos: int
    is_said: bool
    areas: Areas
    sources: tuple[str, ...]
    seen: int


def read_pictures(connection: Connection, kept: Sequence[KeptVideo]) -> list[KeptPicture]:
    """By location and camera, as the videos are listed."""
    told = read_told(connection)
    blanked: defaultdict[int, set[str | None]] = defaultdict(set)
    for number, hashed in connection.execute(select(AnalysisRow.video_id, AnalysisRow.blank_sha256)):
        blanked[number].add(hashed)
    groups: dict[tuple[str, str, Areas | None], list[KeptVideo]] = {}
    for video in kept:
        said = told[video.id].areas if video.id in told else None
        groups.setdefault((video.location, video.camera, said), []).append(video)
    pictures = []
    for (location, camera, said), videos in groups.items():
        areas = said or NO_AREAS
        now = blank_sha256(areas.masks)
        seen = sum(bool(now and blanked[video.id] - {now}) for video in videos)
        sources = tuple(sorted({told[video.id].source for video in videos if video.id in told}))
        pictures.append(KeptPicture(location, camera, len(videos), said is not None, areas, sources, seen))
    return pictures
