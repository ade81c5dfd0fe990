"""One video through the stages: frames → faces → expressions, in chunks. Stages are passed in, none is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from .expressions import read_faces
from .records import End, Frame, FrameReadings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .expressions import ExpressionClassifier
    from .faces import FaceDetector
    from .models.card import Readability

CHUNK_FRAMES = 64
"""Sampled frames that are stored together; what a kill can cost at most."""

BATCH_FRAMES = 8
"""Frames that go through the networks together. Batches begin anew with each chunk, so that a resumed run forms the
same batches, and so the same rows, as an unbroken one."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What reads a frame: faces, expressions, and what judges which faces can be read (None leaves that unsaid)."""

    detector: FaceDetector
    classifier: ExpressionClassifier
    readability: Readability | None = None


def analyze(frames: Iterable[Frame | End], stages: Stages) -> Iterator[list[FrameReadings] | End]:
    """Read the frames of a video, chunk by chunk.

    Args:
        frames: in order, from the beginning of a chunk, with their end.
        stages: detector and classifier.

    Yields:
        The readings of `CHUNK_FRAMES` frames, the last chunk may be shorter; behind them the end.
    """
    chunk: list[FrameReadings] = []
    batch: list[Frame] = []
    for item in frames:
        if isinstance(item, Frame):
            batch.append(item)
        if len(batch) == BATCH_FRAMES or isinstance(item, End):
            chunk += read_batch(batch, stages)
            batch = []
        if len(chunk) == CHUNK_FRAMES or (isinstance(item, End) and chunk):
            yield chunk
            chunk = []
        if isinstance(item, End):
            yield item


def read_batch(frames: Sequence[Frame], stages: Stages) -> list[FrameReadings]:
    """Read a few frames together. Where the picture size changes within a batch, each size goes on its own."""
    readings: list[FrameReadings] = []
    for shape, same in groupby(frames, key=lambda frame: None if frame.image is None else frame.image.shape):
        group = list(same)
        if shape is None:
            readings += [FrameReadings(frame.index, frame.timestamp_s, frame.problem, ()) for frame in group]
            continue
        images = np.stack([frame.image for frame in group if frame.image is not None])
        faces = stages.detector.detect(images)
        found = read_faces(stages.classifier, images, faces, stages.readability)
        readings += [
            FrameReadings(frame.index, frame.timestamp_s, frame.problem, read)
            for frame, read in zip(group, found, strict=True)
        ]
    return readings
