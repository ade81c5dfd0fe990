"""Video files → sampled frames with their own timestamps. PyAV decodes; OpenCV reads still pictures.

Damage is told apart from absence: a frame that cannot be decoded is a frame with a problem, a video that ends early or
holds damage says so in the `End` of its frames, and a file that gives no frame at all is a `VideoError`.
"""

from __future__ import annotations

import heapq
import math
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from ..errors import VideoError
from ..records import NO_HINTS, End, Frame, VideoInfo
from ..settings import Sampling, SamplingMode
from .containers import cause_of, describe, missing_end, open_video
from .picking import FAR, CannotJumpError, jump
from .sampling import Picked, choose
from .stills import PICTURE_SUFFIXES, read_picture
from .timeline import Clock, Timeline, list_frames, read_packets, tolerance_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..records import Hints

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("3gp", "264", "265", "asf", "avi", "dav", "flv", "gif", "h264", "h265", "hevc", "m2ts", "m4v", "mjpeg"),
        *("mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "ts", "vob", "webm", "wmv", "y4m"),
    )
)

READER_VERSION = 2
"""Raised when what a file gives as frames and times changes; 1 was before 0.4."""


def is_supported(path: Path) -> bool:
    """Whether the file's suffix is one of a video or still picture."""
    return path.suffix.lower() in VIDEO_SUFFIXES | PICTURE_SUFFIXES


def check_file(path: Path) -> None:
    """Refuse what would hang or cannot hold a frame.

    Raises:
        VideoError: missing, not a regular file (a FIFO would wait for ever), unreadable or empty.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise VideoError(f"cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise VideoError("expected a regular file; this is a pipe, device or folder")
    if not status.st_size:
        raise VideoError("the file is empty")


def probe(path: Path, hints: Hints = NO_HINTS) -> VideoInfo:
    """What the container says of itself; only the first frame is decoded, which alone knows its rotation.

    Raises:
        VideoError: not a video, no video stream, no decoder, or larger than 8K.
    """
    check_file(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        height, width = read_picture(path).shape[:2]
        return VideoInfo(path, width, height, 0.0, None, path.suffix.lower()[1:], is_still=True)
    with open_video(path, hints) as (container, stream):
        return describe(path, container, stream, hints)


class Reader:
    """The frames of one video."""

    def __init__(self, path: Path, on_progress: Callable[[], None] = lambda: None, hints: Hints = NO_HINTS) -> None:
        """Prepare to read; nothing is opened yet.

        Args:
            path: the video.
            on_progress: called with every packet that is read, whether or not it leads to a frame.
            hints: what was said of the file.
        """
        self.path, self.hints = path, hints
        self._on_progress = on_progress

    def sample(self, sampling: Sampling | Picked | None, skip: int = 0) -> Iterator[Frame | End]:
        """The sampled frames in order, and behind them an `End` that says what was wrong with the video.

        Args:
            sampling: which frames; None for every one. Behind the last picked one reading stops, whatever follows.
            skip: leave out that many of the first sampled frames; they are decoded but not converted.

        Raises:
            VideoError: not a video, or no frame of it could be decoded.
        """
        check_file(self.path)
        if self.path.suffix.lower() in PICTURE_SUFFIXES:
            if not skip:
                yield Frame(0, 0.0, read_picture(self.path))
            yield End()
            return
        if isinstance(sampling, Picked):
            yield from self._pick(sampling)
            return
        timeline = None
        if sampling and sampling.mode in {SamplingMode.FRAMES, SamplingMode.KEYFRAMES}:
            timeline = self._list()
            if sampling.mode is SamplingMode.KEYFRAMES and not timeline.keyframes:
                # A clip cut between key frames shows none of them; the frame in its middle stands in.
                sampling = Sampling(SamplingMode.FRAMES, 1)
        yield from self._choose(sampling, timeline, skip)

    def _pick(self, picked: Picked) -> Iterator[Frame | End]:
        """The picked frames and the end; far ones by jumps, as long as these are safe."""
        left = set(picked.indices)
        if picked.last >= FAR:
            try:
                with open_video(self.path, self.hints) as (container, stream):
                    for index, seconds, frame in jump(container, stream, picked, self._on_progress):
                        left.remove(index)
                        yield _Decoded.of(index, seconds, frame).convert()
            except CannotJumpError:
                yield from self._choose(Picked(frozenset(left)), None, 0)
            else:
                yield End()
            return
        yield from self._choose(picked, None, 0)

    def _list(self) -> Timeline:
        with open_video(self.path, self.hints) as (container, stream):
            timeline = list_frames(container, stream, self._on_progress)
        if not timeline.seconds:
            raise VideoError("no frame could be decoded")
        return timeline

    def _choose(
        self, sampling: Sampling | Picked | None, timeline: Timeline | None, skip: int
    ) -> Iterator[Frame | End]:
        is_keyed = isinstance(sampling, Sampling) and sampling.mode is SamplingMode.KEYFRAMES
        only_keys = timeline if is_keyed else None
        with open_video(self.path, self.hints) as (container, stream):
            is_wanted = choose(sampling, len(timeline.seconds) if timeline else 0, tolerance_s(stream))
            last, wanted = -1, 0
            for decoded in self._decode(container, stream, only_keys):
                if isinstance(decoded, End):
                    yield decoded
                elif decoded.index > last and is_wanted(decoded.index, decoded.timestamp_s):
                    last = decoded.index
                    wanted += 1
                    if wanted > skip:
                        yield decoded.convert()
                    if isinstance(sampling, Picked) and last >= sampling.last:
                        yield End()
                        return

    def _decode(self, container: Any, stream: Any, only_keys: Timeline | None) -> Iterator[_Decoded | End]:
        """Frames in order of presentation, damaged and lost ones included, then the end."""
        clock = Clock(stream)
        place = only_keys.place if only_keys else clock.place
        state = _State()
        last_s = held_s = 0.0
        for packet in self._packets(container, stream, only_keys, state):
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                state.lose(packet.pts, cause_of(error))
                continue
            for frame in frames:
                yield from state.lost_before(frame.pts, place)
                state.good += 1
                state.damaged += frame.is_corrupt
                index, last_s = place(frame.pts)
                # The last frame of a variable frame rate may be shown for long.
                held_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
                yield _Decoded.of(index, last_s, frame)
        yield from state.lost_before(None, place)
        if not state.good:
            raise VideoError(f"no frame could be decoded{f': {state.ending}' if state.ending else ''}")
        if only_keys:
            last_s, held_s = only_keys.seconds[-1], only_keys.held_s
        begin_s = only_keys.begin_s if only_keys else clock.begin_s
        yield End(state.summarise(last_s, missing_end(container, stream, last_s, held_s, begin_s)))

    def _packets(self, container: Any, stream: Any, only_keys: Timeline | None, state: _State) -> Iterator[Any]:
        """The stream's packets; of key frames alone, with their position in place of the PTS."""
        positions = iter(only_keys.keyframes) if only_keys else None
        if only_keys:
            stream.codec_context.skip_frame = "NONKEY"
        try:
            for packet in read_packets(container, stream):
                self._on_progress()
                if positions is not None and packet.size:
                    if packet.is_discard or not packet.is_keyframe:
                        continue
                    packet.pts = packet.dts = next(positions, None)
                yield packet
        except av.error.FFmpegError as error:
            state.ending = cause_of(error)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A decoded frame before its conversion to RGB; `frame` is None for a lost one."""

    index: int
    timestamp_s: float
    frame: Any
    problem: str | None

    @classmethod
    def of(cls, index: int, timestamp_s: float, frame: Any) -> _Decoded:
        return cls(index, timestamp_s, frame, "decoded with damage" if frame.is_corrupt else None)

    def convert(self) -> Frame:
        if self.frame is None:
            return Frame(self.index, self.timestamp_s, None, self.problem)
        try:
            pixels = self.frame.to_ndarray(format="rgb24")
        except (av.error.FFmpegError, ValueError) as error:
            return Frame(self.index, self.timestamp_s, None, f"could not be converted: {cause_of(error)}")
        image = np.ascontiguousarray(np.rot90(pixels, round(self.frame.rotation / 90) % 4))
        return Frame(self.index, self.timestamp_s, image, self.problem)


@dataclass(slots=True)
class _State:
    """What decoding one video has met so far.

    Attributes:
        good, damaged, lost: frames decoded, those of them with damage, and packets that gave none.
        ending: why reading stopped before the end of the file.
        waiting: PTS and cause of lost packets, until the frames that are shown before them are out of the decoder.
    """

    good: int = 0
    damaged: int = 0
    lost: int = 0
    ending: str | None = None
    waiting: list[tuple[float, int, str]] = field(default_factory=list)

    def lose(self, pts: int | None, cause: str) -> None:
        self.lost += 1
        heapq.heappush(self.waiting, (-math.inf if pts is None else pts, self.lost, cause))

    def lost_before(self, pts: int | None, place: Callable[[int | None], tuple[int, float]]) -> Iterator[_Decoded]:
        """The lost frames whose turn is before the frame with that PTS; all of them for None."""
        while self.waiting and (pts is None or self.waiting[0][0] <= pts):
            due, _, cause = heapq.heappop(self.waiting)
            index, seconds = place(None if due == -math.inf else int(due))
            yield _Decoded(index, seconds, None, f"could not be decoded: {cause}")

    def summarise(self, end_s: float, missing_end: str | None) -> str | None:
        parts = []
        if self.damaged:
            parts.append(f"{_count(self.damaged)} decoded with damage")
        if self.lost:
            parts.append(f"{_count(self.lost)} could not be decoded")
        if self.ending:
            parts.append(f"reading stopped after {end_s:.1f} s: {self.ending}")
        elif missing_end:
            parts.append(missing_end)
        return "; ".join(parts) or None


def _count(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"
