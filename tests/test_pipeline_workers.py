"""Several worker processes: the rows of one, whoever of them ends, and however often."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contents import digest_of
from fakes import write_video
from sharing import SEVERAL_TARGET, analyzing, end
from slow_stages import broken_stages, no_stages, slow_stages
from test_pipeline_engines import make_job

from pipeline.analyze import frames_before
from pipeline.batch import Request, analyze_all
from pipeline.cli.footage import Footage
from pipeline.cli.several import read_workers
from pipeline.engines.several import several
from pipeline.engines.workers import Workers, choose_count
from pipeline.errors import ModelError, SettingError
from pipeline.events import ChunkStored, Outcome, VideoStarted
from pipeline.inference.cores import count_cores
from pipeline.places.inputs import Input
from pipeline.settings import Sampling, SamplingMode, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Settings(Sampling(SamplingMode.FPS, 10))
LENGTHS = {"a": 70, "b": 20, "c": 200, "d": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of different lengths."""
    folder = tmp_path_factory.mktemp("videos")
    for name, frames in LENGTHS.items():
        write_video(folder / f"{name}.mp4", frames, 10)
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """What the serial engine stores of them."""
    db = str(tmp_path_factory.mktemp("whole") / "whole.db")
    list(analyze(folder, db, workers=1))
    return digest_of(db)


def analyze(folder: Path, db: str, *, stages: Any = slow_stages, workers: int = 2, **options: Any) -> Iterator[Any]:
    """The events of a batch over all videos of a folder."""
    inputs = [Input(path) for path in sorted(folder.iterdir())]
    request = Request(db, SETTINGS, device="cpu", workers=workers, **options)
    return analyze_all(inputs, request, stages)


def outcomes(events: Iterator[Any]) -> dict[str, str]:
    """How each video ended."""
    return {event.path.stem: event.status for event in events if isinstance(event, Outcome)}


def children(pid: int | str = "self") -> list[int]:
    """The processes that a process has started: decoders, and workers, which have decoders of their own."""
    lists = [path.read_text("ascii").split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(number) for numbers in lists for number in numbers]


def test_several_workers_store_what_one_does(any_db: str, folder: Path, whole: dict[str, tuple[int, str]]):
    """The same rows on either database, every input has one outcome, and then there is nothing left to do."""
    ended = outcomes(analyze(folder, any_db, workers=3))
    again = [event for event in analyze(folder, any_db) if isinstance(event, Outcome)]

    assert ended == dict.fromkeys(LENGTHS, "done")
    assert [one.reused for one in again] == [True] * len(LENGTHS)
    assert digest_of(any_db) == whole


@pytest.mark.slow
def test_a_killed_worker_costs_its_chunk(tmp_path: Path, folder: Path, whole: dict[str, tuple[int, str]]):
    """Another one goes on behind the last chunk, at once, and nothing is stored twice or left out."""
    db = str(tmp_path / "a.db")
    with Workers(2, slow_stages) as workers:
        job = make_job(1, folder / "c.mp4")
        seen = []
        for number, event in enumerate(workers(job)):
            seen.append(event)
            if number in (1, 2, 4):
                for pid in workers.pids:
                    os.kill(pid, signal.SIGKILL)
    with Workers(1, slow_stages) as other:
        assert seen == list(other(job))

    events = analyze(folder, db)
    for event in events:
        if isinstance(event, ChunkStored):
            victims = [pid for pid in children() if children(pid)]
            os.kill(victims[0], signal.SIGKILL)
            break
    assert set(outcomes(events).values()) == {"done"}
    assert digest_of(db) == whole


@pytest.mark.slow
@pytest.mark.parametrize(("times", "status"), [(2, "done"), (99, "partial")])
def test_poison_ends_alone(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, times: int, status: str):
    """A frame that ends the process each time ends its video, with what was read before; the others are done."""
    (tmp_path / "marks").mkdir()
    monkeypatch.setenv("POISON", f"170:{times}:{tmp_path / 'marks'}")

    found = [event for event in analyze(folder, str(tmp_path / "a.db")) if isinstance(event, Outcome)]

    assert {one.path.stem: one.status for one in found} == dict.fromkeys(LENGTHS, "done") | {"c": status}
    if status == "partial":
        (poisoned,) = [one for one in found if one.path.stem == "c"]
        assert poisoned.reason == "the worker crashed on it (SIGSEGV), 3 times there; `force` reads it anew"
        assert poisoned.frames in {frames_before(number) for number in (1, 2, 3)}  # whole chunks; some were in work


@pytest.mark.parametrize(
    ("stages", "error", "text"),
    [(no_stages, ModelError, "changed since"), (broken_stages, RuntimeError, "KeyError: 'forgotten'")],
)
def test_what_concerns_all_ends_the_batch(tmp_path: Path, folder: Path, stages: Any, error: type, text: str):
    """A model that cannot be opened is told as by one worker; a defect keeps its traceback."""
    before = set(children())

    with pytest.raises(error, match=text):
        list(analyze(folder, str(tmp_path / "a.db"), stages=stages))
    assert set(children()) <= before


@pytest.mark.slow
def test_a_batch_that_is_given_up_leaves_no_process(tmp_path: Path, folder: Path):
    """Whoever stops asking gets the leases given back and the workers ended; the rest is done by the next batch."""
    db = str(tmp_path / "a.db")
    before = set(children())
    events: Any = analyze(folder, db)
    for event in events:
        if isinstance(event, ChunkStored):
            break
    events.close()

    assert set(children()) <= before
    assert set(outcomes(analyze(folder, db)).values()) == {"done"}


@pytest.mark.slow
def test_two_batches_share_a_folder(tmp_path: Path, folder: Path, whole: dict[str, tuple[int, str]]):
    """Two of two workers each wait for one another's videos without keeping their own from being stored."""
    db = str(tmp_path / "a.db")
    with (
        analyzing(folder, db, "--workers", "2", target=SEVERAL_TARGET) as first,
        analyzing(folder, db, "--workers", "2", target=SEVERAL_TARGET) as second,
    ):
        said = [end(second), end(first)]

    assert digest_of(db) == whole
    assert any("being analysed by another fer-video" in one for one in said)


def test_threads_are_limited_in_the_worker_alone(tmp_path: Path):
    """A worker may use so many cores; this process as many as before."""
    before = count_cores()
    with Workers(1, slow_stages, threads=1) as workers:
        list(workers(make_job(1, write_video(tmp_path / "a.mp4", 5, 10))))

    assert count_cores() == before
    assert 1 <= choose_count(1) <= before
    assert choose_count(1000) == 1


def test_how_many_workers_are_asked_for():
    """A number or `auto`; anything else is told by the setting's name."""
    assert read_workers("3", 0) == 3
    assert read_workers("auto", 1) == choose_count(1)
    for text in ("0", "many", "-1", "1.5", ""):
        with pytest.raises(SettingError, match="workers: expected a number from 1 to 1024, or auto"):
            read_workers(text, 0)


def test_how_far_several_videos_are_is_told_together():
    """Seconds of all that are in work are added up, and what ended counts whole."""
    footage = Footage({"a.mp4": 100, "b.mp4": 100, "c.mp4": 200})

    for number, name in enumerate("ab", 1):
        footage.hear(VideoStarted(Path(f"{name}.mp4"), number, 3, 100, 0, None, 60.0))
    footage.hear(ChunkStored(Path("a.mp4"), 8, 5, 10.0))
    footage.hear(ChunkStored(Path("b.mp4"), 8, 5, 20.0))
    together = footage.done_s
    footage.hear(Outcome(Path("b.mp4"), "done", duration_s=60.0))

    assert (together, footage.done_s, footage.total_s) == (30.0, 70.0, 240.0)


def test_a_job_waits_for_whoever_writes(tmp_path: Path):
    """Events that nobody takes stop the work, so that a slow database costs no memory."""
    made: list[int] = []

    def work(job: Any) -> Iterator[Any]:
        for number in range(1000):
            made.append(number)
            yield number

    events: Any = several(1)(work, [make_job(1)])
    next(events)
    time.sleep(0.5)
    assert len(made) < 20
    events.close()
    assert threading.active_count() < 20


@pytest.mark.slow
@pytest.mark.campaign
def test_fifteen_kills_of_workers_change_no_row(any_db: str, tmp_path: Path):
    """Workers are killed at random moments until the batch ends; reruns without kills end in an unbroken run's rows."""
    rng = random.Random(20260326)
    (tmp_path / "videos").mkdir()
    for number in range(10):
        write_video(tmp_path / "videos" / f"{number}.mp4", 150 + 20 * number, 10)
    unbroken = str(tmp_path / "unbroken.db")
    with analyzing(tmp_path / "videos", unbroken, slow_ms=0) as process:
        end(process)
    kills, code = 0, None
    with analyzing(tmp_path / "videos", any_db, "--workers", "3", target=SEVERAL_TARGET, slow_ms=8) as process:
        while (code := process.poll()) is None and kills < 15:
            time.sleep(rng.uniform(0.8, 2.0))
            if victims := [pid for pid in children(process.pid) if children(pid)]:
                os.kill(rng.choice(victims), signal.SIGKILL)
                kills += 1
        code = process.wait(120)
    assert kills > 5
    while code == 3:  # three kills in a row without a new chunk ended a video for now
        with analyzing(tmp_path / "videos", any_db, "--workers", "3", target=SEVERAL_TARGET, slow_ms=0) as process:
            code = process.wait(120)

    assert code == 0
    assert digest_of(any_db) == digest_of(unbroken)
