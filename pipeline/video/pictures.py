"""What a packet holds, read from its first bytes: a picture that is shown, one that is not, one that begins anew."""

from __future__ import annotations

from typing import Any

HEAD = 400
"""Bytes in which the first slice of a key frame begins, behind parameter sets and messages."""


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


def is_whole(packet: Any, context: Any) -> bool:
    """Whether a key frame of H.264 is an IDR picture: what stands before it in the file is shown before it.

    Only for streams with start codes (ISO 14496-10, annex B).
    """
    if not packet.is_keyframe or context.name != "h264":
        return False
    extra = context.extradata
    if extra and extra[0] == 1:
        return False
    head = bytes(memoryview(packet)[:HEAD])
    at = head.find(b"\0\0\1")
    while 0 <= at < len(head) - 3:
        kind = head[at + 3] & 0x1F
        if kind in {1, 5}:
            return kind == 5
        at = head.find(b"\0\0\1", at + 3)
    return False
