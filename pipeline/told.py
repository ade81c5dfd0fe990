"""What holds for a video's picture: what a `cameras.toml` says now, else what was said last."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .areas import NO_AREAS, Staff
from .places.streams import areas_of_stream

if TYPE_CHECKING:
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


def areas_of(store: Store, video_id: int, video: VideoRecord, places: PlaceOptions) -> Areas:
    """The areas of a video, kept as they are said now. A file that says nothing of it any more takes nothing back.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    file, said = areas_of_stream(video.path, video.stream, places)
    told = store.told(video_id)
    if said is None:
        if told:
            logger.info("%s: %s, as %s said last", video.name, told.areas, told.source)
        return told.areas if told else NO_AREAS
    logger.info("%s: place and areas by %s: %s", video.name, file, said)
    if is_news(told, said):
        store.tell_areas(video_id, said, str(file.absolute() if file else ""))
    return said


def is_news(told: Told | None, said: Areas) -> bool:
    """Whether there is anything to keep: a camera that says nothing of its picture tells nothing, unless it did."""
    return told is not None or said != NO_AREAS


def why_refused(areas: Areas, *, required: bool) -> str | None:
    """Why a video is not analysed, though it could be: nobody said whether staff are in its picture."""
    return NOT_SAID if required and areas.staff is Staff.UNKNOWN else None
