"""Videos whose timestamps are as recorders write them, wrong in one way each."""

from __future__ import annotations

import datetime as dt
import struct
from typing import TYPE_CHECKING, Any

import av
from fakes import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[int], float | None]

TICKS = 90_000
WRAP = 2**33


def remux(source: Path, target: Path, change: Change) -> Path:
    """The same packets with their timestamps moved by seconds; None leaves a packet out."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [packet for packet in old.demux(video=0) if packet.size]
        for number, packet in enumerate(packets):
            moved = change(number)
            if moved is not None:
                ticks = round(moved / float(packet.time_base))
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
                packet.stream = stream
                new.mux(packet)
    return target


def write_frozen(source: Path, target: Path) -> Path:
    """The same packets, all at one moment."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.pts = packet.dts = 0
                packet.stream = stream
                new.mux(packet)
    return target


def patch(source: Path, target: Path, change: Change) -> Path:
    """A transport stream whose pictures' PTS and DTS are moved by seconds, whatever a muxer would say (ISO 13818-1)."""
    content = bytearray(source.read_bytes())
    number = -1
    for begin in range(0, len(content), 188):
        if not content[begin + 1] & 0x40 or not content[begin + 3] & 0x10:
            continue
        at = begin + 4 + (1 + content[begin + 4] if content[begin + 3] & 0x20 else 0)
        if content[at : at + 3] != b"\0\0\1" or not 0xE0 <= content[at + 3] < 0xF0:
            continue
        number += 1
        ticks = round((change(number) or 0.0) * TICKS)
        for place in (at + 9, at + 14)[: {2: 1, 3: 2}.get(content[at + 7] >> 6, 0)]:
            _write(content, place, (_read(content, place) + ticks) % WRAP)
    target.write_bytes(content)
    return target


def _read(content: bytearray, at: int) -> int:
    first, second, third, fourth, fifth = content[at : at + 5]
    return (first >> 1 & 7) << 30 | second << 22 | third >> 1 << 15 | fourth << 7 | fifth >> 1


def _write(content: bytearray, at: int, ticks: int) -> None:
    content[at : at + 5] = bytes(
        (
            content[at] & 0xF0 | (ticks >> 30 & 7) << 1 | 1,
            ticks >> 22 & 255,
            (ticks >> 15 & 127) << 1 | 1,
            ticks >> 7 & 255,
            (ticks & 127) << 1 | 1,
        )
    )


def write_dahua(
    path: Path, frames: int, change: Change, *, counted: Callable[[int], int] = lambda number: number
) -> Path:
    """Ten pictures a second as Dahua's recorders wrap them, with the recorder's clock and count in each header."""
    source = write_video(path.with_suffix(".ts"), frames, encoder={"bf": "0", "sc_threshold": "0"})
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        content = b"".join(_wrap(number, packet, change, counted) for number, packet in enumerate(packets))
    path.write_bytes(content)
    return path


def _wrap(number: int, packet: Any, change: Change, counted: Callable[[int], int]) -> bytes:
    at = dt.datetime(2024, 3, 26, 8, 59, 57, tzinfo=dt.UTC)
    at += dt.timedelta(seconds=number / 10 + (change(number) or 0.0))
    date = at.second | at.minute << 6 | at.hour << 12 | at.day << 17 | at.month << 22 | (at.year - 2000) << 26
    extra = struct.pack("<BBBB", 0x81, 0, 2, 10) + struct.pack("<BBBBHH", 0x82, 0, 0, 0, 192, 160)
    length = 24 + len(extra) + packet.size + 8
    head = b"DHAV" + bytes([0xFD if packet.is_keyframe else 0xFC, 0, 0, 0]) + struct.pack("<I", counted(number))
    head += struct.pack("<II", length, date) + struct.pack("<HBB", number * 100 & 0xFFFF, len(extra), 0)
    return head + extra + bytes(packet) + b"dhav" + struct.pack("<I", length)
