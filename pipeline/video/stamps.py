"""The timestamps of a stream's packets, in the order of the file, as arrays: hours of video in a few megabytes."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .pictures import Beginning

NONE = -(2**63)
"""FFmpeg's value for a timestamp that is not there."""

KEY, DISCARDED, CORRUPT, WHOLE, OPEN, LEANING = 1, 2, 4, 8, 16, 32
"""Of a packet: a key frame; one that an edit list leaves out; met behind lost bytes; and what a key frame is good for
(see `pictures.Beginning`)."""


@dataclass(slots=True)
class Stamps:
    """What the packets of one stream say; filled one by one.

    Attributes:
        base_s: seconds of one tick; 0 if the container counts none.
        pts, dts: ticks, `NONE` where missing.
        durations: ticks, 0 where missing.
        places: bytes from the beginning of the file, -1 where not known.
        flags: `KEY`, `DISCARDED`, `CORRUPT`, `WHOLE`, `OPEN` and `LEANING`, added.
    """

    base_s: float
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    durations: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))
    flags: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        """Number of packets."""
        return len(self.flags)

    def add(self, packet: Any, beginning: Beginning) -> None:
        """One more packet."""
        self.pts.append(NONE if packet.pts is None else packet.pts)
        self.dts.append(NONE if packet.dts is None else packet.dts)
        self.durations.append(packet.duration or 0)
        self.places.append(-1 if packet.pos is None else packet.pos)
        flags = KEY * packet.is_keyframe | DISCARDED * packet.is_discard | CORRUPT * packet.is_corrupt
        self.flags.append(flags | WHOLE * beginning)

    def prolong(self, packet: Any) -> None:
        """A packet that belongs to the last one: the second field of its frame."""
        self.durations[-1] += packet.duration or 0

    def are(self, flag: int) -> NDArray[np.bool_]:
        """Which packets carry that flag."""
        return (np.frombuffer(bytes(self.flags), np.uint8) & flag).astype(bool)

    def presented_s(self) -> NDArray[np.float64]:
        """PTS in seconds, NaN where missing."""
        return self._seconds(self.pts)

    def decoded_s(self) -> NDArray[np.float64]:
        """DTS in seconds, NaN where missing."""
        return self._seconds(self.dts)

    def _seconds(self, ticks: array[int]) -> NDArray[np.float64]:
        # No copy, and the missing ones marked in place: of a day each array takes 17 MB.
        values = np.frombuffer(ticks, np.int64)
        if not self.base_s:
            return np.full(len(values), np.nan)
        seconds = np.multiply(values, self.base_s, dtype=np.float64)
        seconds[values == NONE] = np.nan
        return seconds
