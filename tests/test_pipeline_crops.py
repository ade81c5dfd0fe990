"""Edges that only the container leaves out are left out, as by players, and that is said."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import write_video
from fixtures_video import read_frames

from pipeline.video.crops import TRACK, TRACKS, VIDEO
from pipeline.video.ebml import SEGMENT, read_element
from pipeline.video.reader import probe

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.records import Frame


def _with_clap(path: Path, width: int, height: int, right: int = 0, down: int = 0) -> Path:
    """A clean aperture in an mp4 whose index is behind its pictures; its middle is so far from the picture's."""
    content = bytearray(path.read_bytes())
    clap = struct.pack(">I4sIIIIiIiI", 40, b"clap", width, 1, height, 1, right, 1, down, 1)
    entry = content.index(b"avc1", content.index(b"stsd"))
    (size,) = struct.unpack_from(">I", content, entry - 4)
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        at = content.index(kind, content.index(b"moov")) - 4
        struct.pack_into(">I", content, at, struct.unpack_from(">I", content, at)[0] + len(clap))
    content[entry - 4 + size : entry - 4 + size] = clap
    path.write_bytes(content)
    return path


def _check(path: Path, whole: list[Frame], rows: slice, columns: slice) -> None:
    """The same pictures without the edges, and the sizes of both."""
    info, frames = probe(path), read_frames(path)
    first = whole[0].image
    assert first is not None
    assert (info.height, info.width) == first[rows, columns].shape[:2]
    assert (info.coded_width, info.coded_height) == (192, 160)
    assert [("edges of its picture are left out" in note) for note in info.notes] == [True]
    assert len(frames) == len(whole)
    for frame, other in zip(frames, whole, strict=True):
        assert frame.image is not None
        assert other.image is not None
        assert np.abs(frame.image.astype(int) - other.image[rows, columns]).mean() < 1


@pytest.mark.parametrize(
    ("aperture", "rows", "columns"),
    [
        ((160, 160), slice(0, 160), slice(16, 176)),
        ((192, 140), slice(10, 150), slice(0, 192)),
        ((160, 140, -16, 10), slice(20, 160), slice(0, 160)),
    ],
)
def test_a_clean_aperture_is_what_is_looked_at(tmp_path: Path, aperture: tuple[int, ...], rows: slice, columns: slice):
    """As QuickTime and newer FFmpegs do it."""
    path = write_video(tmp_path / "a.mp4", 10)
    whole = read_frames(path)

    _check(_with_clap(path, *aperture), whole, rows, columns)


@pytest.mark.parametrize("aperture", [(192, 160), (300, 160), (160, 160, 100, 0), (0, 0)])
def test_an_aperture_that_leaves_nothing_out_or_everything_is_none(tmp_path: Path, aperture: tuple[int, ...]):
    """Many are as large as the picture; one that reaches beyond it is an error."""
    info = probe(_with_clap(write_video(tmp_path / "a.mp4", 10), *aperture))

    assert (info.width, info.height, info.notes) == (192, 160, ())


def _find(content: bytearray, at: int, kind: int) -> tuple[int, int]:
    """Where the size and the content of the next Matroska element of that kind begin, from one beside it on."""
    file = io.BytesIO(content)
    while (element := read_element(file, at)) and element.kind != kind:
        assert element.end is not None
        at = element.end
    assert element is not None
    return at + (kind.bit_length() + 7) // 8, element.begin


def _with_pixel_crop(path: Path, left: int, bottom: int) -> Path:
    content = bytearray(path.read_bytes())
    crop = b"\x54\xcc\x82" + left.to_bytes(2, "big") + b"\x54\xaa\x81" + bytes([bottom])
    at = 0
    for kind in (SEGMENT, TRACKS, TRACK, VIDEO):
        begin, at = _find(content, at, kind)
        if kind != SEGMENT:
            digits = at - begin
            size = int.from_bytes(content[begin:at], "big") + len(crop)
            content[begin:at] = size.to_bytes(digits, "big")
    content[at:at] = crop
    path.write_bytes(content)
    return path


def test_a_pixel_crop_of_matroska_is_applied(tmp_path: Path):
    """As players and newer FFmpegs do it."""
    path = write_video(tmp_path / "a.mkv", 10, options={"live": "1"})
    whole = read_frames(path)

    _check(_with_pixel_crop(path, 16, 20), whole, slice(0, 140), slice(16, 192))


def test_a_pixel_crop_of_nothing_is_none(tmp_path: Path):
    """Some writers name all edges."""
    info = probe(_with_pixel_crop(write_video(tmp_path / "a.mkv", 10, options={"live": "1"}), 0, 0))

    assert (info.width, info.height, info.notes) == (192, 160, ())
