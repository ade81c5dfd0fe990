"""The last section of the page: how far all of it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.records import EXPRESSIONS

from ..numbers.shown import MIN_GROUP
from ..numbers.visits import GAPS_S
from ..sheets.audit import audit_facts, audit_sentence, audit_sheets
from ..sheets.sheets import videos_sheet
from ..sheets.trust import (
    confusion_sheet,
    doubles_sheet,
    gates_sheet,
    model_sheet,
    settings_sheet,
)
from .parts import MOST_ROWS, Bullets, Exhibit, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.models.card import Evaluation, ModelCard

    from ..numbers.accuracy import Accuracy
    from ..numbers.correction import Trial
    from ..numbers.report import Report
    from ..words.words import Words


def trust_part(report: Report, words: Words) -> Part:
    """Frames, faces, videos, the model, limits and law."""
    card = next((run.card for run in report.runs if run.card and run.card.evaluation.classes), None)
    exhibits = [Exhibit(None, (videos_sheet(report, words),), open=len(report.videos) <= MOST_ROWS)]
    if report.quality:
        exhibits.insert(0, Exhibit(None, (gates_sheet(report.quality, words),), open=True))
    if report.doubles:
        exhibits.append(Exhibit(None, (doubles_sheet(report, words),)))
    sheets = [settings_sheet(report, words)]
    if card:
        sheets += [model_sheet(card.evaluation, words), confusion_sheet(card.evaluation, words)]
    exhibits.append(Exhibit(None, tuple(sheets)))
    if report.audit:
        exhibits.insert(0, Exhibit(None, audit_sheets(report.audit, words)))
    paragraphs = (
        about_hiding(report, words),
        *(_about_audit(report.audit, words)),
        *_about_reading(report, words),
        _about_frames(report, words),
        *_about_readable(report, words),
        *_about_doubles(report, words),
        *(_about_model(card, words) if card else ()),
    )
    bullets = (Bullets(words("limits_heading"), tuple(_limits(card, words))), _law(words))
    return Part(
        "trust", words("trust_heading"), paragraphs, tuple(exhibits), bullets=bullets, short=words("trust_short")
    )


def about_hiding(report: Report, words: Words) -> str:
    """Which groups are hidden, how people are counted for that, and that a smaller limit was asked for."""
    least, visits = report.request.min_group, report.visits
    if least <= 1:
        return words("about_hiding_off", usual=words.number(MIN_GROUP))
    people = (
        "people_at_once" if not visits or not visits.linked else "people_visits" if visits.complete else "people_mixed"
    )
    return words("about_hiding", least=words.number(least), people=words(people, away=words.number(GAPS_S[-1])))


def _about_audit(audit: Accuracy | None, words: Words) -> Iterator[str]:
    """What people said of faces of these cameras; where nobody was asked, how to ask."""
    if audit is None:
        yield words("audit_none")
        return
    yield audit_sentence(audit, words)
    yield " ".join(audit_facts(audit, words))


def _about_reading(report: Report, words: Words) -> Iterator[str]:
    """Where the part of the intervals that is misreading comes from, and whether shares are corrected."""
    overall, reading = report.overall, report.reading
    if not reading.known:
        yield words("reading_unknown")
        return
    yield words(
        "reading_card",
        data=reading.data,
        faces=words.number(reading.faces),
        spoilt=words("reading_spoilt", n=words.number(reading.conditions)) if reading.conditions else "",
    )
    low, high, sampling = overall.expressions.low, overall.expressions.high, overall.expressions.sampling
    first = overall.lead.first
    if low and high and sampling and overall.expressions.shows(first):
        alone, both = words.interval(sampling[0][first], sampling[1][first]), words.interval(low[first], high[first])
        if alone != both:
            yield words("reading_widens", name=words(EXPRESSIONS[first]), sampling=alone, interval=both)
    if reading.audited:
        yield words("reading_audited", n=words.number(reading.audited), all=words.number(reading.cameras))
    yield _about_trial(reading.trial, words)


def _about_trial(trial: Trial | None, words: Words) -> str:
    if trial is None:
        return words("trial_none")
    recognised, corrected = (words.number(100 * one, 1) for one in (trial.recognised, trial.corrected))
    key = "trial_helps" if trial.helps else "trial_helps_not"
    return words(key, faces=words.number(trial.faces), recognised=recognised, corrected=corrected)


def _about_frames(report: Report, words: Words) -> str:
    overall = report.overall
    if report.quality is None:
        problems = words.number(overall.problem_frames)
        return words("trust_frames_hidden", frames=words.number(overall.frames), problems=problems)
    return words(
        "trust_frames",
        frames=words.number(overall.frames),
        with_faces=words.number(overall.frames_with_faces),
        problems=words.number(overall.problem_frames),
        median=words.number(report.quality.median_px),
    )


def _about_readable(report: Report, words: Words) -> Iterator[str]:
    """How many faces are readable, what was dropped as no face, and where neither is known."""
    overall, thresholds = report.overall, report.request.selection.thresholds
    if overall.faces and overall.judged and overall.unclear.shown:
        yield words(
            "trust_readable",
            faces=words.number(overall.faces),
            unclear=words.number(overall.unclear.count),
            share=words.percent(overall.unclear.share),
            interval=words.interval(overall.unclear.low, overall.unclear.high),
            least=words.number(thresholds.min_readable, 2),
        )
    if report.no_face:
        least = words.number(thresholds.min_is_face, 2)
        yield words("trust_no_face", n=words.number(report.no_face), least=least)
    if overall.not_judged:
        yield words("trust_not_judged", n=words.number(overall.not_judged))


def _about_doubles(report: Report, words: Words) -> Iterator[str]:
    """Minutes that two videos have: what was left out of which figures."""
    sure = {one.video: one.frames for one in report.doubles if one.is_sure}
    if sure and report.request.selection.count_overlaps:
        yield words("trust_doubles_counted", n=words.number(len(sure)))
    elif sure:
        yield words("trust_doubles", n=words.number(len(sure)), frames=words.number(sum(sure.values())))
    maybe = {one.video for one in report.doubles if not one.is_sure} - set(sure)
    if maybe:
        yield words("trust_doubles_maybe", n=words.number(len(maybe)))


def _about_model(card: ModelCard, words: Words) -> Iterator[str]:
    """Its accuracy by the labels that it was trained for, then by FER-2013's own where that was measured apart."""
    yield _accuracy("trust_model", card.evaluation, words, model=card.name)
    own = card.labels_evaluation
    if own:
        yield _accuracy("trust_model_labels", own, words)
    if own or "fer2013" in card.evaluation.data.lower().replace("-", ""):
        yield words("human_agreement")


def _accuracy(key: str, evaluation: Evaluation, words: Words, **values: str) -> str:
    return words(
        key,
        accuracy=words.percent(evaluation.accuracy),
        faces=words.number(evaluation.faces),
        data=evaluation.data,
        interval=words.interval(*evaluation.interval),
        **values,
    )


def _limits(card: ModelCard | None, words: Words) -> Iterator[str]:
    yield words("limit_feelings")
    yield words("limit_visits")
    if card:
        yield _weakest(card.evaluation, words)
    yield words("limit_pictures")
    yield words("limit_faces")


def _weakest(evaluation: Evaluation, words: Words) -> str:
    order = sorted((one for one in evaluation.classes if one.name in EXPRESSIONS), key=lambda one: one.recall)
    weakest, best = order[0], order[-1]
    return words(
        "limit_classes",
        weakest=words(weakest.name),
        recall=words.percent(weakest.recall, 0),
        best=words(best.name),
        best_recall=words.percent(best.recall, 0),
    )


def _law(words: Words) -> Bullets:
    return Bullets(words("law_heading"), tuple(words(key) for key in ("law_tell", "law_staff", "law_single")))
