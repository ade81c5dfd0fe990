"""The scale of an axis of shares: round numbers, the same in both drawings of a chart."""

from __future__ import annotations

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)

_NARROW = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
"""On a narrow axis one of these stands beside zero: far enough from it not to run into it."""

MOST = 6
"""So many numbers stand on an axis as wide as the page."""

_ROOM = 0.7
"""On a narrow axis no number stands behind this part of it: it would run into the next axis' zero."""


def ticks(end: float) -> tuple[float, ...]:
    """Round shares from 0 to the end of an axis."""
    step = next((one for one in _STEPS if round(end / one, 6) < MOST), _STEPS[-1])
    return tuple(step * at for at in range(int(end / step + 1e-9) + 1))


def narrow_ticks(end: float) -> tuple[float, float]:
    """Zero and one more, for axes side by side on a phone."""
    return 0.0, max((one for one in _NARROW if one <= _ROOM * end), default=_NARROW[0])


def tick_text(share: float) -> str:
    """A whole number of per cent."""
    return f"{round(100 * share)}\N{NO-BREAK SPACE}%"
