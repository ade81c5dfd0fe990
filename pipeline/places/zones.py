"""Where somebody was, and when: centres of one person's faces over time → stays in each zone.

A pure function of stored numbers, so moving a zone costs no new analysis. Borders have hysteresis in seconds: whoever
was in for `min_s` without a break is out only after `OUT_S` outside, so a face on the border does not come and go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..areas import Kind, inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from ..areas import Zone

OUT_S = 1.0
"""Seconds outside after which somebody has left."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in a zone, in seconds of the video: from the first sighting inside to a step after the last one."""

    first_s: float
    last_s: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.last_s - self.first_s


def find_stays(
    times_s: ArrayLike, centres: ArrayLike, zones: Sequence[Zone], step_s: float = 0.0
) -> dict[str, tuple[Stay, ...]]:
    """The stays of one person in each zone. Zones may overlap: whoever stands in two is in both.

    Between two sightings inside, nothing is known that speaks against having stayed; only sightings outside end a stay.

    Args:
        times_s: float (N,), when each face was seen, seconds, rising.
        centres: (N, 2), the middle of its box, as shares of the picture.
        zones: of the camera.
        step_s: seconds between two sampled frames, for which a sighting stands.

    Returns:
        Stays in order by the zone's name; zones of kind `ignore` and those that nobody stayed in have none.
    """
    times, where = np.asarray(times_s, np.float64), np.asarray(centres, np.float64).reshape(-1, 2)
    return {
        zone.name: tuple(_stays(times, inside(where, zone.polygon), zone.min_s, step_s))
        for zone in zones
        if zone.kind is not Kind.IGNORE
    }


def are_ignored(centres: ArrayLike, zones: Sequence[Zone]) -> NDArray[np.bool_]:
    """Which faces lie in a zone that is to be ignored: bool (N,) of centres (N, 2), shares of the picture."""
    where = np.asarray(centres, np.float64).reshape(-1, 2)
    ignored = np.zeros(len(where), bool)
    for zone in zones:
        if zone.kind is Kind.IGNORE:
            ignored |= inside(where, zone.polygon)
    return ignored


def _stays(times: NDArray[np.float64], within: NDArray[np.bool_], min_s: float, step_s: float) -> Iterator[Stay]:
    """Runs of sightings inside; short breaks are closed once somebody is in."""
    first = last = None
    is_in = False
    left = None
    for second, here in zip(times.tolist(), within.tolist(), strict=True):
        if not here:
            left = second if left is None else left
            if not is_in:
                first = None  # whoever is not in yet must stay without a break
            continue
        if first is not None and last is not None and left is not None and second - left >= OUT_S:
            yield Stay(first, last + step_s)
            first, is_in = None, False
        first, last, left = second if first is None else first, second, None
        is_in = is_in or last - first + step_s >= min_s
    if first is not None and last is not None and is_in:
        yield Stay(first, last + step_s)
