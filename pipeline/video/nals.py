"""The units that packets of H.264 and H.265 consist of, with start codes or with lengths before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 4096
"""Bytes in which the first slice of a picture begins, behind parameter sets and messages; encoders sign with 700."""

SLICE_HEAD = 24
"""Bytes of a slice that are looked at."""

MOST_UNITS = 64
"""Of a packet, no more are looked at."""


@dataclass(frozen=True, slots=True)
class Nal:
    """One unit: its type, and the first bytes behind its header."""

    kind: int
    body: bytes


def first_slice(packet: Any, context: Any) -> Nal | None:
    """The first slice of a packet of H.264 or H.265; None if none is found where it should be."""
    content = memoryview(packet)
    is_slice = _is_h264_slice if context.name == "h264" else _is_hevc_slice
    header = 1 if context.name == "h264" else 2
    for begin, end in _bounds(content, length_bytes(context)):
        if begin + header < end and is_slice(kind := _kind(content[begin], header)):
            return Nal(kind, bytes(content[begin + header : min(begin + header + SLICE_HEAD, end)]))
    return None


def units(content: bytes, length: int, header: int) -> Iterator[Nal]:
    """All units of a packet or of a codec's headers, whole.

    Args:
        content: the bytes.
        length: bytes of the lengths before the units; 0 for start codes.
        header: bytes of a unit's header, 1 for H.264 and 2 for H.265.
    """
    for begin, end in _bounds(memoryview(content), length):
        if begin + header < end:
            yield Nal(_kind(content[begin], header), content[begin + header : end])


def length_bytes(context: Any) -> int:
    """How many bytes hold a unit's length, as in mp4 and Matroska (ISO 14496-15); 0 where start codes part them."""
    extra = context.extradata
    at = 4 if context.name == "h264" else 21
    if not extra or len(extra) <= at or extra[0] != 1:
        return 0
    return int(extra[at] & 3) + 1


def _kind(first: int, header: int) -> int:
    return first & 0x1F if header == 1 else first >> 1 & 0x3F


def _is_h264_slice(kind: int) -> bool:
    return kind in {1, 5}


def _is_hevc_slice(kind: int) -> bool:
    return kind < 32


def _bounds(content: memoryview, length: int) -> Iterator[tuple[int, int]]:
    """Where units begin and end."""
    if length and not bytes(content[:4]).startswith((b"\0\0\1", b"\0\0\0\1")):
        yield from _by_length(content, length)
    else:
        yield from _by_start_code(bytes(content[:HEAD]), len(content))


def _by_length(content: memoryview, length: int) -> Iterator[tuple[int, int]]:
    at = 0
    for _ in range(MOST_UNITS):
        if at + length >= len(content):
            return
        size = int.from_bytes(content[at : at + length], "big")
        yield at + length, min(at + length + size, len(content))
        at += length + size


def _by_start_code(head: bytes, size: int) -> Iterator[tuple[int, int]]:
    at = head.find(b"\0\0\1")
    for _ in range(MOST_UNITS):
        if not 0 <= at < len(head) - 3:
            return
        following = head.find(b"\0\0\1", at + 3)
        yield at + 3, following if following >= 0 else (size if size <= len(head) else len(head))
        at = following
