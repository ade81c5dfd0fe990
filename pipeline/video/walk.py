"""Decoding along a timeline: positions travel through the decoder in the place of timestamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av

from ..errors import VideoError
from ..plurals import count
from ..records import End
from .ends import Ending, Reach, judge_end
from .formats import cause_of
from .timeline import UNSHOWN, read_packets

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

    from .timeline import Timeline

WITHOUT_INDEX = frozenset({"mpegts", "mpeg", "dhav"})
"""Containers that do not say how long they are; what FFmpeg says is guessed from their last timestamps."""


SPARING = frozenset({"h264", "hevc"})
"""Decoders that leave out single pictures on which no other leans (H.264's `nal_ref_idc` 0, H.265's sub-layer
non-reference pictures): often every other one of what phones and editing programs write, of recorders' files none."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame that the decoder gave, or one that was lost: `frame` is None, and `problem` says why."""

    index: int
    timestamp_s: float
    frame: Any
    problem: str | None


class Walk:
    """One way through a video, from its first frame on."""

    def __init__(
        self,
        path: Path,
        container: Any,
        stream: Any,
        timeline: Timeline,
        *,
        is_keyed: bool,
        on_progress: Callable[[], None],
        wanted: Container[int] | None = None,
    ) -> None:
        """Prepare.

        Args:
            path: the video.
            container: just opened.
            stream: its video.
            timeline: all of its frames.
            is_keyed: only key frames are wanted.
            on_progress: called with every packet.
            wanted: indices of the frames that somebody will look at; others may be left out, if nothing leans on them.
        """
        self._path, self._reach = path, Reach()
        self._container, self._stream, self._timeline, self._on_progress = container, stream, timeline, on_progress
        self._is_keyed = is_keyed
        # Where only the decoder knows the order of frames, it must have them all.
        self._keys = frozenset(timeline.keyframes) if is_keyed else frozenset()
        self._skips = bool(self._keys) and not timeline.is_leaning
        self._is_ordered = timeline.is_ordered or self._skips
        may_skip = wanted is not None and self._is_ordered and not self._skips
        self._wanted = wanted if may_skip and stream.codec_context.name in SPARING else None
        self._state = _State()
        self._last = -1
        self._passed: set[int] = set()

    def frames(self) -> Iterator[Shown | End]:
        """Frames in order of presentation, damaged and lost ones included, then the end."""
        state, timeline = self._state, self._timeline
        for packet in self._packets():
            try:
                frames = self._decode(packet)
            except av.error.FFmpegError as error:
                state.lose(cause_of(error))
                continue
            for frame in frames:
                yield from self._place(frame)
        self._miss_end()
        yield from self._lost_before(min(self._last + 1 + len(state.waiting), len(timeline)))
        if self._skips and not state.ending:
            state.missing = max(len(self._keys) - state.good - state.lost, 0)
        if not state.good:
            raise VideoError(f"no frame could be decoded{f': {state.ending}' if state.ending else ''}")
        last_s = float(timeline.seconds[-1 if self._is_keyed else max(self._last, 0)])
        # A recorder's container promises nothing: FFmpeg takes the last timestamp for its end.
        is_promise = not (timeline.is_touched and self._container.format.name in WITHOUT_INDEX)
        ending = judge_end(self._path, self._container, self._stream, self._reach) if is_promise else Ending()
        yield End(state.summarise(last_s, ending.damage), (*timeline.notes, *ending.notes))

    def _decode(self, packet: Any) -> list[Any]:
        """What a packet gives. Between key frames that do not begin anew a decoder miscounts, unless it forgets all."""
        frames: list[Any] = packet.decode()
        if self._skips and self._timeline.is_open and packet.size:
            context = self._stream.codec_context
            frames += context.decode(None)
            context.flush_buffers()
        return frames

    def _place(self, frame: Any) -> Iterator[Shown]:
        """A frame behind those that were lost before it."""
        state, total = self._state, len(self._timeline)
        index = frame.pts if self._is_ordered else self._last + 1 + len(state.waiting)
        if index is None or not 0 <= index < total or index <= self._last:
            # Not listed: shown before the first whole picture, or written since. Or it comes behind a later one, where
            # damage has changed their order.
            state.late += index in self._passed
            return
        yield from self._lost_before(index)
        state.good += 1
        state.damaged += frame.is_corrupt
        if not self._skips:
            self._passed.update(each for each in range(self._last + 1, index) if not self._may_spare(each))
        self._last = index
        if not self._is_keyed or (index in self._keys if self._keys else frame.key_frame):
            problem = "decoded with damage" if frame.is_corrupt else None
            yield Shown(index, float(self._timeline.seconds[index]), frame, problem)

    def _lost_before(self, index: int) -> Iterator[Shown]:
        """The frames that are missing before that one, if any were lost: decoders report losses late, or not at all."""
        state = self._state
        if self._skips or not (state.lost or state.damaged):
            return
        for missing in range(self._last + 1, index):
            cause = state.waiting.pop(0) if state.waiting else "no picture came of it"
            yield Shown(missing, float(self._timeline.seconds[missing]), None, f"could not be decoded: {cause}")

    def _miss_end(self) -> None:
        """Count the frames at the end that never came: a decoder of several threads drops them without a word.

        It does so where it meets damage after the last packet, with all that its other threads still held.
        """
        state = self._state
        if state.good and not self._skips:
            rest = range(self._last + 1 + len(state.waiting), len(self._timeline))
            for _ in [each for each in rest if not self._may_spare(each)]:
                state.lose("no picture came of it")

    def _packets(self) -> Iterator[Any]:
        """The stream's packets, or its key frames alone, with their position in place of the PTS."""
        if self._skips:
            self._stream.codec_context.skip_frame = "NONKEY"
        positions = self._timeline.positions
        number = -1
        try:
            for packet in read_packets(self._container, self._stream):
                self._on_progress()
                self._reach.note(packet)
                if packet.size:
                    number += 1
                    position = int(positions[number]) if number < len(positions) else UNSHOWN
                    if self._skips and (position == UNSHOWN or not packet.is_keyframe):
                        continue
                    packet.pts = packet.dts = position
                    self._spare(position)
                yield packet
        except av.error.FFmpegError as error:
            self._state.ending = cause_of(error)

    def _spare(self, position: int) -> None:
        """Have the decoder leave out the next picture if no other leans on it and nobody looks at it.

        In a damaged video all are decoded from there on, so that what is damaged is counted.
        """
        if self._wanted is not None and position != UNSHOWN:
            self._stream.codec_context.skip_frame = "NONREF" if self._may_spare(position) else "DEFAULT"

    def _may_spare(self, position: int) -> bool:
        is_whole = not (self._state.lost or self._state.damaged)
        return self._wanted is not None and is_whole and position not in self._wanted


class _State:
    """What decoding one video has met so far.

    Attributes:
        good, damaged, lost: frames decoded, those of them with damage, and packets that gave none.
        missing: key frames of which no picture came, without a word of the decoder.
        late: frames that came behind later ones, and so could not be used.
        ending: why reading stopped before the end of the file.
        waiting: causes of lost packets, until the next frame shows where they belong.
    """

    def __init__(self) -> None:
        self.good = self.damaged = self.lost = self.missing = self.late = 0
        self.ending: str | None = None
        self.waiting: list[str] = []

    def lose(self, cause: str) -> None:
        self.lost += 1
        self.waiting.append(cause)

    def summarise(self, end_s: float, missing_end: str | None) -> str | None:
        parts = []
        if self.damaged:
            parts.append(f"{count(self.damaged, 'frame')} decoded with damage")
        if self.lost:
            parts.append(f"{count(self.lost, 'frame')} could not be decoded")
        if self.missing:
            parts.append(f"no picture came of {self.missing} key frame{'s' * (self.missing > 1)}")
        if self.late:
            parts.append(f"{count(self.late, 'frame')} came out of order and could not be used")
        if self.ending:
            parts.append(f"reading stopped after {end_s:.1f} s: {self.ending}")
        elif missing_end:
            parts.append(missing_end)
        return "; ".join(parts) or None
