"""Frames → an H.264 mp4 file, with the timestamps that they came with. Used for annotated copies only."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from ..video.tags import ANNOTATED

if TYPE_CHECKING:
    from pathlib import Path

    from ..records import Image, VideoInfo

OPTIONS = {"crf": "18", "preset": "veryfast"}
"""H.264 that the eye takes for the original."""

BT709 = MPEG = 1
"""FFmpeg's numbers: colours of HD video (ITU-T H.273), and luma from 16 to 235."""

MAX_STEPS_PER_S, USUAL_STEPS_PER_S = 1_000_000, 90_000
"""Finer timestamps than the first are rounded to the second, which mp4 players cope with."""


class Writer:
    """An mp4 file, opened with the first frame. Sound and metadata of the original have no way in."""

    def __init__(self, path: Path, info: VideoInfo) -> None:
        """Prepare; nothing is written yet.

        Args:
            path: the file, overwritten.
            info: of the original: its clock and frame rate are taken over.
        """
        self._path, self._info = path, info
        self._step_s = choose_step(info.time_base)
        self._size: tuple[int, int] | None = None
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._container is not None:
            self._container.close()

    def write(self, image: Image, seconds: float) -> None:
        """Add a frame, uint8 (H, W, 3), RGB. One of another size than the first is scaled to it."""
        if self._size is None:
            self._open(image.shape[0], image.shape[1])
            self._size = image.shape[:2]
        elif image.shape[:2] != self._size:
            image = np.asarray(cv2.resize(image, self._size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        frame = av.VideoFrame.from_ndarray(make_even(image), format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=BT709, dst_color_range=MPEG)
        # Frames at the same time, which damaged files have, follow each other by the smallest step.
        self._last = max(round(seconds / self._step_s), self._last + 1)
        frame.pts, frame.time_base = self._last, self._step_s
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what the encoder holds back and the file's index."""
        container, self._container = self._container, None
        container.mux(self._stream.encode())
        container.close()

    def _open(self, height: int, width: int) -> None:
        # Without faststart, a player must fetch the whole file before it can begin.
        self._container = av.open(str(self._path.absolute()), "w", format="mp4", options={"movflags": "+faststart"})
        # Once for the file and once for its stream: not every program that repacks a file keeps both.
        self._container.metadata["comment"] = ANNOTATED
        rate = Fraction(self._info.fps or 25).limit_denominator(1001)
        self._stream = self._container.add_stream("libx264", rate=rate)
        self._stream.metadata["handler_name"] = ANNOTATED
        self._stream.width, self._stream.height, self._stream.pix_fmt = (
            width + width % 2,
            height + height % 2,
            "yuv420p",
        )
        context = self._stream.codec_context
        context.options, context.time_base = OPTIONS, self._step_s
        context.sample_aspect_ratio = 1  # frames leave the reader in square pixels, whatever the original has
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = MPEG


def choose_step(time_base: Fraction | None) -> Fraction:
    """The clock of the copy, seconds a step: the original's, unless it has none or a finer one than players take."""
    if time_base and time_base > 0 and time_base.denominator <= MAX_STEPS_PER_S:
        return time_base
    return Fraction(1, USUAL_STEPS_PER_S)


def make_even(image: Image) -> Image:
    """Repeat the last row or column of a frame with an odd number of them: H.264 for players halves the colours."""
    down, across = image.shape[0] % 2, image.shape[1] % 2
    return np.pad(image, ((0, down), (0, across), (0, 0)), mode="edge") if down or across else image
