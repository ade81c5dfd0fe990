"""The nouns that travel between the stages, all frozen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Image: TypeAlias = NDArray[np.uint8]
    Floats: TypeAlias = NDArray[np.float32]

EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven expressions. Their order is the contract of weights, columns and charts (FER-2013's label numbers)."""

UNDECIDED, UNCLEAR, NO_FACE = "undecided", "unclear", "no face"
"""What a face counts as where it has no expression: readable, but no expression clearly wins; a face that nobody could
read; not a face at all."""

MIN_CONFIDENCE, MIN_READABLE, MIN_IS_FACE = 0.4, 0.5, 0.5
"""The thresholds of these three, unless the reader chooses others. They are never stored: see `labels`."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a container says about itself.

    Attributes:
        path: the file.
        width, height: pixels as shown, after rotation.
        fps: average frame rate, frames a second; 0 for a still image.
        duration_s: seconds from the first frame to the end of the last one, whatever sound or text there is behind it;
            None if the container does not say.
        codec: FFmpeg's name of the video codec.
        rotation: degrees to turn the decoded picture counter-clockwise: 0, 90, 180 or 270.
        created_at: the container's creation time, if it carries one.
        is_still: a picture, treated as a video of one frame.
        time_base: seconds that one step of its timestamps lasts; None if the container counts none.
        pixel_aspect: width of a pixel as shown over its height, after rotation.
        coded_width, coded_height: pixels as the file stores them, before rotation and squaring; 0 where not known.
        stream: number of its stream among the file's real cameras, from 1.
        streams: how many real cameras the file holds.
        tagged_at: start by the recorder's or phone's own tag; without a zone where the tag is local time.
        tagged_by: the tag's name.
        notes: what whoever decides by the rows should know, though nothing is damaged; a sentence each.
        is_annotated: a copy that fer-video made, with boxes and blurred heads.
        uses_rate: times of frames come from a rate, so that telling another one changes them.
    """

    path: Path
    width: int
    height: int
    fps: float
    duration_s: float | None
    codec: str
    rotation: int = 0
    created_at: datetime | None = None
    is_still: bool = False
    time_base: Fraction | None = None
    pixel_aspect: Fraction = Fraction(1)
    coded_width: int = 0
    coded_height: int = 0
    stream: int = 1
    streams: int = 1
    tagged_at: datetime | None = None
    tagged_by: str | None = None
    notes: tuple[str, ...] = ()
    is_annotated: bool = False
    uses_rate: bool = False


@dataclass(frozen=True, slots=True)
class Hints:
    """What somebody said of a file that the file does not say itself; None where nothing was said.

    Attributes:
        aspect: width of the whole picture as shown over its height, before rotation.
        rate: frames a second, of a stream without timestamps.
        stream: which of the file's cameras, from 1; None for the main one.
    """

    aspect: Fraction | None = None
    rate: float | None = None
    stream: int | None = None


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Frame:
    """One sampled frame.

    Attributes:
        index: position in the stream, counted from 0 in order of presentation.
        timestamp_s: the container's timestamp (PTS) in seconds, counted from the first frame.
        image: uint8 (H, W, 3), RGB, rotated upright; None where the frame could not be decoded.
        problem: why it could not be decoded, or that it was decoded with damage; None for a sound frame.
    """

    index: int
    timestamp_s: float
    image: Image | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """What a stream of frames or of chunks ends with: nothing follows.

    Attributes:
        damage: what was wrong with the video as a whole; None for a sound one.
        notes: what was noticed while reading, though nothing is damaged; a sentence each.
    """

    damage: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face, in pixels of the original frame.

    Attributes:
        x, y, width, height: bounding box, clipped to the frame.
        confidence: the detector's probability that this is a face, 0 to 1.
        landmarks: (5, 2) as nested tuples of x, y: left eye, right eye, nose, left and right mouth corner, as
            seen in the picture. Used while the frame is in memory; never stored.
    """

    x: float
    y: float
    width: float
    height: float
    confidence: float
    landmarks: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Pose:
    """How a face is held in the picture, from its five landmarks; see `pose.pose_of`.

    Attributes:
        turn: of the nose beside the line from the eyes to the mouth, in longer sides of the box; 0 for a frontal face,
            positive towards the eye that is on the right in the picture.
        tilt: of the line through the eyes against the horizontal, degrees, -180 to 180; positive clockwise.
        nod: of the nose along the line from the eyes (0) to the mouth (1); small for a raised head, large for one
            that is bent down.
    """

    turn: float
    tilt: float
    nod: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one face.

    Attributes:
        face: the face it was read from.
        probabilities: seven calibrated probabilities in the order of `EXPRESSIONS`, summing to 1.
        sharpness: variance of the Laplacian of the 48-pixel grey crop; low values are blurred faces.
        pose: how the face is held.
        readable: probability that people could say an expression from this face, 0 to 1; None where the model does not
            judge that.
        is_face: probability that it is a face at all, 0 to 1; None likewise.
    """

    face: Face
    probabilities: tuple[float, ...]
    sharpness: float
    pose: Pose
    readable: float | None = None
    is_face: float | None = None

    @property
    def confidence(self) -> float:
        """The probability of the most probable expression."""
        return max(self.probabilities)


@dataclass(frozen=True, slots=True)
class FrameReadings:
    """A sampled frame with all faces read from it. An empty `readings` is a result: nobody was seen."""

    index: int
    timestamp_s: float
    problem: str | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright frame; it may reach beyond the frame."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> float:
        """The longer side, pixels: of a face at the frame's edge it is the one that is less cut off."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def moved(self, x: float, y: float) -> Box:
        """The same rectangle elsewhere."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def grown(self, sides: float, above: float, below: float) -> Box:
        """Wider on both sides, higher and deeper by so many pixels."""
        return Box(self.left - sides, self.top - above, self.right + sides, self.bottom + below)

    @property
    def area(self) -> float:
        """Pixels, whole and parts."""
        return max(self.right - self.left, 0.0) * max(self.bottom - self.top, 0.0)

    def overlap(self, other: Box) -> float:
        """The area that both cover, pixels; 0 for boxes that only touch."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(across, 0.0) * max(down, 0.0)

    def hull(self, other: Box) -> Box:
        """The smallest rectangle around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """The content's hash, and how many bytes were hashed: a file that is being recorded grows meanwhile."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when, each with its source.

    Attributes:
        location, camera: NFC-normalised names.
        place_source: where the location came from: option, cameras.toml, file name or folder.
        camera_source: where the camera's name came from: option, cameras.toml or file name.
        started_at: time of the first frame, with its zone; None if nothing tells.
        start_source: option, cameras.toml, file name, recorder's tag or container; None if nothing tells.
        timezone, timezone_source: IANA zone, and option, cameras.toml or machine.
        start_is_guess: the source of the start is known to be wrong at times.
        notes: what is doubtful about the start; a sentence each.
        recorder: whose usual file names the start was read by; None if it was not.
    """

    location: str
    camera: str
    place_source: str
    started_at: datetime | None
    start_source: str | None
    timezone: str
    timezone_source: str
    start_is_guess: bool = False
    notes: tuple[str, ...] = ()
    recorder: str | None = None
    camera_source: str = "unknown"


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """A video before it is analysed: what the store knows of it, and what everything else goes by.

    Attributes:
        path: where it was seen.
        identity: its content.
        place: where and when it was recorded.
        info: what the container says; None if it could not be read.
        hints: what was said of the file, with which it is read.
        moved: what is said otherwise of its place than when it was analysed before, as people read it.
    """

    path: Path
    identity: Identity
    place: Place
    info: VideoInfo | None
    hints: Hints = NO_HINTS
    moved: tuple[str, ...] = ()

    @property
    def stream(self) -> int:
        """Which of the file's cameras it is, from 1."""
        return self.info.stream if self.info else self.hints.stream or 1

    @property
    def name(self) -> Path:
        """The path as people are told it: with the number of a further camera."""
        return self.path.with_name(numbered(self.path.name, self.stream))


def numbered(name: str, stream: int, *, always: bool = False) -> str:
    """A name of a file or of its camera, with the number of a further one: `door.mp4#2`.

    Args:
        name: without the number.
        stream: which of the file's cameras, from 1.
        always: number the first one too.
    """
    return f"{name}#{stream}" if always or stream > 1 else name
