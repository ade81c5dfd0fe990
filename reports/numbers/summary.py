"""Columns → counts, shares and intervals of each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR

from .columns import COUNTED
from .grouping import By, Grouping, group
from .intervals import MIN_BLOCKS, Blocks, choose_blocks, interval, resample, to_shares

if TYPE_CHECKING:
    from .columns import Data, Ints, Reals
    from .rollup import Rollup

MIN_FACES, MIN_FRAMES = 100, 30
"""A group with fewer (readable) is shown in grey and not ranked: its shares say little."""

SLOT_S = 10
"""Seconds of the smallest block that is resampled."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of the faces: how many, and their share with its 95 % interval (None if there is too little to give one)."""

    count: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """Counts of K categories with their shares.

    Attributes:
        counts: faces of each category.
        shares: counts divided by their sum, 0 to 1; zeros without faces.
        low, high: 95 % interval of each share; None if there is too little to give one.
    """

    counts: tuple[int, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None

    def portion(self, index: int) -> Portion:
        """One of the categories."""
        bounds = (bound[index] if bound else None for bound in (self.low, self.high))
        return Portion(self.counts[index], self.shares[index], *bounds)


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
        unit, blocks: what was resampled for the intervals, and how many of it; unit is None without intervals.
        enough: whether there are enough frames and readable faces to rank the group.
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
    unit: str | None
    blocks: int
    enough: bool

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
        counts: float64 (S, K), its faces by `COUNTED`, or sums of their probabilities.
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


def sum_pieces(data: Data, grouping: Grouping | None, values: Reals) -> Pieces:
    """Sum values of faces (N, K) by group, video and ten seconds."""
    keys, piece = _piece_of_face(data, grouping)
    sums = [np.bincount(piece, weights=column, minlength=len(keys)) for column in values.T]
    return _pieces(data, keys, np.stack(sums, axis=1))


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


def summarise(data: Data, rollup: Rollup, by: By) -> Section:
    """All groups of one kind."""
    grouping = group(data, by)
    pieces = cut_pieces(data, grouping)
    tallies = _tally(data, grouping.of_frame, len(grouping.names))
    groups = [
        describe(name, place, tallies[number], pieces.blocks(number), rollup)
        for number, (name, place) in enumerate(zip(grouping.names, grouping.places, strict=True))
    ]
    return Section(by, tuple(groups))


def summarise_all(data: Data, rollup: Rollup, name: str = "") -> Group:
    """Everything as one group."""
    tally = _tally(data, np.zeros(len(data.frames), np.int64), 1)[0]
    return describe(name, ("", ""), tally, cut_pieces(data).blocks(), rollup)


def describe(name: str, place: tuple[str, str], tally: Ints, blocks: Blocks, rollup: Rollup) -> Group:
    """One group from its `_tally` and its blocks of faces."""
    counts = blocks.counts.sum(axis=0)
    totals = resample(blocks.counts) if blocks.unit else None
    readable, drawn = readable_of(counts), readable_of(totals) if totals is not None and has_spread(blocks) else None
    mapping = rollup.matrix()
    frames = int(tally[0])
    return Group(
        name=name,
        location=place[0],
        camera=place[1],
        frames=frames,
        frames_with_faces=int(tally[1]),
        problem_frames=int(tally[2]),
        faces=int(counts.sum()),
        readable=int(readable.sum()),
        unclear=_unclear(counts, totals),
        not_judged=int(tally[3]),
        expressions=distribute(readable, drawn),
        rollup=distribute(readable @ mapping, None if drawn is None else drawn @ mapping),
        unit=blocks.unit,
        blocks=len(blocks.counts),
        enough=bool(readable.sum() >= MIN_FACES and frames >= MIN_FRAMES and drawn is not None),
    )


def readable_of(counts: Reals) -> Reals:
    """The readable faces among counts by `COUNTED`: (..., 9) → (..., 8), in the order of `LABELS`."""
    return counts[..., : len(LABELS)]


def unclear_of(counts: Reals) -> Reals:
    """Readable and unclear faces among counts by `COUNTED`: (..., 9) → (..., 2)."""
    return np.stack([readable_of(counts).sum(axis=-1), counts[..., COUNTED.index(UNCLEAR)]], axis=-1)


def has_spread(blocks: Blocks) -> bool:
    """Whether enough blocks hold a readable face to give intervals of shares among readable faces."""
    return blocks.unit is not None and int(readable_of(blocks.counts).any(axis=1).sum()) >= MIN_BLOCKS


def _unclear(counts: Reals, totals: Reals | None) -> Portion:
    return distribute(unclear_of(counts), None if totals is None else unclear_of(totals)).portion(1)


def distribute(counts: Reals, totals: Reals | None) -> Distribution:
    """Counts (K,) with shares, and with intervals if there are resampled totals (R, K)."""
    low = high = None
    if totals is not None:
        low, high = (tuple(float(value) for value in bound) for bound in interval(counts, totals))
    shares = to_shares(counts)
    return Distribution(tuple(int(count) for count in counts), tuple(float(share) for share in shares), low, high)


def _tally(data: Data, of_frame: Ints, groups: int) -> Ints:
    """Of each group sampled frames, those with faces, those with problems, and faces not judged: int64 (groups, 4)."""
    with_faces = np.zeros(len(of_frame), np.bool_)
    with_faces[data.faces.frame] = True
    masks = (np.ones(len(of_frame), np.bool_), with_faces, data.frames.problem)
    not_judged = data.faces.frame[np.isnan(data.faces.readable)]
    owners = (*(of_frame[mask] for mask in masks), of_frame[not_judged])
    return np.stack([np.bincount(owner, minlength=groups) for owner in owners], axis=1).astype(np.int64)
