"""People made up for tests of the linker: walks, as boxes and as rows of a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import delete, insert, update

from pipeline.records import EXPRESSIONS
from pipeline.store.schema import FaceRow, FrameRow
from pipeline.tracks.boxes import Boxes
from pipeline.tracks.linking import Found, link_analysis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

STEP_S = 0.5


@dataclass(frozen=True)
class Walk:
    """Somebody in view, frame by frame; without `seen` in every frame from `start` on.

    Attributes:
        start: number of the first frame.
        frames: how many.
        at: centre of the first box, pixels.
        step: pixels from one frame to the next.
        grow: factor of the size from one frame to the next.
        lost: numbers of frames, from the first, in which the detector misses it.
    """

    start: int
    frames: int
    at: tuple[float, float] = (100.0, 100.0)
    step: tuple[float, float] = (0.0, 0.0)
    side: float = 40.0
    grow: float = 1.0
    lost: frozenset[int] = frozenset()
    confidence: float = 0.99
    expression: str = "happy"
    is_face: float = 0.99

    def boxes(self) -> list[tuple[int, float, float, float]]:
        """Frame, centre and side of each sighting."""
        steps = (number for number in range(self.frames) if number not in self.lost)
        return [
            (self.start + n, self.at[0] + n * self.step[0], self.at[1] + n * self.step[1], self.side * self.grow**n)
            for n in steps
        ]


def as_boxes(walks: Sequence[Walk], frames: int, times: Sequence[float] | None = None) -> tuple[Boxes, np.ndarray]:
    """All sightings in the order of their frames, and whose each is."""
    rows = sorted(
        (frame, who, x, y, s, walk.confidence) for who, walk in enumerate(walks) for frame, x, y, s in walk.boxes()
    )
    table = np.array(rows, np.float64).reshape(len(rows), 6)
    time_s = np.array(times, np.float64) if times is not None else np.arange(frames, dtype=np.float64) * STEP_S
    frame, who, x, y, side, confidence = table.T
    return Boxes(time_s, frame.astype(np.int64), x, y, side, confidence), who.astype(np.int64)


def write_walks(engine: Engine, video: int, walks: Sequence[Walk], frames: int, *, linked: bool = True) -> Found | None:
    """Put these people in place of what a seeded analysis of run 1 holds, and link them."""
    key = {"video_id": video, "run_id": 1}
    with engine.begin() as connection:
        connection.execute(delete(FaceRow).where(FaceRow.video_id == video))
        connection.execute(delete(FrameRow).where(FrameRow.video_id == video))
        found: list[list[dict[str, object]]] = [[] for _ in range(frames)]
        for walk in walks:
            for frame, x, y, side in walk.boxes():
                found[frame].append(_face(walk, x, y, side))
        connection.execute(
            insert(FrameRow),
            [
                key | {"frame_index": at, "timestamp_s": at * STEP_S, "faces": len(each), "problem": None}
                for at, each in enumerate(found)
            ],
        )
        faces = [
            key | face | {"frame_index": at, "face_index": n}
            for at, each in enumerate(found)
            for n, face in enumerate(each)
        ]
        if faces:
            connection.execute(insert(FaceRow), faces)
        return link_analysis(connection, (video, 1)) if linked else None


def _face(walk: Walk, x: float, y: float, side: float) -> dict[str, object]:
    likely: dict[str, object] = {f"p_{name}": 0.76 if name == walk.expression else 0.04 for name in EXPRESSIONS}
    return likely | {
        "x": x - side / 2, "y": y - side / 2, "width": side, "height": side, "size_px": side,
        "detector_confidence": walk.confidence, "sharpness": 50.0, "confidence": 0.76, "readable": 0.9,
        "is_face": walk.is_face, "turn": 0.0, "tilt": 0.0, "nod": 0.55,
    }  # fmt: skip


def set_sampling(engine: Engine, settings: str) -> None:
    """Say by which rule run 1 sampled its videos."""
    from pipeline.store.schema import RunRow

    with engine.begin() as connection:
        connection.execute(update(RunRow).values(settings=settings))
