"""When each frame is shown: PTS turned into seconds from the first frame, decoded or only listed."""

from __future__ import annotations

import bisect
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import av

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger("fer_video")

DEFAULT_FPS = 25.0
"""For streams without timestamps and without a frame rate, such as raw H.264."""

BACKWARDS_S = 1.0
"""Timestamps that fall back further than this begin a new recording; a smaller step is a container's imprecision."""


def period_s(stream: Any) -> float:
    """Seconds from one frame to the next, on average."""
    return 1 / float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)


def tolerance_s(stream: Any) -> float:
    """How far a timestamp may be from the truth: half of the container's tick, as Matroska's rounding to 1 ms."""
    return min(float(stream.time_base or 0) / 2, 0.0005) + 1e-6


class Clock:
    """Counts frames and turns their PTS into seconds from the first one that never run backwards.

    Attributes:
        last_s: seconds of the last frame.
        begin_s: the first frame's own timestamp in seconds; 0 if it has none.
    """

    def __init__(self, stream: Any) -> None:
        self.last_s = 0.0
        self.begin_s = 0.0
        self._base = float(stream.time_base or 0)
        self._period_s = period_s(stream)
        self._shift_s: float | None = None
        self._index = -1

    def place(self, pts: int | None) -> tuple[int, float]:
        """Index and seconds of the next frame, in order of presentation."""
        self._index += 1
        return self._index, self._seconds(pts)

    def _seconds(self, pts: int | None) -> float:
        if pts is None or not self._base:
            self.last_s += self._period_s if self._shift_s is not None else 0.0
            self._shift_s = self._shift_s or 0.0
            return self.last_s
        raw = pts * self._base
        if self._shift_s is None:
            self._shift_s, self.begin_s = -raw, raw
        elif raw + self._shift_s < self.last_s - BACKWARDS_S:
            # The recorder's clock was set back, or its counter wrapped: go on one frame later.
            self._shift_s = self.last_s + self._period_s - raw
        self.last_s = max(raw + self._shift_s, self.last_s)
        return self.last_s


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every frame of a video, listed without decoding.

    Attributes:
        seconds: of each frame from the first, in order of presentation.
        keyframes: positions in `seconds` of the key frames, in the order of their packets.
        held_s: how long the last frame is shown; 0 if the container does not say.
        begin_s: the first frame's own timestamp in seconds.
        parts: recordings that follow each other in it, each with timestamps of its own.
    """

    seconds: tuple[float, ...]
    keyframes: tuple[int, ...]
    held_s: float = 0.0
    begin_s: float = 0.0
    parts: int = 1

    def place(self, position: int | None) -> tuple[int, float]:
        """Index and seconds of the frame at a position that was handed through the decoder as its PTS."""
        index = min(max(position or 0, 0), len(self.seconds) - 1)
        return index, self.seconds[index]


class _Listed(NamedTuple):
    """A packet's frame: when and how long it is shown, in the container's own seconds."""

    shown_s: float
    is_key: bool
    held_s: float


def list_frames(container: Any, stream: Any, on_progress: Callable[[], None]) -> Timeline:
    """The timeline of a stream, as far as it can be read and from its first key frame on."""
    step_s = period_s(stream)
    parts: list[list[_Listed]] = [[]]
    earliest: float | None = None
    for packet in _list_packets(container, stream):
        on_progress()
        if not packet.size or packet.is_discard:
            continue
        decoded_s = _in_seconds(packet.dts, packet.time_base)
        if decoded_s is not None and earliest is not None and decoded_s < earliest - BACKWARDS_S:
            parts.append([])
        earliest = decoded_s if decoded_s is not None else earliest
        shown_s = _in_seconds(packet.pts, packet.time_base)
        shown_s = len(parts[-1]) * step_s if shown_s is None else shown_s
        held_s = _in_seconds(packet.duration, packet.time_base) or 0.0
        parts[-1].append(_Listed(shown_s, packet.is_keyframe, held_s))
    return _join(_decodable(parts), step_s)


def _decodable(parts: list[list[_Listed]]) -> list[list[_Listed]]:
    """Without what a clip that begins between key frames shows before its first one: no decoder gives it."""
    for number, part in enumerate(parts):
        first = next((at for at, frame in enumerate(part) if frame.is_key), None)
        if first is not None:
            # Frames that follow a key frame in the file and are shown before it lean on the ones that are missing.
            kept = [frame for frame in part[first:] if frame.shown_s >= part[first].shown_s]
            return [kept, *parts[number + 1 :]]
    return parts


def read_packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of one stream, and an empty one at the end that asks the decoder for what it still holds."""
    try:
        yield from container.demux(stream)
    except IndexError:
        # PyAV stumbles at the end of a file over streams that it did not see at its beginning; ours is through.
        logger.info("streams appeared in the middle of the file")


def _list_packets(container: Any, stream: Any) -> Iterator[Any]:
    try:
        yield from read_packets(container, stream)
    except av.error.FFmpegError as error:
        # What can be listed is listed; decoding meets the same place and says what is wrong there.
        logger.info("listing frames stopped: %s", error)


def _in_seconds(ticks: int | None, time_base: Any) -> float | None:
    return None if ticks is None or not time_base else float(ticks * time_base)


def _join(parts: list[list[_Listed]], step_s: float) -> Timeline:
    """One timeline of recordings that follow each other, each sorted from its packets' order into that of showing."""
    seconds: list[float] = []
    keyframes: list[int] = []
    held_s = begin_s = 0.0
    for part in filter(None, parts):
        shown = sorted(frame.shown_s for frame in part)
        held_s = max(part).held_s
        begin_s = begin_s if seconds else shown[0]
        begin = len(seconds)
        offset = (seconds[-1] + step_s if seconds else 0.0) - shown[0]
        keyframes += [begin + bisect.bisect_left(shown, frame.shown_s) for frame in part if frame.is_key]
        seconds += [second + offset for second in shown]
    return Timeline(tuple(seconds), tuple(keyframes), held_s, begin_s, sum(map(bool, parts)))
