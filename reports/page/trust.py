"""The last sections of the page: the corrected shares, and how far all of it can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.records import EXPRESSIONS

from ..figures.pairs import correction_chart
from ..sheets.sheets import videos_sheet
from ..sheets.trust import (
    confusion_sheet,
    correction_groups_sheet,
    correction_sheet,
    gates_sheet,
    model_sheet,
    settings_sheet,
)
from .parts import MOST_ROWS, Bullets, Exhibit, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.models.card import Evaluation, ModelCard

    from ..numbers.quantify import Correction
    from ..numbers.report import Report
    from ..words.words import Words


def correction_part(report: Report, words: Words) -> Part:
    """Shares corrected for the model's confusions, or why they are not."""
    correction = report.correction
    heading, short = words("correction_heading"), words("correction_short")
    if correction.overall is None:
        return Part("correction", heading, (words(correction.why_not or "correction_no_help"),), short=short)
    rollup = report.request.rollup
    chart, sheet = correction_chart(correction.overall, words), correction_sheet(correction, rollup, words)
    exhibits = [Exhibit(chart, (sheet,), open=True)]
    if correction.groups:
        exhibits.append(Exhibit(None, (correction_groups_sheet(correction, rollup, words),)))
    method = Bullets(words("method_heading"), tuple(_correction_method(correction, words)))
    paragraphs = (_about_correction(correction, words), words("correction_assumes"))
    return Part("correction", heading, paragraphs, tuple(exhibits), bullets=(method,), short=short)


def _about_correction(correction: Correction, words: Words) -> str:
    evaluation, method = correction.evaluation, correction.method
    if evaluation is None or method is None:
        return ""
    faces, accuracy = words.number(evaluation.faces), words.percent(evaluation.accuracy)
    how = words(f"method_{method}")
    return words("correction_what", data=evaluation.data, faces=faces, accuracy=accuracy, method=how)


def _correction_method(correction: Correction, words: Words) -> Iterator[str]:
    overall, proof = correction.overall, correction.proof
    yield words("correction_spread")
    if overall:
        raw, corrected = (words.number(100 * error, 1) for error in overall.expected_errors)
        yield words("correction_expected", raw=raw, corrected=corrected)
    if proof and correction.method:
        yield words(
            "correction_proof",
            bags=words.number(proof.bags),
            faces=words.number(proof.faces),
            data=proof.data,
            raw=words.number(100 * proof.raw, 1),
            corrected=words.number(100 * proof.errors[correction.method], 1),
        )
    if correction.left_out:
        yield words("correction_left", n=words.number(correction.left_out))


def trust_part(report: Report, words: Words) -> Part:
    """Frames, faces, videos, the model, limits and law."""
    card = next((run.card for run in report.runs if run.card and run.card.evaluation.classes), None)
    exhibits = [Exhibit(None, (videos_sheet(report, words),), open=len(report.videos) <= MOST_ROWS)]
    if report.quality:
        exhibits.insert(0, Exhibit(None, (gates_sheet(report.quality, words),), open=True))
    sheets = [settings_sheet(report, words)]
    if card:
        sheets += [model_sheet(card.evaluation, words), confusion_sheet(card.evaluation, words)]
    exhibits.append(Exhibit(None, tuple(sheets)))
    paragraphs = (
        _about_frames(report, words),
        *_about_readable(report, words),
        *(_about_model(card, words) if card else ()),
    )
    bullets = (Bullets(words("limits_heading"), tuple(_limits(card, words))), _law(words))
    return Part(
        "trust", words("trust_heading"), paragraphs, tuple(exhibits), bullets=bullets, short=words("trust_short")
    )


def _about_frames(report: Report, words: Words) -> str:
    overall = report.overall
    return words(
        "trust_frames",
        frames=words.number(overall.frames),
        with_faces=words.number(overall.frames_with_faces),
        problems=words.number(overall.problem_frames),
        median=words.number(report.quality.median_px if report.quality else 0),
    )


def _about_readable(report: Report, words: Words) -> Iterator[str]:
    """How many faces are readable, what was dropped as no face, and where neither is known."""
    overall, thresholds = report.overall, report.request.selection.thresholds
    if overall.faces and overall.judged:
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
