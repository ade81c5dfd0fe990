"""How far apart two sightings of one person may be: all numbers of the linker, and the name of its version."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

LINKER_VERSION = 1
"""Raise it when the same boxes give other tracklets or visits than before: `fer-video visits` then links again."""

VISIT_GAP_S = 5.0
"""Whoever is seen again within so many seconds is still on the same visit, unless somebody chooses another gap."""

MOST_STEP_S = 1.05
"""Frames further apart than a second, and a little for uneven ones, do not tell who is who."""

MOVING_SHARE = 0.2
"""From such a share of steps in which the picture moves on, visits are uncertain. In a busy street under a camera that
stands none moves, in a clip from a hand-held one two of three."""

BREAK_S = 2.0
"""Where a recording has no frame for longer, nobody is followed; files that follow each other so closely are one."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How far from where it is expected a face may be, in sides of its box.

    Attributes:
        sides: at once.
        sides_per_s: more for each second between.
    """

    sides: float
    sides_per_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Gates:
    """What decides who is who. Searched for on one half of annotated people in motion, chosen with a look at the other.

    Attributes:
        free: for a face of which no movement is known yet.
        known: for one whose movement is known, in a pass from frame to frame.
        kept: for an end and a start that both move towards each other, within one tracklet.
        met: the same, within one visit.
        hinted: where only one of the two is known to move, within one visit.
        paused: around the place where somebody who hardly moves was seen last.
        sure: around the line through three sightings that nothing else explains.
        between: around the line between two sightings of a tracklet, for one that was left out.
        twin: two boxes of one frame that are so close are one face.
        growth: how much wider a gate is for each doubling a second, roughly, of a face's size: people who come towards
            the lens.
        most_growth: what grows faster counts as that.
        ratio: between the sizes of two boxes in a pass.
        size_slip: logarithm of how far a size may be from where its growth leads, where pieces are joined.
        slow_sides_per_s: who moves less pauses.
        survive_s: how long a tracklet waits for its next sighting.
        next_s: within it, or from one frame to the next, an end and a start that nothing else reaches belong together.
        next_ratio: between the sizes of the two.
        motion_sightings: so many sightings tell the movement at an end.
        rounds: pieces that were joined may be joined again.
        single_confidence: somebody who was seen once was there only if the detector was so sure.
    """

    free: Gate = Gate(1.0, 6.0)
    known: Gate = Gate(1.0, 1.0)
    kept: Gate = Gate(0.75, 0.25)
    met: Gate = Gate(1.5, 0.5)
    hinted: Gate = Gate(0.5, 0.25)
    paused: Gate = Gate(1.5)
    sure: Gate = Gate(0.4)
    between: Gate = Gate(0.75)
    twin: Gate = Gate(0.35)
    growth: float = 1.5
    most_growth: float = 1.0
    ratio: float = 2.5
    size_slip: float = 0.7
    slow_sides_per_s: float = 1.0
    survive_s: float = 1.5
    next_s: float = 0.6
    next_ratio: float = 3.0
    motion_sightings: int = 3
    rounds: int = 3
    single_confidence: float = 0.95

    def for_step(self, step_s: float) -> Gates:
        """The same for frames so far apart: the next frame is always within reach."""
        return replace(self, next_s=max(self.next_s, 1.2 * step_s))


GATES = Gates()


def describe(visit_gap_s: float, moving: float | None = None) -> str:
    """What an analysis was linked with, and how often its picture moves, as `analyses.linker` keeps it."""
    told = {"version": LINKER_VERSION, "visit_gap_s": float(visit_gap_s)}
    return json.dumps(told if moving is None else told | {"moving": round(moving, 3)})


def describe_none(why: str) -> str:
    """That an analysis has no visits, and why, as `analyses.linker` keeps it."""
    return json.dumps({"version": LINKER_VERSION, "none": why})


@dataclass(frozen=True, slots=True)
class Linked:
    """What `analyses.linker` says.

    Attributes:
        version: of the linker.
        visit_gap_s: seconds; None where there are no visits.
        why_none: why there are none.
        moving: share of steps in which the picture moves; None where nothing tells, and for older analyses.
    """

    version: int
    visit_gap_s: float | None
    why_none: str | None
    moving: float | None = None

    @property
    def picture_moves(self) -> bool:
        """Whether the picture moves so often that visits break and posters count as people."""
        return self.moving is not None and self.moving >= MOVING_SHARE


def read_linked(stored: str | None) -> Linked | None:
    """The column back; None for an analysis that was never linked."""
    if stored is None:
        return None
    said = json.loads(stored)
    return Linked(int(said["version"]), said.get("visit_gap_s"), said.get("none"), said.get("moving"))
