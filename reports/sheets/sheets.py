"""The report's tables as data: the terminal, the page and Excel all show these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from pipeline.labels import LABELS

from ..numbers.rollup import KINDS

if TYPE_CHECKING:
    from ..numbers.report import Report
    from ..numbers.summary import Distribution, Group, Section
    from ..words.words import Words

Cell: TypeAlias = str | int | float | date | datetime | timedelta | None
Rows: TypeAlias = tuple[tuple[Cell, ...], ...]


class Kind(StrEnum):
    """How the cells of a column are written; those of time only a workbook has."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    POINTS = "points"
    DECIMAL = "decimal"
    DATE = "date"
    MOMENT = "moment"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and how its cells are written."""

    heading: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table.

    Attributes:
        id: short name, the same in both languages.
        muted: positions of rows with too little to compare.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: Rows
    muted: frozenset[int] = frozenset()


def overall_sheet(overall: Group, words: Words) -> Sheet:
    """How often each expression was read, and how many faces are unclear."""
    rows = (*_share_rows(LABELS, overall.expressions, words), _unclear_row(overall, words))
    return Sheet("overall", words("overall_title"), (Column(words("expression")), *_share_columns(words)), rows)


def kinds_sheet(report: Report, words: Words) -> Sheet:
    """The same as positive, neutral, negative and surprise, with what counts as which."""
    rollup = report.request.rollup
    rows = tuple(
        (row[0], words.listing([words(name) for name in rollup.members(kind)]), *row[1:])
        for kind, row in zip(KINDS, _share_rows(KINDS, report.overall.rollup, words), strict=True)
    )
    name, *unclear = _unclear_row(report.overall, words)
    columns = (Column(words("kind")), Column(words("counts_as")), *_share_columns(words))
    return Sheet("kinds", words("kinds_title"), columns, (*rows, (name, "", *unclear)))


def section_sheet(section: Section, words: Words) -> Sheet:
    """One row a group: frames, readable and unclear faces, shares of the readable by kind and by expression."""
    counts = tuple(
        Column(words(key), Kind.COUNT) for key in ("frames", "frames_with_faces", "readable", "unclear_faces")
    )
    shares = tuple(Column(words(key), Kind.SHARE) for key in ("unclear", *KINDS[:4], *LABELS))
    rows = tuple(_group_row(group, words) for group in section.groups)
    return Sheet(
        f"by_{section.by}",
        words(f"by_{section.by}"),
        (Column(words(section.by)), *counts, *shares),
        rows,
        _muted(section),
    )


def section_details(section: Section, words: Words) -> Sheet:
    """Each group's every expression and kind with count, share and interval."""
    rows = tuple(
        (group_name(group, words), *row)
        for group in section.groups
        if group.readable or group.faces
        for row in (
            *_share_rows(LABELS, group.expressions, words),
            *_kind_rows(group.rollup, words),
            _unclear_row(group, words),
        )
    )
    columns = (Column(words(section.by)), Column(words("expression_or_kind")), *_share_columns(words))
    return Sheet(f"by_{section.by}_details", words("details", of=words(f"by_{section.by}")), columns, rows)


def videos_sheet(report: Report, words: Words) -> Sheet:
    """All videos of the selection with their state."""
    by_video = next(section for section in report.sections if section.by == "video")
    rows = tuple(
        (
            video.name,
            video.location,
            video.camera,
            _start_of(report, at, words),
            by_video.groups[at].frames,
            shown_count(by_video.groups[at], "readable", by_video.groups[at].readable, words),
            unclear_count(by_video.groups[at], words),
            words(video.status),
            video.reason or "",
        )
        for at, video in enumerate(report.videos)
    )
    names = tuple(Column(words(key)) for key in ("video", "location", "camera", "start"))
    counts = tuple(Column(words(key), Kind.COUNT) for key in ("frames", "readable", "unclear_faces"))
    columns = (*names, *counts, Column(words("status")), Column(words("reason")))
    return Sheet("videos", words("videos_title"), columns, rows)


def largest(section: Section, most: int) -> Section:
    """The groups with the most sampled frames, in the section's own order."""
    order = sorted(range(len(section.groups)), key=lambda at: -section.groups[at].frames)[:most]
    return replace(section, groups=tuple(section.groups[at] for at in sorted(order)))


def _start_of(report: Report, at: int, words: Words) -> str:
    start = report.starts[at]
    if start is None:
        return words("time_unknown")
    moment = words.moment(start)
    return words("start_guess", start=moment) if report.videos[at].start_is_guess else moment


def group_name(group: Group, words: Words) -> str:
    """A group's name; frames without a known time form a group without one."""
    return group.name or words("time_unknown")


def _group_row(group: Group, words: Words) -> tuple[Cell, ...]:
    portions = [
        *(group.rollup.portion(at) for at in range(4)),
        *(group.expressions.portion(at) for at in range(len(LABELS))),
    ]
    known = group.judged and group.faces and group.unclear.shown
    return (
        group_name(group, words),
        group.frames,
        words("hidden") if group.hidden else group.frames_with_faces,
        shown_count(group, "readable", group.readable, words),
        unclear_count(group, words),
        group.unclear.share if known else None,
        *(one.share if one.shown and group.readable else None for one in portions),
    )


def shown_count(group: Group, name: str, count: int, words: Words) -> Cell:
    """A count of a group's faces, or that it is hidden."""
    return count if name in group.mask.shown else words("hidden")


def unclear_count(group: Group, words: Words) -> Cell:
    """How many of a group's faces are unclear, or that it is hidden; None where nobody judged that."""
    if not group.unclear.shown:
        return words("hidden")
    return group.unclear.count if group.judged else None


def _muted(section: Section) -> frozenset[int]:
    return frozenset(at for at, group in enumerate(section.groups) if not group.enough)


def _share_columns(words: Words) -> tuple[Column, ...]:
    shares = tuple(Column(words(key), Kind.SHARE) for key in ("share", "interval_from", "interval_to"))
    return (Column(words("count"), Kind.COUNT), *shares)


def _kind_rows(distribution: Distribution, words: Words) -> list[tuple[Cell, ...]]:
    rows = _share_rows(KINDS, distribution, words)[:4]
    return [(words("together", kind=row[0]), *row[1:]) for row in rows]


def _unclear_row(group: Group, words: Words) -> tuple[Cell, ...]:
    """How many faces are unclear, and their share: of all faces, not of the readable ones as the rows above it."""
    one = group.unclear
    if not one.shown:
        return words("unclear_of_all"), words("hidden"), None, None, None
    if not group.judged:
        return words("unclear_of_all"), None, None, None, None
    return words("unclear_of_all"), one.count, one.share, one.low, one.high


def _share_rows(names: tuple[str, ...], distribution: Distribution, words: Words) -> Rows:
    portions = (distribution.portion(at) for at in range(len(names)))
    return tuple(
        (words(name), one.count, one.share, one.low, one.high)
        if one.shown
        else (words(name), words("hidden"), None, None, None)
        for name, one in zip(names, portions, strict=True)
    )
