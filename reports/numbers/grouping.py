"""Which group each frame and face belongs to: location, camera, video, hour of the day or day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from .clock import day_number, hour_of_day, wall_clock

if TYPE_CHECKING:
    from .columns import Data, Ints


class By(StrEnum):
    """What the groups of a section are."""

    LOCATION = "location"
    CAMERA = "camera"
    VIDEO = "video"
    HOUR = "hour"
    DAY = "day"


UNKNOWN_TIME = ""
"""Name of the group of frames whose time of day is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """The groups of one section.

    Attributes:
        names: name of each group, G of them. Hours are `00` to `23`, days ISO dates.
        places: location and camera of each group, empty where it spans several.
        of_frame: int64 (F,), position in `names`.
    """

    by: By
    names: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    of_frame: Ints


def group(data: Data, by: By) -> Grouping:
    """Assign every frame to its group. Groups without a frame exist only for videos, which are all listed."""
    if by is By.HOUR:
        return _by_time(by, hour_of_day(data.frames.local_s))
    if by is By.DAY:
        return _by_time(by, day_number(data.frames.local_s))
    if by is By.VIDEO:
        names = tuple(video.name for video in data.videos)
        places = tuple((video.location, video.camera) for video in data.videos)
        return Grouping(by, names, places, data.frames.video)
    keys = [(video.location, video.camera if by is By.CAMERA else "") for video in data.videos]
    return _by_place(by, keys, data.frames.video)


def _by_place(by: By, keys: list[tuple[str, str]], of_video: Ints) -> Grouping:
    places = sorted(set(keys))
    position = {place: number for number, place in enumerate(places)}
    codes = np.array([position[key] for key in keys], np.int64)
    names = tuple(" · ".join(part for part in place if part) for place in places)
    return Grouping(by, names, tuple(places), codes[of_video] if len(codes) else of_video)


def _by_time(by: By, numbers: Ints) -> Grouping:
    distinct, codes = np.unique(numbers, return_inverse=True)
    names = tuple(_time_name(by, int(number)) for number in distinct)
    return Grouping(by, names, (("", ""),) * len(names), codes.astype(np.int64))


def _time_name(by: By, number: int) -> str:
    if number < 0:
        return UNKNOWN_TIME
    return f"{number:02d}" if by is By.HOUR else (wall_clock(0) + timedelta(days=number)).date().isoformat()
