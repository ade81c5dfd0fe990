"""Visits of everything and of each group, with what may be shown of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from .hiding import Counts, find_shown
from .visit_shares import share_visits
from .visits import count_visits, label_visits, time_in_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .columns import Flags, Ints, Reals, Video
    from .crowd import Crowd
    from .shown import Family, Mask
    from .visit_data import VisitData, Visits
    from .visit_shares import Misread, VisitShares
    from .visits import TimeInView

MIN_RECORDED_S = 600.0
"""What was recorded for less does not say how many come in an hour."""

BRIEF_S, STAYING_S = 5.0, 60.0
"""Whose face is seen for less is brief, and for longer is staying."""

TIMES_S = (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600, 7200)
"""Times at which the curve is shown, seconds."""


class Per(StrEnum):
    """What shares are of."""

    VISIT = "visit"
    FACE = "face"


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Visits by what they count as; None where that would tell of a few people.

    Attributes:
        counts: by their most probable mean expression, in the order of `EXPRESSIONS`.
        undecided: read, but no expression clearly wins.
        too_brief: fewer than `MIN_READ` readable sightings.
    """

    counts: tuple[int | None, ...]
    undecided: int | None
    too_brief: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Staying:
    """For how long faces were seen.

    Attributes:
        median_s: Kaplan and Meier's; None where more than half are still there when all have been counted.
        cut: visits that the recording cuts off; None where that would tell of a few people.
        seconds, shares: float64 (K,), which share of visits is at least so long, at times between which enough of them
            end.
        brief, staying: share of visits under `BRIEF_S`, and over `STAYING_S`; None where these are few people.
    """

    median_s: float | None
    cut: int | None
    seconds: Reals
    shares: Reals
    brief: float | None
    staying: float | None


@dataclass(frozen=True, slots=True, eq=False)
class GroupVisits:
    """Visits of one group that is shown.

    Attributes:
        known: whether any of its videos has visits; numbers are zero else.
        visits: that begin in it, linked over the stored gap.
        least, most: its range: the fewest people who can have walked them, and each tracklet by itself.
        recorded_s: how long its videos with visits were recorded.
        per_hour: visits in an hour of that; None of less than `MIN_RECORDED_S`.
        shares: of visits and of face-time; None where too few visits have a readable sighting.
        in_view: time in view.
    """

    known: bool
    visits: int
    least: int
    most: int
    recorded_s: float
    per_hour: float | None
    shares: VisitShares | None
    in_view: Staying


@dataclass(frozen=True, slots=True, eq=False)
class VisitReport:
    """All visits of a report.

    Attributes:
        overall: of everything; None where it is hidden.
        groups: of each section by its name, in the order of its groups; None where one is hidden.
        curve: gap in seconds and number of visits over it; empty where everything is hidden.
        labels: what visits count as; None where everything is hidden.
        still: tracklets that are left out, as they keep still.
        moving: videos whose picture moves, so that their visits are uncertain.
        gaps_s: the gaps that visits were linked over.
        unlinked: videos of which nobody looked for visits yet.
        without: videos that can have none, and why.
        linked: how many videos have visits.
        complete: whether all videos that are counted have.
    """

    overall: GroupVisits | None
    groups: dict[str, tuple[GroupVisits | None, ...]]
    curve: tuple[tuple[float, int], ...]
    labels: LabelCounts | None
    still: int
    moving: tuple[Video, ...]
    gaps_s: tuple[float, ...]
    unlinked: tuple[Video, ...]
    without: tuple[tuple[Video, str], ...]
    linked: int
    complete: bool


def report_visits(
    data: VisitData,
    crowd: Crowd,
    families: Mapping[str, Family],
    masks: Mapping[str, Sequence[Mask]],
    limits: tuple[int, float],
    *,
    misread: Misread | None = None,
) -> VisitReport:
    """The numbers of all groups that are shown.

    Args:
        data: visits of the selection.
        crowd: where each begins.
        families: groups by name; `overall` is one group.
        masks: what of them is shown.
        limits: the smallest group, and from which mean probability on a visit is decided.
        misread: how cameras may misread; None where nobody knows.
    """
    least, min_confidence = limits
    groups = {
        name: tuple(
            None if mask.hidden else _describe(data.visits, crowd, pieces, least, misread)
            for pieces, mask in zip(_pieces_of(one), masks[name], strict=True)
        )
        for name, one in families.items()
    }
    overall = groups.pop("overall")[0]
    known = overall is not None and len(data.visits) > 0
    return VisitReport(
        overall=overall,
        groups=groups,
        curve=count_visits(data).curve if known else (),
        labels=_labels(data.visits, min_confidence, least) if known else None,
        still=data.still,
        moving=data.moving,
        gaps_s=data.gaps_s,
        unlinked=tuple(video for video, why in data.without if why is None),
        without=tuple((video, why) for video, why in data.without if why is not None),
        linked=len(data.videos),
        complete=bool(data.videos) and not data.without,
    )


def _pieces_of(family: Family) -> list[Ints]:
    members = family.members
    return [members.indices[members.indptr[at] : members.indptr[at + 1]] for at in range(members.shape[0])]


def _describe(visits: Visits, crowd: Crowd, pieces: Ints, least: int, misread: Misread | None) -> GroupVisits:
    mine = visits.where(np.isin(crowd.of_visit, pieces))
    linked = pieces[np.isin(crowd.video[pieces], list(crowd.begins))]
    seconds = float(crowd.seconds[linked].sum())
    read = int((mine.readable > 0).sum())
    return GroupVisits(
        known=len(linked) > 0,
        visits=len(mine),
        least=int(crowd.walked[pieces].sum()),
        most=int(crowd.most[pieces].sum()),
        recorded_s=seconds,
        per_hour=len(mine) / seconds * 3600 if seconds >= MIN_RECORDED_S else None,
        shares=share_visits(mine, misread) if read >= max(least, 1) else None,
        in_view=_staying(mine, least),
    )


def _staying(visits: Visits, least: int) -> Staying:
    cut = visits.cut_start | visits.cut_end
    found = time_in_view(visits.in_view_s, cut)
    seconds, shares = _coarse(found, visits, least)
    longest = float(visits.in_view_s.max(initial=0.0))
    stay_short, stay_long = (_longer(found, one, longest) for one in (BRIEF_S, STAYING_S))
    brief = None if stay_short is None else 1 - stay_short
    return Staying(
        median_s=found.median_s,
        cut=_safe(found.cut, len(visits), least),
        seconds=seconds,
        shares=shares,
        brief=_safe_share(brief, len(visits), least),
        staying=_safe_share(stay_long, len(visits), least),
    )


def _longer(found: TimeInView, seconds: float, longest: float) -> float | None:
    """Which share of visits is at least so long; None where nobody was watched for so long."""
    at = int(np.searchsorted(found.seconds, seconds, side="left"))
    share = float(found.staying[at - 1]) if at else 1.0
    return share if longest >= seconds or share == 0 else None


def _safe_share(share: float | None, of: int, least: int) -> float | None:
    return share if share is not None and _is_safe(share * of, of, least) else None


def _coarse(found: TimeInView, visits: Visits, least: int) -> tuple[Reals, Reals]:
    """The curve at times between which, and after which, nobody or `least` visits end at least."""
    longer, kept, before = np.sort(visits.in_view_s), [], 0
    for seconds in TIMES_S:
        ended = int(np.searchsorted(longer, seconds, side="left"))
        left = len(longer) - ended
        if ended and left and _is_safe(ended, len(longer), least) and _is_safe(ended - before, len(longer), least):
            kept.append(seconds)
            before = ended
    shares = [found.staying[at - 1] if at else 1.0 for at in np.searchsorted(found.seconds, kept, side="left").tolist()]
    return np.array(kept, np.float64), np.array(shares, np.float64)


def _is_safe(count: float, of: float, least: int) -> bool:
    """Whether neither some of them nor the others are a few people."""
    return least <= 1 or all(one < 1e-9 or one >= least - 1e-9 for one in (count, of - count))


def _safe(count: int, of: int, least: int) -> int | None:
    return count if _is_safe(count, of, least) else None


def _labels(visits: Visits, min_confidence: float, least: int) -> LabelCounts:
    found = label_visits(visits, min_confidence)
    counts = np.array([*found.counts, found.undecided, found.too_brief], np.int64)
    rows = csr_array(np.vstack([np.ones((1, len(counts))), np.eye(len(counts))]))
    shown: Flags = find_shown(Counts(rows, counts, counts > 0, np.array([0] + [1] * len(counts))), least)[1:]
    *labels, undecided, too_brief = (
        int(count) if one else None for count, one in zip(counts.tolist(), shown.tolist(), strict=True)
    )
    return LabelCounts(tuple(labels), undecided, too_brief)
