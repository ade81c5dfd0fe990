"""Rates: what headers state, what is told, what is a guess; and a number of frames spread over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from fakes import number_image, write_video
from fixtures_clock import remux
from fixtures_video import read_frames

from pipeline.errors import SettingError, UsageError
from pipeline.places.cameras import read_cameras
from pipeline.places.locate import PlaceOptions, hints_for
from pipeline.records import NO_HINTS, End, Hints
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader, probe
from pipeline.video.sampling import spread

if TYPE_CHECKING:
    from pathlib import Path

GUESS = "it states no frame rate: 25 frames a second are assumed, all its times are guesses; tell `rate` if you know it"


def _write(path: Path, codec: str, fps: int, frames: int = 60, *, params: str = "", b_frames: int = 2) -> Path:
    with av.open(str(path), "w", format="mjpeg" if codec == "mjpeg" else None) as container:
        stream: Any = container.add_stream(codec, rate=fps, options={f"{codec[3:]}-params": params} if params else {})
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = 12
        if codec != "mjpeg":
            stream.codec_context.max_b_frames = b_frames
        for index in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(number_image(index), format="rgb24")))
        container.mux(stream.encode())
    return path


def _times(path: Path, hints: Hints = NO_HINTS) -> tuple[list[float], tuple[str, ...]]:
    *frames, end = Reader(path, hints=hints).sample(None)
    assert isinstance(end, End)
    return [frame.timestamp_s for frame in frames if not isinstance(frame, End)], end.notes


@pytest.mark.parametrize(
    ("name", "codec", "params"),
    [
        ("a.h264", "libx264", "threads=1"),
        ("a.264", "libx264", "bframes=0"),
        ("a.hevc", "libx265", "log-level=none"),
        ("a.h265", "libx265", "log-level=none:bframes=0"),
    ],
)
@pytest.mark.parametrize("fps", [5, 12, 50])
def test_a_bare_stream_has_the_rate_of_its_headers(tmp_path: Path, name: str, codec: str, params: str, fps: int):
    """What the parameter sets state is taken, and nothing is guessed."""
    path = _write(tmp_path / name.replace(".264", ".h264"), codec, fps, params=params)

    times, notes = _times(path)
    info = probe(path)

    assert times == pytest.approx([index / fps for index in range(60)])
    assert (info.fps, info.duration_s) == pytest.approx((fps, 60 / fps))
    assert notes == info.notes == ()


@pytest.mark.parametrize("fps", [25, 30])
def test_mpeg_states_its_rate(tmp_path: Path, fps: int):
    """So do the headers of MPEG-2 without a container."""
    path = _write(tmp_path / "a.m2v", "mpeg2video", fps)

    assert _times(path)[0] == pytest.approx([index / fps for index in range(60)])
    assert probe(path).fps == fps


@pytest.mark.parametrize("name", ["a.mjpeg", "a.h265"])
def test_where_nothing_states_a_rate_times_are_guesses(tmp_path: Path, name: str):
    """It is said, and the rate can be told."""
    if name == "a.mjpeg":
        path = _write(tmp_path / name, "mjpeg", 12)
    else:
        path = _write(tmp_path / name, "libx265", 12, params="log-level=none:vui-timing-info=0")

    assert probe(path).notes == (GUESS,)
    assert _times(path)[0] == pytest.approx([index / 25 for index in range(60)])
    told = Hints(rate=12)
    assert probe(path, told).notes == ()
    assert (probe(path, told).fps, probe(path, told).duration_s) == pytest.approx((12, 5))
    assert _times(path, told)[0] == pytest.approx([index / 12 for index in range(60)])


@pytest.mark.parametrize(("name", "codec"), [("a.h264", "libx264"), ("a.m2v", "mpeg2video")])
def test_what_is_told_holds_against_headers(tmp_path: Path, name: str, codec: str):
    """Recorders' headers are wrong at times."""
    path = _write(tmp_path / name, codec, 25)

    assert _times(path, Hints(rate=10))[0] == pytest.approx([index / 10 for index in range(60)])


def test_timestamps_hold_against_what_is_told(tmp_path: Path):
    """A file with times of its own keeps them, and says that the rate is not used."""
    times, notes = _times(write_video(tmp_path / "a.mp4", 30), Hints(rate=25))

    assert times == pytest.approx([index / 10 for index in range(30)])
    assert notes == ("`rate` is not used: the file has timestamps of its own",)


def test_a_rate_that_no_camera_has_is_measured(tmp_path: Path):
    """Where a container counts a thousand frames a second, the timestamps show how many there are."""
    path = tmp_path / "a.mkv"
    remux(write_video(tmp_path / "one.ts", 60, encoder={"bf": "0"}), path, lambda number: number * 2.9)

    assert probe(path).fps == pytest.approx(1 / 3, abs=0.01)


def test_rates_in_cameras_toml_and_as_an_option(tmp_path: Path):
    """The option holds against the file."""
    (tmp_path / "cameras.toml").write_text('[[camera]]\npattern = "*"\nrate = 12\n')

    assert hints_for(tmp_path / "a.mjpeg", PlaceOptions()).rate == 12
    assert hints_for(tmp_path / "a.mjpeg", PlaceOptions(rate=8.5)).rate == 8.5


@pytest.mark.parametrize("rate", ["0", "-3", "nan", "inf", "1001"])
def test_a_rate_must_be_one(tmp_path: Path, rate: str):
    """Zero, negative, infinite and absurd rates are refused, as an option and in a file."""
    (tmp_path / "cameras.toml").write_text(f'[[camera]]\npattern = "*"\nrate = {rate}\n')

    with pytest.raises(SettingError, match="frames a second, above 0 and at most 1000"):
        PlaceOptions(rate=float(rate))
    with pytest.raises(UsageError, match=r"cameras\.toml, in camera 1"):
        read_cameras(tmp_path / "cameras.toml")


@pytest.mark.parametrize("rate", ['"12"', "true", "[12]"])
def test_a_rate_in_a_file_is_a_number(tmp_path: Path, rate: str):
    """Text and truth values are refused with what was found."""
    (tmp_path / "cameras.toml").write_text(f'[[camera]]\npattern = "*"\nrate = {rate}\n')

    with pytest.raises(UsageError, match="expected frames a second such as 12, without quotes, in camera 1; found"):
        read_cameras(tmp_path / "cameras.toml")


def test_a_number_of_frames_is_spread_over_time(tmp_path: Path):
    """Three busy seconds of a smart codec weigh no more than three quiet ones."""
    times = [*range(20), *(20 + index / 25 for index in range(75))]
    path = write_video(tmp_path / "a.mkv", times=times)

    found = [frame.timestamp_s for frame in read_frames(path, Sampling(SamplingMode.FRAMES, 20))]

    assert len(found) == 20
    assert sum(second < 20 for second in found) == 17
    assert max(np.diff(found)) <= 2


@pytest.mark.parametrize("count", [1, 5, 30, 40, 94, 95, 200])
def test_a_number_of_frames_is_given(count: int):
    """As many as are asked for, each once, if there are so many; where time has too few, the busy seconds give more."""
    seconds = np.array([*range(20), *(20 + index / 25 for index in range(75))], float)

    chosen = spread(count, seconds, 0.04)

    assert len(range(95) if chosen is None else chosen) == min(count, 95)


@pytest.mark.parametrize("jitter", [0.0, 0.005])
def test_at_a_constant_rate_frames_are_those_in_the_middle_of_equal_parts(jitter: float):
    """A clock that shakes a little is constant."""
    rng = np.random.default_rng(5)
    for total, count in ((50, 5), (156, 20), (1000, 7), (30, 29)):
        seconds = np.arange(total) / 25 + rng.uniform(-jitter, jitter, total)
        seconds -= seconds[0]
        assert spread(count, seconds) == {int((number + 0.5) * total / count) for number in range(count)}
