"""Single frames far into a long video, reached by a jump to the key frame before each; decoding all takes hours.

A jump counts frames by their timestamps, where reading from the beginning counts them one by one. Where the two could
differ, nothing is guessed: `CannotJumpError`, and the reader decodes from the beginning.
"""

from __future__ import annotations

import bisect
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import av

from .timeline import list_frames, read_packets, tolerance_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .sampling import Picked
    from .timeline import Timeline

FAR = 2000
"""Frames: up to there, decoding from the beginning costs seconds."""

EARLIER_S = 1.0
"""A jump aims before the key frame: transport streams have no index, and are met a little behind what was aimed at."""


class CannotJumpError(Exception):
    """The frames of this video cannot be told by their timestamps."""


def jump(
    container: Any, stream: Any, picked: Picked, on_progress: Callable[[], None]
) -> Iterator[tuple[int, float, Any]]:
    """The picked frames in order: index, seconds from the first frame, decoded frame. Those that are lost are missing.

    Args:
        container: just opened.
        stream: its video.
        picked: which frames.
        on_progress: called with every packet.

    Raises:
        CannotJumpError: timestamps are missing, repeated or set back, or a jump lands elsewhere than it should.
    """
    timeline = list_frames(container, stream, on_progress)
    _check(timeline, stream)
    keys = sorted(timeline.keyframes)
    wanted = sorted(index for index in picked.indices if index < len(timeline.seconds))

    def key_before(index: int) -> int:
        at = bisect.bisect_right(keys, index) - 1
        if at < 0:
            raise CannotJumpError
        return keys[at]

    for key, members in groupby(wanted, key_before):
        try:
            _seek(container, stream, max(timeline.seconds[key] - EARLIER_S, 0.0) + timeline.begin_s)
            yield from _decode(read_packets(container, stream), stream, timeline, list(members), on_progress)
        except av.error.FFmpegError as error:
            raise CannotJumpError from error


def _check(timeline: Timeline, stream: Any) -> None:
    """Every frame must have a time of its own, that also stands in the file."""
    seconds = timeline.seconds
    rising = all(one < other for one, other in pairwise(seconds))
    if not stream.time_base or not rising or timeline.parts != 1:
        raise CannotJumpError


def _seek(container: Any, stream: Any, raw_s: float) -> None:
    container.seek(round(raw_s / float(stream.time_base)), stream=stream, backward=True)


def _decode(
    packets: Iterator[Any], stream: Any, timeline: Timeline, wanted: Sequence[int], on_progress: Callable[[], None]
) -> Iterator[tuple[int, float, Any]]:
    """From a key frame on to the last of the wanted frames that lean on it."""
    left, is_first = set(wanted), True
    for packet in packets:
        on_progress()
        for frame in packet.decode():
            index = _index_of(frame, timeline, stream)
            # Frames that are shown before the key frame and lean on one before it are not decoded well; none is wanted.
            if is_first and index > wanted[0]:
                raise CannotJumpError
            is_first = False
            if index in left:
                left.remove(index)
                yield index, timeline.seconds[index], frame
            if index >= wanted[-1]:
                return


def _index_of(frame: Any, timeline: Timeline, stream: Any) -> int:
    """Which frame has this timestamp."""
    if frame.pts is None:
        raise CannotJumpError
    seconds = float(frame.pts * stream.time_base) - timeline.begin_s
    at = bisect.bisect_left(timeline.seconds, seconds - tolerance_s(stream))
    if at == len(timeline.seconds) or abs(timeline.seconds[at] - seconds) > tolerance_s(stream):
        raise CannotJumpError
    return at
