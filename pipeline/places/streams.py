"""The further cameras of one file, `file.mp4#2`: videos of their own, with camera names of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..records import numbered
from .inputs import Input
from .kept import is_kept_camera
from .locate import areas_for, camera_file, camera_files, hints_for, locate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from ..areas import Areas
    from ..records import Hints, Place, VideoInfo
    from .locate import PlaceOptions


def hints_of(item: Input, options: PlaceOptions) -> Hints:
    """What was said of how an input is to be read, with which of its cameras is meant.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    path, _ = _as_listed(item.path, item.stream or options.stream or 1, options)
    hints = hints_for(path, options)
    return replace(hints, stream=item.stream or hints.stream)


def locate_stream(
    video: Path, info: VideoInfo | None, options: PlaceOptions, stream: int, before: Place | None = None
) -> Place:
    """Where and when one camera of a file recorded; see `locate.locate`.

    A pattern of `cameras.toml` that ends in `#2` means the second camera. Without one it has the file's place, and its
    number behind the camera's name.
    """
    path, camera = _as_listed(video, stream, options)
    place = locate(path, info, options, before)
    is_exact = camera or is_kept_camera(place, before)
    return place if is_exact and not options.camera else replace(place, camera=numbered(place.camera, stream))


def areas_of_stream(video: Path, stream: int, options: PlaceOptions) -> tuple[Path | None, Areas | None]:
    """The `cameras.toml` that speaks of one camera of a file, and what it says of the picture; None where none does.

    A pattern without `#2` speaks of the first camera's picture alone; of another camera it says the place only.

    Raises:
        UsageError: a `cameras.toml` cannot be read.
    """
    path, _ = _as_listed(video, stream, options)
    areas = areas_for(path, options)
    if areas is None:
        return None, None
    file = camera_file(video, options)
    return (file.path if file else None), (areas if stream == 1 or path != video else None)


def further_inputs(item: Input, streams: int, named: Collection[Input], options: PlaceOptions) -> Iterator[Input]:
    """The other cameras of a file, unless one was asked for; those that are named anyway are left to their turn.

    Args:
        item: the file, as an input.
        streams: how many cameras it holds.
        named: all inputs.
        options: what the user said.
    """
    if item.stream or options.stream:
        return
    for number in range(2, streams + 1):
        further = Input(item.path, stream=number)
        if further not in named:
            yield further


def _as_listed(video: Path, stream: int, options: PlaceOptions) -> tuple[Path, str | None]:
    """The path by which `cameras.toml` speaks of the camera, with its number if it does so, and the name given then."""
    path = video.with_name(numbered(video.name, stream, always=True))
    found = [camera for file in camera_files([video], options) if (camera := file.find(path)) and "#" in camera.pattern]
    return (path, found[0].camera) if found else (video, None)
