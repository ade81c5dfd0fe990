"""Which face of one look is which of another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..records import Box
    from ..store.sightings import Look, Sighting

REACH_SIDES, SIDES_PER_S = 1.0, 12.0
"""How far apart two boxes of one person can be: so many sides, and so many more for each second between. A face is
about 16 cm wide, so a person who walks past a camera makes nine sides a second, and one who hurries twelve."""


def reach(seconds: float) -> float:
    """How far a person gets in so many seconds, in sides of the face's box."""
    return REACH_SIDES + SIDES_PER_S * abs(seconds)


def elapsed_s(first: Look, second: Look) -> float:
    """Seconds between two looks."""
    return second.timestamp_s - first.timestamp_s


def unlinked(look: Look, links: Mapping[int, int]) -> tuple[int, ...]:
    """The numbers of the faces that have no match."""
    return tuple(number for number in range(len(look.sightings)) if number not in links)


def match(first: Sequence[Sighting], second: Sequence[Sighting], seconds: float) -> dict[int, int]:
    """Which face of one look is which of a later one.

    The assignment with the smallest sum of squared distances, so that people who walk in line are not taken for each
    other; pairs that nobody could walk in so many seconds are left out.
    """
    if not first or not second:
        return {}
    from scipy.optimize import linear_sum_assignment

    limit = reach(seconds)
    apart = np.array([[distance(one.box, other.box) for other in second] for one in first])
    rows, columns = linear_sum_assignment(np.minimum(apart, limit) ** 2)
    return {int(here): int(there) for here, there in zip(rows, columns, strict=True) if apart[here, there] < limit}


def distance(first: Box, second: Box) -> float:
    """Between two boxes' centres, in mean sides; infinite for boxes of which one is more than twice the other."""
    small, large = sorted((first.side, second.side))
    if large > 2 * small:
        return math.inf
    return math.dist(first.centre, second.centre) * 2 / max(small + large, 1e-9)
