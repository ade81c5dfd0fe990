"""Where and when a video was recorded.

In this order: what the user said; `cameras.toml`; the file's name, `LOCATION__CAMERA__2024-03-26T09-00`; else the
folder is the location and the file's stem the camera. The container's creation time is the last resort for the start.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .records import VideoInfo

CAMERAS = "cameras.toml"
OPTION, FILE_NAME, FOLDER, CONTAINER, MACHINE = "option", "file name", "folder", "container", "machine"

NAME_FORM = re.compile(r"(?P<location>.+?)__(?P<camera>.+?)(?:__(?P<start>\d{4}-\d\d-\d\dT\d\d-\d\d(?:-\d\d)?))?")
KEYS = {"pattern", "location", "camera", "timezone", "start", "start_pattern"}


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What the user said on the command line; None where nothing was said.

    Attributes:
        location, camera: for all inputs.
        start: local time of the first frame, for all inputs.
        timezone: IANA zone.
        cameras: a `cameras.toml` to use instead of those beside the videos.
    """

    location: str | None = None
    camera: str | None = None
    start: datetime | None = None
    timezone: str | None = None
    cameras: Path | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when, each with its source.

    Attributes:
        location, camera: NFC-normalised names.
        place_source: where the location came from: option, cameras.toml, file name or folder.
        started_at: time of the first frame, with its zone; None if nothing tells.
        start_source: option, cameras.toml, file name or container; None if nothing tells.
        timezone, timezone_source: IANA zone, and option, cameras.toml or machine.
    """

    location: str
    camera: str
    place_source: str
    started_at: datetime | None
    start_source: str | None
    timezone: str
    timezone_source: str


@dataclass(frozen=True, slots=True)
class Camera:
    """One `[[camera]]` of a `cameras.toml`."""

    pattern: str
    location: str | None = None
    camera: str | None = None
    timezone: str | None = None
    start: datetime | None = None
    start_pattern: str | None = None


@dataclass(frozen=True, slots=True)
class CameraFile:
    """A `cameras.toml`: patterns are matched against file names and against paths relative to its folder."""

    path: Path
    timezone: str | None
    cameras: tuple[Camera, ...]

    def find(self, video: Path) -> Camera | None:
        """The first camera whose pattern matches."""
        names = {nfc(video.name), nfc(_relative(video, self.path.parent))}
        return next((camera for camera in self.cameras if _matches(names, camera.pattern)), None)


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
        (video.absolute().parent.name or "videos", FOLDER),
    )  # fmt: skip
    camera_name, _ = _first(
        (options.camera, OPTION), (camera.camera, CAMERAS), (named.get("camera"), FILE_NAME), (video.stem, "")
    )
    zone, zone_source = _first(
        (options.timezone, OPTION), (camera.timezone, CAMERAS), (file.timezone if file else None, CAMERAS),
        (machine_timezone(), MACHINE),
    )  # fmt: skip
    started_at, start_source = _start(video, info, options, camera, named.get("start"), zone)
    return Place(nfc(location), nfc(camera_name), source, started_at, start_source, zone, zone_source)


def read_cameras(path: Path) -> CameraFile:
    """Read a `cameras.toml`.

    Raises:
        UsageError: it cannot be read, or holds an unknown key, a value of another type or an unknown time zone.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: expected a TOML file of cameras; it cannot be read: {error}.") from error
    _refuse_unknown(path, content, {"timezone", "camera"}, "at the top")
    tables = content.get("camera", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: expected [[camera]] tables with double brackets; found something else.")
    zone = _text(path, content, "timezone")
    if zone:
        check_timezone(zone, str(path))
    return CameraFile(path, zone, tuple(_read_camera(path, number, table) for number, table in enumerate(tables, 1)))


def unmatched_patterns(file: CameraFile, videos: Iterable[Path]) -> list[str]:
    """The patterns that match none of the videos, which is most often a spelling mistake."""
    names = [{nfc(video.name), nfc(_relative(video, file.path.parent))} for video in videos]
    return [camera.pattern for camera in file.cameras if not any(_matches(each, camera.pattern) for each in names)]


def camera_files(videos: Iterable[Path], options: PlaceOptions) -> list[CameraFile]:
    """Every `cameras.toml` that speaks of these videos, each once."""
    files = [_camera_file(video, options) for video in videos]
    return list({file.path: file for file in files if file}.values())


def check_timezone(name: str, where: str) -> ZoneInfo:
    """The zone of that IANA name, or a UsageError that says where it was written."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"{where}: expected an IANA time zone such as Asia/Ho_Chi_Minh; found {name!r}.") from error


@cache
def machine_timezone() -> str:
    """This machine's IANA time zone; UTC if it has none."""
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def nfc(name: str) -> str:
    """One form of accented letters, so that one location does not become two."""
    return unicodedata.normalize("NFC", name).strip()


def _first(*choices: tuple[str | None, str]) -> tuple[str, str]:
    return next((value, source) for value, source in choices if value)


def _start(
    video: Path, info: VideoInfo | None, options: PlaceOptions, camera: Camera, written: str | None, zone: str
) -> tuple[datetime | None, str | None]:
    local: datetime | None = None
    source = None
    if options.start:
        local, source = options.start, OPTION
    elif camera.start or camera.start_pattern:
        local, source = camera.start or _parse(video.stem, camera.start_pattern), CAMERAS
    if local is None and written:
        local, source = _parse(written, "%Y-%m-%dT%H-%M-%S" if written.count("-") == 4 else "%Y-%m-%dT%H-%M"), FILE_NAME
    if local is not None:
        return local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone)), source
    if info and info.created_at:
        return info.created_at, CONTAINER
    return None, None


def _parse(written: str, pattern: str | None) -> datetime | None:
    try:
        return datetime.strptime(written, pattern) if pattern else None  # noqa: DTZ007 - the caller adds the zone
    except ValueError:
        return None


def _camera_file(video: Path, options: PlaceOptions) -> CameraFile | None:
    if options.cameras:
        return _read_once(options.cameras)
    beside = video.absolute().parent / CAMERAS
    return _read_once(beside) if beside.is_file() else None


@cache
def _read_once(path: Path) -> CameraFile:
    return read_cameras(path)


def _read_camera(path: Path, number: int, table: dict[str, Any]) -> Camera:
    where = f"in camera {number}"
    _refuse_unknown(path, table, KEYS, where)
    texts = {key: _text(path, table, key) for key in KEYS - {"start"}}
    if not texts["pattern"]:
        raise UsageError(f"{path}: expected a pattern {where}; found none.")
    start = table.get("start")
    if start is not None and not isinstance(start, datetime):
        raise UsageError(
            f"{path}: expected a start such as 2024-03-26T09:00:00, without quotes, {where}; found {start!r}."
        )
    if texts["timezone"]:
        check_timezone(texts["timezone"], f"{path}, {where}")
    return Camera(**{**texts, "pattern": nfc(texts["pattern"])}, start=start)  # type: ignore[arg-type]


def _refuse_unknown(path: Path, table: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise UsageError(f"{path}: unknown key {unknown[0]!r} {where}; expected {', '.join(sorted(known))}.")


def _text(path: Path, table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{path}: {key}: expected text in quotes; found {value!r}.")
    return value


def _relative(video: Path, folder: Path) -> str:
    absolute, root = video.absolute(), folder.absolute()
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.as_posix()


def _matches(names: set[str], pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)
