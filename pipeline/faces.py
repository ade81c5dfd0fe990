"""Frames → faces: MTCNN's cascade, batched over frames.

The networks and thresholds are mtcnn's; the cascade is ours. All frames of a batch share one run of P-Net for each
level of the pyramid, and one of R-Net and O-Net for all their candidates together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import cv2
import numpy as np

from .inference import runtime
from .inference.graphs import open_graph
from .models.detector import read_detector
from .records import Box, Face

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .inference.graphs import Network
    from .records import Floats, Image

    Integers: TypeAlias = NDArray[np.int64]

CELL_PX, STRIDE = 12, 2
"""P-Net's window and step, in pixels of a pyramid level."""

SCALE_STEP = 0.709
"""From one pyramid level to the next: half the area (Zhang et al. 2016, section III)."""

PNET_THRESHOLD, RNET_THRESHOLD = 0.6, 0.7
NMS_LEVEL, NMS_FRAME, NMS_RNET, NMS_ONET = 0.5, 0.7, 0.7, 0.7
PATCH_BATCH = 256
"""Candidates that go through R-Net or O-Net at once, so that memory stays flat on crowded frames."""

LEVEL_PIXELS = 4_000_000
"""Pixels of one pyramid level that go through P-Net at once."""

OUTSIDE = (127, 127, 127)
"""Grey around the frame: zero for the networks, as in mtcnn."""


class FaceDetector(Protocol):
    """Faces of a batch of frames."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """Frames of one size, uint8 (N, H, W, 3), RGB → the faces of each, most confident first."""
        ...


@dataclass(frozen=True, slots=True)
class _Candidates:
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

    def take(self, rows: Integers | NDArray[np.bool_]) -> _Candidates:
        return _Candidates(self.frames[rows], self.boxes[rows], self.scores[rows])


class Mtcnn:
    """The cascade on one device."""

    def __init__(self, *, min_face_px: int = 24, threshold: float = 0.8, device: str = runtime.CPU) -> None:
        """Compile the three networks.

        Args:
            min_face_px: smallest side of a face that is looked for, pixels of the frame.
            threshold: smallest confidence of O-Net.
            device: `cpu` or `gpu:N`.
        """
        self.min_face_px, self.threshold = min_face_px, threshold
        self._pnet, self._rnet, self._onet = _open_networks(device)

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """Frames of one size, uint8 (N, H, W, 3), RGB → the faces of each, most confident first."""
        if not len(images):
            return []
        candidates = self._refine(images, self._propose(images))
        return self._describe(images, candidates)

    def _propose(self, images: Image) -> _Candidates:
        """First stage: P-Net over the pyramid."""
        levels = [self._scan(level, scale) for level, scale in _pyramid(images, self.min_face_px)]
        if not levels:
            return _Candidates(np.empty(0, np.int64), np.empty((0, 4), np.float32), np.empty(0, np.float32))
        together = _Candidates(
            np.concatenate([level.frames for level in levels]),
            np.concatenate([level.boxes for level in levels]),
            np.concatenate([level.scores for level in levels]),
        )
        return together.take(_suppress(together, NMS_FRAME))

    def _scan(self, level: Image, scale: float) -> _Candidates:
        # Large frames go a few at a time, so that the first layers' maps stay within some hundred megabytes.
        step = max(1, LEVEL_PIXELS // (level.shape[1] * level.shape[2]))
        parts = [self._pnet(level[at : at + step]) for at in range(0, len(level), step)]
        offsets, probabilities = (np.concatenate(outputs) for outputs in zip(*parts, strict=True))
        scores = probabilities[..., 1]
        frames, rows, columns = np.nonzero(scores > PNET_THRESHOLD)
        corners = np.stack([columns, rows, columns, rows], axis=1).astype(np.float32) * STRIDE
        corners[:, 2:] += CELL_PX
        boxes = (corners + offsets[frames, rows, columns] * CELL_PX) / scale
        found = _Candidates(frames, boxes.astype(np.float32), scores[frames, rows, columns])
        return found.take(_suppress(found, NMS_LEVEL))

    def _refine(self, images: Image, candidates: _Candidates) -> _Candidates:
        """Second stage: R-Net on each candidate's square."""
        squares = _square(candidates.boxes)
        offsets, scores = _run(self._rnet, _cut(images, candidates.frames, squares, 24), heads=(4, 2))
        moved = _Candidates(candidates.frames, _move(squares, offsets), scores[:, 1])
        kept = moved.take(moved.scores > RNET_THRESHOLD)
        return kept.take(_suppress(kept, NMS_RNET))

    def _describe(self, images: Image, candidates: _Candidates) -> list[tuple[Face, ...]]:
        """Third stage: O-Net, with landmarks."""
        squares = _square(candidates.boxes)
        patches = _cut(images, candidates.frames, squares, 48)
        offsets, landmarks, scores = _run(self._onet, patches, heads=(4, 10, 2))
        points = _place_landmarks(landmarks, squares)
        found = _Candidates(candidates.frames, _move(squares, offsets), scores[:, 1])
        sure = np.flatnonzero(found.scores > self.threshold)
        order = sure[np.argsort(-found.scores[sure], kind="stable")]
        faces: list[list[Face]] = [[] for _ in images]
        for row in _drop_nested(found, order):
            face = _as_face(found.boxes[row], points[row], float(found.scores[row]), images.shape[1:3])
            if face is not None:
                faces[found.frames[row]].append(face)
        return [tuple(found_in_frame) for found_in_frame in faces]


def _open_networks(device: str) -> list[Network]:
    """P-Net, R-Net and O-Net: graphs on the processor; else Keras', with the weights of the package mtcnn."""
    names = ("pnet", "rnet", "onet")
    if runtime.runs_graphs(device):
        return [open_graph(read_detector(name)) for name in names]
    from .networks import mtcnn

    runtime.silence()
    builders = (mtcnn.build_pnet, mtcnn.build_rnet, mtcnn.build_onet)
    return [runtime.compile_network(build(), device) for build in builders]


def _pyramid(images: Image, min_face_px: int) -> Iterator[tuple[Image, float]]:
    """Reduced frames (N, h, w, 3) with their scale, until the shorter side is below P-Net's window.

    A level is reduced from the one two steps above, half its size: as sharp as from the frame itself, at a fraction of
    the cost.
    """
    height, width = images.shape[1:3]
    scale = CELL_PX / min_face_px
    sources = [images, images]
    while min(height, width) * scale >= CELL_PX:
        size = (round(width * scale), round(height * scale))
        level = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in sources[-2]])
        yield level, scale
        sources = [sources[-1], level]
        scale *= SCALE_STEP


def _suppress(candidates: _Candidates, threshold: float) -> Integers:
    """Non-maximum suppression within each frame: rows of the boxes that stay, best first."""
    if not len(candidates):
        return np.empty(0, np.int64)
    boxes = candidates.boxes.astype(np.float64)
    boxes[:, 2:] -= boxes[:, :2]
    suppress: Any = cv2.dnn.NMSBoxesBatched  # OpenCV's types know lists only; arrays are taken as they are
    kept = suppress(boxes, candidates.scores, candidates.frames.astype(np.int32), 0.0, threshold)
    return np.asarray(kept, np.int64).reshape(-1)


def _drop_nested(candidates: _Candidates, order: Integers) -> Iterator[int]:
    """Suppression by the share of the smaller box, so that a face within a face goes too; `order` is best first."""
    kept: list[tuple[int, Box]] = []
    for row in order:
        box = Box(*(float(side) for side in candidates.boxes[row]))
        rivals = (other for frame, other in kept if frame == candidates.frames[row])
        if all(box.overlap(other) <= NMS_ONET * min(box.area, other.area) for other in rivals):
            kept.append((int(candidates.frames[row]), box))
            yield int(row)


def _square(boxes: Floats) -> Floats:
    """The square of the longer side around each box's centre."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def _move(boxes: Floats, offsets: Floats) -> Floats:
    """Boxes corrected by a network's offsets, which are relative to their sides (counted in whole pixels)."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    return np.asarray(boxes + offsets * np.tile(sides, 2), np.float32)


def _cut(images: Image, frames: Integers, squares: Floats, size: int) -> Image:
    """Each square as a patch, uint8 (C, size, size, 3); what lies outside the frame is grey."""
    height, width = images.shape[1:3]
    patches = np.empty((len(frames), size, size, 3), np.uint8)
    # mtcnn samples from corner to corner with coordinates relative to the frame; the same places are sampled here.
    shrink = np.array([(width - 1) / width, (height - 1) / height])
    starts = squares[:, :2] * shrink
    steps = (squares[:, 2:] - squares[:, :2]) * shrink / (size - 1)
    for index, (frame, start, step) in enumerate(zip(frames, starts, steps, strict=True)):
        placement = np.array([[step[0], 0, start[0]], [0, step[1], start[1]]])
        cv2.warpAffine(
            images[frame],
            placement,
            (size, size),
            dst=patches[index],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=OUTSIDE,
        )
    return patches


def _run(network: Network, patches: Image, heads: tuple[int, ...]) -> tuple[Floats, ...]:
    """Run a network over patches, which may be none; `heads` are the widths of its outputs."""
    if not len(patches):
        return tuple(np.empty((0, width), np.float32) for width in heads)
    return runtime.run_padded(network, patches, PATCH_BATCH)


def _place_landmarks(landmarks: Floats, squares: Floats) -> Floats:
    """O-Net's five x and five y, relative to the square → (C, 5, 2) in pixels of the frame."""
    relative = np.stack([landmarks[:, :5], landmarks[:, 5:]], axis=2)
    sides = squares[:, None, 2:] - squares[:, None, :2] + 1
    return np.asarray(relative * sides + squares[:, None, :2] - 1, np.float32)


def _as_face(box: Floats, points: Floats, score: float, size: tuple[int, int]) -> Face | None:
    """A face clipped to the frame; None if nothing of it lies inside."""
    height, width = size
    left, right = (float(value) for value in np.clip(box[[0, 2]], 0, width))
    top, bottom = (float(value) for value in np.clip(box[[1, 3]], 0, height))
    if right - left < 1 or bottom - top < 1:
        return None
    clipped = np.clip(points, 0, (width - 1, height - 1))
    landmarks = tuple((float(x), float(y)) for x, y in clipped)
    return Face(left, top, right - left, bottom - top, score, landmarks)
