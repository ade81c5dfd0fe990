"""Tables and sentences of an audit: what people see beside what is recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import FACE_LABELS
from pipeline.records import EXPRESSIONS, NO_FACE

from ..numbers.accuracy import SIZES_PX
from ..numbers.audited import SAID
from .sheets import Column, Kind, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..numbers.accuracy import Accuracy, Rate
    from ..words.words import Words
    from .sheets import Cell, Rows


def audit_sentence(accuracy: Accuracy, words: Words) -> str:
    """The one sentence: how many of the readable faces are right."""
    right = accuracy.right
    if right.share is None:
        return words("audit_none_readable")
    return words("audit_right", **_bounds(right, words))


def audit_facts(accuracy: Accuracy, words: Words) -> Iterator[str]:
    """What else is to be known, a sentence each."""
    agreement = accuracy.agreement
    faces = words.number(accuracy.faces)
    if agreement.raters > 1:
        yield words("audit_made", faces=faces, raters=words.number(agreement.raters))
    else:
        yield words("audit_made_alone", faces=faces)
    if agreement.pairwise is not None:
        alpha = "\N{EN DASH}" if agreement.alpha is None else words.number(agreement.alpha, 2)
        yield words("audit_agree", pairwise=words.percent(agreement.pairwise, 0), alpha=alpha)
    if accuracy.right_of_given.share is not None:
        bounds = _bounds(accuracy.right_of_given, words)
        given = _percent(accuracy.given, words)
        yield words("audit_given", given=given, right=bounds["share"], low=bounds["low"], high=bounds["high"])
    if accuracy.right.share is not None:
        undecided, unclear, no_face = (_percent(one.rate, words) for one in accuracy.left_out)
        yield words("audit_left_out", undecided=undecided, unclear=unclear, no_face=no_face)
    if any(one.rate.faces for one in accuracy.kept):
        unclear, no_face = (_percent(one.rate, words) for one in accuracy.kept)
        yield words("audit_still", unclear=unclear, no_face=no_face)
    if accuracy.distance is not None:
        yield words("audit_distance", points=words.number(100 * accuracy.distance, 1))
    if accuracy.split:
        yield words("audit_split", n=words.number(accuracy.split))
    if accuracy.missing:
        yield words("audit_missing", n=words.number(accuracy.missing))


def audit_sheets(accuracy: Accuracy, words: Words) -> tuple[Sheet, ...]:
    """All tables of an audit."""
    return expressions_sheet(accuracy, words), groups_sheet(accuracy, words), confusion_sheet(accuracy, words)


def expressions_sheet(accuracy: Accuracy, words: Words) -> Sheet:
    """Each expression: how often it is found where people see it, how often it is right, and its share for both."""
    rows: Rows = tuple(
        (words(name), *_cells(found.rate), said, *_cells(true.rate), read)
        for name, found, true, said, read in zip(
            EXPRESSIONS, accuracy.found, accuracy.true, accuracy.said, accuracy.read, strict=True
        )
    )
    columns = (
        Column(words("expression")),
        Column(words("audit_people_faces"), Kind.COUNT),
        *_share_columns(words("audit_found"), words),
        Column(words("audit_people_share"), Kind.SHARE),
        Column(words("audit_read_faces"), Kind.COUNT),
        *_share_columns(words("audit_true"), words),
        Column(words("audit_read_share"), Kind.SHARE),
    )
    return Sheet("audit_expressions", words("audit_expressions"), columns, rows)


def groups_sheet(accuracy: Accuracy, words: Words) -> Sheet:
    """Readable faces that are right, by size and by location."""
    sizes = [(_size(int(one.name), words), *_cells(one.rate)) for one in accuracy.by_size]
    locations = [(one.name, *_cells(one.rate)) for one in accuracy.by_location]
    columns = (
        Column(words("audit_group")), Column(words("faces"), Kind.COUNT), *_share_columns(words("audit_true"), words),
    )  # fmt: skip
    return Sheet("audit_groups", words("audit_groups"), columns, (*sizes, *locations))


def confusion_sheet(accuracy: Accuracy, words: Words) -> Sheet:
    """Weighted counts of what people say by what is recognised."""
    rows: Rows = tuple(
        (label_name(name, words), *counts) for name, counts in zip(SAID, accuracy.confusion, strict=True)
    )
    columns = (
        Column(words("audit_people_say")), *(Column(label_name(name, words), Kind.COUNT) for name in FACE_LABELS),
    )  # fmt: skip
    return Sheet("audit_confusion", words("audit_confusion"), columns, rows)


def label_name(label: str, words: Words) -> str:
    """What a label is called."""
    return words("audit_no_face" if label == NO_FACE else label)


def _size(least: int, words: Words) -> str:
    at = SIZES_PX.index(least)
    if not at:
        return words("audit_size_under", most=words.number(SIZES_PX[1]))
    if at + 1 == len(SIZES_PX):
        return words("audit_size_from", least=words.number(least))
    return words("audit_size", least=words.number(least), most=words.number(SIZES_PX[at + 1]))


def _cells(rate: Rate) -> tuple[Cell, ...]:
    return rate.faces, rate.share, rate.low, rate.high


def _share_columns(heading: str, words: Words) -> tuple[Column, ...]:
    bounds = (words("interval_from"), words("interval_to"))
    return tuple(Column(each, Kind.SHARE) for each in (heading, *bounds))


def _percent(rate: Rate, words: Words) -> str:
    return "\N{EN DASH}" if rate.share is None else words.percent(rate.share, 0)


def _bounds(rate: Rate, words: Words) -> dict[str, str]:
    """A rate as `86 % (81 to 90)` has it."""
    low, high = (words.number(100 * (bound or 0.0)) for bound in (rate.low, rate.high))
    return {"share": _percent(rate, words), "low": low, "high": high}
