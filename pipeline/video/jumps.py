"""A lasting jump of a recorder's clock: a pause in the recording, a counter that wrapped, or a clock that was set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..plurals import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WRAPS_S = (2**33 / 90_000, 2**32 / 90_000, 2**32 / 1000, 2**31 / 1000, 2**24 / 1000)
"""What counters hold: MPEG's 33 bits (26.5 hours) and 32; milliseconds in 32 bits (49.7 days), 31 and 24."""

ZONE_S = 1800.0
"""Clocks are set by whole half hours when summer time begins and ends."""

PAUSE_S = 10.0
"""A shorter pause is no news."""

LONG_S = 30.0
"""Over so long a time no encoder repeats a picture without a key frame."""

RECORDED = frozenset({"mpegts", "mpeg", "dhav", "flv", "asf"})
"""Containers that recorders write as they go, with their clock in each packet. Others are written with a plan."""

FEW = 3
"""So many frames at one end of a file do not show that time went on."""

LED, ALONE_S, ALONE = 8, 0.4, 5.0
"""The first frame stands alone so many seconds, and so many usual steps, before so many others that are even."""

SAID = 3
"""Jumps that are told one by one."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What lies on both sides of a jump.

    Attributes:
        delta_s: from the last frame before to the first behind, by their timestamps.
        step_s: the usual step of the file.
        before, behind: numbers of frames that belong together on each side.
        is_first, is_last: whether these reach to the file's ends.
        is_key: the picture behind begins anew. None where all pictures do, which tells nothing.
        is_corrupt: packets are lost there.
        is_counted: whether the recorder's own count of pictures goes on unbroken; None where it keeps none.
        kind: FFmpeg's name of the container.
    """

    delta_s: float
    step_s: float
    before: int
    behind: int
    is_first: bool
    is_last: bool
    is_key: bool | None
    is_corrupt: bool
    is_counted: bool | None
    kind: str


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump and what was made of it.

    Attributes:
        at_s: when the last frame before it is shown, in seconds of the finished timeline from its first frame.
        delta_s: by how much the timestamps jumped.
        kept_s: how much of it was kept; the usual step where the recording goes on.
        cause: "pause", "set", "wrapped", "anew" or "astray".
    """

    at_s: float
    delta_s: float
    kept_s: float
    cause: str


def unwrapped(delta_s: float, kind: str) -> float:
    """A jump without what FFmpeg added: it takes MPEG timestamps that fall below the first one for wrapped ones."""
    other_s = delta_s - WRAPS_S[0]
    return other_s if kind in {"mpegts", "mpeg"} and abs(other_s) < abs(delta_s) else delta_s


def judge(sides: Sides) -> tuple[float, str]:
    """The seconds of a jump that really passed, and its cause."""
    delta, step = sides.delta_s, sides.step_s
    halves = round((delta - step) / ZONE_S)
    rest = delta - halves * ZONE_S
    slack = max(3 * step, 1.1 if sides.kind == "dhav" else 0.1)
    is_zone = halves != 0 and abs(rest - step) <= slack
    kept = rest if 0.2 * step < rest < 3 * step else step
    if delta < 0:
        for wrap in WRAPS_S:
            if 0 < delta + wrap <= max(PAUSE_S, 20 * step):
                return delta + wrap, "wrapped"
        return (kept, "set") if is_zone else (step, "anew")
    if delta > max(2 * LONG_S, 100 * step) and _is_end(sides):
        return step, "astray"
    return (kept, "set") if _was_set(sides, is_zone=is_zone) else (delta, "pause")


def _is_end(sides: Sides) -> bool:
    """A few frames at one end, against many."""
    at_end = sides.is_last and sides.behind <= FEW and sides.before >= 10 * sides.behind
    return at_end or (sides.is_first and sides.before <= FEW and sides.behind >= 10 * sides.before)


def _was_set(sides: Sides, *, is_zone: bool) -> bool:
    """Whether the clock went ahead alone. A recording that pauses, begins anew with a key frame."""
    if sides.is_counted:
        return True
    if sides.is_counted is False and sides.delta_s > PAUSE_S:
        return False
    if sides.is_corrupt:
        return False
    if sides.kind not in RECORDED:
        return is_zone and sides.is_key is False
    return is_zone or (sides.is_key is False and sides.delta_s > max(LONG_S, 20 * sides.step_s))


def tell(jumps: Sequence[Jump], step_s: float) -> tuple[str, ...]:
    """What is said of the jumps of one file, a sentence each."""
    told = [jump for jump in jumps if jump.cause != "pause" or jump.delta_s >= max(PAUSE_S, 20 * step_s)]
    sentences = [_say(jump) for jump in told[:SAID]]
    if len(told) > SAID:
        rest = told[SAID:]
        pauses = sum(jump.delta_s for jump in rest if jump.cause == "pause")
        paused = f", with pauses of {pauses:.0f} s in all" if pauses else ""
        sentences.append(f"the timestamps jump {count(len(rest), 'more time')}{paused}")
    return tuple(sentences)


def _say(jump: Jump) -> str:
    seconds, at = f"{abs(jump.delta_s - jump.kept_s):.0f} s", f"{jump.at_s + jump.kept_s:.1f} s"
    way = "ahead" if jump.delta_s > 0 else "back"
    if jump.cause == "set":
        return f"the recorder's clock jumped {seconds} {way} at {at}; the recording goes on without a gap"
    if jump.cause == "wrapped":
        return f"the recorder's counter of time began anew at {at}; the recording goes on without a gap"
    if jump.cause == "anew":
        return f"the timestamps fall {seconds} back at {at}; what follows is counted on from there"
    if jump.cause == "astray":
        return f"the timestamps jump {seconds} {way} at {at} for a few frames at one end of the file; they are joined"
    until = jump.at_s + jump.delta_s
    return f"nothing was recorded between {clock(jump.at_s)} and {clock(until)} ({jump.delta_s:.0f} s)"


def doubt_first(times: NDArray[np.float64]) -> tuple[str, ...]:
    """That the first frame lies far before all others, as it does where a recorder's first timestamp is a leftover.

    Args:
        times: float64 (F,), seconds in order of presentation.
    """
    steps = np.diff(times[: LED + 2])
    if len(steps) <= LED:
        return ()
    first_s, usual_s = float(steps[0]), float(np.median(steps[1:]))
    is_even = steps[1:].max() <= 2.5 * usual_s
    if not is_even or first_s < max(ALONE_S, ALONE * usual_s) or first_s >= max(PAUSE_S, 20 * usual_s):
        return ()
    return (
        f"the first frame's timestamp is {first_s:.1f} s before the second's, where frames come every {usual_s:.2g} s: "
        "if it is wrong, all others are late by that",
    )


def clock(seconds: float) -> str:
    """Hours, minutes and seconds from the beginning."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
