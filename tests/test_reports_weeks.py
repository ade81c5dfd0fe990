"""Hours of the week: one threshold, a fixed scale, numbers in the cells, and words where there is nothing to colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fixtures_reports import Clip, at, make_database
from sqlalchemy import text

from reports.figures.interactive import figure
from reports.figures.over_time import can_draw_week, week_chart
from reports.figures.palette import HEAT, heat_colour
from reports.figures.svg import draw
from reports.numbers.grouping import By
from reports.numbers.known import is_known
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Selection
from reports.numbers.summary import MIN_FACES
from reports.page.contents import make_parts
from reports.sheets.over_time import weeks_sheet
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from reports.page.parts import Part

EN, VI = Words(Language.EN), Words(Language.VI)
MONDAY = (0, 9)
"""Day and hour of the full clips: two o'clock UTC on 25 March 2024 is nine in Vietnam, on a Monday."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A café with an hour of many faces and one of few; a kiosk with few; a start that is a guess, and one unknown."""
    clips = [Clip(f"{one}.mp4", "cafe", one, at(2024, 3, 25, 2)) for one in ("a", "b", "c", "d")]
    clips += [
        Clip("few.mp4", "cafe", "a", at(2024, 3, 25, 4), seconds=60, faces_per_frame=0.6),
        Clip("kiosk.mp4", "kiosk", "x", at(2024, 3, 25, 2), seconds=60, faces_per_frame=0.6),
        Clip("guess.mp4", "kiosk", "x", at(2024, 3, 25, 5)),
        Clip("none.mp4", "kiosk", "x", None),
    ]
    engine = make_database(tmp_path_factory.mktemp("weeks") / "weeks.db", clips)
    with engine.begin() as connection:
        connection.execute(text("UPDATE videos SET start_source = 'container' WHERE path LIKE '%guess.mp4'"))
    return make_report(load([engine], Selection()), Request(by=By.HOUR, min_group=1))


def time_part(report: Report, words: Words) -> Part:
    return next(part for part in make_parts(report, words) if part.id == "time")


def test_an_hour_is_compared_where_any_other_group_would_be(report: Report) -> None:
    """Intervals of a location's hour are those of the group of these faces; with too few there are none."""
    week = next(one for one in report.weeks if one.location == "cafe")
    day, hour = MONDAY

    assert week.readable[day][hour] >= MIN_FACES
    assert None not in week.low[day][hour]
    assert 0 < week.readable[day][11] < MIN_FACES
    assert week.low[day][11] == week.high[day][11] == (None,) * 3
    for low, share, high in zip(week.low[day][hour], week.kinds[day][hour], week.high[day][hour], strict=True):
        assert low <= share <= high


def test_colours_have_a_fixed_range_and_cells_their_numbers(report: Report) -> None:
    """Both drawings say the share in each coloured cell, and half is the same colour on every page."""
    number = next(at for at, one in enumerate(report.weeks) if one.location == "cafe")
    chart = week_chart(report.weeks, number, EN)
    day, hour = MONDAY
    share = report.weeks[number].kinds[day][hour][0]

    assert (chart.low, chart.high) == (0.0, 1.0)
    svg = str(draw(chart))
    assert re.findall(r'class="cell[^"]*">(\d+)<', svg) == [f"{100 * share:.0f}"]
    assert heat_colour(share, 0, 1) in svg
    assert EN("hour_axis") in svg
    trace = figure(chart).data[0]
    assert (trace.zmin, trace.zmax, trace.colorscale[0][1]) == (0.0, 1.0, HEAT[0])
    assert [one for row in trace.text for one in row if one] == [f"{100 * share:.0f}"]


def test_intervals_are_under_the_pointer_and_in_the_table(report: Report) -> None:
    """Both have the same; an hour with too little says so."""
    number = next(at for at, one in enumerate(report.weeks) if one.location == "cafe")
    week, (day, hour) = report.weeks[number], MONDAY
    hovers = week_chart(report.weeks, number, EN).hovers

    assert is_known(week.low[day][hour][0], week.high[day][hour][0])
    assert EN.interval(week.low[day][hour][0], week.high[day][hour][0]) in hovers[day][hour]
    assert EN("hour_few") in hovers[day][11]
    sheet = weeks_sheet((week,), EN)
    positive = [column.heading for column in sheet.columns].index("positive")
    of_hour = (week.kinds, week.low, week.high)
    assert sheet.rows[0][positive : positive + 3] == tuple(values[day][hour][0] for values in of_hour)


@pytest.mark.parametrize("words", [EN, VI])
def test_nothing_to_colour_is_a_sentence(report: Report, words: Words) -> None:
    """The kiosk's week has its table, no empty box."""
    kiosk = next(at for at, one in enumerate(report.weeks) if one.location == "kiosk")
    part = time_part(report, words)

    assert not can_draw_week(report.weeks[kiosk])
    assert part.exhibits[kiosk].chart is None
    assert part.exhibits[kiosk].sheets[0].rows
    assert words("about_no_colour", names=words("quoted", name="kiosk")) in part.paragraphs


@pytest.mark.parametrize("words", [EN, VI])
def test_the_page_says_what_hours_rest_on_and_what_is_in_none(report: Report, words: Words) -> None:
    """Sources of starts and zones with their videos; guesses and unknown starts are left out and counted."""
    said = time_part(report, words).paragraphs

    name, option = (words("source_of", source=words(key), n=6) for key in ("source_file_name", "source_option"))
    assert words("about_hours", starts=name, zones=option) in said
    assert words("about_no_start", n=1, all=8) in said
    assert words("about_guesses", n=1, all=8) in said
