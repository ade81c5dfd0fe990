"""When: a timeline of each video, and the hours of the week of each location."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR

from .clock import hour_of_day, weekday
from .columns import COUNTED
from .estimates import estimate
from .grouping import By, Grouping, group
from .summary import MIN_FACES, MIN_FRAMES, cut_pieces

if TYPE_CHECKING:
    from .columns import Data, Ints, Reals
    from .misreading import Readers
    from .rollup import Rollup
    from .summary import Pieces

MOST_BINS = 40
MOST_TIMELINES = 100
"""Timelines of so many videos stand on the page, those with the most faces."""

HOURS = 7 * 24
"""Of a week."""

MIN_BINS = 3
"""With fewer bins of enough people there is nothing to see over time."""

_WIDTHS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


@dataclass(frozen=True, slots=True)
class Stretches:
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
class VideoTimeline:
    """What of a video in bins is shown.

    Attributes:
        video, width_s: as in `Stretches`.
        counts: faces of each bin, in the order of `COUNTED`; zeros of what is put together.
        apart: which of `LABELS` are shown apart; empty where all are.
        together: of each bin the readable faces of all others, as few people could be told by them; empty without any.
        unclear_is_shown: whether unclear faces are; they are zero else.
    """

    video: int
    width_s: int
    counts: tuple[tuple[int, ...], ...]
    apart: tuple[bool, ...] = ()
    together: tuple[int, ...] = ()
    unclear_is_shown: bool = True

    @property
    def labels(self) -> tuple[int, ...]:
        """Positions in `LABELS` of what is shown apart."""
        return tuple(at for at in range(len(LABELS)) if not self.apart or self.apart[at])


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of the week at one location.

    Attributes:
        place: position of the location among all of the report, in their order.
        readable, unclear: (7, 24), faces, Monday first, local time; None where that is not shown.
        kinds: (7, 24, 3), shares of positive, neutral and negative among the readable; zeros without any, None where
            that is not shown.
        low, high: (7, 24, 3), their 95 % intervals, which hold sampling and misreading; None where an hour has too
            little to be compared, as with any other group, or that is not shown.
    """

    location: str
    place: int
    readable: tuple[tuple[int | None, ...], ...]
    unclear: tuple[tuple[int | None, ...], ...]
    kinds: tuple[tuple[tuple[float | None, ...], ...], ...]
    low: tuple[tuple[tuple[float | None, ...], ...], ...]
    high: tuple[tuple[tuple[float | None, ...], ...], ...]


def make_timelines(data: Data, begins: dict[int, Reals] | None = None, least: int = 1) -> tuple[Stretches, ...]:
    """Bins of the videos with the most faces, in the order of the videos.

    Args:
        data: faces that are counted.
        begins: of each video when somebody comes, seconds; None if it does not matter how many people are in a bin.
        least: so many come in each bin in which a face was seen; videos too short or too empty for three such bins are
            left out.
    """
    frames, of_face = data.frames, data.frames.video[data.faces.frame]
    faces = np.bincount(of_face, minlength=len(data.videos))
    lengths = np.zeros(len(data.videos))
    np.maximum.at(lengths, frames.video, frames.time_s)
    chosen = sorted(np.argsort(-faces, kind="stable")[:MOST_TIMELINES].tolist())
    order = np.argsort(of_face, kind="stable")
    starts = np.searchsorted(of_face[order], np.arange(len(data.videos) + 1))
    found = []
    for at in chosen:
        mine = order[starts[at] : starts[at + 1]]
        time_s = frames.time_s[data.faces.frame[mine]]
        width_s = (
            _bin_width(lengths[at]) if begins is None else _crowded_width(lengths[at], time_s, begins.get(at), least)
        )
        if len(mine) and width_s:
            counts = _count(
                (time_s // width_s).astype(np.int64), data.faces.label[mine], int(lengths[at] // width_s) + 1
            )
            found.append(Stretches(at, width_s, tuple(map(tuple, counts.tolist()))))
    return tuple(found)


def _crowded_width(length_s: float, time_s: Reals, begins: Reals | None, least: int) -> int | None:
    """The narrowest bins with enough people in each that has a face; None if fewer than three are left."""
    if begins is None:
        return None
    for width in _WIDTHS_S[_WIDTHS_S.index(_bin_width(length_s)) :]:
        bins = int(length_s // width) + 1
        if bins < MIN_BINS:
            return None
        seen = np.bincount((time_s // width).astype(np.int64), minlength=bins) > 0
        if (np.bincount((begins // width).astype(np.int64), minlength=bins)[seen] >= least).all():
            return width
    return None


def make_weeks(data: Data, rollup: Rollup, readers: Readers) -> tuple[Week, ...]:
    """The hours of the week of each location with a known time."""
    places, cell = group(data, By.LOCATION).names, hours_of_week(data)
    cells = len(places) * HOURS
    known = (cell >= 0)[data.faces.frame]
    counts = _count(cell[data.faces.frame][known], data.faces.label[known], cells)
    bounds = _bounds(data, np.where(cell >= 0, cell, cells), counts, rollup, readers)
    weeks, between = counts.reshape(len(places), 7, 24, len(COUNTED)), bounds.reshape(len(places), 7, 24, 2, 3)
    return tuple(_week(name, at, weeks[at], between[at], rollup) for at, name in enumerate(places) if weeks[at].any())


def _bounds(data: Data, cell: Ints, counts: Ints, rollup: Rollup, readers: Readers) -> Reals:
    """95 % intervals (cells, 2, 3) of positive, neutral and negative, NaN where an hour has too little.

    Enough is what any other group needs: faces, frames, and stretches of time that can be resampled.
    """
    bounds = np.full((len(counts), 2, 3), np.nan)
    frames = np.bincount(cell, minlength=len(counts))[: len(counts)]
    enough = (counts[:, : len(LABELS)].sum(axis=1) >= MIN_FACES) & (frames >= MIN_FRAMES)
    if not enough.any():
        return bounds
    pieces: Pieces = cut_pieces(data, Grouping(By.HOUR, (), (), cell))
    mapping = rollup.matrix()[:, :3].astype(np.float64)
    for at in np.flatnonzero(enough).tolist():
        found = estimate(pieces.blocks(at), readers)
        between = found.with_misreading(mapping, found.sampling(mapping)) if found.totals is not None else None
        if between is not None:
            bounds[at] = between
    return bounds


def hours_of_week(data: Data) -> Ints:
    """The hour of the week of each frame at its location, (F,): 168 for each location in its order; -1 if unknown."""
    hour, day = hour_of_day(data.frames.local_s), weekday(data.frames.local_s)
    return np.where(hour >= 0, (group(data, By.LOCATION).of_frame * 7 + day) * 24 + hour, -1)


def _week(location: str, place: int, counts: Ints, bounds: Reals, rollup: Rollup) -> Week:
    labelled = counts[..., : len(LABELS)]
    readable, unclear = labelled.sum(axis=-1), counts[..., COUNTED.index(UNCLEAR)]
    shares: Reals = (labelled @ rollup.matrix()[:, :3]) / np.maximum(readable, 1)[..., None]
    low, high = (_cells(bounds[:, :, side]) for side in (0, 1))
    return Week(location, place, *_hours(readable, unclear), _cells(shares), low, high)


def _cells(values: Reals) -> tuple[tuple[tuple[float | None, ...], ...], ...]:
    """(7, 24, 3) as tuples, None for NaN."""
    return tuple(
        tuple(tuple(None if np.isnan(one) else one for one in cell) for cell in day) for day in values.tolist()
    )


def _hours(readable: Ints, unclear: Ints) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    return tuple(map(tuple, readable.tolist())), tuple(map(tuple, unclear.tolist()))


def _count(cell: Ints, label: Ints, cells: int) -> Ints:
    return np.bincount(cell * len(COUNTED) + label, minlength=cells * len(COUNTED)).reshape(-1, len(COUNTED))


def _bin_width(length_s: float) -> int:
    return next((width for width in _WIDTHS_S if length_s / width < MOST_BINS), _WIDTHS_S[-1])
