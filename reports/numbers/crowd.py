"""How many people are behind the figures, at least, in the smallest pieces that groups of a report tell apart.

Where visits are known these are the fewest people who can have walked them, each where their way begins. Where they are
not, as with key frames, nobody can be told apart but those who are seen at once: then it is the most faces in one frame
of each hour of each video. Who stays for hours counts in each of them, as a visit on another day does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from .clock import local_seconds
from .columns import COUNTED
from .selection import within_time
from .visits import GAPS_S, begin_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Data, Flags, Ints, Reals, Video
    from .sides import Side
    from .visit_data import VisitData


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """A pieces: of each video an hour, cut where a comparison cuts it.

    Attributes:
        of_frame: int64 (F,), the piece of each frame.
        of_visit: int64 (V,), the piece in which each visit begins.
        people: int64 (A,), the fewest people who come in each.
        walked: int64 (A,), those of them who are known from visits.
        most: int64 (A,), tracklets that begin in each.
        seconds: float64 (A,), how long each was recorded.
        faces: int64 (A, 9), its faces by `COUNTED`.
        showing: int64 (A, 9), the fewest people who have such faces; who has several kinds counts for each.
        keys: int64 (A,), what `piece_keys` gives for each.
        begins: of each video with visits, by its position, when somebody comes: seconds from its first frame.
    """

    of_frame: Ints
    of_visit: Ints
    people: Ints
    walked: Ints
    most: Ints
    seconds: Reals
    faces: Ints
    showing: Ints
    keys: Ints
    begins: dict[int, Reals]

    def __len__(self) -> int:
        return len(self.people)

    @property
    def video(self) -> Ints:
        """The position of the video of each piece: (A,)."""
        return self.keys >> 40

    @property
    def present(self) -> Flags:
        """Whether a face was seen in each piece: bool (A,)."""
        return np.asarray(self.faces.any(axis=1))

    def members(self, of_frame: Ints, groups: int) -> csr_array:
        """Of which pieces groups consist: float64 csr (groups, A), by the group of each frame; none if negative."""
        known = of_frame >= 0
        pairs = np.unique(of_frame[known] * len(self) + self.of_frame[known])
        return csr_array((np.ones(len(pairs)), (pairs // len(self), pairs % len(self))), shape=(groups, len(self)))


def count_crowd(data: Data, visits: VisitData | None, sides: Sequence[Side] = ()) -> Crowd:
    """Cut the frames into pieces and count people in them.

    Args:
        data: faces that are counted.
        visits: of the same selection; None where they were not read.
        sides: of a comparison, if there is one.
    """
    frames = data.frames
    position = {video.sha256: at for at, video in enumerate(data.videos)}
    linked = [position[video.sha256] for video in visits.videos] if visits else []
    keys = [piece_keys(data.videos, frames.video, frames.time_s, sides)]
    begins = _begins(visits) if visits else []
    for at, (first_s, _) in zip(linked, begins, strict=True):
        keys.append(piece_keys(data.videos, np.full(len(first_s), at, np.int64), first_s, sides))
    starts = np.array(linked, np.int64)[visits.visits.video] if visits else np.zeros(0, np.int64)
    keys.append(piece_keys(data.videos, starts, visits.visits.first_s if visits else np.zeros(0), sides))
    distinct, pieces = np.unique(np.concatenate(keys), return_inverse=True)
    count = len(distinct)
    of_frame, *of_tracklets, of_visit = np.split(pieces, np.cumsum([len(one) for one in keys])[:-1])
    walked, most = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for of_tracklet, (_, begin) in zip(of_tracklets, begins, strict=True):
        most += np.bincount(of_tracklet, minlength=count)
        walked += np.bincount(of_tracklet[begin], minlength=count)
    others = np.setdiff1d(np.arange(len(data.videos)), linked)
    at_once, showing = _at_once(data, of_frame, others, count)
    label = of_frame[data.faces.frame] * len(COUNTED) + data.faces.label
    faces = np.bincount(label, minlength=count * len(COUNTED)).reshape(count, len(COUNTED))
    seconds = np.bincount(of_frame, weights=_lasting_s(data), minlength=count).astype(np.float64)
    arrivals = {at: first_s[begin] for at, (first_s, begin) in zip(linked, begins, strict=True)}
    for number, at in enumerate(linked):
        if visits:
            showing += _showing(data, visits, number, begins[number][1], (at, of_frame, count))
    return Crowd(of_frame, of_visit, walked + at_once, walked, most, seconds, faces, showing, distinct, arrivals)


def piece_keys(videos: Sequence[Video], video: Ints, time_s: Reals, sides: Sequence[Side]) -> Ints:
    """A number for each hour of each video, by the clock where that is known, and for each part of a comparison.

    Args:
        videos: of the report.
        video: int64 (N,), position in them.
        time_s: float64 (N,), seconds from its first frame.
        sides: of the comparison.
    """
    local_s = np.full(len(time_s), np.nan)
    for at in np.unique(video).tolist():
        local_s[video == at] = local_seconds(videos[at], time_s[video == at])
    hour = np.where(np.isnan(local_s), time_s, local_s) // 3600
    part = np.zeros(len(time_s), np.int64)
    for number, side in enumerate(sides):
        part += _is_on(videos, side, video, local_s).astype(np.int64) << number
    return (video << 40) + (hour.astype(np.int64) << 8) + part


def _is_on(videos: Sequence[Video], side: Side, video: Ints, local_s: Reals) -> Flags:
    if side.locations is not None:
        there = np.array([one.location in side.locations for one in videos], np.bool_)
        return np.asarray(there[video])
    return within_time(local_s, side.since, side.until)


def _begins(visits: VisitData) -> list[tuple[Reals, Flags]]:
    """Of each linked video, when its tracklets begin, and with which of them somebody's way does."""
    return [(one.first_s, begin_paths(one, GAPS_S[-1]) & ~one.goes_on) for one in visits.tracked]


def _showing(data: Data, visits: VisitData, number: int, begin: Flags, pieces: tuple[int, Ints, int]) -> Ints:
    """How many people of a video with visits have faces of each kind, where the first of them is: (count, 9).

    Of all visits that one person may have made one counts, that with which the way begins.
    """
    at, of_frame, count = pieces
    found, mine = visits.labels[number], np.flatnonzero(data.frames.video == at)
    first = np.isin(found.visit, visits.tracked[number].visit[begin])
    index = data.frames.index[mine]
    where = np.minimum(np.searchsorted(index, found.frame_index), max(len(index) - 1, 0))
    kept = np.flatnonzero(first & (index[where] == found.frame_index)) if len(index) else np.zeros(0, np.int64)
    cells = of_frame[mine[where[kept]]] * len(COUNTED) + found.label[kept]
    return np.bincount(cells, minlength=count * len(COUNTED)).reshape(count, len(COUNTED))


@dataclass(frozen=True, slots=True, eq=False)
class AtOnce:
    """Counts people by who is seen at once: the most faces in one frame of each hour of each video.

    Attributes:
        frames: int64 (N,), positions of the frames in which faces count.
        hours: int64 (N,), the hour of each.
        total: how many frames there are in all.
    """

    frames: Ints
    hours: Ints
    total: int

    @classmethod
    def of(cls, data: Data, videos: Ints) -> AtOnce:
        """In the frames of these videos."""
        frames = np.flatnonzero(np.isin(data.frames.video, videos))
        hours = piece_keys(data.videos, data.frames.video[frames], data.frames.time_s[frames], ())
        return cls(frames, hours, len(data.frames))

    def fullest(self, frame: Ints) -> tuple[Ints, Ints]:
        """Of the frames (M,) in which faces are, that with the most in each hour, and how many these are."""
        seen = np.bincount(frame, minlength=self.total)[self.frames]
        some = np.flatnonzero(seen)
        order = some[np.lexsort((-seen[some], self.hours[some]))]
        first = np.unique(self.hours[order], return_index=True)[1]
        return self.frames[order[first]], seen[order[first]]

    def people(self, frame: Ints) -> int:
        """All of them together."""
        return int(self.fullest(frame)[1].sum())


def _at_once(data: Data, of_frame: Ints, videos: Ints, count: int) -> tuple[Ints, Ints]:
    """People of videos without visits, where the fullest frame is: (count,), and by what faces show (count, 9)."""
    people, showing = np.zeros(count, np.int64), np.zeros((count, len(COUNTED)), np.int64)
    if len(videos):
        counter = AtOnce.of(data, videos)
        frames, seen = counter.fullest(data.faces.frame)
        np.add.at(people, of_frame[frames], seen)
        for label in range(len(COUNTED)):
            frames, seen = counter.fullest(data.faces.frame[data.faces.label == label])
            np.add.at(showing[:, label], of_frame[frames], seen)
    return people, showing


def _lasting_s(data: Data) -> Reals:
    """Seconds that each frame stands for: to the next one of its video, or the usual step at its end."""
    from pipeline.tracks.boxes import usual_step_s
    from pipeline.tracks.gates import BREAK_S

    frames, lasting_s = data.frames, np.zeros(len(data.frames))
    for at in np.unique(frames.video).tolist():
        mine = np.flatnonzero(frames.video == at)
        step_s = usual_step_s(frames.time_s[mine])
        steps = np.append(np.diff(frames.time_s[mine]), step_s)
        lasting_s[mine] = np.where((steps > 0) & (steps <= max(BREAK_S, step_s)), steps, 0.0)
    return lasting_s
