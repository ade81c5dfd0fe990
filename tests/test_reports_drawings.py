"""Both drawings of a chart: a scale, no certainty that is not there, and a grey that can be seen."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixtures_reports import CHAIN, Clip, make_database

import reports
from reports.figures.charts import BarRow, Bars, Dots, Mark, Stack
from reports.figures.interactive import figure
from reports.figures.palette import COLOURS
from reports.figures.plots import section_dots
from reports.figures.scale import MOST, narrow_ticks, ticks
from reports.figures.svg import draw
from reports.numbers.known import is_known
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.rollup import KINDS
from reports.numbers.selection import Selection
from reports.numbers.shown import Mask
from reports.page.contents import make_parts
from reports.page.table import html_table
from reports.sheets.sheets import overall_sheet
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from reports.figures.charts import Chart

EN = Words(Language.EN)
STYLE = (Path(reports.__file__).parent / "page" / "templates" / "page.css").read_text("utf-8")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Three locations, one with too little; some intervals of the whole are wide, others are not."""
    small = Clip("small.mp4", "kiosk", seconds=60, fps=1.0)
    engine = make_database(tmp_path_factory.mktemp("chain") / "chain.db", [*CHAIN[:3], *CHAIN[9:12], small])
    return make_report(load([engine], Selection()), Request(min_group=1))


def charts_of(report: Report) -> dict[str, Chart]:
    exhibits = (item for part in make_parts(report, EN) for item in (*part.exhibits, *part.folded))
    return {item.chart.id: item.chart for item in exhibits if item.chart}


def drawing_of(report: Report, name: str) -> str:
    return str(draw(charts_of(report)[name]))


def numbers_in(svg: str) -> list[str]:
    return re.findall(r'class="tick">(\d+)\N{NO-BREAK SPACE}%<', svg)


@pytest.mark.parametrize("name", ["overall", "kinds", "readable", "by_location", "by_video"])
def test_a_bar_on_paper_has_an_axis_and_nothing_that_looks_like_the_whole(report: Report, name: str) -> None:
    """From nought upwards in round numbers, with what they measure; behind a bar there is the page alone."""
    svg = drawing_of(report, name)

    numbers = [int(one) for one in numbers_in(svg)]
    assert numbers[0] == 0
    assert numbers == sorted(numbers)
    assert 2 <= len(numbers) <= MOST
    assert charts_of(report)[name].axis in svg
    assert "track" not in svg


@pytest.mark.parametrize("name", ["dots_location", "dots_video"])
def test_a_forest_plot_on_paper_has_a_scale_in_each_panel(report: Report, name: str) -> None:
    """Zero and one more number, in all four."""
    chart = charts_of(report)[name]

    assert isinstance(chart, Dots)
    assert len(numbers_in(drawing_of(report, name))) == 2 * len(chart.panels)


@pytest.mark.parametrize("end", [0.05, 0.11, 0.3, 0.55, 0.66, 0.8, 1.0])
def test_numbers_of_narrow_axes_keep_away_from_the_next_axis(end: float) -> None:
    """The last one stands between nine twentieths and seven tenths; wide axes have more, up to their end."""
    assert 0.45 * end < narrow_ticks(end)[1] <= 0.7 * end
    assert 2 <= len(ticks(end)) <= MOST
    assert ticks(end)[-1] <= end + 1e-9


def test_what_is_not_known_is_said_and_drawn_hollow(report: Report) -> None:
    """In both drawings and in the table: a wide interval has words in the place of whisker and numbers."""
    chart, expressions = charts_of(report)["overall"], report.overall.expressions
    assert isinstance(chart, Bars)
    wide = [not is_known(expressions.portion(at).low, expressions.portion(at).high) for at in range(8)]
    assert any(wide)
    assert not all(wide)

    svg, built = drawing_of(report, "overall"), figure(chart)
    table = str(html_table(overall_sheet(report.overall, EN), EN))

    assert sum(row.mark.unknown for row in chart.rows) == sum(wide)
    assert svg.count("not known</text>") == svg.count(" unknown") == sum(wide)
    assert svg.count('class="whisker"') == 3 * (8 - sum(wide))
    assert sum("not known" in one.text for one in built.layout.annotations) == sum(wide)
    assert sum(len(trace.x) for trace in built.data if trace.error_x.array is None) == sum(wide)
    assert table.count("<td>not known</td>") == sum(wide)
    assert table.count(EN("interval95")) == 1


def test_a_panel_without_a_known_interval_has_words_in_place_of_a_dot(report: Report) -> None:
    """A dot would be taken for an answer."""
    chart = charts_of(report)["dots_location"]
    assert isinstance(chart, Dots)
    unknown = sum(mark.unknown for row in chart.rows for mark in row.marks if mark)

    built = figure(chart)

    assert unknown
    assert drawing_of(report, "dots_location").count(">not known</text>") == unknown
    assert sum(one.text == "not known" for one in built.layout.annotations) == unknown
    assert sum(len(trace.x) for trace in built.data) == sum(bool(mark) for row in chart.rows for mark in row.marks) - (
        unknown
    )


def test_one_group_with_enough_does_not_look_like_a_winner(tmp_path: Path) -> None:
    """Among others with too little it is as grey as they are, and stands where it stood."""
    clips = [Clip("a.mp4", "a kiosk", seconds=20), Clip("b.mp4", "market"), Clip("c.mp4", "stall", seconds=20)]
    report = make_report(load([make_database(tmp_path / "x.db", clips)], Selection()), Request(min_group=1))

    chart = charts_of(report)["by_location"]

    assert isinstance(chart, Stack)
    assert [row.name for row in chart.rows] == ["a kiosk", "market", "stall"]
    assert all(row.muted for row in chart.rows)


def test_whiskers_of_what_is_less_certain_are_as_grey_as_its_dots(report: Report) -> None:
    """In the interactive figure they have a colour of their own, which the page leaves as it is."""
    chart = charts_of(report)["dots_video"]
    assert isinstance(chart, Dots)
    muted = {at for at, row in enumerate(chart.rows) if row.muted}
    assert muted

    traces = [one for one in figure(chart).data if one.error_x.array is not None]

    assert {one.error_x.color == COLOURS["faces"] for one in traces if set(one.y) & muted} <= {True}
    assert not [one for one in traces if one.error_x.color and not set(one.y) <= muted]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_grey_has_three_to_one_on_both_pages() -> None:
    """What is less certain has outlines and whiskers of a grey that is seen on white and on black."""
    grey = luminance(COLOURS["faces"])

    pages = [luminance(one) for one in re.findall(r"--page: (#[0-9a-f]{6});", STYLE)]

    assert len(pages) == 2
    for page in pages:
        assert (max(grey, page) + 0.05) / (min(grey, page) + 0.05) >= 3


def test_groups_that_are_all_hidden_are_a_sentence(report: Report) -> None:
    """No figure with nothing in it, and no timelines of which none are shown."""
    sections = [
        replace(one, groups=tuple(replace(group, mask=Mask(frozenset())) for group in one.groups))
        for one in report.sections
    ]
    hidden = replace(report, sections=tuple(sections), timelines=(), request=Request(min_group=10))
    parts = {part.id: part for part in make_parts(hidden, EN)}

    for name in ("by-location", "by-video"):
        assert parts[name].paragraphs == (EN("about_all_hidden", least="10"),)
        assert not parts[name].exhibits
    assert not any("0 of 0" in text for part in parts.values() for text in part.paragraphs)


def test_a_number_of_a_group_that_is_hidden_is_so_in_words(report: Report) -> None:
    """Where a dot would stand; an empty panel would be taken for no faces."""
    section = report.sections[0]
    group = section.groups[0]
    partly = replace(group, rollup=replace(group.rollup, shown=(False, *[True] * (len(KINDS) - 1))))
    chart = section_dots(replace(section, groups=(partly, *section.groups[1:])), report.overall, EN)

    assert str(draw(chart)).count(">hidden</text>") == 1
    assert sum(one.text == "hidden" for one in figure(chart).layout.annotations) == 1


def test_a_bar_of_no_length_is_not_drawn() -> None:
    """Not even its outline, in either drawing; one of no length with an interval keeps its whisker."""
    marks = [Mark("undecided", 0.0, None, None, "hidden", ""), Mark("happy", 0.0, 0.0, 0.1, "0", "")]
    chart = Bars("x", "X", "share", tuple(BarRow(mark.key, mark) for mark in marks))

    assert "<rect" not in str(draw(chart))
    assert str(draw(chart)).count('class="whisker"') == 3
    assert [list(trace.x) for trace in figure(chart).data] == [[0.0], [None]]
