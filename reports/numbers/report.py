"""One report as data: every number that any output shows, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS

from .clock import local_seconds, wall_clock
from .differences import compare, find_balance, find_departures
from .grouping import By
from .over_time import make_timelines, make_weeks
from .quality import measure_quality
from .quantify import correct
from .rollup import Rollup
from .selection import Selection
from .sides import Side, pick
from .summary import Group, Section, summarise, summarise_all

if TYPE_CHECKING:
    from datetime import datetime

    from .columns import Data, Run, Video
    from .differences import Balance, Comparison, Departure
    from .over_time import VideoTimeline, Week
    from .quality import Quality
    from .quantify import Correction


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        selection: which rows.
        by: what the main groups are; videos always have a section of their own.
        rollup: which expression counts as what.
        title: the reader's own title; None for the standard one.
        sides: two selections within the selection to set side by side.
    """

    selection: Selection = field(default_factory=Selection)
    by: By = By.LOCATION
    rollup: Rollup = field(default_factory=Rollup)
    title: str | None = None
    sides: tuple[Side, Side] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All numbers of a report.

    Attributes:
        starts: local time of each video's first frame; None if unknown.
        period: local time of the first and last sampled frame; None if no start time is known.
        sections: the main groups, then the videos. A video's group stands at the video's position in `videos`.
        balance: positive against negative expressions.
        departures: main groups that differ from all others by more than chance explains.
        no_face: detections that are no face, dropped before anything is counted.
        left_out: faces that the quality gates leave out of everything.
        quality: None without faces.
        comparison: None unless asked for.
    """

    request: Request
    videos: tuple[Video, ...]
    runs: tuple[Run, ...]
    starts: tuple[datetime | None, ...]
    period: tuple[datetime, datetime] | None
    overall: Group
    sections: tuple[Section, ...]
    balance: Balance
    departures: tuple[Departure, ...]
    timelines: tuple[VideoTimeline, ...]
    weeks: tuple[Week, ...]
    correction: Correction
    no_face: int
    left_out: int
    quality: Quality | None
    comparison: Comparison | None

    @property
    def by_video(self) -> Section:
        """The section of the videos."""
        return next(section for section in self.sections if section.by is By.VIDEO)


def make_report(data: Data, request: Request) -> Report:
    """Compute everything that outputs show; quality gates are applied here."""
    rollup, by = request.rollup, request.by
    kept = data.where_faces(request.selection.gates.passing(data.faces))
    readable = kept.where_faces(kept.faces.label < len(LABELS))
    return Report(
        request=request,
        videos=data.videos,
        runs=data.runs,
        starts=tuple(_start(video) for video in data.videos),
        period=_period(data),
        overall=summarise_all(kept, rollup),
        sections=tuple(summarise(kept, rollup, one) for one in dict.fromkeys((by, By.VIDEO))),
        balance=find_balance(kept, rollup),
        departures=find_departures(kept, rollup, by),
        timelines=make_timelines(kept),
        weeks=make_weeks(kept, rollup),
        correction=correct(readable, rollup, by),
        no_face=data.no_face,
        left_out=len(data.faces) - len(kept.faces),
        quality=measure_quality(readable.faces, rollup),
        comparison=_comparison(kept, request),
    )


def _comparison(data: Data, request: Request) -> Comparison | None:
    if request.sides is None:
        return None
    first, second = request.sides
    return compare(pick(data, first), pick(data, second), (first.name, second.name), request.rollup)


def _start(video: Video) -> datetime | None:
    local = float(local_seconds(video, np.zeros(1))[0])
    return None if np.isnan(local) else wall_clock(local)


def _period(data: Data) -> tuple[datetime, datetime] | None:
    known = data.frames.local_s[~np.isnan(data.frames.local_s)]
    return (wall_clock(float(known.min())), wall_clock(float(known.max()))) if len(known) else None
