"""The main job's memory is bounded, whatever the size of the frames."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from golden_faces import SAMPLES, sample_frames

from pipeline.analyze import (
    BATCH_BYTES,
    BATCH_FRAMES,
    BYTES_AT_ONCE,
    CHUNK_FRAMES,
    FIRST_CHUNK_FRAMES,
    Stages,
    analyze,
    frames_before,
)
from pipeline.candidates import MAX_CANDIDATES, Candidates, keep_best
from pipeline.errors import VideoError
from pipeline.faces import Mtcnn
from pipeline.records import End, Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.expressions import Answers
    from pipeline.records import Face, Image

MOST_MB = 1500

WATCHED = """
import re, sys
from pathlib import Path
from pipeline.models.folder import find_model
from pipeline.settings import Settings
from pipeline.video.decoding import Decoder
from pipeline.analyze import analyze
from pipeline.work import open_stages

def megabytes(pid, what):
    return int(re.search(what + r":\\s+(\\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024

stages = open_stages(Settings(), find_model(), "cpu")
with Decoder() as decoder:
    for item in analyze(decoder.sample(Path(sys.argv[1]), None), stages):
        pass
    print(megabytes("self", "VmHWM") + megabytes(decoder.pid, "VmHWM"))
"""


class Watching:
    """Finds nothing, and keeps how many frames came together and their bytes."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        self.batches.append((len(images), images.nbytes))
        return [() for _ in images]

    def classify(self, _: Image) -> Answers:
        raise AssertionError("no faces, no question")


def write_flat(path: Path, size: tuple[int, int], frames: int) -> Path:
    """Grey frames of that height and width, which take a few kilobytes."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = size[1], size[0], "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((size[0] * 3 // 2, size[1]), 128, np.uint8), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize("size", [(2160, 3840), (4320, 7680)], ids=["4K", "8K"])
def test_a_flat_clip_of_a_few_kilobytes_does_not_take_gigabytes(tmp_path: Path, size: tuple[int, int]):
    """The networks and the decoder together stay under 1.5 GB, with frames of 25 and of 100 MB."""
    path = write_flat(tmp_path / "a.mp4", size, 3)
    assert path.stat().st_size < 100_000

    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(path)], capture_output=True, text=True, check=True, timeout=500
    )

    assert float(done.stdout) < MOST_MB


def sizes_of_batches(images: list[Image | None], chunk: int = 0) -> list[tuple[int, int]]:
    frames: Iterator[Frame | End] = (Frame(number, float(number), image) for number, image in enumerate(images))
    rest = itertools.islice(frames, frames_before(chunk), None)
    watching = Watching()
    list(analyze(itertools.chain(rest, [End()]), Stages(watching, watching), chunk))
    return watching.batches


@pytest.mark.parametrize(
    ("size", "together"), [((480, 848), BATCH_FRAMES), ((720, 1280), 6), ((1080, 1920), 2), ((4320, 7680), 1)]
)
def test_batches_are_bounded_in_bytes(size: tuple[int, int], together: int):
    """Eight frames of 480p and less; fewer of larger ones, one of 4K and more; each chunk begins a new batch."""
    image = np.broadcast_to(np.uint8(0), (*size, 3))

    batches = sizes_of_batches([image] * (FIRST_CHUNK_FRAMES + CHUNK_FRAMES + 3))

    assert max(batches) == (together, together * image.nbytes)
    whole = [
        count
        for chunk in (FIRST_CHUNK_FRAMES, CHUNK_FRAMES)
        for count in [together] * (chunk // together) + [chunk % together] * bool(chunk % together)
    ]
    assert [count for count, _ in batches[: len(whole)]] == whole
    assert sum(count for count, _ in batches) == FIRST_CHUNK_FRAMES + CHUNK_FRAMES + 3


def test_a_resumed_run_forms_the_same_batches():
    """Sizes alone decide where a batch ends, from the beginning of its chunk on; lost frames have none."""
    rng = np.random.default_rng(5)
    large, small = (np.broadcast_to(np.uint8(0), (*size, 3)) for size in ((2160, 3840), (480, 640)))
    images: list[Image | None] = [(large, small, None)[choice] for choice in rng.integers(0, 3, 3 * CHUNK_FRAMES)]

    whole = sizes_of_batches(images)

    for chunk in (1, 2, 3):
        rest = sizes_of_batches(images, chunk)
        assert rest == whole[-len(rest) :]
    assert all(held <= BATCH_BYTES or count == 1 for count, held in whole)


class Slow(Watching):
    """Takes its time, longer for darker frames, and keeps how many bytes it held at the most.

    Until as many have called at a time as are waited for, a call does not end, or only after seconds.
    """

    def __init__(self, wait_for: int = 1) -> None:
        super().__init__()
        self._lock, self._together = threading.Lock(), threading.Event()
        self._wait_for = wait_for
        self.held = self.most = self.calls = self.most_calls = 0

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        with self._lock:
            self.held, self.calls = self.held + images.nbytes, self.calls + 1
            self.most, self.most_calls = max(self.most, self.held), max(self.most_calls, self.calls)
        if self.most_calls >= self._wait_for:
            self._together.set()
        self._together.wait(5)
        time.sleep(0.02 / (1 + int(images[0, 0, 0, 0])))
        with self._lock:
            self.held, self.calls = self.held - images.nbytes, self.calls - 1
        return super().detect(images)


def read_at_once(frames: Iterable[Frame | End], at_once: int, wait_for: int = 1) -> tuple[Slow, list[int]]:
    """The indices of the frames that came out, in their order, with what read them; what is raised ends them."""
    slow, indices = Slow(wait_for), []
    with suppress(VideoError):
        for item in analyze(frames, Stages(slow, slow, at_once=at_once)):
            indices += [] if isinstance(item, End) else [frame.index for frame in item]
    return slow, indices


@pytest.mark.parametrize("at_once", [2, 5])
def test_batches_that_are_read_at_once_come_out_in_their_order(at_once: int):
    """The first may take longest; as many as may be are read at a time, never more."""
    frames = [Frame(number, float(number), np.full((480, 848, 3), number % 11, np.uint8)) for number in range(150)]

    slow, indices = read_at_once([*frames, End()], at_once, at_once)

    assert indices == list(range(150))
    assert slow.most_calls == at_once


def test_batches_that_are_read_at_once_are_bounded_in_bytes():
    """Of frames that have 25 MB each no more are on the way than fit, however many threads there are."""
    images = [np.broadcast_to(np.uint8(number), (2160, 3840, 3)) for number in range(20)]

    slow, indices = read_at_once([*(Frame(at, float(at), image) for at, image in enumerate(images)), End()], 16)

    assert indices == list(range(20))
    assert images[0].nbytes < slow.most <= BYTES_AT_ONCE


def test_what_was_whole_before_a_video_broke_off_is_given_out():
    """The chunk that was decoded when the decoder is lost comes out before the loss does."""

    def broken() -> Iterator[Frame]:
        for number in range(FIRST_CHUNK_FRAMES + CHUNK_FRAMES + 5):
            yield Frame(number, float(number), np.zeros((48, 64, 3), np.uint8))
        raise VideoError("lost")

    assert read_at_once(broken(), 3)[1] == list(range(FIRST_CHUNK_FRAMES + CHUNK_FRAMES))


@pytest.mark.slow
def test_a_level_in_strips_gives_the_same_faces():
    """Frames whose first level is larger than P-Net takes at once have the faces that they have in one piece."""
    images = [frame.image for frame in sample_frames(min(SAMPLES.glob("*hall*")), 4) if frame.image is not None]
    wide = np.concatenate([np.concatenate(images[:2], axis=1), np.concatenate(images[2:4], axis=1)])[None]

    whole, strips = (Mtcnn(level_pixels=pixels).detect(wide)[0] for pixels in (1_000_000, 50_001))

    assert len(whole) >= 2
    assert strips == whole


def test_candidates_are_bounded():
    """Of more than a frame may have the best are kept, of each frame on its own."""
    rng = np.random.default_rng(3)
    many = MAX_CANDIDATES + 500
    corners = np.stack([np.arange(many + 2) * 20, np.zeros(many + 2)], axis=1)
    boxes = np.concatenate([corners, corners + 10], axis=1).astype(np.float32)
    scores = rng.permutation(np.linspace(0.6, 0.99, many + 2)).astype(np.float32)
    frames = np.array([0] * many + [1, 1])

    kept = keep_best(Candidates(frames, boxes, scores), 0.5)

    assert np.bincount(kept.frames).tolist() == [MAX_CANDIDATES, 2]
    assert kept.scores[kept.frames == 0].min() >= np.sort(scores[:many])[500]
