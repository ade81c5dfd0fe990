"""One video through the stages: frames → faces → expressions, in chunks. Stages are passed in, none is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from .blanking import blank, outside_of
from .expressions import read_faces
from .records import End, Frame, FrameReadings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .areas import Polygon
    from .expressions import ExpressionClassifier
    from .faces import FaceDetector
    from .models.card import Readability
    from .records import Image

CHUNK_FRAMES = 64
"""Sampled frames that are stored together; what a kill can cost at most."""

BATCH_FRAMES = 8
"""Frames that go through the networks together. Batches begin anew with each chunk, so that a resumed run forms the
same batches, and so the same rows, as an unbroken one."""

BATCH_BYTES = 64 << 20
"""Most pixels of a batch, unless a single frame has more: 8 frames of 1080p, 2 of 4K, 1 of 8K."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What reads a frame.

    Attributes:
        detector: finds faces.
        classifier: reads their expressions.
        readability: judges which faces can be read; None leaves that unsaid.
        masks: areas of the picture that are black before the detector looks.
    """

    detector: FaceDetector
    classifier: ExpressionClassifier
    readability: Readability | None = None
    masks: tuple[Polygon, ...] = ()


def analyze(frames: Iterable[Frame | End], stages: Stages) -> Iterator[list[FrameReadings] | End]:
    """Read the frames of a video, chunk by chunk.

    Args:
        frames: in order, from the beginning of a chunk, with their end.
        stages: detector and classifier.

    Yields:
        The readings of `CHUNK_FRAMES` frames, the last chunk may be shorter; behind them the end.
    """
    chunk: list[FrameReadings] = []
    for batch in _batches(frames):
        if not isinstance(batch, End):
            chunk += read_batch(batch, stages)
        if len(chunk) == CHUNK_FRAMES or (isinstance(batch, End) and chunk):
            yield chunk
            chunk = []
        if isinstance(batch, End):
            yield batch


def _batches(frames: Iterable[Frame | End]) -> Iterator[list[Frame] | End]:
    """Frames that go through the networks together: each batch ends with its chunk, and holds `BATCH_BYTES` at most.

    Frame sizes alone decide. Nothing keeps a frame while the next ones are waited for: one of 8K has 100 MB.
    """
    batch: list[Frame] = []
    held = 0
    left = CHUNK_FRAMES
    for item in frames:
        size = 0 if isinstance(item, End) or item.image is None else item.image.nbytes
        if batch and (isinstance(item, End) or held + size > BATCH_BYTES):
            yield batch
            batch.clear()
            held = 0
        if isinstance(item, End):
            yield item
            return
        batch.append(item)
        del item
        held += size
        left -= 1
        if len(batch) == BATCH_FRAMES or held + size > BATCH_BYTES or not left:
            yield batch
            batch.clear()
            held, left = 0, left or CHUNK_FRAMES


def read_batch(frames: Sequence[Frame], stages: Stages) -> list[FrameReadings]:
    """Read a few frames together. Where the picture size changes within a batch, each size goes on its own."""
    readings: list[FrameReadings] = []
    for shape, same in groupby(frames, key=lambda frame: None if frame.image is None else frame.image.shape):
        group = list(same)
        if shape is None:
            readings += [FrameReadings(frame.index, frame.timestamp_s, frame.problem, ()) for frame in group]
            continue
        images = _stack([frame.image for frame in group if frame.image is not None], stages.masks)
        faces = [outside_of(found, stages.masks, shape[:2]) for found in stages.detector.detect(images)]
        found = read_faces(stages.classifier, images, faces, stages.readability)
        readings += [
            FrameReadings(frame.index, frame.timestamp_s, frame.problem, read)
            for frame, read in zip(group, found, strict=True)
        ]
    return readings


def _stack(images: Sequence[Image], masks: Sequence[Polygon]) -> Image:
    """Images of one size as (N, H, W, 3), blanked; a single one is copied only for that."""
    stacked = images[0][None] if len(images) == 1 and not masks else np.stack(images)
    blank(stacked, masks)
    return stacked
