"""The report in a terminal: rich tables. Names from outside are shown as plain text, never as markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from pipeline.labels import LABELS
from pipeline.store.schema import DONE

from ..numbers.grouping import By
from ..numbers.rollup import KINDS
from ..numbers.shown import MIN_GROUP
from ..words.text import visible
from .sheets import Kind, kinds_sheet, largest, overall_sheet, section_sheet, videos_sheet
from .trust import comparison_sheet
from .visits import all_visit_sheets, questions_sheet
from .zones import proposals_sheet, zones_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..numbers.report import Report
    from ..words.words import Words
    from .sheets import Cell, Sheet

WIDE = 120
"""Columns of a terminal from which on every expression of a group is shown; below it, kinds only."""


MOST = 12
"""So many groups stand on the terminal, those with the most frames, where not all are asked for."""


def tables(report: Report, words: Words, width: int = WIDE, *, everything: bool = True) -> Iterator[Table | Text]:
    """The terminal report in reading order, for a terminal of `width` characters.

    Args:
        report: the numbers.
        words: the language.
        width: characters of a line.
        everything: every row of every table; else what fits a screen, and how many more there are.
    """
    long = len(report.videos) > MOST and not everything
    yield from _notes(report, words)
    if report.overall.hidden:
        yield _videos_in_short(report, words) if long else render(videos_sheet(report, words), words)
        return
    for sheet in all_visit_sheets(report, words)[: None if everything else 1]:
        yield render(sheet, words)
    shares = report.visits.overall.shares if report.visits and report.visits.overall else None
    if shares and not everything:
        yield render(questions_sheet(shares, words), words)
    yield from _places(report, words)
    yield render(overall_sheet(report.overall, words), words)
    yield render(kinds_sheet(report, words), words)
    if report.comparison:
        yield render(comparison_sheet(report.comparison, words), words)
    for section in report.sections:
        if long and section.by is By.VIDEO and len(report.sections) > 1:
            continue
        shown = section if everything or section.by is By.HOUR else largest(section, MOST)
        sheet = pick_columns(section_sheet(shown, words), LABELS if width >= WIDE else KINDS[:4])
        yield render(_and_more(sheet, len(section.groups) - len(shown.groups), words), words)
    yield _videos_in_short(report, words) if long else render(videos_sheet(report, words), words)


def _places(report: Report, words: Words) -> Iterator[Table]:
    places = report.places
    if places and places.zones:
        yield render(zones_sheet(places, words), words)
    if places and places.proposals:
        yield render(proposals_sheet(places, words), words)


def _notes(report: Report, words: Words) -> Iterator[Text]:
    """What is hidden, or is not though it usually is, and where visits are missing."""
    least = words.number(report.request.min_group)
    if "readable" not in report.overall.mask.shown:
        yield Text(words("find_hidden", least=least))
    elif report.hidden:
        yield Text(words("data_hidden", n=words.number(report.hidden), least=least))
    if report.request.min_group < MIN_GROUP:
        yield Text(words("data_min_group", least=least, usual=words.number(MIN_GROUP)))
    if report.visits and report.visits.unlinked:
        yield Text(words("visits_unlinked", n=words.number(len(report.visits.unlinked))))


def _and_more(sheet: Sheet, more: int, words: Words) -> Sheet:
    if not more:
        return sheet
    row = (words("and_more", n=words.number(more)), *("" for _ in sheet.columns[1:]))
    return replace(sheet, rows=(*sheet.rows, row))


def _videos_in_short(report: Report, words: Words) -> Text:
    unfinished = sum(video.status != DONE for video in report.videos)
    return Text(words("videos_not_listed", n=words.number(len(report.videos)), open=words.number(unfinished)))


def pick_columns(sheet: Sheet, names: tuple[str, ...]) -> Sheet:
    """A section's name, readable faces, share of unclear ones, and the shares of these expressions or kinds."""
    start = 6 if names == KINDS[:4] else 10
    chosen = (0, 3, 5, *range(start, start + len(names)))
    columns = tuple(sheet.columns[at] for at in chosen)
    return replace(sheet, columns=columns, rows=tuple(tuple(row[at] for at in chosen) for row in sheet.rows))


def render(sheet: Sheet, words: Words) -> Table:
    """A sheet as a table; its first column is never squeezed by the others."""
    table = Table(
        title=Text(visible(sheet.title), style="bold"), title_justify="left", header_style="bold", box=SIMPLE_HEAD
    )
    longest = max((len(str(row[0])) for row in sheet.rows), default=8)
    for at, column in enumerate(sheet.columns):
        table.add_column(
            Text(visible(column.heading)),
            justify="left" if column.kind is Kind.TEXT else "right",
            overflow="fold",
            min_width=min(longest, 24) if at == 0 else None,
        )
    for number, row in enumerate(sheet.rows):
        cells = [Text(write(cell, column.kind, words)) for cell, column in zip(row, sheet.columns, strict=True)]
        table.add_row(*cells, style="dim" if number in sheet.muted else None)
    return table


def write(cell: Cell, kind: Kind, words: Words) -> str:
    """A cell as the language writes it; nothing becomes a dash."""
    if cell is None:
        return "\N{EN DASH}"
    if isinstance(cell, str | date | timedelta):
        return visible(str(cell))
    match kind:
        case Kind.SHARE:
            return words.percent(cell)
        case Kind.POINTS:
            return words.points(cell)
        case Kind.DECIMAL:
            return words.number(cell, 2)
        case _:
            return words.number(cell)
