"""What a container leaves out of its picture at the edges: Matroska's PixelCrop (RFC 9559, 5.1.4.1.28) and mp4's clap.

FFmpeg from 7.1 on, VLC, mpv and QuickTime leave it out, and so does the reader: what people never see is not looked at.
What a codec's own headers leave out, decoders do.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any

from .boxes import boxes_in
from .ebml import SEGMENT, find_segment, read_element
from .filters import filtered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .boxes import Box
    from .ebml import Element

TRACKS, TRACK, VIDEO = 0x1654AE6B, 0xAE, 0xE0
"""Matroska's elements down to what is said of a track's picture."""

LEFT, TOP, RIGHT, BOTTOM = 0x54CC, 0x54BB, 0x54DD, 0x54AA
"""Those of the numbers of lines and columns that are left out."""

STSD = (b"mdia", b"minf", b"stbl", b"stsd")
"""Where mp4 describes a track's pictures (ISO/IEC 14496-12)."""

STSD_HEAD, ENTRY_HEAD, SIZE_AT = 8, 78, 24
"""Bytes before the first description, and before the boxes and the picture's size within one."""

MOST_ELEMENTS = 1000
"""Of a file that leads on and on, no more are looked at."""


@dataclass(frozen=True, slots=True)
class Crop:
    """Columns and lines of the stored picture, before rotation, that are left out."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, frame: Any) -> Any:
        """What is left of a decoded frame; all of it where nothing would be."""
        width, height = frame.width - self.left - self.right, frame.height - self.top - self.bottom
        if min(width, height) <= 0:
            return frame
        return filtered(frame, "crop", f"{width}:{height}:{self.left}:{self.top}:exact=1")


def crop_of(path: Path, container: Any, stream: Any) -> Crop | None:
    """What the container leaves out of a stream's picture; None for nothing.

    Args:
        path: the file.
        container: just opened.
        stream: of it.
    """
    kind = container.format.name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if kind.startswith("matroska"):
                crop = _pixel_crop(file, size, list(container.streams.video).index(stream))
            else:
                crop = _clap(file, size, stream.id) if kind.startswith("mov") else None
    except OSError:
        return None
    return crop if crop != Crop(0, 0, 0, 0) else None


def _pixel_crop(file: IO[bytes], size: int, number: int) -> Crop | None:
    """Of the track that has that number among those with a picture, in the order of the file, as FFmpeg's streams."""
    segment = find_segment(file, size)
    if segment is None or segment.kind != SEGMENT:
        return None
    parts = _elements(file, segment.begin, min(segment.end or size, size))
    tracks = next((part for part in parts if part.kind == TRACKS), None)
    entries = [entry for entry in _within(file, tracks) if entry.kind == TRACK] if tracks else []
    pictures = [part for entry in entries for part in _within(file, entry) if part.kind == VIDEO]
    if number >= len(pictures):
        return None
    edges = {edge.kind: _value(file, edge) for edge in _within(file, pictures[number])}
    return Crop(*(edges.get(side, 0) for side in (LEFT, TOP, RIGHT, BOTTOM)))


def _within(file: IO[bytes], element: Element) -> Iterator[Element]:
    return _elements(file, element.begin, element.end or element.begin)


def _elements(file: IO[bytes], at: int, end: int) -> Iterator[Element]:
    """Those between two places, up to one that does not say where it ends."""
    for _ in range(MOST_ELEMENTS):
        element = read_element(file, at) if at < end else None
        if element is None or element.end is None:
            return
        yield element
        at = element.end


def _value(file: IO[bytes], element: Element) -> int:
    """A number of up to eight bytes."""
    file.seek(element.begin)
    return int.from_bytes(file.read(min((element.end or element.begin) - element.begin, 8)), "big")


def _clap(file: IO[bytes], size: int, track: int) -> Crop | None:
    for moov in _boxes(file, 0, size, b"moov"):
        for trak in _boxes(file, moov.begin, moov.end, b"trak"):
            if any(_track_id(file, head) == track for head in _boxes(file, trak.begin, trak.end, b"tkhd")):
                entries = _descriptions(file, trak, STSD)
                return next((crop for entry in entries if (crop := _aperture(file, entry))), None)
    return None


def _boxes(file: IO[bytes], begin: int, end: int, kind: bytes) -> list[Box]:
    return [box for box in boxes_in(file, begin, end) if box.kind == kind]


def _track_id(file: IO[bytes], head: Box) -> int:
    """Behind the dates, which version 1 has twice as long."""
    file.seek(head.begin)
    body = file.read(24)
    at = 20 if body[:1] == b"\1" else 12
    return int.from_bytes(body[at : at + 4], "big")


def _descriptions(file: IO[bytes], box: Box, way: tuple[bytes, ...]) -> list[Box]:
    if not way:
        return list(boxes_in(file, box.begin + STSD_HEAD, box.end))
    return [entry for part in _boxes(file, box.begin, box.end, way[0]) for entry in _descriptions(file, part, way[1:])]


def _aperture(file: IO[bytes], entry: Box) -> Crop | None:
    """What a description's clean aperture leaves out (12.1.4.1); its middle is so far from the picture's."""
    clap = next(iter(_boxes(file, entry.begin + ENTRY_HEAD, entry.end, b"clap")), None)
    if clap is None:
        return None
    file.seek(entry.begin + SIZE_AT)
    size = file.read(4)
    file.seek(clap.begin)
    numbers = struct.unpack(">IIIIiIiI", aperture) if len(aperture := file.read(32)) == 32 else ()
    if len(size) < 4 or not numbers or not all(numbers[1::2]):
        return None
    wide, high, right, down = (Fraction(numbers[at], numbers[at + 1]) for at in range(0, 8, 2))
    width, height = struct.unpack(">HH", size)
    if not (0 < wide <= width and 0 < high <= height):
        return None
    left, top = (width - wide) / 2 + right, (height - high) / 2 + down
    if min(left, top) < 0 or left + wide > width or top + high > height:
        return None
    # Half pixels at both edges are kept.
    begin = math.floor(left), math.floor(top)
    return Crop(*begin, width - math.ceil(left + wide), height - math.ceil(top + high))
