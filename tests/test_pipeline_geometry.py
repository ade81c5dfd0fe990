"""Frames leave the reader in square pixels, upright, and without combs; what the file says wrongly is told."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest
from fixtures_video import turn

from pipeline.errors import UsageError
from pipeline.places.cameras import read_cameras
from pipeline.places.locate import PlaceOptions, hints_for
from pipeline.proportions import doubt_shape
from pipeline.records import NO_HINTS, End, Frame, Hints
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.combing import find_combs
from pipeline.video.geometry import MAX_PIXELS, square_size
from pipeline.video.reader import Reader, probe
from pipeline.video.sampling import Picked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.records import Image

PAL = Fraction(64, 45)
SIZE = (144, 180)
"""A quarter of a PAL picture, height and width: square it is 256 by 144."""


def scene(at: int, size: tuple[int, int] = SIZE) -> Image:
    """uint8 (H, W, 3): a smooth ground, and a bright bar that stands 4 pixels further to the right each time."""
    height, width = size
    image = np.full((height, width, 3), 60, np.uint8)
    image += np.linspace(0, 80, height).astype(np.uint8)[:, None, None]
    left = 4 * at % (width - width // 4)
    image[height // 5 : -height // 5, left : left + width // 4] = 230
    return cv2.GaussianBlur(image, (5, 5), 0).astype(np.uint8)


def weave(at: int, size: tuple[int, int] = SIZE) -> Image:
    """Two moments in one frame, line by line."""
    image = scene(2 * at, size)
    image[1::2] = scene(2 * at + 1, size)[1::2]
    return image


def write(
    path: Path, images: Iterable[Image], aspect: Fraction | None = None, codec: str = "libx264", **options: str
) -> Path:
    """A video of these pictures, whose encoder is told the shape of pixels."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options=options)
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for number, image in enumerate(images):
            if not number:
                stream.height, stream.width = image.shape[:2]
                stream.codec_context.sample_aspect_ratio = aspect or Fraction(0)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def read(
    path: Path, hints: Hints = NO_HINTS, sampling: Sampling | Picked | None = None, skip: int = 0
) -> tuple[list[Image], tuple[str, ...]]:
    """All pictures that a reader gives, and what its end notes."""
    items = list(Reader(path, hints=hints).sample(sampling, skip))
    end = items[-1]
    assert isinstance(end, End)
    return [item.image for item in items if isinstance(item, Frame) and item.image is not None], end.notes


def shapes(path: Path, hints: Hints = NO_HINTS) -> list[tuple[int, ...]]:
    """Height and width of each picture."""
    return [image.shape[:2] for image in read(path, hints)[0]]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "mpeg4"),
        ("a.mkv", "libx264"),
        ("a.mkv", "mpeg4"),
        ("a.ts", "libx264"),
        ("a.ts", "libx265"),
        ("a.avi", "mpeg4"),
        ("a.avi", "libx264"),
        ("a.h264", "libx264"),
        ("a.asf", "msmpeg4"),
    ],
)
def test_whatever_says_it_pixels_become_square(tmp_path: Path, name: str, codec: str):
    """The shape of pixels is found in the container and in the codec's headers; both sizes are told."""
    path = write(tmp_path / name, map(scene, range(4)), PAL, codec)

    info = probe(path)

    assert (info.width, info.height) == (256, 144)
    assert (info.coded_width, info.coded_height) == (180, 144)
    assert info.pixel_aspect == PAL
    assert info.notes == ()
    assert shapes(path) == [(144, 256)] * 4


def test_the_square_picture_is_the_one_that_was_squeezed(tmp_path: Path):
    """A picture that was squeezed by its recorder comes back as it was."""
    whole = scene(3, (144, 256))
    squeezed = np.asarray(cv2.resize(whole, (180, 144), interpolation=cv2.INTER_AREA), np.uint8)

    (seen, *_), _ = read(write(tmp_path / "a.mp4", [squeezed] * 2, PAL, crf="10"))

    assert np.abs(seen.astype(int) - whole).mean() < 3


def test_pixels_that_are_higher_than_wide_add_lines(tmp_path: Path):
    """The direction that is too short is enlarged: nothing that was recorded is thrown away."""
    assert shapes(write(tmp_path / "a.mp4", map(scene, range(2)), Fraction(10, 11))) == [(158, 180)] * 2


def test_a_turned_video_is_squared_before_it_is_turned(tmp_path: Path):
    """The shape belongs to the picture as it is stored."""
    path = turn(write(tmp_path / "a.mp4", map(scene, range(2)), PAL), 90)

    info = probe(path)

    assert (info.width, info.height, info.pixel_aspect) == (144, 256, 1 / PAL)
    assert shapes(path) == [(256, 144)] * 2


def test_a_track_that_is_shown_wider_than_stored_is_squared(tmp_path: Path):
    """Without a shape of pixels, an mp4's track header still says how wide it is shown (ISO 14496-12, 8.3.2)."""
    path = write(tmp_path / "a.mp4", map(scene, range(2)), codec="mpeg4")
    content = bytearray(path.read_bytes())
    if b"pasp" in content:
        content[content.index(b"pasp") : content.index(b"pasp") + 4] = b"free"
    at = content.index(b"tkhd") + 4 + 76
    content[at : at + 8] = struct.pack(">II", 256 << 16, 144 << 16)
    path.write_bytes(content)

    assert set(shapes(path)) == {(144, 256)}


def test_where_container_and_codec_differ_the_container_is_followed_and_said(tmp_path: Path):
    """As players do; whoever knows better can tell the shape in cameras.toml."""
    path = write(tmp_path / "a.mp4", map(scene, range(2)), PAL)
    content = path.read_bytes()
    at = content.index(b"pasp") + 4
    path.write_bytes(content[:at] + struct.pack(">II", 16, 15) + content[at + 8 :])

    info = probe(path)

    assert (info.width, info.height) == (192, 144)
    assert "16:15" in info.notes[0]
    assert "64:45" in info.notes[0]
    assert set(shapes(path)) == {(144, 192)}


def test_a_shape_that_changes_on_the_way_holds_from_its_own_frame_on(tmp_path: Path):
    """Two programmes in one stream: each frame has its own shape, however far ahead the decoder is."""
    parts = [
        write(tmp_path / f"{number}.h264", map(scene, range(10)), aspect).read_bytes()
        for number, aspect in enumerate((Fraction(16, 15), PAL))
    ]
    path = tmp_path / "a.h264"
    path.write_bytes(b"".join(parts))

    pictures, notes = read(path)

    assert [picture.shape[1] for picture in pictures] == [192] * 10 + [256] * 10
    assert "16:15, then 64:45" in notes[0]


@pytest.mark.parametrize("aspect", [Fraction(2001, 2000), Fraction(4319, 4320), Fraction(135, 136)])
def test_pixels_next_to_square_are_left_alone(tmp_path: Path, aspect: Fraction):
    """Resampling by half a pixel would blur every face and set none right."""
    square = read(write(tmp_path / "a.mp4", map(scene, range(2))))[0]

    seen = read(write(tmp_path / "b.mp4", map(scene, range(2)), aspect))[0]

    assert all(np.array_equal(one, other) for one, other in zip(square, seen, strict=True))


def test_absurd_pixels_are_taken_as_square_and_said(tmp_path: Path):
    """A header that asks for a picture of 40 to 1 is wrong."""
    path = write(tmp_path / "a.mp4", map(scene, range(2)), Fraction(33, 1))

    assert shapes(path) == [SIZE] * 2
    assert "33:1" in probe(path).notes[0]


def test_square_pictures_never_pass_the_largest_size():
    """What would be larger than 8K is reduced in the other direction instead."""
    assert square_size(360, 288, PAL) == (512, 288)
    assert square_size(176, 288, Fraction(32, 11)) == (512, 288)
    width, height = square_size(7680, 4320, Fraction(1, 2))
    assert width * height <= MAX_PIXELS
    assert width / height == pytest.approx(7680 / 4320 / 2, rel=0.01)


def test_a_told_shape_goes_before_what_the_file_says(tmp_path: Path):
    """1080N and its like carry no shape, or a wrong one: cameras.toml tells that of the whole picture."""
    plain = write(tmp_path / "plain.mp4", map(scene, range(2)))
    wrong = write(tmp_path / "wrong.mp4", map(scene, range(2)), Fraction(2))
    (tmp_path / "cameras.toml").write_text('[[camera]]\npattern = "*.mp4"\naspect = "16:9"\n')

    for path in (plain, wrong):
        hints = hints_for(path, PlaceOptions())
        info = probe(path, hints)
        assert hints.aspect == Fraction(16, 9)
        assert (info.width, info.height, info.coded_width) == (256, 144, 180)
        assert shapes(path, hints) == [(144, 256)] * 2


def test_a_told_shape_holds_for_a_recorders_snapshots(tmp_path: Path):
    """Still pictures of such a camera are squeezed as its videos are."""
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), scene(1))
    hints = Hints(aspect=Fraction(16, 9))

    assert shapes(path, hints) == [(144, 256)]
    assert (probe(path, hints).width, probe(path, hints).coded_width) == (256, 180)
    assert np.array_equal(read(path)[0][0], scene(1)[..., ::-1])


@pytest.mark.parametrize(
    ("written", "aspect"),
    [('"16:9"', "16/9"), ('"4/3"', "4/3"), ("1.7778", "16/9"), ('"1.78"', "16/9"), ('"2.35:1"', "47/20")],
)
def test_shapes_are_read_as_people_write_them(tmp_path: Path, written: str, aspect: str):
    """As a ratio, or as a rounded number."""
    path = tmp_path / "cameras.toml"
    path.write_text(f'[[camera]]\npattern = "*"\naspect = {written}\n')

    assert read_cameras(path).cameras[0].aspect == Fraction(aspect)


@pytest.mark.parametrize("written", ['"wide"', '"16:0"', "0", "-1.5", "true", "nan", '"16:"', "[16, 9]", '"99:1"'])
def test_what_is_no_shape_is_refused_with_an_example(tmp_path: Path, written: str):
    """The message says what was expected, where, and what was found."""
    path = tmp_path / "cameras.toml"
    path.write_text(f'[[camera]]\npattern = "*"\naspect = {written}\n')

    with pytest.raises(UsageError, match=r'expected an aspect such as "16:9".* in camera 1; found'):
        read_cameras(path)


@pytest.mark.parametrize(
    "options", [{"x264-params": "tff=1"}, {"x264-params": "bff=1"}, {}], ids=["tff", "bff", "unflagged"]
)
def test_combs_are_taken_apart_whether_flagged_or_not(tmp_path: Path, options: dict[str, str]):
    """What moved is shown as it was at one moment, and the end says so."""
    path = write(tmp_path / "a.mp4", map(weave, range(8)), None, "libx264", crf="12", **options)

    pictures, notes = read(path)

    assert "8 of 8 frames are interlaced" in notes[0]
    assert ("says that they are not" in notes[0]) == (not options)
    for at, picture in enumerate(pictures):
        one = np.abs(picture.astype(int) - scene(2 * at)).mean()
        woven = np.abs(picture.astype(int) - weave(at)).mean()
        assert one < woven
        assert one < 3


def test_progressive_frames_are_not_touched_whatever_their_flag(tmp_path: Path):
    """Recorders flag progressive pictures as interlaced; they keep all their lines."""
    path = write(tmp_path / "a.mp4", map(scene, range(8)), None, "libx264", **{"x264-params": "tff=1"})
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))

    pictures, notes = read(path)

    assert all(frame.interlaced_frame for frame in decoded)
    assert notes == ()
    assert all(
        np.array_equal(picture, frame.to_ndarray(format="rgb24"))
        for picture, frame in zip(pictures, decoded, strict=True)
    )


def test_noise_and_stripes_are_no_combs():
    """Grain differs as much from line to line as from every second one; coarse stripes less."""
    noise = np.random.default_rng(1).integers(0, 255, (*SIZE, 3), np.uint8)
    stripes = np.full((*SIZE, 3), 40, np.uint8)
    stripes[np.arange(SIZE[0]) % 4 < 2] = 200

    for image in (noise, stripes):
        assert find_combs(av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")) is None


def test_pixels_and_notes_do_not_depend_on_where_reading_began(tmp_path: Path):
    """A resumed video, single picked frames and key frames alone give what an unbroken one gives."""
    path = write(tmp_path / "a.mp4", map(weave, range(24)), PAL, "libx264", g="8", **{"x264-params": "tff=1"})
    whole, notes = read(path)
    resumed, same_notes = read(path, skip=10)
    ways = (Picked(frozenset({8, 17})), Sampling(SamplingMode.KEYFRAMES, 0.0), Sampling(SamplingMode.FRAMES, 5))
    alone = [frame for way in ways for frame in Reader(path).sample(way) if isinstance(frame, Frame)]

    assert same_notes == notes
    assert all(np.array_equal(one, other) for one, other in zip(whole[10:], resumed, strict=True))
    assert len(alone) > 9
    assert all(frame.image is not None and np.array_equal(whole[frame.index], frame.image) for frame in alone)


def test_fields_that_are_stored_as_frames_are_shown_in_full_height(tmp_path: Path):
    """H.265 keeps interlaced video as flat fields; FFmpeg hands them out one by one."""
    fields = (scene(at, (288, 704))[::2] for at in range(4))
    path = write(tmp_path / "a.mkv", fields, None, "libx265", **{"x265-params": "interlace=tff:log-level=none"})

    assert set(shapes(path)) == {(288, 704)}
    assert (probe(path).width, probe(path).height, probe(path).coded_height) == (704, 288, 144)


@pytest.mark.parametrize(
    ("shapes_seen", "people", "kind"),
    [
        ({0.55: 6, 0.6: 8, 0.7: 1}, 1, "narrower"),
        ({0.6: 6, 0.63: 8, 0.7: 1}, 3, "narrower"),
        ({0.6: 6, 0.63: 8, 0.7: 1}, 2, None),
        ({0.91: 6, 0.94: 8}, 3, "wider"),
        ({0.91: 6, 0.94: 8}, 0, None),
        ({0.93: 6, 1.01: 8}, 1, "wider"),
        ({0.7: 6, 0.76: 8, 1.1: 2}, 5, None),
        ({0.55: 4, 0.6: 2}, 5, None),
        ({1.0: 50}, 5, None),
    ],
    ids=[
        "squeezed",
        "several people",
        "one narrow head",
        "stretched",
        "unknown who",
        "much",
        "usual",
        "few",
        "unmeasured",
    ],
)
def test_faces_of_an_odd_shape_over_a_whole_video_are_mentioned(
    shapes_seen: dict[float, int], people: int, kind: str | None
):
    """The middle of at least ten boxes says whether pixels can be square; one head alone needs to be odder."""
    told = doubt_shape({(shape, True): faces for shape, faces in shapes_seen.items()}, lambda: people)

    assert (told is None) == (kind is None)
    if told and kind:
        assert kind in told
        assert 'aspect = "16:9"' in told


def test_bowed_heads_that_nobody_can_read_are_no_doubt_about_pixels():
    """A camera at the ceiling sees wide boxes: unclear faces count against narrow pixels, and not for wide ones."""
    bowed = {(0.95, False): 13, (0.93, True): 3, (0.98, True): 2}
    squeezed = {(0.6, False): 10, (0.63, True): 5}

    assert doubt_shape(bowed, lambda: 10) is None
    assert "narrower" in (doubt_shape(squeezed, lambda: 3) or "")
    assert doubt_shape({**squeezed, (0.8, False): 20}, lambda: 3) is None


@pytest.mark.shared
@pytest.mark.parametrize("name", ["sar_pal360x288_64-45.mp4", "sar_halfD1_176x288_32-11.mp4"])
def test_recorders_squeezed_pictures_are_shown_as_the_square_one(shared: Path, name: str):
    """Both are 512 by 288, and near to the recording in square pixels."""
    square = read(shared / "footage/sar_0reference_square512x288.mp4")[0]
    seen = read(shared / "footage" / name)[0]

    assert [picture.shape for picture in seen] == [picture.shape for picture in square]
    assert max(np.abs(one.astype(int) - other).mean() for one, other in zip(seen, square, strict=True)) < 8


@pytest.mark.shared
def test_a_walking_man_is_not_read_from_combs(shared: Path):
    """An interlaced recording is about as near to the progressive one as its fields allow, and says what was done."""
    progressive, _ = read(shared / "footage/interlaced_0reference_progressive.mp4")
    pictures, notes = read(shared / "footage/interlaced_walking_480x360_tff.mp4")

    assert "17 of 17 frames are interlaced" in notes[0]
    roughness = [float(np.median([_roughness(each) for each in group])) for group in (progressive, pictures)]
    assert roughness[1] == pytest.approx(roughness[0], rel=0.3)


def _roughness(image: Image) -> float:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())
