"""What differs beyond chance: one group against all others, and two selections against each other."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from .grouping import group
from .intervals import MIN_BLOCKS, SEED, resample, share_variance, to_shares
from .rollup import KINDS
from .summary import MIN_FACES, Group, cut_pieces, has_spread, readable_of, summarise_all, unclear_of

if TYPE_CHECKING:
    from .columns import Data
    from .grouping import By
    from .intervals import Blocks
    from .rollup import Rollup

COMPARED = KINDS[:3]
"""Positive, neutral and negative are compared; more comparisons would only find less."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A group whose share of a kind differs from that of all others."""

    name: str
    kind: str
    share: float
    others: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two selections side by side.

    Attributes:
        first, second: each with its own shares and intervals.
        differences, low, high: second minus first with 95 % intervals: shares of readable faces for `LABELS`, then
            the first four `KINDS`, and at the end the unclear ones' share of all faces; the intervals are None if one
            side has too little for one.
    """

    first: Group
    second: Group
    differences: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None

    @property
    def judged(self) -> bool:
        """Whether it is known on both sides which faces are unclear, so that the last difference says something."""
        return self.first.judged and self.second.judged


@dataclass(frozen=True, slots=True)
class Balance:
    """Positive minus negative, as shares of readable faces, with its 95 % interval (None where there is too little)."""

    difference: float
    low: float | None
    high: float | None


def find_balance(data: Data, rollup: Rollup) -> Balance:
    """Whether positive expressions are more or less frequent than negative ones."""
    blocks, kinds = cut_pieces(data).blocks(), rollup.matrix()
    weights = (kinds[:, KINDS.index("positive")] - kinds[:, KINDS.index("negative")]).astype(np.float64)
    difference = float(to_shares(readable_of(blocks.counts).sum(axis=0)) @ weights)
    if not has_spread(blocks):
        return Balance(difference, None, None)
    low, high = np.quantile(to_shares(resample(readable_of(blocks.counts))) @ weights, (0.025, 0.975))
    return Balance(difference, float(low), float(high))


def find_departures(data: Data, rollup: Rollup, by: By) -> tuple[Departure, ...]:
    """Groups that differ from all others by more than chance explains.

    A two-sided test of the difference of two shares over blocks, at 5 % for all comparisons together (Bonferroni).
    """
    grouping = group(data, by)
    pieces, kinds = cut_pieces(data, grouping), rollup.matrix()[:, : len(COMPARED)]
    tests = len(grouping.names) * len(COMPARED)
    limit = NormalDist().inv_cdf(1 - 0.025 / max(tests, 1))
    found = []
    for number, name in enumerate(grouping.names):
        mine, others = pieces.blocks(number), pieces.blocks(number, others=True)
        if not (_sufficient(mine) and _sufficient(others)):
            continue
        shares, rest = (to_shares(readable_of(blocks.counts).sum(axis=0)) @ kinds for blocks in (mine, others))
        error = np.sqrt(_kind_variance(mine, rollup) + _kind_variance(others, rollup))
        beyond = np.abs(shares - rest) > limit * np.maximum(error, 1e-9)
        found += [
            Departure(name, COMPARED[at], float(shares[at]), float(rest[at])) for at in np.flatnonzero(beyond).tolist()
        ]
    return tuple(found)


def compare(first: Data, second: Data, names: tuple[str, str], rollup: Rollup) -> Comparison:
    """Shares of two selections and their differences, second minus first."""
    groups = [summarise_all(data, rollup, name) for data, name in zip((first, second), names, strict=True)]
    shares = [np.array((*one.expressions.shares, *one.rollup.shares[:4], one.unclear.share)) for one in groups]
    low = high = None
    if all(one.expressions.low for one in groups):
        drawn = [_replicates(data, rollup, SEED + at) for at, data in enumerate((first, second))]
        bounds = np.quantile(drawn[1] - drawn[0], (0.025, 0.975), axis=0)
        low, high = (tuple(float(value) for value in bound) for bound in bounds)
    return Comparison(groups[0], groups[1], tuple(float(value) for value in shares[1] - shares[0]), low, high)


def _replicates(data: Data, rollup: Rollup, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    totals = resample(cut_pieces(data).blocks().counts, seed=seed)
    shares = to_shares(readable_of(totals))
    return np.concatenate([shares, shares @ rollup.matrix()[:, :4], to_shares(unclear_of(totals))[:, 1:]], axis=1)


def _sufficient(blocks: Blocks) -> bool:
    counts = readable_of(blocks.counts)
    return int(counts.any(axis=1).sum()) >= MIN_BLOCKS and int(counts.sum()) >= MIN_FACES


def _kind_variance(blocks: Blocks, rollup: Rollup) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return share_variance(readable_of(blocks.counts) @ rollup.matrix())[: len(COMPARED)]
