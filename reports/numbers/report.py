"""One report as data: every number that any output shows, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS

from .accuracy import measure_accuracy
from .clock import local_seconds, wall_clock
from .correction import find_readers
from .differences import compare, find_balance, find_departures
from .grouping import By
from .over_time import make_timelines, make_weeks
from .quality import measure_quality
from .rollup import Rollup
from .selection import Selection
from .sides import Side, pick
from .summary import Group, Section, summarise, summarise_all

if TYPE_CHECKING:
    from datetime import datetime

    from .accuracy import Accuracy
    from .columns import Data, Double, Run, Video
    from .correction import Reading
    from .differences import Balance, Comparison, Departure
    from .misreading import Readers
    from .over_time import VideoTimeline, Week
    from .quality import Quality


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
    """

    selection: Selection = field(default_factory=Selection)
    by: By = By.LOCATION
    rollup: Rollup = field(default_factory=Rollup)
    title: str | None = None
    sides: tuple[Side, Side] | None = None
    guessed_starts: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All numbers of a report.

    Attributes:
        starts: local time of each video's first frame; None if unknown.
        period: local time of the first and last sampled frame; None if no start time is known.
        sections: the main groups, then the videos. A video's group stands at the video's position in `videos`.
        balance: positive against negative expressions.
        departures: main groups that differ from all others by more than chance explains.
        reading: where the part of the intervals that is misreading comes from.
        no_face: detections that are no face, dropped before anything is counted.
        left_out: faces that the quality gates leave out of everything.
        quality: None without faces.
        comparison: None unless asked for.
        audit: how right the readings are by people's answers to faces of the selection; None where there are none.
        doubles: minutes that two of the videos have, of which one is counted.
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
    reading: Reading
    no_face: int
    left_out: int
    quality: Quality | None
    comparison: Comparison | None
    audit: Accuracy | None = None
    doubles: tuple[Double, ...] = ()

    @property
    def guesses(self) -> int:
        """How many counted videos have a start that is a guess."""
        return sum(video.start_is_guess for video in self.videos if video.run)

    @property
    def by_video(self) -> Section:
        """The section of the videos."""
        return next(section for section in self.sections if section.by is By.VIDEO)


def make_report(data: Data, request: Request) -> Report:
    """Compute everything that outputs show; quality gates are applied here."""
    rollup, by = request.rollup, request.by
    kept = data.where_faces(request.selection.gates.passing(data.faces))
    readable = kept.faces.where(kept.faces.label < len(LABELS))
    readers, reading = find_readers(kept)
    timed = kept if request.guessed_starts else kept.without_guesses()
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
        timelines=make_timelines(kept),
        weeks=make_weeks(timed, rollup),
        reading=reading,
        no_face=data.no_face,
        left_out=len(data.faces) - len(kept.faces),
        quality=measure_quality(readable, rollup),
        comparison=_comparison(kept, request, readers),
        audit=measure_accuracy(data.audited) if data.audited else None,
        doubles=data.doubles,
    )


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
