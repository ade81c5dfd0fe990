"""Which intervals say something: one that holds more than half of what is possible is as good as none."""

from __future__ import annotations

WIDEST = 0.5
"""Of one, for shares and for their differences alike.

A share between 0 and 79 % is not known; one between 16 and 62 % is, though badly.

Half is where an interval stops to tell a share that most have from one that few have, wherever its middle lies.
"""


def is_known(low: float | None, high: float | None) -> bool:
    """Whether there is an interval of a share or of a difference, and one that is narrow enough to say something."""
    return low is not None and high is not None and high - low <= WIDEST
