"""The report's tables as an Excel workbook: numbers are numbers, names are text, a sheet for each section."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..sheets.audit import audit_sheets
from ..sheets.over_time import timelines_sheet, weeks_sheet
from ..sheets.sheets import Kind, kinds_sheet, overall_sheet, section_details, section_sheet, videos_sheet
from ..sheets.trust import (
    comparison_sheet,
    confusion_sheet,
    doubles_sheet,
    gates_sheet,
    model_sheet,
    settings_sheet,
)
from ..sheets.visits import all_visit_sheets
from ..sheets.zones import proposals_sheet, zones_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..numbers.report import Report
    from ..sheets.sheets import Cell, Sheet
    from ..words.words import Words

_FORMATS = {Kind.COUNT: "#,##0", Kind.SHARE: "0.0%", Kind.POINTS: "+0.0;-0.0;0.0", Kind.DECIMAL: "0.00"}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

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
        _fill(book, report, words)
    path.write_bytes(whole.getvalue())


def _fill(book: Any, report: Report, words: Words) -> None:
    book.set_properties({"created": _CREATED})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for sheet in all_sheets(report, words):
        _write_sheet(book.add_worksheet(sheet.id[:31]), sheet, formats, heading)


def all_sheets(report: Report, words: Words) -> Iterator[Sheet]:
    """Every table of the report, in reading order."""
    yield from all_visit_sheets(report, words)
    if report.places and report.places.zones:
        yield zones_sheet(report.places, words)
    if report.places and report.places.proposals:
        yield proposals_sheet(report.places, words)
    yield overall_sheet(report.overall, words)
    yield kinds_sheet(report, words)
    if report.comparison:
        yield comparison_sheet(report.comparison, words)
    for section in report.sections:
        yield section_sheet(section, words)
        yield section_details(section, words)
    yield weeks_sheet(report.weeks, words)
    yield timelines_sheet(report, words)
    if report.quality:
        yield gates_sheet(report.quality, words)
    if report.audit:
        yield from audit_sheets(report.audit, words)
    yield videos_sheet(report, words)
    if report.doubles:
        yield doubles_sheet(report, words)
    yield settings_sheet(report, words)
    card = report.runs[0].card if report.runs else None
    if card:
        yield model_sheet(card.evaluation, words)
        yield confusion_sheet(card.evaluation, words)


def _write_sheet(target: Any, sheet: Sheet, formats: dict[Kind, Any], heading: Any) -> None:
    for at, column in enumerate(sheet.columns):
        target.write_string(0, at, _text(column.heading), heading)
    for line, row in enumerate(sheet.rows, start=1):
        for at, (cell, column) in enumerate(zip(row, sheet.columns, strict=True)):
            _write_cell(target, (line, at), cell, column.kind, formats.get(column.kind))
    target.freeze_panes(1, 1)
    target.autofit(300)


def _write_cell(target: Any, place: tuple[int, int], cell: Cell, kind: Kind, style: Any) -> None:
    if isinstance(cell, str):
        target.write_string(*place, _text(cell))
    elif cell is not None:
        target.write_number(*place, 100 * cell if kind is Kind.POINTS else cell, style)


def _text(text: str) -> str:
    """What a cell may hold: no control characters, at most 32,767 letters. A string cell is never a formula."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)[:32767]
