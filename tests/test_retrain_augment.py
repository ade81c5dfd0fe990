"""Random views: what a camera does to a face, and that its damage is as frequent as the views say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fixtures_retrain import draw_face

from retrain.training import augment


def flat(size: int = 48, level: int = 100) -> np.ndarray:
    return np.full((size, size), level, np.uint8)


def test_noise_belongs_to_the_pixels_of_the_sensor():
    """A camera that sees a face in few pixels has its noise in these: enlarged, neighbours are noisy together."""
    coarse = augment.film(flat(), np.random.default_rng(0), blur_px=0, size_px=12, noise=10).astype(float)
    fine = augment.film(flat(), np.random.default_rng(0), blur_px=0, size_px=48, noise=10).astype(float)

    assert np.corrcoef(coarse[:, 1:].ravel(), coarse[:, :-1].ravel())[0, 1] > 0.7
    assert abs(np.corrcoef(fine[:, 1:].ravel(), fine[:, :-1].ravel())[0, 1]) < 0.1
    assert fine.std() == pytest.approx(10, rel=0.1)


def test_a_camera_without_faults_shows_the_face_as_it_is():
    """No blur, no noise and as many pixels as the picture has change nothing."""
    face = draw_face(3, np.random.default_rng(1))

    assert np.array_equal(augment.film(face, np.random.default_rng(0), blur_px=0, size_px=48, noise=0), face)


@pytest.mark.parametrize(("views", "spared"), [("camera", 1 / 16), ("shop", 0.94**4), ("none", 1)])
def test_share_of_faces_that_a_camera_spares(views: str, spared: float):
    """Each of four kinds of damage has its probability: `camera` spares one face of sixteen, `none` all of them."""
    random = np.random.default_rng(2)
    how = replace(augment.VIEWS["none"], camera=augment.VIEWS[views].camera)
    faces = np.stack([draw_face(number % 7, random) for number in range(700)])

    views_of = augment.augment(faces, 48, random, how)

    assert np.mean((views_of == faces).all(axis=(1, 2))) == pytest.approx(spared, abs=0.03)


def test_blended_faces_keep_their_own_answer_first():
    """A view is at least half of its blend, what is learned of it is blended alike and still sums to 1."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 7, 256)
    targets = np.eye(7, dtype=np.float32)[labels]
    views = np.broadcast_to(targets.argmax(axis=1)[:, None, None], (256, 4, 4)).astype(np.float32)

    blended, learned, _ = augment.mix(views, targets, np.full((256, 8), 1 / 8, np.float32), 1.0, random)

    assert (learned.argmax(axis=1) == labels).all()
    assert learned.sum(axis=1) == pytest.approx(1)
    assert np.median(learned.max(axis=1)) < 0.9
    assert blended == pytest.approx(np.broadcast_to((learned @ np.arange(7))[:, None, None], views.shape), abs=1e-5)


def test_blends_with_a_face_without_votes_have_none():
    """A row of votes is whole or zeros: half a row would push all logits of its head down."""
    random = np.random.default_rng(4)
    votes = np.eye(8, dtype=np.float32)[random.integers(0, 8, 256)] * (random.random((256, 1)) < 0.7)

    _, _, mixed = augment.mix(
        np.zeros((256, 4, 4), np.float32), np.full((256, 7), 1 / 7, np.float32), votes.astype(np.float32), 0.2, random
    )

    sums = mixed.sum(axis=1)
    assert set(np.round(sums, 5)) == {0, 1}
    assert sums.any()
    assert not sums[votes.sum(axis=1) == 0].any()
