"""Report → charts: which numbers a figure shows, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR, UNDECIDED

from ..numbers.grouping import By
from ..numbers.rollup import KINDS
from ..sheets.sheets import group_name
from ..words.text import shorten
from .charts import STACKED, BarRow, Bars, DotRow, Dots, Mark, Stack, StackRow
from .marks import hidden_mark, make_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..numbers.summary import Distribution, Group, Portion, Section
    from ..words.words import Words


def overall_chart(overall: Group, words: Words) -> Bars:
    """The study's figure: how often each expression was read over all frames."""
    marks = _marks(LABELS, overall.expressions, words)
    known = sorted(marks[:-1], key=lambda mark: -mark.value)
    rows = tuple(BarRow(words(mark.key), mark) for mark in (*known, marks[-1]))
    return Bars("overall", words("overall_title"), words("share_of_faces"), rows)


def readable_chart(overall: Group, words: Words) -> Stack:
    """All faces: given an expression, undecided, unclear."""
    undecided = overall.expressions.counts[LABELS.index(UNDECIDED)]
    counts = (overall.readable - undecided, undecided, overall.unclear.count)
    names = (("faces", words("given_expression")), (UNDECIDED, words(UNDECIDED)), (UNCLEAR, words(UNCLEAR)))
    marks = tuple(_part(*name, count, overall.faces, words) for name, count in zip(names, counts, strict=True))
    keys = tuple((key, f"{name}: {mark.label}") for (key, name), mark in zip(names, marks, strict=True))
    row = StackRow(words("all"), words("n_faces", n=words.number(overall.faces)), muted=False, marks=marks)
    return Stack("readable", words("readable_title"), words("share_of_all"), keys, (row,))


def _part(key: str, name: str, count: int, faces: int, words: Words) -> Mark:
    """How many of these very faces: counted, not estimated, so that no interval belongs to it."""
    share, shown = count / max(faces, 1), words.number(count)
    told = words.percent(share)
    hover = f"{name}: {told}\n{words('n_faces', n=shown)}"
    return Mark(key, share, None, None, f"{shown} · {told}", hover)


def can_draw_readable(overall: Group) -> bool:
    """Whether all numbers of `readable_chart` are known and shown."""
    return overall.judged and {"faces", "readable", UNDECIDED, UNCLEAR} <= overall.mask.shown


def kinds_chart(overall: Group, words: Words) -> Bars:
    """Positive, neutral, negative, surprise and undecided."""
    rows = tuple(BarRow(words(mark.key), mark) for mark in _marks(KINDS, overall.rollup, words))
    return Bars("kinds", words("kinds_title"), words("share_of_faces"), rows)


def section_chart(section: Section, words: Words) -> Stack:
    """Each group's shares by expression as a bar of 100 %."""
    rows = tuple(_stack_row(section, group, words) for group in ranked(section))
    title = words("shares_title", of=words(f"by_{section.by}"))
    return Stack(f"by_{section.by}", title, words("share_of_faces"), _keys(STACKED, words), rows)


def section_dots(section: Section, overall: Group, words: Words) -> Dots:
    """Positive, neutral, negative and unclear shares of each group with intervals, beside the line of the whole."""
    panels = (*KINDS[:3], UNCLEAR)
    rows = tuple(
        DotRow(shorten(group_name(group, words)), _is_muted(section, group), _dots(group, words))
        for group in ranked(section)
        if group.readable or group.faces
    )
    wholes = (*overall.rollup.shares[:3], overall.unclear.share)
    highs = [mark.high or mark.value for row in rows for mark in row.marks if mark]
    end = min(1.0, max([*highs, *wholes, 0.1]) * 1.05)
    title = words("dots_title", of=words(f"by_{section.by}"))
    return Dots(f"dots_{section.by}", title, words("share"), _keys(panels, words), wholes, rows, end)


def can_draw_dots(dots: Dots, words: Words) -> bool:
    """Whether any of them is neither missing nor hidden."""
    return any(mark and mark.instead != words("hidden") for row in dots.rows for mark in row.marks)


def ranked(section: Section) -> list[Group]:
    """Groups with enough faces by their share of positive expressions, then the others; hours and days as they come.

    Where fewer than two have enough, there is nothing to rank: they stand as they come, too.
    """
    if section.by in (By.HOUR, By.DAY) or not can_compare(section):
        return list(section.groups)
    groups = section.groups
    return sorted(groups, key=lambda group: (not group.enough, -group.rollup.shares[0] if group.enough else 0.0))


def can_compare(section: Section) -> bool:
    """Whether at least two groups have enough; one among others that have too little would look like a winner."""
    return sum(group.enough for group in section.groups) > 1


def _is_muted(section: Section, group: Group) -> bool:
    """Whether a group is grey, as there is too little of it, or nothing else to compare it with."""
    return not group.enough or (len(section.groups) > 1 and not can_compare(section))


def _stack_row(section: Section, group: Group, words: Words) -> StackRow:
    # Segments stand on each other, so that a hollow one would tell of its neighbours; the dots tell what is not known.
    found = (replace(mark, unknown=False) for mark in _marks(LABELS, group.expressions, words))
    marks = {mark.key: _named(group, mark, words) for mark in found}
    shown = tuple(marks[key] for key in STACKED)
    return StackRow(shorten(group_name(group, words)), _note(group, words), _is_muted(section, group), shown)


def _note(group: Group, words: Words) -> str:
    """Beside a group's name: its readable faces, and how many of all are unclear."""
    if "readable" not in group.mask.shown:
        return words("hidden")
    readable = words.number(group.readable)
    if not group.enough:
        return words("too_few", n=readable)
    if not (group.unclear.shown and all(group.expressions.shown)):
        return words("partly_hidden", n=readable)
    if not group.judged:
        return f"{readable} · {words('not_judged')}"
    return words("n_unclear", n=readable, unclear=words.percent(group.unclear.share, 0))


def _keys(names: Sequence[str], words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((name, words(name)) for name in names)


def _named(group: Group, mark: Mark, words: Words) -> Mark:
    """A mark that says under the pointer whose it is."""
    return replace(mark, hover=f"{shorten(group_name(group, words), 80)}\n{mark.hover}")


def _dots(group: Group, words: Words) -> tuple[Mark | None, ...]:
    """Shares of three kinds among readable faces, if there are any, then of unclear faces among all."""
    kinds = [_named(group, mark, words) for mark in _marks(KINDS[:3], group.rollup, words) if group.readable]
    unclear = _named(group, _portion_mark(UNCLEAR, words("unclear_of_all"), group.unclear, words), words)
    shown = (mark if group.rollup.shows(at) else hidden_mark(mark.key, words) for at, mark in enumerate(kinds))
    last = unclear if group.unclear.shown else hidden_mark(UNCLEAR, words)
    return (*(shown if kinds else (None, None, None)), last if group.judged else None)


def _marks(names: Sequence[str], distribution: Distribution, words: Words) -> list[Mark]:
    return [_mark(name, distribution, index, words) for index, name in enumerate(names)]


def _mark(name: str, distribution: Distribution, index: int, words: Words) -> Mark:
    return _portion_mark(name, words(name), distribution.portion(index), words)


def _portion_mark(key: str, name: str, one: Portion, words: Words) -> Mark:
    if not one.shown:
        return Mark(key, 0.0, None, None, words("hidden"), f"{name}: {words('hidden')}")
    share, count = words.percent(one.share), words.number(one.count)
    bounds = f"\n{words('interval95')}: {words.interval(one.low, one.high)}" if one.low is not None else ""
    hover = f"{name}: {share}\n{words('n_faces', n=count)}{bounds}"
    return make_mark(key, one.share, (one.low, one.high), (f"{count} · {share}", hover), words)
