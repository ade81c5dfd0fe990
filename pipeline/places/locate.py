"""Where and when a video was recorded.

In this order: what the user said; `cameras.toml`; the file's name, `LOCATION__CAMERA__2024-03-26T09-00`; else the
folder is the location and the file's stem the camera. The container's creation time is the last resort for the start.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import SettingError
from ..records import Hints, Place
from .cameras import CAMERAS, YEARS, Camera, CameraFile, check_rate, check_timezone, folder_of, nfc, read_cameras

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..records import VideoInfo

    Found: TypeAlias = tuple[datetime, str] | tuple[None, None]

OPTION, FILE_NAME, FOLDER, CONTAINER, MACHINE = "option", "file name", "folder", "container", "machine"

NAME_FORM = re.compile(r"(?P<location>.+?)__(?P<camera>.+?)(?:__(?P<start>\d{4}-\d\d-\d\dT\d\d-\d\d(?:-\d\d)?))?")
NAME_TIMES = {16: "%Y-%m-%dT%H-%M", 19: "%Y-%m-%dT%H-%M-%S"}


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What the user said on the command line; None where nothing was said.

    Attributes:
        location, camera: for all inputs.
        start: local time of the first frame, for all inputs.
        timezone: IANA zone.
        cameras: a `cameras.toml` to use instead of those beside the videos.
        rate: frames a second of streams that do not say theirs.
        stream: which of a file's cameras, from 1; None for the main one.
    """

    location: str | None = None
    camera: str | None = None
    start: datetime | None = None
    timezone: str | None = None
    cameras: Path | None = None
    rate: float | None = None
    stream: int | None = None

    def __post_init__(self) -> None:
        if self.start and not YEARS[0] <= self.start.year <= YEARS[1]:
            raise SettingError("start", f"a year from {YEARS[0]} to {YEARS[1]}", self.start.year)
        if self.timezone:
            check_timezone(self.timezone)
        check_rate(self.rate)


def locate(video: Path, info: VideoInfo | None, options: PlaceOptions) -> Place:
    """Where and when a video was recorded.

    Args:
        video: its path.
        info: what the container says, for the start; None if it could not be read.
        options: what the user said.

    Raises:
        UsageError: a `cameras.toml` cannot be read, or a time zone is not known.
    """
    file = _camera_file(video, options)
    camera = (file.find(video) if file else None) or Camera("")
    form = NAME_FORM.fullmatch(video.stem)
    named: Mapping[str, str | None] = form.groupdict() if form else {}
    location, source = _first(
        (options.location, OPTION), (camera.location, CAMERAS), (named.get("location"), FILE_NAME),
        (folder_of(video).name, FOLDER), ("videos", FOLDER),
    )  # fmt: skip
    camera_name, _ = _first(
        (options.camera, OPTION),
        (camera.camera, CAMERAS),
        (named.get("camera"), FILE_NAME),
        (video.stem, ""),
        ("?", ""),
    )
    zone, zone_source = _first(
        (options.timezone, OPTION), (camera.timezone, CAMERAS), (file.timezone if file else None, CAMERAS),
        (machine_timezone(), MACHINE),
    )  # fmt: skip
    started_at, start_source = _start(video, info, options, camera)
    return Place(location, camera_name, source, _in_zone(started_at, zone), start_source, zone, zone_source)


def hints_for(video: Path, options: PlaceOptions) -> Hints:
    """What was said of how the file is to be read.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    file = _camera_file(video, options)
    camera = (file.find(video) if file else None) or Camera("")
    return Hints(camera.aspect, options.rate or camera.rate, options.stream)


def camera_files(videos: Iterable[Path], options: PlaceOptions) -> list[CameraFile]:
    """Every `cameras.toml` that speaks of these videos, each once."""
    files = [_camera_file(video, options) for video in videos]
    return list({file.path: file for file in files if file}.values())


@cache
def machine_timezone() -> str:
    """This machine's IANA time zone; UTC if it has none."""
    import tzlocal

    try:
        return ZoneInfo(tzlocal.get_localzone_name() or "UTC").key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def _first(*choices: tuple[str | None, str]) -> tuple[str, str]:
    """The first name that is more than blanks, normalised, and where it came from."""
    return next((nfc(value), source) for value, source in choices if value and nfc(value))


def _start(video: Path, info: VideoInfo | None, options: PlaceOptions, camera: Camera) -> Found:
    """The time of the first frame and where it came from; without a zone where none was written."""
    form = NAME_FORM.fullmatch(video.stem)
    written = form.group("start") if form else None
    return next(
        ((time, source) for time, source in (
            (options.start, OPTION),
            (camera.start or parse_start(video.stem, camera.start_pattern), CAMERAS),
            (parse_start(written, NAME_TIMES[len(written)]) if written else None, FILE_NAME),
            (info.created_at if info else None, CONTAINER),
        ) if time),
        (None, None),
    )  # fmt: skip


def _in_zone(local: datetime | None, zone: str) -> datetime | None:
    return local if local is None or local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))


def parse_start(written: str, pattern: str | None) -> datetime | None:
    """The time that a text says in a strptime pattern; None if it says none, or one that no video camera saw."""
    if pattern is None:
        return None
    try:
        time = datetime.strptime(written, pattern)  # noqa: DTZ007 - the zone is added where it is known
    except ValueError:
        return None
    return time if YEARS[0] <= time.year <= YEARS[1] else None


def _camera_file(video: Path, options: PlaceOptions) -> CameraFile | None:
    path = options.cameras or folder_of(video) / CAMERAS
    # os.path.isfile answers no where Path.is_file raises: for folders that are out of reach.
    is_there = os.path.isfile(path)  # noqa: PTH113
    if not options.cameras and not is_there:
        return None
    changed_ns = path.stat().st_mtime_ns if is_there else 0
    return _read_once(path, changed_ns)


@lru_cache
def _read_once(path: Path, _changed_ns: int) -> CameraFile:
    return read_cameras(path)
