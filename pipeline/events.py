"""What a batch tells of itself while it goes on, for whoever watches; each input ends in an `Outcome`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from .records import VideoRecord
    from .store.leases import Holder

SKIPPED, DUPLICATE = "skipped", "duplicate"
"""Beside the store's statuses: left out because it is no video, or the same content as another input."""


@dataclass(frozen=True, slots=True)
class VideoStarted:
    """A video is being read; `expected_frames` is an estimate for the progress bar, `resumed_frames` are stored.

    `anew` says why it is, where it was complete and nobody asked for that. `duration_s` is None where its container
    does not say.
    """

    path: Path
    number: int
    of: int
    expected_frames: int
    resumed_frames: int
    anew: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class ChunkStored:
    """Some more sampled frames of a video are safe."""

    path: Path
    frames: int
    faces: int
    timestamp_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one input ended.

    Attributes:
        path: the input; one that was named and is not there has failed.
        status: done, partial, failed, skipped or duplicate.
        reason: why, unless it is done.
        location, camera: where it belongs, if that is known.
        frames, faces, problems: what is stored of it; `problems` are frames that are damaged or could not be decoded.
        judged: how many of the faces the model judged for whether they can be read.
        dominant: how many faces count as each of `FACE_LABELS`, by the settings' thresholds.
        reused: it was finished by an earlier run of the same command.
        streams: how many cameras the file holds.
        notes: what was noticed, a sentence each, though nothing is missing.
        duration_s: seconds of footage, as its container says; None where it does not, and for what is no video.
        known: it failed, or was partial, in an earlier run as well, for the same reason.
        moved: what is said otherwise of its place than before, such as `location 'A' → 'B' (from option)`.
    """

    path: Path
    status: str
    reason: str | None = None
    location: str = ""
    camera: str = ""
    frames: int = 0
    faces: int = 0
    problems: int = 0
    judged: int = 0
    dominant: dict[str, int] = field(default_factory=dict)
    reused: bool = False
    streams: int = 1
    notes: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    duration_s: float | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class VideoDeferred:
    """A video is looked at again when all others are done; its outcome comes then.

    Attributes:
        video: the video.
        reason: why.
        key: its analysis, video and run.
        holder: who works on it; None for one that is tried alone.
    """

    video: VideoRecord
    reason: str
    key: tuple[int, int]
    holder: Holder | None = None

    @property
    def path(self) -> Path:
        """What it is called by."""
        return self.video.name


Event: TypeAlias = VideoStarted | ChunkStored | VideoDeferred | Outcome
