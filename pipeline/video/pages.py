"""How many pictures a file of one picture holds: animations in PNG and WebP, pages in TIFF."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_PAGES = 10_000


def count_pages(content: bytes) -> int:
    """How many pictures there are, by the file's own account; 1 where it does not say."""
    try:
        if content.startswith(b"\x89PNG"):
            return _in_png(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _in_webp(content)
        if content[:2] in {b"II", b"MM"}:
            return _in_tiff(content)
    except struct.error:
        # It ends before what it promises; whoever decodes it says so.
        return 1
    return 1


def has_long_chunk(content: NDArray[np.uint8], most: int) -> bool:
    """Whether a PNG has a chunk that claims more than so many bytes (PNG, third edition, 5.3)."""
    at = 8
    while content[:4].tobytes() == b"\x89PNG" and at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4].tobytes(), "big")
        if length > most:
            return True
        at += 12 + length
    return False


def _in_png(content: bytes) -> int:
    """`acTL` before the first picture (PNG, third edition, 11.3.6.1)."""
    at = 8
    while content[at + 4 : at + 8] not in {b"IDAT", b""}:
        (length,) = struct.unpack_from(">I", content, at)
        if content[at + 4 : at + 8] == b"acTL":
            return max(1, int.from_bytes(content[at + 8 : at + 12], "big"))
        at += 12 + length
    return 1


def _in_webp(content: bytes) -> int:
    """One `ANMF` for each picture of an animation (RFC 9649, 2.7.1.1)."""
    at, found = 12, 0
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        found += kind == b"ANMF"
        at += 8 + length + length % 2
    return max(1, found)


def _in_tiff(content: bytes) -> int:
    """The chain of directories (TIFF 6.0, section 2); a reduced copy of a page is none (tag 254, bit 0)."""
    order = "<" if content[:2] == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", content, 2)
    big = version == 43
    (at,) = struct.unpack_from(f"{order}Q", content, 8) if big else struct.unpack_from(f"{order}I", content, 4)
    count_form, entry_bytes, next_form = (f"{order}Q", 20, f"{order}Q") if big else (f"{order}H", 12, f"{order}I")
    pages, seen = 0, set[int]()
    while at and at not in seen and len(seen) < MOST_PAGES:
        seen.add(at)
        (entries,) = struct.unpack_from(count_form, content, at)
        first = at + struct.calcsize(count_form)
        pages += not any(
            _is_reduced(content, first + number * entry_bytes, order, big=big) for number in range(min(entries, 1000))
        )
        (at,) = struct.unpack_from(next_form, content, first + entries * entry_bytes)
    return max(1, pages)


def _is_reduced(content: bytes, at: int, order: str, *, big: bool) -> bool:
    (tag,) = struct.unpack_from(f"{order}H", content, at)
    (value,) = struct.unpack_from(f"{order}I", content, at + (12 if big else 8))
    return tag == 254 and bool(value & 1)
