"""Ways to harm the bytes of a film or picture: what disks, networks, cuts and people who mean harm leave of one."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Mutation: TypeAlias = Callable[[bytearray, random.Random], str]
    """Changes the content in place; says what was done."""

ABSURD = (0, 1, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x40000000, 0xFFFFFFF0, 100_000_000)
"""Numbers that sizes, counts and times in headers are replaced by."""

NAMED = re.compile(
    b"stts|stsz|stsc|stco|ctts|stss|elst|tkhd|mvhd|mdhd|hdlr|stsd|avc1|avcC|hvcC|moov|trak|mdia|minf|stbl|mdat|moof|trun"
    b"|tfhd|tfdt|mvex|trex|sidx|mfra|avih|strh|strf|idx1|movi|LIST|RIFF|IHDR|IDAT|acTL|fcTL|fdAT|VP8 |VP8X|ANIM|ANMF"
    b"|\x1aE\xdf\xa3|\x18S\x80g|\x16T\xaek|\x1fC\xb6u|\x15I\xa9f|\x1cS\xbbk|GIF89a|FLV|onMetaData|OggS|YUV4MPEG2"
    b"|\xff\xc0|\xff\xc4|\xff\xda|\xff\xdb|\x00\x00\x01\x67|\x00\x00\x01\x68|\x00\x00\x01\xb3|\x00\x00\x01\xba"
    b"|\xa1\xdc\xab\x8c|\x91\x07\xdc\xb7|\x06\x0e\x2b\x34|II\\*\x00"
)
"""How the parts of containers begin."""


def flip_bits(content: bytearray, rng: random.Random) -> str:
    """Some bits, anywhere."""
    count = rng.choice((1, 3, 20, 200))
    for _ in range(count):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return f"{count} bits"


def flip_in_head(content: bytearray, rng: random.Random) -> str:
    """Some bytes among the first, where headers are."""
    end = min(len(content), rng.choice((64, 512, 2048)))
    places = sorted(rng.randrange(end) for _ in range(rng.choice((1, 2, 8))))
    for place in places:
        content[place] = rng.randrange(256)
    return f"bytes {places}"


def cut(content: bytearray, rng: random.Random) -> str:
    """The beginning of the file."""
    kept = rng.randrange(1, len(content))
    whole = len(content)
    del content[kept:]
    return f"{kept:,} of {whole:,} bytes left"


def lose_beginning(content: bytearray, rng: random.Random) -> str:
    """The end of the file."""
    lost = rng.randrange(1, max(2, len(content) // 2))
    del content[:lost]
    return f"{lost:,} bytes gone"


def zero(content: bytearray, rng: random.Random) -> str:
    """A range of zeros, as of a sector that was never written."""
    begin, length = _range(content, rng)
    content[begin : begin + length] = bytes(length)
    return f"{length:,} bytes from {begin:,} on"


def take_out(content: bytearray, rng: random.Random) -> str:
    """A range that is missing."""
    begin, length = _range(content, rng)
    del content[begin : begin + length]
    return f"{length:,} bytes from {begin:,} on"


def swap(content: bytearray, rng: random.Random) -> str:
    """Two blocks in each other's place."""
    block = max(1, min(4096, len(content) // 8))
    one, two = sorted(rng.sample(range(len(content) // block), 2))
    first, second = (slice(at * block, (at + 1) * block) for at in (one, two))
    content[first], content[second] = content[second], content[first]
    return f"{block} bytes, blocks {one} and {two}"


def append(content: bytearray, rng: random.Random) -> str:
    """Something behind the end: garbage, zeros, or the file once more."""
    more = rng.choice((rng.randbytes(rng.choice((1, 100, 50_000))), bytes(20_000), bytes(content)))
    content += more
    return f"{len(more):,} bytes"


def absurd_number(content: bytearray, rng: random.Random) -> str:
    """A number of a header that no file has: a size, a count, a time."""
    marks = [match.start() for match in NAMED.finditer(content)]
    mark = rng.choice(marks) if marks else 0
    at = max(0, mark + rng.choice((-4, 4, 8, 12, 16, 20, 24, 28, 32, 80, 84)))
    width = rng.choice((2, 4, 4, 4, 8))
    value = rng.choice(ABSURD) & (1 << 8 * width) - 1
    order = rng.choice("><")
    at = min(at, max(0, len(content) - width))
    content[at : at + width] = struct.pack(order + {2: "H", 4: "I", 8: "Q"}[width], value)
    return f"{value:#x} at {at:,}, {at - mark:+} of {bytes(content[mark : mark + 4])!r}"


def other_begin(content: bytearray, rng: random.Random) -> str:
    """The beginning of something else in front."""
    begin = rng.choice((b"#EXTM3U\n", b"ID3\x04\0\0\0\0\0\0", b"\xff\xd8\xff\xe0", b"\x1aE\xdf\xa3", b"\0" * 512))
    content[:0] = begin
    return repr(begin[:10])


MUTATIONS: dict[str, Mutation] = {
    "bits": flip_bits, "head": flip_in_head, "cut": cut, "beginning lost": lose_beginning, "zeros": zero,
    "hole": take_out, "swapped": swap, "appended": append, "absurd number": absurd_number, "other begin": other_begin,
}  # fmt: skip

ORDER = (
    "bits", "absurd number", "cut", "zeros", "absurd number", "hole", "head", "swapped", "cut", "appended",
    "absurd number", "beginning lost", "other begin",
)  # fmt: skip
"""How often each has its turn; a number that is prime to those of the kinds of files, so that all pairs come."""


def _range(content: bytearray, rng: random.Random) -> tuple[int, int]:
    """Where, and how many bytes; up to a third of the file."""
    length = rng.randrange(1, max(2, len(content) // rng.choice((3, 10, 50))))
    return rng.randrange(max(1, len(content) - length)), length
