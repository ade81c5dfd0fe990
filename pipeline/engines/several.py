"""Several jobs beside each other: the work on each is followed by a thread of its own, in this process.

The work itself may be anywhere (`workers`); a thread here only waits for what comes of it.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any, TypeVar

from ..work import Job, Pause, Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..work import Event
    from .serial import Work

Settled = TypeVar("Settled")

WAITING_EVENTS = 4
"""Of each job so many events may wait to be written down; then whoever works on it waits, too."""

LOOK_S = 0.2
"""So long a thread waits before it looks whether the batch was given up."""

STOP_S = 10.0
"""So long a batch that is given up waits for the chunk in work; what takes longer is left to end by itself."""


class _Ended:
    """Behind the last event of a job: how its work ended."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def several(count: int) -> Callable[[Work, Iterable[Any]], Iterator[Any]]:
    """An engine that has so many jobs in work at once; it keeps to what `serial.serial` says of every engine.

    Only that what `work` raises cannot undo what others have begun: nothing is begun after it was met.
    """

    def beside_each_other(
        work: Work, tasks: Iterable[Job | Pause | Quiet | Settled]
    ) -> Iterator[tuple[Job, Event] | Settled]:
        crew = _Crew(work, count)
        try:
            yield from crew.run(iter(tasks))
        finally:
            crew.stop()

    return beside_each_other


class _Crew:
    """The threads of one batch, and what they bring."""

    def __init__(self, work: Work, count: int) -> None:
        self._work, self._count = work, count
        self._brought: Queue[tuple[Job, Event | _Ended]] = Queue(WAITING_EVENTS * count)
        self._stopped = threading.Event()
        self._threads: dict[int, threading.Thread] = {}

    def run(self, tasks: Iterator[Any]) -> Iterator[Any]:
        """Hand jobs out and pass on what comes of them, all in the caller's thread."""
        may_ask, waits_for_quiet, ask_at = True, False, 0.0
        while may_ask or self._threads:
            is_free = len(self._threads) < (1 if waits_for_quiet else self._count)
            if may_ask and is_free and time.monotonic() >= ask_at:
                waits_for_quiet = False
                task = next(tasks, self)
                may_ask = task is not self
                if isinstance(task, Pause):
                    ask_at = time.monotonic() + task.seconds
                elif isinstance(task, Quiet):
                    waits_for_quiet = True
                elif isinstance(task, Job):
                    self._begin(task)
                elif may_ask:
                    yield task
                yield from self._take(0.0)
            else:
                wait_s = max(ask_at - time.monotonic(), 0.0) if may_ask and is_free else LOOK_S
                yield from self._take(wait_s)

    def stop(self) -> None:
        """Have every thread close its work, and wait for that a little."""
        self._stopped.set()
        deadline = time.monotonic() + STOP_S
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, job: Job) -> None:
        thread = threading.Thread(target=self._follow, args=(job,), name=f"job {job.number}", daemon=True)
        self._threads[id(job)] = thread
        thread.start()

    def _take(self, seconds: float) -> Iterator[tuple[Job, Event]]:
        """What was brought, the first of it waited for so long."""
        with suppress(Empty):
            while True:
                job, event = self._brought.get(timeout=seconds) if seconds else self._brought.get_nowait()
                seconds = 0.0
                if not isinstance(event, _Ended):
                    yield job, event
                    continue
                del self._threads[id(job)]
                if event.error is not None:
                    raise event.error

    def _follow(self, job: Job) -> None:
        """In a thread: bring every event of a job, and how its work ended."""
        error = None
        events: Any = self._work(job)
        try:
            for event in events:
                if not self._bring(job, event):
                    break
        except BaseException as raised:  # noqa: BLE001 - it is raised again where the batch is
            error = raised
        finally:
            events.close()
            self._bring(job, _Ended(error))

    def _bring(self, job: Job, event: Event | _Ended) -> bool:
        """Put an event where the batch finds it; False once that was given up."""
        while not self._stopped.is_set():
            with suppress(Full):
                self._brought.put((job, event), timeout=LOOK_S)
                return True
        return False
