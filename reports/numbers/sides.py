"""Two selections within a report: two stretches of time or two locations, set side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from pipeline.errors import SettingError, UsageError

from .selection import parse_period, within_time

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from .columns import Data, Flags


@dataclass(frozen=True, slots=True)
class Side:
    """One of two selections: a location, or a stretch of local time from `since` to before `until`."""

    name: str
    location: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def parse_sides(text: str, locations: Collection[str]) -> tuple[Side, Side]:
    """`2024-03:2024-04`, or two locations with a colon between them.

    Raises:
        SettingError: it names neither two locations nor two periods.
    """
    for at in [at for at, letter in enumerate(text) if letter == ":"]:
        first, second = _side(text[:at], locations), _side(text[at + 1 :], locations)
        if first and second and (first.location is None) == (second.location is None):
            return first, second
    known = ", ".join(sorted(locations)[:8]) or "none"
    raise SettingError(
        "compare",
        "two periods such as 2024-03:2024-04, or two locations with a colon between them",
        repr(text),
        f"Locations: {known}.",
    )


def pick(data: Data, side: Side) -> Data:
    """The rows of one side."""
    return data.where_frames(pick_frames(data, side))


def pick_frames(data: Data, side: Side) -> Flags:
    """Which frames are on one side: bool (F,)."""
    if side.location is None:
        return within_time(data.frames.local_s, side.since, side.until)
    there = np.array([video.location == side.location for video in data.videos], np.bool_)
    return np.asarray(there[data.frames.video])


def _side(text: str, locations: Collection[str]) -> Side | None:
    name = normalize("NFC", text.strip())
    if name in locations:
        return Side(name, location=name)
    try:
        since, until = parse_period(name)
    except UsageError:
        return None
    return Side(name, since=since, until=until)
