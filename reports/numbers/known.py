"""Which intervals say something: one that holds more than half of what is possible is as good as none."""

from __future__ import annotations

WIDEST = 0.5
"""Of what is possible. A share between 0 and 79 % is not known; one between 16 and 62 % is, though badly.

Half is where an interval stops to tell a share that most have from one that few have, wherever its middle lies.
"""

SHARES, DIFFERENCES = 1.0, 2.0
"""From the least to the most that is possible: a share of 0 to 1, a difference of shares of -1 to 1."""


def is_known(low: float | None, high: float | None, possible: float = SHARES) -> bool:
    """Whether there is an interval, and one that is narrow enough to say something."""
    return low is not None and high is not None and high - low <= WIDEST * possible
