"""What else is known of a stream whose timestamps are judged, and which of its times rise from packet to packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .astray import REACH
from .jumps import RECORDED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .stamps import Stamps

TICK_S = 0.0011
"""Containers that count milliseconds round by so much."""


@dataclass(frozen=True, slots=True)
class Medium:
    """What else is known of a stream that may tell what a jump is.

    Attributes:
        stamps: its packets.
        kind: FFmpeg's name of the container.
        path: the file.
        period_s: seconds from one frame to the next, by what the file states.
        reorders: whether packets may come in another order than frames are shown.
    """

    stamps: Stamps
    kind: str
    path: str
    period_s: float
    reorders: bool


def is_shared(medium: Medium) -> bool:
    """Whether packets of a program stream hold many pictures and one time, which FFmpeg may give to the wrong one."""
    return medium.kind == "mpeg" and -1 in medium.stamps.places


def line_of(raw: NDArray[np.float64], medium: Medium) -> NDArray[np.float64]:
    """What rises from packet to packet: times, or where packets are out of order, recorders' times of decoding."""
    if not medium.reorders:
        return raw
    decoded = medium.stamps.decoded_s()
    if medium.kind in RECORDED:
        return raw if np.isnan(decoded).any() else decoded
    decoded = filled(decoded, raw)
    return decoded if agree(raw, decoded) else raw


def filled(decoded: NDArray[np.float64], raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matroska leaves the first times of decoding out: they are before all that is known."""
    known = np.flatnonzero(~np.isnan(decoded))
    if not len(known) or not known[0]:
        return decoded
    first, filled = int(known[0]), decoded.copy()
    earliest = min(float(decoded[first]), float(np.nanmin(raw[:first])))
    filled[:first] = earliest - TICK_S * np.arange(first, 0, -1)
    return filled


def agree(raw: NDArray[np.float64], decoded: NDArray[np.float64]) -> bool:
    """Whether times of showing and of decoding bear each other out: none is wild then, however uneven they are.

    Decoding only goes on, nothing is shown before it is decoded, and all is shown within the frames that a decoder may
    keep back.
    """
    if not len(raw) or np.isnan(decoded).any() or np.diff(decoded).min(initial=1.0) <= 0:
        return False
    if (raw < decoded - TICK_S).any():
        return False
    kept = 2 * REACH
    return bool((raw[:-kept] <= decoded[kept:] + TICK_S).all()) and int(raw.argmax()) >= len(raw) - kept
