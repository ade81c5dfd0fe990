"""The section of visits: how many, two questions, time in view, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..figures.visits import in_view_chart, questions_chart
from ..numbers.estimates import Verdict
from ..numbers.visit_groups import BRIEF_S, STAYING_S
from ..sheets.visits import gaps_sheet, group_shares_sheet, in_view_sheet, labels_sheet, questions_sheet, visits_sheet
from .parts import Exhibit, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..numbers.report import Report
    from ..numbers.visit_groups import GroupVisits, VisitReport
    from ..words.words import Words


def visits_part(report: Report, words: Words) -> Part | None:
    """The section; None where visits were not read."""
    visits = report.visits
    if visits is None:
        return None
    overall = visits.overall
    exhibits = tuple(_exhibits(report, visits, overall, words)) if overall and visits.linked else ()
    paragraphs = (*_about(visits, overall, words), *about_missing(visits, words))
    return Part("visits", words("visits_heading"), paragraphs, exhibits)


def _exhibits(report: Report, visits: VisitReport, overall: GroupVisits, words: Words) -> Iterator[Exhibit]:
    counts = tuple(visits_sheet(visits, one, words) for one in report.sections)
    yield Exhibit(None, counts[:1], open=True)
    if overall.shares:
        shares = tuple(group_shares_sheet(visits, one, words) for one in report.sections)
        yield Exhibit(questions_chart(overall.shares, words), (questions_sheet(overall.shares, words), *shares))
    chart = in_view_chart(overall.in_view, words)
    labels = labels_sheet(visits, words)
    yield Exhibit(
        chart if chart.rows else None,
        (in_view_sheet(overall, words), gaps_sheet(visits, words), *([labels] if labels else []), *counts[1:]),
    )


def _about(visits: VisitReport, overall: GroupVisits | None, words: Words) -> Iterator[str]:
    if overall is None or not visits.linked:
        return
    yield count_sentence(overall, words)
    yield words("about_visits", gap=words.listing([words.number(one) for one in visits.gaps_s]))
    yield words("about_questions", holds=_holds(overall, words))
    yield " ".join(_in_view(overall, words))
    if visits.still:
        yield words("about_still", n=words.number(visits.still))
    if visits.moving:
        yield words("about_moving", n=words.number(len(visits.moving)))


def _holds(overall: GroupVisits, words: Words) -> str:
    """What the intervals of the shares hold."""
    shares = overall.shares
    if shares is None or shares.of_visits_interval is None:
        return words("about_questions_few")
    if shares.verdict is Verdict.LITTLE:
        return words("about_questions_short")
    return f"{words('intervals_cover')} {words('holds_misreading' if shares.misreading else 'holds_sampling')}"


def count_sentence(one: GroupVisits, words: Words) -> str:
    """How many visits there were, in what range, and in an hour of recording."""
    values = {"n": words.number(one.visits), "least": words.number(one.least), "most": words.number(one.most)}
    if one.per_hour is None:
        return words("count_visits", **values)
    hours = words.number(one.recorded_s / 3600, 1)
    return words("count_visits_per_hour", **values, per_hour=words.number(one.per_hour, 1), hours=hours)


def _in_view(one: GroupVisits, words: Words) -> Iterator[str]:
    view = one.in_view
    if view.median_s is not None:
        yield words("median_view", seconds=words.number(view.median_s, 1))
    elif one.visits:
        yield words("median_view_unknown")
    if view.brief:
        yield words("brief_view", share=words.percent(view.brief, 0), seconds=words.number(BRIEF_S))
    if view.staying:
        yield words("staying_view", share=words.percent(view.staying, 0), seconds=words.number(STAYING_S))
    if view.cut:
        yield words("cut_view", n=words.number(view.cut))


def about_missing(visits: VisitReport, words: Words) -> Iterator[str]:
    """Of which videos there are no visits, and why."""
    if visits.unlinked:
        yield words("visits_unlinked", n=words.number(len(visits.unlinked)))
    if visits.without:
        yield words("visits_without", n=words.number(len(visits.without)))
