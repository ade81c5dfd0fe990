"""Signals at random moments to an analysis or its decoder; resumed to the end, the rows are an unbroken run's."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fakes import write_video
from sharing import rows
from test_resume import digest

from pipeline.video.decoding import Decoder

from .results import Result
from .resuming import resume
from .watching import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TESTS = Path(__file__).resolve().parent.parent

TARGET = """
from pipeline.cli.interrupts import answered
with answered():
    from resume_target import app
    app(prog_name="fer-video")
"""
"""What the real command does, with stand-ins for the networks."""

SLOW_MS = "3"
"""What a face takes, so that there is a moment between two chunks."""

PATIENCE_S = 150.0
STOPPED_S = 0.7

FILMS = {"one": 140, "two": 90, "three": 200}
"""Names and frames; a chunk has 64, the first one 8."""

GAPS = """
SELECT a.video_id, a.status, (SELECT count(*) FROM chunks c WHERE c.video_id = a.video_id AND c.run_id = a.run_id),
    (SELECT max(number) + 1 FROM chunks c WHERE c.video_id = a.video_id AND c.run_id = a.run_id),
    (SELECT sum(frames) FROM chunks c WHERE c.video_id = a.video_id AND c.run_id = a.run_id),
    (SELECT count(*) FROM frames f WHERE f.video_id = a.video_id AND f.run_id = a.run_id)
FROM analyses a WHERE a.status = 'done'
"""
"""Of each that is done: its chunks, how many there must be, their frames, and the frames that are stored."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal, to whom it goes, and what the command may end with.

    Attributes:
        signals: one after the other, a moment between them.
        decoder: to the decoding process, not to the command.
        ends: exit codes that are right where the signal met it at work; 0 is right in any case, as it may be late.
        beside: another analysis of the same videos goes on beside it.
    """

    signals: tuple[signal.Signals, ...]
    decoder: bool = False
    ends: frozenset[int] = frozenset()
    beside: bool = False


KILL, TERM, INT, STOP, CONT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSTOP, signal.SIGCONT
KILLED, TERMED, INTERRUPTED = frozenset({-KILL}), frozenset({143, -TERM}), frozenset({130, -INT})

HITS = {
    "SIGKILL": Hit((KILL,), ends=KILLED),
    "SIGTERM": Hit((TERM,), ends=TERMED),
    "SIGINT": Hit((INT,), ends=INTERRUPTED),
    "SIGINT twice": Hit((INT, INT), ends=INTERRUPTED),
    "SIGSTOP, SIGCONT": Hit((STOP, CONT)),
    "decoder SIGKILL": Hit((KILL,), decoder=True),
    "decoder SIGTERM": Hit((TERM,), decoder=True),
    "decoder SIGINT": Hit((INT,), decoder=True),
    "decoder SIGSTOP, SIGCONT": Hit((STOP, CONT), decoder=True),
    "SIGKILL, another beside": Hit((KILL,), ends=KILLED, beside=True),
    "SIGTERM, another beside": Hit((TERM,), ends=TERMED, beside=True),
    "SIGINT, another beside": Hit((INT,), ends=INTERRUPTED, beside=True),
    "SIGSTOP, SIGCONT, another beside": Hit((STOP, CONT), beside=True),
    "decoder SIGKILL, another beside": Hit((KILL,), decoder=True, beside=True),
}


ENDING = ("SIGKILL", "SIGTERM", "SIGINT", "SIGINT twice")
"""Those that end a run, so that another signal may meet the next one."""


@dataclass(slots=True)
class Round:
    """Signals one after the other to runs on the same database; what was drawn, and what was not as expected."""

    folder: Path
    rng: random.Random
    hits: tuple[str, ...]
    moments: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def db(self) -> Path:
        """Its database."""
        return self.folder / "a.db"


def run(seed: int, count: int, folder: Path) -> Iterator[Result]:
    """So many signals, two to each database; seeds draw the moments."""
    videos = folder / "videos"
    videos.mkdir()
    for name, frames in FILMS.items():
        write_video(videos / f"{name}.mp4", frames, 10)
    began = time.monotonic()
    whole = folder / "whole.db"
    subprocess.run([*_command(videos, whole), "--quiet"], env=_env(folder), check=True, timeout=PATIENCE_S)
    whole_s, expected = time.monotonic() - began, digest(whole)
    for number in range((count + 1) // 2):
        place = folder / str(number)
        place.mkdir()
        hits = (ENDING[(number + seed) % len(ENDING)], list(HITS)[(number + seed) % len(HITS)])
        one = Round(place, random.Random(f"{seed}/{number}"), hits[-2 if count - 2 * number > 1 else -1 :])
        _try_round(one, videos, whole_s, expected)
        yield from _results(one, f"seed {seed}, round {number}")
        shutil.rmtree(place)


def _results(one: Round, which: str) -> Iterator[Result]:
    """One for each signal; what is wrong at the end is so of all of them."""
    wrong = "; ".join(one.wrong)
    for name, moment in zip(one.hits, one.moments, strict=True):
        yield Result(name, f"{which}: {moment}", "the rows of an unbroken run", wrong, ok=not wrong)


def _try_round(one: Round, videos: Path, whole_s: float, expected: Mapping[str, tuple[int, str]]) -> None:
    """Start and hit, as often as there are signals, and run to the end."""
    for number, name in enumerate(one.hits):
        hit = HITS[name]
        with ExitStack() as stack:
            process = stack.enter_context(_started(one, videos, f"{number}"))
            beside = stack.enter_context(_started(one, videos, f"{number} beside")) if hit.beside else None
            _hit(one, hit, process, whole_s)
            _judge_end(one, process, f"{number}", hit.ends)
            if beside:
                _judge_end(one, beside, f"{number} beside", frozenset())
    with Decoder() as decoder:
        outcomes = resume(videos, one.db, decoder)
    for outcome in outcomes:
        if outcome.status != "done":
            one.wrong.append(f"at the end {outcome.path.name} is {outcome.status}: {outcome.reason}")
    if digest(one.db) != expected:
        one.wrong.append(f"other rows: {digest(one.db)} in place of {expected}")
    for video, _, chunks, needed, counted, stored in rows(one.db, GAPS):
        if chunks != needed or counted != stored:
            one.wrong.append(f"video {video} is done with {chunks} of {needed} chunks, {stored} of {counted} frames")


def _hit(one: Round, hit: Hit, process: subprocess.Popen[bytes], whole_s: float) -> None:
    """Wait for the drawn moment, and send the signals; in four of five rounds the moment is one of real work."""
    # Python itself tells of an interrupt that comes before the program's first line.
    at_work = one.rng.random() < 0.8 or INT in hit.signals
    if at_work:
        _wait(lambda: bool(rows(one.db, "SELECT 1 FROM analyses WHERE token IS NOT NULL")), process)
    wait_s = one.rng.uniform(0, whole_s * (0.6 if at_work else 1.0))
    moment = f"{wait_s:.2f} s after {'the first claim' if at_work else 'the start'}"
    with suppress(subprocess.TimeoutExpired):
        process.wait(wait_s)
    if hit.decoder:
        _wait(lambda: bool(_decoders(process.pid)), process)
    for number, each in enumerate(hit.signals):
        if number:
            time.sleep(one.rng.uniform(0, STOPPED_S))
        target = _decoders(process.pid)[:1] if hit.decoder else [process.pid]
        if process.poll() is None and target:
            with suppress(ProcessLookupError):
                os.kill(target[0], each)
    one.moments.append(f"{moment}, {len(rows(one.db, 'SELECT 1 FROM chunks'))} chunks stored")


def _judge_end(one: Round, process: subprocess.Popen[bytes], name: str, ends: frozenset[int]) -> None:
    """It ends in time, as it should, without a traceback, and leaves no process."""
    try:
        code = process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        one.wrong.append(f"the {name} one did not end in {PATIENCE_S:.0f} s")
        return
    said = (one.folder / name).read_text("utf-8", "replace")
    if code not in ends | {0}:
        one.wrong.append(f"the {name} one ended with {code}: {said[-300:]}")
    if "Traceback" in said or "Error" in said:
        one.wrong.append(f"the {name} one said {said[-600:]}")
    _wait(lambda: not list(session(process.pid)), None, 5.0)
    if left := list(session(process.pid)):
        one.wrong.append(f"the {name} one left {left}")


class _started:  # noqa: N801 - used as a function, in `with`
    """A command that is under way, in a session of its own; all of that is ended at the end."""

    def __init__(self, one: Round, videos: Path, name: str) -> None:
        with (one.folder / name).open("wb") as said:
            self._process = subprocess.Popen(
                _command(videos, one.db), env=_env(one.folder), stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        for pid in session(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()


def _command(videos: Path, db: Path) -> list[str]:
    return [sys.executable, "-c", TARGET, str(videos), "--fps", "10", "--db", str(db)]


def _env(folder: Path) -> dict[str, str]:
    search = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    return {
        **os.environ,
        "PYTHONPATH": search,
        "SLOW_MS": SLOW_MS,
        "FER_VIDEO_MODELS": str(folder / "models"),
        "TMPDIR": str(folder),
    }


def _decoders(pid: int) -> list[int]:
    """The children of a process."""
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return []


def _wait(is_so: Callable[[], bool], process: subprocess.Popen[bytes] | None, seconds: float = 60.0) -> None:
    """Until something holds, the process has ended, or that long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not is_so() and (process is None or process.poll() is None):
        time.sleep(0.02)


if sys.platform != "linux":
    raise ImportError("expected Linux, whose /proc tells what a process has left")
