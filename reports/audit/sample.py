"""Which stored faces people are asked about: drawn at random, spread over places and time, with the weight of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from pipeline.errors import NoInputError, SettingError
from pipeline.records import Box
from pipeline.store.schema import FaceRow, FrameRow

from ..numbers.clock import local_seconds
from ..numbers.queries import find_sources
from ..numbers.selection import wall_clock_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from ..numbers.columns import Ints, Reals, Video
    from ..numbers.queries import Source
    from ..numbers.selection import Selection


class Strata(StrEnum):
    """What gets an equal part of the sample each."""

    LOCATION = "location"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A face that was drawn.

    Attributes:
        video: where it was seen.
        video_id: the video's number in the database.
        frame: position in the stream, from 0.
        time_s: seconds from the video's first frame.
        box: pixels of the upright frame.
        stratum: position in `Drawn.strata`.
    """

    video: Video
    video_id: int
    frame: int
    time_s: float
    box: Box
    stratum: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample.

    Attributes:
        faces: in an order that tells nothing.
        strata: names of the parts that were drawn from one by one; one without a name for everything.
        stored: how many faces each part has.
    """

    faces: tuple[DrawnFace, ...]
    strata: tuple[str, ...]
    stored: tuple[int, ...]

    @property
    def key(self) -> str:
        """By which the sample is known: a hash of its faces, whatever their order."""
        keys = sorted(
            (face.video.sha256, face.frame, round(face.box.left, 2), round(face.box.top, 2)) for face in self.faces
        )
        return hashlib.sha256(repr(keys).encode()).hexdigest()

    def weights(self, kept: Sequence[int]) -> dict[int, float]:
        """How many stored faces each of those at some positions stands for, if the others cannot be shown."""
        shown = np.bincount([self.faces[at].stratum for at in kept], minlength=len(self.strata))
        return {at: self.stored[self.faces[at].stratum] / int(shown[self.faces[at].stratum]) for at in kept}


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """The faces of one video: frame, left, top, width, height (5, N), and seconds (N,)."""

    source: Source
    numbers: Reals
    time_s: Reals

    def __len__(self) -> int:
        return len(self.time_s)


def draw(engine: Engine, selection: Selection, wanted: int, by: Strata | None = None, seed: int = 0) -> Drawn:
    """Draw faces: each stored face of a stratum has the same chance, and they are spread over its videos and times.

    All rows count, whatever is recognised in them: what is wrongly left out can only be found among what is left out.

    Args:
        engine: the database.
        selection: which rows.
        wanted: how many faces; all where fewer are stored.
        by: draw as many from each location or camera.
        seed: of the draw; the same seed draws the same faces of the same rows.

    Raises:
        NoInputError: the selection has no faces.
        UsageError: it matches nothing.
    """
    if wanted < 1:
        raise SettingError("faces", "a number of 1 or more", wanted)
    parts = [_read(source, selection) for source in find_sources([engine], selection) if source.video.run]
    strata: dict[str, list[_Stored]] = {}
    for part in filter(len, parts):
        strata.setdefault(_stratum(part.source.video, by), []).append(part)
    if not strata:
        raise NoInputError("expected stored faces to draw from; the selection has none. Select more, or analyse more.")
    generator = np.random.default_rng(seed)
    sizes = [sum(map(len, members)) for members in strata.values()]
    drawn = [
        face
        for at, (members, count) in enumerate(zip(strata.values(), share_out(wanted, sizes), strict=True))
        for face in _draw(members, at, spread_out(sizes[at], count, generator))
    ]
    shuffled = tuple(drawn[at] for at in generator.permutation(len(drawn)))
    return Drawn(shuffled, tuple(strata), tuple(sizes))


def _stratum(video: Video, by: Strata | None) -> str:
    if by is None:
        return ""
    return video.location if by is Strata.LOCATION else f"{video.location}/{video.camera}"


def share_out(wanted: int, sizes: Sequence[int]) -> list[int]:
    """As many from each part, and what small ones cannot give from the others."""
    counts = [0] * len(sizes)
    for left in range(len(sizes), 0, -1):
        # The smallest first: what it cannot give is left to those behind it.
        at = sorted(range(len(sizes)), key=lambda one: (sizes[one], one))[len(sizes) - left]
        counts[at] = min(sizes[at], (wanted - sum(counts)) // left)
    return counts


def spread_out(stored: int, count: int, generator: np.random.Generator) -> Ints:
    """Positions of `count` of `stored` faces at even distances from a random start (systematic sampling).

    Each position has the same chance; neighbours, which show the same people, are not drawn together.
    """
    start = generator.random()
    return np.floor((start + np.arange(count)) * stored / max(count, 1)).astype(np.int64)


def _draw(members: Sequence[_Stored], stratum: int, positions: Ints) -> list[DrawnFace]:
    begins = np.cumsum([0, *map(len, members)])
    owners = np.searchsorted(begins, positions, side="right") - 1
    drawn = []
    for owner, position in zip(owners.tolist(), positions.tolist(), strict=True):
        member, at = members[owner], position - int(begins[owner])
        frame, x, y, width, height = member.numbers[:, at].tolist()
        drawn.append(
            DrawnFace(
                member.source.video, member.source.video_id, int(frame), float(member.time_s[at]),
                Box(x, y, x + width, y + height), stratum,
            )
        )  # fmt: skip
    return drawn


def _read(source: Source, selection: Selection) -> _Stored:
    """The stored faces of a video within the selection's time, in order."""
    columns = (FaceRow.frame_index, FaceRow.x, FaceRow.y, FaceRow.width, FaceRow.height, FrameRow.timestamp_s)
    frame = (FrameRow.video_id == FaceRow.video_id) & (FrameRow.run_id == FaceRow.run_id)
    statement = (
        select(*columns)
        .join(FrameRow, frame & (FrameRow.frame_index == FaceRow.frame_index))
        .where(FaceRow.video_id == source.video_id, FaceRow.run_id == source.run_id)
        .order_by(FaceRow.frame_index, FaceRow.face_index)
    )
    with source.engine.connect() as connection:
        rows = np.array([tuple(row) for row in connection.execute(statement)], np.float64).reshape(-1, len(columns))
    numbers, time_s = rows[:, :5].T, rows[:, 5]
    local = local_seconds(source.video, time_s)
    keep = np.ones(len(time_s), np.bool_)
    if selection.since:
        keep &= local >= wall_clock_s(selection.since)
    if selection.until:
        keep &= local < wall_clock_s(selection.until)
    return _Stored(source, numbers[:, keep], time_s[keep])
