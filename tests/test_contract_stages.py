"""What every detector and every classifier keeps to: the networks, and the doubles that stand in for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import FakeClassifier, FakeDetector, number_image
from golden_faces import SAMPLES, sample_frames

from pipeline.expressions import FACE_BATCH, NetworkClassifier
from pipeline.faces import Mtcnn
from pipeline.models.folder import DEFAULT_MODEL, EMBEDDED, read_model
from pipeline.records import EXPRESSIONS, Face

if TYPE_CHECKING:
    from pipeline.expressions import ExpressionClassifier
    from pipeline.faces import FaceDetector
    from pipeline.records import Image


@dataclass(frozen=True, slots=True)
class Case:
    """A detector, and frames in some of which it finds faces: uint8 (N, H, W, 3), RGB."""

    detector: FaceDetector
    images: Image


def _sampled() -> Image:
    video = SAMPLES / "Buu-dien-Vinh__hall__2024-03-26T09-30.mp4"
    return np.stack([frame.image for frame in sample_frames(video, 4) if frame.image is not None])


@pytest.fixture(scope="module", params=["fake", "mtcnn"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "fake":
        return Case(FakeDetector(), np.stack([number_image(number) for number in (0, 1, 3, 5)]))
    return Case(Mtcnn(), _sampled())


@pytest.fixture(scope="module", params=["fake", "network"])
def classifier(request: pytest.FixtureRequest) -> ExpressionClassifier:
    return FakeClassifier() if request.param == "fake" else NetworkClassifier(read_model(EMBEDDED / DEFAULT_MODEL))


def numbers(faces: tuple[Face, ...]) -> list[tuple[float, ...]]:
    return [(face.x, face.y, face.width, face.height, face.confidence) for face in faces]


def same(first: tuple[Face, ...], second: tuple[Face, ...]) -> bool:
    """The same faces, but for what a network's sums may differ by in another batch."""
    return len(first) == len(second) and np.allclose(numbers(first), numbers(second), atol=0.05)


def random_faces(count: int) -> Image:
    return np.random.default_rng(count).integers(0, 256, (count, 48, 48)).astype(np.uint8)


def test_one_tuple_for_each_frame(case: Case) -> None:
    """As many tuples as frames, in some of which there are faces; empty where nobody is seen."""
    found = case.detector.detect(case.images)

    assert len(found) == len(case.images)
    assert all(isinstance(faces, tuple) for faces in found)
    assert sum(map(len, found)) >= 2
    assert case.detector.detect(np.zeros_like(case.images)) == [()] * len(case.images)


def test_most_confident_first(case: Case) -> None:
    """Within a frame, confidences fall; each is a probability."""
    for faces in case.detector.detect(case.images):
        confidences = [face.confidence for face in faces]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 < confidence <= 1 for confidence in confidences)


def test_boxes_lie_within_the_frame(case: Case) -> None:
    """A box is at least a pixel wide and high and does not leave the frame; its numbers are Python's own floats."""
    height, width = case.images.shape[1:3]
    for face in (face for faces in case.detector.detect(case.images) for face in faces):
        assert all(type(number) is float for number in (face.x, face.y, face.width, face.height, face.confidence))
        assert 0 <= face.x <= face.x + face.width <= width
        assert 0 <= face.y <= face.y + face.height <= height
        assert min(face.width, face.height) >= 1


def test_a_frame_cut_smaller_keeps_its_faces_inside(case: Case) -> None:
    """Where the frame's edge goes through a face, its box ends there, or it is not found."""
    first = next(faces[0] for faces in case.detector.detect(case.images) if faces)
    right, bottom = round(first.x + first.width * 0.7), round(first.y + first.height * 0.9)

    for faces in case.detector.detect(np.ascontiguousarray(case.images[:, :bottom, :right])):
        assert all(face.x + face.width <= right and face.y + face.height <= bottom for face in faces)


def test_five_landmarks_within_the_frame(case: Case) -> None:
    """Eyes, nose and corners of the mouth as five pairs of x and y, left before right, within the frame."""
    height, width = case.images.shape[1:3]
    for face in (face for faces in case.detector.detect(case.images) for face in faces):
        assert len(face.landmarks) == 5
        assert all(0 <= x < width and 0 <= y < height for x, y in face.landmarks)
        left_eye, right_eye, _, left_corner, right_corner = face.landmarks
        assert left_eye[0] < right_eye[0]
        assert left_corner[0] < right_corner[0]
        assert left_eye[1] < left_corner[1]


def test_a_frame_gives_the_same_faces_whatever_the_batch(case: Case) -> None:
    """Alone, among others, in another order, and asked twice."""
    together = case.detector.detect(case.images)
    alone = [case.detector.detect(image[None])[0] for image in case.images]
    turned = case.detector.detect(case.images[::-1])[::-1]

    assert case.detector.detect(case.images) == together
    assert all(map(same, together, alone))
    assert all(map(same, together, turned))


def test_frames_are_left_as_they_are(case: Case) -> None:
    """The frames may be read-only, and are not written to."""
    images = case.images.copy()
    images.flags.writeable = False

    case.detector.detect(images)

    np.testing.assert_array_equal(images, case.images)


def test_no_frames_give_no_faces(case: Case) -> None:
    """An empty batch is an empty list."""
    assert case.detector.detect(case.images[:0]) == []


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (8, 300), (31, 17)])
def test_frames_too_small_for_a_face_have_none(case: Case, size: tuple[int, int]) -> None:
    """Tiny frames are no error."""
    assert case.detector.detect(np.full((2, *size, 3), 255, np.uint8)) == [(), ()]


def test_seven_probabilities_for_each_face(classifier: ExpressionClassifier) -> None:
    """float32 (N, 7) that sum to 1, also for black, white and flat faces, and for more faces than one batch holds."""
    faces = random_faces(FACE_BATCH + 3)
    faces[0], faces[1], faces[2] = 0, 255, 128

    found = classifier.classify(faces).probabilities

    assert found.shape == (len(faces), len(EXPRESSIONS))
    assert found.dtype == np.float32
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_face_gives_the_same_probabilities_whatever_the_batch(classifier: ExpressionClassifier) -> None:
    """Alone, among others and in another order."""
    faces = random_faces(5)

    together = classifier.classify(faces).probabilities

    alone = np.concatenate([classifier.classify(face[None]).probabilities for face in faces])
    np.testing.assert_allclose(alone, together, atol=1e-4)
    np.testing.assert_allclose(classifier.classify(faces[::-1]).probabilities[::-1], together, atol=1e-4)
    assert np.ptp(together, axis=0).max() > 0.01, "other faces, other probabilities"


def test_faces_are_left_as_they_are(classifier: ExpressionClassifier) -> None:
    """The faces may be read-only, and are not written to."""
    faces = random_faces(3)
    faces.flags.writeable = False

    classifier.classify(faces)

    np.testing.assert_array_equal(faces, random_faces(3))


def test_no_faces_have_no_probabilities(classifier: ExpressionClassifier) -> None:
    """An empty batch is an empty array of seven columns."""
    found = classifier.classify(random_faces(0)).probabilities

    assert found.shape == (0, len(EXPRESSIONS))
    assert found.dtype == np.float32
