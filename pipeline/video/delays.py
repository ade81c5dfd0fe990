"""Containers that keep times of decoding alone: when their frames are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

OF_DECODING = frozenset({"avi", "asf", "asf_o"})
"""Containers that keep times of decoding. FFmpeg makes up those of showing, of the last frame by a guess."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a stream as its decoder gives it.

    Attributes:
        numbers: of the first frames' packets, in order of presentation.
        delay: how many packets the decoder takes before it gives the first frame.
    """

    numbers: tuple[int, ...] = ()
    delay: int = 0

    def by_frames(self, owners: NDArray[np.int64]) -> Head:
        """The same, counted in frames; `owners` has the frame of each packet, int64 (N,)."""
        delay = int(owners[self.delay]) if self.delay < len(owners) else self.delay
        return Head(tuple(int(owners[number]) for number in self.numbers), delay)


def delayed(decoded_s: NDArray[np.float64], delay: int) -> NDArray[np.float64]:
    """Times of showing from those of decoding: a frame is shown when the one that many packets behind is decoded.

    Args:
        decoded_s: float64 (N,), seconds in the order of the packets.
        delay: packets that the decoder takes before it gives the first frame.

    Returns:
        float64 (N,), the last ones of which go on at the usual step.
    """
    if not 0 < delay < len(decoded_s):
        return decoded_s
    step_s = float(np.median(np.diff(decoded_s)))
    return np.concatenate((decoded_s[delay:], decoded_s[-1] + step_s * np.arange(1, delay + 1)))
