"""Which rows a report is about: filters on videos and time, and quality gates on faces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from pipeline.errors import SettingError, UsageError
from pipeline.labels import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .columns import Data, Faces, Flags, Reals


@dataclass(frozen=True, slots=True)
class Gates:
    """Faces below any of these are left out.

    Attributes:
        min_face_px: shorter side of the box, pixels of the original frame.
        min_sharpness: variance of the Laplacian of the crop.
    """

    min_face_px: float = 0.0
    min_sharpness: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("min_face_px", self.min_face_px), ("min_sharpness", self.min_sharpness)):
            if not 0 <= value < float("inf"):
                raise SettingError(name, "a number of 0 or more", f"{value:g}")

    def passing(self, faces: Faces) -> Flags:
        """The faces that are kept: bool (N,)."""
        return np.asarray((faces.size_px >= self.min_face_px) & (faces.sharpness >= self.min_sharpness))

    def __bool__(self) -> bool:
        return any((self.min_face_px, self.min_sharpness))


@dataclass(frozen=True, slots=True)
class Selection:
    """What to read.

    Attributes:
        locations, cameras, videos: names or glob patterns; empty for all. A video goes by its file name or path.
        since, until: local wall-clock time at the location, from (inclusive) and to (exclusive).
        run: number of the run; None for the newest complete run of each video.
        gates: which faces are good enough.
        thresholds: which face is no face, which is unclear and which undecided.
        count_overlaps: count minutes that two videos of a camera have in both.
    """

    locations: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    run: int | None = None
    gates: Gates = field(default_factory=Gates)
    thresholds: Thresholds = field(default_factory=Thresholds)
    count_overlaps: bool = False


def matches(patterns: tuple[str, ...], *names: str) -> bool:
    """Whether a name is one of the patterns, literally or as a glob; no pattern matches everything."""
    wanted = [normalize("NFC", pattern) for pattern in patterns]
    found = [normalize("NFC", name) for name in names]
    return not wanted or any(name == one or fnmatchcase(name, one) for name in found for one in wanted)


def within(data: Data, since: datetime | None, until: datetime | None) -> Data:
    """The frames of a stretch of local time; frames of videos without a start time are left out."""
    if since is None and until is None:
        return data
    return data.where_frames(within_time(data.frames.local_s, since, until))


def within_time(local_s: Reals, since: datetime | None, until: datetime | None) -> Flags:
    """Which wall-clock times (N,) lie in a stretch; unknown ones, NaN, lie in none: bool (N,)."""
    after = local_s >= (wall_clock_s(since) if since else -np.inf)
    return np.asarray(after & (local_s < (wall_clock_s(until) if until else np.inf)))


def wall_clock_s(moment: datetime) -> float:
    """A wall-clock time as seconds from 1970-01-01T00:00 on the same clock."""
    return moment.replace(tzinfo=UTC).timestamp()


_PERIODS = "a year, month, day or minute such as 2024, 2024-03, 2024-03-26 or 2024-03-26T09:00"
_PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d))?)?)?")


def parse_period(text: str) -> tuple[datetime, datetime]:
    """`2024`, `2024-03`, `2024-03-26` or `2024-03-26T09:00` as the stretch that it names: start and end.

    Raises:
        UsageError: it is none of these, or names a day that does not exist.
    """
    found = _PERIOD.fullmatch(text.strip())
    year, month, day, hour, minute = (int(part) if part else None for part in found.groups()) if found else [None] * 5
    try:
        start = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0)  # noqa: DTZ001 a wall clock
    except ValueError as error:
        raise UsageError(f"{text!r}: expected {_PERIODS}.") from error
    if hour is not None:
        return start, start + timedelta(minutes=1)
    if day is not None:
        return start, start + timedelta(days=1)
    after = (
        date(start.year + 1, 1, 1)
        if month is None
        else (start.date().replace(day=28) + timedelta(days=4)).replace(day=1)
    )
    return start, datetime(after.year, after.month, after.day)  # noqa: DTZ001 a wall clock


def _period_of(setting: str, text: str) -> tuple[datetime, datetime]:
    try:
        return parse_period(text)
    except UsageError as error:
        raise SettingError(setting, _PERIODS, repr(text)) from error


def time_span(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """From the start of one named period to the end of another.

    Raises:
        UsageError: one cannot be read, or nothing lies between them.
    """
    start = _period_of("since", since)[0] if since else None
    end = _period_of("until", until)[1] if until else None
    if start and end and start >= end:
        raise UsageError(f"`since` {since} `until` {until}: the first lies after the second. Exchange them.")
    return start, end


def first_unmatched(patterns: Iterable[str], names: Iterable[tuple[str, ...]]) -> str | None:
    """The first pattern that no name matches; None if each matches something."""
    known = list(names)
    return next((one for one in patterns if not any(matches((one,), *group) for group in known)), None)
