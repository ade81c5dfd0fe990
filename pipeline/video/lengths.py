"""Whether a gif, a Matroska or an asf file is all there, by its own account."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT = 0x18538067
"""The element of Matroska that holds everything (RFC 9559, 5.1)."""

GIF_EXTENSION, GIF_PICTURE, GIF_END = 0x21, 0x2C, 0x3B
"""How the parts of a gif begin (GIF89a, appendix A)."""


ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""How the object begins that holds size and duration."""

ASF_HEADER_BYTES = 1 << 16


def is_gif_whole(path: Path) -> bool:
    """Whether a gif ends behind one of its pictures; FFmpeg shows what there is of a cut one and says nothing."""
    with path.open("rb") as file:
        header = file.read(13)
        if len(header) < 13:
            return False
        _skip_palette(file, header[10])
        last = b""
        while (mark := file.read(1)) and mark[0] != GIF_END:
            if mark[0] not in {GIF_PICTURE, GIF_EXTENSION}:
                # Rubbish between the parts is common, and players look for the next one.
                continue
            last = mark
            if not _skip_part(file, mark[0]):
                return False
        # Some writers leave the last mark out.
        return bool(mark) or last == bytes([GIF_PICTURE])


def _skip_part(file: IO[bytes], mark: int) -> bool:
    """To behind a picture or an extension; False where the file ends before."""
    if mark == GIF_PICTURE:
        place = file.read(9)
        if len(place) < 9:
            return False
        _skip_palette(file, place[8])
    # The extension's label, or the picture's code size.
    file.read(1)
    return _skip_blocks(file)


def _skip_palette(file: IO[bytes], flags: int) -> None:
    if flags & 0x80:
        file.seek(3 * 2 ** ((flags & 7) + 1), 1)


def _skip_blocks(file: IO[bytes]) -> bool:
    """To the empty block behind the data of a part; False where the file ends before."""
    while length := file.read(1):
        if length == b"\0":
            return True
        file.seek(length[0], 1)
    return False


@dataclass(frozen=True, slots=True)
class Asf:
    """How long an asf file should be, in bytes and seconds; 0 where a live recording does not say."""

    size: int
    length_s: float


def read_asf(path: Path) -> Asf:
    """The file's own header (ASF 1.20, 3.2). FFmpeg forgets the duration of a file that is cut."""
    with path.open("rb") as file:
        header = file.read(ASF_HEADER_BYTES)
    at = header.find(ASF_PROPERTIES)
    if at < 0 or len(header) < at + 92:
        return Asf(0, 0.0)
    size, _created, _packets, played, _sent, preroll_ms, flags = struct.unpack_from("<6QI", header, at + 40)
    if flags & 1:
        return Asf(0, 0.0)
    return Asf(size, max(played / 1e7 - preroll_ms / 1000, 0.0))


def is_matroska_cut(path: Path) -> bool:
    """Whether the file ends before its segment does. One that was written as it was recorded does not say its size."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        for _ in range(8):
            file.seek(at)
            kind = _read_vint(file, keep_mark=True)
            length = _read_vint(file, keep_mark=False)
            if kind is None or length is None:
                return False
            at = file.tell() + length
            if kind == SEGMENT:
                return at > size
    return False


def _read_vint(file: IO[bytes], *, keep_mark: bool) -> int | None:
    """A number of variable length (RFC 8794, 4); None at the end, or where all bits say that it is not known."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    rest = file.read(more)
    if len(rest) < more:
        return None
    value = int.from_bytes(first + rest, "big")
    if keep_mark:
        return value
    value &= (1 << (7 * (more + 1))) - 1
    return None if value == (1 << (7 * (more + 1))) - 1 else value
