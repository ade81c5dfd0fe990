"""`cameras.toml`: which files belong to which camera, where it hangs and when its recordings begin."""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..areas import NO_AREAS
from ..errors import SettingError, UsageError
from .areas import AREA_KEYS, read_areas
from .patterns import compile_directives, compile_groups, is_regular_expression
from .recorders import PRESETS
from .retention import parse_retention
from .spelling import nfc, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..areas import Areas

CAMERAS = "cameras.toml"

YEARS = (1971, 9000)
"""Clocks that were never set say 1970 or earlier."""

MOST_RATE = 1000.0
"""Frames a second; no camera is faster."""

KEYS = {"pattern", "location", "camera", "timezone", "start", "start_pattern", "aspect", "rate", "retention"}
NO_TEXTS = {"start", "aspect", "rate", "retention"}

WIDEST_PICTURE = 8
"""A picture that is told to be longer than that in one direction is a slip of the pen."""

USUAL_PICTURES = (Fraction(16, 9), Fraction(4, 3), Fraction(5, 4), Fraction(3, 2))
ROUNDED = Fraction(1, 200)
"""A shape within that share of a usual one was rounded by whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One `[[camera]]` of a `cameras.toml`."""

    pattern: str
    location: str | None = None
    camera: str | None = None
    timezone: str | None = None
    start: datetime | None = None
    start_pattern: str | None = None
    aspect: Fraction | None = None
    rate: float | None = None
    retention: timedelta | None = None
    areas: Areas = NO_AREAS


@dataclass(frozen=True, slots=True)
class CameraFile:
    """A `cameras.toml`: patterns are matched against file names and against paths relative to its folder."""

    path: Path
    timezone: str | None
    cameras: tuple[Camera, ...]
    retention: timedelta | None = None

    def find(self, video: Path) -> Camera | None:
        """The first camera whose pattern matches."""
        names = self._names(video)
        return next((camera for camera in self.cameras if _matches(names, camera.pattern)), None)

    def matches(self, video: Path, camera: Camera) -> bool:
        """Whether a camera's pattern matches, be it the first or not."""
        return _matches(self._names(video), camera.pattern)

    def _names(self, video: Path) -> set[str]:
        return {nfc(video.name), nfc(_relative(video, self.path.parent))}


def read_cameras(path: Path) -> CameraFile:
    """Read a `cameras.toml`.

    Raises:
        UsageError: it cannot be read, or holds an unknown key, a value of another type or an unknown time zone.
    """
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: expected a TOML file of cameras; it cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: expected a TOML file of cameras; it cannot be read: {error}.") from error
    refuse_unknown(path, content, {"timezone", "camera", "retention"}, "at the top")
    tables = content.get("camera", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: expected [[camera]] tables with double brackets; found something else.")
    zone = _text(path, content, "timezone")
    if zone:
        check_timezone(zone, path)
    kept = _read_retention(content, path)
    cameras = tuple(_read_camera(path, number, table) for number, table in enumerate(tables, 1))
    return CameraFile(path, zone, cameras, kept)


def unmatched_patterns(file: CameraFile, videos: Iterable[Path]) -> list[str]:
    """The patterns that match none of the videos, which is most often a spelling mistake."""
    known = list(videos)
    return [one.pattern for one in file.cameras if not any(_is_meant(file, video, one) for video in known)]


def _is_meant(file: CameraFile, video: Path, camera: Camera) -> bool:
    """Which further cameras a file holds is not known yet: door.mp4#2 has the file door.mp4."""
    plain = replace(camera, pattern=re.sub(r"#\d+$", "", camera.pattern))
    return file.matches(video, camera) or file.matches(video, plain)


def check_timezone(name: str, where: Path | str | None = None) -> ZoneInfo:
    """The zone of that IANA name.

    Raises:
        SettingError: there is none; it says where the name was written, if that was a file.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError("timezone", "an IANA time zone such as Asia/Ho_Chi_Minh", repr(name), where=where) from error


def check_rate(rate: float | None, where: Path | str | None = None) -> None:
    """See that a rate is one that a camera can have.

    Raises:
        SettingError: it is none; it says where the rate was written, if that was a file.
    """
    if rate is not None and not 0 < rate <= MOST_RATE:
        raise SettingError("rate", f"frames a second, above 0 and at most {MOST_RATE:g}", f"{rate:g}", where=where)


def folder_of(file: Path) -> Path:
    """The folder that a file lies in, by its full name; `..` is followed, links are not."""
    return whole_path(file.parent)


def whole_path(path: Path) -> Path:
    """A path by its full name; `..` is followed, links are not."""
    return type(path)(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps `..`


def _read_camera(path: Path, number: int, table: dict[str, Any]) -> Camera:
    where = f"in camera {number}"
    refuse_unknown(path, table, KEYS | AREA_KEYS, where)
    texts = {key: _text(path, table, key) for key in KEYS - NO_TEXTS}
    if not texts["pattern"]:
        raise UsageError(f"{path}: expected a pattern {where}; found none.")
    start = _read_start(path, table, where)
    rate = _read_rate(path, table, where)
    if texts["timezone"]:
        check_timezone(texts["timezone"], f"{path}, {where}")
    aspect = _read_aspect(path, table, where)
    pattern = nfc(texts.pop("pattern") or "")
    areas = read_areas(f"{path}: camera {number} ({pattern!r})", table)
    kept = _read_retention(table, f"{path}, {where}")
    return Camera(pattern, **texts, start=start, aspect=aspect, rate=rate, retention=kept, areas=areas)


def _read_retention(table: dict[str, Any], where: Path | str) -> timedelta | None:
    return parse_retention(table["retention"], where) if "retention" in table else None


def _read_aspect(path: Path, table: dict[str, Any], where: str) -> Fraction | None:
    written = table.get("aspect")
    aspect = None if written is None else parse_aspect(written)
    if written is not None and aspect is None:
        raise UsageError(
            f'{path}: expected an aspect such as "16:9", the width of the whole picture over its height, {where}; '
            f"found {written!r}."
        )
    return aspect


def parse_aspect(written: object) -> Fraction | None:
    """The shape of a picture as people write it, such as 16:9 or 1.78; None if it is none."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        return None
    width, colon, height = re.sub("[/x]", ":", str(written)).partition(":")
    try:
        aspect = Fraction(width.strip()) / Fraction(height.strip() if colon else "1")
    except (ValueError, ZeroDivisionError):
        return None
    # 1.78 and 1.7778 both mean 16:9.
    aspect = next((usual for usual in USUAL_PICTURES if abs(aspect / usual - 1) < ROUNDED), aspect)
    aspect = aspect.limit_denominator(1000)
    return aspect if Fraction(1, WIDEST_PICTURE) <= aspect <= WIDEST_PICTURE else None


def _read_rate(path: Path, table: dict[str, Any], where: str) -> float | None:
    rate = table.get("rate")
    if rate is None:
        return None
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise UsageError(f"{path}: rate: expected frames a second such as 12, without quotes, {where}; found {rate!r}.")
    check_rate(rate, f"{path}, {where}")
    return float(rate)


def _read_start(path: Path, table: dict[str, Any], where: str) -> datetime | None:
    start, pattern = table.get("start"), table.get("start_pattern")
    if start is not None and pattern is not None:
        raise UsageError(f"{path}: expected start or start_pattern {where}; found both. Keep one.")
    if pattern:
        _check_start_pattern(path, pattern, where)
    if start is not None and not (isinstance(start, datetime) and YEARS[0] <= start.year <= YEARS[1]):
        raise UsageError(
            f"{path}: expected a start such as 2024-03-26T09:00:00, without quotes, {where}; found {str(start)!r}."
        )
    return start


def _check_start_pattern(path: Path, pattern: str, where: str) -> None:
    """A pattern must be a recorder's name, or one that can be read and tells the day."""
    if pattern in PRESETS:
        return
    try:
        if is_regular_expression(pattern):
            compile_groups(pattern)
        elif not _is_strptimes(pattern):
            compile_directives(pattern)
    except ValueError as error:
        names = ", ".join(PRESETS)
        raise UsageError(
            f"{path}: expected a start_pattern such as shop_%Y%m%d_%H%M%S or *_%Y%m%d%H%M%S_*, named groups, or one of "
            f"{names} {where}; {pattern!r} is none: {error}."
        ) from error


def _is_strptimes(pattern: str) -> bool:
    """Whether strptime reads it, and learns the day."""
    try:
        example = datetime(2024, 3, 26, 9, 30, tzinfo=UTC).strftime(pattern)
        read = datetime.strptime(example, pattern)  # noqa: DTZ007 - only its date is looked at
    except (ValueError, re.error):
        return False
    return (read.year, read.month, read.day) == (2024, 3, 26)


def _text(path: Path, table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{path}: {key}: expected text in quotes; found {value!r}.")
    return value


def _relative(video: Path, folder: Path) -> str:
    absolute, root = folder_of(video) / video.name, folder_of(folder / "any")
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.as_posix()


def _matches(names: set[str], pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)
