"""Single timestamps that are astray: which they are, and where their frames belong among the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 8
"""Frames on each side that a timestamp is compared with."""


STEPS = 20.0
"""Neighbours lie closer than so many usual steps, or it is looked closer."""


TIGHT, LOOK = 0.25, 16
"""A step is too short to be one by that share of the usual, and so many frames are looked through on both sides."""


def misplaced(line: NDArray[np.float64], step_s: float) -> NDArray[np.bool_]:
    """Which frames FFmpeg gave the time of one before or behind: up to the nearest one that is where it should be.

    Args:
        line: float64 (N,), seconds that should rise.
        step_s: the usual step.
    """
    marks = np.zeros(len(line), bool)
    steps = np.diff(line)
    for before in np.flatnonzero((steps < TIGHT * step_s) & (steps > -LOOK * step_s)).tolist():
        behind = line[before + 1 : before + LOOK]
        earlier = line[max(before - LOOK + 2, 0) : before + 1][::-1]
        due = step_s * np.arange(1, LOOK)
        on = np.flatnonzero(np.abs(behind - line[before] - due[: len(behind)]) <= TIGHT * step_s)
        back = np.flatnonzero(np.abs(line[before + 1] - earlier - due[: len(earlier)]) <= TIGHT * step_s)
        if len(on) and (not len(back) or on[0] <= back[0]):
            marks[before + 1 : before + 1 + int(on[0])] = True
        elif len(back):
            marks[before + 1 - int(back[0]) : before + 1] = True
        elif before + REACH >= len(line):
            marks[before + 1 :] = True
    return marks


def lone(times: NDArray[np.float64], far_s: float) -> NDArray[np.bool_]:
    """Which timestamps are further than that from the middle one of their neighbours on both sides."""
    marks = np.zeros(len(times), bool)
    for begin in range(0, len(times), 50_000):
        _mark(times, marks, begin, min(begin + 50_000, len(times)), far_s)
    return marks


def _mark(times: NDArray[np.float64], marks: NDArray[np.bool_], begin: int, end: int, far_s: float) -> None:
    for at in [*range(begin, min(REACH, end)), *range(max(begin, len(times) - REACH, REACH), end)]:
        reach = min(at, len(times) - 1 - at, REACH)
        marks[at] = abs(times[at] - np.median(times[at - reach : at + reach + 1])) > far_s
    low, high = max(begin, REACH), min(end, len(times) - REACH)
    if high > low:
        windows = np.lib.stride_tricks.sliding_window_view(times[low - REACH : high + REACH], 2 * REACH + 1)
        marks[low:high] = np.abs(times[low:high] - np.median(windows, axis=1)) > far_s


def fill_holes(shown: NDArray[np.float64], step_s: float) -> None:
    """Where the order of packets is not that of showing: what is astray belongs into the holes that it left."""
    for at in np.flatnonzero(np.isnan(shown)).tolist():
        around = shown[max(at - REACH, 0) : at + REACH + 1]
        near = np.sort(around[~np.isnan(around)])
        gaps = np.diff(near)
        wide = np.flatnonzero(gaps > 1.5 * step_s)
        if len(wide):
            # At the ends of what is looked at, frames are missing that come earlier or later in the file.
            hole = int(wide[np.abs(near[wide] + gaps[wide] / 2 - np.median(near)).argmin()])
            shown[at] = near[hole] + gaps[hole] / max(2, round(gaps[hole] / step_s))


def usual_step_s(raw: NDArray[np.float64], decoded: NDArray[np.float64], period_s: float) -> float:
    """Seconds from one frame to the next, as the timestamps have it most often.

    Args:
        raw: float64 (N,), seconds of showing.
        decoded: float64 (N,), seconds of decoding, NaN where missing.
        period_s: what the file states.
    """
    for times in (decoded, raw, np.sort(raw)):
        moved = np.abs(np.diff(times))
        moved = moved[moved > 0]
        if len(moved) and (step := float(np.median(moved))) <= STEPS * period_s:
            return step
    return step if len(moved) else period_s
