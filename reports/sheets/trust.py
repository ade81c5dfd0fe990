"""Tables of comparisons and of how far the figures can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import LABELS
from pipeline.records import EXPRESSIONS
from pipeline.store.overlaps import Why

from ..numbers.quality import HARDLY_READABLE, SMALL_PX, UNCERTAIN
from ..numbers.rollup import KINDS
from .sheets import Column, Kind, Sheet

if TYPE_CHECKING:
    from pipeline.models.card import Evaluation

    from ..numbers.differences import Comparison
    from ..numbers.quality import Quality
    from ..numbers.report import Report
    from ..numbers.summary import Group, Portion
    from ..words.words import Words
    from .sheets import Cell, Rows


_KNOWN_BY = {Why.TIME: "known_time", Why.STREAMS: "known_streams", Why.CONTENT: "known_content"}


def comparison_sheet(comparison: Comparison, words: Words) -> Sheet:
    """Two selections side by side with the difference and its interval; unclear faces last, if they are known."""
    first, second = comparison.first, comparison.second
    empty = (None,) * len(comparison.differences)
    values = zip(
        _compared(words),
        _portions(first),
        _portions(second),
        comparison.differences,
        comparison.low or empty,
        comparison.high or empty,
        comparison.shown or (True,) * len(comparison.differences),
        strict=True,
    )
    rows: Rows = tuple(
        (
            name,
            one.share if one.shown else words("hidden"),
            two.share if two.shown else words("hidden"),
            *((difference, low, high) if shown else (None, None, None)),
        )
        for name, one, two, difference, low, high, shown in values
    )
    columns = (
        Column(words("expression_or_kind")),
        Column(_side(first, words), Kind.SHARE),
        Column(_side(second, words), Kind.SHARE),
        *(Column(words(key), Kind.POINTS) for key in ("difference", "interval_from", "interval_to")),
    )
    title = words("compare_title", first=first.name, second=second.name)
    return Sheet("compare", title, columns, rows if comparison.judged else rows[:-1])


def _side(group: Group, words: Words) -> str:
    shown = "readable" in group.mask.shown
    return f"{group.name} ({words('n_readable', n=words.number(group.readable)) if shown else words('hidden')})"


def _portions(group: Group) -> tuple[Portion, ...]:
    expressions = (group.expressions.portion(at) for at in range(len(LABELS)))
    return (*expressions, *(group.rollup.portion(at) for at in range(4)), group.unclear)


def _compared(words: Words) -> tuple[str, ...]:
    kinds = tuple(words("together", kind=words(kind)) for kind in KINDS[:4])
    return (*(words(label) for label in LABELS), *kinds, words("unclear_of_all"))


def gates_sheet(quality: Quality, words: Words) -> Sheet:
    """What remains, and how the shares move, with poor pictures left out."""
    rows: Rows = tuple((gate_name(gated.key, quality, words), gated.faces, *gated.kinds) for gated in quality.gated)
    shares = tuple(Column(words(kind), Kind.SHARE) for kind in KINDS[:4])
    return Sheet(
        "gates", words("gates_title"), (Column(words("left_out")), Column(words("readable"), Kind.COUNT), *shares), rows
    )


def gate_name(key: str, quality: Quality, words: Words) -> str:
    """Which faces are left out, in words."""
    return words(
        key,
        px=words.number(SMALL_PX),
        sharpness=words.number(quality.blurred_below),
        readable=words.number(HARDLY_READABLE, 2),
        confidence=words.number(UNCERTAIN, 1),
    )


def doubles_sheet(report: Report, words: Words) -> Sheet:
    """Minutes that two videos have: in which, which counts, and how that is known."""
    rows: Rows = tuple(
        (
            report.videos[one.video].name,
            report.videos[one.counted].name,
            one.seconds / 60,
            one.frames,
            words(_KNOWN_BY[one.why]),
        )
        for one in report.doubles
    )
    columns = (
        Column(words("video")),
        Column(words("counted_in")),
        Column(words("minutes"), Kind.DECIMAL),
        Column(words("frames_left_out"), Kind.COUNT),
        Column(words("known_by")),
    )
    return Sheet("doubles", words("doubles_title"), columns, rows)


def model_sheet(evaluation: Evaluation, words: Words) -> Sheet:
    """Per-class figures of the model on labelled faces."""
    rows = tuple((words(one.name), one.precision, one.recall, one.f1, one.faces) for one in evaluation.classes)
    shares = tuple(Column(heading, Kind.SHARE) for heading in (words("precision"), words("recall"), "F1"))
    columns = (Column(words("label")), *shares, Column(words("labelled"), Kind.COUNT))
    return Sheet("model", words("model_title"), columns, rows)


def confusion_sheet(evaluation: Evaluation, words: Words) -> Sheet:
    """Counts of labels (rows) by what was read (columns)."""
    rows: Rows = tuple((words(name), *counts) for name, counts in zip(EXPRESSIONS, evaluation.confusion, strict=False))
    columns = (Column(words("label")), *(Column(words(name), Kind.COUNT) for name in EXPRESSIONS))
    return Sheet("confusion", words("confusion_title"), columns, rows)


def settings_sheet(report: Report, words: Words) -> Sheet:
    """The thresholds of this report; model, settings and version of each run that is counted."""
    thresholds = report.request.selection.thresholds
    rows: list[tuple[Cell, ...]] = [
        (words("made_min_is_face"), words.number(thresholds.min_is_face, 2)),
        (words("made_min_readable"), words.number(thresholds.min_readable, 2)),
        (words("made_min_confidence"), words.number(thresholds.min_confidence, 2)),
        (words("made_min_group"), words.number(report.request.min_group)),
    ]
    for run in report.runs:
        facts: list[tuple[str, Cell]] = [
            ("made_run", f"{run.id} ({run.fingerprint[:8]})"),
            ("made_model", run.model),
            ("made_sampling", run.sampling),
            ("made_min_face", str(run.settings.get("min_face_px", ""))),
            ("made_device", run.device),
            ("made_version", run.code_version),
        ]
        rows += [(words(key), value) for key, value in facts]
    return Sheet("settings", words("settings_title"), (Column(words("setting")), Column(words("value"))), tuple(rows))
