"""Whether two streams of a file show the same: small pictures of some moments, compared in their details."""

from __future__ import annotations

import logging
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from ..errors import VideoError
from .formats import open_container

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import Floats

logger = logging.getLogger("fer_video")

SIDE = 32
"""Pixels of a small picture: coarse enough for a copy's compression and shape, fine enough for what stands where."""

BLUR = 2.5
"""Standard deviation, pixels, of the blur that is taken away: bright ceilings and dark floors are alike everywhere."""

FLAT = 0.7
"""Grey levels: with less detail than that, as at night or under a lens cap, nothing can be compared."""

MOMENTS = (0.0, 0.3, 0.6, 0.9)
"""When to look, in shares of the duration."""

NEAR_S = 0.6
"""How far a frame of a copy may be from where it was in the original."""

MOST_FRAMES = 400
"""That are decoded for one glimpse at most."""

OTHER_CLOCK_S = 5.0
"""Streams that begin further apart count from their own beginnings."""

EARLIER_S = 1.0
"""A jump aims before the moment: transport streams have no index, and are met a little behind what was aimed at."""


class Glimpses:
    """Small pictures of one stream of a file."""

    def __init__(self, path: Path, index: int) -> None:
        """Look where it begins, and how long it is.

        Args:
            path: the file.
            index: FFmpeg's number of the stream.
        """
        self._path, self._index = path, index
        first = next(self._decode(None), None)
        self.begin_s = first[0] if first else 0.0
        with open_container(path) as container:
            self.length_s = _length_s(container, container.streams[index])

    def at(self, seconds: float) -> tuple[float, Floats] | None:
        """A picture at a moment, by the stream's own clock, or not far from it: when it is shown, and its details."""
        return next(self._decode(seconds), None) or next(self._decode(None), None)

    def around(self, seconds: float) -> list[Floats]:
        """The details of what is shown about a moment: a copy of fewer frames shows them a little sooner or later."""
        first = next(self._decode(seconds - EARLIER_S), None)
        from_s = seconds - EARLIER_S if first and first[0] <= seconds else None
        near = []
        for shown_s, details in islice(self._decode(from_s), MOST_FRAMES):
            if shown_s >= seconds - NEAR_S:
                near.append(details)
            if shown_s > seconds + NEAR_S:
                break
        return near

    def _decode(self, seconds: float | None) -> Iterator[tuple[float, Floats]]:
        """What can be decoded from a key frame about a moment on; from the beginning for None."""
        try:
            with open_container(self._path) as container:
                stream = container.streams[self._index]
                base = float(stream.time_base or 0)
                if seconds is not None and base:
                    container.seek(round(seconds / base), stream=stream, backward=True)
                for frame in container.decode(stream):
                    yield (frame.pts or 0) * base, _details(frame)
        except (av.error.FFmpegError, VideoError, IndexError) as error:
            # Whoever reads the file will say what is wrong with it.
            logger.info("a stream was not compared to its end: %s", error)


def likeness(path: Path, one: int, other: int) -> float | None:
    """Correlation of the details of two streams, -1 to 1, the median of some moments; None if it cannot be told.

    Args:
        path: the file.
        one: a stream by FFmpeg's number; of two, the one with fewer pictures.
        other: another one.
    """
    first, second = Glimpses(path, one), Glimpses(path, other)
    shift_s = second.begin_s - first.begin_s
    shift_s = shift_s if abs(shift_s) > OTHER_CLOCK_S else 0.0
    alike = []
    for moment in MOMENTS:
        seen = first.at(first.begin_s + moment * first.length_s)
        twins = second.around(seen[0] + shift_s) if seen else []
        found = [value for twin in twins if seen and (value := _correlate(seen[1], twin)) is not None]
        alike += [max(found)] if found else []
    return median(alike) if alike else None


def _correlate(one: Floats, other: Floats) -> float | None:
    if min(one.std(), other.std()) < FLAT:
        return None
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _length_s(container: Any, stream: Any) -> float:
    """As far as the file says; 0 if it does not."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / av.time_base


def _details(frame: Any) -> Floats:
    """What stands out from what is around it, float32 (SIDE, SIDE), grey levels."""
    # The decoding process has something to tell OpenCV before it is loaded.
    import cv2

    grey = frame.reformat(width=SIDE, height=SIDE, format="gray").to_ndarray().astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), BLUR), np.float32)
