"""Charts of what was seen when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR

from ..numbers.known import is_known
from ..sheets.over_time import clock
from ..words.text import visible
from .charts import STACKED, Heat, Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..numbers.over_time import VideoTimeline, Week
    from ..numbers.report import Report
    from ..words.words import Words


TOGETHER = "together"
"""Colour of what is put together, as few people could be told by it."""

MOST_HOVERED = 3
"""So many expressions of a stretch of time are named under the pointer; the table has all."""


def timeline_chart(report: Report, timeline: VideoTimeline, words: Words) -> Timeline:
    """One video's shares over its length, with its faces below."""
    name = visible(report.videos[timeline.video].name)
    bins = tuple(clock(at * timeline.width_s) for at in range(len(timeline.counts)))
    rest = timeline.together or (0,) * len(bins)
    faces = tuple(
        (sum(counts[: len(LABELS)]) + more, counts[len(LABELS)])
        for counts, more in zip(timeline.counts, rest, strict=True)
    )
    order = [LABELS.index(label) for label in STACKED if LABELS.index(label) in timeline.labels]
    shares = tuple(
        tuple(
            count / max(readable, 1)
            for count in (*(counts[at] for at in order), *([more] if timeline.together else []))
        )
        for counts, more, (readable, _) in zip(timeline.counts, rest, faces, strict=True)
    )
    hovers = tuple(
        _bin_hover(bin_, counts, both, words) for bin_, counts, both in zip(bins, timeline.counts, faces, strict=True)
    )
    merged = [(TOGETHER, words("put_together"))] if timeline.together else []
    unclear = [(UNCLEAR, words(UNCLEAR))] if timeline.unclear_is_shown else []
    return Timeline(
        id=f"timeline_{timeline.video}",
        title=words("timeline_title", video=name),
        axis=words("share"),
        time_axis=words("from_start"),
        faces_axis=words("faces_axis"),
        keys=(*((LABELS[at], words(LABELS[at])) for at in order), *merged),
        face_keys=(("faces", words("readable_short")), *unclear),
        bins=bins,
        shares=shares,
        faces=tuple(one[: 1 + len(unclear)] for one in faces),
        hovers=hovers,
    )


def _bin_hover(bin_: str, counts: tuple[int, ...], both: tuple[int, int], words: Words) -> str:
    labelled = counts[: len(LABELS)]
    faces, unclear = both
    seen = sorted(((count, name) for name, count in zip(LABELS, labelled, strict=True) if count), reverse=True)
    seen = seen[:MOST_HOVERED]
    lines = [f"{words(name)}: {words.number(count)} ({words.percent(count / faces, 0)})" for count, name in seen]
    return "\n".join((f"{bin_} · {_counted(faces, unclear, words)}", *lines))


def can_draw_week(week: Week) -> bool:
    """Whether there is an hour with a colour."""
    return any(value is not None for row in _positive(week) for value in row)


def week_chart(weeks: tuple[Week, ...], number: int, words: Words) -> Heat:
    """The share of positive expressions by weekday and hour at one location; colours are the same in all reports.

    An hour has a colour if its interval says something; what was read in others stands in the table.
    """
    week, days = weeks[number], tuple(words("weekdays").split())
    values = _positive(week)
    hovers = tuple(
        tuple(f"{name} {hour:02d}:00 · {_hour_hover(week, day, hour, words)}" for hour in range(24))
        for day, name in enumerate(days)
    )
    return Heat(
        id=f"week_{number}",
        title=words("week_title", location=visible(week.location)),
        axis=words("positive_share"),
        time_axis=words("hour_axis"),
        rows=days,
        columns=tuple(f"{hour:02d}" for hour in range(24)),
        values=values,
        hovers=hovers,
        texts=tuple(tuple("" if value is None else f"{100 * value:.0f}" for value in row) for row in values),
        low=0.0,
        high=1.0,
    )


def _positive(week: Week) -> tuple[tuple[float | None, ...], ...]:
    return tuple(
        tuple(kinds[0] if is_known(low[0], high[0]) else None for kinds, low, high in zip(*row, strict=True))
        for row in zip(week.kinds, week.low, week.high, strict=True)
    )


def _counted(readable: int, unclear: int, words: Words) -> str:
    return words("readable_and_unclear", readable=words.number(readable), unclear=words.number(unclear))


def _hour_hover(week: Week, day: int, hour: int, words: Words) -> str:
    readable, unclear, kinds = week.readable[day][hour], week.unclear[day][hour], week.kinds[day][hour]
    if readable is None:
        return words("hidden")
    head = words("n_readable", n=words.number(readable)) if unclear is None else _counted(readable, unclear, words)
    if not readable:
        return head
    low, high = week.low[day][hour], week.high[day][hour]
    names = ("positive", "neutral", "negative")
    lines = [
        f"{words(name)}: {words.percent(share)} ({_between(bounds, words)})"
        for name, share, *bounds in zip(names, kinds, low, high, strict=True)
        if share is not None
    ]
    return "\n".join((head, *lines))


def _between(bounds: Sequence[float | None], words: Words) -> str:
    low, high = bounds
    if low is None or high is None:
        return words("hour_few")
    return words.interval(low, high)
