"""What is to be said of places before the first video is opened: mistakes, and what was read from names unasked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .locate import camera_file, camera_files, locate
from .misses import missed_patterns
from .recorders import UTC_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .locate import PlaceOptions


def sayings(videos: Sequence[Path], options: PlaceOptions) -> Iterator[str]:
    """Lines for whoever starts a batch.

    Raises:
        UsageError: a `cameras.toml` cannot be read, or a time zone is not known.
    """
    for file in camera_files(videos, options):
        own = [video for video in videos if camera_file(video, options) is file]
        for miss in missed_patterns(file, own):
            yield f"{file.path}: {miss}"
    places = [locate(video, None, options) for video in videos]
    for recorder, count in Counter(place.recorder for place in places if place.recorder).items():
        names = f"{count} of {len(videos)} file names, which are" if len(videos) > 1 else "the file's name, which is"
        utc = f"; {UTC_NAMES[recorder]}" if recorder in UTC_NAMES else ""
        yield (
            f"the start is read from {names} like those of {recorder}{utc}. "
            "A start_pattern in cameras.toml can tell otherwise."
        )
