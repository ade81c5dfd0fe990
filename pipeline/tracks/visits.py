"""Links → tracklets and visits: when, where, for how long, and with which expressions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .boxes import stretch_of, usual_step_s
from .ends import measure
from .gates import GATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .boxes import Boxes, Flags, Ints, Reals
    from .ends import Ends
    from .linker import Links

STILL_SIDES, STILL_S, STILL_GAP_S = 0.3, 300.0, 60.0
"""What moves less than so many sides in so many seconds is no living person; a detector that loses a poster for less
than a minute finds the same one again."""

_MOST_OF = 95.0


@dataclass(frozen=True, slots=True)
class Tracklet:
    """A row of `tracklets`, but for its key; see `store.track_tables` for what each says.

    Attributes:
        first, last: place and movement at the ends: x, y, side, dx, dy and growth.
    """

    tracklet: int
    visit: int | None
    first_s: float
    last_s: float
    faces: int
    x: float
    y: float
    side: float
    moved_sides: float
    cut_start: bool
    cut_end: bool
    still: bool
    first: tuple[float, ...]
    last: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A row of `visits`, but for its key.

    Attributes:
        probabilities: seven means over readable sightings; None without any.
        cut: `start`, `end` or `both`; None if the recording cuts it nowhere.
    """

    visit: int
    first_s: float
    last_s: float
    in_view_s: float
    faces: int
    readable: int
    probabilities: tuple[float, ...] | None
    cut: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What counts of each face by some thresholds.

    Attributes:
        is_face: bool (N,).
        readable: bool (N,), faces that can be read.
        probabilities: float64 (N, 7), in the order of `EXPRESSIONS`.
    """

    is_face: Flags
    readable: Flags
    probabilities: Reals


def describe_tracklets(boxes: Boxes, links: Links) -> list[Tracklet]:
    """The tracklets of an analysis, in their order; what keeps still has no visit, nor has a lone unsure sighting."""
    kept = boxes.where(links.tracklet > 0)
    number = links.tracklet[links.tracklet > 0]
    pieces = measure(kept, number, GATES.motion_sightings)
    stretch = stretch_of(boxes.time_s)
    begins, finishes = (np.searchsorted(stretch, np.arange(stretch.max(initial=0) + 2)) - at for at in (0, 1))
    order = np.argsort(number, kind="stable")
    bounds = np.searchsorted(number[order], np.arange(1, len(pieces) + 2))
    found = []
    for at in range(len(pieces)):
        rows = order[bounds[at] : bounds[at + 1]]
        frames = kept.frame[rows]
        x, y, side = (float(np.median(each[rows])) for each in (kept.x, kept.y, kept.side))
        away = np.hypot(kept.x[rows] - x, kept.y[rows] - y) / side
        found.append(
            Tracklet(
                tracklet=at + 1,
                visit=int(links.visit[at]),
                first_s=float(boxes.time_s[frames[0]]),
                last_s=float(boxes.time_s[frames[-1]]),
                faces=len(rows),
                x=x,
                y=y,
                side=side,
                moved_sides=float(np.percentile(away, _MOST_OF)),
                cut_start=bool(frames[0] == begins[stretch[frames[0]]]),
                cut_end=bool(frames[-1] == finishes[stretch[frames[-1]] + 1]),
                still=False,
                first=_place(pieces.first, at),
                last=_place(pieces.last, at),
            )
        )
    return _without_unsure(_with_still(found), kept, number)


def _place(ends: Ends, at: int) -> tuple[float, ...]:
    return tuple(float(each[at]) for each in (ends.x, ends.y, ends.side, ends.dx, ends.dy, ends.growth))


def _with_still(tracklets: list[Tracklet]) -> list[Tracklet]:
    """Mark what stays at one place for so long that it is a picture; a place is followed over pauses."""
    places: list[list[Tracklet]] = []
    open_places: list[list[Tracklet]] = []
    for one in sorted(tracklets, key=lambda each: each.first_s):
        if one.moved_sides > STILL_SIDES:
            continue
        open_places = [each for each in open_places if one.first_s - each[-1].last_s <= STILL_GAP_S]
        place = next((each for each in open_places if _is_same_place(each[0], one)), None)
        if place is None:
            place = []
            places.append(place)
            open_places.append(place)
        place.append(one)
    still = {one.tracklet for place in places if place[-1].last_s - place[0].first_s >= STILL_S for one in place}
    return [replace(one, still=True, visit=None) if one.tracklet in still else one for one in tracklets]


def _is_same_place(one: Tracklet, other: Tracklet) -> bool:
    apart = float(np.hypot(one.x - other.x, one.y - other.y)) / one.side
    return apart <= STILL_SIDES and abs(float(np.log(one.side / other.side))) <= STILL_SIDES


def _without_unsure(tracklets: list[Tracklet], boxes: Boxes, number: Ints) -> list[Tracklet]:
    """Take the visit from a single sighting of which the detector was not sure."""
    sure = np.zeros(len(tracklets) + 1, np.bool_)
    sure[number[boxes.confidence >= GATES.single_confidence]] = True
    seen: dict[int | None, int] = {}
    for one in tracklets:
        seen[one.visit] = seen.get(one.visit, 0) + one.faces
    return [replace(one, visit=None) if seen[one.visit] == 1 and not sure[one.tracklet] else one for one in tracklets]


def sum_up(boxes: Boxes, tracklet: Ints, tracklets: list[Tracklet], judged: Judged) -> Iterator[Visit]:
    """The visits on which a face was seen.

    Args:
        boxes: the faces of the analysis.
        tracklet: int64 (N,), of each face; 0 for none.
        tracklets: of the analysis, in their order.
        judged: what counts of each face.
    """
    step_s = usual_step_s(boxes.time_s)
    of_tracklet = np.array([0, *(one.visit or 0 for one in tracklets)], np.int64)
    visit = of_tracklet[tracklet]
    visits = int(visit.max(initial=0)) + 1
    faces = np.bincount(visit[judged.is_face], minlength=visits)
    readable = np.bincount(visit[judged.readable], minlength=visits)
    sums = [
        np.bincount(visit[judged.readable], weights=each[judged.readable], minlength=visits)
        for each in judged.probabilities.T
    ]
    groups: dict[int, list[Tracklet]] = {}
    for one in tracklets:
        if one.visit is not None:
            groups.setdefault(one.visit, []).append(one)
    for number in sorted(groups):
        if not faces[number]:
            continue
        first = min(groups[number], key=lambda each: each.first_s)
        last = max(groups[number], key=lambda each: each.last_s)
        count = int(readable[number])
        means = tuple(float(each[number]) / count for each in sums) if count else None
        yield Visit(
            visit=number,
            first_s=first.first_s,
            last_s=last.last_s,
            in_view_s=last.last_s - first.first_s + step_s,
            faces=int(faces[number]),
            readable=count,
            probabilities=means,
            cut=name_cut(start=first.cut_start, end=last.cut_end),
        )


def name_cut(*, start: bool, end: bool) -> str | None:
    """Where the recording cuts a visit, as `visits.cut` says it."""
    return "both" if start and end else "start" if start else "end" if end else None
