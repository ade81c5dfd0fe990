"""Shares of a group with everything that is not known of them: how little was filmed, and how faces are misread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS

from .intervals import MIN_BLOCKS, SEED, interval, is_ahead, resample, resample_parts, to_shares, wilson
from .misreading import REPLICATES

if TYPE_CHECKING:
    from .columns import Ints, Reals
    from .intervals import Blocks
    from .misreading import Readers

BOUNDS = (0.025, 0.975)


class Verdict(StrEnum):
    """What can be said of the expression that comes first."""

    LEADS = "leads"
    MISREAD = "misread"
    TIED = "tied"
    LITTLE = "little"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Lead:
    """The two most frequent expressions, positions in `EXPRESSIONS`, and what can be said of the first.

    Attributes:
        verdict: it leads; it was recognised most, but faces may be misread so that another one leads; chance may have
            put it first; there is too little to say; saying it would tell of a few people.
    """

    first: int
    second: int
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Shares of readable faces, as an estimate and drawn again and again.

    Attributes:
        counts: float64 (8,), faces as recognised, in the order of `LABELS`.
        shares: float64 (8,), shares of them, corrected where that was shown to help.
        corrected: whether they are.
        totals: float64 (R, 8), counts with blocks resampled; None where there are too few blocks.
        said: float64 (REPLICATES, 8), shares of what people would call the faces, blocks resampled as far as there are
            enough. The last column is undecided faces as recognised: people call these something, too, so that the
            seven others sum to 1. None where it is not known how a camera misreads.
        seen: blocks with a readable face.
    """

    counts: Reals
    shares: Reals
    corrected: bool
    totals: Reals | None
    said: Reals | None
    seen: int

    def sampling(self, mapping: Reals) -> Reals | None:
        """95 % intervals (2, K) of recognised shares of labels that a mapping (8, K) sums up, by sampling alone."""
        if self.totals is None:
            return None
        return np.stack(interval(self.counts @ mapping, self.totals @ mapping))

    def contrast(self, weights: Reals) -> Reals | None:
        """95 % intervals (2, K) of differences of shares, weights (8, K); None where there are too few blocks."""
        if self.totals is None:
            return None
        return self.with_misreading(weights, np.quantile(to_shares(self.totals) @ weights, BOUNDS, axis=0))

    def lead(self) -> Lead:
        """Which expression comes first, and whether that is more than chance and misreading."""
        first, second = (int(at) for at in np.argsort(-self.shares[:-1], kind="stable")[:2])
        return Lead(first, second, self._verdict(first))

    def _verdict(self, first: int) -> Verdict:
        if self.totals is None:
            return Verdict.LITTLE
        if not self.corrected and not is_ahead(to_shares(self.totals)[:, :-1], first):
            return Verdict.TIED
        return Verdict.LEADS if self.said is None or is_ahead(self.said[:, :-1], first) else Verdict.MISREAD

    def with_misreading(self, weights: Reals, sampled: Reals | None) -> Reals | None:
        """95 % intervals (2, K) of sums or differences of shares, weights (8, K): sampling and misreading together.

        They hold the estimate, what people may say and, unless shares are corrected, the intervals by sampling alone.
        """
        found = [] if sampled is None or self.corrected else [sampled]
        if self.said is not None:
            found.append(np.quantile(self.said @ weights, BOUNDS, axis=0))
        if not found:
            return None
        if sampled is None:
            found.append(self._few(weights))
        own = self.shares @ weights
        return np.stack([np.min([own, *(one[0] for one in found)], 0), np.max([own, *(one[1] for one in found)], 0)])

    def _few(self, weights: Reals) -> Reals:
        """Intervals (2, K) of sums of shares, where too few blocks are there to resample.

        Misreading alone would have eleven happy faces of one person be 100 to 100 %. Each block counts as one
        independent face, which is the least that it can be.
        """
        return np.stack(wilson(self.shares @ weights, float(max(self.seen, 1))))


def estimate(blocks: Blocks, readers: Readers, seed: int = SEED) -> Estimate:
    """The shares of a group from its blocks of faces, counted by `COUNTED`.

    Args:
        blocks: of the group.
        readers: how cameras may misread.
        seed: of the draws of blocks: groups that are set against each other have seeds of their own.
    """
    counts = readable_of(blocks.counts)
    total, spread = counts.sum(axis=0), has_spread(blocks)
    cameras, parts = split_by_camera(blocks, readers)
    corrected = readers.correct(cameras, [part.sum(axis=0) for part in parts]) if len(cameras) else None
    shares = to_shares(total)
    if corrected is not None:
        shares = np.append(corrected * (1 - shares[-1]), shares[-1])
    totals = resample_parts(parts, REPLICATES, seed) if spread else [_repeat(part) for part in parts]
    said = readers.draw(cameras, totals) if len(cameras) else None
    if said is not None:
        undecided = to_shares(np.sum(totals, axis=0))[:, -1:]
        said = np.concatenate([said, undecided], axis=1)
    seen = int(counts.any(axis=1).sum())
    return Estimate(total, shares, corrected is not None, resample(counts, seed=seed) if spread else None, said, seen)


def draw_misread(blocks: Blocks, readers: Readers) -> Reals | None:
    """Shares of what people would say of just these faces: (REPLICATES, 8), in pairs with those of other groups."""
    cameras, parts = split_by_camera(blocks, readers)
    said = readers.draw(cameras, [_repeat(part) for part in parts])
    if said is None:
        return None
    return np.column_stack([said, np.full(len(said), to_shares(readable_of(blocks.counts).sum(axis=0))[-1])])


def split_by_camera(blocks: Blocks, readers: Readers) -> tuple[list[int], list[Reals]]:
    """The cameras with readable faces, and for each of them its blocks (B, 8)."""
    counts, camera = readable_of(blocks.counts), readers.of_video[blocks.video]
    seen: Ints = np.unique(camera[counts.any(axis=1)])
    return seen.tolist(), [counts[camera == one] for one in seen]


def _repeat(part: Reals) -> Reals:
    return np.tile(part.sum(axis=0), (REPLICATES, 1))


def readable_of(counts: Reals) -> Reals:
    """The readable faces among counts by `COUNTED`: (..., 9) → (..., 8), in the order of `LABELS`."""
    return counts[..., : len(LABELS)]


def has_spread(blocks: Blocks) -> bool:
    """Whether enough blocks hold a readable face to give intervals of shares among readable faces."""
    return blocks.unit is not None and int(readable_of(blocks.counts).any(axis=1).sum()) >= MIN_BLOCKS
