"""A run of `analyze` as it goes on: what came of it so far, and what it is told as at its end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .. import __version__
from .flags import spell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..batch import BatchStarted
    from ..events import ChunkStored, Event, Outcome
    from .acceptance import Acceptance

JSON_SCHEMA = 1
"""Of the summary as JSON: raised where a key goes or means something else."""

BAD = frozenset({"failed", "partial"})
UNCOUNTED = frozenset({"skipped", "duplicate"})
"""Inputs that are no videos of their own."""

SOME_FAILED, NOTHING_USABLE = 3, 4


@dataclass(frozen=True, slots=True)
class Told:
    """How an input ended, how long that took, and whether a failure was said beforehand to be no reason to worry."""

    outcome: Outcome
    seconds: float
    is_accepted: bool = False

    @property
    def is_new_failure(self) -> bool:
        """It failed, or is partial, and nobody expected that."""
        return self.outcome.status in BAD and not self.is_accepted


@dataclass(frozen=True, slots=True)
class InHand:
    """A video that is being read: its path, what is stored of it, seconds of footage done, and when it was begun."""

    path: str
    frames: int = 0
    faces: int = 0
    done_s: float = 0.0
    began: float = 0.0


@dataclass
class Night:
    """What came of a run so far.

    Attributes:
        db: the database, as it may be printed.
        settings: what decides the rows, in words.
        all_settings: those, and what rows count as, with plain values.
        acceptance: which failures are expected.
        batch: model, device and run; None until the database is open.
        told: every input that has ended, in that order.
        in_hand: the videos that are being read, by path; with one worker, one.
        stopped_by: the signal that ended it early.
    """

    db: str
    settings: str
    all_settings: dict[str, Any]
    acceptance: Acceptance
    batch: BatchStarted | None = None
    told: list[Told] = field(default_factory=list)
    in_hand: dict[str, InHand] = field(default_factory=dict)
    stopped_by: str | None = None
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _began: float = field(default_factory=time.monotonic)
    _step_began: float = field(default_factory=time.monotonic)

    def follow(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events, each kept in mind before it is passed on."""
        from ..events import ChunkStored, Outcome, VideoStarted

        for event in events:
            if isinstance(event, VideoStarted):
                self.in_hand[str(event.path)] = InHand(str(event.path), event.resumed_frames, began=time.monotonic())
            elif isinstance(event, ChunkStored):
                self._add(event)
            elif isinstance(event, Outcome):
                held, step = self.in_hand.pop(str(event.path), None), self._step()
                seconds = time.monotonic() - held.began if held else step
                self.told.append(Told(event, seconds, self.acceptance.accepts(event)))
            else:  # it was another's in the end, and waits
                self.in_hand.pop(str(event.path), None)
            yield event

    def _add(self, event: ChunkStored) -> None:
        held = self.in_hand[str(event.path)]
        frames, faces = held.frames + event.frames, held.faces + event.faces
        self.in_hand[held.path] = replace(held, frames=frames, faces=faces, done_s=event.timestamp_s)

    def sort(self, inputs: Sequence[Path]) -> None:
        """Put what was told into the order of the inputs, as several workers end in any order."""
        places = {path: number for number, path in enumerate(inputs)}
        self.told.sort(key=lambda one: places.get(one.outcome.path, len(places)))

    def _step(self) -> float:
        """Seconds since the last input ended."""
        now = time.monotonic()
        began, self._step_began = self._step_began, now
        return now - began

    @property
    def outcomes(self) -> list[Outcome]:
        """How each input ended."""
        return [one.outcome for one in self.told]

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    @property
    def exit_code(self) -> int:
        """By how the inputs ended; a signal has a code of its own."""
        videos = [one for one in self.told if one.outcome.status not in UNCOUNTED]
        new = [one for one in videos if one.is_new_failure]
        if new and len(new) == len(videos) and all(one.outcome.status == "failed" for one in new):
            return NOTHING_USABLE
        return SOME_FAILED if new else 0

    def totals(self) -> dict[str, Any]:
        """Sums over all inputs."""
        outcomes = self.outcomes
        read = [one for one in outcomes if not one.reused and one.status not in UNCOUNTED]
        failures = [one for one in self.told if one.outcome.status in BAD]
        counts: Counter[str] = Counter()
        for one in outcomes:
            counts.update(one.dominant)
        return {
            "inputs": len(outcomes),
            "by_status": dict(Counter(one.status for one in outcomes)),
            "already_done": sum(one.reused for one in outcomes),
            "frames": sum(one.frames for one in outcomes),
            "faces": sum(one.faces for one in outcomes),
            "problem_frames": sum(one.problems for one in outcomes),
            "dominant": dict(counts),
            "footage_read_s": round(sum(one.duration_s or 0.0 for one in read), 3),
            "new_failures": sum(one.is_new_failure for one in failures),
            "accepted_failures": sum(one.is_accepted for one in failures),
            "known_failures": sum(one.outcome.known for one in failures),
        }

    def summary(self, exit_code: int) -> dict[str, Any]:
        """Everything with plain values, for `--json` and the log."""
        batch = self.batch
        return {
            "json_schema": JSON_SCHEMA,
            "version": __version__,
            "db": self.db,
            "run": batch and {"id": batch.run, "model": batch.model, "device": batch.device, "settings": self.settings},
            "began_at": self.began_at.isoformat(timespec="seconds"),
            "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "stopped_by": self.stopped_by,
            "in_hand": [{"path": one.path, "frames": one.frames} for one in self.in_hand.values()],
            "exit_code": exit_code,
            "totals": self.totals(),
            "videos": [told_json(one) for one in self.told],
        }


def told_json(told: Told) -> dict[str, Any]:
    """How one input ended, with plain values."""
    outcome = told.outcome
    return {
        "path": str(outcome.path),
        "location": outcome.location,
        "camera": outcome.camera,
        "status": outcome.status,
        "reason": outcome.reason and spell(outcome.reason),
        "frames": outcome.frames,
        "faces": outcome.faces,
        "problem_frames": outcome.problems,
        "judged": outcome.judged,
        "dominant": outcome.dominant,
        "reused": outcome.reused,
        "notes": [spell(note) for note in outcome.notes],
        "changes": list(outcome.moved),
        "duration_s": outcome.duration_s,
        "seconds": round(told.seconds, 3),
        "known_failure": outcome.known and outcome.status in BAD,
        "accepted_failure": told.is_accepted,
    }


def typed() -> Sequence[str]:
    """The command as it was typed."""
    return ["fer-video", *sys.argv[1:]]
