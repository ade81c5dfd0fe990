"""Recordings that were put one behind the other in a file, as export tools and `cat` do.

Of most kinds FFmpeg reads on, and the clock is joined (`jumps`). Of those here it reads the first and says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .boxes import read_boxes
from .lengths import ASF_BEGIN, flv_end, read_asf

if TYPE_CHECKING:
    from pathlib import Path

FLV_BEGIN = b"FLV\x01"
"""How a flv begins (Adobe's FLV 10.1, annex E)."""

MOST = 1000
"""Recordings that are counted."""


def count_recordings(path: Path, kind: str) -> int:
    """How many recordings stand behind each other of which FFmpeg reads the first; 1 where it reads on.

    Args:
        path: the file.
        kind: FFmpeg's name of the container.
    """
    if kind.startswith("mov"):
        return _count_mp4(path)
    if kind == "flv":
        return _count_flv(path)
    return _count_asf(path) if kind.startswith("asf") else 1


def _count_mp4(path: Path) -> int:
    """An mp4 has one index, or begins anew. One in fragments may repeat its index, and is read on."""
    kinds = [box.kind for box in read_boxes(path)]
    if b"moof" in kinds:
        return 1
    return max(kinds.count(b"ftyp"), min(kinds.count(b"moov"), kinds.count(b"mdat")), 1)


def _count_flv(path: Path) -> int:
    found, at = 1, flv_end(path, 0)
    with path.open("rb") as file:
        while at and found < MOST:
            file.seek(at)
            if file.read(len(FLV_BEGIN)) != FLV_BEGIN:
                break
            found, at = found + 1, flv_end(path, at)
    return found


def _count_asf(path: Path) -> int:
    found, at, size = 1, read_asf(path).size, path.stat().st_size
    with path.open("rb") as file:
        while 0 < at < size and found < MOST:
            file.seek(at)
            if file.read(len(ASF_BEGIN)) != ASF_BEGIN:
                break
            length = read_asf(path, at).size
            found, at = found + 1, at + length if length else 0
    return found
