"""What every engine keeps to, whoever does its work."""

from __future__ import annotations

import os
import pickle
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from fakes import FakeClassifier, FakeDetector, fake_stages, write_video

from pipeline.analyze import Stages
from pipeline.engines.serial import serial
from pipeline.engines.several import several
from pipeline.errors import ModelError
from pipeline.models.folder import find_model
from pipeline.records import End, Frame, FrameReadings, Identity, Place, VideoInfo, VideoRecord
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.video.decoding import Decoder
from pipeline.video.source import VideoFile
from pipeline.work import Begun, Chunk, Failed, Job, Pause, Quiet, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline.records import Face, Hints, Image
    from pipeline.video.source import Source
    from pipeline.work import Event

    Engine = Callable[[Callable[[Job], Iterator[Event]], Iterable[object]], Iterator[Any]]

PLACE = Place("quay", "door", "option", None, None, "UTC", "option")


def make_job(number: int, path: Path = Path("a.mp4")) -> Job:
    info = VideoInfo(path, 192, 160, 10.0, 5.0, "h264")
    video = VideoRecord(path, Identity(f"sha-{number}", 100), PLACE, info)
    return Job(video, number, 1, Settings(), find_model(), "cpu", number=number, of=3)


def count_to(job: Job) -> Iterator[Event]:
    """As many chunks as the job's number; the second video fails."""
    yield Begun()
    for number in range(job.number):
        yield Chunk(number, (FrameReadings(number, float(number), None, ()),))
    yield Failed("torn") if job.number == 2 else End()


@pytest.fixture(params=[serial, several(1), several(3)], ids=["serial", "one of several", "three"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine there is."""
    return request.param


def test_each_job_comes_whole_and_in_its_order(engine: Engine):
    """`Begun` first, chunks by number, one ending last, and nothing of another job mixed up with it."""
    jobs = [make_job(number) for number in (1, 2, 3)]

    events = list(engine(count_to, jobs))

    for job in jobs:
        assert [event for owner, event in events if owner is job] == list(count_to(job))
    assert len(events) == sum(len(list(count_to(job))) for job in jobs)


def test_what_needs_no_work_is_passed_on_at_once(engine: Engine):
    """A task that is no job comes out as it is, before anything that was asked for later."""
    asked: list[object] = []

    def tasks() -> Iterator[object]:
        for task in ("done already", make_job(1), "skipped"):
            asked.append(task)
            yield task

    events = engine(count_to, tasks())

    assert next(events) == "done already"
    assert asked == ["done already"]
    assert [event for event in events if isinstance(event, str)] == ["skipped"]


def test_a_failed_job_fails_alone(engine: Engine):
    """The job after one that failed is done."""
    events = list(engine(count_to, [make_job(2), make_job(1)]))

    ends = {job.number: event for job, event in events if isinstance(event, Failed | End)}
    assert ends == {2: Failed("torn"), 1: End()}


def test_what_concerns_all_ends_the_batch(engine: Engine):
    """A model that cannot be opened stops everything: no job is asked for from then on."""
    begun: list[int] = []

    def work(job: Job) -> Iterator[Event]:
        begun.append(job.number)
        raise ModelError("changed since it was published")
        yield Begun()

    def tasks() -> Iterator[Job]:
        yield make_job(1)
        for number in range(2, 100):
            time.sleep(0.01)
            yield make_job(number)

    with pytest.raises(ModelError):
        list(engine(work, tasks()))
    assert begun[0] == 1
    assert len(begun) < 20


def test_nothing_goes_on_when_nobody_asks(engine: Engine):
    """An engine that is given up closes the work that it had begun."""
    begun: list[int] = []
    closed: list[int] = []

    def work(job: Job) -> Iterator[Event]:
        begun.append(job.number)
        try:
            yield Begun()
            yield End()
        finally:
            closed.append(job.number)

    events: Any = engine(work, [make_job(1), make_job(2)])
    next(events)
    events.close()

    assert 1 in closed
    assert sorted(closed) == sorted(begun)


def test_a_pause_and_quiet_are_kept(engine: Engine):
    """Behind a pause nothing is asked for before its time; behind `Quiet` not before all that was begun is through."""
    through: list[int] = []
    asked: list[tuple[str, float, int]] = []

    def work(job: Job) -> Iterator[Event]:
        yield Begun()
        time.sleep(0.2)
        through.append(job.number)
        yield End()

    def tasks() -> Iterator[object]:
        yield make_job(1)
        yield Pause(0.3)
        asked.append(("pause", time.monotonic(), len(through)))
        yield make_job(2)
        yield Quiet()
        asked.append(("quiet", time.monotonic(), len(through)))
        yield "last"

    began = time.monotonic()
    events = list(engine(work, tasks()))

    assert asked[0][1] - began >= 0.3
    assert asked[1][2] == 2
    assert events[-1] == "last"
    assert not [event for event in events if isinstance(event, Pause | Quiet)]


def test_jobs_can_be_sent_to_other_processes():
    """A job is data: what arrives is equal to what was sent."""
    job = make_job(1)

    assert pickle.loads(pickle.dumps(job)) == job


def test_a_worker_begins_where_the_job_says(tmp_path: Path):
    """Real frames through real decoding: the second chunk of a job is the same, asked for alone or behind the first."""
    job = make_job(1, write_video(tmp_path / "a.mp4", 700, 10))
    with Decoder() as decoder:
        worker = Worker(fake_stages, lambda path, hints: VideoFile(path, decoder, hints))
        begun, first, *others, end = worker(job)
        rest = list(worker(replace(job, first_chunk=1)))

    assert (begun, end) == (Begun(), End())
    assert isinstance(first, Chunk)
    assert len(others) == 3
    assert rest == [Begun(), *others, End()]


@dataclass(frozen=True, slots=True)
class Attacked:
    """A video whose decoder is sent a signal behind so many frames of each reading, as long as there are any."""

    file: VideoFile
    signals: list[signal.Signals]
    behind: int

    def frames(self, sampling: Sampling | None, skip: int = 0) -> Iterator[Frame | End]:
        for number, item in enumerate(self.file.frames(sampling, skip)):
            if number == self.behind and self.signals:
                os.kill(self.file.decoder.pid or 0, self.signals.pop())
            yield item


def read_attacked(path: Path, signals: list[signal.Signals], behind: int) -> list[Event]:
    """What a worker gives of it."""
    job = replace(make_job(1, path), settings=Settings(Sampling(SamplingMode.FPS, 1000)))
    with Decoder() as decoder:

        def open_source(path: Path, hints: Hints) -> Any:
            return Attacked(VideoFile(path, decoder, hints), signals, behind)

        return list(Worker(fake_stages, open_source)(job))


def test_a_lost_decoder_is_replaced_behind_the_last_chunk(tmp_path: Path):
    """Killed again and again, with new chunks between: the same chunks as from an unbroken reading, none doubled."""
    path = write_video(tmp_path / "a.mp4", 400, 10)

    broken = read_attacked(path, [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT], 100)

    assert broken == read_attacked(path, [], 0)
    assert isinstance(broken[-1], End)


@pytest.mark.parametrize(
    ("signals", "reason", "again"),
    [
        ([signal.SIGKILL] * 3, "the decoder was ended from outside (SIGKILL), 3 times in a row; a rerun", True),
        ([signal.SIGSEGV] * 3, "the decoder crashed on it (SIGSEGV), 3 times there", False),
        ([signal.SIGSEGV, signal.SIGTERM, signal.SIGSEGV], "the decoder was ended from outside (SIGTERM), 3", True),
    ],
)
def test_three_losses_without_a_new_chunk_end_the_video(
    tmp_path: Path, signals: list[signal.Signals], reason: str, again: bool
):
    """Three crashes at the same place are the file's; where one loss came from outside, a rerun goes on."""
    *_, end = read_attacked(write_video(tmp_path / "a.mp4", 400, 10), list(signals), 5)

    assert isinstance(end, Failed)
    assert end.reason.startswith(reason)
    assert end.again is again


class FailingDetector(FakeDetector):
    """Cannot read the first frames it is given."""

    def __init__(self, error: Callable[[], object]) -> None:
        self.errors = [error]

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        if self.errors:
            self.errors.pop()()
        return super().detect(images)


@pytest.mark.parametrize(
    ("error", "reason", "again"),
    [
        (lambda: np.empty(1 << 60, np.uint8), "not enough memory to read faces from its frames", True),
        (lambda: cv2.resize(np.zeros((5, 5, 3), np.uint8), (2**31 - 1, 2**20)), "Failed to allocate", True),
        (lambda: cv2.resize(np.zeros((0, 0, 3), np.uint8), (1, 1)), "its frames could not be read for faces", False),
    ],
)
def test_what_the_networks_cannot_do_costs_its_video_only(
    tmp_path: Path, error: Callable[[], object], reason: str, again: bool
):
    """Memory that is not there and OpenCV's own errors fail the video in a line; the next one is read."""
    path = write_video(tmp_path / "a.mp4", 20, 10)
    with Decoder() as decoder:
        stages = Stages(FailingDetector(error), FakeClassifier())
        worker = Worker(lambda *_: stages, lambda path, hints: VideoFile(path, decoder, hints))
        *_, failed = worker(make_job(1, path))
        *_, end = worker(make_job(2, path))

    assert isinstance(failed, Failed)
    assert reason in failed.reason
    assert "\n" not in failed.reason
    assert failed.again is again
    assert end == End()


def test_damage_ends_the_stream_and_failure_too(tmp_path: Path):
    """A file without a frame ends in `Failed` with its reason, as the last event."""
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with Decoder() as decoder:
        events = list(
            Worker(fake_stages, lambda path, hints: VideoFile(path, decoder, hints))(make_job(1, tmp_path / "a.mp4"))
        )

    assert events[0] == Begun()
    assert isinstance(events[1], Failed)
    assert "not a readable video" in events[1].reason
    assert len(events) == 2


def test_a_source_keeps_its_contract(tmp_path: Path):
    """A file as a source: a name, an identity that stays, what its container says, frames and one end behind them."""
    path = write_video(tmp_path / "a.mp4", 20, 10)
    with Decoder() as decoder:
        source: Source = VideoFile(path, decoder)
        *frames, end = source.frames(Settings().sampling)
        *rest, _ = source.frames(Settings().sampling, skip=1)

        assert source.name == str(path)
        assert source.identity() == source.identity()
        assert (source.probe().width, source.probe().height) == (192, 160)
    assert all(isinstance(frame, Frame) for frame in frames)
    assert isinstance(end, End)
    assert [frame.index for frame in rest if isinstance(frame, Frame)] == [
        frame.index for frame in frames[1:] if isinstance(frame, Frame)
    ]
