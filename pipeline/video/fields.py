"""Frames whose two fields are coded apart (PAFF): two packets of H.264, one after the other, that give one frame.

Recorders of interlaced cameras write them. What tells a second field is its slices' headers (ISO/IEC 14496-10, 7.3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .nals import first_slice, length_bytes, units
from .slices import Bits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .nals import Nal

SPS = 7
"""Type of the units that hold a sequence's parameters (table 7-1)."""

HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sequence parameters begin with a format of colours (7.3.2.1.1)."""

LISTS, LIST_SIZES = (8, 12), (16, 64)
"""How many lists of scaling there are without and with full colours, and the sizes of the first six and of the rest."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What sequence parameters tell of slices' headers.

    Attributes:
        number_bits: of the number of a frame.
        has_planes: colours are coded apart, and slices name theirs.
    """

    number_bits: int
    has_planes: bool


@dataclass(frozen=True, slots=True)
class _Field:
    """A field: the number of its frame, and whether it holds the lower lines."""

    number: int
    is_bottom: bool


class FieldPairs:
    """Goes through the packets of a stream and tells which of them hold the second field of the frame before."""

    def __init__(self, context: Any) -> None:
        """Read what the container knows of the stream.

        Args:
            context: of the stream's decoder. Only H.264 has such packets: FFmpeg joins those of MPEG-2, and hands out
                fields of H.265 as frames.
        """
        self._context = context
        self._is_h264 = context.name == "h264"
        self._form: _Form | None = None
        self._first: _Field | None = None
        if self._is_h264 and context.extradata:
            self._learn(_parameter_sets(context.extradata))

    def is_second(self, packet: Any) -> bool:
        """Whether it completes the frame that the packet before began."""
        if not self._is_h264:
            return False
        if packet.is_keyframe:
            self._learn(_sps_of(units(bytes(packet), length_bytes(self._context), 1)))
        if self._form is None:
            return False
        now, before = self._read(first_slice(packet, self._context)), self._first
        is_second = bool(now and before and now.number == before.number and now.is_bottom != before.is_bottom)
        # A frame that has both fields is complete; a third field begins another.
        self._first = None if is_second else now
        return is_second

    def _learn(self, sets: Iterable[bytes]) -> None:
        """The last sequence parameters hold: a recorder has no others beside them."""
        for body in sets:
            self._form = _form_of(body)

    def _read(self, slice_: Nal | None) -> _Field | None:
        if slice_ is None or self._form is None:
            return None
        bits = Bits(slice_.body)
        try:
            for _ in ("first block", "type", "picture parameters"):
                bits.take_golomb()
            if self._form.has_planes:
                bits.take(2)
            number, is_field = bits.take(self._form.number_bits), bits.take(1)
            return _Field(number, bool(bits.take(1))) if is_field else None
        except ValueError:
            return None


def _sps_of(found: Iterable[Nal]) -> list[bytes]:
    return [bytes(unit.body) for unit in found if unit.kind == SPS]


def _parameter_sets(extradata: bytes) -> list[bytes]:
    """Sequence parameters from a decoder's configuration: start codes, or a record (ISO/IEC 14496-15, 5.3.3.1)."""
    if extradata[0] != 1:
        return _sps_of(units(extradata, 0, 1))
    found, at = [], 6
    for _ in range(extradata[5] & 0x1F if len(extradata) > 5 else 0):
        size = int.from_bytes(extradata[at : at + 2], "big")
        found.append(extradata[at + 3 : at + 2 + size])
        at += 2 + size
    return found


def _form_of(body: bytes) -> _Form | None:
    """What sequence parameters say (7.3.2.1.1); None where frames have no fields, or that cannot be read."""
    bits = Bits(body)
    try:
        profile = bits.take(8)
        bits.take(16)
        bits.take_golomb()
        has_planes = profile in HIGH and _skip_colours(bits)
        number_bits = 4 + bits.take_golomb()
        _skip_order(bits)
        # Reference frames, whether there are gaps, width and height.
        bits.take_golomb()
        bits.take(1)
        bits.take_golomb()
        bits.take_golomb()
        is_progressive = bits.take(1)
    except ValueError:
        return None
    return None if is_progressive else _Form(number_bits, has_planes)


def _skip_colours(bits: Bits) -> bool:
    """To behind the format of colours; whether they are coded apart."""
    is_full = bits.take_golomb() == 3
    has_planes = bool(is_full and bits.take(1))
    bits.take_golomb()
    bits.take_golomb()
    bits.take(1)
    if bits.take(1):
        for number in range(LISTS[is_full]):
            if bits.take(1):
                _skip_scaling(bits, LIST_SIZES[number >= 6])
    return has_planes


def _skip_scaling(bits: Bits, size: int) -> None:
    """To behind a list of scaling (7.3.2.1.1.1)."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.take_signed()) % 256
        last = following or last


def _skip_order(bits: Bits) -> None:
    """To behind what tells the order of showing."""
    kind = bits.take_golomb()
    if kind == 0:
        bits.take_golomb()
    elif kind == 1:
        bits.take(1)
        bits.take_signed()
        bits.take_signed()
        for _ in range(bits.take_golomb()):
            bits.take_signed()
