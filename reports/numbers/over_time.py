"""When: a timeline of each video, and the hours of the week of each location."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR

from .clock import hour_of_day, weekday
from .columns import COUNTED
from .grouping import By, group

if TYPE_CHECKING:
    from .columns import Data, Ints, Reals
    from .rollup import Rollup

MOST_BINS = 40
MOST_TIMELINES = 100
"""Timelines of so many videos stand on the page, those with the most faces."""

MIN_CELL_FACES = 20
"""An hour with fewer readable faces has no colour."""

_WIDTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True, slots=True)
class VideoTimeline:
    """One video in bins of equal width.

    Attributes:
        video: position in `Report.videos`.
        width_s: seconds of a bin.
        counts: faces of each bin, in the order of `COUNTED`.
    """

    video: int
    width_s: int
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of the week at one location.

    Attributes:
        readable, unclear: (7, 24), faces, Monday first, local time.
        kinds: (7, 24, 3), shares of positive, neutral and negative among the readable; zeros without any.
    """

    location: str
    readable: tuple[tuple[int, ...], ...]
    unclear: tuple[tuple[int, ...], ...]
    kinds: tuple[tuple[tuple[float, ...], ...], ...]


def make_timelines(data: Data) -> tuple[VideoTimeline, ...]:
    """Timelines of the videos with the most faces, in the order of the videos."""
    frames, of_face = data.frames, data.frames.video[data.faces.frame]
    faces = np.bincount(of_face, minlength=len(data.videos))
    lengths = np.zeros(len(data.videos))
    np.maximum.at(lengths, frames.video, frames.time_s)
    widths = np.array([_bin_width(length) for length in lengths], np.int64)
    bins = (lengths // widths).astype(np.int64) + 1 if len(widths) else widths
    starts = np.concatenate([[0], np.cumsum(bins)]).astype(np.int64)
    slot = starts[of_face] + (frames.time_s[data.faces.frame] // widths[of_face]).astype(np.int64)
    counts = _count(slot, data.faces.label, int(starts[-1]))
    chosen = sorted(np.argsort(-faces, kind="stable")[:MOST_TIMELINES].tolist())
    return tuple(
        VideoTimeline(at, int(widths[at]), tuple(map(tuple, counts[starts[at] : starts[at + 1]].tolist())))
        for at in chosen
        if faces[at]
    )


def make_weeks(data: Data, rollup: Rollup) -> tuple[Week, ...]:
    """The hours of the week of each location with a known time."""
    grouping = group(data, By.LOCATION)
    hour, day = hour_of_day(data.frames.local_s), weekday(data.frames.local_s)
    cell = (grouping.of_frame * 7 + day) * 24 + hour
    known = (hour >= 0)[data.faces.frame]
    counts = _count(cell[data.faces.frame][known], data.faces.label[known], len(grouping.names) * 168)
    weeks = counts.reshape(len(grouping.names), 7, 24, len(COUNTED))
    return tuple(_week(name, week, rollup) for name, week in zip(grouping.names, weeks, strict=True) if week.any())


def _week(location: str, counts: Ints, rollup: Rollup) -> Week:
    labelled = counts[..., : len(LABELS)]
    readable, unclear = labelled.sum(axis=-1), counts[..., COUNTED.index(UNCLEAR)]
    shares: Reals = (labelled @ rollup.matrix()[:, :3]) / np.maximum(readable, 1)[..., None]
    kinds = tuple(tuple(tuple(map(float, cell)) for cell in day) for day in shares.tolist())
    return Week(location, *_hours(readable, unclear), kinds)


def _hours(readable: Ints, unclear: Ints) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    return tuple(map(tuple, readable.tolist())), tuple(map(tuple, unclear.tolist()))


def _count(cell: Ints, label: Ints, cells: int) -> Ints:
    return np.bincount(cell * len(COUNTED) + label, minlength=cells * len(COUNTED)).reshape(-1, len(COUNTED))


def _bin_width(length_s: float) -> int:
    return next((width for width in _WIDTHS_S if length_s / width < MOST_BINS), _WIDTHS_S[-1])
