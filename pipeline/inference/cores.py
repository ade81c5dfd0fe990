"""Processor cores that this process may use: all that the system gives it, or fewer beside other workers."""

from __future__ import annotations

import os

_most: list[int] = []


def limit_cores(count: int) -> None:
    """Use so many cores at most from now on, for networks that are opened later; the system may move them about."""
    _most[:] = [count]


def is_limited() -> bool:
    """Whether other workers use the other cores."""
    return bool(_most)


def count_cores() -> int:
    """How many cores may be used."""
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([given, *_most])
