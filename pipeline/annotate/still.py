"""One picture of a video on which areas can be drawn: heads covered by a detector that would rather see too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..blanking import blank
from ..errors import VideoError
from ..records import NO_HINTS, Box, Frame
from ..settings import Sampling, SamplingMode
from .carry import cover_head
from .drawing import blur

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..areas import Polygon
    from ..faces import FaceDetector
    from ..records import Hints, Image
    from ..video.decoding import Decoder

LOOKS = 5
"""Frames over the video, of which the one with the fewest people is shown."""

LEAST_FACE_PX, THRESHOLD = 16, 0.2
"""Smaller and less certain than an analysis looks for: what is no face and covered all the same costs nothing."""

WIDER = 0.3
"""Sides of the box that a cover is wider in every direction than that of a copy, where other frames help."""

MOST_PX, QUALITY = 1280, 82


@dataclass(frozen=True, slots=True)
class Still:
    """A picture with heads covered.

    Attributes:
        jpeg: the picture, upright, in square pixels; its longer side has at most `MOST_PX`.
        width, height: pixels of the video's picture.
        covered: heads that were covered.
        time_s: when it is shown in the video, seconds.
    """

    jpeg: bytes
    width: int
    height: int
    covered: int
    time_s: float


def take_still(
    video: Path,
    decoder: Decoder,
    detector: FaceDetector,
    hints: Hints = NO_HINTS,
    masks: Sequence[Polygon] = (),
) -> Still:
    """The picture with the fewest people of some that are spread over the video; blanked areas are black.

    Args:
        video: its path.
        decoder: reads it.
        detector: finds heads; one with `LEAST_FACE_PX` and `THRESHOLD`.
        hints: what was said of how to read it.
        masks: areas that nobody may look into.

    Raises:
        VideoError: no frame can be decoded.
    """
    best: tuple[Frame, Image, list[Box]] | None = None
    for frame in decoder.sample(video, Sampling(SamplingMode.FRAMES, LOOKS), hints=hints):
        if not isinstance(frame, Frame) or frame.image is None:
            continue
        image = frame.image.copy()
        blank(image, masks)
        heads = list(_heads(image, detector))
        if best is None or len(heads) < len(best[2]):
            best = frame, image, heads
    if best is None:
        raise VideoError(f"{video}: no frame could be decoded")
    frame, image, heads = best
    for head in heads:
        blur(image, head)
    height, width = image.shape[:2]
    return Still(_encode(image), width, height, len(heads), frame.timestamp_s)


def _heads(image: Image, detector: FaceDetector) -> Iterator[Box]:
    """Covers of all that may be a head, seen plainly or in a mirror: a detector misses others in each."""
    width = image.shape[1]
    plain, mirrored = detector.detect(np.stack([image, image[:, ::-1]]))
    for face in plain:
        yield _cover(Box(face.x, face.y, face.x + face.width, face.y + face.height))
    for face in mirrored:
        yield _cover(Box(width - face.x - face.width, face.y, width - face.x, face.y + face.height))


def _cover(face: Box) -> Box:
    more = WIDER * face.side
    return cover_head(face).grown(more, more, more)


def _encode(image: Image) -> bytes:
    scale = min(MOST_PX / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(np.ascontiguousarray(small), cv2.COLOR_RGB2BGR), options)
    return encoded.tobytes()
