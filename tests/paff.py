"""H.264 whose fields are coded apart (PAFF), as recorders of interlaced cameras write it and no free encoder does.

All blocks are stored as they are (I_PCM), so a field needs no more than its headers (ISO/IEC 14496-10, 7.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDE, HIGH = 4, 2
"""Blocks of 16 pixels in a field: frames are 64 by 64."""

PCM = {"I": 25, "P": 30, "B": 48}
"""The type of a block that is stored as it is (tables 7-11, 7-13 and 7-14)."""

SLICE = {"I": 7, "P": 5, "B": 6}

GREY = b"\x80"


class _Bits:
    """Bits in the order in which they are written."""

    def __init__(self) -> None:
        self._bits: list[str] = []
        self._length = 0

    def put(self, value: int, count: int) -> _Bits:
        if count:
            self._bits.append(format(value, f"0{count}b"))
        self._length += count
        return self

    def golomb(self, *values: int) -> _Bits:
        for value in values:
            length = (value + 1).bit_length()
            self.put(value + 1, 2 * length - 1)
        return self

    def align(self) -> _Bits:
        return self.put(0, -self._length % 8)

    def unit(self, head: int) -> bytes:
        """As a unit with its start code, stop bit, and the bytes that keep other start codes from appearing."""
        self.put(1, 1).align()
        text = "".join(self._bits)
        body, zeros = bytearray(), 0
        for byte in int(text, 2).to_bytes(len(text) // 8, "big"):
            if zeros >= 2 and byte <= 3:
                body.append(3)
                zeros = 0
            body.append(byte)
            zeros = 0 if byte else zeros + 1
        return b"\0\0\0\1" + bytes([head]) + bytes(body)


def headers(fps: int = 25) -> bytes:
    """The parameter sets: interlaced, Main profile, pictures may be shown in another order."""
    sps = _Bits().put(77, 8).put(0, 8).put(30, 8).golomb(0, 0, 0, 4, 2).put(0, 1).golomb(WIDE - 1, HIGH - 1)
    # Fields may be coded apart, no change from block to block, direct_8x8_inference, no cropping; the rate.
    sps.put(0, 1).put(0, 1).put(1, 1).put(0, 1).put(1, 1).put(0, 4).put(1, 1).put(1, 32).put(2 * fps, 32).put(1, 1)
    # No buffers' figures and no structure; two frames may be reordered.
    sps.put(0, 3).put(1, 1).put(1, 1).golomb(0, 0, 10, 10, 1, 2)
    pps = _Bits().golomb(0, 0).put(0, 2).golomb(0, 0, 0).put(0, 3).golomb(0, 0, 0).put(0b100, 3)
    return sps.unit(0x67) + pps.unit(0x68)


def field(kind: str, grey: int, *, number: int, order: int, is_bottom: bool, is_idr: bool) -> bytes:
    """One field, as an access unit of its own.

    Args:
        kind: "I", "P" or "B", of which only others may lean on the first two.
        grey: level of all its pixels, 1 to 255.
        number: of the reference frame, modulo 16 (`frame_num`).
        order: when it is shown (`pic_order_cnt_lsb`), modulo 256.
        is_bottom: it holds the second line and every other from there on.
        is_idr: everything begins anew with it.
    """
    is_reference = kind != "B"
    bits = _Bits().golomb(0, SLICE[kind], 0).put(number, 4).put(1, 1).put(is_bottom, 1)
    if is_idr:
        bits.golomb(0)
    bits.put(order, 8)
    if kind == "B":
        bits.put(1, 1)
    if kind != "I":
        bits.put(0, 1).put(0, 2 if kind == "B" else 1)
    if is_reference:
        bits.put(0, 2 if is_idr else 1)
    bits.golomb(0, 1)
    content = int.from_bytes(bytes([grey]) * 256 + GREY * 128, "big")
    for _ in range(WIDE * HIGH):
        if kind != "I":
            bits.golomb(0)
        bits.golomb(PCM[kind]).align().put(content, 384 * 8)
    return b"\0\0\0\1\x09\xf0" + bits.unit((0x60 if is_reference else 0) | (5 if is_idr else 1))


def frames(kinds: Sequence[str]) -> Iterator[tuple[int, str, bytes, bytes]]:
    """Frames of two fields each, in the order of the file: when it is shown, its kind, both fields.

    Args:
        kinds: of the frames in the order of the file: "K" begins anew, "I" leans on no other, "P" and "B" do. What
            stands behind a "P" as "B" is shown before it. Frame n of presentation has the grey level 30 + 2 n.
    """
    shown = _presented(kinds)
    number = base = 0
    for at, kind in enumerate(kinds):
        if kind == "K":
            number, base = 0, shown[at]
        elif kinds[at - 1] != "B":
            number = (number + 1) % 16
        first, second = {"K": ("I", "P"), "I": ("I", "P")}.get(kind, (kind, kind))
        pair = [
            field(
                each,
                30 + 2 * shown[at],
                number=number,
                order=(2 * (shown[at] - base) + is_bottom) % 256,
                is_bottom=bool(is_bottom),
                is_idr=kind == "K" and not is_bottom,
            )
            for is_bottom, each in enumerate((first, second))
        ]
        yield shown[at], kind, (headers() if kind == "K" else b"") + pair[0], pair[1]


def _presented(kinds: Sequence[str]) -> list[int]:
    shown, at = [0] * len(kinds), 0
    while at < len(kinds):
        late = at + 1
        while kinds[at] != "B" and late < len(kinds) and kinds[late] == "B":
            late += 1
        for place, packet in enumerate([*range(at + 1, late), at]):
            shown[packet] = at + place
        at = late
    return shown
