"""How many frames a second a stream has: as it was told, as its headers state it, or as its timestamps show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import av
import numpy as np

if TYPE_CHECKING:
    from ..records import Hints

DEFAULT_FPS = 25.0
"""For streams without timestamps that state no rate, such as Motion JPEG."""

LEAST_FPS, MOST_FPS = 0.1, 240.0
"""Rates beyond are steps of a counter and no camera's."""

HEAD = 100
"""Packets whose timestamps show the rate where the container's figure cannot be one."""

TOLD_IN_VAIN = "`rate` is not used: the file has timestamps of its own"

BARE = frozenset(
    (
        *("h264", "hevc", "vvc", "evc", "mjpeg", "jpeg_pipe", "mpjpeg", "m4v", "mpegvideo", "h261", "h263", "vc1"),
        *("obu", "cavsvideo", "avs2", "avs3", "dirac", "mjpeg_2000", "png_pipe", "dnxhd"),
    )
)
"""FFmpeg's names of files that hold pictures and nothing else: their timestamps are made up from a rate."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Frames a second, and whether anything says so.

    Attributes:
        fps: frames a second.
        is_guess: nothing states it.
        is_told: somebody said it.
    """

    fps: float
    is_guess: bool = False
    is_told: bool = False

    @property
    def period_s(self) -> float:
        """Seconds from one frame to the next."""
        return 1 / self.fps


def is_bare(container: Any) -> bool:
    """Whether the file has no timestamps of its own."""
    return container.format.name in BARE


def rate_of(container: Any, stream: Any, hints: Hints) -> Rate:
    """The rate by which frames without timestamps are laid out."""
    if hints.rate:
        return Rate(hints.rate, is_told=True)
    stated = [stream.codec_context.framerate]
    if not is_bare(container):
        # FFmpeg's own figures are made up for bare streams.
        stated += [stream.guessed_rate, stream.average_rate]
    found = next((float(fps) for fps in stated if fps and LEAST_FPS <= fps <= MOST_FPS), None)
    return Rate(found) if found else Rate(DEFAULT_FPS, is_guess=True)


def average_fps(container: Any, stream: Any, hints: Hints) -> float:
    """Frames a second on average, as far as container and timestamps tell; reads on in the container if it must."""
    if is_bare(container):
        return rate_of(container, stream, hints).fps
    stated = float(stream.average_rate or stream.guessed_rate or 0)
    return stated if 1 <= stated <= 120 else _seen_fps(container, stream) or stated


def _seen_fps(container: Any, stream: Any) -> float | None:
    """The usual step between the next packets, as a rate."""
    try:
        packets = list(islice(container.demux(stream), HEAD))
    except (av.error.FFmpegError, IndexError):
        return None
    ticks = [packet.dts if packet.dts is not None else packet.pts for packet in packets if packet.size]
    steps = np.diff(np.sort([tick for tick in ticks if tick is not None]))
    steps = steps[steps > 0]
    if len(steps) < 2 or not stream.time_base:
        return None
    return float(1 / (np.mean(steps[steps <= 3 * np.median(steps)]) * float(stream.time_base)))


def say_guess(rate: Rate) -> tuple[str, ...]:
    """That times laid out by a rate are guesses, if nothing states it."""
    if not rate.is_guess:
        return ()
    return (
        f"it states no frame rate: {rate.fps:g} frames a second are assumed, all its times are guesses; tell `rate` if "
        "you know it",
    )
