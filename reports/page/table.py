"""A sheet as an HTML table. In Python, not in a template: a page may hold a hundred thousand cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ..numbers.known import is_known
from ..sheets.sheets import Column, Kind
from ..sheets.tables import write
from ..words.text import visible

if TYPE_CHECKING:
    from ..sheets.sheets import Cell, Sheet
    from ..words.words import Words


def html_table(sheet: Sheet, words: Words) -> Markup:
    """The table with its caption, in a frame that scrolls sideways on narrow screens."""
    sheet = join_intervals(sheet, words)
    title = escape(visible(sheet.title))
    heads = "".join(_head(column) for column in sheet.columns)
    body = "".join(_row(row, sheet.columns, words, muted=at in sheet.muted) for at, row in enumerate(sheet.rows))
    return Markup(  # noqa: S704 all parts are escaped above and below
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table><caption>{title}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


def join_intervals(sheet: Sheet, words: Words) -> Sheet:
    """Both bounds of each interval in one column; one that is too wide to say anything is "not known"."""
    headings, bounds = [column.heading for column in sheet.columns], [words("interval_from"), words("interval_to")]
    lows = [at for at in range(len(headings)) if headings[at : at + 2] == bounds]
    if not lows:
        return sheet
    gone = {at + 1 for at in lows}
    kept = [at for at in range(len(headings)) if at not in gone]
    columns = tuple(
        Column(words("interval95"), sheet.columns[at].kind) if at in lows else sheet.columns[at] for at in kept
    )
    rows = tuple(
        tuple(_interval(row[at], row[at + 1], sheet.columns[at].kind, words) if at in lows else row[at] for at in kept)
        for row in sheet.rows
    )
    return replace(sheet, columns=columns, rows=rows)


def _interval(low: Cell, high: Cell, kind: Kind, words: Words) -> Cell:
    if not isinstance(low, float) or not isinstance(high, float):
        return low
    if not is_known(low, high):
        return words("not_known")
    if kind is not Kind.POINTS:
        return words.interval(low, high)
    return words("until", first=words.points(low), last=words.points(high))


def _head(column: Column) -> str:
    css = ' class="t"' if column.kind is Kind.TEXT else ""
    return f'<th scope="col"{css}>{escape(visible(column.heading))}</th>'


def _row(row: tuple[Cell, ...], columns: tuple[Column, ...], words: Words, *, muted: bool) -> str:
    first = f'<th scope="row">{_text(write(row[0], columns[0].kind, words))}</th>'
    cells = [_cell(cell, column.kind, words) for cell, column in zip(row[1:], columns[1:], strict=True)]
    return f"<tr{' class=muted' if muted else ''}>{first}{''.join(cells)}</tr>\n"


def _cell(cell: Cell, kind: Kind, words: Words) -> str:
    written = write(cell, kind, words)
    return f'<td class="t">{_text(written)}</td>' if kind is Kind.TEXT else f"<td>{written}</td>"


def _text(text: str) -> str:
    """Text from outside, kept from turning the direction of what follows."""
    return f"<bdi>{escape(text)}</bdi>" if text else ""
