"""Inputs that are odd as a whole: no films, special files, strange names, absurd sizes, wild times."""

from __future__ import annotations

import os
import struct
import zlib
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from .footage import FILMS, FRAGMENTED, Kind, make, write

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    Oddity: TypeAlias = Callable[[Path, str, random.Random], Path]
    """Puts an input into a folder, under a name that begins so; where it lies."""

MP4, AVI, MKV, TS = (next(kind for kind in FILMS if kind.name == name) for name in (
    "mp4 h264", "avi mjpeg", "mkv h264", "ts h264"
))  # fmt: skip

TEXTS = {
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "concat": "ffconcat version 1.0\nfile '/etc/hostname'\nduration 5\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>\n',
    "html": "<!DOCTYPE html><html><body>Please log in</body></html>",
    "subtitles": "1\n00:00:01,000 --> 00:00:02,000\nhello\n",
    "csv": "a;b;c\n" * 400,
    "ascii art": "\x1b[31m" + "#" * 2000,
}


def _text(text: str) -> Oddity:
    return lambda folder, name, rng: _put(
        folder / f"{name}{rng.choice(('.mp4', '.avi', '.mkv', '.ts'))}", text.encode()
    )


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _fifo(folder: Path, name: str, rng: random.Random) -> Path:
    os.mkfifo(path := folder / f"{name}{rng.choice(('.mp4', '.png'))}")
    return path


def _folder(folder: Path, name: str, rng: random.Random) -> Path:
    (path := folder / f"{name}.mp4").mkdir()
    if rng.random() < 0.5:
        _put(path / f"{name}-within.mp4", _own(MP4, rng))
    return path


def _link(to: str) -> Oddity:
    def make_link(folder: Path, name: str, rng: random.Random) -> Path:
        path = folder / f"{name}{rng.choice(('.mp4', '.jpg'))}"
        path.symlink_to(path.name if to == "itself" else to)
        return path

    return make_link


def _named(ending: str | bytes) -> Oddity:
    def make_named(folder: Path, name: str, rng: random.Random) -> Path:
        path = folder / (name + (os.fsdecode(ending) if isinstance(ending, bytes) else ending))
        return _put(path, _own(MP4, rng))

    return make_named


def _own(kind: Kind, rng: random.Random) -> bytes:
    """A film that no other is the same as."""
    return make(kind, rng.randrange(8, 60))


def _random(folder: Path, name: str, rng: random.Random) -> Path:
    return _put(folder / f"{name}{rng.choice(FILMS).suffix}", rng.randbytes(rng.choice((1, 100, 20_000))))


def _empty(folder: Path, name: str, rng: random.Random) -> Path:
    return _put(folder / f"{name}{rng.choice(('.mp4', '.jpg', '.gif', '.mjpeg'))}", b"")


def _sparse(folder: Path, name: str, rng: random.Random) -> Path:
    """A file of gigabytes that takes no place on the disk."""
    path = _put(folder / f"{name}{rng.choice(('.mp4', '.ts', '.png', '.h264'))}", b"\0")
    os.truncate(path, rng.choice((1 << 31, 5 << 30)))
    return path


def _unreadable(folder: Path, name: str, rng: random.Random) -> Path:
    """Nobody but an administrator may read it."""
    path = _put(folder / f"{name}.mp4", _own(MP4, rng))
    path.chmod(0)
    return path


def _flat(height: int, width: int) -> Oddity:
    def make_flat(folder: Path, name: str, rng: random.Random) -> Path:
        kind = Kind("flat", ".mp4", "libx264", encoder={"preset": "ultrafast"})
        return _put(folder / f"{name}.mp4", write(kind, [Fraction(at, 12) for at in range(2)], (height, width)))

    return make_flat


def _png(width: int, height: int) -> Oddity:
    def make_png(folder: Path, name: str, rng: random.Random) -> Path:
        content = b"\x89PNG\r\n\x1a\n"
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        for kind, body in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(bytes(50_000 + rng.randrange(99)))),
            (b"IEND", b""),
        ):
            content += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        return _put(folder / f"{name}.png", content)

    return make_png


def _clear(folder: Path, name: str, rng: random.Random) -> Path:
    """A picture of 8K of which all can be seen through."""
    pixels = np.full((4320, 7680, 4), 128, np.uint16 if rng.random() < 0.5 else np.uint8)
    return _put(folder / f"{name}.png", cv2.imencode(".png", pixels)[1].tobytes())


def _sized(kind: Kind, mark: bytes, offset: int, form: str) -> Oddity:
    """The sizes in a header replaced by such as no picture has."""

    def make_sized(folder: Path, name: str, rng: random.Random) -> Path:
        content = bytearray(_own(kind, rng))
        at = content.index(mark) + offset
        struct.pack_into(form, content, at, rng.choice((0, 30_000, 65_535)), rng.choice((0, 30_000, 65_535)))
        return _put(folder / f"{name}{kind.suffix}", bytes(content))

    return make_sized


def _times(kind: Kind, times: Callable[[int, random.Random], Fraction]) -> Oddity:
    def make_times(folder: Path, name: str, rng: random.Random) -> Path:
        seconds = sorted({times(index, rng) for index in range(20 + rng.randrange(9))})
        return _put(folder / f"{name}{kind.suffix}", write(kind, seconds))

    return make_times


def _zero_times(folder: Path, name: str, rng: random.Random) -> Path:
    """Every presentation and decoding time of the packets of a transport stream is zero."""
    content = bytearray(_own(TS, rng))
    for at in range(0, len(content) - 187, 188):
        begin = content.find(b"\0\0\1\xe0", at, at + 188)
        if begin >= 0 and content[begin + 7] & 0x80:
            stamp = (begin + 9, begin + 14)[: 1 + bool(content[begin + 7] & 0x40)]
            for place in stamp:
                content[place : place + 5] = bytes([content[place] & 0xF0 | 1, 0, 1, 0, 1])
    return _put(folder / f"{name}.ts", bytes(content))


def _wild_times(folder: Path, name: str, rng: random.Random) -> Path:
    """Times of an mp4's own table (stts) that are hours, or more than a clock counts."""
    content = bytearray(make(Kind("mp4", ".mp4", "mpeg4"), rng.randrange(8, 60)))
    at = content.index(b"stts") + 16
    struct.pack_into(">I", content, at, rng.choice((0, 1 << 20, 1 << 30, (1 << 32) - 1)))
    return _put(folder / f"{name}.mp4", bytes(content))


def _several(kind: Kind) -> Oddity:
    def make_several(folder: Path, name: str, rng: random.Random) -> Path:
        seconds = [Fraction(at, 12) for at in range(rng.randrange(6, 20))]
        return _put(folder / f"{name}{kind.suffix}", write(kind, seconds, streams=rng.choice((2, 3))))

    return make_several


def _joined(folder: Path, name: str, rng: random.Random) -> Path:
    """Two recordings of a raw or transport stream behind each other."""
    kind = rng.choice([kind for kind in FILMS if kind.suffix in {".ts", ".h264", ".mjpeg", ".mpg", ".flv"}])
    return _put(folder / f"{name}{kind.suffix}", _own(kind, rng) + _own(kind, rng))


def _other_suffix(folder: Path, name: str, rng: random.Random) -> Path:
    """A sound file under the suffix of another kind."""
    kind, other = rng.sample(FILMS, 2)
    return _put(folder / f"{name}{rng.choice((other.suffix, '.png', '.jpg'))}", _own(kind, rng))


def _many_boxes(folder: Path, name: str, rng: random.Random) -> Path:
    """A hundred thousand empty boxes, or boxes within boxes, in front of a film."""
    nested = b"".join(struct.pack(">I4s", 8 * (2000 - at), b"moov") for at in range(2000))
    flat = struct.pack(">I4s", 8, b"free") * 100_000
    return _put(folder / f"{name}.mp4", rng.choice((nested, flat)) + _own(MP4, rng))


def _unfinished(folder: Path, name: str, rng: random.Random) -> Path:
    """A fragmented recording that ends somewhere, and one without its index."""
    kind = rng.choice((MP4, Kind("mp4", ".mp4", "libx264", options=FRAGMENTED, encoder={"g": "6"})))
    content = _own(kind, rng)
    return _put(folder / f"{name}.mp4", content[: content.rfind(rng.choice((b"moov", b"mdat")))])


ODDITIES: dict[str, Oddity] = {
    **{f"text: {name}": _text(text) for name, text in TEXTS.items()},
    "fifo": _fifo,
    "folder": _folder,
    "link into nothing": _link("nowhere/at/all.mp4"),
    "link to itself": _link("itself"),
    "link to a device": _link("/dev/zero"),
    "link to another folder": _link("/proc/self"),
    "name: line break": _named("a\nb.mp4"),
    "name: no text": _named(b"\xff\xfe\x80.mp4"),
    "name: control marks": _named("\x1b[31m\x9b\u202e\u2066.mp4"),
    "name: long": _named("x" * 240 + ".mp4"),
    "name: pattern": _named("%03d*?[a]{b}.mp4"),
    "name: stream and quote": _named("a#2 'b' \"c\" .mp4"),
    "random bytes": _random,
    "empty": _empty,
    "sparse": _sparse,
    "unreadable": _unreadable,
    "flat 4K": _flat(2160, 3840),
    "flat 8K": _flat(4320, 7680),
    "narrow": _flat(16, 4096),
    "tiny": _flat(2, 2),
    "huge png": _png(65_000, 65_000),
    "wide png": _png(1_000_000, 1),
    "transparent 8K": _clear,
    "absurd mp4 size": _sized(MP4, b"avc1", 28, ">HH"),
    "absurd track size": _sized(MP4, b"tkhd", 80, ">II"),
    "absurd avi size": _sized(AVI, b"strf", 12, "<ii"),
    "zero times": _zero_times,
    "wild table of times": _wild_times,
    "wild times": _times(MKV, lambda index, rng: Fraction(rng.choice((index, 3600 * index, 10**6 + index)), 12)),
    "hours between frames": _times(MP4, lambda index, rng: Fraction(index * 20_000)),
    "several streams, mp4": _several(MP4),
    "several streams, mkv": _several(MKV),
    "several streams, ts": _several(TS),
    "joined": _joined,
    "other suffix": _other_suffix,
    "many boxes": _many_boxes,
    "unfinished": _unfinished,
}  # fmt: skip
