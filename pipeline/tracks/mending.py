"""Single sightings that passes left over: those on one line, and those between two sightings of a tracklet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .boxes import SLACK_S, renumber
from .joining import pairs_within

if TYPE_CHECKING:
    from .boxes import Boxes, Ints, Reals
    from .gates import Gates


def find_lines(boxes: Boxes, piece: Ints, gates: Gates) -> Ints:
    """Pieces (N,) with those single sightings joined, three by three, that lie on a straight walk.

    People in a row, each a step behind the other, look to a pass as if they stood: where one was the next is. Three
    sightings at an even pace tell them apart.
    """
    single = _singles(boxes, piece)
    lines = _lines(boxes.where(_mask(len(boxes), single)), gates)
    joined, used = piece.copy(), np.zeros(len(single), np.bool_)
    for line in lines:
        if not used[line].any():
            used[line] = True
            joined[single[line]] = joined[single[line[0]]]
    return renumber(joined, boxes.seconds)


def _singles(boxes: Boxes, piece: Ints) -> Ints:
    """Positions of faces that are the only one of their piece; boxes are in the order of time."""
    return np.flatnonzero(np.bincount(piece, minlength=1)[piece] == 1) if len(boxes) else np.zeros(0, np.int64)


def _mask(length: int, positions: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(length, np.bool_)
    found[positions] = True
    return found


def _lines(boxes: Boxes, gates: Gates) -> Ints:
    """Three faces in each row (L, 3) that could be one walk, the straightest first."""
    first, second = _steps(boxes, gates)
    low, high = (np.searchsorted(first, second, side=side) for side in ("left", "right"))
    one = np.repeat(np.arange(len(first)), high - low)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    other = low[one] + offset
    a, b, c = first[one], second[one], second[other]
    bend, slip, room = _bend(boxes, a, b, c, gates)
    fits = (bend <= gates.sure.sides * room) & (slip <= gates.size_slip)
    order = np.lexsort((c[fits], b[fits], a[fits], (bend / room)[fits]))
    return np.stack([a[fits], b[fits], c[fits]], axis=1)[order]


def _steps(boxes: Boxes, gates: Gates) -> tuple[Ints, Ints]:
    """Pairs of faces in frames that follow each other which one person could be; sorted by the first."""
    seconds, side = boxes.seconds, boxes.side
    first, second = pairs_within(seconds, seconds, gates.next_s)
    away = seconds[second] - seconds[first]
    apart = np.hypot(boxes.x[second] - boxes.x[first], boxes.y[second] - boxes.y[first])
    near = apart * 2 / (side[first] + side[second]) <= gates.free.sides + gates.free.sides_per_s * away
    near &= np.abs(np.log(side[second] / side[first])) <= math.log(gates.ratio)
    return first[near], second[near]


def _bend(boxes: Boxes, a: Ints, b: Ints, c: Ints, gates: Gates) -> tuple[Reals, Reals, Reals]:
    """How far each third face is off the line and pace of the first two, in mean sides; its size too; and the room."""
    seconds, size = boxes.seconds, np.log(boxes.side)
    pace = (seconds[c] - seconds[b]) / (seconds[b] - seconds[a])
    off = [(each[c] - each[b]) - (each[b] - each[a]) * pace for each in (boxes.x, boxes.y, size)]
    scale = (boxes.side[a] + boxes.side[b] + boxes.side[c]) / 3 * (1 + pace) / 2
    growth = np.abs(size[c] - size[a]) / (seconds[c] - seconds[a])
    room = 1 + gates.growth * np.minimum(growth, gates.most_growth)
    return np.hypot(off[0], off[1]) / scale, np.abs(off[2]), room


def fill_gaps(boxes: Boxes, piece: Ints, gates: Gates) -> Ints:
    """Pieces (N,) with those single sightings taken in that lie between two sightings of a longer one."""
    single = _singles(boxes, piece)
    order = np.argsort(piece, kind="stable")
    here, there = order[:-1], order[1:]
    seconds = boxes.seconds
    open_s = seconds[there] - seconds[here]
    gap = (piece[here] == piece[there]) & (open_s > SLACK_S) & (open_s <= gates.survive_s + SLACK_S)
    here, there = here[gap], there[gap]
    by_start = np.argsort(seconds[here], kind="stable")
    here, there = here[by_start], there[by_start]
    one, at = pairs_within(-seconds[single], -seconds[here][::-1], gates.survive_s)
    at = len(here) - 1 - at
    inside = seconds[there[at]] > seconds[single[one]] + SLACK_S
    one, at = one[inside], at[inside]
    off = _off_way(boxes, single[one], here[at], there[at])
    return _take_in(boxes, piece, (single[one], here[at]), off / gates.between.sides)


def _off_way(boxes: Boxes, one: Ints, here: Ints, there: Ints) -> Reals:
    """How far faces are from the straight way between two others, in sides, sizes counted too: (Q,)."""
    seconds = boxes.seconds
    share = (seconds[one] - seconds[here]) / (seconds[there] - seconds[here])
    x, y, side = (each[here] * (1 - share) + each[there] * share for each in (boxes.x, boxes.y, boxes.side))
    apart = np.hypot(boxes.x[one] - x, boxes.y[one] - y) / side
    return np.hypot(apart, np.log(boxes.side[one] / side))


def _take_in(boxes: Boxes, piece: Ints, pairs: tuple[Ints, Ints], off: Reals) -> Ints:
    """The nearest first; each single sighting and each place once."""
    joined = piece.copy()
    taken: set[int] = set()
    filled: set[tuple[int, float]] = set()
    for row in np.lexsort((pairs[1], pairs[0], off)).tolist():
        if off[row] > 1:
            break
        one, here = int(pairs[0][row]), int(pairs[1][row])
        place = (int(piece[here]), float(boxes.seconds[one]))
        if one not in taken and place not in filled:
            taken.add(one)
            filled.add(place)
            joined[one] = piece[here]
    return renumber(joined, boxes.seconds)
