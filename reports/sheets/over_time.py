"""Tables of what was seen when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import LABELS

from .sheets import Column, Kind, Sheet

if TYPE_CHECKING:
    from ..numbers.over_time import VideoTimeline, Week
    from ..numbers.report import Report
    from ..words.words import Words
    from .sheets import Cell, Rows


def timeline_sheet(report: Report, timeline: VideoTimeline, words: Words) -> Sheet:
    """One row a bin: time from the start, readable and unclear faces, share of each expression among the readable."""
    video = report.videos[timeline.video]
    rows: list[tuple[Cell, ...]] = []
    for at, counts in enumerate(timeline.counts):
        *labelled, unclear = counts
        rest = timeline.together[at] if timeline.together else 0
        faces = sum(labelled) + rest
        shares = [count / faces if faces else None for count in labelled]
        apart = [shares[one] if one in timeline.labels else None for one in range(len(LABELS))]
        together = [rest / faces if faces else None] if timeline.together else []
        shown = unclear if timeline.unclear_is_shown else words("hidden")
        rows.append((clock(at * timeline.width_s), faces, shown, *apart, *together))
    columns = (
        Column(words("from_start")),
        Column(words("readable"), Kind.COUNT),
        Column(words("unclear_faces"), Kind.COUNT),
        *(Column(words(name), Kind.SHARE) for name in LABELS),
        *([Column(words("put_together"), Kind.SHARE)] if timeline.together else []),
    )
    title = words("timeline_title", video=video.name)
    return Sheet(f"timeline_{timeline.video}", title, columns, tuple(rows))


def weeks_sheet(weeks: tuple[Week, ...], words: Words, sheet_id: str = "weeks", title: str = "") -> Sheet:
    """One row for each location, weekday and hour in which a face was seen; intervals where there is enough."""
    days = words("weekdays").split()
    rows: Rows = tuple(
        (week.location, days[day], f"{hour:02d}", *(_shown(one, words) for one in faces), *_kinds(week, day, hour))
        for week in weeks
        for day in range(7)
        for hour, faces in enumerate(zip(week.readable[day], week.unclear[day], strict=True))
        if any(one != 0 for one in faces)
    )
    names = tuple(Column(words(key)) for key in ("location", "weekday", "hour"))
    shares = tuple(
        Column(heading, Kind.SHARE)
        for name in ("positive", "neutral", "negative")
        for heading in (words(name), words("interval_from"), words("interval_to"))
    )
    counts = tuple(Column(words(key), Kind.COUNT) for key in ("readable", "unclear_faces"))
    columns = (*names, *counts, *shares)
    return Sheet(sheet_id, title or words("weeks_title"), columns, rows)


def _shown(count: int | None, words: Words) -> Cell:
    return words("hidden") if count is None else count


def _kinds(week: Week, day: int, hour: int) -> tuple[float | None, ...]:
    if not week.readable[day][hour]:
        return (None,) * 9
    shares, low, high = (values[day][hour] for values in (week.kinds, week.low, week.high))
    return tuple(one for three in zip(shares, low, high, strict=True) for one in three)


def clock(seconds: int) -> str:
    """Seconds as h:mm:ss."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
