"""Boxes between analysed frames: carried from one look to the next, generously where the way is not sure.

Blurring too much costs little, showing a face costs a promise. So a face that both neighbours saw in overlapping places
is followed on a straight line with room to either side; one that both saw further apart is covered along the whole way;
and one that only one of them saw stays covered for a while, and where it was heading too.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .sightings import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .sightings import Look, Sighting

REACH_S = 1.0
"""Seconds from an analysed frame within which its boxes say something. Further away nobody looked."""

HOLD_S = 1.0
"""Seconds that a face stays covered, at least, after it was seen last and before it is seen first: detectors lose
faces that turn away, while people still recognise them."""

DRIFT_S = 0.5
"""Seconds of movement that the cover of a face that was not found again makes room for."""

DRIFT_SIDES_PER_S = 1.0
"""How fast such a cover grows in every direction, in sides of the box."""

MATCH_SIDES = 3.0
"""Boxes of two looks further apart than this many sides are different people. A person who walks past a camera makes
about four sides of a face in half a second; beyond this, a cover stays at both ends instead."""

SLACK = 0.25
"""Nobody walks evenly: a followed face is covered where it would be this share of the gap earlier and later."""

HEAD_SIDES, HEAD_ABOVE, HEAD_BELOW = 0.45, 0.7, 0.4
"""From MTCNN's box, which runs from the brows to the chin, to the head with hair, ears and a margin; in its sides."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What to do about one face in one frame.

    Attributes:
        cover: what to blur so that the head cannot be recognised.
        box: where to draw the box; None where the face is only covered in case it is still there.
        sighting: what was read from it at the nearer look.
        measured: this very frame was analysed; elsewhere the box is carried.
    """

    cover: Box
    box: Box | None
    sighting: Sighting
    measured: bool = False


class Carrier:
    """All looks at one video, asked for frames in any order."""

    def __init__(self, looks: Sequence[Look]) -> None:
        """Match each look's faces with the next one's. Looks that could not see anything are left out."""
        self._looks = [look for look in looks if look.sightings or not look.problem]
        self._times = [look.timestamp_s for look in self._looks]
        self._positions = {look.index: at for at, look in enumerate(self._looks)}
        self._next = [
            match(first.sightings, second.sightings)
            for first, second in zip(self._looks, self._looks[1:], strict=False)
        ]
        self._previous = [{there: here for here, there in pairs.items()} for pairs in self._next]

    def is_analysed(self, index: int) -> bool:
        """Whether this very frame was looked at."""
        return index in self._positions

    def marks(self, index: int, seconds: float) -> list[Mark] | None:
        """The faces of a frame, or None if no look is near enough to know.

        Args:
            index: the frame's position in the stream.
            seconds: its timestamp.
        """
        exact = self._positions.get(index)
        if exact is not None:
            measured = [Mark(cover_head(one.box), one.box, one, measured=True) for one in self._looks[exact].sightings]
            return [*measured, *self._held(self._times[exact], exact, exact)]
        after = bisect.bisect_right(self._times, seconds)
        before = after - 1
        near = [abs(seconds - self._times[at]) for at in (before, after) if 0 <= at < len(self._times)]
        if min(near, default=math.inf) > REACH_S:
            return None
        return [*self._followed(seconds, before), *self._held(seconds, before, after)]

    def _followed(self, seconds: float, before: int) -> Iterator[Mark]:
        """Faces that both neighbours saw."""
        if not 0 <= before < len(self._next):
            return
        start, end = self._times[before], self._times[before + 1]
        share = (seconds - start) / max(end - start, 1e-9)
        for here, there in self._next[before].items():
            first, second = self._looks[before].sightings[here], self._looks[before + 1].sightings[there]
            slack = SLACK if overlap(first.box, second.box) else 1.0
            earliest = between(first.box, second.box, max(share - slack, 0.0))
            latest = between(first.box, second.box, min(share + slack, 1.0))
            cover = cover_head(earliest).hull(cover_head(latest))
            yield Mark(cover, between(first.box, second.box, share), first if share < 0.5 else second)

    def _held(self, seconds: float, before: int, after: int) -> Iterator[Mark]:
        """Faces that were seen lately and then no more, and those that are seen soon for the first time.

        `before` and `after` are the looks on either side, the same one twice for an analysed frame.
        """
        for at in self._around(seconds, before, after):
            links = self._next if at <= before else self._previous
            gap = at if at <= before else at - 1
            linked = links[gap] if 0 <= gap < len(links) else {}
            for number, sighting in enumerate(self._looks[at].sightings):
                if number not in linked:
                    yield self._hold(seconds, at, number, sighting)

    def _around(self, seconds: float, before: int, after: int) -> Iterator[int]:
        """Looks whose faces may still be there: within `HOLD_S`, and the direct neighbours a little further."""
        analysed = before == after
        for at in range(before - analysed, -1, -1):
            if not self._reaches(seconds, at, direct=at >= before - analysed):
                break
            yield at
        for at in range(after + analysed, len(self._times)):
            if not self._reaches(seconds, at, direct=at <= after + analysed):
                break
            yield at

    def _reaches(self, seconds: float, at: int, *, direct: bool) -> bool:
        return abs(seconds - self._times[at]) <= (2 * REACH_S if direct else HOLD_S)

    def _hold(self, seconds: float, at: int, number: int, sighting: Sighting) -> Mark:
        away = seconds - self._times[at]
        moving_s = math.copysign(min(abs(away), DRIFT_S), away)
        x, y = self._speed(at, number, back=away > 0)
        box = sighting.box
        cover = cover_head(box).hull(cover_head(box.moved(x * moving_s, y * moving_s)))
        room = abs(moving_s) * DRIFT_SIDES_PER_S * box.side
        return Mark(cover.grown(room, room, room), box if self._is_nearest(seconds, at) else None, sighting)

    def _speed(self, at: int, number: int, *, back: bool) -> tuple[float, float]:
        """Pixels a second between the look and the one on its other side; 0 if the face was not there."""
        other = at - 1 if back else at + 1
        links = self._previous if back else self._next
        gap = other if back else at
        if not 0 <= gap < len(links) or number not in links[gap]:
            return 0.0, 0.0
        here = self._looks[at].sightings[number].box.centre
        there = self._looks[other].sightings[links[gap][number]].box.centre
        elapsed = self._times[at] - self._times[other]
        return ((here[0] - there[0]) / elapsed, (here[1] - there[1]) / elapsed) if elapsed else (0.0, 0.0)

    def _is_nearest(self, seconds: float, at: int) -> bool:
        """Whether no other look is nearer: half-way to the next one, a box that it did not see is drawn no more."""
        away = abs(seconds - self._times[at])
        beside = [other for other in (at - 1, at + 1) if 0 <= other < len(self._times)]
        return away > 0 and all(away < abs(seconds - self._times[other]) for other in beside)


def match(first: Sequence[Sighting], second: Sequence[Sighting]) -> dict[int, int]:
    """Which face of one look is which of the next: nearest first, of like size, within `MATCH_SIDES`."""
    pairs = sorted(
        (apart, here, there)
        for here, one in enumerate(first)
        for there, other in enumerate(second)
        if (apart := distance(one.box, other.box)) <= MATCH_SIDES
    )
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, here, there in pairs:
        if here not in matched and there not in taken:
            matched[here] = there
            taken.add(there)
    return matched


def distance(first: Box, second: Box) -> float:
    """Between two boxes' centres, in mean sides; infinite for boxes of which one is more than twice the other."""
    small, large = sorted((first.side, second.side))
    if large > 2 * small:
        return math.inf
    return math.dist(first.centre, second.centre) * 2 / max(small + large, 1e-9)


def overlap(first: Box, second: Box) -> bool:
    """Whether two boxes share any pixel."""
    across = min(first.right, second.right) - max(first.left, second.left)
    down = min(first.bottom, second.bottom) - max(first.top, second.top)
    return across > 0 and down > 0


def between(first: Box, second: Box, share: float) -> Box:
    """A box on the straight way from the first (share 0) to the second (share 1)."""
    return Box(
        first.left + (second.left - first.left) * share,
        first.top + (second.top - first.top) * share,
        first.right + (second.right - first.right) * share,
        first.bottom + (second.bottom - first.bottom) * share,
    )


def cover_head(face: Box) -> Box:
    """From a face's box to what hides the head."""
    side = face.side
    return face.grown(HEAD_SIDES * side, HEAD_ABOVE * side, HEAD_BELOW * side)
