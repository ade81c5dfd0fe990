"""Who was in each zone and for how long, where faces were seen, and who may work there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.areas import Kind, Staff, inside
from pipeline.places.proposing import propose_area
from pipeline.places.zones import find_stays

from .visits import GAPS_S, begin_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.areas import Polygon
    from pipeline.places.zones import Stay

    from .columns import Flags, Ints, Reals
    from .visit_data import Tracked, VisitData
    from .zone_rows import Sightings, View

MIN_CELLS = 3
"""With fewer cells of enough people a coarser picture is drawn, or none."""

MOST_PROPOSED = 3
"""So many areas are proposed for one camera."""


@dataclass(frozen=True, slots=True)
class ZoneNumbers:
    """A zone, on all cameras that have one of its name.

    Attributes:
        cameras: how many have it.
        visits: with a stay in it; None where these, or those without one, are few people, and all that follows too.
        share: of all visits in the pictures of these cameras.
        mean_s: mean time in it of a visit with a stay, seconds.
        at_once: mean number of people in it over the recorded time, all its cameras together.
        longest: most people in it at once, on one camera.
    """

    name: str
    kind: Kind
    cameras: int
    visits: int | None
    share: float | None
    mean_s: float | None
    at_once: float | None
    longest: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Where faces were seen at one camera.

    Attributes:
        levels: float64 (rows, columns), quarters of the visits in the fullest cell, 0.25 to 1; NaN where few were.
    """

    camera: tuple[str, str]
    levels: Reals


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where somebody stays much longer than others do: it may be staff, who can be blanked."""

    camera: tuple[str, str]
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of the pictures.

    Attributes:
        zones: by name.
        seen: of each camera that enough people passed.
        proposals: areas that may be staff's.
        unsaid: cameras of which nobody said whether staff come into the picture.
        cameras: how many there are.
    """

    zones: tuple[ZoneNumbers, ...]
    seen: tuple[Seen, ...]
    proposals: tuple[Proposal, ...]
    unsaid: int
    cameras: int


def measure_places(views: Sequence[View], data: VisitData, least: int) -> Places:
    """All numbers of places; of few people there are none."""
    cameras = {view.camera for view in views}
    unsaid = {view.camera for view in views if view.staff is Staff.UNKNOWN}
    return Places(
        zones=tuple(_zones(views, data, least)),
        seen=tuple(_seen(views, data, least)),
        proposals=tuple(_proposals(views)),
        unsaid=len(unsaid),
        cameras=len(cameras),
    )


def _zones(views: Sequence[View], data: VisitData, least: int) -> list[ZoneNumbers]:
    by_name: defaultdict[str, list[View]] = defaultdict(list)
    kinds: dict[str, Kind] = {}
    for view in views:
        for zone in view.zones:
            if zone.kind is not Kind.IGNORE and view.linked is not None:
                by_name[zone.name].append(view)
                kinds.setdefault(zone.name, zone.kind)
    stays = {id(view): _stays_of(view, data) for mine in by_name.values() for view in mine}
    return [
        _zone(name, kinds[name], [(view, stays[id(view)].get(name, {})) for view in mine], data, least)
        for name, mine in sorted(by_name.items())
    ]


def _stays_of(view: View, data: VisitData) -> dict[str, dict[int, tuple[Stay, ...]]]:
    """By zone and visit, the stays in it."""
    found: defaultdict[str, dict[int, tuple[Stay, ...]]] = defaultdict(dict)
    sightings, step_s = view.inside, data.tracked[view.linked or 0].step_s
    if sightings is None:
        return found
    order = np.argsort(sightings.visit, kind="stable")
    visits, starts = np.unique(sightings.visit[order], return_index=True)
    for visit, rows in zip(visits.tolist(), np.split(order, starts[1:]), strict=True):
        for name, stays in find_stays(sightings.time_s[rows], sightings.centre[rows], view.zones, step_s).items():
            if stays:
                found[name][visit] = stays
    return found


def _zone(
    name: str, kind: Kind, parts: list[tuple[View, dict[int, tuple[Stay, ...]]]], data: VisitData, least: int
) -> ZoneNumbers:
    cameras = len({view.camera for view, _ in parts})
    inside_: set[int] = set()
    everybody: set[int] = set()
    people = of_all = 0
    seconds = recorded_s = 0.0
    longest = 0
    for view, stays in parts:
        at = view.linked or 0
        here = data.rows[at]
        inside_ |= stays.keys()
        everybody |= set(here.values())
        people += _fewest(data.tracked[at], [visit for visit, row in here.items() if row in stays])
        of_all += _fewest(data.tracked[at], list(here))
        seconds += sum(stay.seconds for each in stays.values() for stay in each)
        recorded_s += float(data.recorded_s[at])
        longest = max(longest, _most_at_once([stay for each in stays.values() for stay in each]))
    others = len(everybody) - len(inside_)
    few = (inside_ and people < least) or (others and of_all - people < least)
    if least > 1 and few:
        return ZoneNumbers(name, kind, cameras, None, None, None, None, None)
    return ZoneNumbers(
        name=name,
        kind=kind,
        cameras=cameras,
        visits=len(inside_),
        share=len(inside_) / len(everybody) if everybody else None,
        mean_s=seconds / len(inside_) if inside_ else None,
        at_once=seconds / recorded_s if recorded_s else None,
        longest=longest,
    )


def _fewest(tracked: Tracked, visits: list[int]) -> int:
    """The fewest people who can have made these visits of a video."""
    mine: Flags = np.isin(tracked.visit, visits)
    return int((begin_paths(tracked, GAPS_S[-1]) & ~tracked.goes_on & mine).sum())


def _most_at_once(stays: Sequence[Stay]) -> int:
    """The most stays that go on at one moment; who comes as another one goes is not there with them."""
    if not stays:
        return 0
    ends = np.array([stay.last_s for stay in stays])
    starts = np.array([stay.first_s for stay in stays])
    moments = np.concatenate([starts, ends])
    change = np.concatenate([np.ones(len(stays), np.int64), -np.ones(len(stays), np.int64)])
    order = np.lexsort((change, moments))
    return int(np.cumsum(change[order]).max())


def _seen(views: Sequence[View], data: VisitData, least: int) -> list[Seen]:
    by_camera: defaultdict[tuple[str, str], list[View]] = defaultdict(list)
    for view in views:
        if view.linked is not None:
            by_camera[view.camera].append(view)
    found = []
    for camera, mine in sorted(by_camera.items()):
        rows = [(data.tracked[view.linked or 0], list(data.rows[view.linked or 0])) for view in mine]
        people, visits = sum(_fewest(*one) for one in rows), sum(len(here) for _, here in rows)
        if not visits or people < least:
            continue
        # Visits may be fewer people, in a cell as everywhere.
        enough = least * visits / max(people, 1) if least > 1 else 1.0
        grids = [np.sum(same, axis=0) for same in zip(*(view.grids for view in mine), strict=True)]
        fine = [grid for grid in grids if (grid >= enough).sum() >= MIN_CELLS]
        if fine:
            found.append(Seen(camera, _levels(fine[0], enough)))
    return found


def _levels(grid: Ints, enough: float) -> Reals:
    levels = np.ceil(4 * grid / grid.max()) / 4
    levels[grid < enough] = np.nan
    return np.asarray(levels)


def _proposals(views: Sequence[View]) -> list[Proposal]:
    found: defaultdict[tuple[str, str], list[Polygon]] = defaultdict(list)
    for view in views:
        if view.long is None or view.staff is not Staff.UNKNOWN:
            continue
        for rows in _by_visit(view.long):
            centres = view.long.centre[rows]
            known = found[view.camera]
            already = any(inside(np.median(centres, axis=0)[None], polygon)[0] for polygon in known)
            if not already and len(known) < MOST_PROPOSED:
                known.append(propose_area(centres * view.size, view.long.side[rows], view.size))
    return [Proposal(camera, polygon) for camera, polygons in sorted(found.items()) for polygon in polygons]


def _by_visit(sightings: Sightings) -> list[Ints]:
    """Rows of each visit, those with the most sightings first."""
    order = np.argsort(sightings.visit, kind="stable")
    starts = np.unique(sightings.visit[order], return_index=True)[1]
    return sorted(np.split(order, starts[1:]), key=lambda rows: -len(rows))
