"""From a video's own seconds to the wall clock of its location."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from .columns import Ints, Reals, Video

HOUR_S, DAY_S = 3600, 86400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 wall-clock seconds count on the location's own clock


def local_seconds(video: Video, time_s: Reals) -> Reals:
    """Wall-clock seconds from 1970-01-01T00:00 for each frame; NaN if the video's start is unknown.

    The offset from UTC is looked up for each quarter of an hour, so that a recording through the night in which clocks
    change stays right.
    """
    if video.started_at is None:
        return np.full(len(time_s), np.nan)
    start = video.started_at.replace(tzinfo=UTC).timestamp()
    quarters = np.floor((start + time_s) / 900).astype(np.int64)
    distinct, inverse = np.unique(quarters, return_inverse=True)
    offsets = np.array([_offset_s(video.timezone, int(quarter) * 900) for quarter in distinct], np.float64)
    return np.asarray(start + time_s + offsets[inverse])


def hour_of_day(local_s: Reals) -> Ints:
    """0 to 23; -1 where the time is unknown."""
    return _known(local_s, lambda seconds: seconds // HOUR_S % 24)


def weekday(local_s: Reals) -> Ints:
    """0 for Monday to 6 for Sunday; -1 where the time is unknown. 1970-01-01 was a Thursday."""
    return _known(local_s, lambda seconds: (seconds // DAY_S + 3) % 7)


def day_number(local_s: Reals) -> Ints:
    """Days from 1970-01-01; -1 where the time is unknown."""
    return _known(local_s, lambda seconds: seconds // DAY_S)


def wall_clock(local_s: float) -> datetime:
    """The wall-clock time of that many seconds from 1970-01-01T00:00."""
    return _EPOCH + timedelta(seconds=local_s)


def _known(local_s: Reals, derive: Callable[[Reals], Reals]) -> Ints:
    seconds = np.nan_to_num(local_s, nan=0.0)
    return np.where(np.isnan(local_s), -1, np.floor(derive(seconds))).astype(np.int64)


@lru_cache(maxsize=100_000)
def _offset_s(timezone: str, utc_s: int) -> float:
    zone = _zone(timezone)
    offset = datetime.fromtimestamp(utc_s, UTC).astimezone(zone).utcoffset()
    return offset.total_seconds() if offset else 0.0


@lru_cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
