"""Still pictures: what is seen of transparent ones, what is said of damage, and of pictures that are not read."""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from fixtures_video import split_end

from pipeline.errors import VideoError
from pipeline.records import Hints
from pipeline.video.decoding import Decoder
from pipeline.video.reader import Reader, probe
from pipeline.video.stills import read_still

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.records import Image

SECRET, SHOWN = (200, 30, 40), (10, 220, 30)


def _half_hidden(dtype: type[np.integer[Any]] = np.uint8) -> NDArray[np.integer[Any]]:
    """(40, 60, 4), BGRA: the left half has a colour under alpha 0, the right half is shown."""
    image = np.zeros((40, 60, 4), np.uint8)
    image[:, :30, :3], image[:, 30:, :3], image[:, 30:, 3] = SECRET[::-1], SHOWN[::-1], 255
    return (image.astype(np.uint32) * (257 if dtype is np.uint16 else 1)).astype(dtype)


def _read(path: Path) -> Image:
    frames, _ = split_end(Reader(path).sample(None))
    assert frames[0].image is not None
    return frames[0].image


def _png(colour: int, rows: list[bytes], width: int, *chunks: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, len(rows), 8, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    content = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), *chunks, (b"IDAT", data), (b"IEND", b"")):
        content += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return content


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_hidden_colours_are_not_read(tmp_path: Path, suffix: str, dtype: type[np.integer[Any]]):
    """What lies under alpha 0 is grey, in 8 and 16 bits; what is shown keeps its colours."""
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), _half_hidden(dtype))

    image = _read(path)

    assert image.dtype == np.uint8
    assert (image[:, :30] == 128).all()
    assert (image[:, 30:] == SHOWN).all()


@pytest.mark.parametrize(
    "content",
    [
        _png(4, [bytes([200, 0, 90, 255])] * 4, 2),
        _png(3, [bytes([0, 1])] * 4, 2, (b"PLTE", bytes([255, 0, 0, 90, 90, 90])), (b"tRNS", bytes([0, 255]))),
    ],
    ids=("grey", "palette"),
)
def test_hidden_colours_of_other_kinds(tmp_path: Path, content: bytes):
    """Grey pictures and those with a palette hide nothing either."""
    (tmp_path / "a.png").write_bytes(content)

    assert (_read(tmp_path / "a.png")[0] == [[128] * 3, [90] * 3]).all()


def test_transparency_turns_with_the_picture(tmp_path: Path):
    """A transparent picture that is to be turned (EXIF orientation 6) is grey where it is transparent when upright."""
    rows = [bytes([*SHOWN, 255] * 6)] * 2 + [bytes([*SECRET, 0] * 6)] * 2
    exif = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    (tmp_path / "a.png").write_bytes(_png(6, rows, 6, (b"eXIf", exif)))

    image = _read(tmp_path / "a.png")

    assert image.shape == (6, 4, 3)
    assert (image[:, :2] == 128).all()
    assert (image[:, 2:] == SHOWN).all()


def test_a_bitmap_without_transparency(tmp_path: Path):
    """The fourth byte of a bmp is most often not filled in: its colours are shown."""
    image = _half_hidden()
    image[..., 3] = 0
    cv2.imwrite(str(tmp_path / "a.bmp"), image)

    assert (_read(tmp_path / "a.bmp")[:, :30] == SECRET).all()


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_further_pictures_are_told(tmp_path: Path, name: str):
    """Of an animation, or of several pages, the first picture is read, and that there are others is noted."""
    pictures = [np.full((20, 30, 3), level, np.uint8) for level in (10, 120, 240)]
    path = tmp_path / name
    if name.endswith("tif"):
        cv2.imwritemulti(str(path), pictures)
    else:
        animation = cv2.Animation()
        animation.frames, animation.durations = pictures, [100] * 3
        cv2.imwriteanimation(str(path), animation)
    cv2.imwrite(str(tmp_path / f"one-{name}"), pictures[0])

    assert probe(path).notes == ("The file holds 3 pictures, animated or as pages; only the first is read.",)
    assert abs(int(_read(path).mean()) - 10) < 3
    assert not probe(tmp_path / f"one-{name}").notes


def test_damage_in_a_picture_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """What the library says of a damaged picture stands with the picture, and not on the terminal without a name."""
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    content = bytearray(cv2.imencode(".jpg", noise)[1].tobytes())
    for at in range(3000, 3010):
        content[at] ^= 0x55
    (tmp_path / "a.jpg").write_bytes(content)

    with Decoder() as decoder:
        frames, damage = split_end(decoder.sample(tmp_path / "a.jpg", None))

    assert "decoded with damage: Corrupt JPEG data" in str(damage)
    assert frames[0].problem == damage
    assert capfd.readouterr() == ("", "")


def test_a_damaged_picture_that_cannot_be_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """What the library says of a picture that it refuses is part of the reason."""
    content = bytearray(cv2.imencode(".png", _half_hidden())[1].tobytes())
    content[-30] ^= 0x55
    (tmp_path / "a.png").write_bytes(content)

    with Decoder() as decoder, pytest.raises(VideoError, match=r"damaged or of another kind \(libpng error: .*\)"):
        decoder.probe(tmp_path / "a.png")
    assert capfd.readouterr() == ("", "")


def test_a_picture_is_one_camera(tmp_path: Path):
    """A picture has no second camera."""
    cv2.imwrite(str(tmp_path / "a.png"), _half_hidden())

    with pytest.raises(VideoError, match="this is a still picture"):
        probe(tmp_path / "a.png", Hints(stream=2))


def test_a_picture_of_gigabytes_is_refused(tmp_path: Path):
    """A file that no 8K picture can fill is not read into memory; the message says both sizes."""
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG")
    os.truncate(path, 5 << 30)

    with pytest.raises(VideoError, match="expected at most 268 MB; found 5,369 MB"):
        probe(path)


def test_large_transparent_pictures_are_seen_in_front_of_grey(tmp_path: Path):
    """What is put before grey a few lines at a time is the same in each of them."""
    image = np.full((600, 8, 4), (10, 20, 30, 51), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image)

    assert np.unique(_read(tmp_path / "a.png").reshape(-1, 3), axis=0).tolist() == [[108, 106, 104]]


@pytest.mark.parametrize("at", [33, -12], ids=["pixels", "end"])
def test_a_part_of_a_png_that_claims_gigabytes_gets_none(tmp_path: Path, at: int):
    """OpenCV makes room for a chunk before it reads it: 667 bytes took 4 GB."""
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), np.zeros((90, 120, 3), np.uint8))
    content = bytearray(path.read_bytes())
    content[at : at + 4] = b"\xff\xff\xff\xf0"
    path.write_bytes(content)

    with pytest.raises(VideoError, match="claims to be longer than all of it"):
        read_still(path)
