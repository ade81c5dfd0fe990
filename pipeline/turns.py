"""Whose turn a video is: each in the order of the inputs, but for those that must wait until all others are done.

Put off is what another fer-video works on just now, whose result is then taken or gone on with; and what the program
ended on before, which is tried alone, so that it costs the others nothing if it ends the program again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from .events import VideoDeferred
from .work import Job, Pause, Quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .engines.serial import Work
    from .places.inputs import Input
    from .store.leases import Holder, LostError
    from .work import Event

    Position: TypeAlias = tuple[int, int]

Done = TypeVar("Done")

POLL_S, WORD_EVERY_S = 2.0, 60.0
"""How often to look whether another process is through with a video, and to say that we wait."""

MAX_LOSSES = 3
"""A video that other processes take from us so often is theirs."""

MAX_DEATHS = 3
"""A video on which the program ended so often, without a new chunk, is not tried again."""


LATER = "looked at again behind the others"


class Look(Enum):
    """What the looking at an input is: in its turn, once more because it was put off, or as the only video left."""

    FIRST = auto()
    AGAIN = auto()
    ALONE = auto()


@dataclass(frozen=True, slots=True)
class _Turn:
    item: Input
    position: Position
    key: tuple[int, int] = (0, 0)
    told: VideoDeferred | None = None


class Turns(Generic[Done]):
    """The inputs of one batch that were put off, and how they come to an end."""

    def __init__(
        self,
        settle: Callable[[Input, Position, Look], Job | Done | VideoDeferred],
        holder: Callable[[int, int], Holder | None],
        renew: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare.

        Args:
            settle: says what is to be done with an input.
            holder: who works on an analysis, by video and run.
            renew: called before a video is tried alone.
        """
        self._settle, self._holder, self._renew = settle, holder, renew
        self._turns: dict[str | None, _Turn] = {}
        self._taken: list[_Turn] = []
        self._alone: list[_Turn] = []
        self._losses: dict[int, int] = {}
        self._lost: set[str | None] = set()

    def look(self, item: Input, position: Position, look: Look = Look.FIRST) -> Job | Done | VideoDeferred:
        """What is to be done with an input; what is put off is kept for `rest`."""
        settled = self._settle(item, position, look)
        if isinstance(settled, VideoDeferred):
            kept = self._taken if settled.holder else self._alone
            kept.append(_Turn(item, position, settled.key, settled))
        elif isinstance(settled, Job):
            self._turns[settled.token] = _Turn(item, position, settled.key)
        return settled

    def keep(self, work: Work) -> Work:
        """The same work, which ends early on a video that was lost."""

        def kept(job: Job) -> Iterator[Event]:
            for event in work(job):
                yield event
                if job.token in self._lost:
                    return

        return kept

    def put_off(self, job: Job, why: LostError) -> VideoDeferred | None:
        """A video that was lost while it was worked on is looked at again; None for one that was lost too often."""
        self._lost.add(job.token)
        losses = self._losses[job.number] = self._losses.get(job.number, 0) + 1
        if losses > MAX_LOSSES:
            return None
        turn = self._turns[job.token]
        self._taken.append(_Turn(turn.item, turn.position, turn.key))
        return VideoDeferred(job.video, f"{why}; {LATER}", turn.key)

    def is_lost(self, job: Job) -> bool:
        """Whether a job's video was lost since it was given out, so that what still comes of it is nobody's."""
        return job.token in self._lost

    def rest(self) -> Iterator[Job | Done | VideoDeferred | Pause | Quiet]:
        """Those that were put off: as soon as nobody holds them, and behind them those that are tried alone."""
        while True:
            yield from self._rest()
            yield Quiet()  # what is still in work may be put off, too
            if not self._taken and not self._alone:
                return

    def _rest(self) -> Iterator[Job | Done | VideoDeferred | Pause | Quiet]:
        began, said_s = time.monotonic(), 0.0
        while self._taken or self._alone:
            turn = next((each for each in self._taken if not self._holder(*each.key)), None)
            if turn:
                self._taken.remove(turn)
                yield self.look(turn.item, turn.position, Look.AGAIN)
            elif not self._taken:
                yield Quiet()
                if self._taken:
                    continue
                self._renew()
                alone = self._alone.pop(0)
                yield self.look(alone.item, alone.position, Look.ALONE)
            else:
                waited_s = time.monotonic() - began
                if waited_s - said_s >= WORD_EVERY_S:
                    said_s = waited_s
                    yield from (each.told for each in self._taken if each.told)
                yield Pause(POLL_S)
