"""What every engine keeps to, whoever does its work."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import fake_stages, write_video

from pipeline.engines.serial import serial
from pipeline.errors import ModelError
from pipeline.models.folder import find_model
from pipeline.records import End, Frame, FrameReadings, Identity, Place, VideoInfo, VideoRecord
from pipeline.settings import Settings
from pipeline.video.decoding import Decoder
from pipeline.video.source import VideoFile
from pipeline.work import Begun, Chunk, Failed, Job, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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


@pytest.fixture(params=[serial], ids=lambda engine: engine.__name__)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine there is."""
    return request.param


def test_each_job_comes_whole_and_in_its_order(engine: Engine):
    """`Begun` first, chunks by number, one ending last, and nothing of another job mixed up with it."""
    jobs = [make_job(number) for number in (1, 2, 3)]

    events = list(engine(count_to, jobs))

    for job in jobs:
        assert [event for owner, event in events if owner == job] == list(count_to(job))
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

    assert [event for _, event in events if isinstance(event, Failed | End)] == [Failed("torn"), End()]


def test_what_concerns_all_ends_the_batch(engine: Engine):
    """A model that cannot be opened stops everything: no later job is begun."""
    begun: list[int] = []

    def work(job: Job) -> Iterator[Event]:
        begun.append(job.number)
        raise ModelError("changed since it was published")
        yield Begun()

    with pytest.raises(ModelError):
        list(engine(work, [make_job(1), make_job(2)]))
    assert begun == [1]


def test_nothing_goes_on_when_nobody_asks(engine: Engine):
    """An engine that is given up closes the work that it had begun."""
    closed: list[int] = []

    def work(job: Job) -> Iterator[Event]:
        try:
            yield Begun()
            yield End()
        finally:
            closed.append(job.number)

    events: Any = engine(work, [make_job(1), make_job(2)])
    next(events)
    events.close()

    assert closed == [1]


def test_jobs_can_be_sent_to_other_processes():
    """A job is data: what arrives is equal to what was sent."""
    job = make_job(1)

    assert pickle.loads(pickle.dumps(job)) == job


def test_a_worker_begins_where_the_job_says(tmp_path: Path):
    """Real frames through real decoding: the second chunk of a job is the same, asked for alone or behind the first."""
    job = make_job(1, write_video(tmp_path / "a.mp4", 700, 10))
    with Decoder() as decoder:
        worker = Worker(fake_stages, lambda path, hints: VideoFile(path, decoder, hints))
        begun, first, second, third, end = worker(job)
        rest = list(worker(replace(job, first_chunk=1)))

    assert (begun, end) == (Begun(), End())
    assert isinstance(first, Chunk)
    assert rest == [Begun(), second, third, End()]


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
