"""How long a video is: as long as its picture, whatever else the file holds and says."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from fakes import write_video
from fixtures_clock import remux, write_frozen
from fixtures_streams import Film, write_films
from fixtures_video import read_frames

from pipeline.places.locate import PlaceOptions, locate
from pipeline.records import Hints, Identity, VideoRecord
from pipeline.store.rows import read_hints, video_values
from pipeline.video.decoding import Decoder
from pipeline.video.reader import Reader, probe
from pipeline.video.source import VideoFile

if TYPE_CHECKING:
    from pathlib import Path

SUBTITLE = "1\n00:00:00,000 --> 00:00:40,000\nKênh 1\n"


@pytest.mark.parametrize("suffix", ["mkv", "flv", "mp4", "ts", "wmv", "nut"])
def test_sound_is_no_picture(tmp_path: Path, suffix: str):
    """Sound that goes on for longer does not make the video longer, in any container."""
    codec = "mpeg4" if suffix == "wmv" else "libx264"
    path = write_films(tmp_path / f"a.{suffix}", Film(seconds=3, codec=codec), sound_s=9)

    assert probe(path).duration_s == pytest.approx(3, abs=0.02)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_subtitles_are_no_picture(tmp_path: Path, suffix: str):
    """Nor do subtitles."""
    source, path = write_video(tmp_path / "one.mp4", 30), tmp_path / f"a.{suffix}"
    (tmp_path / "a.srt").write_text(SUBTITLE)
    codecs = ("-c:v", "copy", "-c:s", "mov_text" if suffix == "mp4" else "srt")
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-i", tmp_path / "a.srt", *codecs, path], check=True)

    assert probe(path).duration_s == pytest.approx(3, abs=0.02)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts", "flv"])
def test_a_wild_last_timestamp_is_no_length(tmp_path: Path, suffix: str):
    """The last frame lasts as long as others, though the file says that it comes an hour later."""
    source = write_video(tmp_path / "one.ts", 40, encoder={"bf": "0"})
    path = remux(source, tmp_path / f"a.{suffix}", lambda number: 3600.0 if number == 39 else 0.0)

    assert probe(path).duration_s == pytest.approx(4, abs=0.02)


def test_a_glance_at_a_small_file_counts_too(tmp_path: Path):
    """What a dry run shows is what is stored."""
    path = write_films(tmp_path / "a.mkv", Film(seconds=3), sound_s=9)

    with Decoder() as decoder:
        assert VideoFile(path, decoder, is_glance=True).probe() == VideoFile(path, decoder).probe() == probe(path)


@pytest.mark.parametrize(
    ("name", "is_used"), [("frozen.mp4", True), ("bare.h264", True), ("bare.avi", False), ("sound.mp4", False)]
)
def test_a_rate_is_kept_where_it_was_used(tmp_path: Path, name: str, is_used: bool):
    """Whatever the file is called: what was laid out by a rate is found again by it; no other file is marked by one."""
    path = write_video(tmp_path / name, 40, encoder={"bf": "0"})
    if name == "frozen.mp4":
        path = write_frozen(path, tmp_path / "a.mp4")
    hints = Hints(rate=8)
    info = probe(path, hints)

    values = video_values(VideoRecord(path, Identity("0", 1), locate(path, info, PlaceOptions()), info, hints))

    kept = read_hints(values["hints"], 1)
    assert kept.rate == (8 if is_used else None)
    assert [frame.timestamp_s for frame in Reader(path, hints=kept).sample(None) if hasattr(frame, "timestamp_s")] == [
        frame.timestamp_s for frame in Reader(path, hints=hints).sample(None) if hasattr(frame, "timestamp_s")
    ]
    if is_used:
        assert (info.fps, info.duration_s) == pytest.approx((8, 5))
        assert read_frames(path)
