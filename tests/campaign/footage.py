"""Small sound files of every container and codec that can be written here, to be harmed."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from fakes import number_image

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = (144, 176)
"""Height and width that every codec takes, h263 too."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is made of.

    Attributes:
        name: for the table of counts.
        suffix: of its name.
        codec: FFmpeg's name of the encoder.
        form: FFmpeg's name of the container; None for what the suffix says.
        pixels: the layout of its pixels.
        options: of the container.
        encoder: options of the encoder.
    """

    name: str
    suffix: str
    codec: str
    form: str | None = None
    pixels: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    encoder: dict[str, str] = field(default_factory=dict)


FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
SMALL_GOP = {"g": "6"}

FILMS = (
    Kind("mp4 h264", ".mp4", "libx264", encoder=SMALL_GOP),
    Kind("mp4 h265", ".mp4", "libx265", encoder={"x265-params": "log-level=none:keyint=6"}),
    Kind("mp4 fragmented", ".mp4", "libx264", options=FRAGMENTED, encoder=SMALL_GOP),
    Kind("mp4 mpeg4", ".mp4", "mpeg4"),
    Kind("mov", ".mov", "libx264", encoder=SMALL_GOP),
    Kind("mov mjpeg", ".mov", "mjpeg", pixels="yuvj420p"),
    Kind("mov prores", ".mov", "prores", pixels="yuv422p10le"),
    Kind("mkv h264", ".mkv", "libx264", encoder=SMALL_GOP),
    Kind("mkv ffv1", ".mkv", "ffv1"),
    Kind("webm vp8", ".webm", "libvpx"),
    Kind("webm vp9", ".webm", "libvpx-vp9", encoder={"deadline": "realtime", "cpu-used": "8"}),
    Kind("avi mpeg4", ".avi", "mpeg4"),
    Kind("avi h264", ".avi", "libx264", encoder={"bf": "0", **SMALL_GOP}),
    Kind("avi mjpeg", ".avi", "mjpeg", pixels="yuvj420p"),
    Kind("avi huffyuv", ".avi", "huffyuv", pixels="yuv422p"),
    Kind("ts h264", ".ts", "libx264", "mpegts", encoder=SMALL_GOP),
    Kind("ts mpeg2", ".ts", "mpeg2video", "mpegts"),
    Kind("mpg", ".mpg", "mpeg2video", "vob"),
    Kind("flv h264", ".flv", "libx264", encoder=SMALL_GOP),
    Kind("flv sorenson", ".flv", "flv"),
    Kind("asf", ".asf", "msmpeg4", "asf"),
    Kind("wmv", ".wmv", "wmv2", "asf"),
    Kind("3gp", ".3gp", "h263"),
    Kind("y4m", ".y4m", "wrapped_avframe", "yuv4mpegpipe"),
    Kind("raw h264", ".h264", "libx264", "h264", encoder=SMALL_GOP),
    Kind("raw h265", ".h265", "libx265", "hevc", encoder={"x265-params": "log-level=none:keyint=6"}),
    Kind("raw mjpeg", ".mjpeg", "mjpeg", "mjpeg", pixels="yuvj420p"),
    Kind("gif", ".gif", "gif", pixels="rgb8"),
)
"""Recordings."""

MP4_SOUND = FILMS[0]
"""What lies beside the harmed ones, and must not be concerned."""

PICTURES = (
    Kind("png", ".png", "png"), Kind("jpg", ".jpg", "jpg"), Kind("tiff", ".tiff", "tiff"), Kind("bmp", ".bmp", "bmp"),
    Kind("webp", ".webp", "webp"),
    Kind("apng", ".png", "apng", "apng", pixels="rgb24"),
    Kind("animated webp", ".webp", "libwebp_anim", "webp"),
)  # fmt: skip
"""Still pictures; of the last two, which move, the first picture is read."""


def make(kind: Kind, frames: int = 18) -> bytes:
    """The content of a file of some kind, 12 frames a second."""
    if kind.form is None and kind in PICTURES:
        encoded, content = cv2.imencode(kind.suffix, number_image(5, SIZE))
        assert encoded
        return content.tobytes()
    return write(kind, [Fraction(index, 12) for index in range(frames)])


def write(kind: Kind, seconds: Sequence[Fraction], size: tuple[int, int] = SIZE, streams: int = 1) -> bytes:
    """A film whose frames have these times, in this size, as many times side by side as asked for."""
    target = io.BytesIO()
    # An empty name would let FFmpeg guess; the one that is given is never opened.
    target.name = f"film{kind.suffix}"
    with av.open(target, "w", format=kind.form, options=kind.options) as container:
        added = [_add(container, kind, size) for _ in range(streams)]
        for index, second in enumerate(seconds):
            for stream in added:
                frame = av.VideoFrame.from_ndarray(_picture(index, size), format="rgb24")
                frame = frame.reformat(format=kind.pixels)
                frame.pts, frame.time_base = round(second * 12), Fraction(1, 12)
                container.mux(stream.encode(frame))
        for stream in added:
            container.mux(stream.encode())
    return target.getvalue()


def _add(container: Any, kind: Kind, size: tuple[int, int]) -> Any:
    stream = container.add_stream(kind.codec, rate=12, options=kind.encoder)
    stream.width, stream.height, stream.pix_fmt = size[1], size[0], kind.pixels
    return stream


def _picture(index: int, size: tuple[int, int]) -> np.ndarray:
    """Numbered, and flat where it is large, so that it is made quickly."""
    if size == SIZE:
        return number_image(index, size)
    return np.full((*size, 3), 90 + index % 60, np.uint8)
