"""Charts of visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.records import EXPRESSIONS

from .charts import BarRow, Bars, DotRow, Mark, Pairs
from .marks import make_mark

if TYPE_CHECKING:
    from ..numbers.columns import Reals
    from ..numbers.visit_groups import Staying
    from ..numbers.visit_shares import VisitShares
    from ..words.words import Words


def questions_chart(shares: VisitShares, words: Words) -> Pairs:
    """Share of visits and share of face-time of each expression."""
    sides = (
        ("first", words("share_of_visits"), shares.of_visits, shares.of_visits_interval),
        ("second", words("share_of_time"), shares.of_time, shares.of_time_interval),
    )
    rows = tuple(
        DotRow(words(name), muted=False, marks=tuple(_mark(*side, at, words) for side in sides))
        for at, name in enumerate(EXPRESSIONS)
    )
    end = max(mark.high or mark.value for row in rows for mark in row.marks if mark)
    keys = tuple((key, name) for key, name, _, _ in sides)
    return Pairs("questions", words("questions_title"), words("share"), keys, rows, min(1.0, end * 1.05))


def _mark(key: str, name: str, values: Reals, bounds: Reals | None, at: int, words: Words) -> Mark:  # noqa: PLR0917
    low, high = (float(one[at]) for one in bounds) if bounds is not None else (None, None)
    share = words.percent(float(values[at]))
    hover = f"{name}: {share}\n{words.interval(low, high)}" if low is not None else f"{name}: {share}"
    return make_mark(key, float(values[at]), (low, high), (share, hover), words)


def in_view_chart(view: Staying, words: Words) -> Bars:
    """Which share of visits is at least so long: Kaplan and Meier's curve."""
    rows = []
    for seconds, share in zip(view.seconds.tolist(), view.shares.tolist(), strict=True):
        name = words("longer_than", seconds=_duration(seconds, words))
        shown = words.percent(share)
        rows.append(BarRow(name, Mark("faces", share, None, None, shown, f"{name}: {shown}")))
    return Bars("in_view", words("in_view_title"), words("share_of_visits"), tuple(rows))


def _duration(seconds: float, words: Words) -> str:
    if seconds < 60 or seconds % 60:
        return words("n_seconds", n=words.number(seconds))
    return words("n_minutes", n=words.number(seconds // 60))
