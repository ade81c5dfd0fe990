"""Boxes on their way through the detector's cascade, and which of them survive one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from .records import Floats

    Integers: TypeAlias = NDArray[np.int64]
    Doubles: TypeAlias = NDArray[np.float64]

MAX_CANDIDATES = 8192
"""Most candidates of one frame and level, and of one frame, best first. Busy shops give some hundreds; a texture on 8K
gives tens of thousands, whose suppression takes the square of their number."""

NMS_ONET = 0.7
"""Share of the smaller box that the last suppression allows."""

ROWS_AT_ONCE = 256
"""Boxes that are set beside all of their frame at once, so that memory stays flat on crowded frames."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes on their way through the cascade.

    Attributes:
        frames: int64 (C,), the frame within the batch.
        boxes: float32 (C, 4), left, top, right, bottom in pixels of the original frame.
        scores: float32 (C,).
    """

    frames: Integers
    boxes: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: Integers | NDArray[np.bool_]) -> Candidates:
        """Those of the rows, in their order."""
        return Candidates(self.frames[rows], self.boxes[rows], self.scores[rows])


def join(parts: Sequence[Candidates]) -> Candidates:
    """All of them, one part behind the other."""
    return Candidates(
        np.concatenate([part.frames for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def keep_best(candidates: Candidates, threshold: float) -> Candidates:
    """The candidates that survive suppression, at most `MAX_CANDIDATES` of each frame going into it."""
    return candidates.take(suppress(candidates, threshold, MAX_CANDIDATES))


def suppress(candidates: Candidates, threshold: float, most: int = 0) -> Integers:
    """Non-maximum suppression within each frame: rows of the boxes that stay, best first.

    A box goes if any better one overlaps it, also one that goes itself: as mtcnn has it. The usual greedy kind, in
    which only survivors suppress, leaves a second box beside some faces. Who survives here survives the greedy kind
    too, so that OpenCV's quick one leaves only few to be looked at.

    Args:
        candidates: of any number of frames.
        threshold: intersection over union above which the worse box goes.
        most: candidates of a frame that are looked at, best first; 0 for all.
    """
    run: Any = cv2.dnn.NMSBoxes  # OpenCV's types know lists only; arrays are taken as they are
    kept = [np.empty(0, np.int64)]
    for rows in _by_frame(candidates):
        boxes = candidates.boxes[rows[:most] if most else rows].astype(np.float64)
        sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        stay = np.sort(
            np.asarray(run(sides, candidates.scores[rows[: len(boxes)]], 0.0, threshold), np.int64).reshape(-1)
        )
        kept.append(rows[stay[~_is_beaten(boxes, stay, threshold, of_smaller=False)]])
    return _best_first(candidates, np.concatenate(kept))


def drop_nested(candidates: Candidates) -> Integers:
    """The same by the share of the smaller box, `NMS_ONET`, so that a face within a face goes, too."""
    kept = [np.empty(0, np.int64)]
    for rows in _by_frame(candidates):
        boxes = candidates.boxes[rows].astype(np.float64)
        kept.append(rows[~_is_beaten(boxes, np.arange(len(boxes)), NMS_ONET, of_smaller=True)])
    return _best_first(candidates, np.concatenate(kept))


def _by_frame(candidates: Candidates) -> Iterator[Integers]:
    """The rows of each frame, best first: frames do not matter to one another, and time goes with the square."""
    order = np.argsort(-candidates.scores, kind="stable")
    frames = candidates.frames[order]
    return (order[frames == frame] for frame in np.unique(frames))


def _best_first(candidates: Candidates, rows: Integers) -> Integers:
    """The rows in the order of their scores."""
    return rows[np.argsort(-candidates.scores[rows], kind="stable")]


def _is_beaten(boxes: Doubles, rows: Integers, threshold: float, *, of_smaller: bool) -> NDArray[np.bool_]:
    """Whether a better box overlaps each of the rows by more than the threshold.

    Args:
        boxes: float64 (N, 4), left, top, right, bottom, best first.
        rows: those that are looked at.
        threshold: a share of the two boxes' union.
        of_smaller: a share of the smaller box instead.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    beaten = [np.empty(0, np.bool_)]
    for at in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[at : at + ROWS_AT_ONCE]
        mine = boxes[some, None]
        sides = np.minimum(mine[..., 2:], boxes[:, 2:]) - np.maximum(mine[..., :2], boxes[:, :2])
        common = np.maximum(sides[..., 0], 0) * np.maximum(sides[..., 1], 0)
        union = areas[some, None] + areas - common
        whole = np.minimum(areas[some, None], areas) if of_smaller else union
        better = np.arange(len(boxes)) < some[:, None]
        beaten.append(((common > threshold * whole) & better).any(axis=1))
    return np.concatenate(beaten)
