"""What differs beyond chance: one group against all others, and two selections against each other."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from .estimates import BOUNDS, draw_misread, estimate, readable_of
from .grouping import group
from .intervals import MIN_BLOCKS, SEED, resample, share_variance, to_shares
from .misreading import REPLICATES
from .rollup import KINDS
from .summary import MIN_FACES, Group, cut_pieces, summarise_all, unclear_of

if TYPE_CHECKING:
    from .columns import Data, Flags, Reals
    from .grouping import By
    from .intervals import Blocks
    from .misreading import Readers
    from .rollup import Rollup

COMPARED = KINDS[:3]
"""Positive, neutral and negative are compared; more comparisons would only find less."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A group whose share of a kind, as recognised, differs from that of all others by more than chance explains.

    Attributes:
        sure: misreading does not explain it either, as far as it is known how cameras misread.
    """

    name: str
    kind: str
    share: float
    others: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two selections side by side.

    Attributes:
        first, second: each with its own shares and intervals.
        differences, low, high: second minus first with 95 % intervals: shares of readable faces for `LABELS`, then
            the first four `KINDS`, and at the end the unclear ones' share of all faces; the intervals hold sampling and
            misreading, and are None if one side has too little for one.
        shown: whether each difference is; numbers of the others are zero. Empty where all are.
    """

    first: Group
    second: Group
    differences: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    shown: tuple[bool, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether it is known on both sides which faces are unclear, so that the last difference says something."""
        return self.first.judged and self.second.judged


@dataclass(frozen=True, slots=True)
class Balance:
    """Positive minus negative, as shares of readable faces.

    Attributes:
        low, high: 95 % interval, sampling and misreading together; None where there is too little for one.
        beyond_chance: whether sampling alone does not explain the difference.
    """

    difference: float
    low: float | None
    high: float | None
    beyond_chance: bool = False


def find_balance(data: Data, rollup: Rollup, readers: Readers) -> Balance:
    """Whether positive expressions are more or less frequent than negative ones."""
    kinds = rollup.matrix().astype(np.float64)
    weights = kinds[:, [KINDS.index("positive")]] - kinds[:, [KINDS.index("negative")]]
    found = estimate(cut_pieces(data).blocks(), readers)
    difference, bounds = float((found.shares @ weights)[0]), found.contrast(weights)
    if bounds is None or found.totals is None:
        return Balance(difference, None, None)
    low, high = np.quantile(to_shares(found.totals) @ weights, BOUNDS)
    return Balance(difference, float(bounds[0, 0]), float(bounds[1, 0]), beyond_chance=not low <= 0 <= high)


def find_departures(data: Data, rollup: Rollup, by: By, readers: Readers) -> tuple[Departure, ...]:
    """Groups that differ from all others by more than chance explains.

    A two-sided test of the difference of two shares over blocks, at 5 % for all comparisons together (Bonferroni).
    Whether one is sure depends on how differently cameras may misread: see `_is_sure`.
    """
    grouping = group(data, by)
    pieces, kinds = cut_pieces(data, grouping), rollup.matrix()[:, : len(COMPARED)].astype(np.float64)
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
        sure = _is_sure(shares - rest, mine, others, kinds, readers)
        found += [
            Departure(name, COMPARED[at], float(shares[at]), float(rest[at]), bool(sure[at]))
            for at in np.flatnonzero(beyond).tolist()
        ]
    return tuple(found)


def _is_sure(difference: Reals, mine: Blocks, others: Blocks, kinds: Reals, readers: Readers) -> Flags:
    """Whether the shares of kinds (8, K) that people would say differ as those read do, in 97.5 % of draws: (K,)."""
    pair = [draw_misread(blocks, readers) for blocks in (mine, others)]
    if pair[0] is None or pair[1] is None:
        return np.ones(len(difference), np.bool_)
    alike = np.sign((pair[0] - pair[1]) @ kinds) == np.sign(difference)
    return np.asarray(alike.mean(axis=0) >= BOUNDS[1])


def compare(first: Data, second: Data, names: tuple[str, str], rollup: Rollup, readers: Readers) -> Comparison:
    """Shares of two selections and their differences, second minus first."""
    groups = [summarise_all(data, rollup, readers, name) for data, name in zip((first, second), names, strict=True)]
    shares = [np.array((*one.expressions.shares, *one.rollup.shares[:4], one.unclear.share)) for one in groups]
    difference, low, high = shares[1] - shares[0], None, None
    sides = [_draw_side(data, rollup, readers, SEED + at) for at, data in enumerate((first, second))]
    # Each kind of draw where both sides have it: readings with blocks resampled, and what people would say of them.
    drawn = [two - one for one, two in zip(*sides, strict=True) if one is not None and two is not None]
    if all(one.expressions.sampling for one in groups):
        bounds = [np.quantile(one, BOUNDS, axis=0) for one in drawn]
        low = _floats(np.min([difference, *(one[0] for one in bounds)], axis=0))
        high = _floats(np.max([difference, *(one[1] for one in bounds)], axis=0))
    return Comparison(groups[0], groups[1], _floats(difference), low, high)


def _draw_side(data: Data, rollup: Rollup, readers: Readers, seed: int) -> tuple[Reals | None, Reals | None]:
    """Shares by label and kind, and of unclear faces, as in `Comparison`: as recognised, and as people would say."""
    blocks, kinds = cut_pieces(data).blocks(), rollup.matrix()[:, :4]
    if not len(blocks.counts):
        return None, None
    totals, found = resample(blocks.counts, REPLICATES, seed), estimate(blocks, readers)
    unclear = to_shares(unclear_of(totals))[:, 1:]
    read = None if found.corrected else to_shares(readable_of(totals))
    return tuple(  # type: ignore[return-value]  # two of them
        None if one is None else np.concatenate([one, one @ kinds, unclear], axis=1) for one in (read, found.said)
    )


def _floats(values: Reals) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _sufficient(blocks: Blocks) -> bool:
    counts = readable_of(blocks.counts)
    return int(counts.any(axis=1).sum()) >= MIN_BLOCKS and int(counts.sum()) >= MIN_FACES


def _kind_variance(blocks: Blocks, rollup: Rollup) -> Reals:
    return share_variance(readable_of(blocks.counts) @ rollup.matrix())[: len(COMPARED)]
