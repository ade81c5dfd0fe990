"""The report's tables as a workbook has them: to be filtered, summed and pivoted, not read from top to bottom.

So dates are dates, each column of a sheet has a name of its own, each share has its interval beside it where there is
one, each row says whether there is enough of it, and a first sheet says what each column is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from pipeline.labels import FACE_LABELS, LABELS
from pipeline.records import EXPRESSIONS

from ..numbers.grouping import By
from ..numbers.rollup import KINDS
from .audit import audit_sheets, label_name
from .over_time import timeline_sheet, weeks_sheet
from .sheets import (
    Column,
    Kind,
    Sheet,
    group_name,
    kinds_sheet,
    overall_sheet,
    section_details,
    shown_count,
    unclear_count,
    videos_sheet,
)
from .trust import comparison_sheet, confusion_sheet, doubles_sheet, gates_sheet, model_sheet, settings_sheet
from .visits import gaps_sheet, in_view_sheet, labels_sheet, questions_sheet, visits_sheet
from .zones import proposals_sheet, zones_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..numbers.report import Report
    from ..numbers.summary import Group, Section
    from ..numbers.visit_groups import GroupVisits, VisitReport
    from ..words.words import Words
    from .sheets import Cell

Value: TypeAlias = "str | int | float | date | datetime | timedelta | None"
"""What a cell of a workbook holds."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One sheet of a workbook.

    Attributes:
        id: short name, the same in both languages.
        name: on its tab.
        columns: each with a heading that no other column of the sheet has.
        means: what each column is, a sentence.
        rows: what stands in them.
        muted: positions of rows with too little to compare.
    """

    id: str
    name: str
    columns: tuple[Column, ...]
    means: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    muted: frozenset[int] = frozenset()


def workbook_tabs(report: Report, words: Words) -> tuple[Tab, ...]:
    """Every table of the report, in reading order, and before them what each column is."""
    tabs = tuple(_tab(sheet, words) for sheet in _sheets(report, words))
    return (_read_me(tabs, words), *tabs)


def _sheets(report: Report, words: Words) -> Iterator[Sheet]:
    yield from _visits(report, words)
    if report.places and report.places.zones:
        yield zones_sheet(report.places, words)
    if report.places and report.places.proposals:
        yield proposals_sheet(report.places, words)
    yield overall_sheet(report.overall, words)
    yield kinds_sheet(report, words)
    if report.comparison:
        yield comparison_sheet(report.comparison, words)
    for section in report.sections:
        yield _groups(section, words)
        yield _with_enough(section_details(section, words), _enough_by_name(section, words), words)
    yield _weeks(report, words)
    yield _timelines(report, words)
    if report.quality:
        yield gates_sheet(report.quality, words)
    if report.audit:
        yield from audit_sheets(report.audit, words)
    yield _videos(report, words)
    if report.doubles:
        yield doubles_sheet(report, words)
    yield settings_sheet(report, words)
    card = report.runs[0].card if report.runs else None
    if card:
        yield model_sheet(card.evaluation, words)
        yield confusion_sheet(card.evaluation, words)


def _groups(section: Section, words: Words) -> Sheet:
    """One row a group: counts, each share with its interval, and whether there is enough."""
    # Neutral is an expression and a kind, and so is surprise: kinds say that they are put together.
    names = (words("unclear"), *(_kind(name, words) for name in KINDS[:4]), *(words(name) for name in LABELS))
    columns = (
        _group_column(section, words),
        *(Column(words(key), Kind.COUNT) for key in ("frames", "frames_with_faces", "readable", "unclear_faces")),
        *_bounded(names, words),
        Column(words("enough")),
    )
    rows = tuple(
        (_group_cell(section, group, words), *_counts(group, words), *_shares(group), _enough_of(group, words))
        for group in section.groups
    )
    muted = frozenset(at for at, group in enumerate(section.groups) if not group.enough)
    return Sheet(f"by_{section.by}", "", columns, rows, muted)


def _kind(name: str, words: Words) -> str:
    return words("together", kind=words(name))


def _group_column(section: Section, words: Words) -> Column:
    kinds = {By.DAY: Kind.DATE, By.HOUR: Kind.COUNT}
    return Column(words(section.by), kinds.get(section.by, Kind.TEXT))


def _group_cell(section: Section, group: Group, words: Words) -> Cell:
    """A day as a date and an hour as a number, so that they sort and pivot; frames without a time keep their words."""
    if group.name and section.by is By.DAY:
        return date.fromisoformat(group.name)
    if group.name and section.by is By.HOUR:
        return int(group.name[:2])
    return group_name(group, words)


def _counts(group: Group, words: Words) -> tuple[Cell, ...]:
    return (
        group.frames,
        words("hidden") if group.hidden else group.frames_with_faces,
        shown_count(group, "readable", group.readable, words),
        unclear_count(group, words),
    )


def _shares(group: Group) -> Iterator[Cell]:
    known = bool(group.judged and group.faces)
    portions = [
        (group.unclear, known),
        *((group.rollup.portion(at), bool(group.readable)) for at in range(4)),
        *((group.expressions.portion(at), bool(group.readable)) for at in range(len(LABELS))),
    ]
    for one, is_there in portions:
        yield from (one.share, one.low, one.high) if one.shown and is_there else (None, None, None)


def _bounded(headings: Iterable[str], words: Words, kind: Kind = Kind.SHARE) -> Iterator[Column]:
    """A column for each, with those of its interval behind it."""
    for heading in headings:
        yield from (Column(each, kind) for each in (heading, words("interval_from"), words("interval_to")))


def _enough(enough: bool, words: Words) -> str:
    return words("enough_yes" if enough else "enough_no")


def _enough_of(group: Group, words: Words) -> str:
    """Of a hidden group that would tell how many faces it has."""
    return words("hidden") if group.hidden else _enough(group.enough, words)


def _enough_by_name(section: Section, words: Words) -> dict[Cell, str]:
    return {group_name(group, words): _enough_of(group, words) for group in section.groups}


def _with_enough(sheet: Sheet, enough: Mapping[Cell, str], words: Words) -> Sheet:
    """A sheet with a last column that says of each row whether there is enough of its group; not of everything."""
    known = [enough.get(row[0]) for row in sheet.rows]
    rows = tuple((*row, one) for row, one in zip(sheet.rows, known, strict=True))
    muted = frozenset(at for at, one in enumerate(known) if one not in {None, words("enough_yes")})
    return replace(sheet, columns=(*sheet.columns, Column(words("enough"))), rows=rows, muted=muted)


def _visits(report: Report, words: Words) -> Iterator[Sheet]:
    """Every table of visits; none where there are no visits, or everything is hidden."""
    visits = report.visits
    if visits is None or not visits.linked or visits.overall is None:
        return
    for section in report.sections:
        yield _with_enough(visits_sheet(visits, section, words), _enough_by_name(section, words), words)
    if visits.overall.shares:
        yield questions_sheet(visits.overall.shares, words)
    for section in report.sections:
        yield _visit_shares(visits, section, words)
    labels = labels_sheet(visits, words)
    if labels:
        yield labels
    yield gaps_sheet(visits, words)
    yield in_view_sheet(visits.overall, words)


def _visit_shares(visits: VisitReport, section: Section, words: Words) -> Sheet:
    """Shares of the visits of each group, each with its interval."""
    rows = tuple(
        (
            _group_cell(section, group, words),
            words("hidden") if one is None else one.visits if one.known else None,
            *_visit_cells(one),
            _enough_of(group, words),
        )
        for group, one in zip(section.groups, visits.groups[section.by], strict=True)
    )
    columns = (
        _group_column(section, words),
        Column(words("visits"), Kind.COUNT),
        *_bounded((words(name) for name in EXPRESSIONS), words),
        Column(words("enough")),
    )
    muted = frozenset(at for at, group in enumerate(section.groups) if not group.enough)
    return Sheet(f"visit_shares_by_{section.by}", "", columns, rows, muted)


def _visit_cells(one: GroupVisits | None) -> Iterator[Cell]:
    shares = one.shares if one else None
    for at in range(len(EXPRESSIONS)):
        if shares is None:
            yield from (None, None, None)
            continue
        bounds = shares.of_visits_interval
        low, high = (None, None) if bounds is None else (float(bounds[0, at]), float(bounds[1, at]))
        yield from (float(shares.of_visits[at]), low, high)


def _weeks(report: Report, words: Words) -> Sheet:
    """Hours as numbers; those without an interval have too little to be compared."""
    sheet = weeks_sheet(report.weeks, words)
    columns = (*sheet.columns[:2], Column(words("hour"), Kind.COUNT), *sheet.columns[3:], Column(words("enough")))
    known = [any(row[low] is not None for low in (6, 9, 12)) for row in sheet.rows]
    rows = tuple(
        (*row[:2], int(str(row[2])), *row[3:], _enough(one, words)) for row, one in zip(sheet.rows, known, strict=True)
    )
    return replace(sheet, columns=columns, rows=rows, muted=frozenset(at for at, one in enumerate(known) if not one))


def _timelines(report: Report, words: Words) -> Sheet:
    """All timelines in one table: local time where the start is known, and the time from it."""
    rows: list[tuple[Cell, ...]] = []
    for timeline in report.timelines:
        sheet, start = timeline_sheet(report, timeline, words), report.starts[timeline.video]
        for at, row in enumerate(sheet.rows):
            gone = timedelta(seconds=at * timeline.width_s)
            shares = (*row[1:], *[None] * (len(LABELS) + 4 - len(row)))
            rows.append((report.videos[timeline.video].name, start + gone if start else None, gone, *shares))
    columns = (
        Column(words("video")),
        Column(words("local_time"), Kind.MOMENT),
        Column(words("duration"), Kind.DURATION),
        Column(words("readable"), Kind.COUNT),
        Column(words("unclear_faces"), Kind.COUNT),
        *(Column(words(name), Kind.SHARE) for name in (*LABELS, "put_together")),
    )
    return Sheet("timelines", "", columns, tuple(rows))


def _videos(report: Report, words: Words) -> Sheet:
    """All videos, each start as a moment beside what it rests on."""
    sheet = videos_sheet(report, words)
    rows = tuple(
        (*row[:3], start, words(_certainty(start, is_guess=video.start_is_guess)), *row[4:])
        for row, video, start in zip(sheet.rows, report.videos, report.starts, strict=True)
    )
    start = (Column(words("start"), Kind.MOMENT), Column(words("start_certainty")))
    return replace(sheet, columns=(*sheet.columns[:3], *start, *sheet.columns[4:]), rows=rows)


def _certainty(start: datetime | None, *, is_guess: bool) -> str:
    if start is None:
        return "start_missing"
    return "start_guessed" if is_guess else "start_known"


def _tab(sheet: Sheet, words: Words) -> Tab:
    columns = tuple(_name_apart(sheet.columns, words))
    means = tuple(_meanings(sheet, words))
    return Tab(sheet.id, words(f"sheet_{sheet.id}"), columns, means, sheet.rows, sheet.muted)


def _name_apart(columns: Sequence[Column], words: Words) -> Iterator[Column]:
    """Bounds are named after the column that they bound, as a table of a workbook is known by its headings."""
    bounds = {words("interval_from"), words("interval_to")}
    of = ""
    for column in columns:
        if column.heading in bounds:
            yield replace(column, heading=words("bound_of", of=of, bound=column.heading))
        else:
            of = column.heading
            yield column


def _meanings(sheet: Sheet, words: Words) -> Iterator[str]:
    known, own = _by_heading(words), _OF_SHEETS.get(sheet.id.partition("_by_")[0], {})
    labels = {words(name) for name in (*LABELS, *KINDS)} | {_kind(name, words) for name in KINDS}
    labels |= {label_name(name, words) for name in FACE_LABELS}
    for column in sheet.columns:
        if column.heading in labels:
            yield words(f"means_{own.get('label', 'label')}")
        elif sheet.id == "compare" and column.kind is Kind.SHARE:
            yield words("means_side")
        else:
            yield words(f"means_{known[column.heading]}")


_OF_SHEETS: dict[str, dict[str, str]] = {
    "visit_shares": {"label": "visit_label"},
    "confusion": {"label": "confused"},
    "audit_confusion": {"label": "confused"},
}
"""Where a column that is named after an expression is something else than a share of readable faces."""

_KEYS = (
    *("location", "camera", "video", "hour", "day", "weekday", "expression", "kind", "counts_as", "expression_or_kind"),
    *("count", "share", "enough", "frames", "frames_with_faces", "readable", "unclear_faces", "unclear", "difference"),
    *("visits", "visits_least", "visits_most", "recorded_hours", "per_hour", "median_in_view", "brief", "staying"),
    *("cut_off", "share_of_visits", "share_of_time", "gap", "seconds_in_view", "longer", "zone", "kind_of_zone"),
    *("cameras", "mean_time", "mean_at_once", "most_at_once", "polygon", "local_time", "duration", "put_together"),
    *("left_out", "start", "start_certainty", "status", "reason", "counted_in", "minutes", "frames_left_out"),
    *("known_by", "setting", "value", "precision", "recall", "labelled", "faces", "audit_people_faces", "audit_found"),
    *("audit_people_share", "audit_read_faces", "audit_true", "audit_read_share", "audit_group", "audit_people_say"),
)
"""Columns that are named by these words are told by `means_` and the same."""


def _by_heading(words: Words) -> dict[str, str]:
    bounds = dict.fromkeys((words("interval_from"), words("interval_to")), "bound")
    return {words(key): key for key in _KEYS} | bounds | {words("label"): "label_of_model", "F1": "f1"}


def _read_me(tabs: Sequence[Tab], words: Words) -> Tab:
    """Which sheet has which columns, and what they are."""
    rows = tuple(
        (tab.name, column.heading, means) for tab in tabs for column, means in zip(tab.columns, tab.means, strict=True)
    )
    columns = tuple(Column(words(key)) for key in ("sheet", "column", "meaning"))
    return Tab("columns", words("sheet_columns"), columns, ("", "", ""), rows)
