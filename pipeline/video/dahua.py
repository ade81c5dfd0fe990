"""The two clocks in the headers of Dahua's own format (.dav): a date of whole seconds, and a counter of milliseconds.

FFmpeg begins anew with the date at each second: a recording that did not begin with a second, or whose date was set
within one, has steps that no camera took. The counter goes on whatever happens to the date.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TURN_S = 65.536
"""The counter has 16 bits."""

AGREED_S = 1.05
"""Two dates of whole seconds are so far from the time between them at most."""

LEAST_AGREED, MOST_DRIFT = 0.9, 0.01
"""A counter is believed where so many steps agree with the date, and all of them together but for that share."""

ZONE_S, SLACK_S = 1800.0, 0.1
"""Clocks are set by whole half hours when summer time begins and ends, and not to the tick."""

MOST_FOLLOWING = 8
"""Numbers from one picture to the next: sound may be counted with them."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the header of a packet says: its number, the date in seconds and the counter in seconds."""

    number: int
    date_s: float
    counter_s: float


def read_head(file: IO[bytes], place: int) -> Head | None:
    """The header that begins at a place in the file, bytes; None where there is none."""
    if place < 0:
        return None
    file.seek(place)
    head = file.read(22)
    if len(head) < 22 or head[:4] != b"DHAV":
        return None
    number, _length, date, counter = struct.unpack("<IIIH", head[8:22])
    date_s = _seconds(date)
    return None if date_s is None else Head(number, date_s, counter / 1000)


def _seconds(date: int) -> float | None:
    day = (2000 + (date >> 26), date >> 22 & 15, date >> 17 & 31)
    try:
        return datetime(*day, date >> 12 & 31, date >> 6 & 63, date & 63, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def agrees(before: Head, behind: Head) -> bool:
    """Whether as much time passed by the counter as by the date."""
    coarse = np.array([behind.date_s - before.date_s])
    return bool(_agreeing(coarse, _whole(coarse, np.array([behind.counter_s - before.counter_s])))[0])


def is_counted_on(path: str, before: int, behind: int) -> bool | None:
    """Whether two pictures follow each other by their numbers, and no more time passed than the counter says.

    Args:
        path: the file.
        before: where the first one's packet begins, bytes.
        behind: and the other one's.

    Returns:
        None where the file does not say.
    """
    try:
        with Path(path).open("rb") as file:
            heads = read_head(file, before), read_head(file, behind)
    except OSError:
        return None
    if heads[0] is None or heads[1] is None:
        return None
    return 0 < heads[1].number - heads[0].number <= MOST_FOLLOWING and not agrees(heads[0], heads[1])


def read_times(path: str, places: Sequence[int]) -> NDArray[np.float64] | None:
    """Times of all pictures to the millisecond; where the date was set, they jump by whole seconds.

    Args:
        path: the file.
        places: where each packet begins, bytes.

    Returns:
        float64 (N,), seconds; None where the headers cannot be read, or the counter is none.
    """
    try:
        with Path(path).open("rb") as file:
            heads = [head for place in places if (head := read_head(file, place))]
    except OSError:
        return None
    if len(heads) < max(len(places), 2):
        return None
    return join([head.date_s for head in heads], [head.counter_s for head in heads])


def join(dates_s: Sequence[float], counters_s: Sequence[float]) -> NDArray[np.float64] | None:
    """Times of both clocks together; None where they do not belong together."""
    dates = np.array(dates_s)
    coarse = np.diff(dates)
    fine = _whole(coarse, np.diff(np.array(counters_s)))
    agreed = _agreeing(coarse, fine)
    drift_s = abs(float((coarse - fine)[agreed].sum()))
    if agreed.mean() < LEAST_AGREED or drift_s > 2 * AGREED_S + MOST_DRIFT * float(np.abs(coarse[agreed]).sum()):
        return None
    counted = np.concatenate(([0.0], np.cumsum(np.where(agreed, fine, fine % TURN_S))))
    parts = np.split(np.arange(len(dates)), np.flatnonzero(~agreed) + 1)
    bounds = [_offset(dates[part] - counted[part]) for part in parts]
    shifts = [0.0, *(_jump(one, other) for one, other in pairwise(bounds))]
    moved = np.repeat(np.cumsum(shifts), [len(part) for part in parts])
    return np.asarray(dates[0] + counted + moved, np.float64)


def _offset(apart: NDArray[np.float64]) -> tuple[float, float]:
    """How far the date is ahead of the counter, at least and at most: it is the whole seconds of what is meant."""
    low, high = float(apart.max()), float(apart.min()) + 1
    return (low, high) if low <= high else (high, low)


def _jump(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By how much the date was set between two parts: by whole half hours where that can be."""
    low, high = other[0] - one[1], other[1] - one[0]
    zones = round((low + high) / 2 / ZONE_S) * ZONE_S
    return zones if low - SLACK_S <= zones <= high + SLACK_S else (low + high) / 2


def _whole(coarse: NDArray[np.float64], counted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps of the counter with as many of its turns as the date tells."""
    rest = counted % TURN_S
    return rest + np.maximum(np.round((coarse - rest) / TURN_S), 0) * TURN_S


def _agreeing(coarse: NDArray[np.float64], fine: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.abs(coarse - fine) <= AGREED_S
