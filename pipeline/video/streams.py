"""Which of a file's video streams are cameras: no thumbnails, and no second, smaller copy of the same picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from av.stream import Disposition

from ..errors import VideoError
from .ends import tagged_s
from .formats import open_container
from .geometry import MAX_PIXELS
from .glimpses import likeness
from .timeline import read_packets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image | Disposition.dependent
"""Covers, thumbnails, and streams that only improve another one."""

MOST_STILLS, MORE = 5, 10
"""A stream of so few pictures, where another one has so many times more, is a thumbnail."""

ALIKE = 0.8
"""Likeness of the details of two streams above which they show the same. Measured: copies of a fraction of the size and
the rate 0.95 and more; other cameras under 0.5, and 0.7 for another hour of the same room."""

LOOKED_THROUGH = 3000
"""Packets that are read at most where the container does not count its pictures."""


@dataclass(frozen=True, slots=True)
class Cameras:
    """What of a file is filmed.

    Attributes:
        indices: FFmpeg's numbers of the streams, the main camera first, then the others in the file's order.
        notes: which other streams are not read, and why; a sentence each.
    """

    indices: tuple[int, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Film:
    """A stream that may be a camera: how many pictures it has and how long it is, as far as that is known."""

    index: int
    width: int
    height: int
    frames: int | None
    length_s: float | None
    is_default: bool

    @property
    def pixels(self) -> int:
        return self.width * self.height


def find_cameras(path: Path, container: Any) -> Cameras:
    """The cameras of an open file; at least one.

    Raises:
        VideoError: it holds no video stream, or none that can be decoded.
    """
    moving = [each for each in container.streams.video if not each.disposition & NO_FILM]
    if not moving:
        held = ", ".join(sorted({each.type for each in container.streams if each not in moving})) or "nothing"
        raise VideoError(f"expected a video stream; the file holds {held} only")
    if len(moving) == 1:
        check_codec(moving[0].codec_context)
        return Cameras((moving[0].index,))
    status = path.stat()
    return _find(path, status.st_size, status.st_mtime_ns)


def check_codec(context: Any) -> None:
    """Refuse a stream that cannot be decoded.

    Raises:
        VideoError: there is no decoder, or the picture has no size or one above `MAX_PIXELS`.
    """
    problem = _problem_of(context)
    if problem:
        raise VideoError(problem)


def _problem_of(context: Any) -> str | None:
    if context is None:
        return "no decoder for its video stream in this build of FFmpeg"
    if context.width * context.height > MAX_PIXELS:
        return f"expected at most 8K frames; found {context.width} by {context.height} pixels"
    if not context.width * context.height:
        return "the video stream has no picture size: the file is damaged or cut short"
    return None


# A file is opened several times in a row, and looked at once.
@lru_cache(16)
def _find(path: Path, _size: int, _changed_ns: int) -> Cameras:
    with open_container(path) as container:
        moving = [each for each in container.streams.video if not each.disposition & NO_FILM]
        usable = [each for each in moving if not _problem_of(each.codec_context)]
        if not usable:
            check_codec(moving[0].codec_context)
        notes = tuple(_unread(each) for each in moving if each not in usable and _is_picture(each))
        counts = _count(container, usable)
        films = [_film(each, counts[each.index]) for each in usable]
    films = _without_stills(films)
    if len(films) > 1:
        films, copies = _without_copies(films, path)
        notes += copies
    main = max(films, key=lambda film: (film.is_default, *_rank(film, films)))
    others = sorted((film for film in films if film is not main), key=lambda film: film.index)
    return Cameras(tuple(film.index for film in (main, *others)), notes)


def _film(stream: Any, frames: int | None) -> _Film:
    context, base = stream.codec_context, stream.time_base
    length_s = float(stream.duration * base) if stream.duration and base else tagged_s(stream)
    is_default = bool(stream.disposition & Disposition.default)
    return _Film(stream.index, context.width, context.height, frames, length_s or None, is_default)


def _count(container: Any, streams: Sequence[Any]) -> dict[int, int | None]:
    """How many pictures each stream has, or of how many enough is known; None where nothing can be told."""
    counts: dict[int, int | None] = {each.index: each.frames or 0 for each in streams}
    if all(counts.values()):
        return counts
    found = dict.fromkeys(counts, 0)
    packets = read_packets(container, list(streams))
    for packet in islice(packets, LOOKED_THROUGH):
        found[packet.stream.index] += bool(packet.size)
        if min(found.values()) > MOST_STILLS * MORE:
            return {index: counts[index] or None for index in counts}
    is_whole = next(packets, None) is None
    return {index: counts[index] or number or (0 if is_whole else None) for index, number in found.items()}


def _without_stills(films: list[_Film]) -> list[_Film]:
    """Without streams of hardly any picture beside ones of many; a stream that may begin later stays."""
    most = max(film.frames if film.frames is not None else MOST_STILLS * MORE for film in films)

    def is_still(film: _Film) -> bool:
        return film.frames is not None and film.frames <= MOST_STILLS and film.frames * MORE <= most

    return [film for film in films if not is_still(film)] or films[:1]


def _rank(film: _Film, films: Sequence[_Film]) -> tuple[bool, int, float, int, int]:
    """What makes a stream the better one of several: that it is no excerpt, its size, and then how much there is."""
    longest_s = max(each.length_s or 0.0 for each in films)
    is_long = film.length_s is None or film.length_s >= longest_s / 2
    return is_long, film.pixels, film.length_s or 0.0, film.frames or 0, -film.index


def _without_copies(films: Sequence[_Film], path: Path) -> tuple[list[_Film], tuple[str, ...]]:
    """One film of each picture, the best, and what is to be said of the others."""
    kept: list[_Film] = []
    notes = []
    for film in sorted(films, key=lambda film: _rank(film, films), reverse=True):
        twin = next((at for at, one in enumerate(kept) if _is_copy(film, one, path)), None)
        if twin is None:
            kept.append(film)
            continue
        best = kept[twin]
        kept[twin] = replace(best, is_default=best.is_default or film.is_default)
        notes.append(
            f"Beside the picture of {best.width} by {best.height} pixels the file holds the same one at {film.width} "
            f"by {film.height}, which is not read."
        )
    return kept, tuple(notes)


def _is_copy(film: _Film, better: _Film, path: Path) -> bool:
    """Whether it shows what the better one shows; where there is nothing to see, a much smaller picture is a copy."""
    alike = likeness(path, film.index, better.index)
    return film.pixels * 2 <= better.pixels if alike is None else alike > ALIKE


def _is_picture(stream: Any) -> bool:
    """A stream that says its size, or that nobody can ask for it."""
    return stream.codec_context is None or stream.codec_context.width > 0


def _unread(stream: Any) -> str:
    return (
        f"A further video stream of the file (number {stream.index}) is not read: {_problem_of(stream.codec_context)}."
    )
