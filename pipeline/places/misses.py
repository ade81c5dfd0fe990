"""What a pattern that fits nothing was most likely meant to fit: its nearest miss."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cameras import unmatched_patterns
from .locate import path_of
from .patterns import is_regular_expression, pieces_of
from .recorders import PRESETS
from .spelling import nfc
from .starts import read_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .cameras import Camera, CameraFile
    from .patterns import Piece

MOST_NAMES = 200
"""Of so many files the nearest is sought; thousands of one recorder are alike."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far a pattern gets in a name: pieces that fit, letters that they took, and what it expected there."""

    pieces: int
    letters: int
    expected: str


def missed_patterns(file: CameraFile, videos: Sequence[Path]) -> Iterator[str]:
    """A line for each `pattern` and `start_pattern` that fits none of the videos it could, with the nearest miss."""
    unmatched = unmatched_patterns(file, videos)
    owners = [file.find(video) for video in videos]
    for camera in file.cameras:
        own = [video for video, owner in zip(videos, owners, strict=True) if owner is camera]
        if camera.pattern in unmatched:
            # The glob's own letters are compared as those of a start_pattern are; % means nothing in it.
            nearest = _nearest(camera.pattern.replace("%", "%%"), videos)
            yield f"the pattern {camera.pattern!r} matches none of the inputs.{_told(nearest)}"
        elif own and camera.start_pattern and not any(_fits(video, camera) for video in own):
            count = "the only file" if len(own) == 1 else f"none of {len(own)} files"
            fits = "does not fit" if len(own) == 1 else "fits"
            yield f"the start_pattern {camera.start_pattern!r} {fits} {count}.{_miss(camera.start_pattern, own)}"


def _fits(video: Path, camera: Camera) -> bool:
    return read_pattern(path_of(video), video.stem, camera.start_pattern) is not None


def _miss(pattern: str, videos: Sequence[Path]) -> str:
    """For a recorder's name or a regular expression, whose pieces are not compared, the first file."""
    if pattern in PRESETS or is_regular_expression(pattern):
        return f" The first is {videos[0].name}."
    return _told(_nearest(pattern, videos))


def _told(nearest: tuple[str, _Reach] | None) -> str:
    if nearest is None:
        return ""
    name, reach = nearest
    return f" Nearest: {name}, differs at position {reach.letters + 1}: expected {reach.expected}."


def _nearest(pattern: str, videos: Sequence[Path]) -> tuple[str, _Reach] | None:
    """The name in which a pattern gets furthest, and how far."""
    try:
        pieces = pieces_of(pattern)
    except ValueError:  # a directive that strptime alone knows
        return None
    depth = pattern.count("/") + 1
    names = ["/".join(path_of(video).split("/")[-depth:]) for video in videos[:MOST_NAMES]]
    found = [(name, _reach(pieces, nfc(name))) for name in names]
    return max(found, key=lambda item: (item[1].pieces, item[1].letters), default=None)


def _reach(pieces: Sequence[Piece], name: str) -> _Reach:
    """Pieces from the first on, as many as fit."""
    low, high, letters = 0, len(pieces), 0
    while low < high:
        middle = (low + high + 1) // 2
        found = _beginning(pieces[:middle]).match(name)
        low, high, letters = (middle, high, found.end()) if found else (low, middle - 1, letters)
    if low == len(pieces):
        return _Reach(low, letters, "the end of the name")
    wild = " or later" if low and pieces[low - 1].is_wild else ""
    return _Reach(low, letters, f"{pieces[low].text!r}{wild}")


def _beginning(pieces: Sequence[Piece]) -> re.Pattern[str]:
    seen: set[str] = set()
    return re.compile("".join(piece.regex(seen) for piece in pieces))
