"""The faces of one analysis as arrays: what the linker sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .gates import BREAK_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]
    Flags: TypeAlias = NDArray[np.bool_]

APART_S = 1e6
"""Between two stretches of a recording, on the linker's own clock: further than anything reaches."""

SLACK_S = 1e-6
"""Seconds that differ by less are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Faces in the order of their frames, each frame's in any order that is always the same.

    Attributes:
        time_s: float64 (F,), seconds of all sampled frames, faces or not.
        frame: int64 (N,), position of each face's frame in `time_s`, ascending.
        x, y: float64 (N,), centre of the box, pixels.
        side: float64 (N,), its longer side, pixels; above 0.
        confidence: float64 (N,), the detector's, 0 to 1.
    """

    time_s: Reals
    frame: Ints
    x: Reals
    y: Reals
    side: Reals
    confidence: Reals

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def seconds(self) -> Reals:
        """When each face was seen: float64 (N,)."""
        return self.time_s[self.frame]

    def where(self, keep: Flags) -> Boxes:
        """The faces for which `keep` (N,) is true, of the same frames."""
        return Boxes(self.time_s, *(getattr(self, name)[keep] for name in ("frame", "x", "y", "side", "confidence")))

    def on_own_clock(self) -> Boxes:
        """The same with stretches of the recording so far apart that nobody is followed from one to the next."""
        offset = stretch_of(self.time_s) * APART_S
        return Boxes(self.time_s + offset, self.frame, self.x, self.y, self.side, self.confidence)

    def reversed(self) -> Boxes:
        """The same backwards in time, faces too."""
        frame = len(self.time_s) - 1 - self.frame[::-1]
        flipped: Any = (each[::-1] for each in (self.x, self.y, self.side, self.confidence))
        return Boxes(-self.time_s[::-1], frame, *flipped)


def stretch_of(time_s: Reals) -> Ints:
    """Which stretch of the recording each frame (F,) is in, from 0: gaps end one, and clocks that are set back."""
    steps = np.diff(time_s)
    breaks = (steps > BREAK_S) | (steps <= 0)
    return np.concatenate([np.zeros(min(len(time_s), 1), np.int64), np.cumsum(breaks)])


def usual_step_s(time_s: Reals) -> float:
    """Seconds from one frame to the next, the middle one of all; 0 for a single frame."""
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0


def renumber(piece: Ints, seconds: Reals) -> Ints:
    """Numbers from 1 in the order in which pieces begin; `piece` and `seconds` are (N,) in order of time."""
    _, first, inverse = np.unique(piece, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((first, seconds[first]))] = np.arange(1, len(first) + 1)
    return rank[inverse]
