"""Random views: what a camera does to a face, and that its damage is as frequent as the views say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fixtures_retrain import draw_face

from retrain import augment


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
