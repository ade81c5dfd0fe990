"""Where a head may be, for a copy that shows none: looked for again, oftener and less surely than an analysis does.

An analysis counts faces, so it would rather miss one than count what is none. A copy that hides them would rather hide
what is none: what this finds is blurred, and neither drawn nor counted.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from ..faces import Mtcnn
from ..inference.cores import count_cores
from ..records import NO_FACE, NO_HINTS, Box, End
from ..settings import Sampling, SamplingMode
from ..store.sightings import Look, Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from ..faces import FaceDetector
    from ..records import Frame, Hints, Image
    from ..video.decoding import Decoder

LOOKS_PER_S = 4.0
"""Twice what an analysis takes unless told: heads turn to the camera for a moment."""

LEAST_FACE_PX = 20
"""So that faces of 24 pixels lie within the pyramid, not at its end."""

THRESHOLDS = 0.4, 0.3, 0.2
"""Of P-Net, R-Net and O-Net, in place of 0.6, 0.7 and 0.8. The first two let profiles and heads seen from above
through, which the last is never asked about otherwise."""

HOLD_S = 0.5
"""Seconds that a cover stays before its face is seen first and after it was seen last."""

SAME = 0.4
"""Overlap (IoU) from which what is seen plainly and in the mirrored picture is one face."""


def open_hider() -> Mtcnn:
    """The detector for `look_again`, on the processor, for as many threads as there are cores.

    Raises:
        ModelError: its networks cannot be opened.
    """
    early, last = THRESHOLDS[:2], THRESHOLDS[2]
    return Mtcnn(min_face_px=LEAST_FACE_PX, threshold=last, early=early, at_once=count_cores())


def look_again(
    video: Path,
    decoder: Decoder,
    detector: FaceDetector,
    hints: Hints = NO_HINTS,
    on_look: Callable[[int], None] = lambda _looks: None,
) -> list[Look]:
    """What may be a head, in some frames of each second, seen plainly or in a mirror.

    Args:
        video: its path.
        decoder: reads it.
        detector: finds heads; asked by several threads.
        hints: what was said of how to read it.
        on_look: called with the number of frames looked at so far, after each.

    Raises:
        VideoError: the video cannot be decoded.
    """
    looks: list[Look] = []
    for look in _looks(video, decoder, detector, hints):
        looks.append(look)
        on_look(len(looks))
    return looks


def _looks(video: Path, decoder: Decoder, detector: FaceDetector, hints: Hints) -> Iterator[Look]:
    """In order, while a few are looked for at the same time: each thread has a frame, and one more is waiting."""
    at_once = count_cores()
    waiting: deque[Future[Look]] = deque()
    with ThreadPoolExecutor(at_once, "hide") as threads:
        try:
            for frame in decoder.sample(video, Sampling(SamplingMode.FPS, LOOKS_PER_S), hints=hints):
                if isinstance(frame, End) or frame.image is None:
                    continue
                waiting.append(threads.submit(_look, frame, frame.image, detector))
                if len(waiting) > at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _look(frame: Frame, image: Image, detector: FaceDetector) -> Look:
    width = image.shape[1]
    plain, mirrored = detector.detect(np.stack([image, image[:, ::-1]]))
    heads = [Box(face.x, face.y, face.x + face.width, face.y + face.height) for face in plain]
    for face in mirrored:
        box = Box(width - face.x - face.width, face.y, width - face.x, face.y + face.height)
        if not any(_is_same(box, head) for head in heads):
            heads.append(box)
    return Look(frame.index, frame.timestamp_s, None, tuple(Sighting(head, NO_FACE, 0.0) for head in heads))


def _is_same(one: Box, other: Box) -> bool:
    shared = one.overlap(other)
    return shared >= SAME * (one.area + other.area - shared)
