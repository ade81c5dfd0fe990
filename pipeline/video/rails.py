"""Two clocks in turn: timestamps of which every second or third is wild, or any in between.

A wild timestamp among many sane ones is told by its neighbours (`astray`); here nothing tells who the neighbour is. So
each frame is put behind the one that it goes on from, and what runs beside a longer such row is astray.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW, OFTEN = 16, 6
"""So many wide steps among so many frames are more than single frames that are astray."""

OPEN = 16
"""Frames after which nothing goes on from a row any more."""

LAGS = 4
"""Frames are this far apart at most that show the usual step."""

WIDE = 3.0
"""A frame goes on from another if so many times the usual step lies between them at most."""

ENDS = 3
"""So few frames at one end of a file, that nothing goes on from, are wild like those that others lie beside."""

FEW = 8
"""One frame in so many shows the usual step, or it is the stated one."""


def is_interleaved(line: NDArray[np.float64], far_s: float) -> bool:
    """Whether wide steps are so close together, ahead and back, that single frames cannot be what is wrong.

    Args:
        line: float64 (N,), seconds that should rise.
        far_s: a wider step is one.
    """
    steps = np.diff(line)
    ahead, back = np.cumsum(steps > far_s), np.cumsum(steps < -far_s)
    if len(steps) <= WINDOW:
        return False
    pairs = np.minimum(ahead[WINDOW:] - ahead[:-WINDOW], back[WINDOW:] - back[:-WINDOW])
    return bool(2 * pairs.max() >= OFTEN)


def step_of(line: NDArray[np.float64], period_s: float) -> float:
    """The usual step, seconds, where many timestamps are wild."""
    steps = np.concatenate([(line[lag:] - line[:-lag]) / lag for lag in range(1, LAGS + 1)])
    small = steps[(steps > 0) & (steps < 20 * period_s)]
    return float(np.median(small)) if len(small) * FEW >= len(line) else period_s


def beside(line: NDArray[np.float64], step_s: float, far_s: float) -> NDArray[np.bool_]:
    """Which frames lie beside a longer row of frames that go on from each other: bool (N,).

    Args:
        line: float64 (N,), seconds that should rise.
        step_s: the usual step.
        far_s: what a step may be longer, as where a frame is missing.
    """
    rows = _rows(line, step_s, far_s)
    marks = np.zeros(len(line), bool)
    kept: list[tuple[int, int]] = []
    for row in sorted(rows, key=len, reverse=True):
        begin, end = row[0], row[-1]
        is_end = len(row) <= ENDS and kept and (end < ENDS or begin >= len(line) - ENDS)
        if is_end or any(min(end, last) - max(begin, first) >= (end - begin) / 2 for first, last in kept):
            marks[row] = True
        else:
            kept.append((begin, end))
    return marks


def _rows(line: NDArray[np.float64], step_s: float, far_s: float) -> list[list[int]]:
    """Frames by number, each in the row whose last frame it follows most evenly; else it begins another."""
    rows: list[list[int]] = []
    fresh: list[list[int]] = []
    for at, now_s in enumerate(line.tolist()):
        fresh = [row for row in fresh if at - row[-1] <= OPEN]
        best, least_s = None, np.inf
        for row in fresh:
            passed_s, expected_s = now_s - line[row[-1]], (at - row[-1]) * step_s
            if 0 < passed_s <= WIDE * expected_s + far_s and abs(passed_s - expected_s) < least_s:
                best, least_s = row, abs(passed_s - expected_s)
        if best is None:
            best = []
            rows.append(best)
            fresh.append(best)
        best.append(at)
    return rows
