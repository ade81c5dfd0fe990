"""Where pieces of tracklets begin and end, and how they move there: all that joining them needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .boxes import Boxes, Flags, Ints, Reals


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """One end of each piece, either all the first or all the last ones.

    Attributes:
        at_s: float64 (P,), seconds.
        x, y, side: float64 (P,), centre and longer side of the box, pixels.
        dx, dy: float64 (P,), movement there, sides a second; 0 where it is not known.
        growth: float64 (P,), natural logarithm of the growth of the side in a second; 0 where it is not known.
    """

    at_s: Reals
    x: Reals
    y: Reals
    side: Reals
    dx: Reals
    dy: Reals
    growth: Reals

    def __len__(self) -> int:
        return len(self.at_s)

    def at(self, rows: Ints) -> Ends:
        """Those of some pieces, in this order."""
        columns: Any = (getattr(self, name)[rows] for name in self.__slots__)
        return Ends(*columns)

    def later(self, seconds: Reals) -> Ends:
        """The same at other times, (P,) seconds later."""
        return Ends(self.at_s + seconds, self.x, self.y, self.side, self.dx, self.dy, self.growth)

    @property
    def speed(self) -> Reals:
        """Sides a second, (P,)."""
        return np.hypot(self.dx, self.dy)


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Pieces of tracklets, numbered in the order in which they begin.

    Attributes:
        first, last: their ends.
        seen: int64 (P,), how many sightings each has.
    """

    first: Ends
    last: Ends
    seen: Ints

    def __len__(self) -> int:
        return len(self.seen)


def measure(boxes: Boxes, piece: Ints, sightings: int) -> Pieces:
    """Both ends of each piece.

    Args:
        boxes: the faces.
        piece: int64 (N,), to which piece each belongs, numbers from 1 without a gap.
        sightings: so many, at most, tell the movement at an end.
    """
    order = np.argsort(piece, kind="stable")
    seen = np.bincount(piece, minlength=1)[1:]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(seen)])
    reach = np.minimum(seen, sightings) - 1
    begin, end = starts[:-1], starts[1:] - 1
    first = _end(boxes, order[begin], order[begin], order[begin + reach])
    last = _end(boxes, order[end], order[end - reach], order[end])
    return Pieces(first, last, seen)


def _end(boxes: Boxes, at: Ints, earlier: Ints, later: Ints) -> Ends:
    """Ends at some faces, (P,) positions, with the movement between two others of their pieces."""
    seconds = boxes.seconds
    elapsed = seconds[later] - seconds[earlier]
    known = elapsed > 0
    span = np.where(known, elapsed, 1.0)
    scale = span * (boxes.side[later] + boxes.side[earlier]) / 2
    dx, dy = (np.where(known, (each[later] - each[earlier]) / scale, 0.0) for each in (boxes.x, boxes.y))
    growth = np.where(known, np.log(boxes.side[later] / boxes.side[earlier]) / span, 0.0)
    return Ends(seconds[at], boxes.x[at], boxes.y[at], boxes.side[at], dx, dy, growth)


def unite(pieces: Pieces, group: Ints) -> Pieces:
    """Groups as pieces: the first end of each one's first piece, and the last end of its last one.

    A single sighting says nothing of how it moves; the piece beside it in its group does.

    Args:
        pieces: in the order in which they begin; those of one group follow each other.
        group: int64 (P,), the group of each, numbers from 1 in the order in which they begin.
    """
    order = np.argsort(group, kind="stable")
    count = np.bincount(group, minlength=1)[1:]
    last = np.cumsum(count) - 1
    first = last - count + 1
    more = count > 1
    starts, ends = pieces.first.at(order[first]), pieces.last.at(order[last])
    second = pieces.first.at(order[np.where(more, first + 1, first)])
    before = pieces.last.at(order[np.where(more, last - 1, last)])
    seen = np.bincount(group, weights=pieces.seen, minlength=1)[1:].astype(np.int64)
    lone_start, lone_end = (more & (pieces.seen[order[at]] == 1) for at in (first, last))
    return Pieces(_between(starts, starts, second, lone_start), _between(ends, before, ends, lone_end), seen)


def _between(ends: Ends, earlier: Ends, later: Ends, chosen: Flags) -> Ends:
    """Ends with the movement from earlier to later ones where chosen, each (P,)."""
    span = np.where(chosen, later.at_s - earlier.at_s, 1.0)
    scale = span * (earlier.side + later.side) / 2
    dx, dy = ((getattr(later, name) - getattr(earlier, name)) / scale for name in ("x", "y"))
    growth = np.log(later.side / earlier.side) / span
    moved = (np.where(chosen, new, old) for new, old in ((dx, ends.dx), (dy, ends.dy), (growth, ends.growth)))
    return Ends(ends.at_s, ends.x, ends.y, ends.side, *moved)
