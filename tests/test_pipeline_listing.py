"""A frame has the same index and seconds under every rule, and they are those that ffprobe sees."""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import pytest
from fakes import number_image, read_number
from fixtures_video import begin_later, read_frames, split_end

from pipeline.records import Frame
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader
from pipeline.video.sampling import Picked

if TYPE_CHECKING:
    from pathlib import Path

RULES = (
    Sampling(SamplingMode.FPS, 3),
    Sampling(SamplingMode.EVERY, 0.7),
    Sampling(SamplingMode.FRAMES, 7),
    Sampling(SamplingMode.KEYFRAMES),
)
NO_FFMPEG = shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None
OPEN = "open-gop=1:scenecut=0:keyint=12:bframes=3:b-adapt=0"
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "plain": ("libx264", {"bf": "0"}),
    "b": ("libx264", {"bf": "3", "x264-params": "b-adapt=0:b-pyramid=strict"}),
    "open": ("libx264", {"x264-params": OPEN}),
    "refresh": ("libx264", {"x264-params": "intra-refresh=1:bframes=0"}),
    "mpeg4": ("mpeg4", {"bf": "2"}),
    "mpeg2": ("mpeg2video", {"bf": "2"}),
    "hevc": ("libx265", {"x265-params": "log-level=none:keyint=12:open-gop=1"}),
    "vp8": ("libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16", "b": "50k", "deadline": "realtime"}),
    "vp9": ("libvpx-vp9", {"auto-alt-ref": "1", "lag-in-frames": "16", "b": "50k", "deadline": "realtime"}),
    "mjpeg": ("mjpeg", {}),
}
MADE = [
    *((encoder, suffix) for encoder in ("plain", "b", "open", "mpeg4") for suffix in ("mp4", "mkv", "ts", "mov")),
    *(("refresh", "ts"), ("mpeg2", "ts"), ("mpeg2", "mkv"), ("hevc", "mp4"), ("hevc", "ts"), ("vp8", "mkv")),
    *(("vp9", "webm"), ("mjpeg", "mkv"), ("b", "flv"), ("mjpeg", "avi"), ("mpeg4", "avi")),
]


def make(folder: Path, encoder: str, suffix: str, frames: int = 60) -> Path:
    """A video of numbered frames at 25 a second."""
    codec, options = ENCODERS[encoder]
    path = folder / f"{encoder}.{suffix}"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = 192, 160
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = 12
        for index in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(number_image(index), format="rgb24")))
        container.mux(stream.encode())
    return path


def ffprobe_times(path: Path) -> list[float | None]:
    """Seconds from the first frame as ffprobe has them; None where it has none."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time"]
    said = subprocess.run([*command, "-of", "json", str(path)], capture_output=True, check=True).stdout
    frames = [frame.get("best_effort_timestamp_time") for frame in json.loads(said)["frames"]]
    begin = next((float(second) for second in frames if second), 0.0)
    return [None if second is None else float(second) - begin for second in frames]


def check(path: Path) -> None:
    """Every rule agrees with a whole reading: index, seconds and picture."""
    every = read_frames(path)
    assert [frame.index for frame in every] == list(range(len(every)))
    for rule in (*RULES, Picked(frozenset({2, 7, 19}))):
        frames = [frame for frame in Reader(path).sample(rule) if isinstance(frame, Frame)]
        assert frames, rule
        for frame in frames:
            other = every[frame.index]
            assert (frame.timestamp_s, frame.problem) == (other.timestamp_s, other.problem), rule
            assert frame.image is not None
            assert other.image is not None
            assert read_number(frame.image) == read_number(other.image), rule
    if not NO_FFMPEG:
        expected = ffprobe_times(path)
        assert len(expected) == len(every)
        for frame, second in zip(every, expected, strict=True):
            assert second is None or frame.timestamp_s == pytest.approx(second, abs=0.0011)


@pytest.mark.parametrize(("encoder", "suffix"), MADE)
def test_every_rule_agrees(tmp_path: Path, encoder: str, suffix: str):
    """In every container and codec, with frames out of order and without."""
    path = make(tmp_path, encoder, suffix)

    check(path)

    if encoder not in {"vp8", "vp9"}:
        assert [read_number(frame.image) for frame in read_frames(path) if frame.image is not None] == list(range(60))


@pytest.mark.parametrize(("encoder", "suffix"), [("b", "ts"), ("open", "ts"), ("b", "mp4"), ("mpeg2", "ts")])
@pytest.mark.parametrize("packets", [1, 7, 14])
def test_every_rule_agrees_on_clips_cut_anywhere(tmp_path: Path, encoder: str, suffix: str, packets: int):
    """What no decoder shows of a clip's beginning has no number."""
    check(begin_later(make(tmp_path, encoder, suffix), packets))


@pytest.mark.skipif(NO_FFMPEG, reason="needs ffmpeg")
@pytest.mark.parametrize("encoder", ["plain", "b", "open", "mpeg4"])
@pytest.mark.parametrize(
    "options",
    [("-ss", "0.9"), ("-ss", "0.3"), ("-ss", "0.9", "-t", "1"), ("-itsoffset", "1.5")],
    ids=("late", "early", "both", "delayed"),
)
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_edit_lists_are_honoured(tmp_path: Path, encoder: str, options: tuple[str, ...], suffix: str):
    """What an edit list leaves out is neither counted nor sampled, and key frames keep their time."""
    source, path = make(tmp_path, encoder, "mp4"), tmp_path / f"trimmed.{suffix}"
    subprocess.run(["ffmpeg", "-v", "error", *options, "-i", source, "-c", "copy", path], check=True)

    check(path)


@pytest.mark.parametrize("suffix", ["avi", "asf"])
@pytest.mark.parametrize("encoder", ["b", "open", "plain"])
def test_avi_and_asf_have_times_of_decoding_only(tmp_path: Path, encoder: str, suffix: str):
    """Frames come in their order at even times, each with the number that it shows."""
    path = make(tmp_path, encoder, suffix)

    frames = read_frames(path)
    keys = read_frames(path, Sampling(SamplingMode.KEYFRAMES))

    assert [read_number(frame.image) for frame in frames if frame.image is not None] == list(range(60))
    assert [frame.timestamp_s for frame in frames] == pytest.approx([index / 25 for index in range(60)], abs=0.0015)
    assert [frame.index for frame in keys] == [read_number(frame.image) for frame in keys if frame.image is not None]
    assert len(keys) >= 5


@pytest.mark.parametrize("encoder", ["b", "open"])
def test_key_frames_of_a_bare_stream_have_their_number(tmp_path: Path, encoder: str):
    """Without any timestamps, the index of a key frame is the one that it shows."""
    keys = read_frames(make(tmp_path, encoder, "h264"), Sampling(SamplingMode.KEYFRAMES))

    assert [frame.index for frame in keys] == [read_number(frame.image) for frame in keys if frame.image is not None]
    assert len(keys) >= 5


def test_packets_without_content_end_nothing(tmp_path: Path):
    """An AVI in which a picture is repeated by an empty packet is read to its end."""
    source, path = make(tmp_path, "mjpeg", "avi", 40), tmp_path / "a.avi"
    content = bytearray(source.read_bytes())
    at = content.index(b"movi")
    for _ in range(10):
        at = content.index(b"00dc", at + 4)
    # The size of the tenth chunk becomes 0, its bytes a chunk that players skip.
    size = int.from_bytes(content[at + 4 : at + 8], "little")
    content[at + 4 : at + 16] = (0).to_bytes(4, "little") + b"JUNK" + (size - 8 + size % 2).to_bytes(4, "little")
    index = content.index(b"idx1") + 8 + 9 * 16
    content[index + 12 : index + 16] = (0).to_bytes(4, "little")
    path.write_bytes(content)

    found = [read_number(frame.image) for frame in read_frames(path) if frame.image is not None]

    assert found[-1] == 39
    assert len(found) >= 39


@pytest.mark.parametrize("codec", ["mpeg1video", "mpeg2video"])
@pytest.mark.parametrize("b_frames", [0, 1, 2])
def test_many_pictures_in_a_packet_of_a_program_stream(tmp_path: Path, codec: str, b_frames: int):
    """None is lost, and each has its time, though such a packet has one time and FFmpeg gives it to another picture."""
    path = tmp_path / "a.vob"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options={"bf": str(b_frames)})
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuv420p"
        for index in range(250):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(number_image(index), format="rgb24")))
        container.mux(stream.encode())

    frames, damage = split_end(Reader(path).sample(None))

    assert damage is None
    assert [frame.timestamp_s for frame in frames] == pytest.approx([index / 25 for index in range(250)], abs=0.0011)
    assert [read_number(frame.image) for frame in frames if frame.image is not None] == list(range(250))


@pytest.mark.skipif(NO_FFMPEG, reason="needs ffprobe")
@pytest.mark.parametrize("encoder", ["b", "mpeg4"])
def test_uneven_asf_has_ffprobes_times(tmp_path: Path, encoder: str):
    """It keeps times of decoding alone; a frame is shown when the decoder gives it. The last ones nobody knows."""
    path, codec = tmp_path / "a.asf", ENCODERS[encoder][0]
    seconds = [index / 5 if index < 30 else 6 + (index - 30) / 25 + 0.007 * (index % 3) for index in range(80)]
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options=ENCODERS[encoder][1])
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for index, second in enumerate(seconds):
            frame = av.VideoFrame.from_ndarray(number_image(index), format="rgb24")
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())

    check(path)
    assert [read_number(frame.image) for frame in read_frames(path) if frame.image is not None] == list(range(80))
    expected = [index for index, second in enumerate(ffprobe_times(path)) if second is not None]
    assert len(expected) >= 75


@pytest.mark.skipif(NO_FFMPEG, reason="needs ffmpeg")
def test_pictures_that_lost_their_times_at_a_cut_are_not_listed(tmp_path: Path):
    """Matroska cannot say that they are shown before its beginning; no decoder shows them."""
    source, path = make(tmp_path, "hevc", "mkv"), tmp_path / "cut.mkv"
    command = ["ffmpeg", "-v", "error", "-ss", "1.02", "-i", str(source), "-c", "copy", str(path)]
    subprocess.run(command, check=True, timeout=120)
    with av.open(str(path)) as container:
        assert sum(packet.pts is None for packet in container.demux(video=0) if packet.size) == 3

    check(path)
