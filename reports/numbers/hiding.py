"""Which counts of a report may be shown, so that none of a few people can be read or worked out from the others.

The only place where that is decided. Everything that is counted lies in the smallest pieces that any count tells apart
(a video's hour, say, or its happy faces), and every count that could be shown is a sum of pieces. A count is hidden
where it is small, and further ones are until nobody who knows all shown ones can tell of any piece with somebody in it
that it holds only a few: the most that it could hold, given what is shown, is `least` or more. That is the audit of
linear tables by their bounds (Willenborg & de Waal 2001, chapter 6), and holds for sums and differences of counts too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

if TYPE_CHECKING:
    from .columns import Flags, Ints, Reals

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What could be shown: G counts that are sums of A pieces.

    Attributes:
        members: float64 csr (G, A), 1 where a piece is part of a count.
        people: int64 (A,), the fewest people who are in each piece; in no doubt too few.
        present: bool (A,), whether anybody is in it at all: of people who are in several pieces one counts.
        detail: int64 (G,), the higher the sooner a count is hidden for the sake of another one.
    """

    members: csr_array
    people: Ints
    present: Flags
    detail: Ints


def find_shown(counts: Counts, least: int) -> Flags:
    """Which counts may be shown: bool (G,). An empty one may: that nobody was there says nothing about anybody."""
    total = counts.members @ counts.people
    empty = counts.members @ counts.present == 0
    shown: Flags = np.asarray(empty | (total >= least))
    while True:
        known = np.flatnonzero(shown & (np.diff(counts.members.indptr) > 0))
        leaks = _find_leaks(_System.of(counts, known), least)
        if not leaks:
            return shown
        for weights in leaks:
            among = known[np.abs(weights) > _ROUNDING]
            if shown[among].all():  # else what was hidden for another piece may be enough for this one, too
                shown[_choose(among, counts.detail, total)] = False


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """What a reader knows: shown sums of pieces; pieces that are in the same sums cannot be told apart.

    Attributes:
        members: csr (shown, C), C pieces that can be told apart.
        total: (shown,), the sums.
        people, present: (C,), as it truly is.
    """

    members: csr_array
    total: Reals
    people: Reals
    present: Flags

    @classmethod
    def of(cls, counts: Counts, shown: Ints) -> _System:
        known = counts.members[shown].tocsc()
        known.sort_indices()
        patterns: dict[bytes, int] = {}
        ends = known.indptr
        alike = np.array(
            [
                patterns.setdefault(known.indices[ends[at] : ends[at + 1]].tobytes(), len(patterns))
                for at in range(known.shape[1])
            ],
            np.int64,
        )
        first = np.unique(alike, return_index=True)[1]
        people = np.bincount(alike, counts.people, minlength=len(first)).astype(np.float64)
        present = np.bincount(alike, counts.present, minlength=len(first)) > 0
        members = csr_array(known[:, first])
        return cls(members, members @ people, people, present)


def _find_leaks(system: _System, least: int) -> list[Reals]:
    """For each piece that is known to hold too few: how much each shown sum has to do with it, (shown,)."""
    in_none = np.diff(system.members.tocsc().indptr) == 0
    doubtful = np.flatnonzero(system.present & (system.people < least) & ~in_none)
    # One solution may prove many pieces at once: each may hold enough, as far as is known.
    while len(doubtful):
        proved = _most(system, doubtful, least)[doubtful] >= least - _ROUNDING
        if not proved.any():
            break
        doubtful = doubtful[~proved]
    leaks = []
    while len(doubtful):
        found = linprog(
            -_unit(len(system.people), doubtful[:1]), A_eq=system.members, b_eq=system.total, method="highs"
        )
        could = -found.fun >= least - _ROUNDING
        if not could:
            leaks.append(np.asarray(found.eqlin.marginals))
        doubtful = doubtful[1:][found.x[doubtful[1:]] < least - _ROUNDING] if could else doubtful[1:]
    return leaks


def _most(system: _System, pieces: Ints, least: int) -> Reals:
    """A distribution of people, (C,), that agrees with what is shown and fills as many of these pieces as it can."""
    count = len(system.people)
    up_to_least = system.members[:, pieces]
    bounds = [(0, None)] * count + [(0, least)] * len(pieces)
    aim = np.concatenate([np.zeros(count), -np.ones(len(pieces))])
    found = linprog(aim, A_eq=hstack([system.members, up_to_least]), b_eq=system.total, bounds=bounds, method="highs")
    filled = found.x[:count].copy()
    filled[pieces] += found.x[count:]
    return np.asarray(filled)


def _unit(length: int, at: Ints) -> Reals:
    vector = np.zeros(length)
    vector[at] = 1.0
    return vector


def _choose(among: Ints, detail: Ints, total: Reals) -> int:
    """Of the sums that betray a piece the finest one with somebody in it, and of these the smallest."""
    order = np.lexsort((total[among], -detail[among], total[among] == 0))
    return int(among[order[0]])
