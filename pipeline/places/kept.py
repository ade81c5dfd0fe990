"""What was said of a video's place when it was analysed before: it holds until something else is said.

A folder, a file's name, a tag and the machine's zone say nothing on purpose; a person's option and a `cameras.toml` do.
A later look at the video that lacks the option or the file takes nothing back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .cameras import CAMERAS
from .spelling import nfc
from .starts import OPTION

if TYPE_CHECKING:
    from datetime import datetime

    from ..records import Hints, Place

SAID = frozenset({OPTION, CAMERAS})
"""The sources that say something on purpose."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was said before by whom: each answer is a value with its source, or nothing and that source."""

    before: Place | None

    def location(self, source: str) -> tuple[str | None, str]:
        """The location, if that source said it."""
        said = self.before is not None and self.before.place_source == source
        return (self.before.location if self.before and said else None), source

    def camera(self, source: str) -> tuple[str | None, str]:
        """The camera, if that source said it."""
        said = self.before is not None and self.before.camera_source == source
        return (self.before.camera if self.before and said else None), source

    def timezone(self, source: str) -> tuple[str | None, str]:
        """The zone, if that source said it."""
        said = self.before is not None and self.before.timezone_source == source
        return (self.before.timezone if self.before and said else None), source

    def start(self, source: str, zone: str) -> datetime | None:
        """The start, if that source said it; the time on the wall stays where another zone is said since."""
        before = self.before
        if before is None or before.start_source != source or before.started_at is None:
            return None
        local = before.started_at.astimezone(ZoneInfo(before.timezone))
        return local if zone == before.timezone else local.replace(tzinfo=None)


def is_kept_camera(place: Place, before: Place | None) -> bool:
    """Whether a camera has the name that was said of it before, which has its number already."""
    if before is None or before.camera_source not in SAID:
        return False
    return (place.camera, place.camera_source) == (nfc(before.camera), before.camera_source)


def keep_hints(said: Hints, before: Hints) -> Hints:
    """What was said of how to read a file, now or else before."""
    return replace(said, aspect=said.aspect or before.aspect, rate=said.rate or before.rate)


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """One thing that is said otherwise of a video now.

    Attributes:
        what: location, camera, start, timezone, aspect or rate.
        before, after: as people read them; None for what nothing tells.
        source: who says it now.
    """

    what: str
    before: str | None
    after: str | None
    source: str | None

    def __str__(self) -> str:
        """As a person would say it."""
        source = f" (from {self.source})" if self.source else ""
        return f"{self.what} {_quoted(self.before)} → {_quoted(self.after)}{source}"


def _quoted(value: str | None) -> str:
    return "unknown" if value is None else repr(value)


def changes(before: Place | None, after: Place) -> tuple[PlaceChange, ...]:
    """What is different; nothing for a video that is new."""
    if before is None:
        return ()
    pairs = (
        PlaceChange("location", before.location, after.location, after.place_source),
        PlaceChange("camera", before.camera, after.camera, after.camera_source),
        PlaceChange("start", *_starts(before, after), after.start_source),
        PlaceChange("timezone", before.timezone, after.timezone, after.timezone_source),
    )
    return tuple(pair for pair in pairs if pair.before != pair.after)


def _starts(before: Place, after: Place) -> tuple[str | None, str | None]:
    """Both starts on the wall of the place; where the zone is another one too, the moments may differ all the same."""
    first, second = _to_second(before), _to_second(after)
    return (first, first) if before.started_at and _moment(before) == _moment(after) else (first, second)


def _moment(place: Place) -> datetime | None:
    """As the database keeps it."""
    return place.started_at.astimezone(UTC) if place.started_at else None


def _to_second(place: Place) -> str | None:
    if place.started_at is None:
        return None
    return f"{place.started_at.astimezone(ZoneInfo(place.timezone)):%Y-%m-%d %H:%M:%S}"
