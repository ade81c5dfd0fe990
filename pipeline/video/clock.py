"""Timestamps as recorders write them → elapsed time.

A timestamp far from both its neighbours is placed between them. A lasting jump is judged (`jumps`), kept or joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .astray import REACH, STEPS, TIGHT, fill_holes, lone, misplaced, usual_step_s
from .cramming import fill_in
from .dahua import is_counted_on
from .jumps import RECORDED, Jump, Sides, judge, tell, unwrapped
from .medium import TICK_S, Medium, agree, filled, is_shared, line_of
from .rails import beside, is_interleaved, step_of
from .stamps import CORRUPT, KEY

if TYPE_CHECKING:
    from numpy.typing import NDArray


STEP_S = 1.0
"""Neighbours lie closer than this in seconds, or in `STEPS` that are usual in the file, or it is looked closer."""

FALL = 2.0
"""Usual steps by which times of decoding fall at least where another recording begins."""

AWAY = 64
"""After so many frames a clock may be back where it would have been; after more if their number fits."""

LOOK = 64
"""How many stretches are looked through for the one that goes on where another ended."""

EDGE = 32
"""Frames at a stretch's end among which the last one shown is; the order of packets is another."""


class Stretch(NamedTuple):
    """Frames in a row whose timestamps go together: positions among the packets, the last one excluded."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Straight:
    """What became of a stream's timestamps.

    Attributes:
        shown_s: float64 (N,), seconds, in the order of the packets; none is missing.
        notes: what was found, a sentence each.
        is_touched: they are not the file's own everywhere.
    """

    shown_s: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    is_touched: bool = False


def straighten(raw: NDArray[np.float64], medium: Medium) -> Straight:
    """Turn timestamps into times that a recording can have.

    Args:
        raw: float64 (N,), seconds of each frame, in the order of the packets.
        medium: where they are from.
    """
    line = line_of(raw, medium)
    steps = np.diff(line)
    back_s = STEP_S if line is raw and medium.reorders else TICK_S
    is_even = not is_shared(medium) or not len(steps) or steps.min() > TIGHT * medium.period_s
    if not len(steps) or (is_even and steps.min() >= -back_s and max(steps.max(), np.diff(raw).max()) <= STEP_S):
        return Straight(raw)
    return _Straightener(raw, medium).straighten()


class _Straightener:
    """One stream's timestamps on their way."""

    def __init__(self, raw: NDArray[np.float64], medium: Medium) -> None:
        self._raw, self._medium = raw, medium
        self._line = line_of(raw, medium)
        self._keys, self._corrupt = medium.stamps.are(KEY), medium.stamps.are(CORRUPT)
        self._step_s = usual_step_s(raw, medium.stamps.decoded_s(), medium.period_s)
        # Where packets come in order of showing, whatever falls back is wrong.
        self._far_s = max(STEP_S, STEPS * self._step_s) if medium.reorders else (REACH + 2) * self._step_s
        self._back_s = self._far_s if medium.reorders and self._line is raw else TICK_S
        self._shown = raw.copy()
        self._astray = np.zeros(len(raw), bool)
        self._misplaced = np.zeros(len(raw), bool)
        self._is_laid_anew = False
        self._jumps: list[Jump] = []
        self._begin_s = self._furthest_s = 0.0
        self._brought = 0

    def straighten(self) -> Straight:
        planned = self._medium.reorders and self._medium.kind not in RECORDED
        if not (planned and agree(self._raw, filled(self._medium.stamps.decoded_s(), self._raw))):
            self._mark()
        tracks = self._follow(self._cut())
        self._begin_s = self._start(tracks[0][0]) if tracks else 0.0
        self._join(tracks)
        furthest = max(self._place(), self._furthest_s)
        notes = tell(self._jumps, self._step_s)
        # What FFmpeg misplaced, the recorder wrote right.
        count = int((self._astray & ~self._misplaced).sum()) + self._brought
        if count:
            frames = "1 frame has a timestamp" if count == 1 else f"{count} frames have timestamps"
            far = f"{furthest:.{0 if furthest >= 1 else 2}f} s"
            notes = (f"{frames} up to {far} from those around and got a place between them", *notes)
        is_touched = bool(count) or bool(self._misplaced.any()) or any(jump.cause != "pause" for jump in self._jumps)
        return Straight(self._shown, notes, is_touched)

    def _mark(self) -> None:
        """Find the frames that are astray: single ones, or every other one, of which no neighbour tells."""
        step_s = step_of(self._line, self._medium.period_s)
        far_s = max(STEP_S, (REACH + 2) * step_s)
        if is_interleaved(self._line, far_s):
            self._astray = beside(self._line, step_s, far_s)
            self._step_s, self._far_s = step_s, max(STEP_S, STEPS * step_s)
            self._back_s = self._far_s if self._medium.reorders and self._line is self._raw else TICK_S
            self._is_laid_anew = self._medium.reorders and self._line is not self._raw
        elif is_shared(self._medium):
            self._misplaced = misplaced(self._line, self._step_s)
            self._astray = self._misplaced.copy()
            self._is_laid_anew = self._medium.reorders and self._line is not self._raw and bool(self._astray.any())
        kept = ~self._astray
        self._astray[kept] = lone(self._raw[kept], self._far_s)

    def _cut(self) -> list[Stretch]:
        """Stretches without any wide step, single frames that are astray left out."""
        kept = np.flatnonzero(~self._astray)
        steps = np.diff(self._line[kept])
        cuts = np.flatnonzero((steps < -self._back_s) | (steps > self._far_s) | self._falls(kept)) + 1
        bounds = [0, *cuts.tolist(), len(kept)]
        return [Stretch(int(kept[one]), int(kept[other - 1]) + 1) for one, other in pairwise(bounds)]

    def _falls(self, kept: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Where times of decoding fall, as only those of another recording do that was put behind: bool (len - 1,).

        A short fall of times of showing may be reordering. What recorders write as they go has falls of other causes.
        """
        decoded = self._medium.stamps.decoded_s()[kept]
        if not self._medium.reorders or self._medium.kind in RECORDED or np.isnan(decoded).all():
            return np.zeros(max(len(kept) - 1, 0), bool)
        # Matroska has none for the first frames of a recording: what they fall below is the last one known.
        known = np.maximum.accumulate(np.where(np.isnan(decoded), -1, np.arange(len(decoded))))
        lasting = np.where(known < 0, -np.inf, decoded[known])
        falls = np.zeros(len(kept) - 1, bool)
        falls[known[np.flatnonzero(lasting[1:] < lasting[:-1] - FALL * self._step_s)]] = True
        return falls

    def _follow(self, stretches: list[Stretch]) -> list[list[Stretch]]:
        """Tracks: stretches of which each goes on where the one before would be; those in between are astray."""
        tracks: list[list[Stretch]] = []
        at = 0
        while at < len(stretches):
            track = [stretches[at]]
            while (back := self._back(stretches, at, track)) is not None:
                if back > at + 2 or not self._bring_back(*stretches[at : at + 3]):
                    self._astray[stretches[at].end : stretches[back].begin] = True
                track.append(stretches[back])
                at = back
            tracks.append(track)
            at += 1
        return tracks

    def _bring_back(self, one: Stretch, other: Stretch, next_one: Stretch) -> bool:
        """Move a stretch whose clock went away and came back by the same; False where that is not what it did."""
        away_s, back_s = self._between(one, other), self._between(other, next_one)
        is_long = other.end - other.begin >= REACH and not self._astray[other.begin : other.end].any()
        if not is_long or abs(away_s + back_s - 2 * self._step_s) > self._step_s / 2:
            return False
        self._shown[other.begin : other.end] += self._step_s - away_s
        self._brought += other.end - other.begin
        self._furthest_s = max(self._furthest_s, abs(away_s - self._step_s))
        return True

    def _back(self, stretches: list[Stretch], at: int, track: list[Stretch]) -> int | None:
        """Which of the next stretches goes on where this one ended, if the one in between does not fit."""
        end_s = self._stop(stretches[at])
        length = sum(one.end - one.begin for one in track)
        for back in range(at + 2, min(at + LOOK, len(stretches))):
            between = stretches[back].begin - stretches[at].end
            passed = self._start(stretches[back]) - end_s
            if not self._fits(passed, between, max(length, stretches[back].end - stretches[back].begin)):
                continue
            others = self._sound(stretches[at + 1].begin, stretches[back - 1].end)
            low, high = others.min(), others.max()
            if low < end_s - self._far_s or high > end_s + passed + self._far_s:
                return back
        return None

    def _fits(self, passed_s: float, between: int, length: int) -> bool:
        """Whether so many frames can lie in that time."""
        expected_s = (between + 1) * self._step_s
        if between <= min(AWAY, length):
            return -self._step_s < passed_s <= expected_s * 3 + self._far_s
        return abs(passed_s - expected_s) <= max(STEP_S, 0.1 * expected_s)

    def _start(self, stretch: Stretch) -> float:
        """When its first frame is shown, which need not be its first packet's."""
        return float(self._sound(stretch.begin, min(stretch.begin + EDGE, stretch.end)).min())

    def _stop(self, stretch: Stretch) -> float:
        return float(self._sound(max(stretch.end - EDGE, stretch.begin), stretch.end).max())

    def _sound(self, begin: int, end: int) -> NDArray[np.float64]:
        values = self._raw[begin:end]
        sound = values[~self._astray[begin:end]]
        return sound if len(sound) else values

    def _join(self, tracks: list[list[Stretch]]) -> None:
        """Judge what lies between two tracks, and move what follows."""
        shift = 0.0
        for number, (one, other) in enumerate(pairwise(tracks)):
            end_s = self._stop(one[-1])
            raw_s = self._between(one[-1], other[0])
            delta_s = unwrapped(raw_s, self._medium.kind)
            sides = self._sides(one, other, delta_s, is_first=number == 0, is_last=number == len(tracks) - 2)
            kept_s, cause = judge(sides)
            self._jumps.append(Jump(end_s + shift - self._begin_s, delta_s, kept_s, cause))
            shift += kept_s - raw_s
            self._shown[other[0].begin : other[-1].end] += shift

    def _between(self, one: Stretch, other: Stretch) -> float:
        """Seconds by which the timestamps go on from one stretch to the next."""
        shown_s = self._start(other) - self._stop(one)
        if self._medium.reorders and self._line is self._raw:
            return shown_s
        decoded_s = float(self._line[other.begin] - self._line[one.end - 1])
        return decoded_s if abs(decoded_s - shown_s) <= STEP_S + REACH * self._step_s else shown_s

    def _sides(
        self, one: list[Stretch], other: list[Stretch], delta_s: float, *, is_first: bool, is_last: bool
    ) -> Sides:
        medium, first = self._medium, other[0].begin
        places = medium.stamps.places
        counted = None
        if medium.kind == "dhav":
            counted = is_counted_on(medium.path, places[one[-1].end - 1], places[first])
        return Sides(
            delta_s,
            self._step_s,
            one[-1].end - one[0].begin,
            other[-1].end - other[0].begin,
            is_first,
            is_last,
            bool(self._keys[first]) if self._keys.mean() < 0.5 else None,
            bool(self._corrupt[max(first - 2, 0) : first + 3].any()),
            counted,
            medium.kind,
        )

    def _place(self) -> float:
        """Lay frames that are astray between their neighbours; by how much they are moved at most."""
        if not self._astray.any():
            return 0.0
        before = self._shown.copy()
        if self._is_laid_anew:
            # So many are missing that times of showing leave no holes to tell; those of decoding rise.
            self._shown += self._line - self._raw
        self._shown[self._astray] = np.nan
        usual = self._shown[~self._astray]
        if len(usual) and np.diff(usual).min() < 0:
            fill_holes(self._shown, self._step_s)
        self._shown = fill_in(self._shown, self._step_s)
        return float(np.abs(self._shown - before)[self._astray & ~self._misplaced].max(initial=0.0))
