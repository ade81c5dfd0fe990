"""Clocks that recorders write beside each other, or only now and then, give times that passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from fakes import number_image, read_number, write_video
from fixtures_clock import patch, remux, write_dahua
from fixtures_video import read_frames

from pipeline.records import End
from pipeline.video.dahua import join
from pipeline.video.reader import Reader, probe

if TYPE_CHECKING:
    from pathlib import Path

TENTHS = [index / 10 for index in range(72)]


def _read(path: Path) -> tuple[list[float], tuple[str, ...]]:
    """Seconds of all frames, and what is said of them."""
    *frames, end = Reader(path).sample(None)
    assert isinstance(end, End)
    assert end.damage is None
    return [frame.timestamp_s for frame in frames if not isinstance(frame, End)], end.notes


@pytest.mark.parametrize("phase_s", [0.0, 0.05, 0.35, 0.95])
def test_a_dahua_recording_may_begin_within_a_second(tmp_path: Path, phase_s: float):
    """Its date has whole seconds only; the counter beside it tells the rest."""
    path = write_dahua(tmp_path / "a.dav", 72, lambda _: phase_s)

    times, notes = _read(path)

    assert times == pytest.approx(TENTHS)
    assert notes == ()
    assert probe(path).duration_s == pytest.approx(7.2)


@pytest.mark.parametrize("jump_s", [0.5, 0.9, 2, 7, 61, 3600, 3599.6, 86400, -0.5, -2, -5, -600, -3600, -3599.6])
@pytest.mark.parametrize("at", [30, 35])
def test_a_dahua_clock_may_be_set_within_a_second(tmp_path: Path, jump_s: float, at: int):
    """Ahead or back, by much or little: the recording goes on, and what can be seen of it is said."""
    path = write_dahua(tmp_path / "a.dav", 72, lambda number: jump_s if number >= at else 0.0)

    times, notes = _read(path)

    assert times == pytest.approx(TENTHS)
    assert len(notes) == (abs(jump_s) > 1)


@pytest.mark.parametrize(
    "counters", [[0.0] * 100, [index % 7 / 7 for index in range(100)], [index * 0.35 for index in range(100)]]
)
def test_a_counter_that_is_none_is_not_believed(counters: list[float]):
    """Standing still, jumping about or running at another speed, it does not go with the date."""
    assert join([float(index // 10) for index in range(100)], counters) is None


def test_a_pause_between_two_dahua_pictures_is_kept():
    """Where as much time passed by the counter as by the date, it did pass."""
    times = join([0, 0, 1, 201, 202], [65.0, 65.5, 0.464, 200.464 % 65.536, 201.464 % 65.536])

    assert times == pytest.approx([0, 0.5, 1.0, 201.0, 202.0])


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
@pytest.mark.parametrize("early_s", [1.0, 3.0])
def test_a_first_timestamp_far_before_the_rest_is_said(tmp_path: Path, suffix: str, early_s: float):
    """Nothing tells whether it is wrong: it is kept, and whoever decides by the times is told."""
    source = write_video(tmp_path / "one.ts", 60, encoder={"bf": "0"})
    path = remux(source, tmp_path / f"a.{suffix}", lambda number: early_s if number else 0.0)

    times, notes = _read(path)

    assert times[:3] == pytest.approx([0, early_s + 0.1, early_s + 0.2], abs=0.0015)
    assert [f"{early_s + 0.1:.1f} s before the second's" in note for note in notes] == [True]


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2", "b_strategy": "0"}])
def test_pictures_without_times_between_those_that_have_one(tmp_path: Path, options: dict[str, str]):
    """A program stream has a time for the first picture of each part only: those between are evenly laid."""
    path = tmp_path / "a.mpg"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 192, 160, "yuv420p"
        for index in range(200):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(number_image(index), format="rgb24")))
        container.mux(stream.encode())

    frames = read_frames(path)

    assert [read_number(frame.image) for frame in frames if frame.image is not None] == list(range(200))
    assert np.diff([frame.timestamp_s for frame in frames]) == pytest.approx(np.full(199, 0.04), abs=0.001)


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4", "flv", "asf"])
def test_a_quiet_rate_is_not_the_busy_one(tmp_path: Path, suffix: str):
    """A smart codec's second of one frame and its second of 25 keep their times, whatever the headers call the rate."""
    times = [*range(20), *(20 + index / 25 for index in range(75))]
    path = write_video(tmp_path / f"a.{suffix}", times=times, encoder={"bf": "0"})

    found, notes = _read(path)

    assert found == pytest.approx(times, abs=0.0015)
    assert notes == ()
    assert probe(path).duration_s == pytest.approx(23, abs=0.07)


def test_frames_of_an_avi_are_even_to_the_last(tmp_path: Path):
    """FFmpeg guesses the last one's time where it makes up times of showing."""
    path = write_video(tmp_path / "a.avi", 50, 10, encoder={"bf": "0"})

    assert _read(path)[0] == pytest.approx([index / 10 for index in range(50)])


@pytest.mark.parametrize("bframes", ["0", "2"])
@pytest.mark.parametrize("away_s", [3600.0, -3600.0, 50.0])
def test_a_clock_that_comes_back_leaves_nothing_behind(tmp_path: Path, bframes: str, away_s: float):
    """Frames whose clock went away for a while keep their own steps, also where they come out of order."""
    source = write_video(tmp_path / "one.ts", 100, encoder={"bf": bframes})
    path = patch(source, tmp_path / "a.ts", lambda number: away_s if 30 <= number < 40 or 60 <= number < 90 else 0.0)

    times, notes = _read(path)

    assert times == pytest.approx([index / 10 for index in range(100)])
    assert notes[0].startswith("40 frames have timestamps up to")
