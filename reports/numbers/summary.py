"""Columns → counts, shares and intervals of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR

from .columns import COUNTED
from .estimates import estimate, readable_of
from .grouping import By, Grouping, group
from .intervals import Blocks, choose_blocks, interval, resample, to_shares
from .shown import ALL

if TYPE_CHECKING:
    from .columns import Data, Ints, Reals
    from .estimates import Estimate, Lead
    from .misreading import Readers
    from .rollup import Rollup
    from .shown import Mask

MIN_FACES, MIN_FRAMES = 100, 30
"""A group with fewer (readable) is shown in grey and not ranked: its shares say little."""

SLOT_S = 10
"""Seconds of the smallest block that is resampled."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of the faces: how many, and their share with its 95 % interval (None if there is too little to give one).

    Attributes:
        shown: False where that would tell of a few people; all numbers are zero then.
    """

    count: int
    share: float
    low: float | None
    high: float | None
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Distribution:
    """Counts of K categories with their shares.

    Attributes:
        counts: faces of each category.
        shares: counts divided by their sum, 0 to 1, or corrected by what people said; zeros without faces.
        low, high: 95 % interval of each share, which holds sampling and misreading as far as they are known; None where
            neither is.
        sampling: 95 % interval of each share as recognised, sampling alone, low and high; None if there is too little.
        shown: whether each category is shown; numbers of the others are zero. Empty where all are.
    """

    counts: tuple[int, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    sampling: tuple[tuple[float, ...], tuple[float, ...]] | None
    shown: tuple[bool, ...] = ()

    def portion(self, index: int) -> Portion:
        """One of the categories."""
        bounds = [bound[index] if bound else None for bound in (self.low, self.high)]
        return Portion(self.counts[index], self.shares[index], bounds[0], bounds[1], self.shows(index))

    def shows(self, index: int) -> bool:
        """Whether one of the categories is shown."""
        return not self.shown or self.shown[index]


@dataclass(frozen=True, slots=True)
class Group:
    """One location, camera, video, hour or day, or everything.

    Attributes:
        location, camera: where; empty if the group spans several.
        frames, frames_with_faces, problem_frames: sampled frames; those with faces; those with a decoding problem.
        faces: readable and unclear ones; what is no face is not among them.
        readable: those from which people could say an expression; all shares by label and kind are among these.
        unclear: the others.
        not_judged: faces that count as readable because their model does not say which are.
        expressions: readable faces by label, in the order of `LABELS`.
        rollup: readable faces by kind, in the order of `KINDS`.
        lead: which expression comes first.
        corrected: whether shares of readable faces are corrected by what people said of all these cameras.
        misreading: whether their intervals hold misreading.
        unit, blocks: what was resampled for the intervals, and how many of it; unit is None where there is too little.
        enough: whether there are enough frames and readable faces to rank the group.
        mask: what of it is shown. Of what is not, every number is zero; sampled frames are nobody's, and always are.
    """

    name: str
    location: str
    camera: str
    frames: int
    frames_with_faces: int
    problem_frames: int
    faces: int
    readable: int
    unclear: Portion
    not_judged: int
    expressions: Distribution
    rollup: Distribution
    lead: Lead
    corrected: bool
    misreading: bool
    unit: str | None
    blocks: int
    enough: bool
    mask: Mask = ALL

    @property
    def hidden(self) -> bool:
        """Whether too few people are in it to show anything of them."""
        return self.mask.hidden

    @property
    def judged(self) -> bool:
        """Whether it is known of any face whether it is unclear; of none there is nothing to know."""
        return not self.faces or self.not_judged < self.faces


@dataclass(frozen=True, slots=True)
class Section:
    """The groups of one kind."""

    by: By
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Counts of ten-second pieces: the common ground of all groups.

    Attributes:
        group, video, slot: int64 (S,), whose piece it is and where in the video it lies.
        counts: float64 (S, K), its faces by `COUNTED`.
    """

    group: Ints
    video: Ints
    slot: Ints
    counts: Reals

    def blocks(self, group: int | None = None, *, others: bool = False) -> Blocks:
        """The blocks of one group, of all the `others`, or of everything."""
        mine = slice(None) if group is None else self.group != group if others else self.group == group
        return choose_blocks(self.video[mine], self.slot[mine], self.counts[mine])


def cut_pieces(data: Data, grouping: Grouping | None = None) -> Pieces:
    """Count faces by group, video, ten seconds and what they count as."""
    keys, piece = _piece_of_face(data, grouping)
    counts = np.bincount(piece * len(COUNTED) + data.faces.label, minlength=len(keys) * len(COUNTED))
    return _pieces(data, keys, counts.reshape(-1, len(COUNTED)).astype(np.float64))


def _piece_of_face(data: Data, grouping: Grouping | None) -> tuple[Ints, Ints]:
    """A key for each piece that holds a face, and the position of each face's piece among them."""
    slots = (data.frames.time_s // SLOT_S).astype(np.int64)
    groups = grouping.of_frame if grouping else np.zeros(len(data.frames), np.int64)
    of_frame = (groups * max(len(data.videos), 1) + data.frames.video) * (1 << 32) + slots
    keys, piece = np.unique(of_frame[data.faces.frame], return_inverse=True)
    return keys, piece


def _pieces(data: Data, keys: Ints, counts: Reals) -> Pieces:
    owner, videos = keys >> 32, max(len(data.videos), 1)
    return Pieces(group=owner // videos, video=owner % videos, slot=keys & 0xFFFFFFFF, counts=counts)


def summarise(data: Data, rollup: Rollup, by: By, readers: Readers) -> Section:
    """All groups of one kind."""
    grouping = group(data, by)
    pieces = cut_pieces(data, grouping)
    tallies = _tally(data, grouping.of_frame, len(grouping.names))
    groups = [
        describe(name, place, tallies[number], pieces.blocks(number), rollup=rollup, readers=readers)
        for number, (name, place) in enumerate(zip(grouping.names, grouping.places, strict=True))
    ]
    return Section(by, tuple(groups))


def summarise_all(data: Data, rollup: Rollup, readers: Readers, name: str = "") -> Group:
    """Everything as one group."""
    tally = _tally(data, np.zeros(len(data.frames), np.int64), 1)[0]
    return describe(name, ("", ""), tally, cut_pieces(data).blocks(), rollup=rollup, readers=readers)


def describe(
    name: str, place: tuple[str, str], tally: Ints, blocks: Blocks, *, rollup: Rollup, readers: Readers
) -> Group:
    """One group from its `_tally` and its blocks of faces."""
    counts, found = blocks.counts.sum(axis=0), estimate(blocks, readers)
    readable, frames = int(found.counts.sum()), int(tally[0])
    return Group(
        name=name,
        location=place[0],
        camera=place[1],
        frames=frames,
        frames_with_faces=int(tally[1]),
        problem_frames=int(tally[2]),
        faces=int(counts.sum()),
        readable=readable,
        unclear=_unclear(counts, resample(blocks.counts) if blocks.unit else None),
        not_judged=int(tally[3]),
        expressions=distribute(found, np.eye(len(LABELS))),
        rollup=distribute(found, rollup.matrix().astype(np.float64)),
        lead=found.lead(),
        corrected=found.corrected,
        misreading=found.said is not None,
        unit=blocks.unit,
        blocks=len(blocks.counts),
        enough=readable >= MIN_FACES and frames >= MIN_FRAMES and found.totals is not None,
    )


def unclear_of(counts: Reals) -> Reals:
    """Readable and unclear faces among counts by `COUNTED`: (..., 9) → (..., 2)."""
    return np.stack([readable_of(counts).sum(axis=-1), counts[..., COUNTED.index(UNCLEAR)]], axis=-1)


def _unclear(counts: Reals, totals: Reals | None) -> Portion:
    pair = unclear_of(counts)
    bounds = None if totals is None else np.stack(interval(pair, unclear_of(totals)))
    low, high = (None, None) if bounds is None else (float(bound[1]) for bound in bounds)
    return Portion(int(pair[1]), float(to_shares(pair)[1]), low, high)


def distribute(found: Estimate, mapping: Reals) -> Distribution:
    """Counts and shares of labels that a mapping (8, K) sums up, with their intervals."""
    counts = tuple(int(count) for count in found.counts @ mapping)
    sampling = found.sampling(mapping)
    low, high = _pair(found.with_misreading(mapping, sampling)) or (None, None)
    return Distribution(counts, _floats(found.shares @ mapping), low, high, _pair(sampling))


def _pair(bounds: Reals | None) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    return None if bounds is None else (_floats(bounds[0]), _floats(bounds[1]))


def _floats(values: Reals) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _tally(data: Data, of_frame: Ints, groups: int) -> Ints:
    """Of each group sampled frames, those with faces, those with problems, and faces not judged: int64 (groups, 4)."""
    with_faces = np.zeros(len(of_frame), np.bool_)
    with_faces[data.faces.frame] = True
    masks = (np.ones(len(of_frame), np.bool_), with_faces, data.frames.problem)
    not_judged = data.faces.frame[np.isnan(data.faces.readable)]
    owners = (*(of_frame[mask] for mask in masks), of_frame[not_judged])
    return np.stack([np.bincount(owner, minlength=groups) for owner in owners], axis=1).astype(np.int64)
