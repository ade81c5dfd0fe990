"""Stretches without timestamps of their own: missing ones, equal ones, or steps that no camera takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .rates import MOST_FPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUN = 8
"""So many steps of nothing in a row are no coincidence; fields and doubled frames come in pairs."""

SHARE, QUICKEST_S = 20.0, 1 / MOST_FPS
"""A step is nothing if it is so many times shorter than the stated one, and shorter than any camera's: what states one
frame a second may have been quiet when it was looked at, and sees 25 when something moves."""


WIDE = 3.0
"""Frames between two known times are so many times further apart than usual, or they are not evenly spread."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Times of frames, those without any laid out by the rate.

    Attributes:
        shown_s: float64 (N,), seconds; none is missing.
        count: how many of them were laid out.
        at_s: the time at which they all were; None if they had none, or several.
    """

    shown_s: NDArray[np.float64]
    count: int = 0
    at_s: float | None = None


def fill_in(times: NDArray[np.float64], period_s: float) -> NDArray[np.float64]:
    """Missing times lie evenly between their neighbours', and one period apart at both ends.

    Where the neighbours are further apart than so many frames can be, a clock jumped between them: what is missing goes
    on from the first one, and the jump stays a jump.

    Args:
        times: float64 (N,), seconds, NaN where missing.
        period_s: seconds from one frame to the next.
    """
    missing = np.isnan(times)
    if not missing.any():
        return times
    there = np.flatnonzero(~missing)
    numbers = np.arange(len(times), dtype=np.float64)
    if not len(there):
        return numbers * period_s
    first, last = there[0], there[-1]
    filled = np.interp(numbers, there, times[there])
    gaps = np.diff(there)
    paces = np.diff(times[there]) / gaps
    usual_s = float(np.median(paces[paces > 0])) if (paces > 0).any() else period_s
    for at in np.flatnonzero((gaps > 1) & ((paces <= 0) | (paces > WIDE * usual_s))).tolist():
        begin, end = int(there[at]), int(there[at + 1])
        filled[begin:end] = times[begin] + (numbers[begin:end] - begin) * usual_s
    filled[:first] = times[first] - (first - numbers[:first]) * period_s
    filled[last:] = times[last] + (numbers[last:] - last) * period_s
    return filled


def spread_out(times: NDArray[np.float64], period_s: float) -> Spread:
    """Lay out frames that share one moment; what follows them is moved where there is no room for them.

    Args:
        times: float64 (N,), seconds in the order of the file, NaN where missing.
        period_s: seconds from one frame to the next, by what the file states.
    """
    filled = fill_in(_without_echoes(times), period_s)
    nothing = np.abs(np.diff(filled)) < min(period_s / SHARE, QUICKEST_S)
    runs = [(begin, end) for begin, end in _runs(nothing) if end - begin >= RUN]
    if not runs:
        return Spread(filled)
    moments = {round(float(filled[at]), 3) for run in runs for at in run}
    laid = filled.copy()
    for begin, end in runs:
        _lay(laid, begin, end, period_s)
    count = sum(end - begin + 1 for begin, end in runs)
    return Spread(laid, count, moments.pop() if len(moments) == 1 else None)


def _without_echoes(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where only some pictures have a time, as in MPEG's program streams, FFmpeg gives it to the one before, too."""
    if not np.isnan(times).any():
        return times
    single = times.copy()
    single[:-1][times[:-1] == times[1:]] = np.nan
    return single


def _runs(marks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last frame of each run of steps that are marked."""
    if not marks.any():
        return []
    edges = np.diff(np.concatenate(([0], marks.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _lay(times: NDArray[np.float64], begin: int, end: int, period_s: float) -> None:
    """Lay out frames `begin` to `end` from their own moment or the frame before, up to the next one if that fits."""
    after = float(times[end + 1]) if end + 1 < len(times) else None
    for first in (begin, begin - 1):
        steps = end + 1 - first
        if after is not None and first >= 0 and 0.5 < (after - times[first]) / (steps * period_s) < 2:
            times[first : end + 2] = np.linspace(times[first], after, steps + 1)
            return
    # Frames that follow a leap at once are no sign of it: they go on where the one before was.
    leapt = begin > 0 and not 0 < times[begin] - times[begin - 1] < 20 * period_s
    from_s = float(times[begin - 1]) + period_s if leapt else float(times[begin])
    times[begin : end + 1] = from_s + np.arange(end + 1 - begin) * period_s
    if after is not None and after < times[end]:
        times[end + 1 :] += times[end] + period_s - after
