"""Video files → sampled frames with their own timestamps. PyAV decodes; OpenCV reads still pictures.

Damage is told apart from absence: a frame that cannot be decoded is a frame with a problem, a video that ends early or
holds damage has `damage`, and a file that gives no frame at all is a `VideoError`.
"""

from __future__ import annotations

import bisect
import logging
import math
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from .errors import VideoError
from .records import Frame, VideoInfo
from .settings import Sampling, SamplingMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .records import Image

logger = logging.getLogger("fer_video")

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("3gp", "264", "265", "asf", "avi", "dav", "flv", "gif", "h264", "h265", "hevc", "m2ts", "m4v", "mjpeg"),
        *("mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "ts", "vob", "webm", "wmv", "y4m"),
    )
)
PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

MAX_PIXELS = 7680 * 4320
"""8K. A few bytes can ask for gigabytes; a larger frame is refused before it is decoded."""

HEARTBEAT_FRAMES = 25
"""While no frame is due, `on_progress` is called after this many decoded ones."""

DEFAULT_FPS = 25.0
"""For streams without timestamps and without a frame rate, such as raw H.264."""


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


def probe(path: Path) -> VideoInfo:
    """What the container says of itself, without decoding.

    Raises:
        VideoError: not a video, no video stream, no decoder, or larger than `MAX_PIXELS`.
    """
    check_file(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        height, width = _read_picture(path).shape[:2]
        return VideoInfo(path, width, height, 0.0, None, path.suffix.lower()[1:], is_still=True)
    with _open(path) as (container, stream):
        return _describe(path, container, stream)


class Reader:
    """The frames of one video, once through.

    Attributes:
        damage: after the last frame, what was wrong with the video as a whole; None for a sound one.
    """

    def __init__(self, path: Path, on_progress: Callable[[], None] = lambda: None) -> None:
        """Prepare to read; nothing is opened yet.

        Args:
            path: the video.
            on_progress: called now and then while frames are decoded that are not wanted.
        """
        self.path = path
        self.damage: str | None = None
        self._on_progress = on_progress

    def sample(self, sampling: Sampling, skip: int = 0) -> Iterator[Frame]:
        """The sampled frames in order.

        Args:
            sampling: which frames.
            skip: leave out that many of the first sampled frames; they are decoded but not converted.

        Raises:
            VideoError: not a video, or no frame of it could be decoded.
        """
        check_file(self.path)
        if self.path.suffix.lower() in PICTURE_SUFFIXES:
            if not skip:
                yield Frame(0, 0.0, _read_picture(self.path))
            return
        positions: tuple[float, ...] = ()
        if sampling.mode in {SamplingMode.FRAMES, SamplingMode.KEYFRAMES}:
            positions, has_keyframe = _list_positions(self.path)
            if sampling.mode is SamplingMode.KEYFRAMES and not has_keyframe:
                # A clip cut between key frames shows none of them; its first frame stands in.
                sampling = Sampling(SamplingMode.FRAMES, 1)
        yield from self._choose(sampling, positions, skip)

    def _choose(self, sampling: Sampling, positions: tuple[float, ...], skip: int) -> Iterator[Frame]:
        is_wanted = _chooser(sampling, len(positions))
        keyframes = sampling.mode is SamplingMode.KEYFRAMES
        wanted = 0
        with _open(self.path) as (container, stream):
            if keyframes:
                stream.codec_context.skip_frame = "NONKEY"
            for decoded in self._decode(container, stream, positions if keyframes else ()):
                if is_wanted(decoded.index, decoded.timestamp_s):
                    wanted += 1
                    if wanted > skip:
                        yield decoded.convert()
                        continue
                if decoded.index % HEARTBEAT_FRAMES == 0:
                    self._on_progress()

    def _decode(self, container: Any, stream: Any, positions: tuple[float, ...]) -> Iterator[_Decoded]:
        """Every frame of the stream, damaged and lost ones included; sets `damage` at the end."""
        clock = _Clock(stream)
        good = damaged = lost = 0
        ending = None
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except av.error.FFmpegError as error:
                ending = f"reading stopped after {clock.last_s:.1f} s: {_cause(error)}"
                break
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                lost += 1
                yield _Decoded(clock.count(), clock.seconds(packet.pts), None, f"could not be decoded: {_cause(error)}")
                continue
            for frame in frames:
                good += 1
                damaged += frame.is_corrupt
                seconds = clock.seconds(frame.pts)
                index = bisect.bisect_left(positions, seconds - 1e-6) if positions else clock.count()
                yield _Decoded(index, seconds, frame, "decoded with damage" if frame.is_corrupt else None)
        if not good:
            raise VideoError(f"no frame could be decoded{f': {ending}' if ending else ''}")
        # Key frames alone do not tell where a video ends.
        early = None if positions else _missing_end(container, stream, clock)
        self.damage = _summarise(damaged, lost, ending or early)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A decoded frame before its conversion to RGB; `frame` is None for a lost one."""

    index: int
    timestamp_s: float
    frame: Any
    problem: str | None

    def convert(self) -> Frame:
        if self.frame is None:
            return Frame(self.index, self.timestamp_s, None, self.problem)
        turns = round(self.frame.rotation / 90) % 4
        image = np.ascontiguousarray(np.rot90(self.frame.to_ndarray(format="rgb24"), turns))
        return Frame(self.index, self.timestamp_s, image, self.problem)


class _Clock:
    """Counts frames and turns their PTS into seconds from the first one that never run backwards."""

    def __init__(self, stream: Any) -> None:
        self._base = float(stream.time_base or 0)
        self._period_s = 1 / float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)
        self._shift_s: float | None = None
        self._index = -1
        self.last_s = 0.0

    def count(self) -> int:
        self._index += 1
        return self._index

    def seconds(self, pts: int | None) -> float:
        if pts is None or not self._base:
            self.last_s += self._period_s if self._shift_s is not None else 0.0
            self._shift_s = self._shift_s or 0.0
            return self.last_s
        raw = pts * self._base
        if self._shift_s is None:
            self._shift_s = -raw
        elif raw + self._shift_s < self.last_s - self._period_s:
            # The recorder's clock was set back, or its counter wrapped: go on one frame later.
            self._shift_s = self.last_s + self._period_s - raw
        self.last_s = max(raw + self._shift_s, self.last_s)
        return self.last_s


@contextmanager
def _open(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and its first video stream, with decoding threads on."""
    try:
        container = av.open(str(path.absolute()), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"not a readable video: {_cause(error)}") from error
    with container:
        if not container.streams.video:
            held = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
            raise VideoError(f"expected a video stream; the file holds {held} only")
        stream = container.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise VideoError("no decoder for its video stream in this build of FFmpeg")
        if context.width * context.height > MAX_PIXELS:
            raise VideoError(f"expected at most 8K frames; found {context.width} by {context.height} pixels")
        if not context.width * context.height:
            raise VideoError("the video stream has no picture size: the file is damaged or cut short")
        stream.thread_type = "AUTO"
        yield container, stream


def _describe(path: Path, container: Any, stream: Any) -> VideoInfo:
    context = stream.codec_context
    rotation = _rotation(container, stream)
    width, height = (context.height, context.width) if rotation % 180 else (context.width, context.height)
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        fps=float(stream.average_rate or stream.guessed_rate or 0),
        duration_s=_duration_s(container, stream),
        codec=context.name,
        rotation=rotation,
        created_at=_created_at(container, stream),
    )


def _rotation(container: Any, stream: Any) -> int:
    """Degrees, 0 to 270, to turn the picture counter-clockwise; only a decoded frame tells."""
    try:
        frame = next(container.decode(stream), None)
    except av.error.FFmpegError:
        return 0
    return round(frame.rotation) % 360 if frame else 0


def _duration_s(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _created_at(container: Any, stream: Any) -> datetime | None:
    """The creation time that the recorder wrote; a missing or zero clock (1904, 1970) is none."""
    written = stream.metadata.get("creation_time") or container.metadata.get("creation_time")
    try:
        created = datetime.fromisoformat(written) if written else None
    except ValueError:
        return None
    return created if created and created.tzinfo and created.year > 1970 else None


def _list_positions(path: Path) -> tuple[tuple[float, ...], bool]:
    """Seconds of every shown frame from the first, in order, without decoding; and if one is a key frame."""
    with _open(path) as (container, stream):
        period_s = 1 / float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)
        seconds: list[float] = []
        has_keyframe = False
        try:
            for packet in container.demux(stream):
                if not packet.size or packet.is_discard:
                    continue
                has_keyframe |= packet.is_keyframe
                known = packet.pts is not None and packet.time_base
                seconds.append(float(packet.pts * packet.time_base) if known else len(seconds) * period_s)
        except av.error.FFmpegError as error:
            # What can be listed is listed; decoding meets the same place and says what is wrong there.
            logger.info("%s: listing frames stopped: %s", path, _cause(error))
    if not seconds:
        raise VideoError("no frame could be decoded")
    first = min(seconds)
    return tuple(sorted(second - first for second in seconds)), has_keyframe


def _chooser(sampling: Sampling, total: int) -> Callable[[int, float], bool]:
    """A function of index and seconds that says whether a frame is sampled; to be asked once a frame, in order.

    `total` is the number of frames, which only sampling a number of them needs.
    """
    if sampling.mode is SamplingMode.KEYFRAMES:
        return lambda _index, _seconds: True
    if sampling.mode is SamplingMode.FRAMES:
        count = int(sampling.value)
        chosen = {int((number + 0.5) * total / count) for number in range(count)} if total > count else None
        return lambda index, _seconds: chosen is None or index in chosen
    period_s = 1 / sampling.value if sampling.mode is SamplingMode.FPS else sampling.value
    due = [0]

    def is_due(_index: int, seconds: float) -> bool:
        # A frame stands for its period if it is the first at or after the period's beginning.
        number = math.floor(seconds / period_s + 1e-6)
        if number < due[0]:
            return False
        due[0] = number + 1
        return True

    return is_due


def _missing_end(container: Any, stream: Any, clock: _Clock) -> str | None:
    """Say so if frames stop well before the duration that the video stream promises."""
    if not (stream.duration and stream.time_base):
        return None
    promised_s = float(stream.duration * stream.time_base)
    if container.format.name == "gif" or clock.last_s >= promised_s * 0.98 - 1.0:
        return None
    return f"frames end at {clock.last_s:.1f} s of {promised_s:.1f} s: the file is cut short or damaged"


def _summarise(damaged: int, lost: int, ending: str | None) -> str | None:
    parts = []
    if damaged:
        parts.append(f"{damaged} frames decoded with damage")
    if lost:
        parts.append(f"{lost} frames could not be decoded")
    if ending:
        parts.append(ending)
    return "; ".join(parts) or None


def _read_picture(path: Path) -> Image:
    """A still picture, uint8 (H, W, 3), RGB, turned as its EXIF data say."""
    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    except (OSError, cv2.error) as error:
        raise VideoError(f"not a readable picture: {_cause(error)}") from error
    if picture is None:
        raise VideoError("not a readable picture: the file is damaged or of another kind")
    return np.asarray(picture, np.uint8)


def _cause(error: Exception) -> str:
    """FFmpeg's words without the path, which the caller names."""
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".")
