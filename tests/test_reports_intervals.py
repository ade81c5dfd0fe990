"""Intervals: they cover what they claim, and do not mistake frames for people."""

from __future__ import annotations

import numpy as np
import pytest

from reports.numbers.intervals import (
    MIN_BLOCKS,
    choose_blocks,
    effective_faces,
    interval,
    merge,
    resample,
    share_variance,
    to_shares,
    wilson,
)

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def draw_blocks(generator: np.random.Generator, blocks: int = 40, stay: int = 20) -> np.ndarray:
    """Counts of blocks in which each of three people keeps an expression for `stay` frames."""
    moods = generator.multinomial(3, SHARES, size=blocks)
    return (moods * stay).astype(np.float64)


def test_intervals_cover_at_least_nine_in_ten_times() -> None:
    """The true share lies within the 95 % interval in at least 90 % of simulated shops (few, dependent blocks)."""
    generator = np.random.default_rng(5)
    covered = np.zeros(len(SHARES))
    trials = 200
    for _ in range(trials):
        counts = draw_blocks(generator)
        low, high = interval(counts.sum(axis=0), resample(counts, 300))
        covered += (low <= SHARES) & (high >= SHARES)

    assert covered.min() / trials >= 0.9


def test_repeating_frames_does_not_narrow_an_interval() -> None:
    """The same people seen in twice as many frames say nothing new."""
    counts = draw_blocks(np.random.default_rng(1))

    once, twice = interval(counts.sum(axis=0), resample(counts)), interval(2 * counts.sum(axis=0), resample(2 * counts))

    assert np.allclose(once, twice, atol=1e-9)


def test_faces_of_the_same_people_are_worth_fewer() -> None:
    """20 frames of each person are worth about one independent face."""
    counts = draw_blocks(np.random.default_rng(2), blocks=200)

    faces = effective_faces(counts.sum(axis=0), resample(counts))

    assert counts.sum() / faces == pytest.approx(20, rel=0.3)


def test_an_expression_never_seen_is_not_impossible() -> None:
    """The interval of a share of zero has an upper end above zero."""
    counts = np.tile([10.0, 0.0], (12, 1))

    low, high = interval(counts.sum(axis=0), resample(counts))

    assert low[1] == 0
    assert 0.005 < high[1] < 0.1


def test_the_longest_blocks_of_which_there_are_enough_are_resampled() -> None:
    """Videos from twenty on, else minutes from ten on, else tens of seconds from five on, else no interval."""
    slots = np.arange(120)
    ones = np.ones((120, 2))

    units = [
        choose_blocks(slots // 6, slots % 6, ones).unit,
        choose_blocks(slots * 0, slots, ones).unit,
        choose_blocks(slots[:30] * 0, slots[:30], ones[:30]).unit,
        choose_blocks(slots[:4] * 0, slots[:4], ones[:4]).unit,
    ]

    assert units == ["video", "minute", "ten_seconds", None]
    assert MIN_BLOCKS == 5


def test_the_same_seed_gives_the_same_totals() -> None:
    """A report of the same rows has the same intervals."""
    counts = draw_blocks(np.random.default_rng(3))

    assert np.array_equal(resample(counts), resample(counts))


def test_merging_keeps_every_face() -> None:
    """Blocks put together hold the faces of their parts."""
    counts = np.arange(12.0).reshape(6, 2)

    merged = merge(np.array([7, 7, 3, 3, 3, 9]), counts)

    assert merged.tolist() == [[18.0, 21.0], [2.0, 4.0], [10.0, 11.0]]


def test_the_variance_agrees_with_the_bootstrap() -> None:
    """The formula for a ratio estimator and resampling give the same spread."""
    counts = draw_blocks(np.random.default_rng(4), blocks=150)

    spread = to_shares(resample(counts, 2000)).var(axis=0)

    assert np.allclose(share_variance(counts), spread, rtol=0.15)


def test_wilson_agrees_with_published_values() -> None:
    """7 of 10: 0.397 to 0.892 (Agresti & Coull 1998)."""
    low, high = wilson(np.array([0.7]), 10)

    assert (round(float(low[0]), 3), round(float(high[0]), 3)) == (0.397, 0.892)
