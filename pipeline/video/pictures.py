"""What a packet holds, read from its first bytes: a picture that is shown, one that is not, one that begins anew."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Any

from .nals import first_slice
from .slices import is_intra

if TYPE_CHECKING:
    from .nals import Nal

H264_SLICE, H264_IDR = 1, 5
"""Types of H.264's slices (ISO 14496-10, table 7-1): of any picture, and of one that begins anew."""

HEVC_CRA = 21
"""H.265's key picture that others lean on across it (ISO 23008-2, table 7-1)."""


class Beginning(IntFlag):
    """What a key frame is good for.

    Attributes:
        WHOLE: what stands before it in the file is shown before it, what stands behind it behind it.
        OPEN: it continues the count of pictures, by which a decoder that is given key frames alone goes wrong.
        LEANING: it is none to look at: the picture is only renewed from there on, in the course of some frames.
    """

    UNKNOWN = 0
    WHOLE = 1
    OPEN = 2
    LEANING = 4


def is_hidden(packet: Any, codec: str) -> bool:
    """Whether VP8 or VP9 shows nothing of it, because others only lean on it (RFC 6386, 9.1; VP9's frame header)."""
    if codec == "vp8":
        return not memoryview(packet)[0] >> 4 & 1
    if codec != "vp9":
        return False
    content = memoryview(packet)
    if content[-1] & 0xE0 == 0xC0 or content[0] & 0x38:
        # Several frames in one packet, of which one is shown; a frame shown again; or a profile with a longer header.
        return False
    return not content[0] >> 1 & 1


def beginning_of(packet: Any, context: Any) -> Beginning:
    """What a packet of H.264 or H.265 is good for as a key frame; nothing is known of other codecs."""
    if not packet.is_keyframe or context.name not in {"h264", "hevc"}:
        return Beginning.UNKNOWN
    slice_ = first_slice(packet, context)
    if slice_ is None:
        return Beginning.UNKNOWN
    return _h264(slice_) if context.name == "h264" else _hevc(slice_)


def _h264(slice_: Nal) -> Beginning:
    if slice_.kind == H264_IDR:
        return Beginning.WHOLE
    return Beginning.OPEN if is_intra(slice_.body) else Beginning.LEANING


def _hevc(slice_: Nal) -> Beginning:
    # Even IDR pictures of H.265 may have others behind them in the file that are shown before them.
    return Beginning.OPEN if slice_.kind == HEVC_CRA else Beginning.UNKNOWN
