"""Video files → sampled frames with their own timestamps. PyAV decodes; OpenCV reads still pictures.

Damage is told apart from absence: a frame that cannot be decoded is a frame with a problem, a video that ends early or
holds damage says so in the `End` of its frames, and a file that gives no frame at all is a `VideoError`.
"""

from __future__ import annotations

import logging
import math
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from ..errors import VideoError
from ..records import NO_HINTS, End, Frame, VideoInfo
from ..settings import Sampling, SamplingMode
from .containers import describe, open_video, screen_of
from .delays import Head
from .formats import cause_of
from .identity import stamp_of
from .picking import FAR, CannotJumpError, jump
from .rates import DEFAULT_FPS
from .sampling import Picked, choose
from .screen import show_picture
from .stills import PICTURE_SUFFIXES, read_still
from .timeline import Timeline, list_frames, read_packets, tolerance_s
from .walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..records import Hints
    from .identity import Stamp
    from .screen import Screen
    from .stills import Still

logger = logging.getLogger("fer_video")

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("3gp", "264", "265", "asf", "avi", "dav", "flv", "gif", "h264", "h265", "hevc", "m2ts", "m4v", "mjpeg"),
        *("mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "ts", "vob", "webm", "wmv", "y4m"),
    )
)

SMALL_BYTES = 64 * 2**20
"""Up to there, listing all frames takes a moment, and is done for a glance."""

HEAD_FRAMES = 24
"""So many frames show whether the decoder changes their order."""

_LISTED: dict[tuple[Path, Stamp | None, Hints], Timeline] = {}
"""The last list of frames that was made: whoever asks how long a video is, reads it next."""

READER_VERSION = 3
"""Raised when what a file gives as frames and times changes; 1 was before 0.4, 2 before crops were applied."""


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


def probe(
    path: Path, hints: Hints = NO_HINTS, *, is_glance: bool = False, on_progress: Callable[[], None] = lambda: None
) -> VideoInfo:
    """What the container says of itself; only the first frame is decoded, which alone knows its rotation.

    How long the picture is, is counted: containers say it of their longest stream, or of a wild last timestamp.

    Args:
        path: the file.
        hints: what was said of it.
        is_glance: believe the container of a file above `SMALL_BYTES`.
        on_progress: called with every packet that is read.

    Raises:
        VideoError: not a video, no video stream, no decoder, or larger than 8K.
    """
    check_file(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        still = _read_still(path, hints)
        shown = show_picture(still.image, hints)[0].shape
        info = VideoInfo(path, shown[1], shown[0], 0.0, None, path.suffix.lower()[1:], is_still=True, notes=still.notes)
        return replace(info, coded_width=still.image.shape[1], coded_height=still.image.shape[0])
    with open_video(path, hints) as (container, stream):
        info = describe(path, container, stream, hints)
    if is_glance and path.stat().st_size > SMALL_BYTES:
        return info
    try:
        return _timed(info, Reader(path, on_progress, hints).timeline())
    except VideoError as error:
        # Whoever reads the frames says so, too, and what else there is to say.
        logger.info("%s: %s", path, error)
        return info


def _timed(info: VideoInfo, timeline: Timeline) -> VideoInfo:
    """With what the list of all frames tells better than the container."""
    fps = timeline.laid_fps or info.fps
    steps = np.diff(timeline.seconds)
    step_s = min(1 / (fps or DEFAULT_FPS), float(np.median(steps)) if len(steps) else math.inf)
    duration_s = float(timeline.seconds[-1]) + max(timeline.held_s, step_s)
    return replace(info, fps=fps, duration_s=duration_s, uses_rate=timeline.uses_rate)


def _read_still(path: Path, hints: Hints) -> Still:
    if (hints.stream or 1) > 1:
        raise VideoError(f"expected a camera number {hints.stream}, as `stream` asks for; this is a still picture")
    return read_still(path)


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
            still = _read_still(self.path, self.hints)
            image, notes = show_picture(still.image, self.hints)
            if not skip:
                yield Frame(0, 0.0, image, still.damage)
            yield End(still.damage, notes)
            return
        timeline = self.timeline()
        if isinstance(sampling, Picked):
            yield from self._pick(sampling, timeline)
            return
        if sampling and sampling.mode is SamplingMode.KEYFRAMES and timeline.is_ordered and not timeline.keyframes:
            # A clip cut between key frames shows none of them; the frame in its middle stands in.
            sampling = Sampling(SamplingMode.FRAMES, 1)
        yield from self._choose(sampling, timeline, skip)

    def _pick(self, picked: Picked, timeline: Timeline) -> Iterator[Frame | End]:
        """The picked frames and the end; far ones by jumps, as long as these are safe."""
        left = set(picked.indices)
        if picked.last >= FAR:
            try:
                with open_video(self.path, self.hints) as (container, stream):
                    screen = screen_of(self.path, container, stream, self.hints)
                    for index, seconds, frame in jump(container, stream, picked, timeline, self._on_progress):
                        left.remove(index)
                        yield _Decoded.of(index, seconds, frame).convert(screen)
            except CannotJumpError:
                yield from self._choose(Picked(frozenset(left)), timeline, 0)
            else:
                yield End(notes=timeline.notes)
            return
        yield from self._choose(picked, timeline, 0)

    def timeline(self) -> Timeline:
        """Every frame with its time, listed without decoding; once a file, if nothing else is listed in between.

        Raises:
            VideoError: not a video, or it holds no frame.
        """
        key = (self.path.absolute(), stamp_of(self.path), self.hints)
        if key not in _LISTED:
            timeline = self._list()
            _LISTED.clear()
            _LISTED[key] = timeline
        return _LISTED[key]

    def _list(self) -> Timeline:
        with open_video(self.path, self.hints) as (container, stream):
            timeline = list_frames(container, stream, self.hints, self._on_progress, self._heads)
        if not len(timeline):
            raise VideoError("no frame could be decoded")
        return timeline

    def _heads(self) -> Head:
        """What the decoder makes of the beginning, alone and in one thread."""
        numbers: list[int] = []
        delay = 0
        with open_video(self.path, self.hints) as (container, stream):
            stream.codec_context.thread_type = "NONE"
            try:
                for number, packet in enumerate(read_packets(container, stream)):
                    if packet.size:
                        packet.pts = packet.dts = number
                    frames = [frame.pts for frame in packet.decode() if frame.pts is not None]
                    delay = number if frames and not numbers else delay
                    numbers += frames
                    if len(numbers) >= HEAD_FRAMES:
                        break
            except av.error.FFmpegError as error:
                logger.info("the beginning could not be decoded: %s", error)
        return Head(tuple(numbers), delay)

    def _choose(self, sampling: Sampling | Picked | None, timeline: Timeline, skip: int) -> Iterator[Frame | End]:
        is_keyed = isinstance(sampling, Sampling) and sampling.mode is SamplingMode.KEYFRAMES
        with open_video(self.path, self.hints) as (container, stream):
            is_wanted, asked = (choose(sampling, timeline.seconds, timeline.held_s, tolerance_s(stream)) for _ in "12")
            screen, last, wanted = screen_of(self.path, container, stream, self.hints), -1, 0
            looked_at = {index for index, seconds in enumerate(timeline.seconds) if asked(index, float(seconds))}
            walk = Walk(
                self.path, container, stream, timeline, is_keyed=is_keyed, on_progress=self._on_progress,
                wanted=None if sampling is None else looked_at,
            )  # fmt: skip
            for shown in walk.frames():
                if isinstance(shown, End):
                    yield replace(shown, notes=(*shown.notes, *screen.notes))
                elif is_wanted(shown.index, shown.timestamp_s):
                    last = shown.index
                    wanted += 1
                    if wanted > skip:
                        yield _Decoded(shown.index, shown.timestamp_s, shown.frame, shown.problem).convert(screen)
                    elif shown.frame is not None:
                        screen.pass_over(shown.frame)
                    if isinstance(sampling, Picked) and last >= sampling.last:
                        yield End(notes=timeline.notes)
                        return


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

    def convert(self, screen: Screen) -> Frame:
        if self.frame is None:
            return Frame(self.index, self.timestamp_s, None, self.problem)
        try:
            image = screen.show(self.frame)
        except (av.error.FFmpegError, ValueError) as error:
            return Frame(self.index, self.timestamp_s, None, f"could not be converted: {cause_of(error)}")
        return Frame(self.index, self.timestamp_s, image, self.problem)
