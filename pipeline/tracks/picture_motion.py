"""Whether the picture itself moves, as with a camera that pans or is held by hand: told from boxes alone.

Faces that all move alike from one frame to the next are moved by the camera. People do not: they stand, and they walk
at their own speeds and in more than one direction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .boxes import Boxes, Flags, Reals

LEAST_FACES = 3
"""Fewer that move alike may be people who walk together."""

LEAST_STEPS = 4
"""Fewer steps that tell are chance."""

ALIKE_SIDES, ALIKE_SIZE = 0.35, 0.25
"""Faces that arrive so close to where a shift takes them, with sizes whose logarithms differ by less, move alike."""

MOVED_SIDES = 0.7
"""A shift of fewer sides of the faces it takes along is no move of the camera: people sway and boxes jitter."""

MOST_OF_FACES = 0.6
"""A shift is the picture's if it takes along at least this share of the faces of the frame that has fewer."""


def moving_share(boxes: Boxes) -> float | None:
    """Share of the steps from frame to frame in which the picture moves; None where nothing tells.

    Only steps between two frames of at least `LEAST_FACES` faces each tell anything, and fewer than `LEAST_STEPS` of
    them nothing.

    Args:
        boxes: the faces of one analysis.
    """
    starts = np.searchsorted(boxes.frame, np.arange(len(boxes.time_s) + 1))
    told = moved = 0
    for at in range(len(boxes.time_s) - 1):
        here, there = slice(starts[at], starts[at + 1]), slice(starts[at + 1], starts[at + 2])
        if min(here.stop - here.start, there.stop - there.start) >= LEAST_FACES:
            told += 1
            moved += _moves(_of(boxes, here), _of(boxes, there))
    return moved / told if told >= LEAST_STEPS else None


def _of(boxes: Boxes, rows: slice) -> Reals:
    """Centre and side of some faces, float64 (N, 3)."""
    return np.column_stack([boxes.x[rows], boxes.y[rows], boxes.side[rows]])


def _moves(here: Reals, there: Reals) -> bool:
    """Whether one shift takes most faces along, and more than staying where they are does."""
    sides = (here[:, None, 2] + there[None, :, 2]) / 2
    same_size = np.abs(np.log(here[:, None, 2] / there[None, :, 2])) <= ALIKE_SIZE
    apart = there[None, :, :2] - here[:, None, :2]
    staying = _taken(apart, np.zeros(2), sides, same_size)
    needed = max(LEAST_FACES, MOST_OF_FACES * min(len(here), len(there)), staying + 1)
    far = same_size & (np.hypot(apart[..., 0], apart[..., 1]) > MOVED_SIDES * sides)
    return any(_taken(apart, shift, sides, same_size) >= needed for shift in apart[far])


def _taken(apart: Reals, shift: Reals, sides: Reals, same_size: Flags) -> int:
    """How many faces a shift (2,) takes to one of the next frame, each of either frame once at most."""
    left = apart - shift
    near = same_size & (np.hypot(left[..., 0], left[..., 1]) <= ALIKE_SIDES * sides)
    return int(min(near.any(axis=1).sum(), near.any(axis=0).sum()))
