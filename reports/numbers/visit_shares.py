"""Two questions: which share of the visits, and of the time that faces are seen, with what is not known of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import EXPRESSIONS

from .estimates import Verdict
from .intervals import choose_blocks, effective_faces, is_ahead, merge, resample_parts, to_shares, wilson
from .misreading import REPLICATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Ints, Reals
    from .intervals import Blocks
    from .misreading import Readers
    from .visit_data import Visits

_BOUNDS = (0.025, 0.975)


@dataclass(frozen=True, slots=True, eq=False)
class VisitShares:
    """The two questions, for the seven expressions in the order of `EXPRESSIONS`.

    Attributes:
        visits: how many visits have a readable sighting; of these the shares are.
        of_visits: float64 (7,), mean over visits of each one's mean probabilities.
        of_time: float64 (7,), mean over all readable sightings.
        difference: float64 (7,), the first less the second.
        of_visits_interval, of_time_interval, difference_interval: float64 (2, 7), 95 %, by drawing blocks of whole
            visits again, and how faces may be misread where that is known; the latter alone where there are too few
            blocks, and None where neither is known.
        verdict: what can be said of the expression with the largest share of visits.
        misreading: whether the intervals hold it.
    """

    visits: int
    of_visits: Reals
    of_time: Reals
    difference: Reals
    of_visits_interval: Reals | None
    of_time_interval: Reals | None
    difference_interval: Reals | None
    verdict: Verdict = Verdict.LITTLE
    misreading: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Misread:
    """How the cameras of visits may misread them: int64 (V,), for each of `VisitData.videos` its camera, or -1."""

    readers: Readers
    of_video: Ints


def share_visits(visits: Visits, misread: Misread | None = None) -> VisitShares:
    """Shares of visits and of face-time, with intervals from blocks of whole visits, by when each begins.

    Args:
        visits: of one group.
        misread: how they may be misread; None where nobody knows.
    """
    read = visits.where(visits.readable > 0)
    means = read.sums / read.readable[:, None]
    counts = np.column_stack([means, read.sums])
    of_visits, of_time = (one[0] for one in _both(counts.sum(axis=0)[None]))
    own = of_visits, of_time, of_visits - of_time
    blocks = _blocks(read, counts) if len(read) else None
    if blocks is None or (blocks.unit is None and misread is None):
        return VisitShares(len(read), *own, None, None, None)
    cameras, parts = _by_camera(blocks, misread)
    has_spread = blocks.unit is not None
    drawn = resample_parts(parts) if has_spread else [np.tile(part.sum(axis=0), (REPLICATES, 1)) for part in parts]
    both = _both(np.sum(drawn, axis=0))
    said = _said(cameras, drawn, misread) if misread else None
    if not has_spread and said is None:
        return VisitShares(len(read), *own, None, None, None)
    draws = [(one, two, one - two) for one, two in (both, *([said] if said else []))]
    bounds = [[np.quantile(each[at], _BOUNDS, axis=0) for each in draws] for at in range(len(own))]
    if said:
        # People call a visit one expression: one that was never read, in few visits, may be common all the same.
        known = _independent(counts, np.sum(drawn, axis=0)) if has_spread else (float(len(blocks.counts)),) * 2
        for found, shares, visits_worth in zip(bounds, own, known, strict=False):
            found.append(np.stack(wilson(shares, visits_worth)))
    one, two, apart = (_hull(middle, found) for middle, found in zip(own, bounds, strict=True))
    verdict = _judge(int(of_visits.argmax()), both[0], said[0] if said else None) if has_spread else Verdict.LITTLE
    # Without telling what other hours would show, nothing is said of how the two differ.
    return VisitShares(len(read), *own, one, two, apart if has_spread else None, verdict, said is not None)


def _hull(middle: Reals, bounds: Sequence[Reals]) -> Reals:
    """The interval (2, 7) that holds the estimate and each interval."""
    return np.stack([np.minimum.reduce([middle, *(one[0] for one in bounds)]),
                     np.maximum.reduce([middle, *(one[1] for one in bounds)])])  # fmt: skip


def _judge(first: int, drawn: Reals, said: Reals | None) -> Verdict:
    if not is_ahead(drawn, first):
        return Verdict.TIED
    return Verdict.LEADS if said is None or is_ahead(said, first) else Verdict.MISREAD


def _by_camera(blocks: Blocks, misread: Misread | None) -> tuple[list[int], list[Reals]]:
    """Cameras, and the blocks of each; all as of one that nobody knows where it is not known how they misread."""
    if misread is None:
        return [-1], [blocks.counts]
    camera = misread.of_video[blocks.video]
    cameras = np.unique(camera)
    return cameras.tolist(), [blocks.counts[camera == one] for one in cameras]


def _said(cameras: Sequence[int], drawn: Sequence[Reals], misread: Misread) -> tuple[Reals, Reals] | None:
    """Shares of visits and of face-time as people would call them, (R, 7) each; None where that is not known."""
    if -1 in cameras:
        return None
    kinds = len(EXPRESSIONS)
    halves = [
        misread.readers.draw(cameras, [totals[:REPLICATES, half] for totals in drawn])
        for half in (slice(kinds), slice(kinds, None))
    ]
    visits, time = halves
    return None if visits is None or time is None else (visits, time)


def _independent(counts: Reals, totals: Reals) -> tuple[float, float]:
    """How many independent visits the shares of visits, and those of face-time, are worth; no more than there are."""
    kinds = len(EXPRESSIONS)
    halves = (slice(kinds), slice(kinds, None))
    found = (effective_faces(counts[:, half].sum(axis=0), totals[:, half]) for half in halves)
    visits, time = (min(one, float(len(counts))) for one in found)
    return visits, time


def _both(totals: Reals) -> tuple[Reals, Reals]:
    """Sums of means and sums of probabilities, (R, 14) → both shares, (R, 7) each."""
    kinds = len(EXPRESSIONS)
    return to_shares(totals[:, :kinds]), to_shares(totals[:, kinds:])


def _blocks(visits: Visits, counts: Reals) -> Blocks:
    """Sums (B, 14) of the visits that begin in a stretch of time."""
    slot = (visits.first_s // 10).astype(np.int64)
    key = visits.video * 10_000_000 + slot
    keys = np.unique(key)
    return choose_blocks(keys // 10_000_000, keys % 10_000_000, merge(key, counts))
