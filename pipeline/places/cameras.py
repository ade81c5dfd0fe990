"""`cameras.toml`: which files belong to which camera, where it hangs and when its recordings begin."""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction  # noqa: TC003
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import SettingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CAMERAS = "cameras.toml"

YEARS = (1971, 9000)
"""Clocks that were never set say 1970 or earlier."""

MOST_RATE = 1000.0
"""Frames a second; no camera is faster."""

KEYS = {"pattern", "location", "camera", "timezone", "start", "start_pattern", "rate"}


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
    _refuse_unknown(path, content, {"timezone", "camera"}, "at the top")
    tables = content.get("camera", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: expected [[camera]] tables with double brackets; found something else.")
    zone = _text(path, content, "timezone")
    if zone:
        check_timezone(zone, path)
    return CameraFile(path, zone, tuple(_read_camera(path, number, table) for number, table in enumerate(tables, 1)))


def unmatched_patterns(file: CameraFile, videos: Iterable[Path]) -> list[str]:
    """The patterns that match none of the videos, which is most often a spelling mistake."""
    names = [{nfc(video.name), nfc(_relative(video, file.path.parent))} for video in videos]
    return [camera.pattern for camera in file.cameras if not any(_matches(each, camera.pattern) for each in names)]


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
    return type(file)(os.path.abspath(file.parent))  # noqa: PTH100 - Path.absolute keeps `..`


def nfc(name: str) -> str:
    """One form of accented letters, so that one location does not become two; undecodable bytes as escapes."""
    decodable = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return unicodedata.normalize("NFC", decodable).strip()


def _read_camera(path: Path, number: int, table: dict[str, Any]) -> Camera:
    where = f"in camera {number}"
    _refuse_unknown(path, table, KEYS, where)
    texts = {key: _text(path, table, key) for key in KEYS - {"start", "rate"}}
    if not texts["pattern"]:
        raise UsageError(f"{path}: expected a pattern {where}; found none.")
    start = _read_start(path, table, where)
    rate = _read_rate(path, table, where)
    if texts["timezone"]:
        check_timezone(texts["timezone"], f"{path}, {where}")
    return Camera(**{**texts, "pattern": nfc(texts["pattern"])}, start=start, rate=rate)  # type: ignore[arg-type]


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
    """A pattern must be one that strptime reads, and tell the day."""
    expected = f"{path}: expected a start_pattern such as shop_%Y%m%d_%H%M%S {where}"
    try:
        example = datetime(2024, 3, 26, 9, 30, tzinfo=UTC).strftime(pattern)
        read = datetime.strptime(example, pattern)  # noqa: DTZ007 - only its date is looked at
    except (ValueError, re.error) as error:
        raise UsageError(f"{expected}; {pattern!r} is none: {error}.") from error
    if (read.year, read.month, read.day) != (2024, 3, 26):
        raise UsageError(f"{expected}; {pattern!r} does not tell year, month and day.")


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
    absolute, root = folder_of(video) / video.name, folder_of(folder / "any")
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(root) else absolute.as_posix()


def _matches(names: set[str], pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)
