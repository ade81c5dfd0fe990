"""Sampled frames: which ones, when, how they are turned, and what is said of damage."""

from __future__ import annotations

import os
import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
from fakes import number_image, read_number, write_video
from fixtures_video import (
    begin_later,
    cut,
    flip_bits,
    numbers,
    read_frames,
    split_end,
    turn,
    write_audio,
    write_bad_inputs,
    write_held,
    write_two_sizes,
)

from pipeline.errors import VideoError
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader, probe

if TYPE_CHECKING:
    from pathlib import Path

FPS, EVERY, FRAMES, KEYFRAMES = SamplingMode.FPS, SamplingMode.EVERY, SamplingMode.FRAMES, SamplingMode.KEYFRAMES
VARIABLE_S = (0.0, 0.1, 0.15, 0.9, 1.0, 1.04, 1.6, 1.7, 3.2, 3.3, 3.35, 4.1)
"""A frame rate as phones and screen recordings have it."""


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(FPS, 2), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]),
        (Sampling(FPS, 3), [0, 4, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40, 44, 47]),
        (Sampling(EVERY, 0.7), [0, 7, 14, 21, 28, 35, 42, 49]),
        (Sampling(FRAMES, 5), [5, 15, 25, 35, 45]),
        (Sampling(FRAMES, 50), list(range(50))),
        (Sampling(FRAMES, 200), list(range(50))),
        (Sampling(FPS, 10), list(range(50))),
        (Sampling(FPS, 60), list(range(50))),
        (None, list(range(50))),
    ],
    ids=str,
)
def test_constant_frame_rate(tmp_path: Path, sampling: Sampling | None, expected: list[int]):
    """At ten frames a second, each rule picks exactly the frames that its words say."""
    path = write_video(tmp_path / "a.mp4", 50, 10)

    assert numbers(path, sampling) == expected


def test_variable_frame_rate(tmp_path: Path):
    """With uneven timestamps, the first frame at or after each step is taken, by its own time and not its number."""
    path = write_video(tmp_path / "a.mp4", times=VARIABLE_S)

    frames = read_frames(path, Sampling(EVERY, 0.5))

    assert [frame.index for frame in frames] == [0, 3, 4, 6, 8, 11]
    assert [frame.timestamp_s for frame in frames] == pytest.approx([0.0, 0.9, 1.0, 1.6, 3.2, 4.1])
    assert numbers(path, Sampling(EVERY, 0.5)) == [0, 3, 4, 6, 8, 11]


def test_milliseconds_of_matroska_lose_no_frame(tmp_path: Path):
    """Matroska rounds 1/30 s to 33 ms; sampling at the video's own rate takes every frame all the same."""
    path = write_video(tmp_path / "a.mkv", 60, 30)

    assert numbers(path, Sampling(FPS, 30)) == list(range(60))
    assert numbers(path, Sampling(FPS, 15)) == list(range(0, 60, 2))


def test_key_frames_keep_their_place(tmp_path: Path):
    """Key frames carry the index and time that they have among all frames of the video."""
    path = write_video(tmp_path / "a.mp4", 50, 10)
    with av.open(str(path)) as container:
        keys = [index for index, frame in enumerate(container.decode(video=0)) if frame.key_frame]

    frames = read_frames(path, Sampling(KEYFRAMES))

    assert [frame.index for frame in frames] == keys == numbers(path, Sampling(KEYFRAMES))
    assert [frame.timestamp_s for frame in frames] == pytest.approx([key / 10 for key in keys])
    assert 3 < len(keys) < 15


@pytest.mark.parametrize("sampling", [Sampling(FPS, 5), Sampling(FRAMES, 7), Sampling(KEYFRAMES)], ids=str)
def test_streams_without_timestamps(tmp_path: Path, sampling: Sampling):
    """A raw stream has no clock: its frames are counted at 25 a second, and each says the number of its index."""
    path = write_video(tmp_path / "a.h264", 50, 10)

    frames = read_frames(path, sampling)

    assert [frame.index for frame in frames] == numbers(path, sampling)
    assert [frame.timestamp_s for frame in frames] == pytest.approx([frame.index / 25 for frame in frames])
    assert len(frames) > 4


def test_time_counts_from_the_first_frame(tmp_path: Path):
    """A recording whose timestamps begin at an hour begins at 0 s."""
    path = write_video(tmp_path / "a.ts", times=[3600 + index / 10 for index in range(20)])

    frames = read_frames(path, Sampling(FPS, 2))

    assert [frame.timestamp_s for frame in frames] == pytest.approx([0.0, 0.5, 1.0, 1.5])


@pytest.mark.parametrize("sampling", [Sampling(FPS, 2), Sampling(FRAMES, 8), Sampling(KEYFRAMES)], ids=str)
def test_a_clock_that_was_set_back(tmp_path: Path, sampling: Sampling):
    """Two recordings in one file, the second with the first one's times: no index or time comes twice or falls."""
    part = write_video(tmp_path / "part.ts", 40, 10).read_bytes()
    path = tmp_path / "a.ts"
    path.write_bytes(part + part)

    frames = read_frames(path, sampling)

    assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
    assert frames[-1].timestamp_s > 5
    assert all(later.timestamp_s > before.timestamp_s for before, later in pairwise(frames))


@pytest.mark.parametrize("skip", [0, 1, 3, 7, 100])
@pytest.mark.parametrize(
    "sampling", [Sampling(FPS, 3), Sampling(EVERY, 0.7), Sampling(FRAMES, 9), Sampling(KEYFRAMES)], ids=str
)
def test_skip_goes_on_where_a_reading_stopped(tmp_path: Path, sampling: Sampling, skip: int):
    """Reading again without the first frames gives the frames of an unbroken reading, pixel for pixel."""
    path = write_video(tmp_path / "a.mp4", times=[index / 10 + index % 3 / 100 for index in range(60)])
    whole = read_frames(path, sampling)[skip:]

    rest = read_frames(path, sampling, skip)

    assert [(frame.index, frame.timestamp_s) for frame in rest] == [(frame.index, frame.timestamp_s) for frame in whole]
    assert all(np.array_equal(one.image, other.image) for one, other in zip(rest, whole, strict=True))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_is_honoured(tmp_path: Path, degrees: int):
    """A video filmed with the camera on its side comes upright, as OpenCV shows it, and its size says so."""
    path = turn(write_video(tmp_path / "a.mp4", 3), degrees)
    shown = cv2.VideoCapture(str(path)).read()[1]

    frame = read_frames(path, Sampling())[0]
    info = probe(path)

    assert frame.image is not None
    assert frame.image.shape == shown.shape == (info.height, info.width, 3)
    assert np.abs(frame.image.astype(int) - shown[..., ::-1]).mean() < 2
    assert info.rotation == (360 - degrees) % 360


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", ""), ("libx264", "open-gop=1:scenecut=0:keyint=12:bframes=3:b-adapt=0"), ("mpeg4", "")],
    ids=("closed", "open", "mpeg4"),
)
@pytest.mark.parametrize("packets", [0, 5, 9])
def test_a_clip_that_begins_between_key_frames(tmp_path: Path, codec: str, options: str, packets: int):
    """Frames that lean on missing ones are neither counted nor numbered: each rule tells the same of the others."""
    encoder = {"x264-params": options} if options else {}
    path = begin_later(write_video(tmp_path / "a.ts", 60, 25, codec=codec, encoder=encoder), packets)
    every = {frame.index: frame for frame in read_frames(path)}

    spread, keys = (read_frames(path, sampling) for sampling in (Sampling(FRAMES, 20), Sampling(KEYFRAMES)))

    assert len(spread) == 20
    assert sorted(every) == list(range(len(every)))
    assert every[0].timestamp_s == 0
    for frame in spread + keys:
        assert frame.timestamp_s == pytest.approx(every[frame.index].timestamp_s)
        assert frame.image is not None
        assert read_number(frame.image) == read_number(every[frame.index].image)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(KEYFRAMES)], ids=str)
def test_a_clip_that_begins_between_key_frames_is_whole(tmp_path: Path, suffix: str, sampling: Sampling):
    """What cannot be shown at the beginning is no missing end; a missing end is told all the same."""
    options = {"movflags": "faststart"} if suffix == "mp4" else None
    source = write_video(tmp_path / f"a.{suffix}", 100, 10, gop=30, encoder={"sc_threshold": "0"})
    path = begin_later(source, 5, options)

    frames, damage = split_end(Reader(path).sample(sampling))
    cut(path, 0.6)
    fewer, missing = split_end(Reader(path).sample(sampling))

    assert frames
    assert fewer
    assert damage is None
    assert suffix == "ts" or "the file is cut short or damaged" in str(missing)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_file_cut_short_is_told(tmp_path: Path, suffix: str):
    """A video whose end is missing gives the frames that are there, and says how much of it they are."""
    options = {"movflags": "faststart"} if suffix == "mp4" else None
    path = cut(write_video(tmp_path / f"a.{suffix}", 200, 10, options=options), 0.6)

    frames, damage = split_end(Reader(path).sample(Sampling(FPS, 1)))

    assert 5 <= len(frames) < 15
    assert "of 20.0 s: the file is cut short or damaged" in str(damage)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(FRAMES, 4), Sampling(KEYFRAMES)], ids=str)
def test_a_last_frame_may_be_shown_for_long(tmp_path: Path, suffix: str, sampling: Sampling):
    """A screen recording whose last picture stands for seconds is whole; without its end it is not."""
    path = write_held(tmp_path / f"a.{suffix}", 41, 8000)

    frames, damage = split_end(Reader(path).sample(sampling))
    cut(path, 0.6)
    fewer, missing = split_end(Reader(path).sample(sampling))

    assert frames
    assert fewer
    assert damage is None
    assert "of 12.0 s: the file is cut short or damaged" in str(missing)


def test_damaged_pictures_are_told(tmp_path: Path):
    """Flipped bits in the pictures leave a readable video whose damage is counted."""
    path = flip_bits(write_video(tmp_path / "a.mp4", 100, 10, options={"movflags": "faststart"}))

    frames, damage = split_end(Reader(path).sample(None))

    assert len(frames) > 50
    assert "decoded with damage" in str(damage) or "could not be decoded" in str(damage)
    assert any(frame.problem for frame in frames)
    assert [frame.index for frame in frames] == list(range(len(frames)))


def test_streams_that_appear_late(tmp_path: Path):
    """A recording into which sound is switched on in the middle is read to its end."""
    video = write_video(tmp_path / "video.ts", 30, 10)
    both = tmp_path / "both.ts"
    with av.open(str(both), "w") as container:
        picture, sound = container.add_stream("libx264", rate=10), container.add_stream("aac", rate=44100)
        picture.width, picture.height, picture.pix_fmt, sound.layout = 192, 160, "yuv420p", "mono"
        for index in range(10):
            container.mux(picture.encode(av.VideoFrame.from_ndarray(number_image(30 + index), format="rgb24")))
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 44100
            container.mux(sound.encode(frame))
        for stream in (picture, sound):
            container.mux(stream.encode())
    joined = tmp_path / "joined.ts"
    # FFmpeg looks for streams at the beginning and at the end, not in the middle.
    joined.write_bytes(video.read_bytes() * 30 + both.read_bytes() + video.read_bytes() * 30)

    found = [read_number(frame.image) for frame in read_frames(joined) if frame.image is not None]

    assert found[900:910] == list(range(30, 40))
    assert len(found) == 2 * 30 * 30 + 10


def test_a_sound_video_has_no_damage(tmp_path: Path):
    """Nothing is said of a video that is whole, in any container and under any rule."""
    paths = [write_video(tmp_path / f"a.{suffix}", times=VARIABLE_S) for suffix in ("mp4", "mkv", "ts", "mov")]
    paths += [write_video(tmp_path / f"b.{suffix}", 30) for suffix in ("mp4", "h264")]

    for path in paths:
        for sampling in (Sampling(), Sampling(FRAMES, 3), Sampling(KEYFRAMES)):
            frames, damage = split_end(Reader(path).sample(sampling))
            assert frames
            assert damage is None, (path, sampling)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.mp4", "the file is empty"),
        ("garbage.mp4", "not a readable video: Invalid data"),
        ("text.mp4", "not a readable video: expected a recording such as mp4, mkv, avi or ts; found text"),
        ("beginning.mp4", "not a readable video: the recording was never finished: it has no index"),
        ("header-only.mkv", "video"),
        ("picture.png", "not a readable picture"),
        ("audio.mp4", "expected a video stream; the file holds audio only"),
        ("missing.mp4", "cannot be read: No such file"),
    ],
)
def test_no_video_is_an_error_that_says_why(tmp_path: Path, name: str, message: str):
    """Each way of being no video is told in its own words, when probed and when read."""
    write_bad_inputs(tmp_path)

    with pytest.raises(VideoError, match=message):
        probe(tmp_path / name)
    with pytest.raises(VideoError):
        list(Reader(tmp_path / name).sample(Sampling()))


def test_a_codec_that_nobody_knows(tmp_path: Path):
    """A stream for which FFmpeg has no decoder is told as that."""
    path = write_video(tmp_path / "a.mp4", 5)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzz1"))

    with pytest.raises(VideoError, match="no decoder for its video stream"):
        probe(path)


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(FRAMES, 5), Sampling(KEYFRAMES)], ids=str)
def test_a_stream_without_frames_is_a_failure(tmp_path: Path, sampling: Sampling):
    """Zero frames is a failure, never a video without faces."""
    path = write_video(tmp_path / "a.mp4", 30, options={"movflags": "faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])

    with pytest.raises(VideoError, match="no frame could be decoded"):
        read_frames(path, sampling)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path):
    """A file without permission fails with the system's reason."""
    write_video(tmp_path / "a.mp4", 3).chmod(0)

    with pytest.raises(VideoError, match="Permission denied"):
        probe(tmp_path / "a.mp4")


def test_a_cover_picture_is_no_video(tmp_path: Path):
    """Music with a cover holds no video, although FFmpeg calls the cover a video stream."""
    write_audio(tmp_path / "audio.mp4")
    cover = cv2.imencode(".png", number_image(3))[1].tobytes()
    with av.open(str(tmp_path / "audio.mp4")) as source, av.open(str(tmp_path / "song.mp4"), "w") as target:
        sound = target.add_stream_from_template(source.streams.audio[0])
        picture = target.add_stream("png", rate=1)
        picture.width, picture.height, picture.pix_fmt = 192, 160, "rgb24"
        picture.disposition = av.stream.Disposition.attached_pic
        packet = av.Packet(cover)
        packet.stream, packet.pts, packet.dts = picture, 0, 0
        target.mux(packet)
        for each in source.demux(source.streams.audio[0]):
            if each.size:
                each.stream = sound
                target.mux(each)

    with pytest.raises(VideoError, match="holds audio"):
        probe(tmp_path / "song.mp4")


def test_a_pipe_is_refused_at_once(tmp_path: Path):
    """A FIFO named like a video would be waited for without end."""
    os.mkfifo(tmp_path / "a.mp4")

    with pytest.raises(VideoError, match="expected a regular file"):
        probe(tmp_path / "a.mp4")


def test_huge_dimensions_are_refused(tmp_path: Path):
    """A small file that asks for gigabytes is refused before anything is decoded."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=1)
        stream.width, stream.height, stream.pix_fmt = 8192, 8192, "gray"
        frame = av.VideoFrame.from_ndarray(np.zeros((8192, 8192), np.uint8), format="gray")
        container.mux(stream.encode(frame))
        container.mux(stream.encode())

    with pytest.raises(VideoError, match="at most 8K frames; found 8192 by 8192"):
        probe(path)
    assert path.stat().st_size < 1_000_000


def test_a_header_without_pixels_is_refused(tmp_path: Path):
    """A header that promises thirty gigabytes and brings none is no readable video."""
    path = tmp_path / "a.y4m"
    path.write_bytes(b"YUV4MPEG2 W30000 H30000 F10:1 C420\nFRAME\n" + b"\0" * 500)

    with pytest.raises(VideoError):
        probe(path)


@pytest.mark.parametrize("name", ["night.h264", "night.mp4", "night.ts"])
def test_a_file_of_zeros_is_refused_at_once(tmp_path: Path, name: str):
    """What a full disk leaves, gigabytes without a byte in them, is not searched for the beginning of a stream."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(3 << 30)

    with pytest.raises(VideoError, match="nothing but zeros"):
        probe(path)


def test_a_playlist_leads_nowhere(tmp_path: Path):
    """A playlist in a video's clothes is not followed to other hosts."""
    path = tmp_path / "a.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")

    with pytest.raises(VideoError, match="not a readable video"):
        probe(path)


def test_frames_may_change_their_size(tmp_path: Path):
    """Where the picture size changes in the middle, each frame comes in its own size."""
    path = write_two_sizes(tmp_path / "a.h264")

    shapes = [frame.image.shape[:2] for frame in read_frames(path) if frame.image is not None]

    assert shapes == [(160, 192)] * 10 + [(240, 320)] * 10


def test_a_picture_is_a_video_of_one_frame(tmp_path: Path):
    """A still picture gives one frame in RGB under any rule, and none when that one is stored already."""
    image = number_image(1234)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])

    frames = read_frames(tmp_path / "a.png", Sampling(FRAMES, 200))

    assert [(frame.index, frame.timestamp_s) for frame in frames] == [(0, 0.0)]
    assert np.array_equal(frames[0].image, image)
    assert not read_frames(tmp_path / "a.png", Sampling(), skip=1)
    assert probe(tmp_path / "a.png").is_still


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path):
    """A picture taken with the camera on its side comes upright (EXIF orientation 6: turn clockwise)."""
    image = np.zeros((60, 100, 3), np.uint8)
    image[:30] = 255
    plain = cv2.imencode(".jpg", image)[1].tobytes()
    orientation = struct.pack(">HHI", 0x0112, 3, 1) + struct.pack(">HH", 6, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + orientation + struct.pack(">I", 0)
    (tmp_path / "a.jpg").write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:])

    (frame,) = read_frames(tmp_path / "a.jpg", Sampling())
    info = probe(tmp_path / "a.jpg")

    assert frame.image is not None
    assert frame.image.shape[:2] == (info.height, info.width) == (100, 60)
    assert frame.image[:, 35:].mean() > 250
    assert frame.image[:, :25].mean() < 5


def test_a_picture_cut_short_is_refused(tmp_path: Path):
    """OpenCV would fill the missing part with grey and say nothing."""
    cv2.imwrite(str(tmp_path / "a.jpg"), np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    cut(tmp_path / "a.jpg", 0.5)

    with pytest.raises(VideoError, match="cut short"):
        probe(tmp_path / "a.jpg")


def test_what_a_container_says(tmp_path: Path):
    """Size, frame rate, duration and codec are the container's; a creation time of 1904 or 1970 is none."""
    info = probe(write_video(tmp_path / "a.mp4", 50, 10))

    assert (info.width, info.height, info.codec, info.rotation) == (192, 160, "h264", 0)
    assert (info.fps, info.duration_s) == pytest.approx((10, 5))
    assert info.created_at is None
