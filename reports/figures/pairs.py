"""Charts that set two values side by side: recognised and corrected, one selection and another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import LABELS
from pipeline.records import EXPRESSIONS

from ..words.text import visible
from .charts import DotRow, Mark, Pairs

if TYPE_CHECKING:
    from ..numbers.differences import Comparison
    from ..numbers.quantify import Corrected
    from ..words.words import Words


def correction_chart(one: Corrected, words: Words) -> Pairs:
    """Overall shares as recognised and as corrected."""
    rows = tuple(
        DotRow(
            words(name),
            muted=False,
            marks=(
                _raw_mark(one.raw[at], words),
                _corrected_mark(one.corrected[at], one.low[at], one.high[at], words),
            ),
        )
        for at, name in enumerate(EXPRESSIONS)
    )
    keys = (("raw", words("raw")), ("corrected", words("corrected")))
    end = min(1.0, max((*one.raw, *one.high)) * 1.05)
    return Pairs("correction", words("correction_title"), words("share_of_faces"), keys, rows, end)


def comparison_chart(comparison: Comparison, words: Words) -> Pairs:
    """Two selections side by side, by expression, with the unclear faces last if they are known."""
    sides = (comparison.first, comparison.second)
    rows = []
    names = (*(words(label) for label in LABELS), *([words("unclear_of_all")] if comparison.judged else []))
    for at, name in enumerate(names):
        marks = []
        for key, side in zip(("raw", "corrected"), sides, strict=True):
            one = side.expressions.portion(at) if at < len(LABELS) else side.unclear
            share = words.percent(one.share)
            hover = f"{visible(side.name)}: {share}\n{words.interval(one.low, one.high)}"
            marks.append(Mark(key, one.share, one.low, one.high, share, hover))
        rows.append(DotRow(name, muted=False, marks=tuple(marks)))
    ends = [mark.high or mark.value for row in rows for mark in row.marks if mark]
    title = words("compare_title", first=visible(sides[0].name), second=visible(sides[1].name))
    keys = (("raw", visible(sides[0].name)), ("corrected", visible(sides[1].name)))
    return Pairs("compare", title, words("share_of_faces"), keys, tuple(rows), min(1.0, max(ends) * 1.05))


def _raw_mark(share: float, words: Words) -> Mark:
    text = words.percent(share)
    return Mark("raw", share, None, None, text, f"{words('raw')}: {text}")


def _corrected_mark(share: float, low: float, high: float, words: Words) -> Mark:
    text = words.percent(share)
    hover = f"{words('corrected')}: {text}\n{words('interval95')}: {words.interval(low, high)}"
    return Mark("corrected", share, low, high, text, hover)
