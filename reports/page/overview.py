"""The headline figures of the first minute: period, locations, videos, frames, faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.records import EXPRESSIONS

from ..numbers.estimates import Verdict
from ..numbers.rollup import KINDS
from ..numbers.visit_groups import Per

if TYPE_CHECKING:
    from ..numbers.report import Report
    from ..numbers.summary import Group
    from ..numbers.visit_groups import GroupVisits
    from ..numbers.visit_shares import VisitShares
    from ..words.words import Words


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure with its name and a note below it."""

    name: str
    value: str
    note: str = ""


def headlines(report: Report, words: Words) -> tuple[Headline, ...]:
    """The figures, in reading order."""
    overall, counted = report.overall, sum(video.run is not None for video in report.videos)
    shown = "readable" in overall.mask.shown
    locations = len({video.location for video in report.videos if video.run})
    with_faces = overall.frames_with_faces / overall.frames if overall.frames else 0.0
    analysed = words("videos_counted", counted=words.number(counted), all=words.number(len(report.videos)))
    visits = report.visits.overall if report.visits else None
    return (
        *([_visits(visits, words)] if visits and visits.known else []),
        Headline(words("readable"), words.number(overall.readable), _beside(overall, words))
        if shown
        else Headline(
            words("readable"), words("hidden"), words("fewer_than", least=words.number(report.request.min_group))
        ),
        Headline(
            words("frames_sampled"),
            words.number(overall.frames),
            words("with_faces_note", share=words.percent(with_faces, 0)) if shown else "",
        ),
        Headline(words("videos"), words.number(counted), analysed),
        *([] if visits and visits.known else [Headline(words("locations"), words.number(locations))]),
    )


def _visits(visits: GroupVisits, words: Words) -> Headline:
    """How many visits, in what range, and in an hour of recording."""
    bounds = {"least": words.number(visits.least), "most": words.number(visits.most)}
    if visits.per_hour is None:
        return Headline(words("visits"), words.number(visits.visits), words("visits_note_plain", **bounds))
    per_hour = words.number(visits.per_hour, 1)
    return Headline(words("visits"), words.number(visits.visits), words("visits_note", **bounds, per_hour=per_hour))


def _beside(overall: Group, words: Words) -> str:
    """What stands beside the number of readable faces: how many there are in all, and how many of them are unclear."""
    unclear = overall.unclear
    if not unclear.shown:
        return ""
    if not overall.judged:
        return words("not_judged")
    shown = {"faces": words.number(overall.faces), "unclear": words.number(unclear.count)}
    return words("readable_note", **shown, share=words.percent(unclear.share, 0))


def strip(report: Report, words: Words) -> tuple[tuple[str, str, float, str], ...]:
    """Positive to undecided as one line: key, name, share, and the share as written; what was not seen is left out."""
    shares = zip(KINDS, _of_kinds(report), strict=False)
    return tuple((kind, words(kind), round(share, 4), words.percent(share)) for kind, share in shares if share)


def strip_of(report: Report, words: Words) -> str:
    """What the line is a share of, and that it is not known where too little was filmed."""
    what = words("strip_visits" if _visit_shares(report) else "strip_faces")
    return words("strip_few", what=what) if is_pale(report) else what


def is_pale(report: Report) -> bool:
    """Whether the line rests on too little footage to be shown as if it were known."""
    shares = _visit_shares(report)
    return (shares.verdict if shares else report.overall.lead.verdict) is Verdict.LITTLE


def _of_kinds(report: Report) -> tuple[float, ...]:
    shares = _visit_shares(report)
    if shares is None:
        return report.overall.rollup.shares
    kinds = shares.of_visits @ report.request.rollup.matrix()[: len(EXPRESSIONS), :4]
    return tuple(map(float, kinds))


def _visit_shares(report: Report) -> VisitShares | None:
    """Shares of visits, if these come first."""
    overall = report.visits.overall if report.visits else None
    return overall.shares if overall and report.per is Per.VISIT else None


def period(report: Report, words: Words) -> str:
    """From when to when, as local dates."""
    if report.period is None:
        return words("period_none")
    first, last = (words.date(moment) for moment in report.period)
    text = first if first == last else words("until", first=first, last=last)
    started = sum(video.run is not None and video.started_at is not None for video in report.videos)
    if not report.guesses:
        return text
    return words("period_guess" if report.guesses == started else "period_partly_guess", period=text)
