"""Writing frames with their own timestamps."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from fixtures_video import read_frames

from pipeline.annotate.encoding import Writer, choose_step, make_even
from pipeline.records import VideoInfo
from pipeline.video.reader import probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write(path: Path, frames: Sequence[tuple[np.ndarray, float]], **info: Any) -> list[av.VideoFrame]:
    """Write frames with their seconds, and decode them again."""
    with Writer(path, VideoInfo(path, 64, 48, 10.0, None, "h264", **info)) as writer:
        for image, second in frames:
            writer.write(image, second)
        writer.finish()
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def grey(height: int = 48, width: int = 64, level: int = 128) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize("step", [Fraction(1, 12800), Fraction(1001, 30000), Fraction(1, 1000), Fraction(1, 100)])
def test_timestamps_are_exact_on_every_clock(tmp_path: Path, step: Fraction):
    """Frames come back at exactly the seconds at which they were written, whatever the original's clock."""
    ticks = (0, 1, 2, 7, 8, 30, 31)

    frames = write(tmp_path / "a.mp4", [(grey(), float(tick * step)) for tick in ticks], time_base=step)

    assert [frame.pts * frame.time_base for frame in frames] == [tick * step for tick in ticks]


def test_colours_come_back(tmp_path: Path):
    """Red, green and blue areas have the same colours after writing and reading, and say which matrix they use."""
    image = np.repeat(np.eye(3, dtype=np.uint8)[None] * 200, 48, axis=0).repeat(16, axis=1)

    (frame,) = write(tmp_path / "a.mp4", [(image, 0.0)])

    (back,) = [frame.image for frame in read_frames(tmp_path / "a.mp4")]
    assert frame.colorspace == 1
    assert np.abs(back[8:40, [8, 24, 40]].astype(int) - image[8:40, [8, 24, 40]]).max() < 12


def test_odd_sizes_gain_a_row_and_a_column(tmp_path: Path):
    """H.264 for players needs even sizes: the last row and column are repeated."""
    frames = write(tmp_path / "a.mp4", [(grey(47, 63), 0.0)])

    assert (frames[0].height, frames[0].width) == (48, 64)
    assert make_even(grey(48, 64)).shape == (48, 64, 3)


def test_frames_of_another_size_are_scaled(tmp_path: Path):
    """Where a recorder changes its resolution half-way, the copy keeps that of the first frame."""
    frames = write(tmp_path / "a.mp4", [(grey(), 0.0), (grey(96, 128), 0.1)])

    assert [(frame.height, frame.width) for frame in frames] == [(48, 64)] * 2


def test_frames_at_the_same_time_stay_apart(tmp_path: Path):
    """No frame is lost where a damaged file gives several the same timestamp."""
    frames = write(tmp_path / "a.mp4", [(grey(), second) for second in (0.0, 0.1, 0.1, 0.1, 0.2)])

    assert len(frames) == 5
    assert sorted({frame.pts for frame in frames}) == [frame.pts for frame in frames]


def test_copies_have_square_pixels(tmp_path: Path):
    """Frames come in square pixels, whatever the original has; a copy with its shape would be stretched again."""
    write(tmp_path / "a.mp4", [(grey(), 0.0)], pixel_aspect=Fraction(12, 11))

    assert probe(tmp_path / "a.mp4").pixel_aspect == 1


@pytest.mark.parametrize("time_base", [None, Fraction(0), Fraction(1, 1_000_000_000)])
def test_clocks_that_players_cannot_take_are_replaced(time_base: Fraction | None):
    """Without a clock, or with one in nanoseconds, the copy counts in 90,000ths of a second."""
    assert choose_step(time_base) == Fraction(1, 90_000)


@pytest.mark.parametrize("name", ["b.mp4", "b.mkv", "b.mov", "b.flv"])
def test_a_copy_is_known_after_repacking(tmp_path: Path, name: str):
    """A copy says in its metadata that it is one, which lives on in other containers."""
    write(tmp_path / "a.mp4", [(grey(), index / 10) for index in range(3)])
    with av.open(str(tmp_path / "a.mp4")) as source, av.open(str(tmp_path / name), "w") as target:
        target.metadata.update(source.metadata)
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)

    assert probe(tmp_path / "a.mp4").is_annotated
    assert probe(tmp_path / name).is_annotated
