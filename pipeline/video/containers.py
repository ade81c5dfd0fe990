"""What a video's container says: its streams, size, rotation, duration. Bad files are told apart when it is opened."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition

from ..errors import VideoError
from ..records import NO_HINTS, VideoInfo
from .rates import average_fps, is_bare, rate_of, say_guess
from .timeline import period_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..records import Hints

MAX_PIXELS = 7680 * 4320
"""8K. A few bytes can ask for gigabytes; a larger frame is refused before it is decoded."""


@contextmanager
def open_video(path: Path, hints: Hints = NO_HINTS) -> Iterator[tuple[Any, Any]]:  # noqa: ARG001 - one stream so far
    """The container and its main video stream, or that of the hints, with decoding threads on.

    Raises:
        VideoError: not a video, no video stream, no decoder, or larger than `MAX_PIXELS`.
    """
    try:
        # A playlist in a video's clothes must not lead to other hosts.
        container = av.open(str(path.absolute()), metadata_errors="replace", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(f"not a readable video: {cause_of(error)}") from error
    with container:
        # A cover picture in a music file is no video.
        moving = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
        if not moving:
            held = ", ".join(sorted({each.type for each in container.streams if each not in moving})) or "nothing"
            raise VideoError(f"expected a video stream; the file holds {held} only")
        stream = moving[0]
        _check_codec(stream.codec_context)
        stream.thread_type = "AUTO"
        yield container, stream


def _check_codec(context: Any) -> None:
    if context is None:
        raise VideoError("no decoder for its video stream in this build of FFmpeg")
    if context.width * context.height > MAX_PIXELS:
        raise VideoError(f"expected at most 8K frames; found {context.width} by {context.height} pixels")
    if not context.width * context.height:
        raise VideoError("the video stream has no picture size: the file is damaged or cut short")
    # Larger frames can also come later in the stream.
    context.options = {**context.options, "max_pixels": str(MAX_PIXELS)}


def describe(path: Path, container: Any, stream: Any, hints: Hints) -> VideoInfo:
    """What the container says of the stream; decodes its first frame for the rotation."""
    context = stream.codec_context
    rotation = _rotation(container, stream)
    width, height = (context.height, context.width) if rotation % 180 else (context.width, context.height)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        fps=average_fps(container, stream, hints),
        duration_s=_duration_s(container, stream),
        codec=context.name,
        rotation=rotation,
        created_at=_created_at(container, stream),
        time_base=stream.time_base or None,
        pixel_aspect=1 / aspect if rotation % 180 else aspect,
        notes=_notes(container, stream, hints),
    )


def _notes(container: Any, stream: Any, hints: Hints) -> tuple[str, ...]:
    return say_guess(rate_of(container, stream, hints)) if is_bare(container) else ()


def _rotation(container: Any, stream: Any) -> int:
    """Degrees, 0 to 270, to turn the picture counter-clockwise; only a decoded frame tells."""
    try:
        frame = next(container.decode(stream), None)
    except av.error.FFmpegError:
        return 0
    return round(frame.rotation / 90) % 4 * 90 if frame else 0


def _duration_s(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return max(0.0, float(stream.duration * stream.time_base))
    return max(0.0, container.duration / av.time_base) if container.duration else None


def _created_at(container: Any, stream: Any) -> datetime | None:
    """The creation time that the recorder wrote; a missing or zero clock (1904, 1970) is none."""
    written = stream.metadata.get("creation_time") or container.metadata.get("creation_time")
    try:
        created = datetime.fromisoformat(written) if written else None
    except ValueError:
        return None
    return created if created and created.tzinfo and 1970 < created.year < 9000 else None


def missing_end(container: Any, stream: Any, end_s: float, held_s: float, begin_s: float) -> str | None:
    """Say so if frames stop well before the duration that the container promises for the video.

    Args:
        container: the open file.
        stream: its video.
        end_s: when the last frame is shown, from the first one.
        held_s: how long it is shown, if that is known.
        begin_s: the first frame's own timestamp.
    """
    promised_s = _promised_s(container, stream)
    if promised_s is None:
        return None
    end_s += _unshown_s(container, stream, begin_s)
    if end_s + max(0.5, held_s, 2 * period_s(stream)) >= promised_s * 0.98:
        return None
    return f"frames end at {end_s:.1f} s of {promised_s:.1f} s: the file is cut short or damaged"


def _unshown_s(container: Any, stream: Any, begin_s: float) -> float:
    """Seconds of the promised duration before the first frame, in a clip that begins between key frames."""
    starts_at_zero = "matroska" in container.format.name or not stream.time_base
    start_s = 0.0 if starts_at_zero else float((stream.start_time or 0) * stream.time_base)
    return max(0.0, begin_s - start_s)


def _promised_s(container: Any, stream: Any) -> float | None:
    kind = container.format.name
    if kind == "gif":
        return None
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if ("matroska" in kind or kind == "flv") and container.duration:
        return float(container.duration / av.time_base)
    return None


def cause_of(error: Exception) -> str:
    """FFmpeg's words without the path, which the caller names."""
    return str(getattr(error, "strerror", None) or error).strip().rstrip(".")
