"""How many frames an avi should hold by its own account (Microsoft's RIFF AVI, and OpenDML 1.02 for the long ones)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_PARTS = 10_000
"""Of a file of another kind that leads on and on, no more is read."""

MOST_FRAMES = 50_000_000
"""Nine days at 60 a second: a larger count stands where the true one was to be filled in."""


UNKNOWN = (0, 0xFFFFFFFF)
"""In place of a size that nobody filled in."""


@dataclass(frozen=True, slots=True)
class Avi:
    """What the headers of an avi say.

    Attributes:
        lengths: frames of each stream, in its order; 0 where the recorder never filled it in.
        is_cut: the file ends before the end that they tell.
        has_index: it lists its frames, at its end (`idx1`) or in its header (`indx`).
    """

    lengths: tuple[int, ...]
    is_cut: bool
    has_index: bool


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Its four letters, of a list those of what it lists, and where its content begins and ends, in bytes."""

    kind: bytes
    begin: int
    end: int


def read_avi(path: Path) -> Avi:
    """The headers of an avi."""
    size = path.stat().st_size
    with path.open("rb") as file:
        riffs = [chunk for chunk in _chunks(file, 0, size) if chunk.kind.startswith(b"AVI")]
        top = list(_chunks(file, riffs[0].begin, min(riffs[0].end, size))) if riffs else []
        headers = [inner for chunk in top if chunk.kind == b"hdrl" for inner in _chunks(file, chunk.begin, chunk.end)]
        streams = [_fields(file, header) for header in headers if header.kind == b"strl"]
        others = [_fields(file, header) for header in headers if header.kind == b"odml"]
        lengths = [_number(file, fields.get(b"strh"), 32) for fields in streams]
        pictures = [at for at, fields in enumerate(streams) if _is_video(file, fields.get(b"strh"))]
        if len(pictures) == 1:
            # Some count in the stream's own header only what the first gigabyte holds.
            whole = [_number(file, fields.get(b"dmlh"), 0) for fields in others]
            lengths[pictures[0]] = max([lengths[pictures[0]], *whole])
    has_index = any(chunk.kind == b"idx1" and chunk.end <= size for chunk in top)
    has_index |= any(b"indx" in fields for fields in streams)
    return Avi(tuple(lengths), any(riff.end > size for riff in riffs), has_index)


def _chunks(file: IO[bytes], at: int, end: int) -> Iterator[_Chunk]:
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(12)
        if at + 8 > end or len(head) < 12:
            return
        kind, size, listed = struct.unpack("<4sI4s", head)
        is_list = kind in {b"RIFF", b"LIST"}
        if size in UNKNOWN and is_list:
            # A recorder that writes as it records fills the sizes in at the end, if it comes to that.
            size = end - at - 8
        yield _Chunk(listed if is_list else kind, at + (12 if is_list else 8), at + 8 + size)
        at += 8 + size + size % 2


def _fields(file: IO[bytes], chunk: _Chunk) -> dict[bytes, _Chunk]:
    return {inner.kind: inner for inner in _chunks(file, chunk.begin, chunk.end)}


def _is_video(file: IO[bytes], header: _Chunk | None) -> bool:
    if header is None:
        return False
    file.seek(header.begin)
    return file.read(4) == b"vids"


def _number(file: IO[bytes], chunk: _Chunk | None, at: int) -> int:
    """A count at this place of a chunk; 0 for one that nobody filled in."""
    if chunk is None or chunk.begin + at + 4 > chunk.end:
        return 0
    file.seek(chunk.begin + at)
    number = int.from_bytes(file.read(4), "little")
    return number if number <= MOST_FRAMES else 0
