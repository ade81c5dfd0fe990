"""One video through the stages: frames → faces → expressions, in chunks. Stages are passed in, none is opened here."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from .blanking import blank, outside_of
from .expressions import read_faces
from .records import End, Frame, FrameReadings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from .areas import Polygon
    from .expressions import ExpressionClassifier
    from .faces import FaceDetector
    from .models.card import Readability
    from .records import Image

CHUNK_FRAMES = 64
"""Sampled frames that are stored together; what a kill can cost at most."""

FIRST_CHUNK_FRAMES = 8
"""The same of a video's first chunk, so that its first rows are there, and seen, at once."""

BATCH_FRAMES = 8
"""Frames that go through the networks together. Batches begin anew with each chunk, so that a resumed run forms the
same batches, and so the same rows, as an unbroken one."""

BATCH_BYTES = 16 << 20
"""Most pixels of a batch, unless a single frame has more: 8 frames of 480p, 6 of 720p, 2 of 1080p, 1 of 4K."""

BYTES_AT_ONCE = 128 << 20
"""Most pixels of batches that are read at the same time, unless a single one has more."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What reads a frame.

    Attributes:
        detector: finds faces.
        classifier: reads their expressions.
        readability: judges which faces can be read; None leaves that unsaid.
        masks: areas of the picture that are black before the detector looks.
        at_once: batches that they take at the same time, from as many threads.
    """

    detector: FaceDetector
    classifier: ExpressionClassifier
    readability: Readability | None = None
    masks: tuple[Polygon, ...] = ()
    at_once: int = 1


def frames_before(chunk: int) -> int:
    """Sampled frames of a video that come before a chunk of this number, from 0."""
    return FIRST_CHUNK_FRAMES + (chunk - 1) * CHUNK_FRAMES if chunk else 0


def analyze(frames: Iterable[Frame | End], stages: Stages, number: int = 0) -> Iterator[list[FrameReadings] | End]:
    """Read the frames of a video, chunk by chunk.

    Args:
        frames: in order, from the beginning of a chunk, with their end.
        stages: detector and classifier.
        number: that chunk's, from 0.

    Yields:
        The readings of a chunk's frames, of which the last chunk may have fewer; behind them the end.
    """
    chunk: list[FrameReadings] = []
    with closing(_read_in_order(_batches(frames, number), stages)) as results:
        for result in results:
            if not isinstance(result, End):
                chunk += result
            if len(chunk) == _size(number) or (isinstance(result, End) and chunk):
                yield chunk
                chunk, number = [], number + 1
            if isinstance(result, End):
                yield result


def _read_in_order(batches: Iterator[list[Frame] | End], stages: Stages) -> Generator[list[FrameReadings] | End]:
    """What the stages read in each batch, in the order of the batches, some of which are read at the same time.

    While one is waited for, the next ones are decoded and read; one more than there are threads, so that none of these
    waits.
    """
    if stages.at_once == 1:
        yield from (batch if isinstance(batch, End) else read_batch(batch, stages) for batch in batches)
        return
    waiting: deque[tuple[Future[list[FrameReadings]], int]] = deque()
    with ThreadPoolExecutor(stages.at_once, "read") as threads:
        try:
            for batch in _ending(batches):
                size = 0 if isinstance(batch, Exception | End) else _bytes_of(batch)
                if isinstance(batch, list):
                    waiting.append((threads.submit(read_batch, batch, stages), size))
                # The next one is taken to be as large as this: it is not asked for before there is room for it.
                while waiting and (not size or _is_full(waiting, size, stages.at_once)):
                    yield waiting.popleft()[0].result()
                if isinstance(batch, Exception):
                    raise batch
                if isinstance(batch, End):
                    yield batch
                del batch
        finally:
            for future, _ in waiting:
                future.cancel()


def _is_full(waiting: deque[tuple[Future[list[FrameReadings]], int]], size: int, at_once: int) -> bool:
    held = [taken for future, taken in waiting if not future.done()]
    return len(held) > at_once or sum(held) + size > BYTES_AT_ONCE


def _ending(batches: Iterator[list[Frame] | End]) -> Iterator[list[Frame] | End | Exception]:
    """The batches, and behind them what they raised: those before it are still to be given out."""
    try:
        yield from batches
    except Exception as error:  # noqa: BLE001 - whoever asks raises it again, in its turn
        yield error


def _bytes_of(batch: Sequence[Frame]) -> int:
    """Pixels of a batch; at least 1, as a frame without a picture is to be read, too."""
    return 1 + sum(frame.image.nbytes for frame in batch if frame.image is not None)


def _size(chunk: int) -> int:
    """Frames of a chunk that is not the last one."""
    return frames_before(chunk + 1) - frames_before(chunk)


def _batches(frames: Iterable[Frame | End], chunk: int) -> Iterator[list[Frame] | End]:
    """Frames that go through the networks together: each batch ends with its chunk, and holds `BATCH_BYTES` at most.

    Frame sizes alone decide. Nothing keeps a frame while the next ones are waited for: one of 8K has 100 MB.
    """
    batch: list[Frame] = []
    held = 0
    left = _size(chunk)
    for item in frames:
        size = 0 if isinstance(item, End) or item.image is None else item.image.nbytes
        if batch and (isinstance(item, End) or held + size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        if isinstance(item, End):
            yield item
            return
        batch.append(item)
        del item
        held += size
        left -= 1
        if len(batch) == BATCH_FRAMES or held + size > BATCH_BYTES or not left:
            yield batch
            batch, held = [], 0
        if not left:
            chunk += 1
            left = _size(chunk)


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
