"""Tables of visits: how many, two questions side by side, and for how long faces were seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.records import EXPRESSIONS

from .sheets import Column, Kind, Sheet, group_name

if TYPE_CHECKING:
    from ..numbers.report import Report
    from ..numbers.summary import Section
    from ..numbers.visit_groups import GroupVisits, VisitReport
    from ..numbers.visit_shares import VisitShares
    from ..words.words import Words
    from .sheets import Cell


def visits_sheet(visits: VisitReport, section: Section, words: Words) -> Sheet:
    """How many visits everything and each group of a section has, and how long faces were seen."""
    rows = [_count_row(words("all"), visits.overall, words)]
    rows += [
        _count_row(group_name(group, words), one, words)
        for group, one in zip(section.groups, visits.groups[section.by], strict=True)
    ]
    counts = (Column(words(key), Kind.COUNT) for key in ("visits", "visits_least", "visits_most"))
    decimals = (Column(words(key), Kind.DECIMAL) for key in ("recorded_hours", "per_hour", "median_in_view"))
    shares = (Column(words(key), Kind.SHARE) for key in ("brief", "staying"))
    columns = (Column(words(section.by)), *counts, *decimals, *shares, Column(words("cut_off"), Kind.COUNT))
    title = words("visits_title", by=words(f"by_{section.by}"))
    return Sheet(f"visits_by_{section.by}", title, columns, tuple(rows))


def _count_row(name: str, one: GroupVisits | None, words: Words) -> tuple[Cell, ...]:
    if one is None:
        return name, words("hidden"), *(None,) * 8
    if not one.known:
        return name, *(None,) * 9
    view = one.in_view
    counts = (one.visits, one.least, one.most, one.recorded_s / 3600, one.per_hour)
    if not one.visits:
        return name, *counts, *(None,) * 4
    cut: Cell = words("hidden") if view.cut is None else view.cut
    return name, *counts, view.median_s, view.brief, view.staying, cut


def questions_sheet(shares: VisitShares, words: Words) -> Sheet:
    """Each expression's share of visits and of face-time, and their difference, with intervals."""
    rows: list[tuple[Cell, ...]] = []
    triples = (
        (shares.of_visits, shares.of_visits_interval),
        (shares.of_time, shares.of_time_interval),
        (shares.difference, shares.difference_interval),
    )
    for at, name in enumerate(EXPRESSIONS):
        row: list[Cell] = [words(name)]
        for values, bounds in triples:
            row += [float(values[at]), *(float(one[at]) for one in bounds)] if bounds is not None else [
                float(values[at]), None, None,
            ]  # fmt: skip
        rows.append(tuple(row))
    bounds_of = ("interval_from", "interval_to")
    columns = (
        Column(words("expression")),
        *(Column(words(key), Kind.SHARE) for key in ("share_of_visits", *bounds_of, "share_of_time", *bounds_of)),
        *(Column(words(key), Kind.POINTS) for key in ("difference", *bounds_of)),
    )
    return Sheet("visit_shares", words("questions_title"), columns, tuple(rows))


def group_shares_sheet(visits: VisitReport, section: Section, words: Words) -> Sheet:
    """Shares of the visits of each group."""
    rows: list[tuple[Cell, ...]] = []
    for group, one in zip(section.groups, visits.groups[section.by], strict=True):
        shares = one.shares if one else None
        values: tuple[Cell, ...] = tuple(map(float, shares.of_visits)) if shares else (None,) * len(EXPRESSIONS)
        rows.append(
            (group_name(group, words), words("hidden") if one is None else one.visits if one.known else None, *values)
        )
    columns = (
        Column(words(section.by)),
        Column(words("visits"), Kind.COUNT),
        *(Column(words(name), Kind.SHARE) for name in EXPRESSIONS),
    )
    title = words("visit_shares_title", by=words(f"by_{section.by}"))
    return Sheet(f"visit_shares_by_{section.by}", title, columns, tuple(rows))


def labels_sheet(visits: VisitReport, words: Words) -> Sheet | None:
    """What visits count as; None where everything is hidden."""
    labels = visits.labels
    if labels is None:
        return None
    names = (*EXPRESSIONS, "undecided", "too_brief")
    counts = (*labels.counts, labels.undecided, labels.too_brief)
    rows = tuple(
        (words(name), words("hidden") if count is None else count) for name, count in zip(names, counts, strict=True)
    )
    columns = (Column(words("expression")), Column(words("visits"), Kind.COUNT))
    return Sheet("visit_labels", words("labels_title"), columns, rows)


def gaps_sheet(visits: VisitReport, words: Words) -> Sheet:
    """How many visits there are over other gaps."""
    columns = (Column(words("gap"), Kind.DECIMAL), Column(words("visits"), Kind.COUNT))
    return Sheet("visit_gaps", words("gaps_title"), columns, visits.curve)


def in_view_sheet(one: GroupVisits, words: Words) -> Sheet:
    """Which share of visits is longer than so many seconds."""
    rows = tuple(zip(one.in_view.seconds.tolist(), one.in_view.shares.tolist(), strict=True))
    columns = (Column(words("seconds_in_view"), Kind.DECIMAL), Column(words("longer"), Kind.SHARE))
    return Sheet("in_view", words("in_view_title"), columns, rows)


def all_visit_sheets(report: Report, words: Words) -> tuple[Sheet, ...]:
    """Every table of visits; none where there are no visits, or everything is hidden."""
    visits = report.visits
    if visits is None or not visits.linked or visits.overall is None:
        return ()
    found = [visits_sheet(visits, one, words) for one in report.sections]
    if visits.overall.shares:
        found.append(questions_sheet(visits.overall.shares, words))
    found += [group_shares_sheet(visits, one, words) for one in report.sections]
    labels = labels_sheet(visits, words)
    return (*found, *([labels] if labels else []), gaps_sheet(visits, words), in_view_sheet(visits.overall, words))
