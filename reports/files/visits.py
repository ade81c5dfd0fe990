"""Visits as JSON and as rows of the CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.records import EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..numbers.visit_groups import GroupVisits, LabelCounts, VisitReport
    from ..numbers.visit_shares import VisitShares


def describe_visits(visits: VisitReport) -> dict[str, Any]:
    """All visits of a report; `groups` of each section stand in the order of `sections`."""
    return {
        "overall": describe_group_visits(visits.overall),
        "groups": {name: [describe_group_visits(one) for one in groups] for name, groups in visits.groups.items()},
        "by_gap": [{"gap_s": gap_s, "visits": count} for gap_s, count in visits.curve],
        "counts_as": _labels(visits.labels) if visits.labels else None,
        "left_out_as_still": visits.still,
        "picture_moves": [video.name for video in visits.moving],
        "linked_over_s": visits.gaps_s,
        "not_linked_yet": [video.name for video in visits.unlinked],
        "without": [{"video": video.name, "why": why} for video, why in visits.without],
        "complete": visits.complete,
        "audited": False,
    }


def _labels(labels: LabelCounts) -> dict[str, int | None]:
    counts = dict(zip(EXPRESSIONS, labels.counts, strict=True))
    return counts | {"undecided": labels.undecided, "too_brief": labels.too_brief}


def describe_group_visits(one: GroupVisits | None) -> dict[str, Any] | None:
    """Visits of one group; null where it is hidden, and where none of its videos has visits."""
    if one is None or not one.known:
        return None
    view = one.in_view
    return {
        "visits": one.visits,
        "least": one.least,
        "most": one.most,
        "recorded_s": one.recorded_s,
        "per_recorded_hour": one.per_hour,
        "expressions": _shares(one.shares) if one.shares else None,
        "in_view": {
            "median_s": view.median_s,
            "cut_off": view.cut,
            "under_5_s": view.brief,
            "from_60_s": view.staying,
            "longer_than": [
                {"seconds": seconds, "share": share}
                for seconds, share in zip(view.seconds.tolist(), view.shares.tolist(), strict=True)
            ],
        },
    }


def _shares(shares: VisitShares) -> dict[str, dict[str, float | None]]:
    described = {}
    for at, name in enumerate(EXPRESSIONS):
        row: dict[str, float | None] = {}
        for key, values, bounds in (
            ("of_visits", shares.of_visits, shares.of_visits_interval),
            ("of_time", shares.of_time, shares.of_time_interval),
            ("difference", shares.difference, shares.difference_interval),
        ):
            row[key] = float(values[at])
            row[f"{key}_low"] = float(bounds[0, at]) if bounds is not None else None
            row[f"{key}_high"] = float(bounds[1, at]) if bounds is not None else None
        described[name] = row
    return described


def visit_rows(one: GroupVisits | None) -> Iterator[tuple[Any, ...]]:
    """Rows of the CSV: category, name, count, share, its interval, and whether that is shown."""
    if one is not None and not one.known:
        return
    for name in ("visits", "least", "most"):
        yield "visits", name, "" if one is None else getattr(one, name), "", "", "", one is not None
    for at, name in enumerate(EXPRESSIONS):
        shares = one.shares if one else None
        if shares is None:
            yield "visit expression", name, "", "", "", "", False
            continue
        low, high = (
            ("", "") if shares.of_visits_interval is None else shares.of_visits_interval[:, at].round(6).tolist()
        )
        yield "visit expression", name, "", round(float(shares.of_visits[at]), 6), low, high, True
