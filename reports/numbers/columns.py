"""What a report is computed from: the rows of the database as columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import FACE_LABELS
from pipeline.records import EXPRESSIONS

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, TypeAlias

    from numpy.typing import NDArray

    from pipeline.models.card import ModelCard
    from pipeline.store.overlaps import Why

    Ints: TypeAlias = NDArray[np.int64]
    Reals: TypeAlias = NDArray[np.float64]
    Flags: TypeAlias = NDArray[np.bool_]

COUNTED = FACE_LABELS[:-1]
"""What is counted, in the order of every array of nine: `LABELS`, of which shares are given, then unclear faces.

What is no face at all, the last of `FACE_LABELS`, is dropped before anything is counted.
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Under which model and settings a video was analysed.

    Attributes:
        id: number within its database.
        card: the model's card; None if it cannot be read.
        settings: detector and sampling settings, as stored.
    """

    id: int
    fingerprint: str
    created_at: datetime
    code_version: str
    model: str
    card: ModelCard | None
    sampling: str
    settings: dict[str, Any]
    device: str


@dataclass(frozen=True, slots=True)
class Video:
    """One video of the selection.

    Attributes:
        name: the file's name; its folder stands before it where two videos share a name.
        started_at: time of the first frame, UTC, without a zone; None if unknown.
        timezone: IANA zone of the location.
        status: done, partial, failed or running.
        run: the run that is counted; None if no run of this video is complete, so that it only appears in lists.
        start_is_guess: `started_at` has a source that is wrong at times.
    """

    sha256: str
    path: str
    name: str
    location: str
    camera: str
    started_at: datetime | None
    start_source: str | None
    timezone: str
    timezone_source: str
    duration_s: float | None
    status: str
    reason: str | None
    run: Run | None
    start_is_guess: bool = False


@dataclass(frozen=True, slots=True)
class Double:
    """Minutes of one video that another one has too.

    Attributes:
        video, counted: positions in `Data.videos`: the one with fewer pixels, damage or less footage, and the better.
        seconds: how long both are.
        frames: sampled frames of `video` that are left out; 0 where both are counted.
        why: how it is known.
        is_sure: False where a start is a guess, or places differ, so that both are counted.
    """

    video: int
    counted: int
    seconds: float
    frames: int
    why: Why
    is_sure: bool


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Sampled frames, one entry each.

    Attributes:
        video: int64 (F,), position in `Data.videos`.
        index: int64 (F,), position in the stream.
        time_s: float64 (F,), seconds from the video's first frame.
        local_s: float64 (F,), local wall-clock time as seconds from 1970-01-01T00:00; NaN if the start is unknown.
        problem: bool (F,), not decoded, or decoded with damage.
    """

    video: Ints
    index: Ints
    time_s: Reals
    local_s: Reals
    problem: Flags

    def __len__(self) -> int:
        return len(self.video)


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces, one entry each.

    Attributes:
        frame: int64 (N,), position in `Frames`.
        label: int64 (N,), position in `labels.FACE_LABELS`: what the face counts as by the selection's thresholds.
        probabilities: float32 (N, 7), in the order of `EXPRESSIONS`.
        size_px: float32 (N,), shorter side of the box, pixels of the original frame.
        sharpness: float32 (N,), variance of the Laplacian of the 48-pixel crop.
        confidence: float32 (N,), probability of the most probable expression.
        readable: float32 (N,), probability that people could say an expression; NaN where the model does not say.
    """

    frame: Ints
    label: Ints
    probabilities: NDArray[np.float32]
    size_px: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    confidence: NDArray[np.float32]
    readable: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, keep: Flags) -> Faces:
        """The faces for which `keep` (N,) is true."""
        return Faces(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """Faces with answers, one entry each.

    Attributes:
        said: int64 (A,), position in `audited.SAID`, or `audited.SPLIT`.
        read: int64 (A,), position in `labels.FACE_LABELS`, or `audited.NOT_FOUND`.
        weight: float64 (A,), how many stored faces each stands for, its mean 1 over each audit.
        random: bool (A,), drawn at random.
        size_px: float64 (A,), shorter side of the box, pixels of the original frame.
        video: int64 (A,), position in `videos`.
        time_s: float64 (A,), seconds from the video's first frame.
        votes: what each person said of each face.
        videos: those of the selection.
    """

    said: Ints
    read: Ints
    weight: Reals
    random: Flags
    size_px: Reals
    video: Ints
    time_s: Reals
    votes: tuple[tuple[str, ...], ...]
    videos: tuple[Video, ...]

    def __len__(self) -> int:
        return len(self.said)

    @property
    def readable(self) -> Flags:
        """Faces in which people see one of the seven expressions: bool (A,)."""
        return np.asarray((self.said >= 0) & (self.said < len(EXPRESSIONS)))

    @property
    def given(self) -> Flags:
        """Faces that are given one of the seven expressions: bool (A,)."""
        return np.asarray((self.read >= 0) & (self.read < len(EXPRESSIONS)))


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Everything selected. Every frame belongs to a video, every face to a frame.

    Attributes:
        no_face: detections that are no face, of which nothing else is here.
        audited: faces that people looked at, of the whole selection; None where there are none.
        doubles: minutes that two of the videos have.
    """

    videos: tuple[Video, ...]
    frames: Frames
    faces: Faces
    no_face: int = 0
    audited: Audited | None = None
    doubles: tuple[Double, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that are counted, newest first."""
        runs = {video.run.fingerprint: video.run for video in self.videos if video.run}
        return tuple(sorted(runs.values(), key=lambda run: (run.created_at, run.id), reverse=True))

    def where_faces(self, keep: Flags) -> Data:
        """The same frames with the faces for which `keep` (N,) is true; a million are not copied to drop none."""
        return self if keep.all() else replace(self, faces=self.faces.where(keep))

    def without_no_face(self) -> Data:
        """Only what is a face; the others are counted."""
        is_face = self.faces.label < len(COUNTED)
        return replace(self.where_faces(is_face), no_face=self.no_face + int((~is_face).sum()))

    def without_guesses(self) -> Data:
        """The same with an unknown time for frames of videos whose start is a guess."""
        guessed = np.array([video.start_is_guess for video in self.videos], np.bool_)
        if not guessed.any():
            return self
        local_s = np.where(guessed[self.frames.video], np.nan, self.frames.local_s)
        return replace(self, frames=replace(self.frames, local_s=local_s))

    def where_frames(self, keep: Flags) -> Data:
        """The frames for which `keep` (F,) is true, with their faces."""
        position = np.cumsum(keep) - 1
        kept = self.faces.where(keep[self.faces.frame])
        frames = Frames(*(getattr(self.frames, name)[keep] for name in Frames.__slots__))
        return replace(self, frames=frames, faces=replace(kept, frame=position[kept.frame]))
