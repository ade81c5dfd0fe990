"""From frame to frame: faces that follow each other both forwards and backwards in time are one person's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .boxes import SLACK_S, renumber

if TYPE_CHECKING:
    from .boxes import Boxes, Ints, Reals
    from .gates import Gates

_NEVER = 50.0
"""What a pair costs that cannot be: more than any that can."""

_FREE_SPREAD = 2.0
"""How much further from its place than from its line a face may be expected, where its movement is not known."""

_STEADY_S = 1.0
"""People are taken to walk on for so long while they are not seen."""

_NUMBER, _AT, _X, _Y, _SIDE, _DX, _DY, _SEEN = range(8)
"""Columns of what is known of an open track; its velocity is in sides a second."""


def find_pieces(boxes: Boxes, gates: Gates) -> Ints:
    """The first pieces of tracklets: int64 (N,), numbers from 1.

    One pass goes forwards, one backwards; a face follows another where both say so. People who meet, and one who comes
    where another went, are what passes disagree about.
    """
    forwards = _follow(boxes, gates)
    backwards = _follow(boxes.reversed(), gates)[::-1]
    after = _successors(forwards)
    agreed = np.where(after == _successors(backwards), after, -1)
    piece = np.arange(len(boxes))
    for here in np.flatnonzero(agreed >= 0).tolist():  # in the order of time, so each is reached after its beginning
        piece[agreed[here]] = piece[here]
    return renumber(piece, boxes.seconds)


def _successors(track: Ints) -> Ints:
    """The next face of the same track, (N,); -1 for the last one. Faces are in the order of time."""
    order = np.argsort(track, kind="stable")
    here, there = order[:-1], order[1:]
    same = track[here] == track[there]
    after = np.full(len(track), -1)
    after[here[same]] = there[same]
    return after


def _follow(boxes: Boxes, gates: Gates) -> Ints:
    """One pass: the track of each face, (N,); numbers in the order of time."""
    starts = np.searchsorted(boxes.frame, np.arange(len(boxes.time_s) + 1)).tolist()
    columns = np.stack([boxes.x, boxes.y, boxes.side], axis=1)
    track = np.zeros(len(boxes), np.int64)
    tracks, known = 0, np.zeros((0, 8))
    for frame, now in enumerate(boxes.time_s.tolist()):
        start, end = starts[frame], starts[frame + 1]
        if start == end:
            continue
        if len(known):
            known = known[known[:, _AT] >= now - gates.survive_s - SLACK_S]
        seen = np.zeros((end - start, 8))
        seen[:, _X : _SIDE + 1], seen[:, _AT] = columns[start:end], now
        before, here = _assign(known, seen, gates) if len(known) else (np.zeros(0, np.int64),) * 2
        fresh = np.ones(len(seen), np.bool_)
        if len(here):
            seen[here] = _moved(known[before], seen[here])
            fresh[here] = False
            waiting = np.ones(len(known), np.bool_)
            waiting[before] = False
            known = known[waiting]
        count = int(fresh.sum())
        seen[fresh, _NUMBER] = np.arange(tracks, tracks + count)
        tracks += count
        track[start:end] = seen[:, _NUMBER]
        known = np.concatenate([known, seen]) if len(known) else seen
    return track


def _assign(known: Reals, seen: Reals, gates: Gates) -> tuple[Ints, Ints]:
    """Which open track (K, 8) goes on in which face (M, 8) of a frame: rows of both, the same number."""
    away = seen[0, _AT] - known[:, _AT]
    walked = known[:, _SIDE] * np.minimum(away, _STEADY_S)
    across = (known[:, _X] + known[:, _DX] * walked)[:, None] - seen[:, _X]
    down = (known[:, _Y] + known[:, _DY] * walked)[:, None] - seen[:, _Y]
    sides = known[:, _SIDE, None]
    apart = np.sqrt(across * across + down * down) * 2 / (sides + seen[:, _SIDE])
    grown = np.abs(np.log(seen[:, _SIDE] / sides))
    moves = known[:, _SEEN, None] > 0
    room = 1 + gates.growth * np.minimum(grown, gates.most_growth)
    steady = (gates.known.sides + gates.known.sides_per_s * away)[:, None] * room
    free = (gates.free.sides + gates.free.sides_per_s * away)[:, None]
    fits = (apart <= np.where(moves, steady, free)) & (grown <= math.log(gates.ratio))
    if not fits.any():
        return (np.zeros(0, np.int64),) * 2
    from scipy.optimize import linear_sum_assignment

    # The negative logarithm of how likely the pair is, up to a constant: a normal spread that grows with the time.
    spread = np.where(moves, 1.0, _FREE_SPREAD) * (0.5 + away)[:, None] * room
    cost = np.where(fits, (apart / spread) ** 2 + grown**2 + 2 * np.log(spread), _NEVER)
    before, here = linear_sum_assignment(cost)
    kept = fits[before, here]
    return before[kept], here[kept]


def _moved(before: Reals, here: Reals) -> Reals:
    """Faces (M, 8) with the number and the movement of the tracks that they go on with."""
    here[:, _NUMBER], here[:, _SEEN] = before[:, _NUMBER], before[:, _SEEN] + 1
    scale = (before[:, _SIDE] + here[:, _SIDE]) / 2 * (here[:, _AT] - before[:, _AT])
    here[:, _DX] = (here[:, _X] - before[:, _X]) / scale
    here[:, _DY] = (here[:, _Y] - before[:, _Y]) / scale
    return here
