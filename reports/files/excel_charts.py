"""Two charts of a workbook, drawn by Excel from the numbers beside them: expressions, and kinds by group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline.labels import LABELS

from ..figures.palette import COLOURS
from ..numbers.rollup import KINDS
from ..sheets.sheets import group_name, largest
from .cells import as_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..numbers.report import Report
    from ..numbers.summary import Group, Section
    from ..words.words import Words

MOST_GROUPS = 30
"""So many groups are drawn, those with the most sampled frames: more names would run into each other."""

_ROW_PX, _FRAME_PX, _WIDTH_PX, _BESIDE = 26, 170, 640, 7
"""Height of a row of a chart, and of what is around them; its width; the column that it begins in."""

_HIDDEN = "#dfe3e8"
"""Colour of what is hidden."""

_HEADING_PT = 32
"""Height of a heading of two lines."""

Row: TypeAlias = "tuple[str, Sequence[float | None]]"
"""The name of a row and its numbers, None for what is hidden."""


def add_charts(book: Any, report: Report, words: Words, heading: Any) -> None:
    """The sheet of charts, with the numbers that they are drawn from."""
    charts = _Charts(book, words, heading)
    charts.add_groups(report.sections[0], charts.add_expressions(report.overall))


class _Charts:
    """The sheet, as it fills from top to bottom."""

    def __init__(self, book: Any, words: Words, heading: Any) -> None:
        self._book, self._words, self._heading = book, words, heading
        self._name = words("sheet_charts")
        self._sheet = book.add_worksheet(self._name)
        self._share = book.add_format({"num_format": "0.0%"})
        self._absent = book.add_format({"align": "right", "font_color": COLOURS["faces"]})
        self._sheet.set_column(0, 0, 24)
        self._sheet.set_column(1, 8, 13)

    def add_expressions(self, overall: Group) -> int:
        """Share of each expression with its interval; returns the row below both table and chart."""
        words, rows = self._words, list(_expression_rows(overall, self._words))
        self._write(0, [words(key) for key in ("expression", "share", "up_to", "down_to")], rows)
        if not rows:
            return 3
        chart, last = self._book.add_chart({"type": "bar"}), len(rows)
        bounds = {"plus_values": self._cells(1, last, 2), "minus_values": self._cells(1, last, 3)}
        chart.add_series(self._series(1, last, 1, "faces") | {"x_error_bars": {"type": "custom", **bounds}})
        chart.set_legend({"none": True})
        longest = max(share + up for _, (share, up, _down) in rows)
        self._place(chart, words("overall_title"), 0, last, most=min(1.0, math.ceil(10 * longest) / 10))
        return max(last + 4, _height(last) // 20 + 3)

    def add_groups(self, section: Section, top: int) -> None:
        """Positive, neutral, negative, surprise and undecided of each group, and together what of these is hidden."""
        words = self._words
        rows = [_group_row(one, words) for one in largest(section, MOST_GROUPS).groups if _is_drawn(one)]
        keys = [*KINDS, *(["hidden"] if any(None in values for _, values in rows) else [])]
        self._write(top, [words(section.by), *map(words, keys)], rows)
        hidden = sum(not _is_drawn(one) for one in section.groups)
        more = len(section.groups) - hidden - len(rows)
        notes = [(hidden, "chart_groups_left_out"), (more, "chart_groups_more")]
        for at, (count, key) in enumerate(one for one in notes if one[0] > 0):
            self._sheet.write_string(top + len(rows) + 2 + at, 0, words(key, n=words.number(count)))
        if not rows:
            self._sheet.write_string(top + 1, 0, words("chart_groups_none"))
            return
        chart, last = self._book.add_chart({"type": "bar", "subtype": "percent_stacked"}), top + len(rows)
        for at, key in enumerate(keys, start=1):
            chart.add_series(self._series(top + 1, last, at, key) | {"name": [self._name, top, at]})
        chart.set_legend({"position": "bottom"})
        self._place(chart, words(f"by_{section.by}"), top, len(rows))

    def _write(self, top: int, headings: Sequence[str], rows: Sequence[Row]) -> None:
        self._sheet.set_row(top, _HEADING_PT)
        for at, text in enumerate(headings):
            self._sheet.write_string(top, at, text, self._heading)
        for line, (name, values) in enumerate(rows, start=top + 1):
            self._sheet.write_string(line, 0, as_cell(name))
            for at, value in enumerate(values, start=1):
                if value is None:
                    self._sheet.write_string(line, at, self._words("hidden"), self._absent)
                else:
                    self._sheet.write_number(line, at, value, self._share)

    def _series(self, first: int, last: int, column: int, key: str) -> dict[str, Any]:
        return {
            "name": self._words("share_of_faces"),
            "categories": [self._name, first, 0, last, 0],
            "values": [self._name, first, column, last, column],
            "fill": {"color": COLOURS.get(key, _HIDDEN)},
            "gap": 60,
        }

    def _place(self, chart: Any, title: str, top: int, rows: int, *, most: float = 1.0) -> None:
        chart.set_title({"name": title, "name_font": {"size": 12}, "overlay": False})
        axis = {"name": self._words("share_of_faces"), "num_format": "0%", "min": 0, "max": most}
        chart.set_x_axis({**axis, "major_gridlines": {"visible": True}})
        chart.set_y_axis({"reverse": True})
        chart.set_size({"width": _WIDTH_PX, "height": _height(rows)})
        self._sheet.insert_chart(top, _BESIDE, chart)

    def _cells(self, first: int, last: int, column: int) -> str:
        """Cells of one column as a chart names them."""
        from xlsxwriter.utility import quote_sheetname, xl_range_abs

        return f"={quote_sheetname(self._name)}!{xl_range_abs(first, column, last, column)}"


def _expression_rows(overall: Group, words: Words) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Each expression that is shown: its share, and how far the interval reaches up and down."""
    for at, label in enumerate(LABELS):
        one = overall.expressions.portion(at)
        if one.shown and overall.readable:
            known = one.low is not None and one.high is not None
            up, down = ((one.high or 0.0) - one.share, one.share - (one.low or 0.0)) if known else (0.0, 0.0)
            yield words(label), (one.share, up, down)


def _group_row(group: Group, words: Words) -> Row:
    """Its shares; where some are hidden, what they make together, as follows from the others: the bar is whole."""
    name, kinds = group_name(group, words), [group.rollup.portion(at) for at in range(len(KINDS))]
    shares = [one.share if one.shown else None for one in kinds]
    rest = max(0.0, 1 - sum(share or 0.0 for share in shares))
    return name if group.enough else words("name_few", name=name), [*shares, *([rest] if None in shares else [])]


def _is_drawn(group: Group) -> bool:
    """Whether faces of some kind are shown: a stack of what is hidden alone would say nothing."""
    return bool(group.readable) and any(group.rollup.portion(at).count for at in range(len(KINDS)))


def _height(rows: int) -> int:
    return rows * _ROW_PX + _FRAME_PX
