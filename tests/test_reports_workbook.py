"""The workbook: what an analyst would filter, sum and pivot without touching it first."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import openpyxl
import pytest
from fixtures_reports import CHAIN, Clip, make_database
from test_reports_suppressed import make_shops

from reports.files.excel import write_excel
from reports.numbers.grouping import By
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Selection
from reports.numbers.visit_rows import load_visits
from reports.sheets.workbook import workbook_tabs
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook
    from sqlalchemy import Engine

EN, VI = Words(Language.EN), Words(Language.VI)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Locations by day, with visits, one location with too little."""
    engine = make_database(tmp_path_factory.mktemp("chain") / "x.db", [*CHAIN, Clip("s.mp4", "kiosk", seconds=20)])
    return make_report(load([engine], Selection()), Request(min_group=1), load_visits([engine], Selection()))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Shops with visits; few people passed one camera."""
    return make_shops(tmp_path_factory.mktemp("shops") / "x.db")


@pytest.fixture(scope="module")
def shops(engine: Engine) -> Report:
    """Shops with visits, of which some are hidden."""
    return make_report(load([engine], Selection()), Request(), load_visits([engine], Selection()))


def book_of(report: Report, path: Path, words: Words = EN) -> Workbook:
    write_excel(report, words, path)
    return openpyxl.load_workbook(path)


@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
@pytest.mark.parametrize("name", ["report", "shops"])
def test_every_column_has_a_name_of_its_own_and_is_explained(
    name: str, words: Words, request: pytest.FixtureRequest
) -> None:
    """On every sheet, in either language; the first table lists them all."""
    read_me, *tabs = workbook_tabs(request.getfixturevalue(name), words)

    assert len({tab.name for tab in (read_me, *tabs)}) == len(tabs) + 1
    for tab in tabs:
        headings = [column.heading for column in tab.columns]
        assert len(set(headings)) == len(headings), tab.id
        assert len(tab.means) == len(headings)
        assert all(tab.means), tab.id
        assert len(tab.name) <= 31
        assert all(len(row) == len(headings) for row in tab.rows), tab.id
    assert [row[:2] for row in read_me.rows] == [(tab.name, one.heading) for tab in tabs for one in tab.columns]


def test_names_of_sheets_are_translated(report: Report, tmp_path: Path) -> None:
    """None is called the same in both languages but the videos'."""
    english, vietnamese = (book_of(report, tmp_path / f"{words.language}.xlsx", words) for words in (EN, VI))

    assert len(english.sheetnames) == len(vietnamese.sheetnames)
    assert set(english.sheetnames) & set(vietnamese.sheetnames) == {"Video"} & set(english.sheetnames)


def test_every_table_can_be_filtered_and_keeps_its_head(report: Report, tmp_path: Path) -> None:
    """A filter over all columns and rows, and the first row and column stay in sight."""
    book = book_of(report, tmp_path / "x.xlsx")

    for sheet in book.worksheets[1:]:
        assert sheet.auto_filter.ref == sheet.dimensions or sheet.max_row == 1
        assert sheet.freeze_panes == "B2"


def test_dates_days_hours_and_times_are_what_they_say(report: Report, tmp_path: Path) -> None:
    """Starts and moments are dates with a time, days dates, hours numbers, lengths durations."""
    book = book_of(report, tmp_path / "x.xlsx")
    starts = [row[3] for row in book["Videos"].iter_rows(min_row=2, values_only=True)]
    over_time = list(book["Over time"].iter_rows(min_row=2, values_only=True))

    assert [start for start in starts if start] == [start for start in report.starts if start]
    assert {row[4] for row in book["Videos"].iter_rows(min_row=2, values_only=True)} <= {"known", "a guess", "unknown"}
    assert over_time
    moments = [row[1] for row in over_time if row[1] is not None]
    assert moments
    assert all(isinstance(one, datetime) for one in moments)
    assert all(isinstance(row[2], timedelta) for row in over_time)
    hours = [row[2] for row in book["Hours of the week"].iter_rows(min_row=2, values_only=True)]
    assert hours
    assert all(isinstance(hour, int) for hour in hours)


@pytest.mark.parametrize(("by", "kind"), [(By.DAY, datetime), (By.HOUR, int)])
def test_groups_of_time_sort_as_time(tmp_path: Path, by: By, kind: type) -> None:
    """By day the first column holds dates, by hour numbers, not text."""
    engine = make_database(tmp_path / "x.db", list(CHAIN))
    report = make_report(load([engine], Selection()), Request(min_group=1, by=by))
    book = book_of(report, tmp_path / "x.xlsx")

    cells = [row[0] for row in book[EN(f"sheet_by_{by}")].iter_rows(min_row=2, values_only=True)]
    assert any(isinstance(cell, kind) for cell in cells)
    assert all(isinstance(cell, kind) or cell == EN("time_unknown") for cell in cells)


def test_shares_have_their_intervals_and_rows_say_whether_there_is_enough(report: Report) -> None:
    """Beside each share of each group its bounds, as on the page; rows with too little are said and grey."""
    tab = next(tab for tab in workbook_tabs(report, EN) if tab.id == "by_location")
    section = report.sections[0]
    at = [column.heading for column in tab.columns].index("happy")

    for row, group in zip(tab.rows, section.groups, strict=True):
        one = group.expressions.portion(3)
        if group.readable:
            assert row[at : at + 3] == (one.share, one.low, one.high)
        assert row[-1] == ("yes" if group.enough else "too few")
    assert tab.muted == {at for at, group in enumerate(section.groups) if not group.enough}
    assert tab.columns[at + 1].heading.startswith("happy: ")
    assert 0 < len(tab.muted) < len(tab.rows)


def test_two_charts_are_drawn_from_the_numbers_beside_them(report: Report, tmp_path: Path) -> None:
    """Native ones: Excel draws them again where a number is changed. One has whiskers."""
    path = tmp_path / "x.xlsx"
    book_of(report, path)

    with zipfile.ZipFile(path) as parts:
        charts = [parts.read(name).decode() for name in sorted(parts.namelist()) if "/charts/chart" in name]
    assert len(charts) == 2
    assert "errBars" in charts[0]
    assert "percentStacked" in charts[1]
    assert all("Charts!$B$" in chart for chart in charts)


def test_what_is_hidden_is_in_no_chart_and_no_cell(engine: Engine, tmp_path: Path) -> None:
    """Groups that are hidden are left out of the charts and counted; cells say hidden."""
    made = make_report(load([engine], Selection()), Request(by=By.VIDEO), load_visits([engine], Selection()))
    book = book_of(made, tmp_path / "x.xlsx")
    hidden = {group.name for group in made.by_video.groups if group.hidden}
    charts = list(book["Charts"].iter_rows(values_only=True))
    rows = {row[0]: row for row in book["By video"].iter_rows(min_row=2, values_only=True)}

    assert hidden
    for name in hidden:
        assert set(rows[name][2:5]) | {rows[name][-1]} == {"hidden"}
        assert set(rows[name][5:-1]) == {None}
    assert any("Groups that are left out, as too few people are in them" in str(row[0]) for row in charts)


def test_groups_that_are_partly_hidden_are_drawn_with_what_is_shown(shops: Report, tmp_path: Path) -> None:
    """Of a small database of two shops some kinds are hidden: these are one grey piece, and each bar is whole."""
    groups = shops.sections[0].groups
    rows = list(book_of(shops, tmp_path / "x.xlsx")["Charts"].iter_rows(values_only=True, max_col=7))
    top = next(at for at, row in enumerate(rows) if row[0] == "Location")
    drawn = {row[0].removesuffix(" (too few)"): row[1:] for row in rows[top + 1 : top + 3] if row[0]}

    assert rows[top][1:] == ("positive", "neutral", "negative", "surprise", "undecided", "hidden")
    assert not all(one.rollup.shows(at) for one in groups for at in range(5))
    assert set(drawn) == {one.name for one in groups}
    for one in groups:
        values = drawn[one.name]
        assert [value == "hidden" for value in values[:5]] == [not one.rollup.shows(at) for at in range(5)]
        assert sum(value for value in values if isinstance(value, float | int)) == pytest.approx(1)
    with zipfile.ZipFile(tmp_path / "x.xlsx") as parts:
        assert sum("/charts/chart" in name for name in parts.namelist()) == 2


def test_without_a_group_to_draw_the_sheet_says_why(tmp_path: Path) -> None:
    """A handful of people: no empty place, but a sentence, in both languages."""
    engine = make_shops(tmp_path / "x.db", {"a.mp4": ("A", "1", 4)})
    made = make_report(load([engine], Selection()), Request(), load_visits([engine], Selection()))

    for words, said in ((EN, "No chart here: too few people"), (VI, "Không có biểu đồ")):
        cells = book_of(made, tmp_path / "x.xlsx", words)[words("sheet_charts")].iter_rows(values_only=True)
        assert any(said in str(row[0]) for row in cells)


def test_days_before_those_that_excel_knows_are_text(tmp_path: Path) -> None:
    """A recorder whose clock stood at its beginning: the workbook is written, and says the day."""
    clip = Clip("old.mp4", start=datetime(1899, 12, 31, 23), seconds=120)  # noqa: DTZ001 no zone
    report = make_report(load([make_database(tmp_path / "x.db", [clip])], Selection()), Request(min_group=1))
    book = book_of(report, tmp_path / "x.xlsx")

    assert report.starts[0]
    start = next(book["Videos"].iter_rows(min_row=2, values_only=True))[3]
    assert isinstance(start, str)
    assert date.fromisoformat(start[:10]).year <= 1900
