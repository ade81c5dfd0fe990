"""Report → charts: which numbers a figure shows, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.labels import LABELS

from ..numbers.grouping import By
from ..numbers.rollup import KINDS
from ..sheets.sheets import group_name
from ..words.text import shorten
from .charts import STACKED, BarRow, Bars, DotRow, Dots, Mark, Stack, StackRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..numbers.summary import Distribution, Group, Section
    from ..words.words import Words


def overall_chart(overall: Group, words: Words) -> Bars:
    """The study's figure: how often each expression was recognised over all frames."""
    marks = _marks(LABELS, overall.expressions, words)
    known = sorted(marks[:-1], key=lambda mark: -mark.value)
    rows = tuple(BarRow(words(mark.key), mark) for mark in (*known, marks[-1]))
    return Bars("overall", words("overall_title"), words("share_of_faces"), rows)


def kinds_chart(overall: Group, words: Words) -> Bars:
    """Positive, neutral, negative, surprise and undecided."""
    rows = tuple(BarRow(words(mark.key), mark) for mark in _marks(KINDS, overall.rollup, words))
    return Bars("kinds", words("kinds_title"), words("share_of_faces"), rows)


def section_chart(section: Section, words: Words) -> Stack:
    """Each group's shares by expression as a bar of 100 %."""
    rows = tuple(_stack_row(group, words) for group in ranked(section))
    title = words("shares_title", of=words(f"by_{section.by}"))
    return Stack(f"by_{section.by}", title, words("share_of_faces"), _keys(STACKED, words), rows)


def section_dots(section: Section, overall: Group, words: Words) -> Dots:
    """Positive, neutral and negative shares of each group with intervals, beside the line of the whole."""
    panels = KINDS[:3]
    groups = [group for group in ranked(section) if group.faces]
    rows = tuple(
        DotRow(
            shorten(group_name(group, words)),
            not group.enough,
            tuple(_named(group, _marks(panels, group.rollup, words), words)),
        )
        for group in groups
    )
    highs = [mark.high or mark.value for row in rows for mark in row.marks if mark]
    end = min(1.0, max([*highs, *overall.rollup.shares[:3], 0.1]) * 1.05)
    title = words("dots_title", of=words(f"by_{section.by}"))
    axis = words("share_of_faces")
    return Dots(f"dots_{section.by}", title, axis, _keys(panels, words), overall.rollup.shares[:3], rows, end)


def ranked(section: Section) -> list[Group]:
    """Groups with enough faces by their share of positive expressions, then the others; hours and days as they come."""
    if section.by in (By.HOUR, By.DAY):
        return list(section.groups)
    groups = section.groups
    return sorted(groups, key=lambda group: (not group.enough, -group.rollup.shares[0] if group.enough else 0.0))


def _stack_row(group: Group, words: Words) -> StackRow:
    note = words("n_faces" if group.enough else "too_few", n=words.number(group.faces))
    marks = {mark.key: mark for mark in _named(group, _marks(LABELS, group.expressions, words), words)}
    return StackRow(shorten(group_name(group, words)), note, not group.enough, tuple(marks[key] for key in STACKED))


def _keys(names: Sequence[str], words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((name, words(name)) for name in names)


def _named(group: Group, marks: list[Mark], words: Words) -> list[Mark]:
    """Marks that say under the pointer whose they are."""
    name = shorten(group_name(group, words), 80)
    return [replace(mark, hover=f"{name}\n{mark.hover}") for mark in marks]


def _marks(names: Sequence[str], distribution: Distribution, words: Words) -> list[Mark]:
    return [_mark(name, distribution, index, words) for index, name in enumerate(names)]


def _mark(name: str, distribution: Distribution, index: int, words: Words) -> Mark:
    share, count = distribution.shares[index], words.number(distribution.counts[index])
    low = distribution.low[index] if distribution.low else None
    high = distribution.high[index] if distribution.high else None
    bounds = f"\n{words('interval95')}: {words.interval(low, high)}" if low is not None else ""
    hover = f"{words(name)}: {words.percent(share)}\n{words('n_faces', n=count)}{bounds}"
    return Mark(name, share, low, high, f"{count} · {words.percent(share)}", hover)
