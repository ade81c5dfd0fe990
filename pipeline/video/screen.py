"""From decoded frames to what people see: square pixels, upright, one moment a frame.

Detector, boxes and copies know square pixels only; nothing behind the reader has to ask for a pixel's shape.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from ..plurals import count
from .combing import find_combs, take_apart
from .filters import filtered
from .geometry import SQUARE, colon, differ, is_absurd, sane, square_size
from .pixels import to_rgb

if TYPE_CHECKING:
    from ..records import Hints, Image
    from .crops import Crop

FIELD_CODEC, FIELD_SHAPE = "hevc", Fraction(12, 5)
"""H.265 stores interlaced video as fields, half as high, which FFmpeg hands out one by one and flags. Where nothing
corrects their shape, 704 by 288 pixels are shown wider than any camera's picture, from 12:5 on."""

SILENT_CODECS = {"av1", "libdav1d", "libaom-av1"}

CROPPED = "the file says that edges of its picture are left out, and they are"

SAR_STEPS = 4000
"""Columns that stand for a pixel of 1:1 where FFmpeg's filters tell a frame's shape."""


class Screen:
    """Turns the decoded frames of one stream into pictures, and remembers what it noticed.

    Attributes:
        doubts: what the file says of its pixels that should be known; a sentence each.
    """

    def __init__(self, stream: Any, hints: Hints, crop: Crop | None = None) -> None:
        """Read what container and codec say of the pixels' shape.

        Args:
            stream: just opened, nothing of it is decoded.
            hints: a shape that was told goes before both.
            crop: what the container leaves out.
        """
        self._crop = crop
        self._context = stream.codec_context
        self._told = hints.aspect
        container, codec = stream.sample_aspect_ratio, self._context.sample_aspect_ratio
        # Where the container says nothing, FFmpeg answers with the codec's. Its players follow the container.
        self._fixed = container if container and (not codec or differ(container, codec)) else None
        self._seen: list[Fraction] = []
        self._shapes: list[Fraction] = []
        self._frames = self._flagged = self._hidden = 0
        # FFmpeg's decoders of AV1 say 1:1 where the stream says nothing.
        is_silent = self._context.name in SILENT_CODECS and codec == SQUARE
        doubts = () if self._told else tuple(_doubts(container, None if is_silent else codec))
        self.doubts = (*doubts, CROPPED) if crop else doubts

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed in the frames; a sentence each."""
        notes = []
        if self._flagged or self._hidden:
            said = "" if self._flagged >= self._hidden else " though the file says that they are not"
            found = self._flagged + self._hidden
            are = "is" if found == 1 else "are"
            notes.append(
                f"{found} of {count(self._frames, 'frame')} {are} interlaced{said}; one of two moments of each was read"
            )
        if len(self._shapes) > 1:
            shapes = ", then ".join(map(colon, self._shapes))
            notes.append(f"the shape of its pixels changes: {shapes}")
        return tuple(notes)

    def within(self, frame: Any) -> Any:
        """A decoded frame without the edges that the container leaves out."""
        return self._crop.of(frame) if self._crop else frame

    def aspect(self, frame: Any) -> Fraction:
        """Width of a pixel of this frame as shown over its height, before rotation."""
        if self._told:
            return sane(self._told * frame.height / frame.width)
        aspect = sane(self._fixed or self._by_codec(frame))
        is_field = frame.interlaced_frame and self._context.name == FIELD_CODEC
        return aspect / 2 if is_field and aspect * frame.width / frame.height >= FIELD_SHAPE else aspect

    def size(self, frame: Any) -> tuple[int, int]:
        """Width and height of its picture, before rotation."""
        return square_size(frame.width, frame.height, self.aspect(frame))

    def show(self, frame: Any) -> Image:
        """A decoded frame as people see it: uint8 (H, W, 3), RGB, square pixels, upright, without combs.

        Raises:
            av.error.FFmpegError, ValueError: its pixels cannot be converted.
        """
        frame = self.within(frame)
        aspect = self.aspect(frame)
        options, blocks = _conversion(frame, aspect), self._look(frame, aspect)
        pixels = to_rgb(frame, **options) if blocks is None else take_apart(frame, blocks, options)
        return np.ascontiguousarray(np.rot90(pixels, quarters(frame)))

    def pass_over(self, frame: Any) -> None:
        """Notice what a sampled frame would tell that is not wanted again: notes must not depend on interruptions."""
        frame = self.within(frame)
        self._look(frame, self.aspect(frame))

    def _look(self, frame: Any, aspect: Fraction) -> Any:
        blocks = find_combs(frame)
        self._frames += 1
        self._flagged += blocks is not None and bool(frame.interlaced_frame)
        self._hidden += blocks is not None and not frame.interlaced_frame
        if aspect not in self._shapes:
            self._shapes.append(aspect)
        return blocks

    def _by_codec(self, frame: Any) -> Fraction:
        """What the codec says of this very frame; the decoder's own state may be some frames ahead of it."""
        now = self._context.sample_aspect_ratio or SQUARE
        if now not in self._seen:
            self._seen.append(now)
        if len(self._seen) == 1:
            return now
        shown = _aspect_of(frame)
        return min(self._seen, key=lambda each: abs(float(each) - shown))


def show_picture(image: Image, hints: Hints) -> tuple[Image, tuple[str, ...]]:
    """A still picture, uint8 (H, W, 3), RGB, in square pixels and without combs, and what was noticed.

    Recorders' snapshots are as squeezed and as combed as their videos.
    """
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    aspect = sane(hints.aspect * frame.height / frame.width) if hints.aspect else SQUARE
    options, blocks = _conversion(frame, aspect), find_combs(frame.reformat(format="yuv444p"))
    if blocks is not None:
        return take_apart(frame, blocks, options), ("the picture is interlaced; one of its two moments was read",)
    return (np.asarray(frame.to_ndarray(**options), np.uint8) if len(options) > 1 else image), ()


def _conversion(frame: Any, aspect: Fraction) -> dict[str, Any]:
    """What to ask of `to_rgb`: RGB, of another size only where pixels are not square."""
    width, height = square_size(frame.width, frame.height, aspect)
    if (width, height) == (frame.width, frame.height):
        return {"format": "rgb24"}
    return {"format": "rgb24", "width": width, "height": height, "interpolation": "BICUBIC"}


def quarters(frame: Any) -> int:
    """Quarter turns counter-clockwise that make a decoded frame upright, 0 to 3."""
    return int(round(frame.rotation / 90) % 4)


def _aspect_of(frame: Any) -> float:
    """A frame's own shape of pixels, which PyAV does not hand out but FFmpeg's filters know."""
    strip = filtered(frame, "scale", f"w=max(2\\,trunc({SAR_STEPS}*sar)):h=2:flags=neighbor:eval=frame")
    return float(strip.width / SAR_STEPS)


def _doubts(container: Fraction | None, codec: Fraction | None) -> list[str]:
    told = "`aspect` in cameras.toml tells another shape"
    aspect = container or codec
    if aspect and is_absurd(aspect):
        return [f"the file says that its pixels are {colon(aspect)}, which no camera has: taken as square; {told}"]
    if container and codec and differ(container, codec):
        return [
            f"the container says that pixels are {colon(container)}, the codec {colon(codec)}: "
            f"the container is followed; {told}"
        ]
    return []
