"""Boxes on their way through the detector's cascade, and which of them survive one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np

from .records import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from .records import Floats

    Integers: TypeAlias = NDArray[np.int64]

MAX_CANDIDATES = 8192
"""Most candidates of one frame and level, and of one frame, best first. Busy shops give some hundreds; a texture on 8K
gives tens of thousands, whose suppression takes the square of their number."""

NMS_ONET = 0.7
"""Share of the smaller box that the last suppression allows."""


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

    Frame by frame, as boxes of other frames do not matter and the time goes with the square of the number.

    Args:
        candidates: of any number of frames.
        threshold: intersection over union above which the worse box goes.
        most: candidates of a frame that are looked at, best first; 0 for all.
    """
    boxes = candidates.boxes.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    run: Any = cv2.dnn.NMSBoxes  # OpenCV's types know lists only; arrays are taken as they are
    kept = [np.empty(0, np.int64)]
    for frame in np.unique(candidates.frames):
        rows = np.flatnonzero(candidates.frames == frame)
        stay = run(boxes[rows], candidates.scores[rows], 0.0, threshold, 1.0, most)
        kept.append(rows[np.asarray(stay, np.int64).reshape(-1)])
    found = np.concatenate(kept)
    return found[np.argsort(-candidates.scores[found], kind="stable")]


def drop_nested(candidates: Candidates, order: Integers) -> Iterator[int]:
    """Suppression by the share of the smaller box, so that a face within a face goes too; `order` is best first."""
    kept: list[tuple[int, Box]] = []
    for row in order:
        box = Box(*(float(side) for side in candidates.boxes[row]))
        rivals = (other for frame, other in kept if frame == candidates.frames[row])
        if all(box.overlap(other) <= NMS_ONET * min(box.area, other.area) for other in rivals):
            kept.append((int(candidates.frames[row]), box))
            yield int(row)
