"""One report as data: every number that any output shows, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .clock import local_seconds, wall_clock
from .grouping import By
from .rollup import Rollup
from .selection import Selection
from .summary import Group, Section, summarise, summarise_all

if TYPE_CHECKING:
    from datetime import datetime

    from .columns import Data, Run, Video


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        selection: which rows.
        by: what the main groups are; videos always have a section of their own.
        rollup: which expression counts as what.
        title: the reader's own title; None for the standard one.
    """

    selection: Selection = field(default_factory=Selection)
    by: By = By.LOCATION
    rollup: Rollup = field(default_factory=Rollup)
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All numbers of a report.

    Attributes:
        starts: local time of each video's first frame; None if unknown.
        period: local time of the first and last sampled frame; None if no start time is known.
        sections: the main groups, then the videos. A video's group stands at the video's position in `videos`.
    """

    request: Request
    videos: tuple[Video, ...]
    runs: tuple[Run, ...]
    starts: tuple[datetime | None, ...]
    period: tuple[datetime, datetime] | None
    overall: Group
    sections: tuple[Section, ...]


def make_report(data: Data, request: Request) -> Report:
    """Compute everything that outputs show; quality gates are applied here."""
    gates = request.selection.gates
    gated = data.where_faces(gates.passing(data.faces)) if gates else data
    kinds = dict.fromkeys((request.by, By.VIDEO))
    return Report(
        request=request,
        videos=data.videos,
        runs=data.runs,
        starts=tuple(_start(video) for video in data.videos),
        period=_period(data),
        overall=summarise_all(gated, request.rollup),
        sections=tuple(summarise(gated, request.rollup, by) for by in kinds),
    )


def _start(video: Video) -> datetime | None:
    local = float(local_seconds(video, np.zeros(1))[0])
    return None if np.isnan(local) else wall_clock(local)


def _period(data: Data) -> tuple[datetime, datetime] | None:
    known = data.frames.local_s[~np.isnan(data.frames.local_s)]
    return (wall_clock(float(known.min())), wall_clock(float(known.max()))) if len(known) else None
