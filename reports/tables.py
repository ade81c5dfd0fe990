"""The report in a terminal: rich tables. Names from outside are shown as plain text, never as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .sheets import Kind, kinds_sheet, overall_sheet, section_sheet, videos_sheet
from .text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report
    from .sheets import Cell, Sheet
    from .words import Words

WIDE = 140
"""Columns of a terminal from which on all expressions of a group are shown; below it, kinds only."""


def tables(report: Report, words: Words, width: int = WIDE) -> Iterator[Table]:
    """All tables of the terminal report, in reading order, for a terminal of `width` characters."""
    yield render(overall_sheet(report.overall, words), words)
    yield render(kinds_sheet(report, words), words)
    for section in report.sections:
        yield render(section_sheet(section, words), words, columns=None if width >= WIDE else 8)
    yield render(videos_sheet(report, words), words)


def render(sheet: Sheet, words: Words, columns: int | None = None) -> Table:
    """A sheet, or its first columns."""
    table = Table(title=Text(sheet.title), title_justify="left", header_style="bold")
    for column in sheet.columns[:columns]:
        table.add_column(Text(column.heading), justify="left" if column.kind is Kind.TEXT else "right", overflow="fold")
    for number, row in enumerate(sheet.rows):
        cells = [
            Text(write(cell, column.kind, words))
            for cell, column in zip(row[:columns], sheet.columns[:columns], strict=True)
        ]
        table.add_row(*cells, style="dim" if number in sheet.muted else None)
    return table


def write(cell: Cell, kind: Kind, words: Words) -> str:
    """A cell as the language writes it; nothing becomes a dash."""
    if cell is None:
        return "\N{EN DASH}"
    if isinstance(cell, str):
        return visible(cell)
    match kind:
        case Kind.SHARE:
            return words.percent(cell)
        case Kind.POINTS:
            return words.points(cell)
        case Kind.DECIMAL:
            return words.number(cell, 2)
        case _:
            return words.number(cell)
