"""The report as an Excel workbook: numbers are numbers, dates are dates, and two charts can be changed in Excel."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..sheets.sheets import Kind
from ..sheets.workbook import workbook_tabs
from .cells import as_cell
from .excel_charts import add_charts

if TYPE_CHECKING:
    from pathlib import Path

    from ..numbers.report import Report
    from ..sheets.workbook import Tab, Value
    from ..words.words import Words

_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.POINTS: "+0.0;-0.0;0.0",
    Kind.DECIMAL: "0.00",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Kind.DURATION: "[h]:mm:ss",
}
_GREY = "#6b7480"

_FIRST_DAY = date(1900, 3, 1)
"""Excel counts days from 1900, a leap year by mistake: dates before March of it are other days there."""

_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in the file for the time of making, so that the same report gives the same file."""


def write_excel(report: Report, words: Words, path: Path) -> None:
    """Write the workbook to `path`.

    Raises:
        OSError: it cannot be written.
    """
    import xlsxwriter

    # In memory, parts and whole: a full disk would else be told by its library, in ways of its own.
    whole = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(whole, options) as book:
        book.set_properties({"created": _CREATED})
        styles = _Styles(book)
        add_charts(book, report, words, styles.heading)
        for tab in workbook_tabs(report, words):
            _write_tab(book.add_worksheet(tab.name), tab, styles)
    path.write_bytes(whole.getvalue())


class _Styles:
    """How cells look: by their kind, those of rows with too little in grey."""

    def __init__(self, book: Any) -> None:
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        grey = {"font_color": _GREY}
        self._plain = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        self._muted = {kind: book.add_format({"num_format": code, **grey}) for kind, code in _FORMATS.items()}
        self._muted[Kind.TEXT] = book.add_format(grey)

    def of(self, kind: Kind, *, muted: bool) -> Any:
        """The format of a cell, None for plain text."""
        return (self._muted if muted else self._plain).get(kind)


def _write_tab(target: Any, tab: Tab, styles: _Styles) -> None:
    for at, column in enumerate(tab.columns):
        target.write_string(0, at, as_cell(column.heading), styles.heading)
    for line, row in enumerate(tab.rows):
        for at, (cell, column) in enumerate(zip(row, tab.columns, strict=True)):
            _write_cell(target, (line + 1, at), cell, column.kind, styles.of(column.kind, muted=line in tab.muted))
    target.freeze_panes(1, 1)
    target.autofilter(0, 0, max(len(tab.rows), 1), max(len(tab.columns) - 1, 0))
    target.autofit(300)


def _write_cell(target: Any, place: tuple[int, int], cell: Value, kind: Kind, style: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, date) and date(cell.year, cell.month, cell.day) < _FIRST_DAY:
        cell = cell.isoformat(*([" "] if isinstance(cell, datetime) else []))
    if isinstance(cell, str):
        target.write_string(*place, as_cell(cell), style)
    elif isinstance(cell, date | timedelta):
        target.write_datetime(*place, cell, style)
    else:
        target.write_number(*place, 100 * cell if kind is Kind.POINTS else cell, style)
