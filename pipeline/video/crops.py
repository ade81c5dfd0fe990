"""What a container leaves out of its picture at the edges: Matroska's PixelCrop (RFC 9559, 5.1.4.1.28) and mp4's clap.

FFmpeg does not apply either, nor do most players: the whole picture is looked at, and that is said.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

from .boxes import boxes_in
from .ebml import SEGMENT, find_segment, read_element

if TYPE_CHECKING:
    from pathlib import Path

    from .boxes import Box

TRACKS, TRACK, VIDEO, CROPS = 0x1654AE6B, 0xAE, 0xE0, (0x54AA, 0x54BB, 0x54CC, 0x54DD)
"""Matroska's elements down to the numbers of lines and columns that are left out."""

BOXES = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
"""Where mp4 describes its pictures (ISO/IEC 14496-12)."""

STSD_HEAD, ENTRY_HEAD, SIZE_AT = 8, 78, 24
"""Bytes before the first description, and before the boxes and the picture's size within one."""

MOST_ELEMENTS = 1000
"""Of a file that leads on and on, no more are looked at."""


def is_cropped(path: Path, kind: str) -> bool:
    """Whether the container says that edges of a picture are left out.

    Args:
        path: the file.
        kind: FFmpeg's name of the container.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if kind.startswith("matroska"):
                return _has_pixel_crop(file, size)
            return kind.startswith("mov") and _has_clap(file, 0, size, BOXES)
    except OSError:
        return False


def _has_pixel_crop(file: IO[bytes], size: int) -> bool:
    segment = find_segment(file, size)
    if segment is None or segment.kind != SEGMENT:
        return False
    return _finds(file, segment.begin, min(segment.end or size, size), (TRACKS, TRACK, VIDEO))


def _finds(file: IO[bytes], at: int, end: int, way: tuple[int, ...]) -> bool:
    for _ in range(MOST_ELEMENTS):
        element = read_element(file, at) if at < end else None
        if element is None or element.end is None:
            return False
        if not way and element.kind in CROPS:
            file.seek(element.begin)
            return any(file.read(element.end - element.begin))
        if way and element.kind == way[0] and _finds(file, element.begin, element.end, way[1:]):
            return True
        at = element.end
    return False


def _has_clap(file: IO[bytes], begin: int, end: int, way: tuple[bytes, ...]) -> bool:
    for box in boxes_in(file, begin, end):
        if not way:
            if _is_clipped(file, box):
                return True
        elif box.kind == way[0]:
            head = STSD_HEAD if box.kind == b"stsd" else 0
            if _has_clap(file, box.begin + head, box.end, way[1:]):
                return True
    return False


def _is_clipped(file: IO[bytes], entry: Box) -> bool:
    """Whether a description has a clean aperture that is smaller than its picture; many are as large."""
    clap = next((box for box in boxes_in(file, entry.begin + ENTRY_HEAD, entry.end) if box.kind == b"clap"), None)
    if clap is None:
        return False
    file.seek(entry.begin + SIZE_AT)
    size = file.read(4)
    file.seek(clap.begin)
    aperture = file.read(16)
    if len(size) < 4 or len(aperture) < 16:
        return False
    width, height = struct.unpack(">HH", size)
    wide, wide_by, high, high_by = struct.unpack(">4I", aperture)
    return bool(0 < wide < width * wide_by or 0 < high < height * high_by)
