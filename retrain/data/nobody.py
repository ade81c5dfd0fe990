"""Squares of pictures and videos in which nobody's face is seen: what a detector of faces may be wrong about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError
from pipeline.faces import Mtcnn
from pipeline.places.inputs import find_inputs
from pipeline.preprocessing import FACE_PX, crop_face
from pipeline.records import Face, Frame
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.decoding import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.faces import FaceDetector
    from pipeline.records import Image

FRAMES = 24
"""Frames taken of each video, evenly spread."""

SQUARES = 12
"""Squares drawn of each frame, beside what the detector takes for a face."""

SIDES_PX = (16, 140)
"""Smallest and largest side of a square; sides between are equally likely by their ratio."""

SUSPECTED = 0.1
"""Confidence from which a detection counts as a mistake worth learning."""

PLAIN = 8.0
"""Grey levels of standard deviation below which a square shows nothing that could be mistaken."""


def read_nobody(paths: Sequence[str], detector: FaceDetector | None = None, seed: int = 0) -> Image:
    """Squares that are no face, uint8 (M, 48, 48), of everything in some files and folders.

    Args:
        paths: pictures, videos and folders of them in which no face is seen, as `analyze` takes them.
        detector: finds what looks like a face; None for the one of `analyze`, told to be credulous.
        seed: of the squares that are drawn beside.

    Raises:
        NoInputError: there is neither a picture nor a video.
        DataError: they show nothing.
        VideoError: one of them cannot be read.
    """
    if not paths:
        return np.empty((0, FACE_PX, FACE_PX), np.uint8)
    detector = detector or Mtcnn(min_face_px=20, threshold=SUSPECTED)
    random = np.random.default_rng(seed)
    found: list[Image] = []
    for image in _read_frames(paths):
        (faces,) = detector.detect(image[None])
        found += [crop_face(image, face) for face in (*faces, *_draw_squares(image, random))]
    shown = [square for square in found if square.std() > PLAIN]
    if not shown:
        raise DataError(f"{', '.join(paths)}: expected pictures or videos that show something; found none.")
    return np.stack(shown)


def _read_frames(paths: Sequence[str]) -> Iterator[Image]:
    """Some frames of each file, uint8 (H, W, 3), RGB."""
    sampling = Sampling(SamplingMode.FRAMES, FRAMES)
    with Decoder() as decoder:
        for one in find_inputs(paths):
            if one.skipped:
                continue
            for frame in decoder.sample(one.path, sampling):
                if isinstance(frame, Frame) and frame.image is not None:
                    yield frame.image


def _draw_squares(image: Image, random: np.random.Generator) -> Iterator[Face]:
    """Squares anywhere in a frame."""
    height, width = image.shape[:2]
    least, most = (float(np.log(side)) for side in SIDES_PX)
    for side in np.exp(random.uniform(least, most, SQUARES)):
        if side < min(height, width) - 2:
            left, top = random.uniform(0, width - side), random.uniform(0, height - side)
            yield Face(left, top, float(side), float(side), 1.0, ())
