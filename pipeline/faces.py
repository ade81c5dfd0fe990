"""Frames → faces: MTCNN's cascade, batched over frames.

The networks and thresholds are mtcnn's; the cascade is ours. All frames of a batch share one run of P-Net for each
level of the pyramid, and one of R-Net and O-Net for all their candidates together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from .candidates import Candidates, drop_nested, join, keep_best, suppress
from .errors import ModelError
from .inference import runtime
from .inference.graphs import open_graph
from .models.detector import read_detector
from .records import Face

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .candidates import Integers
    from .inference.graphs import Network
    from .records import Floats, Image

CELL_PX, STRIDE = 12, 2
"""P-Net's window and step, in pixels of a pyramid level."""

FIRST_PX = 1
"""Where a window's box begins: pixels are counted from 1, as where the networks were trained, so that a box has 11."""

SCALE_STEP = 0.709
"""From one pyramid level to the next: half the area (Zhang et al. 2016, section III)."""

REDUCED_FROM = 8
"""Levels of this fraction of the frame and less are made from a halved frame: at least four of its pixels in a row."""

PNET_THRESHOLD, RNET_THRESHOLD = 0.6, 0.7
NMS_LEVEL, NMS_FRAME, NMS_RNET = 0.5, 0.7, 0.7
PATCH_BATCH = 64
"""Candidates that go through R-Net or O-Net at once, so that memory stays flat on crowded frames."""

PATCHES = 64 * PATCH_BATCH
"""Candidates that are cut out of their frames at once."""

LEVEL_PIXELS = 200_000
"""Pixels of one pyramid level that go through P-Net at once: its maps take about 110 bytes for each, and where they
leave the processor's cache it is slower, not faster."""

OUTSIDE = (127, 127, 127)
"""Grey around the frame: zero for the networks, as in mtcnn."""


class FaceDetector(Protocol):
    """Faces of a batch of frames."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """Frames of one size, uint8 (N, H, W, 3), RGB → the faces of each, most confident first."""
        ...


@dataclass(frozen=True, slots=True)
class _Head:
    """A network on patches: the side of these in pixels, and the widths of its outputs."""

    side_px: int
    widths: tuple[int, ...]


class Mtcnn:
    """The cascade on one device."""

    def __init__(
        self,
        *,
        min_face_px: int = 24,
        threshold: float = 0.8,
        early: tuple[float, float] = (PNET_THRESHOLD, RNET_THRESHOLD),
        device: str = runtime.CPU,
        level_pixels: int = LEVEL_PIXELS,
        at_once: int = 1,
    ) -> None:
        """Compile the three networks.

        Args:
            min_face_px: smallest side of a face that is looked for, pixels of the frame.
            threshold: smallest confidence of O-Net.
            early: those of P-Net and R-Net, which decide what O-Net is asked about.
            device: `cpu` or `gpu:N`.
            level_pixels: what goes through P-Net at once; no face depends on it.
            at_once: threads that ask for faces at the same time, on the processor; see `compile_for_processor`.
        """
        self.min_face_px, self.threshold, self._level_pixels = min_face_px, threshold, level_pixels
        self._pnet_threshold, self._rnet_threshold = early
        self._pnet, self._rnet, self._onet = _open_networks(device, at_once)

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """Frames of one size, uint8 (N, H, W, 3), RGB → the faces of each, most confident first."""
        if not len(images):
            return []
        candidates = self._refine(images, self._propose(images))
        return self._describe(images, candidates)

    def _propose(self, images: Image) -> Candidates:
        """First stage: P-Net over the pyramid."""
        levels = [self._scan(level, scale) for level, scale in _pyramid(images, self.min_face_px)]
        if not levels:
            return Candidates(np.empty(0, np.int64), np.empty((0, 4), np.float32), np.empty(0, np.float32))
        return keep_best(join(levels), NMS_FRAME)

    def _scan(self, level: Image, scale: float) -> Candidates:
        """Candidates of one level of all frames."""
        parts: list[Candidates] = []
        for first, top, part in _parts(level, self._level_pixels):
            offsets, probabilities = self._pnet(part)
            scores = probabilities[..., 1]
            frames, rows, columns = np.nonzero(scores > self._pnet_threshold)
            corners = np.stack([columns, rows, columns, rows], axis=1).astype(np.float32) * STRIDE
            corners += np.array([FIRST_PX, top + FIRST_PX, CELL_PX, top + CELL_PX], np.float32)
            boxes = (corners + offsets[frames, rows, columns] * (CELL_PX - FIRST_PX)) / scale
            parts.append(Candidates(frames + first, boxes.astype(np.float32), scores[frames, rows, columns]))
        return keep_best(join(parts), NMS_LEVEL)

    def _refine(self, images: Image, candidates: Candidates) -> Candidates:
        """Second stage: R-Net on each candidate's square."""
        squares = _square(candidates.boxes)
        offsets, scores = _run(self._rnet, images, candidates.frames, squares, _Head(24, (4, 2)))
        moved = Candidates(candidates.frames, _move(squares, offsets), scores[:, 1])
        kept = moved.take(moved.scores > self._rnet_threshold)
        return kept.take(suppress(kept, NMS_RNET))

    def _describe(self, images: Image, candidates: Candidates) -> list[tuple[Face, ...]]:
        """Third stage: O-Net, with landmarks."""
        squares = _square(candidates.boxes)
        offsets, landmarks, scores = _run(self._onet, images, candidates.frames, squares, _Head(48, (4, 10, 2)))
        points = _place_landmarks(landmarks, squares)
        found = Candidates(candidates.frames, _move(squares, offsets), scores[:, 1])
        sure = np.flatnonzero(found.scores > self.threshold)
        faces: list[list[Face]] = [[] for _ in images]
        for row in sure[drop_nested(found.take(sure))]:
            face = _as_face(found.boxes[row], points[row], float(found.scores[row]), images.shape[1:3])
            if face is not None:
                faces[found.frames[row]].append(face)
        return [tuple(found_in_frame) for found_in_frame in faces]


def _open_networks(device: str, at_once: int) -> list[Network]:
    """P-Net, R-Net and O-Net: graphs on the processor; else Keras', with the weights of the package mtcnn."""
    names = ("pnet", "rnet", "onet")
    if runtime.runs_graphs(device):
        return [open_graph(read_detector(name), at_once) for name in names]
    from .networks import mtcnn

    runtime.silence()
    builders = (mtcnn.build_pnet, mtcnn.build_rnet, mtcnn.build_onet)
    return [runtime.compile_network(build(), device) for build in builders]


def _pyramid(images: Image, min_face_px: int) -> Iterator[tuple[Image, float]]:
    """Reduced frames (N, h, w, 3) with their scale, until the shorter side is below P-Net's window.

    Sizes are rounded down, as mtcnn's. It reduces the frame itself for each level; here levels from `REDUCED_FROM` on
    are made from the frame halved without a fraction, once or several times, which hardly differs and is cheaper.
    """
    height, width = images.shape[1:3]
    source, halvings = images, 0
    scale = CELL_PX / min_face_px
    while min(height, width) * scale >= CELL_PX:
        while scale * REDUCED_FROM * 2**halvings <= 1 and not (source.shape[1] % 2 or source.shape[2] % 2):
            source, halvings = _reduce(source, (source.shape[2] // 2, source.shape[1] // 2)), halvings + 1
        yield _reduce(source, (int(width * scale), int(height * scale))), scale
        scale *= SCALE_STEP


def _reduce(images: Image, size: tuple[int, int]) -> Image:
    """Frames (N, H, W, 3) with another width and height, each new pixel the mean of the area that it covers."""
    return np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])


def _parts(level: Image, most: int) -> Iterator[tuple[int, int, Image]]:
    """Pieces of a level of all frames, (N, h, w, 3), that P-Net takes one at a time, of `most` pixels.

    Yields:
        First frame, first row, and some whole frames; or, where a single frame is too large, a strip of one. Strips
        overlap by what P-Net's window needs, so that each of its places comes in one of them, as from the whole frame.
    """
    count, height, width = level.shape[:3]
    whole = most // (height * width)
    if whole:
        yield from ((first, 0, level[first : first + whole]) for first in range(0, count, whole))
        return
    step = max(1, most // width // STRIDE) * STRIDE
    for first in range(count):
        # Below the last place of the window there may be one row less: pooling fills it up.
        for top in range(0, height - CELL_PX + STRIDE, step):
            yield first, top, level[first : first + 1, top : top + step + CELL_PX - STRIDE]


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


def _run(network: Network, images: Image, frames: Integers, squares: Floats, head: _Head) -> tuple[Floats, ...]:
    """Cut squares out of their frames and run a network over them; some thousands at a time, and there may be none."""
    parts = [tuple(np.empty((0, width), np.float32) for width in head.widths)]
    for at in range(0, len(frames), PATCHES):
        patches = _cut(images, frames[at : at + PATCHES], squares[at : at + PATCHES], head.side_px)
        parts.append(runtime.run_padded(network, patches, PATCH_BATCH))
    outputs = tuple(np.concatenate(each) for each in zip(*parts, strict=True))
    if not all(np.isfinite(each).all() for each in outputs):
        raise ModelError(
            "the face detector: expected finite numbers from its networks; install the package mtcnn anew."
        )
    return outputs


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
