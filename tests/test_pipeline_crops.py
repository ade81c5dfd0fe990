"""Edges that only the container leaves out are looked at, and said."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from fakes import write_video
from fixtures_video import read_frames

from pipeline.video.crops import TRACK, TRACKS, VIDEO
from pipeline.video.ebml import SEGMENT, read_element
from pipeline.video.reader import probe

if TYPE_CHECKING:
    from pathlib import Path


def _with_clap(path: Path, width: int, height: int) -> Path:
    """A clean aperture of that size in an mp4 whose index is behind its pictures."""
    content = bytearray(path.read_bytes())
    clap = struct.pack(">I4s8I", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    entry = content.index(b"avc1", content.index(b"stsd"))
    (size,) = struct.unpack_from(">I", content, entry - 4)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        at = content.index(kind, content.index(b"moov")) - 4
        struct.pack_into(">I", content, at, struct.unpack_from(">I", content, at)[0] + len(clap))
    content[entry - 4 + size : entry - 4 + size] = clap
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("size", "is_said"), [((160, 160), True), ((192, 150), True), ((192, 160), False)])
def test_a_clean_aperture_is_said(tmp_path: Path, size: tuple[int, int], is_said: bool):
    """One that is smaller than the picture; many are as large."""
    info = probe(_with_clap(write_video(tmp_path / "a.mp4", 10), *size))

    assert (info.width, info.height) == (192, 160)
    assert ["edges of its picture are to be left out" in note for note in info.notes] == [True] * is_said


def _find(content: bytearray, at: int, kind: int) -> tuple[int, int]:
    """Where the size and the content of the next Matroska element of that kind begin, from one beside it on."""
    file = io.BytesIO(content)
    while (element := read_element(file, at)) and element.kind != kind:
        assert element.end is not None
        at = element.end
    assert element is not None
    return at + (kind.bit_length() + 7) // 8, element.begin


@pytest.mark.parametrize("columns", [0, 16])
def test_a_pixel_crop_of_matroska_is_said(tmp_path: Path, columns: int):
    """One of nothing is none."""
    path = write_video(tmp_path / "a.mkv", 10, options={"live": "1"})
    content = bytearray(path.read_bytes())
    crop = b"\x54\xcc\x82" + columns.to_bytes(2, "big")
    at = 0
    for kind in (SEGMENT, TRACKS, TRACK, VIDEO):
        begin, at = _find(content, at, kind)
        if kind != SEGMENT:
            digits = at - begin
            size = int.from_bytes(content[begin:at], "big") + len(crop)
            content[begin:at] = size.to_bytes(digits, "big")
    content[at:at] = crop
    path.write_bytes(content)

    info = probe(path)

    assert (info.width, info.height, len(read_frames(path))) == (192, 160, 10)
    assert ["edges of its picture" in note for note in info.notes] == [True] * (columns > 0)
