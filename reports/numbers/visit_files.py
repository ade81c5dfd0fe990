"""Visits across files: who is cut off by the end of one is joined with who stands there as the next one begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from pipeline.tracks.gates import BREAK_S
from pipeline.tracks.matching import reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Ints
    from .visit_data import Part, Visits


def join_files(parts: Sequence[Part], visits: Visits) -> tuple[Visits, Ints]:
    """Unite visits that one file cuts off and the next one of the camera goes on with.

    Returns:
        The visits, as many as before, and int64 (V,): the position of the one that each is part of, itself for most.
    """
    order = sorted(
        (at for at, part in enumerate(parts) if part.source.video.started_at and not part.source.video.start_is_guess),
        key=lambda at: (parts[at].source.video.location, parts[at].source.video.camera, _begins_s(parts[at])),
    )
    root = np.arange(len(visits))
    for earlier, later in reversed(list(pairwise(order))):
        if not _follows(parts[earlier], parts[later]):
            continue
        for one, other in _pairs(parts[earlier], parts[later], visits, (earlier, later)):
            visits = _united(visits, one, other, _begins_s(parts[later]) - _begins_s(parts[earlier]))
            root[root == other] = one
    return visits, root


def _begins_s(part: Part) -> float:
    started = part.source.video.started_at
    return started.replace(tzinfo=UTC).timestamp() if started else 0.0


def _follows(one: Part, other: Part) -> bool:
    """Whether a file begins where another one of its camera ended, with the same picture."""
    here, there = one.source, other.source
    same = all(
        getattr(here.row, name) == getattr(there.row, name) for name in ("location", "camera", "width", "height")
    )
    pause_s = _begins_s(other) - _begins_s(one) - (float(one.time_s[-1]) if len(one.time_s) else 0.0)
    return same and -one.tracked.step_s <= pause_s <= BREAK_S + one.tracked.step_s


def _pairs(one: Part, other: Part, visits: Visits, at: tuple[int, int]) -> list[tuple[int, int]]:
    """Which visit that one file cuts off is which of the next one's: the nearest assignment that can be walked."""
    ends = np.flatnonzero((visits.video == at[0]) & visits.cut_end)
    starts = np.flatnonzero((visits.video == at[1]) & visits.cut_start)
    if not len(ends) or not len(starts):
        return []
    last = [_piece_of(one, int(visits.visit[row]), end=True) for row in ends]
    first = [_piece_of(other, int(visits.visit[row]), end=False) for row in starts]
    here, there = one.tracked.pieces.last.at(np.array(last)), other.tracked.pieces.first.at(np.array(first))
    scale = (here.side[:, None] + there.side[None]) / 2
    apart = np.hypot(here.x[:, None] - there.x[None], here.y[:, None] - there.y[None]) / scale
    pause_s = max(_begins_s(other) - _begins_s(one) - float(one.time_s[-1]), 0.0)
    limit = reach(max(pause_s, one.tracked.step_s))
    rows, columns = linear_sum_assignment(np.minimum(apart, limit) ** 2)
    near = apart[rows, columns] < limit
    return [(int(ends[row]), int(starts[column])) for row, column in zip(rows[near], columns[near], strict=True)]


def _piece_of(part: Part, visit: int, *, end: bool) -> int:
    """The tracklet with which a visit ends or begins."""
    rows = np.flatnonzero(part.tracked.visit == visit)
    at = part.tracked.pieces.last.at_s[rows].argmax() if end else part.tracked.pieces.first.at_s[rows].argmin()
    return int(rows[at])


def _united(visits: Visits, one: int, other: int, shift_s: float) -> Visits:
    """The visits with one that goes on in another; the other has to be left out."""
    columns = {
        name: getattr(visits, name).copy() for name in ("faces", "readable", "sums", "last_s", "cut_end", "in_view_s")
    }
    for name in ("faces", "readable", "sums"):
        columns[name][one] += columns[name][other]
    columns["in_view_s"][one] = visits.last_s[other] + shift_s - visits.last_s[one] + visits.in_view_s[one]
    columns["last_s"][one] = visits.last_s[other] + shift_s
    columns["cut_end"][one] = visits.cut_end[other]
    return replace(visits, **columns)
