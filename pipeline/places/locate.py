"""Where and when a video was recorded.

In this order: what the user said, now or before; `cameras.toml`, now or before; the file's name,
`LOCATION__CAMERA__2024-03-26T09-00` or as a usual recorder writes it; else the folder is the location and the file's
stem the camera. The start is then sought in the recorder's own tags, then in the container's creation time, a guess.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import SettingError
from ..records import Hints, Place
from .cameras import CAMERAS, YEARS, Camera, CameraFile, check_rate, check_timezone, folder_of, read_cameras, whole_path
from .kept import Kept
from .recorders import Recognised, recognise
from .spelling import nfc
from .starts import FILE_NAME, OPTION, Claims, choose_start, parse_start, read_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ..areas import Areas
    from ..records import VideoInfo
    from .patterns import Said

FOLDER, MACHINE = "folder", "machine"

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
        roots: folders that were named; a `cameras.toml` is looked for from the video's folder up to them.
    """

    location: str | None = None
    camera: str | None = None
    start: datetime | None = None
    timezone: str | None = None
    cameras: Path | None = None
    rate: float | None = None
    stream: int | None = None
    roots: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.start and not YEARS[0] <= self.start.year <= YEARS[1]:
            raise SettingError("start", f"a year from {YEARS[0]} to {YEARS[1]}", self.start.year)
        if self.timezone:
            check_timezone(self.timezone)
        check_rate(self.rate)


def locate(video: Path, info: VideoInfo | None, options: PlaceOptions, before: Place | None = None) -> Place:
    """Where and when a video was recorded.

    Args:
        video: its path.
        info: what the container says, for the start; None if it could not be read.
        options: what the user said.
        before: what is stored of the video. What was said of it by option or file holds until somebody of the same or
            a higher rank says something else; None for one that is new.

    Raises:
        UsageError: a `cameras.toml` cannot be read, or a time zone is not known.
    """
    kept = Kept(before)
    file = camera_file(video, options)
    camera = (file.find(video) if file else None) or Camera("")
    form = NAME_FORM.fullmatch(video.stem)
    named: Mapping[str, str | None] = form.groupdict() if form else {}
    path = path_of(video)
    listed, usual = read_pattern(path, video.stem, camera.start_pattern), recognise(path)
    says = tuple(said for said in (listed, usual.said) if said)
    location, source = _first(
        (options.location, OPTION), kept.location(OPTION), (camera.location, CAMERAS),
        (listed.location if listed and not named.get("location") else None, CAMERAS), kept.location(CAMERAS),
        (named.get("location"), FILE_NAME), (_folder_above(says), FOLDER),
        (folder_of(video).name, FOLDER), ("videos", FOLDER),
    )  # fmt: skip
    camera_name, camera_source = _first(
        (options.camera, OPTION), kept.camera(OPTION), (camera.camera, CAMERAS), kept.camera(CAMERAS),
        (named.get("camera"), FILE_NAME), (next((said.camera for said in says if said.camera), None), FILE_NAME),
        (video.stem, FILE_NAME), ("?", FILE_NAME),
    )  # fmt: skip
    zone, zone_source = _zone_of(options, camera, file, kept)
    written = named.get("start")
    own = parse_start(written, NAME_TIMES[len(written)]) if written else None
    usual_start = usual.said.start if usual.said else None
    claims = Claims(
        *(options.start, camera.start, listed.start if listed else None, own or usual_start, info),
        kept_option=kept.start(OPTION, zone),
        kept_listed=kept.start(CAMERAS, zone),
    )
    start = choose_start(video, claims, zone)
    doubt = () if own or start.source in {OPTION, CAMERAS} else _about_doubt(usual)
    return Place(
        *(location, camera_name, source, start.time, start.source, zone, zone_source, start.is_guess),
        notes=(*start.notes, *doubt),
        recorder=" or ".join(usual.recorders) if start.source == FILE_NAME and not own else None,
        camera_source=camera_source,
    )


def _zone_of(options: PlaceOptions, camera: Camera, file: CameraFile | None, kept: Kept) -> tuple[str, str]:
    return _first(
        (options.timezone, OPTION), kept.timezone(OPTION), (camera.timezone, CAMERAS),
        (file.timezone if file else None, CAMERAS), kept.timezone(CAMERAS), (machine_timezone(), MACHINE),
    )  # fmt: skip


def path_of(video: Path) -> str:
    """The whole path with slashes, in one form of accented letters, as patterns are compared with it."""
    return nfc((folder_of(video) / video.name).as_posix())


def _folder_above(says: Iterable[Said]) -> str | None:
    """The folder in which a recorder's own folders begin."""
    return next((PurePosixPath(said.folder).name for said in says if said.folder), None)


def _about_doubt(usual: Recognised) -> tuple[str, ...]:
    if not usual.recorders or usual.said:
        return ()
    names = " and ".join(usual.recorders)
    return (f"Its name is like those of {names}, which mean different times: none is taken. `start_pattern` can tell.",)


def hints_for(video: Path, options: PlaceOptions) -> Hints:
    """What was said of how the file is to be read.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    file = camera_file(video, options)
    camera = (file.find(video) if file else None) or Camera("")
    return Hints(camera.aspect, options.rate or camera.rate, options.stream)


def camera_files(videos: Iterable[Path], options: PlaceOptions) -> list[CameraFile]:
    """Every `cameras.toml` that speaks of these videos, each once."""
    files = [camera_file(video, options) for video in videos]
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


def areas_for(video: Path, options: PlaceOptions) -> Areas | None:
    """What a `cameras.toml` says of a video's picture; None where none speaks of the video.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    file = camera_file(video, options)
    camera = file.find(video) if file else None
    return camera.areas if camera else None


def camera_file(video: Path, options: PlaceOptions) -> CameraFile | None:
    """The `cameras.toml` that speaks of a video: the nearest, from its folder up to what was named; None without one.

    Raises:
        UsageError: it cannot be read.
    """
    path = options.cameras or _nearest_file(video, options.roots)
    if path is None:
        return None
    changed_ns = path.stat().st_mtime_ns if _is_file(path) else 0
    return _read_once(path, changed_ns)


def _nearest_file(video: Path, roots: Sequence[Path]) -> Path | None:
    """The first `cameras.toml` on the way from a video's folder up to the outermost named folder that holds it."""
    folder = folder_of(video)
    above = [root for root in map(whole_path, roots) if folder.is_relative_to(root)]
    highest = min(above, key=lambda root: len(root.parts), default=folder)
    ways = [folder, *folder.parents]
    return next((way / CAMERAS for way in ways[: ways.index(highest) + 1] if _is_file(way / CAMERAS)), None)


def _is_file(path: Path) -> bool:
    # os.path.isfile answers no where Path.is_file raises: for folders that are out of reach.
    return os.path.isfile(path)  # noqa: PTH113


@lru_cache
def _read_once(path: Path, _changed_ns: int) -> CameraFile:
    return read_cameras(path)
