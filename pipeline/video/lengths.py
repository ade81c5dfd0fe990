"""Whether a gif or a Matroska file is all there, by its own account."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT = 0x18538067
"""The element of Matroska that holds everything (RFC 9559, 5.1)."""

GIF_EXTENSION, GIF_PICTURE, GIF_END = 0x21, 0x2C, 0x3B
"""How the parts of a gif begin (GIF89a, appendix A)."""


def is_gif_whole(path: Path) -> bool:
    """Whether a gif reaches its last mark; FFmpeg shows what there is of a cut one and says nothing."""
    with path.open("rb") as file:
        header = file.read(13)
        if len(header) < 13:
            return False
        _skip_palette(file, header[10])
        while (mark := file.read(1)) and mark[0] != GIF_END:
            if mark[0] == GIF_PICTURE:
                place = file.read(9)
                if len(place) < 9:
                    return False
                _skip_palette(file, place[8])
            elif mark[0] != GIF_EXTENSION:
                # Rubbish between the parts is common, and players look for the next one.
                continue
            # The extension's label, or the picture's code size.
            file.read(1)
            if not _skip_blocks(file):
                return False
        return bool(mark)


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
