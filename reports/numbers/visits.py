"""Visits of a selection: how many, of whom faces were seen for how long, and with which expressions.

The number depends on the gap over which sightings are joined, so it has a range. Two questions have two answers: which
share of the visits, and which share of the time that faces are seen, in which who stays long counts more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from pipeline.records import EXPRESSIONS
from pipeline.tracks.joining import pairs_within
from pipeline.tracks.linker import find_visits
from pipeline.tracks.matching import REACH_SIDES, SIDES_PER_S

from .visit_shares import VisitShares, share_visits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Flags, Reals
    from .visit_data import Tracked, VisitData, Visits

GAPS_S = (2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)
"""Gaps of the curve, seconds."""

MIN_READ = 3
"""With fewer readable sightings a visit is too brief to read."""


@dataclass(frozen=True, slots=True)
class VisitCount:
    """How many visits there were.

    Attributes:
        visits: linked over the stored gap.
        least: fewer people cannot have walked these ways, if nobody comes back after more than 30 s: a minimum path
            cover of the tracklets.
        most: each tracklet by itself.
        curve: pairs of a gap in seconds and the number of visits over it.
    """

    visits: int
    least: int
    most: int
    curve: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class VisitLabels:
    """What each visit counts as.

    Attributes:
        counts: visits by their most probable mean expression, in the order of `EXPRESSIONS`.
        undecided: read, but no expression clearly wins.
        too_brief: fewer than `MIN_READ` readable sightings.
    """

    counts: tuple[int, ...]
    undecided: int
    too_brief: int


@dataclass(frozen=True, slots=True, eq=False)
class TimeInView:
    """For how long faces were seen, from first to last sighting and one step.

    Attributes:
        median_s: Kaplan and Meier's median; None where more than half are still there when all have been counted.
        cut: visits that the recording cuts off, which were longer than what is seen of them.
        seconds: float64 (K,), times at which the curve falls.
        staying: float64 (K,), share of visits that are longer.
    """

    median_s: float | None
    cut: int
    seconds: Reals
    staying: Reals


@dataclass(frozen=True, slots=True, eq=False)
class VisitNumbers:
    """Everything about the visits of a selection; `per_hour` is per recorded hour, None where nothing was recorded."""

    count: VisitCount
    recorded_s: float
    per_hour: float | None
    shares: VisitShares
    labels: VisitLabels
    in_view: TimeInView


def count_up(data: VisitData, min_confidence: float) -> VisitNumbers:
    """All numbers of a selection's visits.

    Args:
        data: the visits.
        min_confidence: below it the mean probability of a visit's best expression leaves it undecided.
    """
    recorded = float(data.recorded_s.sum())
    visits = data.visits
    return VisitNumbers(
        count=count_visits(data),
        recorded_s=recorded,
        per_hour=len(visits) / recorded * 3600 if recorded else None,
        shares=share_visits(visits),
        labels=label_visits(visits, min_confidence),
        in_view=time_in_view(visits.in_view_s, visits.cut_start | visits.cut_end),
    )


def count_visits(data: VisitData) -> VisitCount:
    """The number of visits and its range; files that follow each other have their visits joined at every gap."""
    tracked, joined = data.tracked, data.joined
    curve = tuple((gap_s, sum(_count(each, gap_s) for each in tracked) - joined) for gap_s in GAPS_S)
    most = sum(len(each.visit) for each in tracked) - joined
    least = sum(cover_paths(each, GAPS_S[-1]) for each in tracked) - joined
    return VisitCount(len(data.visits), max(least, min(len(data.visits), 1)), most, curve)


def _count(tracked: Tracked, gap_s: float) -> int:
    return int(find_visits(tracked.pieces, tracked.step_s, gap_s).max(initial=0))


def cover_paths(tracked: Tracked, gap_s: float) -> int:
    """The fewest people who can have walked all tracklets."""
    return int(begin_paths(tracked, gap_s).sum())


def begin_paths(tracked: Tracked, gap_s: float) -> Flags:
    """With which tracklets the ways of the fewest people begin: bool (T,); a largest matching of ends and starts."""
    pieces = tracked.pieces
    begins = np.ones(len(pieces), np.bool_)
    if not len(pieces):
        return begins
    before, after = pairs_within(pieces.last.at_s, pieces.first.at_s, gap_s)
    end, start = pieces.last.at(before), pieces.first.at(after)
    apart = np.hypot(end.x - start.x, end.y - start.y) * 2 / (end.side + start.side)
    near = apart <= REACH_SIDES + SIDES_PER_S * (start.at_s - end.at_s)
    ones = np.ones(int(near.sum()), np.int8)
    graph = csr_array((ones, (before[near], after[near])), shape=(len(pieces), len(pieces)))
    matched = maximum_bipartite_matching(graph, perm_type="column")
    begins[matched[matched >= 0]] = False
    return begins


def label_visits(visits: Visits, min_confidence: float) -> VisitLabels:
    """What each visit counts as, by the mean over its readable sightings: never "ever smiled"."""
    long_enough = visits.readable >= MIN_READ
    means = visits.sums[long_enough] / visits.readable[long_enough, None]
    decided = means.max(axis=1, initial=0.0) >= min_confidence
    counts = np.bincount(means[decided].argmax(axis=1), minlength=len(EXPRESSIONS))
    return VisitLabels(tuple(counts.tolist()), int((~decided).sum()), int((~long_enough).sum()))


def time_in_view(seconds: Reals, cut: Flags) -> TimeInView:
    """The survival curve of times in view (Kaplan & Meier 1958): visits that are cut off were at least so long.

    Args:
        seconds: float64 (V,).
        cut: bool (V,), whether the recording cuts the visit off.
    """
    # Sums of steps differ in their last bits; equal times must be one.
    times = np.round(seconds, 3)
    ended = np.unique(times[~cut])
    ordered, ordered_ends = np.sort(times), np.sort(times[~cut])
    at_risk = len(times) - np.searchsorted(ordered, ended, side="left")
    ends = np.searchsorted(ordered_ends, ended, side="right") - np.searchsorted(ordered_ends, ended, side="left")
    staying = np.cumprod(1 - ends / np.maximum(at_risk, 1), dtype=np.float64)
    below = np.flatnonzero(staying <= 0.5)
    median = float(ended[below[0]]) if len(below) else None
    return TimeInView(median, int(cut.sum()), ended, staying)


def names_without(data: VisitData) -> Sequence[str]:
    """Videos whose visits nobody looked for yet, by name: `fer-video visits` finds them."""
    return [video.name for video, why in data.without if why is None]
