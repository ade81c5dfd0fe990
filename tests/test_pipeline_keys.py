"""`--keyframes` gives every key frame with its own number and picture, however the encoder made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import pytest
from fakes import number_image, read_number
from fixtures_video import read_frames, split_end

from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader

if TYPE_CHECKING:
    from pathlib import Path

KEYS = Sampling(SamplingMode.KEYFRAMES)
X264 = "scenecut=0:b-adapt=0:b-pyramid=normal:open-gop=1"
X265 = "log-level=none:scenecut=0:open-gop=1:bframes=4"


def _write(path: Path, codec: str, every: int, count: int, options: dict[str, str]) -> Path:
    """Numbered frames with a key frame at this interval."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuv420p"
        stream.codec_context.gop_size = every
        for index in range(every * count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(number_image(index), format="rgb24")))
        container.mux(stream.encode())
    return path


def _check(path: Path) -> list[int]:
    """Every packet that is flagged as a key frame gives a frame, whose number it shows; their numbers."""
    with av.open(str(path)) as container:
        flagged = sum(packet.is_keyframe for packet in container.demux(video=0) if packet.size)
    keys, damage = split_end(Reader(path).sample(KEYS))
    shown = [frame.index for frame in keys]
    assert damage is None
    assert len(keys) == flagged
    assert [read_number(frame.image) for frame in keys if frame.image is not None] == shown
    return shown


@pytest.mark.parametrize("suffix", ["ts", "mp4", "mkv", "h264", "flv"])
@pytest.mark.parametrize(("every", "bframes"), [(25, 3), (50, 7)])
def test_key_frames_of_open_groups_of_h264(tmp_path: Path, suffix: str, every: int, bframes: int):
    """Key frames that go on with the count of pictures (no IDR) are all there, wherever that count wraps."""
    options = {"x264-params": f"{X264}:keyint={every}:min-keyint={every}:bframes={bframes}", "preset": "veryfast"}

    keys = _check(_write(tmp_path / f"a.{suffix}", "libx264", every, 6, options))

    assert keys == [every * number for number in range(6)]


@pytest.mark.parametrize("suffix", ["ts", "mp4"])
def test_key_frames_of_open_groups_of_h265(tmp_path: Path, suffix: str):
    """Likewise of H.265, whose count wraps later."""
    options = {"x265-params": f"{X265}:keyint=250:min-keyint=250", "preset": "ultrafast"}

    keys = _check(_write(tmp_path / f"a.{suffix}", "libx265", 250, 4, options))

    assert keys == [0, 250, 500, 750]


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_key_frames_of_mpeg2(tmp_path: Path, suffix: str):
    """MPEG-2 knows nothing but open groups."""
    options = {"bf": "2", "sc_threshold": "1000000000"}

    assert _check(_write(tmp_path / f"a.{suffix}", "mpeg2video", 24, 5, options))[0] == 0


@pytest.mark.parametrize("suffix", ["ts", "mp4", "h264"])
def test_pictures_that_are_renewed_in_columns(tmp_path: Path, suffix: str):
    """Where no frame is whole by itself (intra refresh), key frames show what a whole reading shows."""
    options = {"x264-params": "intra-refresh=1:bframes=0:keyint=30", "preset": "veryfast"}
    path = _write(tmp_path / f"a.{suffix}", "libx264", 30, 4, options)

    keys = _check(path)

    every = read_frames(path)
    assert len(keys) > 1
    for frame in read_frames(path, KEYS):
        whole = every[frame.index].image
        assert whole is not None
        assert frame.image is not None
        assert (frame.image == whole).all()
