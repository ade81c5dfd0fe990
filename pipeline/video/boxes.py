"""How far an mp4 reaches by its own account: its boxes (ISO/IEC 14496-12, 4.2), without the pictures in them.

FFmpeg reads what is there and keeps quiet about what the headers promised.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_PARTS = 1_000_000
"""Of a file of another kind that leads on and on, no more is read."""

MOST_BYTES = 1 << 20
"""Of an index, no more is read."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the file: its four letters, where its content begins and where it ends, in bytes."""

    kind: bytes
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an mp4 should reach.

    Attributes:
        is_cut: it ends within a box, or before the end of what its index (`sidx`) lists.
        in_parts: it is written in fragments, as recorders do that fear for their power.
        end_s: seconds at which its index of the track or the header of its fragments says that it ends; 0 if neither.
    """

    is_cut: bool
    in_parts: bool
    end_s: float


def read_boxes(path: Path) -> tuple[Box, ...]:
    """The outermost boxes of an mp4 or mov; the last one may end behind the end of the file."""
    with path.open("rb") as file:
        return tuple(boxes_in(file, 0, path.stat().st_size))


def read_extent(path: Path, track: int) -> Extent:
    """How far an mp4 should reach, for one of its tracks by its number."""
    boxes, size = read_boxes(path), path.stat().st_size
    whole = [box for box in boxes if box.end <= size]
    with path.open("rb") as file:
        indexes = [_read_index(file, box) for box in whole if box.kind == b"sidx"]
        header_s = _header_s(file, whole)
    is_cut = any(box.end > size for box in boxes) or any(index.end > size for index in indexes)
    end_s = max([header_s, *(index.end_s for index in indexes if index.track == track)])
    return Extent(is_cut, any(box.kind == b"moof" for box in boxes), end_s)


def boxes_in(file: IO[bytes], at: int, end: int) -> Iterator[Box]:
    """The boxes between two places of a file, bytes."""
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(16)
        if at + 8 > end or len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head[:8])
        begin = at + 8
        if size == 1 and len(head) == 16:
            size, begin = struct.unpack(">Q", head[8:])[0], at + 16
        elif size == 0:
            # It goes on to the end of the file.
            size = end - at
        if at + size < begin:
            return
        yield Box(kind, begin, at + size)
        at += size


@dataclass(frozen=True, slots=True)
class _Index:
    """What a `sidx` lists: of which track, and where that ends in bytes and seconds."""

    track: int
    end: int
    end_s: float


def _read_index(file: IO[bytes], box: Box) -> _Index:
    """ISO/IEC 14496-12, 8.16.3."""
    file.seek(box.begin)
    body = file.read(min(box.end - box.begin, MOST_BYTES))
    form = ">QQ" if body[:1] != b"\0" else ">II"
    at = 12 + struct.calcsize(form) + 4
    if len(body) < at:
        return _Index(0, 0, 0.0)
    track, timescale = struct.unpack_from(">II", body, 4)
    earliest, offset = struct.unpack_from(form, body, 12)
    parts = [struct.unpack_from(">II", body, place) for place in range(at, len(body) - 11, 12)]
    # The highest bit says that what is listed is an index itself.
    end = box.end + offset + sum(size & 0x7FFFFFFF for size, _ in parts)
    ticks = earliest + sum(duration for _, duration in parts)
    return _Index(track, end, ticks / timescale if timescale else 0.0)


def _header_s(file: IO[bytes], boxes: list[Box]) -> float:
    """The whole duration that the header of a fragmented mp4 promises (`mehd`), seconds; 0 if it does not."""
    moov = next((box for box in boxes if box.kind == b"moov"), None)
    inner = {box.kind: box for box in boxes_in(file, moov.begin, moov.end)} if moov else {}
    mvex, mvhd = inner.get(b"mvex"), inner.get(b"mvhd")
    mehd = next((box for box in boxes_in(file, mvex.begin, mvex.end) if box.kind == b"mehd"), None) if mvex else None
    if mehd is None or mvhd is None:
        return 0.0
    # Their version 1 has longer dates and durations.
    is_long, dates = _is_long(file, mehd), 16 if _is_long(file, mvhd) else 8
    timescale = _number(file, mvhd.begin + 4 + dates, 4)
    return _number(file, mehd.begin + 4, 8 if is_long else 4) / timescale if timescale else 0.0


def _is_long(file: IO[bytes], box: Box) -> bool:
    return _number(file, box.begin, 1) == 1


def _number(file: IO[bytes], at: int, length: int) -> int:
    file.seek(at)
    return int.from_bytes(file.read(length), "big")
