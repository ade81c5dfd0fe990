"""One job after another, in this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ..work import Job, Pause, Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..work import Event

    Work: TypeAlias = Callable[[Job], Iterator[Event]]

Settled = TypeVar("Settled")


def serial(work: Work, tasks: Iterable[Job | Pause | Quiet | Settled]) -> Iterator[tuple[Job, Event] | Settled]:
    """Do each job in turn.

    What every engine keeps to: the events of a job come in its own order, and none is lost; what needs no work is
    passed on as it is, and at once; a task is asked for only when there is somebody free for it, so that it is settled
    as late as can be; what `work` raises ends the batch; and when nobody asks for more, nothing goes on.
    """
    for task in tasks:
        if isinstance(task, Pause):
            time.sleep(task.seconds)
        if isinstance(task, Pause | Quiet):
            continue
        if not isinstance(task, Job):
            yield task
            continue
        for event in work(task):
            yield task, event
