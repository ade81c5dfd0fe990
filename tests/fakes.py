"""Doubles at the two boundaries that need networks, and videos whose pixels say which frame they are."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from pipeline.analyze import Stages
from pipeline.expressions import Answers
from pipeline.models.card import Readability
from pipeline.records import EXPRESSIONS, Face

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pipeline.records import Image

BITS, CELL_PX = 12, 16
"""A frame's number is written as black and white cells in its first row, which survive compression."""

FACE_TOP, FACE_PX = 30.0, 40.0
LANDMARKS = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
"""Eyes, nose and corners of the mouth, in shares of the box."""


class FakeDetector:
    """As many faces as the frame's number has ones in binary, modulo 3; side by side, as far as the frame has room."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """The faces of each frame."""
        return [_fake_faces(image) for image in images]


def _fake_faces(image: Image) -> tuple[Face, ...]:
    height, width = image.shape[:2]
    if height < FACE_TOP + FACE_PX:
        return ()
    lefts = (20.0 + 50 * face for face in range(read_number(image).bit_count() % 3))
    return tuple(_fake_face(left) for left in lefts if left + FACE_PX <= width)


def _fake_face(left: float) -> Face:
    return make_face(left, FACE_TOP, FACE_PX, FACE_PX, 0.99)


def make_face(x: float, y: float, width: float, height: float, confidence: float = 0.9) -> Face:
    """A frontal face in a box."""
    landmarks = tuple((x + width * across, y + height * down) for across, down in LANDMARKS)
    return Face(x, y, width, height, confidence, landmarks)


class FakeClassifier:
    """Probabilities that depend on the crop's brightness alone; brighter faces can be read better."""

    def classify(self, faces: Image) -> Answers:
        """Seven probabilities and two logits for each face."""
        level = faces.mean(axis=(1, 2)) / 255
        scores = np.stack([level * (index + 1) for index in range(len(EXPRESSIONS))], axis=1) % 1 + 0.1
        probabilities = np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)
        return Answers(probabilities, np.stack([8 * level - 4, 8 * level], axis=1).astype(np.float32))


def fake_stages(*_: object) -> Stages:
    """Stages without networks, with the signature of the command line's `open_stages`."""
    return Stages(FakeDetector(), FakeClassifier())


BY_BRIGHTNESS = Readability(("reading_readable", "reading_face"), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), "nothing")
"""Takes the fake classifier at its word."""


def judging_stages(*_: object) -> Stages:
    """Those stages with a judgement of what can be read."""
    return Stages(FakeDetector(), FakeClassifier(), BY_BRIGHTNESS)


def number_image(number: int, size: tuple[int, int] = (160, 192)) -> Image:
    """uint8 (H, W, 3) that says its number, with some texture below."""
    image = np.full((*size, 3), 90, np.uint8)
    for bit in range(BITS):
        image[:CELL_PX, bit * CELL_PX : (bit + 1) * CELL_PX] = 255 if number >> bit & 1 else 0
    image[40:, :, :] += np.uint8(number * 7 % 120)
    return image


def read_number(image: Image) -> int:
    """The number that a frame says."""
    centres = image[CELL_PX // 2, CELL_PX // 2 :: CELL_PX, 1][:BITS]
    return sum(1 << bit for bit, level in enumerate(centres) if level > 127)


def write_video(
    path: Path,
    frames: int = 50,
    fps: int = 10,
    *,
    size: tuple[int, int] = (160, 192),
    times: Iterable[float] | None = None,
    gop: int = 12,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    encoder: dict[str, str] | None = None,
) -> Path:
    """Write a video whose frames say their numbers; `times` are seconds for a variable frame rate."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=fps, options=encoder or {})
        stream.width, stream.height, stream.pix_fmt = size[1], size[0], "yuv420p"
        stream.codec_context.gop_size = gop
        stream.codec_context.time_base = Fraction(1, 1000)
        seconds = list(times) if times is not None else [index / fps for index in range(frames)]
        for index, second in enumerate(seconds):
            frame = av.VideoFrame.from_ndarray(number_image(index, size), format="rgb24")
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
