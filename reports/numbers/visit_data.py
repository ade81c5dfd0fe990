"""Visits as columns: what they are, one video as it is read, and how parts are put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import EXPRESSIONS
from pipeline.tracks.ends import Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Flags, Ints, Reals, Video
    from .queries import Source


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Visits, one entry each.

    Attributes:
        video: int64 (V,), position in `VisitData.videos`: that in which it begins.
        visit: int64 (V,), its number there.
        first_s, last_s: float64 (V,), seconds from that video's first frame; the last may be in a later file.
        in_view_s: float64 (V,), seconds.
        faces, readable: int64 (V,), sightings that are faces, and those of them that can be read.
        sums: float64 (V, 7), probabilities summed over readable sightings, in the order of `EXPRESSIONS`.
        cut_start, cut_end: bool (V,), whether the recording cuts it there.
    """

    video: Ints
    visit: Ints
    first_s: Reals
    last_s: Reals
    in_view_s: Reals
    faces: Ints
    readable: Ints
    sums: Reals
    cut_start: Flags
    cut_end: Flags

    def __len__(self) -> int:
        return len(self.video)

    def where(self, keep: Flags) -> Visits:
        """The visits for which `keep` (V,) is true."""
        return Visits(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """Tracklets of one video that belong to its visits, in the order in which they begin.

    Attributes:
        pieces: their ends, on a clock on which gaps of the recording are never bridged.
        visit: int64 (T,), the visit of each.
        step_s: seconds from one sampled frame to the next.
        first_s: float64 (T,), when each begins, seconds from the video's first frame.
        goes_on: bool (T,), whether its visit began in the file before and this is what it goes on with.
    """

    pieces: Pieces
    visit: Ints
    step_s: float
    first_s: Reals
    goes_on: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What faces of one video's visits count as: an entry for each visit and label.

    Attributes:
        visit: int64 (M,), its number in the video.
        label: int64 (M,), position in `columns.COUNTED`.
        frame_index: int64 (M,), the first frame with such a face.
    """

    visit: Ints
    label: Ints
    frame_index: Ints


@dataclass(frozen=True, slots=True, eq=False)
class VisitData:
    """All visits of a selection.

    Attributes:
        videos: those with visits, as the selection sorts them.
        tracked: tracklets of each.
        recorded_s: float64, seconds that each was recorded, gaps left out.
        visits: those that begin within the selection.
        joined: how many times a visit goes on in the next file.
        still: tracklets that are left out, as they keep still.
        moving: videos whose picture moves, so that their visits are uncertain.
        without: videos that are counted but have no visits, and why; None where nobody looked for them yet.
        gaps_s: the gaps that visits were linked over; several where analyses differ.
        labels: of each video, which labels each of its visits has.
        rows: of each video, by the number of a visit there, its position in `visits`; those left out are missing.
    """

    videos: tuple[Video, ...]
    tracked: tuple[Tracked, ...]
    recorded_s: Reals
    visits: Visits
    joined: int
    still: int
    moving: tuple[Video, ...]
    without: tuple[tuple[Video, str | None], ...]
    gaps_s: tuple[float, ...]
    labels: tuple[Shown, ...]
    rows: tuple[dict[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One video as it is read."""

    source: Source
    time_s: Reals
    visits: Visits
    tracked: Tracked
    labels: Shown
    still: int
    gap_s: float
    moves: bool


def concatenate(parts: Sequence[Visits]) -> Visits:
    """All visits of some parts, in their order."""
    ints, reals, flags = np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_)
    none = Visits(ints, ints, reals, reals, reals, ints, ints, np.zeros((0, len(EXPRESSIONS))), flags, flags)
    return Visits(*(np.concatenate([getattr(part, name) for part in (none, *parts)]) for name in Visits.__slots__))


def of_visits(tracked: Tracked, visits: Ints, going_on: Ints) -> Tracked:
    """The tracklets of some visits, of which some go on from the file before."""
    rows = np.flatnonzero(np.isin(tracked.visit, visits))
    pieces, numbers, first_s = tracked.pieces, tracked.visit[rows], tracked.first_s[rows]
    chosen = Pieces(pieces.first.at(rows), pieces.last.at(rows), pieces.seen[rows])
    goes_on = np.zeros(len(rows), np.bool_)
    for visit in going_on.tolist():
        mine = np.flatnonzero(numbers == visit)
        goes_on[mine[first_s[mine].argmin()]] = True
    return Tracked(chosen, numbers, tracked.step_s, first_s, goes_on)
