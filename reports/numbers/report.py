"""One report as data: every number that any output shows, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import SettingError
from pipeline.labels import LABELS

from .accuracy import measure_accuracy
from .clock import local_seconds, wall_clock
from .correction import find_readers
from .crowd import AtOnce, count_crowd
from .differences import compare, find_balance, find_departures
from .families import ShownRows, find_families, of_one_kind
from .grouping import By
from .order import find_order
from .over_time import make_timelines, make_weeks
from .quality import measure_quality
from .rollup import Rollup
from .selection import Selection
from .shown import MIN_GROUP, find_masks
from .sides import Side, pick
from .summary import Group, Section, summarise, summarise_all
from .veil import (
    veil,
    veil_balance,
    veil_comparison,
    veil_departures,
    veil_quality,
    veil_section,
    veil_timeline,
    veil_weeks,
)
from .visit_groups import Per, report_visits
from .visit_shares import Misread
from .zones import measure_places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .accuracy import Accuracy
    from .columns import Data, Double, Run, Video
    from .correction import Reading
    from .crowd import Crowd
    from .differences import Balance, Comparison, Departure
    from .misreading import Readers
    from .order import Order
    from .over_time import VideoTimeline, Week
    from .quality import Quality
    from .shown import Family, Mask
    from .visit_data import VisitData
    from .visit_groups import VisitReport
    from .zone_rows import View
    from .zones import Places


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        selection: which rows.
        by: what the main groups are; videos always have a section of their own.
        rollup: which expression counts as what.
        title: the reader's own title; None for the standard one.
        sides: two selections within the selection to set side by side.
        guessed_starts: count videos whose start is a guess by hour and weekday, too.
        min_group: groups of fewer people are hidden, and what would tell of them.
        per: what is said first, shares of visits or of faces in frames; None for visits where all videos have them.

    Raises:
        SettingError: `min_group` is less than 1.
    """

    selection: Selection = field(default_factory=Selection)
    by: By = By.LOCATION
    rollup: Rollup = field(default_factory=Rollup)
    title: str | None = None
    sides: tuple[Side, Side] | None = None
    guessed_starts: bool = False
    min_group: int = MIN_GROUP
    per: Per | None = None

    def __post_init__(self) -> None:
        if self.min_group < 1:
            raise SettingError("min_group", "a whole number of 1 or more", str(self.min_group))


@dataclass(frozen=True, slots=True)
class Report:
    """All numbers of a report.

    Attributes:
        starts: local time of each video's first frame; None if unknown.
        period: local time of the first and last sampled frame; None if no start time is known.
        sections: the main groups, then the videos. A video's group stands at the video's position in `videos`.
        balance: positive against negative expressions; None where that would tell of a few people.
        order: main groups by their share of positive expressions; None where there is one alone.
        departures: main groups that differ from all others by more than chance explains.
        reading: where the part of the intervals that is misreading comes from.
        no_face: detections that are no face, dropped before anything is counted.
        left_out: faces that the quality gates leave out of everything; None where these are few.
        quality: None without faces.
        comparison: None unless asked for.
        audit: how right the readings are by people's answers to faces of the selection; None where there are none.
        doubles: minutes that two of the videos have, of which one is counted.
        visits: those of everything and of each group; None where they were not read.
        hidden: how many groups with somebody in them are hidden, of all sections.
        places: zones, where faces were seen, and who may work there; None where visits were not read, or all is hidden.
        rows: of which hours of videos rows of faces may be shown.
    """

    request: Request
    videos: tuple[Video, ...]
    runs: tuple[Run, ...]
    starts: tuple[datetime | None, ...]
    period: tuple[datetime, datetime] | None
    overall: Group
    sections: tuple[Section, ...]
    balance: Balance | None
    departures: tuple[Departure, ...]
    timelines: tuple[VideoTimeline, ...]
    weeks: tuple[Week, ...]
    reading: Reading
    no_face: int
    left_out: int | None
    quality: Quality | None
    comparison: Comparison | None
    audit: Accuracy | None = None
    doubles: tuple[Double, ...] = ()
    visits: VisitReport | None = None
    hidden: int = 0
    places: Places | None = None
    rows: ShownRows | None = None
    order: Order | None = None

    @property
    def per(self) -> Per:
        """What shares are of that are said first."""
        if self.request.per is not None:
            return self.request.per
        return Per.VISIT if self.visits and self.visits.complete else Per.FACE

    @property
    def guesses(self) -> int:
        """How many counted videos have a start that is a guess."""
        return sum(video.start_is_guess for video in self.videos if video.run)

    @property
    def by_video(self) -> Section:
        """The section of the videos."""
        return next(section for section in self.sections if section.by is By.VIDEO)


def make_report(data: Data, request: Request, visits: VisitData | None = None, views: Sequence[View] = ()) -> Report:
    """Compute everything that outputs show; quality gates are applied here, and what would tell of few people goes.

    Args:
        data: rows of the selection.
        request: what is asked for.
        visits: of the same selection; None where they were not read, so that people are counted by faces seen at once.
        views: the pictures of its videos.
    """
    kept = data.where_faces(request.selection.gates.passing(data.faces))
    timed = kept if request.guessed_starts else kept.without_guesses()
    readers, reading = find_readers(kept)
    crowd = count_crowd(kept, visits, request.sides or ())
    families = find_families(kept, timed, request.by, request.sides or (), crowd)
    masks = find_masks(crowd, families, request.rollup, request.min_group)
    report = _veiled(_whole(data, (kept, timed), request, readers, reading), masks, request)
    limits = request.min_group, request.selection.thresholds.min_confidence
    sections = {name: one for name, one in families.items() if name not in ("sides", "weeks")}
    return replace(
        report,
        order=find_order(
            timed if request.by is By.HOUR else kept, request.rollup, request.by, readers, report.sections[0].groups
        ),
        timelines=_timelines(kept, crowd, families, masks, request.min_group),
        visits=report_visits(visits, crowd, sections, masks, limits, misread=_misread(kept, visits, readers))
        if visits
        else None,
        places=measure_places(views, visits, request.min_group) if visits and not masks["overall"][0].hidden else None,
        rows=ShownRows(data.videos, request.sides or (), crowd.keys[[not mask.hidden for mask in masks["pieces"]]]),
    )


def _whole(data: Data, rows: tuple[Data, Data], request: Request, readers: Readers, reading: Reading) -> Report:
    """Everything, shown or not, but what stands beside it for visits and over time.

    Args:
        data: rows of the selection.
        rows: those that are counted, and the same without guessed times unless these count.
        request: what is asked for.
        readers: how cameras may misread.
        reading: how that is known.
    """
    kept, timed = rows
    rollup, by = request.rollup, request.by
    readable = kept.faces.where(kept.faces.label < len(LABELS))
    grouped = timed if by is By.HOUR else kept
    return Report(
        request=request,
        videos=data.videos,
        runs=data.runs,
        starts=tuple(_start(video) for video in data.videos),
        period=_period(data),
        overall=summarise_all(kept, rollup, readers),
        sections=tuple(summarise(grouped, rollup, one, readers) for one in dict.fromkeys((by, By.VIDEO))),
        balance=find_balance(kept, rollup, readers),
        departures=find_departures(grouped, rollup, by, readers),
        timelines=(),
        weeks=make_weeks(timed, rollup, readers),
        reading=reading,
        no_face=data.no_face,
        left_out=len(data.faces) - len(kept.faces),
        quality=measure_quality(readable, rollup, _everybody(kept), request.min_group),
        comparison=_comparison(kept, request, readers),
        audit=measure_accuracy(data.audited) if data.audited else None,
        doubles=data.doubles,
    )


def _misread(kept: Data, visits: VisitData, readers: Readers) -> Misread:
    """How the cameras of the videos with visits may misread them."""
    cameras = {(video.sha256, video.path): int(at) for video, at in zip(kept.videos, readers.of_video, strict=True)}
    return Misread(readers, np.array([cameras.get((one.sha256, one.path), -1) for one in visits.videos], np.int64))


def _everybody(kept: Data) -> AtOnce:
    return AtOnce.of(kept, np.arange(len(kept.videos)))


def _veiled(report: Report, masks: dict[str, tuple[Mask, ...]], request: Request) -> Report:
    """The report with what may be shown of it."""
    overall, least = masks["overall"][0], request.min_group
    sections = tuple(veil_section(one, masks[one.by]) for one in report.sections)
    names = [group.name for group in report.sections[0].groups]
    by_name = dict(zip(names, masks[request.by], strict=True))
    return replace(
        report,
        overall=veil(report.overall, overall),
        sections=sections,
        balance=veil_balance(report.balance, overall) if report.balance else None,
        departures=veil_departures(report.departures, by_name, overall),
        weeks=veil_weeks(report.weeks, masks["weeks"]),
        left_out=report.left_out if report.left_out is None or not 0 < report.left_out < least else None,
        quality=veil_quality(report.quality, overall, least),
        comparison=veil_comparison(report.comparison, masks["sides"]) if report.comparison else None,
        audit=None if overall.hidden else report.audit,
        hidden=sum(group.hidden for section in sections for group in section.groups),
    )


def _timelines(
    kept: Data, crowd: Crowd, families: dict[str, Family], masks: dict[str, tuple[Mask, ...]], least: int
) -> tuple[VideoTimeline, ...]:
    whole = least <= 1
    begins = None if whole else of_one_kind(crowd, families, masks)
    found = (veil_timeline(one, masks[By.VIDEO][one.video], least) for one in make_timelines(kept, begins, least))
    return tuple(one for one in found if one)


def _comparison(data: Data, request: Request, readers: Readers) -> Comparison | None:
    if request.sides is None:
        return None
    first, second = request.sides
    return compare(pick(data, first), pick(data, second), (first.name, second.name), request.rollup, readers)


def _start(video: Video) -> datetime | None:
    local = float(local_seconds(video, np.zeros(1))[0])
    return None if np.isnan(local) else wall_clock(local)


def _period(data: Data) -> tuple[datetime, datetime] | None:
    known = data.frames.local_s[~np.isnan(data.frames.local_s)]
    return (wall_clock(float(known.min())), wall_clock(float(known.max()))) if len(known) else None
