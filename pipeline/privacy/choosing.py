"""Which of the kept videos are meant: by name, place and time. A video is the unit: it goes whole, or stays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import TYPE_CHECKING
from unicodedata import normalize

from ..errors import NoInputError, SettingError, UsageError
from ..plurals import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..store.kept import KeptVideo


@dataclass(frozen=True, slots=True)
class What:
    """What is to be forgotten; several wishes must all hold.

    Attributes:
        videos, locations, cameras: names or glob patterns; a video goes by its file name or path.
        before: wall-clock time at the location; what began earlier.
        between: two of them; what has a moment from the first (inclusive) to the second (exclusive).
    """

    videos: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    before: datetime | None = None
    between: tuple[datetime, datetime] | None = None

    def __bool__(self) -> bool:
        return any((self.videos, self.locations, self.cameras, self.before, self.between))


@dataclass(frozen=True, slots=True)
class Chosen:
    """Videos that are meant, and those of which nobody knows whether they are, as their time is not known."""

    videos: tuple[KeptVideo, ...]
    undated: tuple[KeptVideo, ...] = ()


def choose(kept: Sequence[KeptVideo], what: What) -> Chosen:
    """The videos that are meant.

    Raises:
        UsageError: nothing was said.
        NoInputError: nothing matches; it says what there is.
    """
    if not what:
        raise UsageError(
            "expected what is to be forgotten: `video`, `location`, `camera`, `before`, `between` or `expired`; found "
            "none of them. `location` '*' is everything."
        )
    named = [video for video in kept if _is_named(video, what)]
    dated = [(video, _is_timed(video, what)) for video in named]
    videos = tuple(video for video, is_meant in dated if is_meant)
    undated = tuple(video for video, is_meant in dated if is_meant is None)
    if not videos:
        raise NoInputError(f"nothing was forgotten: {_why_nothing(kept, named, undated)}")
    return Chosen(videos, undated)


def _is_named(video: KeptVideo, what: What) -> bool:
    return (
        _matches(what.videos, video.path, PurePath(video.path).name)
        and _matches(what.locations, video.location)
        and _matches(what.cameras, video.camera)
    )


def _matches(patterns: Iterable[str], *names: str) -> bool:
    """Whether a name is one of the patterns, literally or as a glob; no pattern matches everything."""
    wanted = [normalize("NFC", pattern) for pattern in patterns]
    found = [normalize("NFC", name) for name in names]
    return not wanted or any(name == one or fnmatchcase(name, one) for name in found for one in wanted)


def _is_timed(video: KeptVideo, what: What) -> bool | None:
    """Whether its time is meant; None where that is not known."""
    answers = [_began_before(video, what.before)] if what.before else []
    answers += [_touches(video, *what.between)] if what.between else []
    if False in answers:
        return False
    return None if None in answers else True


def _began_before(video: KeptVideo, before: datetime) -> bool | None:
    """A recording is at least as old as what was stored of it, which helps where its start is not known."""
    if video.started_at:
        return video.local(video.started_at) < before
    return True if video.analysed_at and video.local(video.analysed_at) < before else None


def _touches(video: KeptVideo, start: datetime, end: datetime) -> bool | None:
    if not video.started_at or not video.ended_at:
        return None
    first, last = video.local(video.started_at), video.local(video.ended_at)
    return first < end and last >= start


def _why_nothing(kept: Sequence[KeptVideo], named: Sequence[KeptVideo], undated: Sequence[KeptVideo]) -> str:
    if not kept:
        return "expected videos; the database holds none."
    if undated:
        return (
            f"expected videos of that time; of {count(len(undated), 'video')} that may be meant no start is known. "
            "Name what is meant with `video` or `location`."
        )
    if named:
        known = [video.local(video.started_at) for video in named if video.started_at]
        return (
            f"expected videos of that time; those that match are from {min(known):%Y-%m-%d} to {max(known):%Y-%m-%d}."
        )
    places = sorted({f"{video.location} ({video.camera})" for video in kept})
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return (
        f"expected some of {count(len(kept), 'stored video')}; none matches. There are {', '.join(places[:5])}{more}; "
        "'fer-video status' lists them."
    )


_MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d))?)?)?")


def parse_moment(setting: str, written: str) -> tuple[datetime, datetime]:
    """`2024`, `2024-03`, `2024-03-26` or `2024-03-26T09:00` as the stretch of wall-clock time that it names.

    Raises:
        SettingError: it is none of these, or names a day that does not exist.
    """
    found = _MOMENT.fullmatch(written.strip())
    year, month, day, hour, minute = (int(part) if part else None for part in found.groups()) if found else [None] * 5
    try:
        start = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0)  # noqa: DTZ001 - a wall clock
        if hour is not None:
            return start, start + timedelta(minutes=1)
        if day is not None:
            return start, start + timedelta(days=1)
        after = date(start.year + (month in {None, 12}), 1 if month is None else month % 12 + 1, 1)
    except (ValueError, OverflowError) as error:
        raise SettingError(setting, "a day or minute such as 2024-03-26 or 2024-03-26T09:00", repr(written)) from error
    return start, datetime(after.year, after.month, after.day)  # noqa: DTZ001 - a wall clock


def parse_between(first: str, last: str) -> tuple[datetime, datetime]:
    """From the beginning of the first to the end of the last.

    Raises:
        SettingError: one of them cannot be read, or the first lies behind the last.
    """
    start, end = parse_moment("between", first)[0], parse_moment("between", last)[1]
    if start >= end:
        raise SettingError("between", "the earlier time first", f"{first} {last}", f"Write {last} {first}.")
    return start, end


def age_of(video: KeptVideo, now: datetime | None = None) -> timedelta | None:
    """How long ago it was recorded at least; None where nothing says it.

    A start later than its analysis is a clock that goes wrong.
    """
    moments = [moment for moment in (video.started_at, video.analysed_at) if moment]
    present = now or datetime.now(UTC).replace(tzinfo=None)
    return present - min(moments) if moments else None
