"""How far a share can be trusted: intervals from resampled blocks of time.

Faces of consecutive frames show the same people, so a thousand faces are not a thousand independent observations.
Whole blocks are resampled instead (cluster bootstrap: Davison & Hinkley 1997, section 3.8; Field & Welsh 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Ints, Reals

REPLICATES = 1000
SEED = 20240326
MIN_BLOCKS = 5
"""With fewer blocks no interval is given: so few say nothing about their own spread."""

VIDEOS_SUFFICE, MINUTES_SUFFICE = 20, 10
"""With that many videos (or minutes) with faces, whole videos (or minutes) are resampled."""

_Z95 = 1.959964


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Counts of independent-enough pieces of one group.

    Attributes:
        unit: what a block is: video, minute or ten_seconds; None if there are too few for an interval.
        counts: float64 (B, K), faces of each block by `columns.COUNTED`.
        video: int64 (B,), to which video each block belongs.
    """

    unit: str | None
    counts: Reals
    video: Ints


def choose_blocks(video: Ints, slot: Ints, counts: Reals) -> Blocks:
    """The longest blocks of which there are enough.

    Args:
        video: (S,), to which video each piece of ten seconds belongs.
        slot: (S,), its position in the video, in tens of seconds.
        counts: (S, K), its faces by label.
    """
    videos = np.unique(video)
    if len(videos) >= VIDEOS_SUFFICE:
        return Blocks("video", merge(video, counts), videos)
    minute = video * 10_000_000 + slot // 6
    minutes = np.unique(minute)
    if len(minutes) >= MINUTES_SUFFICE:
        return Blocks("minute", merge(minute, counts), minutes // 10_000_000)
    return Blocks("ten_seconds" if len(counts) >= MIN_BLOCKS else None, counts, video)


def merge(keys: Ints, counts: Reals) -> Reals:
    """Sum the rows of `counts` (S, K) that share a key → (distinct keys, K), in the order of the keys."""
    distinct, inverse = np.unique(keys, return_inverse=True)
    sums = [np.bincount(inverse, weights=column, minlength=len(distinct)) for column in counts.T]
    return np.stack(sums, axis=1)


def resample(counts: Reals, replicates: int = REPLICATES, seed: int = SEED) -> Reals:
    """Totals of `replicates` draws of B blocks with replacement: (B, K) → float64 (replicates, K)."""
    return resample_parts([counts], replicates, seed)[0]


def resample_parts(parts: Sequence[Reals], replicates: int = REPLICATES, seed: int = SEED) -> list[Reals]:
    """The same draws of blocks that fall into parts, with totals of each part: P times float64 (replicates, K).

    Args:
        parts: counts (B, K) of the blocks of each part, B in all.
        replicates: how often blocks are drawn.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    blocks = sum(map(len, parts))
    even, ends = np.full(blocks, 1 / blocks), np.cumsum([len(part) for part in parts])[:-1]
    # In portions: the weights of all replicates at once would be a matrix of replicates by blocks.
    portion = max(1, min(replicates, 2_000_000 // blocks))
    drawn = []
    for start in range(0, replicates, portion):
        weights = generator.multinomial(blocks, even, size=min(portion, replicates - start))
        split = np.split(weights, ends, axis=1)
        drawn.append([own @ part for own, part in zip(split, parts, strict=True)])
    return [np.concatenate(totals) for totals in zip(*drawn, strict=True)]


def to_shares(totals: Reals) -> Reals:
    """Each row divided by its sum; a row without faces becomes zeros."""
    sums = totals.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(totals, sums, out=np.zeros_like(totals, dtype=np.float64), where=sums > 0))


def interval(counts: Reals, totals: Reals) -> tuple[Reals, Reals]:
    """95 % interval of each share of `counts` (K,) from resampled `totals` (R, K).

    Percentiles of the replicates, widened where needed to the score interval (Wilson 1927) of as many independent
    faces as the replicates' spread is worth, so that an expression that was never seen is not claimed to be impossible.
    """
    totals = totals[totals.sum(axis=1) > 0]  # a draw without a face has no shares
    shares, replicated = to_shares(counts), to_shares(totals)
    low, high = np.quantile(replicated, (0.025, 0.975), axis=0)
    score_low, score_high = wilson(shares, effective_faces(counts, totals))
    return np.minimum(low, score_low), np.maximum(high, score_high)


def is_ahead(drawn: Reals, first: int) -> bool:
    """Whether one of the columns (R, K) is larger than each other one in 97.5 % of draws."""
    others = np.delete(drawn, first, axis=1).max(axis=1)
    return bool(np.quantile(drawn[:, first] - others, 0.025) > 0)


def effective_faces(counts: Reals, totals: Reals) -> float:
    """How many independent faces would spread as the replicates do (Kish's design effect, over all shares)."""
    faces = float(counts.sum())
    shares = to_shares(counts)
    expected = float((shares * (1 - shares)).sum()) / max(faces, 1.0)
    effect = float(to_shares(totals).var(axis=0).sum()) / expected if expected > 0 else 1.0
    return faces / max(effect, 1.0)


def wilson(shares: Reals, faces: float, z: float = _Z95) -> tuple[Reals, Reals]:
    """The score interval of shares among `faces` independent faces."""
    scale = 1 + z * z / faces
    centre = (shares + z * z / (2 * faces)) / scale
    margin = z / scale * np.sqrt(shares * (1 - shares) / faces + z * z / (4 * faces * faces))
    return np.maximum(centre - margin, 0.0), np.minimum(centre + margin, 1.0)


def share_variance(counts: Reals) -> Reals:
    """Variance of each share of a ratio estimator over blocks: (B, K) → (K,) (Cochran 1977, section 6.3)."""
    blocks, faces = len(counts), counts.sum()
    residuals = counts - to_shares(counts.sum(axis=0)) * counts.sum(axis=1, keepdims=True)
    return np.asarray((residuals**2).sum(axis=0) * blocks / max(blocks - 1, 1) / faces**2)
