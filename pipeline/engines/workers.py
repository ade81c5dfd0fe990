"""Worker processes: each reads one video after the other with networks of its own, and hands over what comes out.

The parent alone writes to the database and holds the leases. So a worker that ends costs no more than the chunk it had
in hand: another process goes on behind the last one that came, at once. It is told apart what ended it, as of decoders.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import LifoQueue
from typing import TYPE_CHECKING

from ..inference.cores import count_cores
from ..records import End
from ..video.decoding import CRASHES, TRIES
from ..video.start import start_child
from ..video.watchdog import Watchdog
from ..work import Begun, Chunk, Failed
from .remote import Alive, Defect, Done, Opening, Raised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..work import Event, Job, OpenStages

logger = logging.getLogger("fer_video")

SILENCE_S = 120.0
"""A worker that says nothing for so long is taken to hang; it says something every two seconds."""

WORKER_BYTES = 1_000_000_000
"""What a worker and its decoder may take; so many fit as the memory that is free holds."""

MODULE = "pipeline.engines.remote"


class _GoneError(Exception):
    """A worker ended in the middle of a job; `outside` unless it crashed by itself."""

    def __init__(self, why: str, *, outside: bool) -> None:
        super().__init__(why)
        self.outside = outside


def choose_count(threads: int) -> int:
    """How many workers of so many threads use the cores and the free memory of this machine."""
    return max(1, min(count_cores() // threads, _free_bytes() // WORKER_BYTES))


def _free_bytes() -> int:
    """Memory that programs can have, with what the system only keeps of files; where it does not say, enough."""
    try:
        said = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        return int(said["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return count_cores() * WORKER_BYTES


class Workers:
    """So many processes; called with a job, whichever is free does it. For several threads, see `several`."""

    def __init__(self, count: int, open_stages: OpenStages, threads: int = 1) -> None:
        """Prepare; each process starts when its first job comes.

        Args:
            count: processes.
            open_stages: opens detector and classifier; it can be pickled.
            threads: cores that each of them may use for its networks.
        """
        self._opening = Opening(open_stages, threads)
        self._free: LifoQueue[_Process | None] = LifoQueue()
        for _ in range(count):
            self._free.put(None)
        self._all: set[_Process] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            processes, self._all = self._all, set()
        for process in processes:
            process.close()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that were started and did not end."""
        with self._lock:
            return [process.pid for process in self._all]

    def __call__(self, job: Job) -> Iterator[Event]:
        """The stream of a job, as of `work.Worker`; behind a worker that ended another one goes on.

        Raises:
            ModelError: the networks cannot be opened, which concerns all jobs.
        """
        begun, ended, losses, first = False, False, list[_GoneError](), job.first_chunk
        while True:
            try:
                with self._process() as process:
                    for event in process.do(replace(job, first_chunk=first)):
                        if isinstance(event, Begun) and begun:
                            continue  # what is stored by now must stay
                        begun, ended = True, isinstance(event, End | Failed)
                        yield event
                        if isinstance(event, Chunk):
                            first = event.number + 1
                            losses.clear()
            except _GoneError as gone:
                if ended:
                    return  # all that there is has come
                logger.info("%s: %s; chunk %d", job.video.path, gone, first)
                losses.append(gone)
                if len(losses) < TRIES:
                    continue
            else:
                return
            worst = next((each for each in losses if each.outside), losses[-1])
            if not begun:
                yield Begun()
            told = f"{TRIES} times in a row; a rerun goes on from there" if worst.outside else f"{TRIES} times there"
            yield Failed(f"{worst}, {told}", again=worst.outside)
            return

    @contextmanager
    def _process(self) -> Iterator[_Process]:
        """A free process, started if need be; one that was not through with its job is ended."""
        process = self._free.get()
        try:
            if process is None or not process.is_alive():
                self._forget(process)
                process = self._start()
            process.is_through = False
            yield process
        finally:
            if process is not None and not process.is_through:
                self._forget(process)
                process = None
            self._free.put(process)

    def _forget(self, process: _Process | None) -> None:
        if process is not None:
            with self._lock:
                self._all.discard(process)
            process.close()

    def _start(self) -> _Process:
        process = _Process(self._opening)
        with self._lock:
            self._all.add(process)
        return process


class _Process:
    """One worker and the pipe to it."""

    def __init__(self, opening: Opening) -> None:
        self._process, self._pipe = start_child(MODULE)
        self._watchdog = Watchdog(self._process.kill, SILENCE_S)
        self.is_through = True
        self._opening: Opening | None = opening

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def do(self, job: Job) -> Iterator[Event]:
        """What comes of a job.

        Raises:
            _GoneError: the process ended before it was through.
        """
        try:
            if self._opening is not None:
                self._pipe.send(self._opening)
                self._opening = None
            self._pipe.send(job)
            yield from self._receive()
        except (EOFError, OSError):
            raise self._describe_end() from None

    def close(self) -> None:
        """End the process; whoever waits for its next word meets the end of the pipe."""
        self._watchdog.close()
        self._process.kill()
        self._process.wait()
        self._pipe.close()

    def _receive(self) -> Iterator[Event]:
        while True:
            with self._watchdog.waiting():
                word = self._pipe.recv()
            if isinstance(word, Alive):
                continue
            if isinstance(word, Raised):
                raise word.error
            if isinstance(word, Defect):
                raise RuntimeError(f"in a worker process:\n{word.traceback}")  # noqa: TRY004 - a defect of ours
            if isinstance(word, Done):
                self.is_through = True
                return
            yield word

    def _describe_end(self) -> _GoneError:
        if self._watchdog.has_barked:
            return _GoneError(f"the worker said nothing for {SILENCE_S:.0f} s and was stopped", outside=True)
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return _GoneError("the worker crashed on it (it closed its pipe)", outside=False)
        if code >= 0:
            return _GoneError(f"the worker crashed on it (exit code {code})", outside=False)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        if name in CRASHES:
            return _GoneError(f"the worker crashed on it ({name})", outside=False)
        return _GoneError(f"the worker was ended from outside ({name})", outside=True)
