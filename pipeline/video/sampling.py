"""Which of a video's frames are sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..settings import SamplingMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..records import VideoInfo
    from ..settings import Sampling


@dataclass(frozen=True, slots=True)
class Picked:
    """In place of a rule: the frames at these positions in the stream, as they are stored."""

    indices: frozenset[int]

    @property
    def last(self) -> int:
        """Behind it nothing has to be decoded."""
        return max(self.indices, default=-1)


def choose(
    sampling: Sampling | Picked | None, seconds: NDArray[np.float64], held_s: float, tolerance_s: float
) -> Callable[[int, float], bool]:
    """A function of index and seconds that says whether a frame is sampled; to be asked once a frame, in order.

    Args:
        sampling: the rule, or the frames themselves; None for every frame.
        seconds: float64 (F,), of all frames, which only sampling a number of them needs.
        held_s: how long the last one is shown; 0 if that is not known.
        tolerance_s: by how much timestamps may be off, because the container rounds them.
    """
    if isinstance(sampling, Picked):
        return lambda index, _seconds: index in sampling.indices
    if sampling is None or sampling.mode is SamplingMode.KEYFRAMES:
        return lambda _index, _seconds: True
    if sampling.mode is SamplingMode.FRAMES:
        chosen = spread(int(sampling.value), seconds, held_s)
        return lambda index, _seconds: chosen is None or index in chosen
    return _every(1 / sampling.value if sampling.mode is SamplingMode.FPS else sampling.value, tolerance_s)


def spread(count: int, seconds: NDArray[np.float64], held_s: float = 0.0) -> frozenset[int] | None:
    """Indices of `count` frames evenly spread over the time; None where all are taken.

    Each of as many equal spans of time gives the frame that is shown in its middle. Where one frame is shown in several
    middles, the frames that are missing then are spread evenly over those that are left.

    Args:
        count: how many.
        seconds: float64 (F,), when each frame is shown.
        held_s: how long the last one is shown; 0 if that is not known.
    """
    total = len(seconds)
    if total <= count:
        return None
    steps = np.diff(seconds)
    step = float(seconds[-1]) / (total - 1)
    if np.abs(seconds - np.arange(total) * step).max() <= step / 2:
        return _spread_evenly(count, total)
    end = float(seconds[-1]) + min(held_s or float(np.median(steps)), float(steps.max()))
    middles = (np.arange(count) + 0.5) * end / count
    chosen = set((np.searchsorted(seconds, middles + 1e-6, side="right") - 1).tolist())
    left = [index for index in range(total) if index not in chosen]
    return frozenset(chosen | {left[at] for at in _spread_evenly(count - len(chosen), len(left))})


def _spread_evenly(count: int, total: int) -> frozenset[int]:
    """The middle of each of `count` equal parts of a row of `total`."""
    return frozenset(int((number + 0.5) * total / count) for number in range(count))


def _every(period_s: float, tolerance_s: float) -> Callable[[int, float], bool]:
    """A frame stands for its period if it is the first at or after the period's beginning."""
    due = 0

    def is_due(_index: int, seconds: float) -> bool:
        nonlocal due
        number = math.floor((seconds + tolerance_s) / period_s)
        if number < due:
            return False
        due = number + 1
        return True

    return is_due


def expected_frames(info: VideoInfo, sampling: Sampling) -> int:
    """About how many frames will be sampled; 0 if the container does not tell."""
    if info.is_still:
        return 1
    if sampling.mode is SamplingMode.FRAMES:
        return int(sampling.value)
    if sampling.mode is SamplingMode.KEYFRAMES or not info.duration_s:
        return 0
    rate = sampling.value if sampling.mode is SamplingMode.FPS else 1 / sampling.value
    return math.ceil(info.duration_s * min(rate, info.fps or rate))
