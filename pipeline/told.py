"""What holds for a video's picture: what a `cameras.toml` says now, else what was said last."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .areas import NO_AREAS, Staff
from .places.streams import areas_of_stream

if TYPE_CHECKING:
    from pathlib import Path

    from .areas import Areas
    from .places.locate import PlaceOptions
    from .records import VideoRecord
    from .store.areas import Told
    from .store.writer import Store

logger = logging.getLogger("fer_video")

NOT_SAID = (
    'expected `staff = "none"` or `"blanked"` of its camera in a cameras.toml, as areas are required; found none. '
    "'fer-video zones VIDEO' makes the lines"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What holds for a video's picture, and the file that says so now; None where what was said last holds."""

    areas: Areas
    file: Path | None = None


def what_holds(store: Store, video: VideoRecord, places: PlaceOptions) -> Said:
    """The areas of a video. Files that say nothing of it any more take nothing back.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    file, said = areas_of_stream(video.path, video.stream, places)
    if said is not None and file is not None:
        logger.info("%s: place and areas by %s: %s", video.name, file, said)
        return Said(said, file)
    told = store.told(video.identity.sha256)
    if told:
        logger.info("%s: %s, as %s said last", video.name, told.areas, told.source)
    return Said(told.areas if told else NO_AREAS)


def keep(store: Store, video_id: int, video: VideoRecord, said: Said) -> None:
    """Keep with a video what a file says of its picture now."""
    if said.file and is_news(store.told(video.identity.sha256), said.areas):
        store.tell_areas(video_id, said.areas, str(said.file.absolute()))


def is_news(told: Told | None, said: Areas) -> bool:
    """Whether there is anything to keep: a camera that says nothing of its picture tells nothing, unless it did."""
    return told is not None or said != NO_AREAS


def why_refused(areas: Areas, *, required: bool) -> str | None:
    """Why a video is not analysed, though it could be: nobody said whether staff are in its picture."""
    return NOT_SAID if required and areas.staff is Staff.UNKNOWN else None
