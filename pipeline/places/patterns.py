"""`start_pattern`: what a recording's path says, by directives with wildcards or by named groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from ..video.written_times import from_parts, parse_time, parse_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

FOUR_DIGITS = r"(?:19[7-9]\d|2[01]\d\d)"
"""Of a year beside wildcards; with any four digits a serial number would be one."""

DIRECTIVES = {
    "Y": ("year", FOUR_DIGITS),
    "m": ("month", r"1[0-2]|0[1-9]|[1-9]"),
    "d": ("day", r"3[01]|[12]\d|0[1-9]|[1-9]"),
    "H": ("hour", r"2[0-3]|[01]\d|\d"),
    "I": ("hour", r"1[0-2]|0[1-9]|[1-9]"),
    "M": ("minute", r"[0-5]\d|\d"),
    "S": ("second", r"[0-5]\d|\d"),
    "f": ("fraction", r"\d{1,6}"),
    "p": ("half", r"[AaPp]\.?[Mm]\.?"),
    "y": ("short_year", r"\d\d"),
    "b": ("month_name", r"[A-Za-z]{3}"),
    "B": ("long_name", r"[A-Za-z]{3,9}"),
    "z": ("zone", r"Z|[+-]\d\d:?\d\d"),
    "s": ("unix", r"\d{13}|\d{10}"),
}
"""strptime's directives as named groups, and `%s` for Unix time in seconds or milliseconds."""

UNNAMED = {"a": r"[^\W\d_]{2,3}", "A": r"[^\W\d_]+", "%": "%"}

GROUPS = {
    *("start", "date", "time", "unix", "camera", "location"),
    *("year", "month", "day", "hour", "minute", "second", "fraction", "half", "zone", "name"),
}
"""Names of groups that mean something in a regular expression."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a path says of its recording.

    Attributes:
        start: time of the first frame; without a zone where it is local time.
        camera, location: their names; None where the path has none.
        folder: the path up to where the recorder's own names begin.
    """

    start: datetime
    camera: str | None = None
    location: str | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which paths are written.

    Attributes:
        regex: over a path with slashes, to its end; its groups are some of `GROUPS`.
        zone: that of the times; None for local time.
        is_anywhere: looked for in the file's name, then anywhere in the path.
    """

    regex: re.Pattern[str]
    zone: tzinfo | None = None
    is_anywhere: bool = False

    def read(self, path: str) -> Said | None:
        """What a path says, first with its suffix, then without; None if it has not this form or names no day."""
        places = (path.rpartition("/")[2], path) if self.is_anywhere else (path,)
        for name in dict.fromkeys(each for place in places for each in (place, without_suffix(place))):
            found = self.regex.search(name)
            start = _moment(found.groupdict()) if found else None
            if found and start:
                groups = found.groupdict()
                # What is found within a name says nothing of where the recorder's folders begin.
                above = "" if self.is_anywhere else name[: found.start()]
                local = start if start.tzinfo or not self.zone else start.replace(tzinfo=self.zone)
                return Said(local, groups.get("camera"), groups.get("location"), above)
        return None


def without_suffix(path: str) -> str:
    """A path without its file's suffix, which begins with a letter or is `mp4`-like; a time is none."""
    return re.sub(r"(?<=[^/])\.[^./]*$", "", path)


def is_regular_expression(pattern: str) -> bool:
    """Whether a pattern has named groups; else it has directives."""
    return "(?P<" in pattern


@lru_cache
def compile_groups(pattern: str) -> Form:
    """A regular expression with named groups.

    Raises:
        ValueError: it is none, or its groups do not tell the day; in words.
    """
    try:
        regex = re.compile(pattern)
    except re.error as error:
        raise ValueError(str(error)) from error
    names = set(regex.groupindex)
    if unknown := sorted(names - GROUPS):
        raise ValueError(f"there is no group {unknown[0]!r}; there are {', '.join(sorted(GROUPS))}")
    if not ({"start", "unix", "date"} & names or ({"year", "day"} <= names and {"month", "month_name"} & names)):
        raise ValueError("it does not tell year, month and day")
    return Form(regex, is_anywhere=True)


@lru_cache
def compile_directives(pattern: str) -> Form:
    """Directives with wildcards: `*` and `?` within a name, `**` over folders. What is there twice counts once.

    A pattern with slashes is compared with as many names at the end of the path.

    Raises:
        ValueError: an unknown directive, or the day is not told; in words.
    """
    seen: set[str] = set()
    parts = [piece.regex(seen) for piece in pieces_of(pattern)]
    day = {"year", "short_year"} & seen and {"month", "month_name", "long_name"} & seen and "day" in seen
    if not (day or "unix" in seen):
        raise ValueError("it does not tell year, month and day")
    return Form(re.compile(rf"(?:(?<=/)|^){''.join(parts)}$"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A letter, a wildcard or a directive of a pattern, as it is written there."""

    text: str

    @property
    def is_wild(self) -> bool:
        """Whether it stands for letters that are not looked at."""
        return self.text in {"*", "**", "?"}

    def regex(self, seen: set[str]) -> str:
        """As a regular expression; a group that was seen before is not captured again."""
        if self.is_wild:
            return {"*": "[^/]*?", "**": ".*?", "?": "[^/]"}[self.text]
        if not self.text.startswith("%"):
            return re.escape(self.text)
        letter = self.text[1:]
        if letter in UNNAMED:
            return UNNAMED[letter]
        name, digits = DIRECTIVES[letter]
        if name in seen:
            return f"(?:{digits})"
        seen.add(name)
        return f"(?P<{name}>{digits})"


def pieces_of(pattern: str) -> list[Piece]:
    """A pattern in pieces.

    Raises:
        ValueError: a directive that there is not.
    """
    found = [Piece(text) for text in re.findall(r"%.?|\*\*|.", pattern, re.DOTALL)]
    for piece in found:
        if piece.text[0] == "%" and piece.text[1:] not in DIRECTIVES.keys() | UNNAMED.keys():
            raise ValueError(f"there is no {piece.text!r}; there are %{' %'.join(DIRECTIVES)}")
    return found


def _moment(groups: Mapping[str, str | None]) -> datetime | None:
    given = {name: value for name, value in groups.items() if value is not None}
    if "unix" in given:
        return from_unix(given["unix"])
    if "start" in given:
        return _with_zone(parse_start_text(given["start"]), given.get("zone"))
    if "date" in given:
        day = parse_start_text(given["date"])
        if day is None:
            return None
        if "time" in given:
            return _with_zone(parse_start_text(f"{day:%Y%m%d}{given['time']}"), given.get("zone"))
        given |= {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
    if "short_year" in given or len(given.get("year", "")) == 2:
        given["year"] = f"20{given.get('short_year') or given['year']}"
    if "long_name" in given:
        given["month_name"] = given["long_name"][:3]
    return from_parts(dict(given))


def _with_zone(time: datetime | None, zone: str | None) -> datetime | None:
    return time.replace(tzinfo=_zone(zone)) if time and zone and not time.tzinfo else time


def _zone(text: str) -> tzinfo | None:
    try:
        return parse_zone(text)
    except ValueError:
        return None


def from_unix(digits: str) -> datetime | None:
    """Seconds (ten digits) or milliseconds (thirteen) from 1970 in UTC; None for other numbers."""
    if len(digits) not in {10, 13}:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(digits) * (1000 if len(digits) == 10 else 1))


def parse_start_text(text: str) -> datetime | None:
    """Digits (year to second, without seconds, with milliseconds, a day alone, Unix time) or digits with marks between.

    `20240326090000`, `20240326_0900`, `2024-03-26T09-00-00`, `2024.03.26 09.00.00.123`, `1711443600`.
    """
    if text.isdigit() and len(text) in {10, 13}:
        return from_unix(text)
    if time := parse_time(text):
        return time
    zone = re.search(r"(?<=\d)(Z|[+-]\d\d:?\d\d)$", text.strip())
    # Of 2024-03-26_09-00 the last part is no zone.
    offset = zone[1] if zone and len(re.sub(r"\D", "", text[: zone.start()])) >= 12 else None
    digits = re.sub(r"\D", "", text.strip().removesuffix(offset or ""))
    if len(digits) not in {8, 12, 14, 17}:
        return None
    names = ("year", "month", "day", "hour", "minute", "second", "fraction")
    cuts = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14), (14, 17))
    parts: dict[str, str | None] = {name: digits[a:b] for name, (a, b) in zip(names, cuts, strict=True)}
    return from_parts(parts | {"zone": offset})
