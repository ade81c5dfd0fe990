"""Faces cut from their videos again, by the frame and the box that are stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from ..blanking import are_hidden, blank
from ..errors import VideoError
from ..records import NO_HINTS, Frame, Identity
from ..video.identity import has_grown_from, identify
from ..video.reader import check_file
from ..video.sampling import Picked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ..areas import Polygon
    from ..records import Box, Hints, Image
    from ..video.decoding import Decoder

Cut = TypeVar("Cut")

AROUND = 1.7
"""Side of the square that people are shown, in longer sides of the box: hair, chin and some of what is behind."""

LEAST_PX, MOST_PX = 384, 512
"""Side of the picture that people are shown: smaller squares are enlarged to the first, larger ones reduced to the
second."""

SAME_MOMENT_S = 0.005
"""Stored times and times read again are the same digits; files of answers round them to milliseconds."""

OUTSIDE = 128
"""Grey level of what of the square lies outside the frame."""

QUALITY = 90


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a face is in its video.

    Attributes:
        frame: position of the frame in the stream, from 0.
        box: pixels of the upright frame.
        time_s: when that frame is shown, seconds from the first; None where nobody knows.
    """

    frame: int
    box: Box
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Footage:
    """A video with the faces that are wanted of it.

    Attributes:
        path: where it should be.
        content: what it should hold; None where nobody knows.
        spots: the faces.
        hints: what it was read by, and which of the file's cameras it is.
        masks: areas of its picture that nobody may look into.
    """

    path: Path
    content: Identity | None
    spots: tuple[Spot, ...]
    hints: Hints = NO_HINTS
    masks: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece(Generic[Cut]):
    """What was cut out at a spot; `at` is its position in `Footage.spots`.

    `cut` is None where the face lies in an area that is blanked: nobody may look there.
    """

    at: int
    cut: Cut | None


def cut_out(footage: Footage, decoder: Decoder, cut: Callable[[Image, Box], Cut]) -> Iterator[Piece[Cut]]:
    """Cut the faces of one video, in the order of its frames. Those of frames that cannot be decoded are missing.

    Args:
        footage: the video and the faces.
        decoder: reads it.
        cut: given a frame, uint8 (H, W, 3), RGB, and a box in its pixels.

    Raises:
        VideoError: the video is not there, was changed, or cannot be decoded; the message does not name it.
    """
    check_content(footage)
    by_frame: defaultdict[int, list[int]] = defaultdict(list)
    for at, spot in enumerate(footage.spots):
        by_frame[spot.frame].append(at)
    for frame in decoder.sample(footage.path, Picked(frozenset(by_frame)), hints=footage.hints):
        if not isinstance(frame, Frame) or frame.image is None:
            continue
        image = frame.image.copy() if footage.masks else frame.image
        blank(image, footage.masks)
        for at in by_frame[frame.index]:
            spot = footage.spots[at]
            if is_when(spot, frame.timestamp_s):
                yield Piece(at, None if _is_hidden(spot.box, footage.masks, image) else cut(image, spot.box))


def _is_hidden(box: Box, masks: Sequence[Polygon], image: Image) -> bool:
    corner_and_size = (box.left, box.top, box.right - box.left, box.bottom - box.top)
    return bool(are_hidden([corner_and_size], masks, image.shape[:2])[0])


def is_when(spot: Spot, timestamp_s: float) -> bool:
    """Whether a frame is shown when it should be: another one must not be shown in its place."""
    return spot.time_s is None or abs(spot.time_s - timestamp_s) < SAME_MOMENT_S


def check_content(footage: Footage) -> None:
    """See that the file is the one that was analysed; one that went on growing since is.

    Raises:
        VideoError: it is not there, or holds something else.
    """
    check_file(footage.path)
    content, stream = footage.content, footage.hints.stream or 1
    if content is None or identify(footage.path, stream).sha256 == content.sha256:
        return
    if has_grown_from(footage.path, content, stream):
        return
    raise VideoError("expected the video that was analysed; the file was changed since")


def view_of(image: Image, box: Box) -> Image:
    """What people are shown of a face: a square around the box's centre, enlarged so that it can be judged.

    Args:
        image: the frame, uint8 (H, W, 3), RGB.
        box: the face, in its pixels.

    Returns:
        uint8 (S, S, 3), RGB, S from `LEAST_PX` to `MOST_PX`. What lies outside the frame is grey.
    """
    side = max(2, round(AROUND * box.side))
    left, top = (round(centre - side / 2) for centre in box.centre)
    square = np.full((side, side, 3), OUTSIDE, np.uint8)
    rows = slice(max(top, 0), max(min(top + side, image.shape[0]), 0))
    columns = slice(max(left, 0), max(min(left + side, image.shape[1]), 0))
    seen = image[rows, columns]
    square[rows.start - top : rows.start - top + seen.shape[0], columns.start - left :][:, : seen.shape[1]] = seen
    wanted = min(max(side, LEAST_PX), MOST_PX)
    if wanted == side:
        return square
    kind = cv2.INTER_AREA if wanted < side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (wanted, wanted), interpolation=kind), np.uint8)


def encode_view(view: Image) -> bytes:
    """A picture, uint8 (H, W, 3), RGB, as JPEG."""
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(view, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return encoded.tobytes()
