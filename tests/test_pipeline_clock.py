"""Recorders' clocks: stray timestamps, pauses, wraps and clocks that are set, and what is said of each."""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from campaign.footage import FILMS, make
from fakes import read_number, write_video
from fixtures_clock import patch, remux, write_dahua, write_frozen
from fixtures_video import read_frames

from pipeline.records import End, Frame, Hints
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader, probe
from pipeline.video.sampling import Picked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 120
RULES = (
    Sampling(SamplingMode.FPS, 2),
    Sampling(SamplingMode.EVERY, 0.7),
    Sampling(SamplingMode.FRAMES, 9),
    Sampling(SamplingMode.KEYFRAMES),
)

WILD: dict[str, Callable[[int], float]] = {
    "one": lambda number: 9800 if number == 60 else 0,
    "one-back": lambda number: -500 if number == 60 else 0,
    "near": lambda number: 5 if number == 60 else 0,
    "every-20": lambda number: 37600 if number and number % 20 == 0 else 0,
    "every-second": lambda number: 37600 if number % 2 else 0,
    "every-second-by-little": lambda number: 2 if number % 2 else 0,
    "every-second-by-another": lambda number: (number * 7919) % 30011 if number % 2 else 0,
    "two-of-three": lambda number: 37600 if number % 3 else 0,
    "every-second-from-there-on": lambda number: -500 if number > 40 and number % 2 else 0,
    "key-frames": lambda number: 7000 if number and number % 12 == 0 else 0,
    "five": lambda number: 9800 if 60 <= number < 65 else 0,
    "half-a-minute": lambda number: 9800 if 40 <= number < 90 else 0,
    "first": lambda number: 9800 if number == 0 else 0,
    "first-three": lambda number: 9800 if number < 3 else 0,
    "last": lambda number: 9800 if number == FRAMES - 1 else 0,
    "last-two": lambda number: 9800 if number >= FRAMES - 2 else 0,
    "set-ahead": lambda number: 3600 if number >= 65 else 0,
    "set-ahead-at-a-key-frame": lambda number: 3600 if number >= 60 else 0,
    "set-ahead-by-half-an-hour": lambda number: 1800 if number >= 65 else 0,
    "set-back": lambda number: -3600 if number >= 65 else 0,
    "set-back-by-a-second": lambda number: -1 if number >= 65 else 0,
    "goes-on-between-key-frames": lambda number: 630 if number >= 65 else 0,
}
"""By how many seconds each picture's timestamp is off, though ten a second were recorded throughout."""


@functools.cache
def _parts(path: Path, sampling: Sampling | Picked | None, skip: int = 0) -> tuple[list[tuple[int, float]], End]:
    *frames, end = Reader(path).sample(sampling, skip)
    assert isinstance(end, End)
    return [(frame.index, frame.timestamp_s) for frame in frames if isinstance(frame, Frame)], end


def _agree(path: Path) -> None:
    """Every rule, a reading that goes on and picked frames have the indices and seconds of a whole reading."""
    every = dict(_parts(path, None)[0])
    assert list(every) == list(range(len(every)))
    for rule in RULES:
        found, _ = _parts(path, rule)
        assert found
        assert all(every[index] == second for index, second in found), rule
        assert _parts(path, rule, 3)[0] == found[3:]
    picked = Picked(frozenset({3, 61, 80}))
    assert _parts(path, picked)[0] == [(index, every[index]) for index in (3, 61, 80)]


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("name", WILD)
def test_a_clock_that_errs_costs_no_time(tmp_path: Path, name: str, b_frames: int):
    """Ten frames a second stay ten a second, whatever single timestamps say and wherever the clock is set."""
    if b_frames and name == "half-a-minute":
        pytest.skip("with frames out of order that is no clock any more")
    sound = write_video(tmp_path / "sound.ts", FRAMES, encoder={"bf": str(b_frames), "sc_threshold": "0"})
    path = patch(sound, tmp_path / "a.ts", WILD[name])

    frames, end = _parts(path, None)

    assert [second for _, second in frames] == pytest.approx([index / 10 for index in range(FRAMES)], abs=0.011)
    assert [read_number(frame.image) for frame in read_frames(path) if frame.image is not None] == list(range(FRAMES))
    assert len(end.notes) == 1
    assert end.damage is None
    assert probe(path).duration_s == pytest.approx(FRAMES / 10, abs=0.02)
    _agree(path)


def test_a_sound_clock_is_not_touched(tmp_path: Path):
    """Without anything wrong there is no note."""
    path = write_video(tmp_path / "a.ts", FRAMES)

    assert _parts(path, None)[1] == End()


@pytest.mark.parametrize(("kind", "at"), [("ts", 60), ("mkv", 60), ("flv", 60), ("mp4", 60), ("mkv", 65), ("mp4", 65)])
def test_a_pause_is_kept_and_said(tmp_path: Path, kind: str, at: int):
    """A recording that stood still keeps its time; in containers with a plan, between key frames too."""
    sound = write_video(tmp_path / "sound.ts", FRAMES, encoder={"bf": "0", "sc_threshold": "0"})
    path = remux(sound, tmp_path / f"a.{kind}", lambda number: 630 if number >= at else 0)

    frames, end = _parts(path, None)

    assert frames[at][1] - frames[at - 1][1] == pytest.approx(630.1, abs=0.01)
    assert end.notes == (f"nothing was recorded between 00:00:0{(at - 1) // 10} and 00:10:3{at // 10} (630 s)",)
    _agree(path)


def test_lost_packets_leave_their_time_empty(tmp_path: Path):
    """Where a stretch of the file is gone, what follows keeps its time."""
    sound = write_video(tmp_path / "sound.ts", FRAMES, encoder={"bf": "0", "sc_threshold": "0"})
    content = sound.read_bytes()
    begin, end = (int(len(content) / 188 * share) * 188 for share in (0.4, 0.6))
    path = tmp_path / "a.ts"
    path.write_bytes(content[:begin] + content[end:])

    frames, _ = _parts(path, None)

    assert len(frames) < FRAMES - 10
    assert frames[-1][1] == pytest.approx((FRAMES - 1) / 10, abs=0.01)


def test_many_pauses_are_told_in_few_words(tmp_path: Path):
    """A motion recording names three pauses and sums up the rest; a time-lapse has none."""
    sound = write_video(tmp_path / "sound.ts", FRAMES, encoder={"bf": "0", "sc_threshold": "0"})
    motion = remux(sound, tmp_path / "motion.mkv", lambda number: number // 12 * 100)
    lapse = write_video(tmp_path / "lapse.mkv", times=[index * 60 for index in range(20)], encoder={"bf": "0"})

    assert len(_parts(motion, None)[1].notes) == 4
    assert "with pauses of 600 s in all" in _parts(motion, None)[1].notes[3].replace("601", "600")
    assert _parts(lapse, None)[1].notes == ()
    assert _parts(lapse, None)[0][-1][1] == pytest.approx(19 * 60)


@pytest.mark.parametrize(
    ("jump", "counts_on", "kept"),
    [(3600, True, False), (-3600, True, False), (1000, True, False), (1000, False, True), (0, True, False)],
)
def test_dahuas_clock_and_count(tmp_path: Path, jump: int, counts_on: bool, kept: bool):
    """A recorder's clock that is set while pictures are counted on adds no time; where the count jumps too, it does."""
    path = write_dahua(
        tmp_path / "a.dav",
        FRAMES,
        lambda number: jump if number >= 70 else 0,
        counted=lambda number: number if counts_on or number < 70 else number + 10 * jump,
    )

    frames, end = _parts(path, None)

    expected = [index / 10 + (jump if kept and index >= 70 else 0) for index in range(FRAMES)]
    assert [second for _, second in frames] == pytest.approx(expected, abs=0.15)
    assert bool(end.notes) == bool(jump)
    assert kept or all(f"jumped {abs(jump)} s" in note for note in end.notes)
    assert probe(path).duration_s == pytest.approx(expected[-1] + 0.1, abs=0.2)
    _agree(path)


@pytest.mark.parametrize("kind", ["mkv", "flv", "mp4"])
def test_frames_that_share_one_moment_are_laid_out(tmp_path: Path, kind: str):
    """Timestamps that are all zero cost no frame: they are laid out by a rate, and where from is said."""
    sound = write_video(tmp_path / "sound.ts", FRAMES, encoder={"bf": "0"})
    path = write_frozen(sound, tmp_path / f"a.{kind}")

    frames, end = _parts(path, None)
    *told, told_end = Reader(path, hints=Hints(rate=10)).sample(Sampling(SamplingMode.FPS, 2))

    assert [second for _, second in frames] == pytest.approx([index / 25 for index in range(FRAMES)], abs=0.01)
    assert end.notes[0] == "all frames have one and the same time (0 s); they are laid out at 25 frames a second"
    assert "all its times are guesses" in end.notes[1]
    assert len(told) == 24
    assert isinstance(told_end, End)
    assert told_end.notes == ("all frames have one and the same time (0 s); they are laid out at 10 frames a second",)
    _agree(path)


def test_two_recordings_in_one_file_go_on(tmp_path: Path):
    """Where timestamps begin anew, the second recording follows the first, and that is said."""
    part = write_video(tmp_path / "part.ts", 60).read_bytes()
    (tmp_path / "a.ts").write_bytes(part + part)

    frames, end = _parts(tmp_path / "a.ts", None)

    assert np.diff([second for _, second in frames]) == pytest.approx(np.full(119, 0.1), abs=0.011)
    assert end.notes == ("the timestamps fall 6 s back at 6.0 s; what follows is counted on from there",)


@pytest.mark.parametrize("frames", [14, 17])
def test_a_short_recording_that_another_was_put_behind_keeps_its_times(tmp_path: Path, frames: int):
    """Two fragmented mp4 in one file: the second's times begin anew by less than pictures may be reordered.

    Those of the first are as they are without it, the second's follow, and that is said.
    """
    content = make(next(kind for kind in FILMS if kind.name == "mp4 fragmented"), frames)
    (tmp_path / "one.mp4").write_bytes(content)
    (tmp_path / "two.mp4").write_bytes(content * 2)

    alone, _ = _parts(tmp_path / "one.mp4", None)
    both, end = _parts(tmp_path / "two.mp4", None)

    assert [second for _, second in both[:frames]] == pytest.approx([second for _, second in alone])
    assert all(later > earlier for (_, earlier), (_, later) in pairwise(both))
    assert both[frames][1] > alone[-1][1]
    assert "the timestamps fall 1 s back" in " ".join(end.notes)
