"""Report → the parts of the page, in reading order: sections of figures with the tables behind them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from ..figures.over_time import can_draw_week, timeline_chart, week_chart
from ..figures.pairs import comparison_chart
from ..figures.plots import (
    can_draw_dots,
    can_draw_readable,
    kinds_chart,
    overall_chart,
    readable_chart,
    section_chart,
    section_dots,
)
from ..numbers.grouping import By
from ..numbers.known import WIDEST
from ..numbers.rollup import KINDS
from ..numbers.summary import MIN_FACES, MIN_FRAMES
from ..sheets.over_time import timeline_sheet, weeks_sheet
from ..sheets.sheets import kinds_sheet, largest, overall_sheet, section_details, section_sheet
from ..sheets.trust import comparison_sheet
from ..words.text import visible
from .parts import MOST_LONG, MOST_ROWS, MOST_WEEKS, Exhibit, Part
from .places import places_part
from .trust import trust_part
from .visits import visits_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..numbers.differences import Comparison
    from ..numbers.over_time import VideoTimeline, Week
    from ..numbers.report import Report
    from ..numbers.summary import Group, Section
    from ..words.words import Words

T = TypeVar("T")

MOST_NAMED = 5
"""So many locations are named in a sentence."""


def make_parts(report: Report, words: Words) -> tuple[Part, ...]:
    """All sections after the first minute."""
    visits, places = visits_part(report, words), places_part(report, words)
    if not report.overall.readable:
        return (*([visits] if visits and visits.paragraphs else []), trust_part(report, words))
    return (
        *([visits] if visits else []),
        _overall(report, words),
        *([_compare(report, report.comparison, words)] if report.comparison else []),
        *(_section(report, section, words) for section in report.sections),
        *([places] if places else []),
        _over_time(report, words),
        trust_part(report, words),
    )


def about_intervals(group: Group, words: Words) -> str:
    """What the intervals of a group hold, and what was resampled for them; or that there are none."""
    if group.expressions.sampling is None:
        return words("about_intervals_short" if group.misreading else "about_no_intervals")
    holds = words("holds_misreading" if group.misreading else "holds_sampling")
    return words("about_intervals", holds=holds, unit=words(f"unit_{group.unit}"), blocks=words.number(group.blocks))


def about_kinds(report: Report, words: Words) -> str:
    """Which expression counts as what."""
    rollup = report.request.rollup
    members = {
        kind: words.listing([words(name) for name in rollup.members(kind)]) or "\N{EN DASH}" for kind in KINDS[:4]
    }
    return words("about_kinds", **members)


def _overall(report: Report, words: Words) -> Part:
    exhibits = (
        *([Exhibit(readable_chart(report.overall, words))] if can_draw_readable(report.overall) else []),
        Exhibit(overall_chart(report.overall, words), (overall_sheet(report.overall, words),)),
        Exhibit(kinds_chart(report.overall, words), (kinds_sheet(report, words),)),
    )
    paragraphs = (
        words("about_readings"),
        about_intervals(report.overall, words),
        *([words("about_not_known", points=words.number(100 * WIDEST))] if report.overall.misreading else []),
        about_kinds(report, words),
    )
    return Part("overall", words("overall_heading"), paragraphs, exhibits)


def _compare(report: Report, comparison: Comparison, words: Words) -> Part:
    heading = words("compare_heading", first=visible(comparison.first.name), second=visible(comparison.second.name))
    chart = comparison_chart(comparison, words)
    drawn = any(mark for row in chart.rows for mark in row.marks)
    exhibit = Exhibit(chart if drawn else None, (comparison_sheet(comparison, words),), open=True)
    return Part("compare", heading, () if drawn else (_no_shares(report, words),), (exhibit,))


def _no_shares(report: Report, words: Words) -> str:
    """In the place of a figure whose every share is hidden: an empty one looks like a result."""
    return words("about_no_shares", least=words.number(report.request.min_group))


def _section(report: Report, section: Section, words: Words) -> Part:
    about = "about_groups_time" if section.by in (By.HOUR, By.DAY) else "about_groups"
    paragraph = words(about, faces=words.number(MIN_FACES), frames=words.number(MIN_FRAMES))
    compared = 1 < len(section.groups) <= MOST_ROWS
    # Of hours and days all are drawn: a calendar with gaps would mislead.
    drawn = section if section.by in (By.HOUR, By.DAY) else largest(section, MOST_ROWS)
    if any(group.hidden for group in section.groups) and all(one.hidden or not one.faces for one in section.groups):
        hidden = words("about_all_hidden", least=words.number(report.request.min_group))
        return Part(f"by-{section.by}", words(f"by_{section.by}"), (hidden,))
    shares, dots = section_chart(drawn, words), section_dots(section, report.overall, words) if compared else None
    is_drawn = any(mark.value for row in shares.rows for mark in row.marks)
    exhibits = (
        Exhibit(shares if is_drawn else None, (section_sheet(section, words),)),
        Exhibit(dots if dots and can_draw_dots(dots, words) else None, (section_details(drawn, words),)),
    )
    paragraphs = (
        paragraph if is_drawn else _no_shares(report, words),
        *_about_most(len(drawn.groups), len(section.groups), words),
    )
    return Part(f"by-{section.by}", words(f"by_{section.by}"), paragraphs, exhibits)


def _about_most(shown: int, count: int, words: Words) -> Iterator[str]:
    """Where a page cannot hold all, how many it does, and where the others are."""
    if shown < count:
        yield words("about_most", shown=words.number(shown), all=words.number(count))


def _over_time(report: Report, words: Words) -> Part:
    weeks = tuple(_week(report, number, words) for number in _busiest(report.weeks, _faces_of_week, MOST_WEEKS))
    most = len(report.timelines) if len(report.videos) <= MOST_LONG else MOST_ROWS
    drawn = (report.timelines[at] for at in _busiest(report.timelines, _faces_of_timeline, most))
    timelines = tuple(
        Exhibit(timeline_chart(report, one, words), (timeline_sheet(report, one, words),)) for one in drawn
    )
    known = any(not video.start_is_guess and video.started_at for video in report.videos if video.run)
    about = _about_time(report, words) if weeks or known else (words("about_no_time"),)
    seen = sum(group.faces > 0 for group in report.by_video.groups)
    counted = [words("about_timelines", n=words.number(len(timelines)), all=words.number(seen))] if timelines else []
    return Part(
        "time",
        words("time_heading"),
        (*about, *about_guesses(report, words), *_about_weeks(weeks, report, words), *counted),
        weeks,
        words("timelines_fold"),
        timelines,
    )


def _about_time(report: Report, words: Words) -> tuple[str, ...]:
    """What the numbers of hours are, what an hour rests on, and how many videos are in none."""
    limits = {"faces": MIN_FACES, "frames": MIN_FRAMES, "points": 100 * WIDEST}
    analysed = [video for video in report.videos if video.run]
    timed = [
        video for video in analysed if video.started_at and (report.request.guessed_starts or not video.start_is_guess)
    ]
    starts = _sources([video.start_source or "unknown" for video in timed], words)
    zones = _sources([video.timezone_source for video in timed], words)
    unknown = sum(not video.started_at for video in analysed)
    cells = words("about_time", **{name: words.number(limit) for name, limit in limits.items()})
    return (
        cells if report.weeks else words("about_no_hour"),
        *([words("about_hours", starts=starts, zones=zones)] if timed else []),
        *([words("about_no_start", n=words.number(unknown), all=words.number(len(analysed)))] if unknown else []),
    )


def _sources(sources: Sequence[str], words: Words) -> str:
    """Where times come from, the most frequent first, each with its number of videos."""
    return words.listing(
        [
            words("source_of", source=words(f"source_{re.sub('[^a-z]', '_', source)}"), n=words.number(count))
            for source, count in Counter(sorted(sources)).most_common()
        ]
    )


def _about_weeks(weeks: tuple[Exhibit, ...], report: Report, words: Words) -> Iterator[str]:
    plain = [words("quoted", name=visible(week.location)) for week in report.weeks if not can_draw_week(week)]
    if plain:
        more = [words("and_more", n=words.number(len(plain) - MOST_NAMED))] if len(plain) > MOST_NAMED else []
        names = ", ".join([*plain[:MOST_NAMED], *more]) if more else words.listing(plain)
        yield words("about_no_colour", names=names)
    if len(weeks) < len(report.weeks):
        yield words("about_most_weeks", shown=words.number(len(weeks)), all=words.number(len(report.weeks)))


def _busiest(items: Sequence[T], faces: Callable[[T], int], most: int) -> list[int]:
    """Positions of those with the most faces, in their order."""
    return sorted(sorted(range(len(items)), key=lambda at: -faces(items[at]))[:most])


def _faces_of_week(week: Week) -> int:
    return sum(count or 0 for row in week.readable for count in row)


def _faces_of_timeline(timeline: VideoTimeline) -> int:
    return sum(map(sum, timeline.counts)) + sum(timeline.together)


def about_guesses(report: Report, words: Words) -> tuple[str, ...]:
    """How many starts are guesses, and whether their faces are counted by hour and weekday."""
    if not report.guesses:
        return ()
    key = "about_guesses_counted" if report.request.guessed_starts else "about_guesses"
    total = sum(video.run is not None for video in report.videos)
    return (words(key, n=words.number(report.guesses), all=words.number(total)),)


def _week(report: Report, number: int, words: Words) -> Exhibit:
    week = report.weeks[number]
    sheet = weeks_sheet((week,), words, f"week_{number}", words("week_title", location=week.location))
    return Exhibit(week_chart(report.weeks, number, words) if can_draw_week(week) else None, (sheet,))
