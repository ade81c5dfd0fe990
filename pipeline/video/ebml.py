"""How a Matroska file ends by its own account: its elements (RFC 8794, RFC 9559), without the pictures in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT, CUES, INFO, DURATION = 0x18538067, 0x1C53BB6B, 0x1549A966, 0x4489
"""The element that holds everything, the index, what is said of all, and the length in that (RFC 9559, 5)."""

MOST_ELEMENTS = 5_000_000
"""Of a file that leads on and on, no more are looked at."""


@dataclass(frozen=True, slots=True)
class Parts:
    """How a file of many parts ends.

    Attributes:
        is_cut: it ends within an element.
        is_open: it was written as it was recorded, and never finished: it says neither its size nor its length, and has
            no index.
        is_sized: it says its size.
    """

    is_cut: bool = False
    is_open: bool = False
    is_sized: bool = True


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its identifier, where its content begins, and where it ends; None where it does not say."""

    kind: int
    begin: int
    end: int | None


def read_matroska(path: Path) -> Parts:
    """The elements of a file, as far as they follow each other."""
    size = path.stat().st_size
    with path.open("rb") as file:
        segment = find_segment(file, size)
        if segment is None:
            return Parts()
        if segment.end is not None:
            return Parts(is_cut=segment.end > size)
        return _follow(file, segment.begin, size)


def find_segment(file: IO[bytes], size: int) -> Element | None:
    """The element that holds everything."""
    at: int | None = 0
    for _ in range(8):
        element = read_element(file, at or 0)
        if element is None or element.kind == SEGMENT:
            return element
        at = element.end
        if at is None or at >= size:
            return None
    return None


def _follow(file: IO[bytes], at: int, size: int) -> Parts:
    """From element to element, to the end of the file or to what is none."""
    says_end = False
    for _ in range(MOST_ELEMENTS):
        element = read_element(file, at)
        if element is None:
            # A head that is cut in two; zeros behind the last element are room that was never used.
            file.seek(at)
            rest = file.read(16)
            return Parts(bool(rest) and len(rest) < 12 and any(rest), not says_end, is_sized=False)
        says_end |= element.kind == CUES or (element.kind == INFO and _says_length(file, element))
        if element.end is not None and element.end > size:
            return Parts(True, not says_end, is_sized=False)
        # The parts of an element that does not say where it ends are followed like its own kind.
        at = element.begin if element.end is None else element.end
    return Parts(is_sized=False)


def _says_length(file: IO[bytes], info: Element) -> bool:
    at, end = info.begin, info.end or 0
    while at < end and (element := read_element(file, at)) and element.end is not None:
        if element.kind == DURATION:
            return True
        at = element.end
    return False


def read_element(file: IO[bytes], at: int) -> Element | None:
    """The element that begins at a place; None where there is none."""
    file.seek(at)
    kind, length = _read_number(file), _read_number(file)
    if not kind or not length or len(kind) > 4:
        return None
    begin, bits = at + len(kind) + len(length), 7 * len(length)
    value = int.from_bytes(length, "big") & (1 << bits) - 1
    is_unknown = value == (1 << bits) - 1
    return Element(int.from_bytes(kind, "big"), begin, None if is_unknown else begin + value)


def _read_number(file: IO[bytes]) -> bytes:
    """A number of variable length (RFC 8794, 4) with the mark of its length; nothing at the end."""
    first = file.read(1)
    if not first or not first[0]:
        return b""
    more = 8 - first[0].bit_length()
    rest = file.read(more)
    return first + rest if len(rest) == more else b""
