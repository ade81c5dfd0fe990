"""Single frames far into a long video, reached by a jump to the key frame before each; decoding all takes hours.

A jump knows frames by the timestamps that they were listed with. Where these do not tell, nothing is guessed:
`CannotJumpError`, and the reader decodes from the beginning.
"""

from __future__ import annotations

import bisect
from itertools import groupby
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from .stamps import NONE
from .timeline import read_packets

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
    container: Any, stream: Any, picked: Picked, timeline: Timeline, on_progress: Callable[[], None]
) -> Iterator[tuple[int, float, Any]]:
    """The picked frames in order: index, seconds from the first frame, decoded frame. Those that are lost are missing.

    Args:
        container: just opened.
        stream: its video.
        picked: which frames.
        timeline: all of its frames.
        on_progress: called with every packet.

    Raises:
        CannotJumpError: timestamps are missing, repeated or set back, or a jump lands elsewhere than it should.
    """
    _check(timeline, stream)
    keys = list(timeline.keyframes)
    wanted = sorted(index for index in picked.indices if index < len(timeline))

    def key_before(index: int) -> int:
        at = bisect.bisect_right(keys, index) - 1
        if at < 0:
            raise CannotJumpError
        return keys[at]

    for key, members in groupby(wanted, key_before):
        try:
            _seek(container, stream, max(float(timeline.seconds[key]) - EARLIER_S, 0.0) + timeline.begin_s)
            yield from _decode(read_packets(container, stream), timeline, list(members), on_progress)
        except av.error.FFmpegError as error:
            raise CannotJumpError from error


def _check(timeline: Timeline, stream: Any) -> None:
    """Every frame must have a time of its own, that also stands in the file."""
    ticks = timeline.ticks
    is_told = bool(np.all(ticks != NONE) and np.all(np.diff(ticks) > 0))
    is_sure = timeline.is_ordered and not timeline.is_touched and not timeline.is_leaning
    if not stream.time_base or not is_told or not is_sure:
        raise CannotJumpError


def _seek(container: Any, stream: Any, raw_s: float) -> None:
    container.seek(round(raw_s / float(stream.time_base)), stream=stream, backward=True)


def _decode(
    packets: Iterator[Any], timeline: Timeline, wanted: Sequence[int], on_progress: Callable[[], None]
) -> Iterator[tuple[int, float, Any]]:
    """From a key frame on to the last of the wanted frames that lean on it."""
    left, is_first = set(wanted), True
    for packet in packets:
        on_progress()
        for frame in packet.decode():
            index = _index_of(frame, timeline)
            # Frames that are shown before the key frame and lean on one before it are not decoded well; none is wanted.
            if is_first and index > wanted[0]:
                raise CannotJumpError
            is_first = False
            if index in left:
                left.remove(index)
                yield index, float(timeline.seconds[index]), frame
            if index >= wanted[-1]:
                return


def _index_of(frame: Any, timeline: Timeline) -> int:
    """Which frame has this timestamp."""
    if frame.pts is None:
        raise CannotJumpError
    at = int(np.searchsorted(timeline.ticks, frame.pts))
    if at == len(timeline) or timeline.ticks[at] != frame.pts:
        raise CannotJumpError
    return at
