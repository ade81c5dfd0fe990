"""The cascade finds what mtcnn finds, whatever the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_video import read_frames

from pipeline.candidates import Candidates, drop_nested, suppress
from pipeline.faces import Mtcnn
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import is_supported

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.records import Face, Image

    Box = tuple[float, float, float, float]


@pytest.fixture(scope="module")
def detector() -> Mtcnn:
    return Mtcnn()


def boxes(faces: tuple[Face, ...]) -> list[Box]:
    return [(face.x, face.y, face.width, face.height) for face in faces]


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes (left, top, width, height)."""
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    common = max(width, 0) * max(height, 0)
    return common / (first[2] * first[3] + second[2] * second[3] - common)


def sample(path: Path, frames: int) -> Image:
    sampled = read_frames(path, Sampling(SamplingMode.FRAMES, frames))
    return np.stack([frame.image for frame in sampled if frame.image is not None])


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("folder", ["videos", "data/shop_faces/videos"])
def test_finds_what_mtcnn_finds(shared: Path, folder: str) -> None:
    """From 20 px on, as mtcnn: at least 97 % of its faces of 24 px and more (IoU 0.5), and at most 15 % beyond them."""
    from mtcnn import MTCNN

    reference, detector = MTCNN(), Mtcnn(min_face_px=20)
    known = found = beyond = 0
    for path in sorted(path for path in (shared / folder).iterdir() if is_supported(path)):
        images = sample(path, 12)
        for image, faces in zip(images, detector.detect(images), strict=True):
            theirs = [tuple(face["box"]) for face in reference.detect_faces(image)]
            large = [box for box in theirs if min(box[2:]) >= 24]
            mine = boxes(faces)
            known += len(large)
            found += sum(any(overlap(box, other) >= 0.5 for other in mine) for box in large)
            beyond += sum(not any(overlap(box, other) >= 0.5 for other in theirs) for box in mine)

    assert known > 60
    assert found / known >= 0.97
    assert beyond / known <= 0.15


def as_candidates(*found: tuple[float, ...], frames: tuple[int, ...] = ()) -> Candidates:
    """Left, top, right, bottom and score of each, all of one frame unless said."""
    numbers = np.array(found, np.float32)
    return Candidates(np.array(frames or [0] * len(found), np.int64), numbers[:, :4], numbers[:, 4])


def test_a_box_that_goes_takes_others_with_it() -> None:
    """As in mtcnn: the second goes for the first, the third for the second, although it hardly overlaps the first."""
    row = as_candidates((0, 0, 10, 10, 0.9), (3, 0, 13, 10, 0.8), (6, 0, 16, 10, 0.7))

    assert suppress(row, 0.5).tolist() == [0]
    assert suppress(row.take(np.array([0, 2])), 0.5).tolist() == [0, 1]


def test_boxes_of_other_frames_suppress_nothing() -> None:
    """The same box in two frames stays in both, best first."""
    twice = as_candidates((0, 0, 10, 10, 0.8), (0, 0, 10, 10, 0.9), frames=(0, 1))

    assert suppress(twice, 0.5).tolist() == [1, 0]
    assert drop_nested(twice).tolist() == [1, 0]


def test_a_face_within_a_face_goes() -> None:
    """The last suppression asks for the share of the smaller box, whichever of the two is better."""
    nested = as_candidates((0, 0, 40, 40, 0.9), (10, 10, 20, 20, 0.95), (100, 0, 140, 40, 0.8))

    assert suppress(nested, 0.7).tolist() == [1, 0, 2]
    assert drop_nested(nested).tolist() == [1, 2]


def test_batch_and_single_frames_agree(detector: Mtcnn, samples: Path) -> None:
    """A frame gives the same faces alone and among others."""
    images = sample(min(samples.glob("*.mp4")), 5)

    together = detector.detect(images)
    alone = [detector.detect(image[None])[0] for image in images]

    assert sum(map(len, together)) >= 3
    for many, single in zip(together, alone, strict=True):
        np.testing.assert_allclose(boxes(many), boxes(single), atol=0.05)


def test_faces_lie_within_the_frame(detector: Mtcnn, samples: Path) -> None:
    """Boxes and landmarks are clipped to the frame, also of faces that its edge cuts."""
    image = next(image for image in sample(min(samples.glob("*.mp4")), 8) if detector.detect(image[None])[0])
    face = detector.detect(image[None])[0][0]
    cut = np.ascontiguousarray(image[:, round(face.x + face.width * 0.25) :])

    for found in detector.detect(cut[None])[0]:
        assert found.x >= 0
        assert found.y >= 0
        assert found.x + found.width <= cut.shape[1]
        assert found.y + found.height <= cut.shape[0]
        assert all(0 <= x < cut.shape[1] and 0 <= y < cut.shape[0] for x, y in found.landmarks)


@pytest.mark.parametrize("size", [(8, 8), (24, 2000), (31, 17)])
def test_tiny_and_odd_frames_have_no_faces(detector: Mtcnn, size: tuple[int, int]) -> None:
    """Frames too small for any face give an empty result, not an error."""
    frames = np.zeros((2, *size, 3), np.uint8)

    assert detector.detect(frames) == [(), ()]


def test_min_face_leaves_out_smaller_faces(samples: Path, detector: Mtcnn) -> None:
    """A larger --min-face keeps the large faces and drops small ones (mtcnn 1.0 loses all of them)."""
    images = sample(min(samples.glob("*.mp4")), 6)
    everyone = [face for faces in detector.detect(images) for face in faces]
    limit = int(max(min(face.width, face.height) for face in everyone) * 0.6)

    large = [face for faces in Mtcnn(min_face_px=limit).detect(images) for face in faces]

    assert large
    assert all(min(face.width, face.height) > 0.5 * limit for face in large)
