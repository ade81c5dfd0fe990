"""Charts that set two values side by side: one selection and another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import LABELS

from ..words.text import visible
from .charts import DotRow, Pairs
from .marks import make_mark

if TYPE_CHECKING:
    from ..numbers.differences import Comparison
    from ..words.words import Words
    from .charts import Mark


def comparison_chart(comparison: Comparison, words: Words) -> Pairs:
    """Two selections side by side, by expression, with the unclear faces last if they are known."""
    sides = (comparison.first, comparison.second)
    rows = []
    names = (*(words(label) for label in LABELS), *([words("unclear_of_all")] if comparison.judged else []))
    for at, name in enumerate(names):
        marks: list[Mark | None] = []
        for key, side in zip(("first", "second"), sides, strict=True):
            one = side.expressions.portion(at) if at < len(LABELS) else side.unclear
            if not one.shown:
                marks.append(None)
                continue
            share = words.percent(one.share)
            hover = f"{visible(side.name)}: {share}\n{words.interval(one.low, one.high)}"
            marks.append(make_mark(key, one.share, (one.low, one.high), (share, hover), words))
        rows.append(DotRow(name, muted=False, marks=tuple(marks)))
    ends = [mark.high or mark.value for row in rows for mark in row.marks if mark]
    title = words("compare_title", first=visible(sides[0].name), second=visible(sides[1].name))
    keys = (("first", visible(sides[0].name)), ("second", visible(sides[1].name)))
    return Pairs("compare", title, words("share_of_faces"), keys, tuple(rows), min(1.0, max(ends, default=1.0) * 1.05))
