"""Boxes between analysed frames: carried from one look to the next, generously where the way is not sure.

Blurring too much costs little, showing a face costs a promise. So a face that both neighbours saw in overlapping places
is followed on a straight line with room to either side; one that both saw further apart is covered along the whole way;
and one that only one of them saw stays covered for a while, and where it was heading too.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import Box
from ..tracks.matching import elapsed_s, match, reach, unlinked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..store.sightings import Look, Sighting

REACH_S = 1.0
"""Seconds from an analysed frame within which its boxes say something. Further away nobody looked."""

HOLD_S = 1.0
"""Seconds that a face stays covered, at least, after it was seen last and before it is seen first: detectors lose
faces that turn away, while people still recognise them."""

DRIFT_S = 0.5
"""Seconds of movement that the cover of a face that was not found again makes room for."""

DRIFT_SIDES_PER_S = 1.0
"""How fast such a cover grows in every direction, in sides of the box."""

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

    def __init__(self, looks: Sequence[Look], size: tuple[int, int], hold_s: float = HOLD_S) -> None:
        """Match each look's faces with the next one's.

        Args:
            looks: the analysed frames in order. Those that could not see anything are left out.
            size: width and height of the frames, pixels.
            hold_s: seconds that a face stays covered, at least, where it is not seen.
        """
        self._size, self._hold_s = size, hold_s
        self._looks = [look for look in looks if look.sightings or not look.problem]
        self._times = [look.timestamp_s for look in self._looks]
        self._positions = {look.index: at for at, look in enumerate(self._looks)}
        pairs = zip(self._looks, self._looks[1:], strict=False)
        self._next = [match(one.sightings, other.sightings, elapsed_s(one, other)) for one, other in pairs]
        self._previous = [{there: here for here, there in links.items()} for links in self._next]
        self._lost = [unlinked(look, links) for look, links in zip(self._looks, [*self._next, {}], strict=False)]
        self._found = [unlinked(look, links) for look, links in zip(self._looks, [{}, *self._previous], strict=False)]
        self._refound: set[tuple[int, int]] = set()
        self._bridges = self._bridge()

    def _bridge(self) -> dict[int, list[Mark]]:
        """Covers, by the number of the look before, of people whom the looks between two others missed.

        Those who are lost may be anywhere on their way to where somebody is found again soon after.
        """
        bridges: defaultdict[int, list[Mark]] = defaultdict(list)
        for start, end in self._spells():
            first, second = self._looks[start], self._looks[end]
            lost = [first.sightings[number] for number in self._lost[start]]
            found = [second.sightings[number] for number in self._found[end]]
            for here, there in match(lost, found, elapsed_s(first, second)).items():
                self._refound |= {(start, self._lost[start][here]), (end, self._found[end][there])}
                cover = cover_head(lost[here].box).hull(cover_head(found[there].box))
                for gap in range(start, end):
                    bridges[gap].append(Mark(cover, None, lost[here]))
        return dict(bridges)

    def _spells(self) -> Iterator[tuple[int, int]]:
        """From a look that lost a face to one that found one, with others between, not too long after."""
        for start in range(len(self._looks)):
            if not self._lost[start]:
                continue
            for end in range(start + 2, len(self._looks)):
                if self._times[end] - self._times[start] > 2 * self._hold_s:
                    break
                if self._found[end]:
                    yield start, end

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
            return [*measured, *self._held(seconds, exact, exact), *self._bridges.get(exact, ())]
        after = bisect.bisect_right(self._times, seconds)
        before = after - 1
        near = [abs(seconds - self._times[at]) for at in (before, after) if 0 <= at < len(self._times)]
        if min(near, default=math.inf) > REACH_S:
            return None
        return [
            *self._followed(seconds, before),
            *self._held(seconds, before, after),
            *self._bridges.get(before, ()),
        ]

    def _followed(self, seconds: float, before: int) -> Iterator[Mark]:
        """Faces that both neighbours saw."""
        if not 0 <= before < len(self._next):
            return
        start, end = self._times[before], self._times[before + 1]
        share = (seconds - start) / max(end - start, 1e-9)
        for here, there in self._next[before].items():
            first, second = self._looks[before].sightings[here], self._looks[before + 1].sightings[there]
            slack = SLACK if first.box.overlap(second.box) else 1.0
            earliest = between(first.box, second.box, max(share - slack, 0.0))
            latest = between(first.box, second.box, min(share + slack, 1.0))
            cover = cover_head(earliest).hull(cover_head(latest))
            yield Mark(cover, between(first.box, second.box, share), first if share < 0.5 else second)

    def _held(self, seconds: float, before: int, after: int) -> Iterator[Mark]:
        """Faces that were seen lately and then no more, and those that are seen soon for the first time.

        `before` and `after` are the looks on either side, the same one twice for an analysed frame.
        """
        for at in self._around(seconds, before, after):
            for number in (self._lost if at <= before else self._found)[at]:
                yield self._hold(seconds, at, number)

    def _around(self, seconds: float, before: int, after: int) -> Iterator[int]:
        """Looks whose faces may still be there: while they are held, and the direct neighbours a little further."""
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
        return abs(seconds - self._times[at]) <= (2 * REACH_S if direct else self._hold_s)

    def _hold(self, seconds: float, at: int, number: int) -> Mark:
        away = seconds - self._times[at]
        moving_s = math.copysign(min(abs(away), DRIFT_S), away)
        x, y = self._speed(at, number, back=away > 0)
        sighting = self._looks[at].sightings[number]
        box = sighting.box
        ahead = box.moved(x * moving_s, y * moving_s)
        cover = cover_head(box).hull(cover_head(ahead))
        if (at, number) not in self._refound:
            cover = cover.hull(self._towards_edges(box, at, away))
        room = abs(moving_s) * DRIFT_SIDES_PER_S * box.side
        return Mark(cover.grown(room, room, room), ahead if self._is_nearest(seconds, at) else None, sighting)

    def _towards_edges(self, box: Box, at: int, away: float) -> Box:
        """From the head to the edges by which its owner can have left the picture, or entered it.

        Those that can be reached until the other look, as far as one walks until now. Nobody leaves by the upper edge
        with the face to the camera.
        """
        head, other = cover_head(box), at + (1 if away > 0 else -1)
        if not 0 <= other < len(self._times) or abs(away) > abs(self._times[other] - self._times[at]):
            return head
        limit, step = (reach(seconds) * box.side for seconds in (self._times[other] - self._times[at], away))
        return Box(
            head.left - step * (box.left <= limit),
            head.top,
            head.right + step * (self._size[0] - box.right <= limit),
            head.bottom + step * (self._size[1] - box.bottom <= limit),
        )

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
