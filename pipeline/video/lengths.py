"""Whether a gif, an asf or a flv file is all there, by its own account."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from .ebml import Parts

if TYPE_CHECKING:
    from pathlib import Path

GIF_EXTENSION, GIF_PICTURE, GIF_END = 0x21, 0x2C, 0x3B
"""How the parts of a gif begin (GIF89a, appendix A)."""


ASF_BEGIN = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
"""How the header of an asf begins (ASF 1.20, 3.1)."""

ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""How the object begins that holds size and duration."""

ASF_HEADER_BYTES = 1 << 16

FLV_HEAD, FLV_TAG = 13, 15
"""Bytes before the first tag of a flv, and around the content of each (Adobe's FLV 10.1, annex E)."""

MOST_TAGS = 5_000_000
"""Of a file that leads on and on, no more are looked at."""


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


def read_asf(path: Path, at: int = 0) -> Asf:
    """The header of the recording at that place (ASF 1.20, 3.2). FFmpeg forgets the duration of a file that is cut."""
    with path.open("rb") as file:
        file.seek(at)
        header = file.read(ASF_HEADER_BYTES)
    begin = header.find(ASF_PROPERTIES)
    if begin < 0 or len(header) < begin + 92:
        return Asf(0, 0.0)
    size, _created, _packets, played, _sent, preroll_ms, flags = struct.unpack_from("<6QI", header, begin + 40)
    if flags & 1:
        return Asf(0, 0.0)
    return Asf(size, max(played / 1e7 - preroll_ms / 1000, 0.0))


def read_flv(path: Path) -> Parts:
    """How a flv ends: whole, or within one of its tags."""
    is_cut = flv_end(path, 0) > path.stat().st_size
    return Parts(is_cut=is_cut, is_sized=not is_cut)


def flv_end(path: Path, begin: int) -> int:
    """Where the recording that begins there ends by its own account, bytes; more than the file has if it is cut.

    Behind the last tag comes the file's end, another recording, or bytes that are no tag, which decoding will meet.
    """
    size, at = path.stat().st_size, begin + FLV_HEAD
    with path.open("rb") as file:
        for _ in range(MOST_TAGS):
            file.seek(at)
            head = file.read(4)
            if not head or head[0] & 0x1F not in {8, 9, 18}:
                return at
            if len(head) < 4 or at + FLV_TAG + int.from_bytes(head[1:], "big") > size:
                return size + 1
            at += FLV_TAG + int.from_bytes(head[1:], "big")
    return at
