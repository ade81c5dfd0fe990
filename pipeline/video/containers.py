"""What a video's container says: its streams, size, rotation, duration. Bad files are told apart when it is opened."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import av

from ..errors import VideoError
from ..records import NO_HINTS, VideoInfo
from .crops import crop_of
from .formats import open_container
from .geometry import MAX_PIXELS, SQUARE
from .rates import average_fps, is_bare, rate_of, say_guess
from .screen import Screen, quarters
from .streams import find_cameras
from .tags import is_annotated, read_tag
from .threads import set_threads
from .written_times import is_unset, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from ..records import Hints


@contextmanager
def open_video(path: Path, hints: Hints = NO_HINTS) -> Iterator[tuple[Any, Any]]:
    """The container and its main camera's stream, or that of the hints, decoded by one thread.

    Raises:
        VideoError: not a video, no video stream, no such camera, no decoder, or larger than `MAX_PIXELS`.
    """
    with open_container(path) as container:
        indices, number = find_cameras(path, container).indices, hints.stream or 1
        if number > len(indices):
            held = "one" if len(indices) == 1 else str(len(indices))
            raise VideoError(f"expected a camera number {number}, as `stream` asks for; the file holds {held}")
        stream = container.streams[indices[number - 1]]
        # Larger frames can also come later in the stream.
        stream.codec_context.options = {**stream.codec_context.options, "max_pixels": str(MAX_PIXELS)}
        set_threads(stream)
        yield container, stream


def describe(path: Path, container: Any, stream: Any, hints: Hints) -> VideoInfo:
    """What the container says of the stream; decodes its first frame, which alone knows rotation and size as shown."""
    context = stream.codec_context
    screen = screen_of(path, container, stream, hints)
    first = _first_frame(container, stream)
    coded = (first.width, first.height) if first else (context.width, context.height)
    first = screen.within(first) if first else None
    shown, aspect = (screen.size(first), screen.aspect(first)) if first else (coded, SQUARE)
    rotation = quarters(first) * 90 if first else 0
    width, height = reversed(shown) if rotation % 180 else shown
    cameras = find_cameras(path, container)
    # A recording ends with its longest stream.
    whole_s = container.duration / av.time_base if container.duration else _duration_s(container, stream)
    tagged_at, tagged_by = read_tag(path, container, stream, whole_s)
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        fps=average_fps(container, stream, hints),
        duration_s=_duration_s(container, stream),
        codec=context.name,
        rotation=rotation,
        created_at=_created_at(container, stream),
        tagged_at=tagged_at,
        tagged_by=tagged_by,
        is_annotated=is_annotated(container, stream),
        time_base=stream.time_base or None,
        pixel_aspect=1 / aspect if rotation % 180 else aspect,
        coded_width=coded[0],
        coded_height=coded[1],
        stream=hints.stream or 1,
        streams=len(cameras.indices),
        uses_rate=is_bare(container),
        notes=(*cameras.notes, *screen.doubts, *_notes(container, stream, hints)),
    )


def screen_of(path: Path, container: Any, stream: Any, hints: Hints) -> Screen:
    """What turns the frames of a stream into pictures, by all that its container says of them."""
    return Screen(stream, hints, crop_of(path, container, stream))


def _notes(container: Any, stream: Any, hints: Hints) -> tuple[str, ...]:
    return say_guess(rate_of(container, stream, hints)) if is_bare(container) else ()


def _first_frame(container: Any, stream: Any) -> Any:
    try:
        return next(container.decode(stream), None)
    except av.error.FFmpegError:
        return None


def _duration_s(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return max(0.0, float(stream.duration * stream.time_base))
    return max(0.0, container.duration / av.time_base) if container.duration else None


def _created_at(container: Any, stream: Any) -> datetime | None:
    """The creation time that the recorder wrote; a missing clock, or one that was never set, is none."""
    written = stream.metadata.get("creation_time") or container.metadata.get("creation_time")
    created = parse_time(written or "")
    return created if created and created.tzinfo and not is_unset(created) else None
