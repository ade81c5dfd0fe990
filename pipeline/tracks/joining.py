"""Pieces of tracklets, and tracklets of visits: which begins where another one ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .boxes import SLACK_S
from .matching import REACH_SIDES, SIDES_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .boxes import Flags, Ints, Reals
    from .ends import Ends, Pieces
    from .gates import Gate, Gates

_BONUS, _NEVER = 10.0, 1e3
"""A pair that can be is always better than none; one that cannot be is left out afterwards."""

_SIZE_WEIGHT = 2.0
"""What a size that does not fit costs beside a place that does not."""

_STEADY_S = 1.0
"""Nobody grows for longer than that at the same rate."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Which pieces may be joined.

    Attributes:
        gap_s: so long between an end and a start, at most.
        met: how far from each other's line, where both move.
        hinted: the same where only one is known to; None if that is not enough.
        next_s: an end and a start within so many seconds belong together where nothing else is in reach; 0 for never.
    """

    gap_s: float
    met: Gate
    hinted: Gate | None = None
    next_s: float = 0.0


def pairs_within(end_s: Reals, start_s: Reals, gap_s: float) -> tuple[Ints, Ints]:
    """All pairs of an end and a start that follows it within the gap: positions in both.

    Args:
        end_s: float64 (P,), seconds, in any order.
        start_s: float64 (P,), ascending.
        gap_s: seconds.
    """
    low = np.searchsorted(start_s, end_s + SLACK_S, side="right")
    high = np.searchsorted(start_s, end_s + gap_s + SLACK_S, side="right")
    count = np.maximum(high - low, 0)
    before = np.repeat(np.arange(len(end_s)), count)
    offset = np.arange(len(before)) - np.repeat(np.cumsum(count) - count, count)
    return before, low[before] + offset


def join(pieces: Pieces, joint: Joint, gates: Gates) -> Ints:
    """The group of each piece, int64 (P,), from 1 in the order in which groups begin.

    Pieces must be numbered in the order in which they begin.
    """
    before, after = pairs_within(pieces.last.at_s, pieces.first.at_s, joint.gap_s)
    cost, fits = _judge(pieces, before, after, joint, gates)
    group = np.zeros(len(pieces), np.int64)
    previous = np.full(len(pieces), -1)
    for one, other in _assign(before[fits], after[fits], cost[fits], len(pieces)):
        previous[other] = one
    groups = 0
    for at, one in enumerate(previous.tolist()):  # what a piece follows has begun before it
        if one < 0:
            groups += 1
        group[at] = groups if one < 0 else group[one]
    return group


def _judge(pieces: Pieces, before: Ints, after: Ints, joint: Joint, gates: Gates) -> tuple[Reals, Flags]:
    """What each pair costs, in gates squared, and whether it can be: two (Q,)."""
    end, start = pieces.last.at(before), pieces.first.at(after)
    away = start.at_s - end.at_s
    leaves, comes = pieces.seen[before] > 1, pieces.seen[after] > 1
    growth = (end.growth + start.growth) / np.where(leaves & comes, 2, 1)
    jump = np.log(start.side / end.side)
    slip = np.abs(jump - growth * np.minimum(away, _STEADY_S))
    room = 1 + gates.growth * np.minimum(np.abs(growth), gates.most_growth)
    across, down = _apart(end, start)
    still = np.hypot(across, down)
    off = _off_line(end, start, (across, down), (leaves, comes)) / (_allowed(leaves & comes, away, joint) * room)
    pauses = (end.speed <= gates.slow_sides_per_s) & (start.speed <= gates.slow_sides_per_s)
    off = np.where(pauses, np.minimum(off, still / gates.paused.sides), off)
    enough = leaves & comes if joint.hinted is None else leaves | comes
    off = np.where(enough & (slip <= gates.size_slip), off, np.inf)
    if joint.next_s:
        reached = REACH_SIDES + SIDES_PER_S * away
        near = (away <= joint.next_s + SLACK_S) & (still <= reached) & (np.abs(jump) <= math.log(gates.next_ratio))
        near &= _is_only(pieces, before, after, near)
        off, slip = np.where(near, np.minimum(off, still / reached), off), np.where(near, 0.0, slip)
    return off**2 + _SIZE_WEIGHT * slip**2, off <= 1


def _apart(end: Ends, start: Ends) -> tuple[Reals, Reals]:
    """From ends to starts, across and down, in mean sides: two (Q,)."""
    scale = (end.side + start.side) / 2
    return (start.x - end.x) / scale, (start.y - end.y) / scale


def _off_line(end: Ends, start: Ends, apart: tuple[Reals, Reals], moves: tuple[Flags, Flags]) -> Reals:
    """How far starts are from where ends lead, and ends from where starts come from: (Q,), in mean sides.

    The mean of both where both are known to move; infinite where neither is.
    """
    away = start.at_s - end.at_s
    known = np.stack(moves)
    off = np.stack([np.hypot(apart[0] - each.dx * away, apart[1] - each.dy * away) for each in (end, start)])
    total = np.where(known, off, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.inf)


def _allowed(both: Flags, away: Reals, joint: Joint) -> Reals:
    """The gate of each pair, (Q,) sides, before room is made for growth."""
    hinted = joint.hinted or joint.met
    wide, narrow = (gate.sides + gate.sides_per_s * away for gate in (joint.met, hinted))
    return np.where(both, wide, narrow)


def _is_only(pieces: Pieces, before: Ints, after: Ints, near: Flags) -> Flags:
    """Pairs of which neither side has another one in reach that it could as well belong to: bool (Q,).

    What begins only after the later piece has ended may follow that one, and is no rival; likewise before the earlier.
    """
    starts, ends = pieces.first.at_s, pieces.last.at_s
    ranks = _Ranks(before[near], starts[after[near]]).count_to(before, ends[after])
    back = _Ranks(after[near], -ends[before[near]]).count_to(after, -starts[before])
    return np.asarray((ranks == 1) & (back == 1))


class _Ranks:
    """Times that belong to groups, to be counted up to a time."""

    def __init__(self, group: Ints, time_s: Reals) -> None:
        order = np.lexsort((time_s, group))
        self._group, self._time_s = group[order], time_s[order]

    def count_to(self, group: Ints, time_s: Reals) -> Ints:
        """How many times of a group are not later, for each of (Q,) groups and times."""
        merged_group = np.concatenate([self._group, group])
        merged_time = np.concatenate([self._time_s, time_s + SLACK_S])
        asked = np.concatenate([np.zeros(len(self._group), np.int64), np.ones(len(group), np.int64)])
        order = np.lexsort((asked, merged_time, merged_group))
        so_far = np.cumsum(1 - asked[order])
        before_group = np.searchsorted(self._group, group, side="left")
        count = np.empty(len(order), np.int64)
        count[order] = so_far
        return count[len(self._group) :] - before_group


def _assign(before: Ints, after: Ints, cost: Reals, pieces: int) -> Iterator[tuple[int, int]]:
    """The pairs of the cheapest assignment with as many pairs as there can be, each piece once on either side."""
    if not len(before):
        return
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(before)), (before, after + pieces)), shape=(2 * pieces, 2 * pieces))
    _, part = connected_components(graph, directed=False)
    order = np.argsort(part[before], kind="stable")
    cuts = np.flatnonzero(np.diff(part[before[order]])) + 1
    for rows in np.split(order, cuts):
        if len(rows) == 1:
            yield int(before[rows[0]]), int(after[rows[0]])
            continue
        left, here = np.unique(before[rows], return_inverse=True)
        right, there = np.unique(after[rows], return_inverse=True)
        table = np.full((len(left), len(right)), _NEVER)
        table[here, there] = cost[rows] - _BONUS
        for one, other in zip(*linear_sum_assignment(table), strict=True):
            if table[one, other] < 0:
                yield int(left[one]), int(right[other])
