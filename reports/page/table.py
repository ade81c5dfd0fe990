"""A sheet as an HTML table. In Python, not in a template: a page may hold a hundred thousand cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ..sheets.sheets import Kind
from ..sheets.tables import write
from ..words.text import visible

if TYPE_CHECKING:
    from ..sheets.sheets import Cell, Column, Sheet
    from ..words.words import Words


def html_table(sheet: Sheet, words: Words) -> Markup:
    """The table with its caption, in a frame that scrolls sideways on narrow screens."""
    title = escape(visible(sheet.title))
    heads = "".join(_head(column) for column in sheet.columns)
    body = "".join(_row(row, sheet.columns, words, muted=at in sheet.muted) for at, row in enumerate(sheet.rows))
    return Markup(  # noqa: S704 all parts are escaped above and below
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table><caption>{title}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


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
