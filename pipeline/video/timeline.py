"""When each frame is shown: every frame of a video listed without decoding, each with its time from the first."""

from __future__ import annotations

import logging
from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from ..plurals import count
from .clock import Straight, straighten
from .cramming import Spread, spread_out
from .dahua import read_times
from .delays import OF_DECODING, delayed
from .fields import FieldPairs
from .jumps import doubt_first
from .medium import Medium
from .pictures import beginning_of, is_hidden
from .rates import TOLD_IN_VAIN, is_bare, rate_of, say_guess
from .stamps import DISCARDED, KEY, LEANING, OPEN, WHOLE, Stamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from ..records import Hints
    from .delays import Head

    Heads = Callable[[], Head]

logger = logging.getLogger("fer_video")

NEAR = 64
"""Packets behind the first key frame among which those are that are shown before it."""

FINE_S = 0.0015
"""Times that are read from a recorder's own headers are FFmpeg's if they differ by no more."""

NEVER = 8
"""So many packets behind the first may be lost at the beginning of a clip; more never lean across a key frame."""

UNSHOWN = -1
"""The position of a packet whose frame is not shown."""


def period_s(stream: Any) -> float:
    """Seconds from one frame to the next, on average."""
    return 1 / float(stream.average_rate or stream.guessed_rate or 25.0)


def tolerance_s(stream: Any) -> float:
    """How far a timestamp may be from the truth: half of the container's tick, as Matroska's rounding to 1 ms."""
    return min(float(stream.time_base or 0) / 2, 0.0005) + 1e-6


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every frame of a video, listed without decoding.

    Attributes:
        seconds: float64 (F,), of each frame from the first, in order of presentation.
        positions: int64 (N,), which frame each packet with content holds, in the order of the file; `UNSHOWN` for none.
        keyframes: positions in `seconds` of the key frames; none where only the decoder knows the order of frames.
        ticks: int64 (F,), the container's own timestamps; `stamps.NONE` where missing.
        is_ordered: timestamps tell the order of frames. Where they do not, the decoder's does.
        is_touched: times are not the container's own.
        held_s: how long the last frame is shown; 0 if the container does not say.
        begin_s: the first frame's own timestamp in seconds.
        uses_rate: some of them are laid out by the rate that was told or stated.
        laid_fps: that rate where all of them are; else 0.
        is_open: some key frames go on with the decoder's count of pictures.
        is_leaning: some key frames are no whole pictures, so that all must be decoded.
        notes: what was found, a sentence each.
    """

    seconds: NDArray[np.float64]
    positions: NDArray[np.int64]
    keyframes: tuple[int, ...]
    ticks: NDArray[np.int64]
    is_ordered: bool = True
    is_touched: bool = False
    held_s: float = 0.0
    begin_s: float = 0.0
    uses_rate: bool = False
    laid_fps: float = 0.0
    is_open: bool = False
    is_leaning: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.seconds)


def list_frames(container: Any, stream: Any, hints: Hints, on_progress: Callable[[], None], heads: Heads) -> Timeline:
    """The timeline of a stream, as far as it can be read.

    Args:
        container: just opened.
        stream: its video.
        hints: what was said of the file.
        on_progress: called with every packet.
        heads: decodes the beginning anew.
    """
    stamps = Stamps(float(stream.time_base or 0))
    pairs, owners = FieldPairs(stream.codec_context), array("q")
    hidden = bytearray()
    for packet in _list_packets(container, stream):
        on_progress()
        if not packet.size:
            continue
        if pairs.is_second(packet):
            stamps.prolong(packet)
        else:
            stamps.add(packet, beginning_of(packet, stream.codec_context))
            hidden.append(is_hidden(packet, stream.codec_context.name))
        owners.append(len(stamps) - 1)
    frames = np.array(owners, np.int64)
    shown = ~(np.frombuffer(bytes(hidden), np.uint8).astype(bool) | stamps.are(DISCARDED))
    timeline = _Lister(container, stream, hints, stamps, lambda: heads().by_frames(frames)).timeline(shown)
    if len(frames) == len(stamps):
        return timeline
    # Key frames alone would lack their second fields, which lean on the first.
    return replace(timeline, positions=timeline.positions[frames], is_leaning=True)


class _Lister:
    """Makes the timeline of the packets of one stream."""

    def __init__(self, container: Any, stream: Any, hints: Hints, stamps: Stamps, heads: Heads) -> None:
        self._container, self._stream, self._stamps = container, stream, stamps
        self._rate = rate_of(container, stream, hints)
        self._is_bare = is_bare(container)
        self._heads = heads
        self._is_fine = False
        self._pts, self._dts = stamps.presented_s(), stamps.decoded_s()
        if container.format.name == "dhav" and not self._reorders():
            fine = read_times(container.name, stamps.places)
            if fine is not None:
                self._is_fine = bool(np.ptp(fine - self._pts) > FINE_S)
                self._pts = self._dts = fine
        self._decodes = container.format.name in OF_DECODING

    def timeline(self, shown: NDArray[np.bool_]) -> Timeline:
        shown &= ~self._never_shown()
        is_ordered = self._is_ordered(shown)
        spread = self._spread(is_ordered=is_ordered)
        reorders = self._reorders() or _falls_often(spread.shown_s)
        kind, path = self._container.format.name, self._container.name
        straight = straighten(spread.shown_s, Medium(self._stamps, kind, path, self._rate.period_s, reorders))
        if reorders and (straight.is_touched or np.nanmin(np.diff(self._dts), initial=0.0) < 0):
            # What was placed anew is in order of the file only; the decoder knows the other.
            is_ordered = False
        shown &= self._decodable(straight.shown_s, is_ordered=is_ordered)
        if self._decodes and not is_ordered and not self._is_laid():
            straight = replace(straight, shown_s=delayed(straight.shown_s, self._heads().delay))
        return self._arrange(shown, straight, spread, is_ordered=is_ordered)

    def _reorders(self) -> bool:
        return bool(self._stream.codec_context.has_b_frames)

    def _never_shown(self) -> NDArray[np.bool_]:
        """What leans across the first key frame of a clip and lost its times at the cut: no decoder shows it."""
        never, missing = np.zeros(len(self._stamps), bool), np.isnan(self._pts)
        lost = int(np.argmin(missing[1:])) if missing[1:2].any() and not missing.all() else 0
        if lost and lost <= NEVER and not missing[0] and self._reorders():
            numbers = set(self._heads().numbers)
            never[[at for at in range(1, lost + 1) if numbers and at not in numbers]] = True
        return never

    def _is_ordered(self, shown: NDArray[np.bool_]) -> bool:
        """Whether PTS are those of presentation. AVI and ASF keep those of decoding, and FFmpeg makes up the others."""
        if not self._reorders():
            return True
        if self._is_laid() or (self._decodes and np.nanmin(np.diff(self._pts), initial=0.0) < 0):
            # What FFmpeg made up of times of decoding fails at the end, where the last picture has no next.
            return False
        pts = self._pts[shown]
        if not len(pts) or np.isnan(pts).any():
            return False
        if len(pts) > 1 and np.diff(pts).min() < 0:
            return True
        numbers = self._heads().numbers
        return list(numbers) == sorted(numbers)

    def _is_made_up(self) -> bool:
        """Whether times of showing in the file would be others than those of decoding, which are used."""
        return self._decodes and bool(np.nanmax(np.abs(self._pts - self._dts), initial=0.0) > 0)

    def _is_laid(self) -> bool:
        """Whether all times come from the rate. Streams of MPEG-1 and 2 have it in their headers, for each picture."""
        states = self._stream.codec_context.name in {"mpeg1video", "mpeg2video"}
        return self._is_bare and (self._rate.is_told or not states)

    def _spread(self, *, is_ordered: bool) -> Spread:
        """Seconds of each packet; those without timestamps of their own laid out by the rate."""
        count = len(self._stamps)
        if self._is_laid():
            return Spread(np.arange(count, dtype=np.float64) * self._rate.period_s, count)
        has_dts = not np.isnan(self._dts).all()
        own = self._pts if not has_dts or (is_ordered and not self._decodes) else self._dts
        other = self._dts if own is self._pts else self._pts
        return spread_out(np.where(np.isnan(own), other, own), self._rate.period_s)

    def _decodable(self, times: NDArray[np.float64], *, is_ordered: bool) -> NDArray[np.bool_]:
        """Without what a clip that begins between key frames shows before its first good picture."""
        kept = np.ones(len(times), bool)
        keys = np.flatnonzero(self._stamps.are(KEY))
        if not len(keys):
            return kept
        first = int(keys[0])
        near = slice(first + 1, first + 1 + NEAR)
        early = (times[near] <= times[first]) & ~self._stamps.are(DISCARDED)[near]
        if first == 0 and not (is_ordered and early.any()):
            return kept
        heads = list(self._heads().numbers) or [first]
        if is_ordered:
            # Frames come in order of presentation: what did not come up to here, never will.
            kept = times > times[heads[-1]]
            kept[heads] = True
        else:
            kept[: heads[0]] = False
        return kept

    def _arrange(self, shown: NDArray[np.bool_], straight: Straight, spread: Spread, *, is_ordered: bool) -> Timeline:
        """Sorted from the packets' order into that of showing."""
        packets = np.flatnonzero(shown)
        order = packets[np.argsort(straight.shown_s[packets], kind="stable")]
        positions = np.full(len(shown), UNSHOWN, np.int64)
        positions[order if is_ordered else packets] = np.arange(len(order))
        keys = np.flatnonzero(shown & self._stamps.are(KEY))
        is_known = is_ordered or bool(self._stamps.are(WHOLE)[keys].all())
        times = straight.shown_s[order]
        first, last = (int(order[0]), int(order[-1])) if len(order) else (0, 0)
        own_s = float(self._dts[first] if np.isnan(self._pts[first]) else self._pts[first]) if len(order) else np.nan
        return Timeline(
            seconds=times - times[0] if len(times) else times,
            positions=positions,
            keyframes=tuple(np.sort(positions[keys]).tolist()) if is_known else (),
            ticks=np.frombuffer(self._stamps.pts, np.int64)[order],
            is_ordered=is_ordered,
            is_touched=straight.is_touched or bool(spread.count) or self._is_fine or self._is_made_up(),
            held_s=self._stamps.durations[last] * self._stamps.base_s if len(order) and not self._is_bare else 0.0,
            begin_s=0.0 if np.isnan(own_s) else own_s,
            uses_rate=spread.count > 0,
            laid_fps=self._rate.fps if spread.count == len(self._stamps) else 0.0,
            is_open=bool(self._stamps.are(OPEN).any()),
            is_leaning=bool(self._stamps.are(LEANING).any()),
            notes=(*straight.notes, *doubt_first(times), *self._say(spread)),
        )

    def _say(self, spread: Spread) -> tuple[str, ...]:
        if self._is_bare:
            # What the container alone tells, `containers.describe` says.
            return ()
        if not spread.count:
            return (TOLD_IN_VAIN,) if self._rate.is_told else ()
        is_whole = spread.count == len(self._stamps)
        which = "all frames have" if is_whole else count(spread.count, "frame has", "frames have")
        moment = "no time of their own" if spread.at_s is None else f"one and the same time ({spread.at_s:g} s)"
        laid = f"{which} {moment}; they are laid out at {self._rate.fps:g} frames a second"
        return (laid, *say_guess(self._rate))


def _falls_often(times: NDArray[np.float64]) -> bool:
    """Whether many small steps in a row lead back, as they do where frames are reordered and the headers hide it."""
    steps = np.diff(times)
    falls = np.cumsum(np.concatenate(([0], (steps < 0) & (steps > -1.0))))
    return len(falls) > NEAR and bool((falls[NEAR:] - falls[:-NEAR]).max() >= NEAR / 4)


def read_packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of one stream, and an empty one at the end that asks the decoder for what it still holds."""
    last = None
    try:
        for packet in container.demux(stream):
            # An AVI's packets without content repeat a picture; a decoder would take one for the end.
            if packet.size:
                yield packet
            else:
                last = packet
    except IndexError:
        # PyAV stumbles at the end of a file over streams that it did not see at its beginning; ours is through.
        logger.info("streams appeared in the middle of the file")
    if last is not None:
        yield last


def _list_packets(container: Any, stream: Any) -> Iterator[Any]:
    try:
        yield from read_packets(container, stream)
    except av.error.FFmpegError as error:
        # What can be listed is listed; decoding meets the same place and says what is wrong there.
        logger.info("listing frames stopped: %s", error)
