"""Places of stored videos, said anew without reading a video: what is said here holds until something else is said."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .errors import NoInputError, SettingError, UsageError
from .nearest import nearest
from .places.cameras import CAMERAS
from .places.inputs import Input
from .places.kept import PlaceChange, changes
from .places.locate import PlaceOptions
from .places.spelling import nfc
from .places.starts import CONTAINER, FILE_NAME, OPTION, TAG, doubts_of_the_hour
from .places.streams import hints_of, locate_stream
from .store.places import count_location, list_places, note_places, rename_kept_hours, write_hints, write_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Engine

    from .records import Hints, Place
    from .store.places import PlacedVideo


FROM_HERE = PlaceOptions(roots=(Path(),))
"""A `cameras.toml` is looked for from a video's folder up to the working folder, where the video lies below that."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A stored video of which something was said.

    Attributes:
        video: its path, with the number of a further camera.
        place: what holds now.
        changes: what is different from before; nothing where it was so already.
        rereads: its start comes from a tag of its file, which has to be read again in the new zone.
        hints: how its file is to be read from now on; None where nothing was said of that.
        notes: what is doubtful about the start that was said: where clocks change, an hour is missing or comes twice.
    """

    video: str
    place: Place
    changes: tuple[PlaceChange, ...]
    rereads: bool = False
    hints: Hints | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    """A location with another name: its videos and hours of counts, and the videos that had that name before."""

    videos: int
    hours: int
    united_with: int


def say_places(engine: Engine, names: Sequence[str], said: PlaceOptions, *, reset: bool = False) -> list[Placed]:
    """Say where and when stored videos were recorded, all or nothing.

    Args:
        engine: the database, opened for writing.
        names: paths, file names, folders or glob patterns of stored videos.
        said: what is said; the start is the time on the wall of the place.
        reset: take back what was said before: the `cameras.toml`, the file's name and its folder tell from now on.

    Raises:
        UsageError: nothing is said, or no time zone has that name.
        NoInputError: nothing that is stored is called so.
    """
    if not (reset or said.location or said.camera or said.start or said.timezone):
        raise UsageError(
            "expected what is to be said of the videos: `location`, `camera`, `start`, `timezone` or `reset`; found "
            "none of them."
        )
    with engine.begin() as connection:
        chosen = _choose(list_places(connection), names)
        placed = [_say(video, said, reset=reset) for video in chosen]
        for video, one in zip(chosen, placed, strict=True):
            write_place(connection, video.id, one.place)
            if one.hints is not None and one.hints != video.hints:
                write_hints(connection, video.id, one.hints)
        what = {change.what for one in placed for change in one.changes}
        if what:
            note_places(connection, "place", [video.sha256 for video in chosen], what)
    return placed


def _choose(videos: Sequence[PlacedVideo], names: Sequence[str]) -> list[PlacedVideo]:
    chosen: dict[int, PlacedVideo] = {}
    for name in names:
        found = [video for video in videos if _is_meant(video, name)]
        if not found:
            guess = nearest(name, [Path(video.name).name for video in videos])
            raise NoInputError(
                f"{name}: expected the path, name, folder or pattern of stored videos; none of the {len(videos)} is "
                f"called so.{guess} 'fer-video status' lists them. Nothing was changed."
            )
        chosen |= {video.id: video for video in found}
    return list(chosen.values())


def _is_meant(video: PlacedVideo, name: str) -> bool:
    wanted, stored = nfc(name), nfc(video.name)
    if wanted in {stored, Path(stored).name} or any(fnmatchcase(one, wanted) for one in (stored, Path(stored).name)):
        return True
    whole, there = (Path(os.path.abspath(one)) for one in (wanted, stored))  # noqa: PTH100 - links are not followed
    return there == whole or whole in there.parents


def _say(video: PlacedVideo, said: PlaceOptions, *, reset: bool) -> Placed:
    before = video.place
    place = _as_files_say(video) if reset else before
    if said.timezone:
        place = _in_zone(video, place, said.timezone)
    if said.location:
        place = replace(place, location=nfc(said.location), place_source=OPTION)
    if said.camera:
        place = replace(place, camera=nfc(said.camera), camera_source=OPTION)
    if said.start:
        zone = ZoneInfo(place.timezone)
        # An hour that was left out is taken as the one after it, as 'analyze' does.
        start = said.start.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
        place = replace(place, started_at=start, start_source=OPTION, start_is_guess=False)
    rereads = place.start_source == TAG and place.timezone != before.timezone
    hints = hints_of(Input(video.path, stream=video.stream), FROM_HERE) if reset else None
    hints = replace(hints, stream=video.hints.stream) if hints else None
    notes = tuple(doubts_of_the_hour(said.start, place.timezone)) if said.start else ()
    return Placed(video.name, place, (*changes(before, place), *_read_otherwise(video, hints)), rereads, hints, notes)


def _read_otherwise(video: PlacedVideo, hints: Hints | None) -> Iterator[PlaceChange]:
    """What is said otherwise of how to read the file."""
    for what in ("aspect", "rate"):
        before, after = getattr(video.hints, what), getattr(hints or video.hints, what)
        if before != after:
            first, second = (None if value is None else f"{float(value):.4g}" for value in (before, after))
            yield PlaceChange(what, first, second, CAMERAS if after else None)


def _in_zone(video: PlacedVideo, place: Place, zone: str) -> Place:
    """The time on the wall stays, unless it came with its own zone."""
    start = place.started_at
    if start and place.start_source == FILE_NAME:
        start = locate_stream(video.path, None, PlaceOptions(timezone=zone), video.stream).started_at or start
    elif start and place.start_source not in {TAG, CONTAINER}:
        start = start.astimezone(ZoneInfo(place.timezone)).replace(tzinfo=ZoneInfo(zone))
    return replace(place, started_at=start, timezone=zone, timezone_source=OPTION)


def _as_files_say(video: PlacedVideo) -> Place:
    """Without what was said before. A start that only the file itself tells is kept until it is read again."""
    place, before = locate_stream(video.path, None, FROM_HERE, video.stream), video.place
    if place.started_at is None and before.start_source in {TAG, CONTAINER}:
        return replace(
            place, started_at=before.started_at, start_source=before.start_source, start_is_guess=before.start_is_guess
        )
    return place


def rename_location(engine: Engine, before: str, after: str, *, unite: bool = False) -> Renamed:
    """Give a location another name: all its videos, and the hours that stay of forgotten ones.

    Args:
        engine: the database, opened for writing.
        before: its name.
        after: its new name.
        unite: take also a name that another location has; both are one then, which cannot be undone.

    Raises:
        SettingError: the new name is empty or the old one, or another location has it.
        NoInputError: no location has the old name.
    """
    old, new = nfc(before), nfc(after)
    if not new or new == old:
        raise SettingError("rename", "the old name and another one", f"{before!r} and {after!r}")
    with engine.begin() as connection:
        videos = list_places(connection)
        mine = [video for video in videos if video.place.location == old]
        there = count_location(connection, new)
        if there and not unite:
            raise SettingError(
                "rename",
                "a name that no other location has",
                f"{new!r}, which has {_videos(there)}",
                "Add `unite` to make one location of both; that cannot be undone.",
            )
        hours = rename_kept_hours(connection, old, new)
        if not mine and not hours:
            raise NoInputError(f"expected a location of the database; {old!r} is none. {_known(videos)}")
        for video in mine:
            write_place(connection, video.id, replace(video.place, location=new, place_source=OPTION))
        note_places(connection, "place", [video.sha256 for video in mine], ["location"])
    return Renamed(len(mine), hours, there)


def _videos(count: int) -> str:
    return f"{count} video{'' if count == 1 else 's'}"


def _known(videos: Iterable[PlacedVideo]) -> str:
    names = sorted({video.place.location for video in videos})
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"There are: {', '.join(names[:8]) or 'none'}{more}."
