"""Decoding in a child: a decoder that crashes, hangs or raises takes only its video with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from fakes import number_image, read_number, write_video
from fixtures_video import split_end, write_bad_inputs, write_huge_png, write_two_sizes

import pipeline
from pipeline.errors import DecoderLostError, VideoError
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.ahead import AHEAD_BYTES, Ahead
from pipeline.video.child import Beat
from pipeline.video.decoding import Decoder
from pipeline.video.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = Sampling(SamplingMode.FPS, 1000)
ROOT = Path(pipeline.__file__).parents[1]


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    """One decoder for the whole file: it survives all that is done to it."""
    with Decoder(patience_s=30) as decoder:
        yield decoder


@pytest.fixture
def long_video(tmp_path: Path) -> Path:
    """More frames than the pipe and the queue hold, so that the child is still at work when something happens."""
    return write_video(tmp_path / "long.mp4", 400, 10)


def test_the_child_gives_what_the_reader_gives(tmp_path: Path, decoder: Decoder):
    """Frames come through the process boundary unchanged, with their times, problems and the video's damage."""
    path = write_video(tmp_path / "a.mp4", 40)

    expected, damage = split_end(Reader(path).sample(Sampling()))
    found, told = split_end(decoder.sample(path, Sampling()))

    assert [(frame.index, frame.timestamp_s, frame.problem) for frame in found] == [
        (frame.index, frame.timestamp_s, frame.problem) for frame in expected
    ]
    assert all(np.array_equal(one.image, other.image) for one, other in zip(found, expected, strict=True))
    assert damage is None is told


def test_two_sizes_in_one_video(tmp_path: Path, decoder: Decoder):
    """Frames of different sizes come through one after the other."""
    frames, _ = split_end(decoder.sample(write_two_sizes(tmp_path / "a.h264"), ALL))

    assert [frame.image.shape[0] for frame in frames if frame.image is not None] == [160] * 10 + [240] * 10


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (signal.SIGKILL, "was ended from outside"),
        (signal.SIGTERM, "was ended from outside"),
        (signal.SIGSEGV, "crashed on it"),
        (signal.SIGABRT, "crashed on it"),
    ],
)
def test_a_lost_decoder_names_its_signal(
    tmp_path: Path, long_video: Path, decoder: Decoder, name: signal.Signals, said: str
):
    """A crash and an end from outside are told apart, with the signal's name, and the next video is read."""
    frames = decoder.sample(long_video, ALL)
    next(frames)
    os.kill(decoder.pid or 0, name)

    with pytest.raises(DecoderLostError, match=rf"the decoder {said} \({name.name}\)") as caught:
        list(frames)
    assert caught.value.outside is ("outside" in said)
    assert len(split_end(decoder.sample(write_video(tmp_path / "next.mp4", 5), ALL))[0]) == 5


def test_a_hanging_decoder_is_stopped(tmp_path: Path, long_video: Path):
    """A decoder that gives nothing within the patience is killed; the next video is read by a new one."""
    with Decoder(patience_s=6) as decoder:
        frames = decoder.sample(long_video, ALL)
        next(frames)
        hanging = decoder.pid or 0
        os.kill(hanging, signal.SIGSTOP)

        with pytest.raises(VideoError, match="the decoder gave nothing for 6 s and was stopped"):
            list(frames)
        assert len(split_end(decoder.sample(write_video(tmp_path / "next.mp4", 5), ALL))[0]) == 5
        assert decoder.pid != hanging


def test_a_decoder_that_stops_in_the_middle_of_a_picture_is_stopped(tmp_path: Path):
    """Silence behind the announcement of a picture counts like any other."""
    path = write_video(tmp_path / "a.mp4", 30, size=(1080, 1920), encoder={"preset": "ultrafast"})
    with Decoder(patience_s=3) as decoder:
        frames = decoder.sample(path, ALL)
        next(frames)
        # What was read ahead is full, and the child is held up in the pixels of a picture that the pipe cannot hold.
        time.sleep(2)
        os.kill(decoder.pid or 0, signal.SIGSTOP)

        with pytest.raises(DecoderLostError, match="gave nothing for 3 s") as caught:
            list(frames)
        assert caught.value.outside


def test_a_slow_reader_is_no_silence_of_the_decoder(long_video: Path):
    """While nobody waits for the child, its silence is not counted."""
    with Decoder(patience_s=1) as decoder:
        frames = decoder.sample(long_video, ALL)
        next(frames)
        time.sleep(3.5)

        assert len(split_end(frames)[0]) == 399


def test_a_file_that_never_ends_is_ended(tmp_path: Path):
    """A file cannot give more packets than bytes, however alive its decoder is."""
    (tmp_path / "a.mp4").write_bytes(b"0" * 10)
    beat = Beat(Pipe()[0], tmp_path / "a.mp4")

    for _ in range(1030):
        beat()

    with pytest.raises(VideoError, match="more, without an end"):
        beat()


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="needs Linux")
def test_the_system_takes_the_child_first(tmp_path: Path, decoder: Decoder):
    """Where memory runs out, the decoder goes, which can be started again, and not the process that has the rows."""
    decoder.probe(write_video(tmp_path / "a.mp4", 5))

    assert int(Path(f"/proc/{decoder.pid}/oom_score_adj").read_text()) >= 500


def test_what_is_read_ahead_is_bounded_in_bytes():
    """There is room for some frames; a frame that is larger than all the room waits until it is asked for."""
    ahead: Ahead[int] = Ahead()
    for number in range(3):
        assert ahead.reserve(AHEAD_BYTES // 3)
        ahead.put(number, AHEAD_BYTES // 3)
    taken: list[bool] = []
    reader = threading.Thread(target=lambda: taken.append(ahead.reserve(2 * AHEAD_BYTES)))
    reader.start()

    assert [ahead.get() for _ in range(3)] == [0, 1, 2]
    reader.join(0.2)
    assert reader.is_alive()
    asking = threading.Thread(target=ahead.get)
    asking.start()
    reader.join(5)
    assert taken == [True]
    ahead.put(3, 2 * AHEAD_BYTES)
    asking.join(5)
    assert not asking.is_alive()
    ahead.stop()
    assert not ahead.reserve(1)


def test_a_child_that_died_between_videos_is_replaced(tmp_path: Path, decoder: Decoder):
    """A child that the system took while it had nothing to do costs no video."""
    path = write_video(tmp_path / "a.mp4", 5)
    decoder.probe(path)
    os.kill(decoder.pid or 0, signal.SIGKILL)
    time.sleep(0.3)

    assert decoder.probe(path).width == 192


def test_a_reading_may_be_given_up(tmp_path: Path, long_video: Path, decoder: Decoder):
    """Whoever stops asking in the middle of a video can ask for the next one."""
    frames: Any = decoder.sample(long_video, ALL)
    next(frames)
    frames.close()

    rest, _ = split_end(decoder.sample(write_video(tmp_path / "b.mp4", 3), ALL))
    assert [read_number(frame.image) for frame in rest] == [0, 1, 2]


def test_bad_files_are_answered_by_the_same_child(tmp_path: Path, decoder: Decoder):
    """A file that is no video is an error in words, not a crash: the child lives on."""
    whole = write_video(tmp_path / "whole.mp4", 3)
    decoder.probe(whole)
    child = decoder.pid
    bad = tmp_path / "bad"
    bad.mkdir()

    for path in write_bad_inputs(bad).values():
        with pytest.raises(VideoError) as caught:
            decoder.probe(path)
        assert "decoder" not in str(caught.value)

    assert decoder.probe(whole).width == 192
    assert decoder.pid == child


def test_a_picture_that_asks_for_gigabytes_is_refused(tmp_path: Path, decoder: Decoder):
    """A PNG of a few bytes may promise any size; more than 8K is refused before it is decoded."""
    with pytest.raises(VideoError, match="not a readable picture: it has too many pixels"):
        decoder.probe(write_huge_png(tmp_path / "a.png"))


def test_complaints_of_libraries_stay_off_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """What OpenCV and FFmpeg write of their own accord about bad files does not reach the user."""
    cv2.imwrite(str(tmp_path / "a.png"), number_image(1))
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:300])
    write_bad_inputs(tmp_path)
    capfd.readouterr()

    with Decoder() as decoder:
        for path in tmp_path.iterdir():
            with pytest.raises(VideoError):
                decoder.probe(path)

    assert capfd.readouterr() == ("", "")


def test_the_child_ends_with_its_parent(tmp_path: Path):
    """A parent that is killed leaves no decoding process behind."""
    path = write_video(tmp_path / "a.mp4", 400)
    program = (
        "import sys; from pathlib import Path; from pipeline.video.decoding import Decoder\n"
        "from pipeline.settings import *\n"
        "decoder = Decoder(); frames = decoder.sample(Path(sys.argv[1]), Sampling(SamplingMode.FPS, 1000))\n"
        "next(frames); print(decoder.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    assert _is_gone(child)


def _is_gone(pid: int, patience_s: float = 10) -> bool:
    begin = time.monotonic()
    while time.monotonic() - begin < patience_s:
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stream:  # noqa: PTH123
                if stream.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


CALLER = """
from pathlib import Path
from pipeline.records import Frame
from pipeline.video.decoding import Decoder

print("the main script runs")
with Decoder() as decoder:
    print(sum(isinstance(item, Frame) for item in decoder.sample(Path("a.mp4"), None)))
"""


@pytest.mark.parametrize("way", ["script", "standard input", "argument"])
def test_the_callers_main_script_is_not_run_again(tmp_path: Path, way: str):
    """From a script without a guard, from standard input and from -c, as notebooks have it, the child only decodes."""
    write_video(tmp_path / "a.mp4", 5)
    (tmp_path / "script.py").write_text(CALLER)
    arguments = {"script": ["script.py"], "standard input": ["-"], "argument": ["-c", CALLER]}[way]

    done = subprocess.run(
        [sys.executable, *arguments],
        input=CALLER,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.stdout.splitlines(), done.stderr) == (["the main script runs", "5"], "")


@pytest.mark.parametrize("way", ["script", "argument"])
def test_files_with_names_of_the_standard_library_are_not_run(tmp_path: Path, way: str):
    """A `types.py` or `signal.py` in the working folder and beside the main script is nothing to the child."""
    write_video(tmp_path / "a.mp4", 5)
    (tmp_path / "script.py").write_text(CALLER)
    for name in ("types", "struct", "signal", "heapq", "fractions", "pipeline"):
        (tmp_path / f"{name}.py").write_text("open('was-run', 'w')")

    done = subprocess.run(
        [sys.executable, "-P", *(["script.py"] if way == "script" else ["-c", CALLER])],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.stdout.splitlines()[-1:], done.stderr) == (["5"], "")
    assert not (tmp_path / "was-run").exists()
