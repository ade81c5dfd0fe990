"""Whether a video ends where its file promised: a recording that lost its end is told apart from one that is short.

What counts is what the file promises for the *picture*. Sound and subtitles may go on for longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av

from ..errors import VideoError
from .boxes import read_extent
from .ebml import Parts, read_matroska
from .formats import open_container
from .joined import count_recordings
from .lengths import is_gif_whole, read_asf, read_flv
from .riff import read_avi
from .timeline import period_s, read_packets

if TYPE_CHECKING:
    from pathlib import Path

OF_THE_WHOLE = ("flv", "asf", "nut", "kux")
"""Formats whose duration is that of the longest stream."""

LEAST_MISSING_S = 0.5
"""Durations are rounded, and guessed by some: less is not missed, unless the file itself ends too early."""

LEAST_SHARE = 0.98
"""Likewise of the whole."""

ALONE_S = 3.0
"""Streams lie side by side in a file: where others go on for longer than this, the picture had come to its end."""


UNFINISHED = (
    "The recording was never finished: its header {}, so nothing tells whether its end is missing. If it should be "
    "longer, export it again."
)


JOINED = (
    "the file holds {} recordings one behind the other, and only the first can be read ({:.1f} s): export each as a "
    "file of its own"
)


@dataclass(slots=True)
class Reach:
    """How far the packets of a video reached, by the file's own clock.

    Attributes:
        end_s: seconds at which the last picture ends, or begins if nothing says how long it is shown.
        decoded_s: the same in order of decoding, which avi counts by.
        packets: how many pictures there were.
    """

    end_s: float = 0.0
    decoded_s: float = 0.0
    packets: int = 0

    def note(self, packet: Any) -> None:
        """One more packet; the empty one at the end counts for nothing."""
        pts, dts = packet.pts, packet.dts
        if pts is None and dts is None and not packet.size:
            return
        self.packets += 1
        base, held = float(packet.time_base or 0), packet.duration or 0
        if dts is not None:
            self.decoded_s = max(self.decoded_s, (dts + held) * base)
        self.end_s = max(self.end_s, self.decoded_s, (pts + held) * base if pts is not None else 0.0)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is to be said of the end: that something is missing, or what else should be known."""

    damage: str | None = None
    notes: tuple[str, ...] = ()


def judge_end(path: Path, container: Any, stream: Any, reach: Reach) -> Ending:
    """Whether the file held what it promised for this stream, all of which was read."""
    try:
        if (count := count_recordings(path, container.format.name)) > 1:
            return Ending(JOINED.format(count, reach.end_s - _start_s(stream)))
        return _judge(path, container, stream, reach)
    except OSError:
        # It was there a moment ago; whoever takes it away while it is read is told elsewhere.
        return Ending()


def _judge(path: Path, container: Any, stream: Any, reach: Reach) -> Ending:
    kind = container.format.name
    if kind == "avi":
        return _judge_avi(path, stream, reach)
    if kind == "gif":
        return Ending(None if is_gif_whole(path) else "the file ends in the middle of a picture: it is cut short")
    if kind.startswith("mov"):
        return _judge_mp4(path, stream, reach)
    if kind.startswith((*OF_THE_WHOLE, "matroska")):
        return _judge_recording(path, container, stream, reach)
    return Ending(_too_early(stream, reach, _length_s(stream), _start_s(stream)))


def _judge_avi(path: Path, stream: Any, reach: Reach) -> Ending:
    avi = read_avi(path)
    counted = avi.lengths[stream.index] if stream.index < len(avi.lengths) else 0
    # Frames that only repeat the one before have no packet, but take their time.
    there = max(reach.packets, round(reach.decoded_s / period_s(stream)) if stream.average_rate else 0)
    if there < counted and (avi.is_cut or there + 2 < counted * LEAST_SHARE):
        return Ending(
            f"{there} of the {counted} frames that its header counts are there: the file is cut short or damaged"
        )
    if counted and not avi.is_cut:
        return Ending()
    if counted:
        return Ending(notes=("The file ends before its index; all frames that its header counts are there.",))
    if avi.is_cut:
        return Ending("the file is shorter than its header says: it is cut short or damaged")
    return Ending(notes=(UNFINISHED.format("counts no frames"),))


def _judge_mp4(path: Path, stream: Any, reach: Reach) -> Ending:
    extent = read_extent(path, stream.id)
    start_s = _start_s(stream)
    promised_s = max(_length_s(stream), extent.end_s - start_s)
    too_early = _too_early(stream, reach, promised_s, start_s, is_cut=extent.is_cut)
    if too_early or not (extent.is_cut and extent.in_parts):
        return Ending(too_early)
    return Ending(f"the file ends after {reach.end_s:.1f} s in the middle of a fragment: it is cut short")


def _judge_recording(path: Path, container: Any, stream: Any, reach: Reach) -> Ending:
    kind = container.format.name
    parts = read_matroska(path) if kind.startswith("matroska") else read_flv(path) if "flv" in kind else Parts()
    too_early = _judge_whole(path, container, stream, reach, is_cut=parts.is_cut)
    if too_early or parts.is_sized:
        return Ending(too_early)
    if parts.is_cut:
        return Ending(f"the file ends after {reach.end_s:.1f} s in the middle of a part: it is cut short")
    return Ending(notes=(UNFINISHED.format("says neither its length nor its size"),) if parts.is_open else ())


def _judge_whole(path: Path, container: Any, stream: Any, reach: Reach, *, is_cut: bool = False) -> str | None:
    kind = container.format.name
    whole_s = container.duration / av.time_base if container.duration else 0.0
    if kind.startswith("asf"):
        asf = read_asf(path)
        is_cut, whole_s = asf.size > path.stat().st_size, max(whole_s, asf.length_s)
    is_alone, own_s = len(container.streams) == 1, tagged_s(stream)
    if not is_alone and 0 < own_s <= whole_s:
        # The track's own duration, which is written with the file's.
        return _too_early(stream, reach, own_s, is_cut=is_cut)
    too_early = _too_early(stream, reach, whole_s, is_cut=is_cut)
    if too_early is None or is_alone:
        return too_early
    others_s = _others_end_s(path, stream.index)
    # The picture may have come to its end, and sound or text goes on.
    is_complete = others_s >= whole_s * LEAST_SHARE - LEAST_MISSING_S or others_s > reach.end_s + ALONE_S
    return None if is_complete else too_early


def _too_early(
    stream: Any, reach: Reach, promised_s: float, start_s: float = 0.0, *, is_cut: bool = False
) -> str | None:
    """Say so if the pictures end well before what was promised; of a file that is cut, well is one picture."""
    step_s, found_s = period_s(stream), max(reach.end_s - start_s, 0.0)
    allowed_s = 1.5 * step_s if is_cut else max(LEAST_MISSING_S, 2 * step_s, promised_s * (1 - LEAST_SHARE))
    if found_s + allowed_s >= promised_s:
        return None
    return f"frames end at {found_s:.1f} s of {promised_s:.1f} s: the file is cut short or damaged"


def _start_s(stream: Any) -> float:
    return float((stream.start_time or 0) * stream.time_base) if stream.time_base else 0.0


def _length_s(stream: Any) -> float:
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0


def tagged_s(stream: Any) -> float:
    """The duration in a track's tags, as FFmpeg and mkvmerge write it: 00:00:07.200000000; 0 if there is none."""
    said = next((value for name, value in stream.metadata.items() if name.split("-")[0] == "DURATION"), "")
    try:
        hours, minutes, seconds = said.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def _others_end_s(path: Path, index: int) -> float:
    """When the last of the other streams ends, which only reading the whole file tells."""
    reach = Reach()
    try:
        with open_container(path) as container:
            others = [each for each in container.streams if each.index != index]
            for packet in read_packets(container, others):
                reach.note(packet)
    except (av.error.FFmpegError, VideoError):
        # Decoding met the same place, and says what is wrong there.
        return reach.end_s
    return reach.end_s
