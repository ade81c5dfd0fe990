"""Two selections within a report: two stretches of time, or locations and others, set side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np

from pipeline.errors import SettingError, UsageError
from pipeline.nearest import nearest

from .selection import matches, parse_period, within_time

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from .columns import Data, Flags


NAMED = 2
"""So many locations of a pattern are named beside it; further ones are counted."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two selections: locations, or a stretch of local time from `since` to before `until`."""

    name: str
    locations: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


def parse_sides(text: str, locations: Collection[str]) -> tuple[Side, Side]:
    """`2024-03:2024-04`, or two locations, or patterns of locations, with a colon between them: `B*:V*`.

    Raises:
        SettingError: it names neither locations nor two periods, or what is on one side is on the other, too.
    """
    pairs = [(text[:at].strip(), text[at + 1 :].strip()) for at, letter in enumerate(text) if letter == ":"]
    for first, second in ((_side(one, locations), _side(other, locations)) for one, other in pairs):
        if first and second and (first.locations is None) == (second.locations is None):
            _check_apart(text, first, second)
            return first, second
    known = ", ".join(sorted(locations)[:8]) or "none"
    unknown = [one for pair in pairs for one in pair if not _side(one, locations)]
    guess = nearest(unknown[0], locations) if len(pairs) == 1 and unknown else ""
    raise SettingError(
        "compare",
        "two periods such as 2024-03:2024-04, or two locations or patterns of locations with a colon between them",
        repr(text),
        f"Locations: {known}.{guess}",
    )


def _check_apart(text: str, first: Side, second: Side) -> None:
    """What is counted on both sides would be compared with itself, and intervals take sides for independent."""
    both = ", ".join(repr(one) for one in first.locations or () if one in (second.locations or ()))
    if first.since and first.until and second.since and second.until:
        since, until = max(first.since, second.since), min(first.until, second.until)
        both = f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}" if since < until else ""
    if both:
        advice = "Name other ones on one side."
        raise SettingError(
            "compare", "two sides that have nothing in common", f"{both} on both sides of {text!r}", advice
        )


def pick(data: Data, side: Side) -> Data:
    """The rows of one side."""
    return data.where_frames(pick_frames(data, side))


def pick_frames(data: Data, side: Side) -> Flags:
    """Which frames are on one side: bool (F,)."""
    if side.locations is None:
        return within_time(data.frames.local_s, side.since, side.until)
    there = np.array([video.location in side.locations for video in data.videos], np.bool_)
    return np.asarray(there[data.frames.video])


def _side(text: str, locations: Collection[str]) -> Side | None:
    name = normalize("NFC", text)
    if name in locations:
        return Side(name, (name,))
    try:
        since, until = parse_period(name)
    except UsageError:
        found = tuple(sorted(one for one in locations if matches((name,), one)))
        return Side(_named(name, found), found) if found else None
    return Side(name, since=since, until=until)


def _named(pattern: str, locations: tuple[str, ...]) -> str:
    """The pattern with what it stands for: `B* (Bến Thành, Biên Hòa, +3)`."""
    more = len(locations) - NAMED
    listed = ", ".join((*locations[:NAMED], *([f"+{more}"] if more > 0 else [])))
    return f"{pattern} ({listed})"
