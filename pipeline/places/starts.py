"""When a recording began: which of those who say so is believed, and what is doubtful about it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..video.written_times import is_unset
from .cameras import CAMERAS, YEARS
from .patterns import Said, compile_directives, compile_groups, is_regular_expression
from .recorders import PRESETS, read_preset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import VideoInfo

OPTION, FILE_NAME, TAG, CONTAINER = "option", "file name", "recorder's tag", "container"

SLACK = timedelta(days=1)
"""How far a file's time of writing may lie before its recording, as copies between time zones do."""


@dataclass(frozen=True, slots=True)
class Start:
    """When a recording began.

    Attributes:
        time: of the first frame, with its zone; None if nothing tells.
        source: who says so; None likewise.
        is_guess: the source is known to be wrong at times.
        notes: what is doubtful, a sentence each.
    """

    time: datetime | None = None
    source: str | None = None
    is_guess: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """Who says when, in the order of trust; None for whoever says nothing. Times without a zone are local.

    Attributes:
        option: the user.
        listed: a `cameras.toml`, as a time.
        patterned: a `cameras.toml`, by its pattern over the path.
        named: the file's name.
        info: tags of the file, its container's creation time and its length.
        kept_option, kept_listed: the user and a `cameras.toml`, when the video was analysed before.
    """

    option: datetime | None
    listed: datetime | None
    patterned: datetime | None
    named: datetime | None
    info: VideoInfo | None
    kept_option: datetime | None = None
    kept_listed: datetime | None = None


def choose_start(video: Path, claims: Claims, zone: str) -> Start:
    """The start that is believed, in the place's zone unless it has its own."""
    notes: list[str] = []
    found = next(_believable(claims, notes), None)
    if found is None:
        return Start(notes=tuple(notes))
    time, source = found
    if time.tzinfo is None:
        notes += doubts_of_the_hour(time, zone)
        time = time.replace(tzinfo=ZoneInfo(zone))
    late = _doubts_of_the_file(video, time, claims.info) if source in {TAG, CONTAINER} else ()
    return Start(time, source, source == CONTAINER or bool(late), (*notes, *late))


def _believable(claims: Claims, notes: list[str]) -> Iterator[tuple[datetime, str]]:
    info = claims.info
    for time, source, is_read in (
        (claims.option, OPTION, False),
        (claims.kept_option, OPTION, False),
        (claims.listed, CAMERAS, False),
        (claims.patterned, CAMERAS, True),
        (claims.kept_listed, CAMERAS, False),
        (claims.named, FILE_NAME, True),
        (info.tagged_at if info else None, TAG, False),
        (info.created_at if info else None, CONTAINER, False),
    ):
        if time is None:
            continue
        if is_read and is_unset(time):
            notes.append(f"Its name says {time:%Y-%m-%d %H:%M}, as a clock that was never set does: that is no start.")
            continue
        yield time, source


def doubts_of_the_hour(local: datetime, zone: str) -> Iterator[str]:
    """Clocks that are put forward leave an hour out; put back, they show one twice (PEP 495)."""
    here = ZoneInfo(zone)
    first, second = local.replace(tzinfo=here), local.replace(tzinfo=here, fold=1)
    if first.utcoffset() == second.utcoffset():
        return
    shown = first.astimezone(UTC).astimezone(here).replace(tzinfo=None)
    if shown != local:
        yield (
            f"The start {local:%Y-%m-%d %H:%M} does not exist in {zone}, where clocks were put forward: "
            f"it is taken as {shown:%H:%M}."
        )
    else:
        yield (
            f"The start {local:%Y-%m-%d %H:%M} exists twice in {zone}, where clocks were put back: "
            "the first of the two is taken."
        )


def _doubts_of_the_file(video: Path, start: datetime, info: VideoInfo | None) -> tuple[str, ...]:
    """A file cannot be older than its recording, nor a start later than the file's own end."""
    try:
        written = datetime.fromtimestamp(os.stat(video).st_mtime, UTC)  # noqa: PTH116 - names that Path refuses
    except (OSError, ValueError, OverflowError):
        return ()
    said = f"{start:%Y-%m-%d %H:%M}"
    if start > written + SLACK:
        return (
            f"The file says that it begins at {said}, but was last written before that, {written:%Y-%m-%d %H:%M} UTC.",
        )
    if info is None or info.tagged_at or not info.duration_s or start > written:
        return ()
    # A container's time within one length of the last writing is the end or an export's, not the start.
    if start + timedelta(seconds=info.duration_s) > written + timedelta(seconds=max(2.0, info.duration_s / 10)):
        return (f"The file's creation time, {said}, is about when it was finished: it may be the end, not the start.",)
    return ()


def read_pattern(path: str, stem: str, pattern: str | None) -> Said | None:
    """What a path says by a `start_pattern`: a recorder's name, a regular expression or directives with wildcards.

    Args:
        path: whole, with slashes.
        stem: the file's name without its suffix, as strptime reads it.
        pattern: None for no pattern.
    """
    if pattern is None:
        return None
    if pattern in PRESETS:
        said = read_preset(pattern, path)
    elif is_regular_expression(pattern):
        said = compile_groups(pattern).read(path)
    else:
        said = _by_strptime(stem, pattern) or _by_directives(path, pattern)
    return said if said and YEARS[0] <= said.start.year <= YEARS[1] else None


def _by_directives(path: str, pattern: str) -> Said | None:
    try:
        return compile_directives(pattern).read(path)
    except ValueError:  # a directive that strptime alone knows
        return None


def _by_strptime(stem: str, pattern: str) -> Said | None:
    time = parse_start(stem, pattern)
    return Said(time) if time else None


def parse_start(written: str, pattern: str | None) -> datetime | None:
    """The time that a text says in a strptime pattern; None if it says none, or one that no video camera saw."""
    if pattern is None:
        return None
    try:
        time = datetime.strptime(written, pattern)  # noqa: DTZ007 - the zone is added where it is known
    except (ValueError, re.error):
        return None
    return time if YEARS[0] <= time.year <= YEARS[1] else None
