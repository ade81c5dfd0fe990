"""The report's numbers as tidy CSV and as JSON.

JSON keys, `format` 4 (it counts up when a key changes its meaning). Shares are 0 to 1; `low` and `high` bound the 95 %
interval, sampling and misreading together, and are null where there is too little for one.

    version, title, period [first, last], counts_as {kind: [expressions]}
    selection                 which rows; gates; thresholds: below min_is_face a detection is no face and dropped, below
                              min_readable a face is unclear, below min_confidence it is undecided
    min_group                 groups of fewer people are hidden, and counts that would tell of them: null, or missing
                              from a list of differences; hidden is true where a whole group is
    guessed_starts            videos whose start is a guess, and whether they are in hours and weeks
    per                       what is said first: visit or face
    visits                    overall and groups {by: [..]}: visits, least, most, recorded_s, per_recorded_hour,
                              expressions {name: of_visits, of_time, difference, each with _low and _high}, in_view;
                              null where hidden or without visits. by_gap, counts_as, left_out_as_still, not_linked_yet,
                              picture_moves (names of videos in which visits are uncertain)
    places                    zones (visits and what follows null where hidden), seen (levels: quarters of the fullest
                              cell of the picture, null where few passed), may_be_staff, staff_unsaid and cameras
    overall                   a group, see below
    balance                   positive minus negative: difference, low, high, beyond_chance by sampling alone
    sections {by: [group]}    name, location, camera, frames, frames_with_faces, frames_with_problems,
                              faces (readable and unclear), readable, unclear {count, share of all faces, low, high},
                              not_judged (readable because their model does not say which are), enough,
                              resampled {unit, blocks}, leads {expression, verdict}, corrected (shares),
                              misreading (in intervals), expressions and kinds {name: {count, share of readable
                              faces, low, high, and sampling_low and sampling_high by sampling alone}}
    departures [..]           groups that differ from all others: name, kind, share, others, sure despite misreading
    comparison                first and second (groups), locations [of the first, of the second] (null for periods),
                              differences {name: {difference, low, high}} with unclear last; null unless asked
    reading                   where misreading comes from: known, data, faces, conditions, cameras, audited, trial of a
                              correction {faces, recognised and corrected: distance from people's shares, helps}
    no_face                   detections that are no face, dropped before anything is counted
    left_out_by_gates         faces below the quality gates
    doubles [..]              minutes that two videos have: video and counted (positions in videos), seconds, frames of
                              video left out, why (time, streams, content), is_sure; else both are counted
    quality                   of readable faces: small, uncertain, median_px, blurred_below,
                              gated [{key, gates, least_readable, least_confidence, faces, kinds}]
    audit                     how right the readings are by people's answers: rates {faces, share, low, high}, said and
                              read {expression: share}, confusion {what people say: {what is recognised: faces}};
                              null where nobody was asked
    weeks [..]                location, readable and unclear [7][24], kinds, low and high (their intervals)
                              [7][24][positive, neutral, negative]
    timelines [..]            video (position in videos), width_s, counts [bins][8 labels, then unclear], together:
                              faces of each bin whose label is put together, null without any
    videos [..], runs [..]    what was read, its state, whether its start is a guess, and under which model and settings
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline import __version__
from pipeline.escapes import escape_json
from pipeline.labels import LABELS
from pipeline.records import EXPRESSIONS, UNCLEAR

from ..numbers.accuracy import to_dict
from ..numbers.estimates import Verdict
from ..numbers.rollup import KINDS
from ..words.text import cell
from .places import describe_places
from .visits import describe_visits, visit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..numbers.columns import Run, Video
    from ..numbers.differences import Comparison
    from ..numbers.over_time import VideoTimeline, Week
    from ..numbers.report import Report
    from ..numbers.sides import Side
    from ..numbers.summary import Distribution, Group, Portion

CSV_COLUMNS = (
    "grouping", "group", "location", "camera", "frames", "frames_with_faces", "faces", "readable",
    "category", "name", "count", "share", "share_low", "share_high", "enough", "hidden",
)  # fmt: skip
"""Columns of the CSV: for each group one row an expression, then one a kind, then one for the unclear faces.

grouping: overall, location, camera, video, hour or day. group: its name. faces: readable and unclear ones. category:
expression, kind or unclear, then visits (how many, least, most) and visit expression (shares of visits), where there
are visits. name: which. count: faces, or visits. share, share_low, share_high: 0 to 1, of readable faces (that of
unclear ones: of all faces), with the 95 % interval, empty if there is too little to give one. enough: 0 for a group too
small to be compared. hidden: 1 where a count and its share are left out, as fewer people than `min_group` could be told
by them; then these are empty, and so are counts of the group that are hidden.
"""


def to_csv(report: Report) -> str:
    """Tidy CSV; names that a spreadsheet would read as formulas get a `'` in front."""
    text = io.StringIO()
    # Text is quoted, numbers are not: a break or a comma in a name ends no cell, whoever reads it.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(CSV_COLUMNS)
    for grouping, group, visits in _groups(report):
        frames = (
            group.frames,
            "" if group.hidden else group.frames_with_faces,
            *(count if name in group.mask.shown else "" for name, count in _totals(group)),
        )
        head = (grouping, cell(group.name), cell(group.location), cell(group.camera), *frames)
        for *row, shown in (*_rows(group), *visits):
            writer.writerow((*head, *row, int(group.enough), int(not shown)))
    return text.getvalue()


def _groups(report: Report) -> Iterator[tuple[str, Group, list[tuple[Any, ...]]]]:
    """Each group with what it is one of, and its rows of visits."""
    visits = report.visits if report.visits and report.visits.linked else None
    yield "overall", report.overall, list(visit_rows(visits.overall)) if visits else []
    for section in report.sections:
        for at, group in enumerate(section.groups):
            yield section.by, group, list(visit_rows(visits.groups[section.by][at])) if visits else []


def _totals(group: Group) -> tuple[tuple[str, int], ...]:
    return ("faces", group.faces), ("readable", group.readable)


def _rows(group: Group) -> Iterator[tuple[Any, ...]]:
    for category, names, distribution in (
        ("expression", LABELS, group.expressions),
        ("kind", KINDS, group.rollup),
    ):
        for index, name in enumerate(names):
            yield category, name, *_portion(distribution.portion(index))
    yield UNCLEAR, UNCLEAR, *_portion(group.unclear)


def _portion(portion: Portion) -> tuple[Any, ...]:
    """Count, share, its interval, and whether all of that is shown."""
    if not portion.shown:
        return "", "", "", "", False
    low, high = ("" if bound is None else round(bound, 6) for bound in (portion.low, portion.high))
    return portion.count, round(portion.share, 6), low, high, True


def to_json(report: Report) -> bytes:
    """Everything as JSON, what a terminal would obey as escapes; the module's docstring lists the keys."""
    document = {
        "format": 4,
        "version": __version__,
        "title": report.request.title,
        "period": report.period,
        "selection": asdict(report.request.selection),
        "min_group": report.request.min_group,
        "guessed_starts": {"videos": report.guesses, "in_hours": report.request.guessed_starts},
        "counts_as": {name: report.request.rollup.members(name) for name in KINDS[:-1]},
        "per": report.per,
        "visits": describe_visits(report.visits) if report.visits else None,
        "places": describe_places(report.places) if report.places else None,
        "overall": describe_group(report.overall),
        "balance": report.balance,
        "sections": {section.by: [describe_group(one) for one in section.groups] for section in report.sections},
        "departures": report.departures,
        "comparison": describe_comparison(report.comparison, report.request.sides) if report.comparison else None,
        "reading": report.reading,
        "audit": to_dict(report.audit) if report.audit else None,
        "no_face": report.no_face,
        "left_out_by_gates": report.left_out,
        "doubles": report.doubles,
        "quality": report.quality,
        "weeks": [describe_week(week) for week in report.weeks],
        "timelines": [describe_timeline(timeline) for timeline in report.timelines],
        "videos": [describe_video(video) for video in report.videos],
        "runs": [describe_run(run) for run in report.runs],
    }
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return escape_json(text).encode() + b"\n"


def describe_group(group: Group) -> dict[str, Any]:
    """One group: `expressions` and `kinds` map each name to its count, share and 95 % intervals."""
    return {
        "name": group.name,
        "location": group.location,
        "camera": group.camera,
        "frames": group.frames,
        "hidden": group.hidden,
        "frames_with_faces": None if group.hidden else group.frames_with_faces,
        "frames_with_problems": group.problem_frames,
        **{name: count if name in group.mask.shown else None for name, count in _totals(group)},
        "unclear": describe_portion(group.unclear),
        "not_judged": group.not_judged if "faces" in group.mask.shown else None,
        "enough": group.enough,
        "resampled": None if group.hidden else {"unit": group.unit, "blocks": group.blocks},
        "leads": _leads(group),
        "corrected": group.corrected,
        "misreading": group.misreading,
        "expressions": _describe(LABELS, group.expressions),
        "kinds": _describe(KINDS, group.rollup),
    }


def _describe(names: tuple[str, ...], distribution: Distribution) -> dict[str, dict[str, float | None]]:
    empty = (None,) * len(names)
    alone = zip(*(distribution.sampling or (empty, empty)), strict=True)
    return {
        name: describe_portion(distribution.portion(index))
        | {
            "sampling_low": low if distribution.shows(index) else None,
            "sampling_high": high if distribution.shows(index) else None,
        }
        for index, (name, (low, high)) in enumerate(zip(names, alone, strict=True))
    }


def describe_portion(portion: Portion) -> dict[str, float | None]:
    """Count, share and interval; all null where they are hidden."""
    return {name: getattr(portion, name) if portion.shown else None for name in ("count", "share", "low", "high")}


def _leads(group: Group) -> dict[str, str] | None:
    if group.lead.verdict is Verdict.HIDDEN:
        return None
    return {"expression": EXPRESSIONS[group.lead.first], "verdict": group.lead.verdict}


def describe_week(week: Week) -> dict[str, Any]:
    """The hours of a location's week."""
    return {name: getattr(week, name) for name in ("location", "readable", "unclear", "kinds", "low", "high")}


def describe_timeline(timeline: VideoTimeline) -> dict[str, Any]:
    """A video over time; counts are null of what is not shown apart."""
    apart = [at in timeline.labels for at in range(len(LABELS))] + [timeline.unclear_is_shown]
    counts = [[one if shown else None for one, shown in zip(row, apart, strict=True)] for row in timeline.counts]
    return {
        "video": timeline.video,
        "width_s": timeline.width_s,
        "counts": counts,
        "together": timeline.together or None,
    }


def describe_comparison(comparison: Comparison, sides: Sequence[Side] | None = None) -> dict[str, Any]:
    """Two selections and the differences, second minus first; kinds are named `kind: positive` and so on.

    Unclear faces come last, if it is known on both sides which they are.
    """
    names = (*LABELS, *(f"kind: {kind}" for kind in KINDS[:4]), UNCLEAR)
    empty = (None,) * len(names)
    bounds = zip(comparison.low or empty, comparison.high or empty, strict=True)
    values = list(zip(names, comparison.differences, bounds, strict=True))[: None if comparison.judged else -1]
    shown = comparison.shown or (True,) * len(names)
    values = [value for value, one in zip(values, shown, strict=False) if one]
    return {
        "first": describe_group(comparison.first),
        "second": describe_group(comparison.second),
        "locations": [side.locations for side in sides or ()],
        "differences": {name: {"difference": one, "low": low, "high": high} for name, one, (low, high) in values},
    }


def describe_video(video: Video) -> dict[str, Any]:
    """One video; `counted` is false where no run of it is complete."""
    described = {name: getattr(video, name) for name in video.__slots__ if name not in ("run", "started_at")}
    return described | {
        "started_at_utc": video.started_at,
        "run": video.run.id if video.run else None,
        "counted": video.run is not None,
    }


def describe_run(run: Run) -> dict[str, Any]:
    """One run with the evaluation of its model."""
    described = {name: getattr(run, name) for name in run.__slots__ if name != "card"}
    return described | {"evaluation": run.card.evaluation if run.card else None}
