"""The same minutes twice: frames of a video that a better one of the same camera has too are counted once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .columns import Double

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipeline.store.overlaps import Overlap

    from .columns import Data, Flags, Reals

    Covers: TypeAlias = dict[int, list[Reals]]

MIN_GAP_S, GAP_STEPS = 10.0, 5
"""Where a recording has no frame for so many seconds, and for so many of its usual steps, it was not recording."""

SLACK_S = 1.0
"""File names are true to the second: what lies so close to a frame was seen in it."""


def without_doubles(data: Data, overlaps: Sequence[Overlap], *, count_all: bool) -> Data:
    """Leave out the frames that a better video has too; with `count_all` they are only found."""
    if not overlaps:
        return data
    bounds = np.searchsorted(data.frames.video, np.arange(len(data.videos) + 1))
    slices = [slice(int(start), int(end)) for start, end in pairwise(bounds)]
    covers = {} if count_all else find_covers(overlaps, lambda at: data.frames.time_s[slices[at]])
    keep = np.ones(len(data.frames), np.bool_)
    for video, intervals in covers.items():
        keep[slices[video]] = ~is_covered(data.frames.time_s[slices[video]], intervals)
    doubles = tuple(
        Double(one.other, one.better, one.seconds, int((~keep[slices[one.other]]).sum()), one.why, one.is_sure)
        for one in sorted(overlaps, key=lambda one: (one.other, one.better))
        if bounds[one.other] < bounds[one.other + 1] and bounds[one.better] < bounds[one.better + 1]
    )
    return replace(data if keep.all() else data.where_frames(keep), doubles=doubles)


def find_covers(overlaps: Iterable[Overlap], times_of: Callable[[int], Reals]) -> Covers:
    """For each video that shares minutes with a better one: the stretches of its own seconds that those have."""
    covers: Covers = {}
    for one in overlaps:
        if one.is_sure:
            covers.setdefault(one.other, []).append(stretches(times_of(one.better)) - one.shift_s)
    return covers


def stretches(time_s: Reals) -> Reals:
    """Sampled frames (F,) as the stretches that they stand for, (S, 2) from and to; gaps of the recording between."""
    if not len(time_s):
        return np.zeros((0, 2))
    steps = np.diff(time_s)
    usual = float(np.median(steps)) if len(steps) else 0.0
    breaks = np.flatnonzero(steps > max(MIN_GAP_S, GAP_STEPS * usual))
    slack = max(usual / 2, SLACK_S)
    first, last = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(time_s) - 1]])
    return np.stack([time_s[first] - slack, time_s[last] + slack], axis=1)


def is_covered(time_s: Reals, intervals: Iterable[Reals]) -> Flags:
    """Which of these seconds (N,) lie in one of the stretches: bool (N,)."""
    covered = np.zeros(len(time_s), np.bool_)
    for stretch in intervals:
        if len(stretch):
            at = np.searchsorted(stretch[:, 0], time_s, side="right") - 1
            covered |= (at >= 0) & (time_s <= stretch[np.maximum(at, 0), 1])
    return covered
