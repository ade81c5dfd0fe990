"""Random views: what a camera does to a face, and that its damage is as frequent as the views say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fixtures_retrain import draw_face

from retrain import augment, covers


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

    blended, learned, _ = augment.mix(views, targets, np.ones((256, 8), np.float32) / 8, 1.0, random)

    assert (learned.argmax(axis=1) == labels).all()
    assert learned.sum(axis=1) == pytest.approx(1)
    assert np.median(learned.max(axis=1)) < 0.9
    assert blended == pytest.approx(np.broadcast_to((learned @ np.arange(7))[:, None, None], views.shape), abs=1e-5)


def test_blends_with_a_face_without_votes_have_none():
    """A row of votes is whole or zeros: half a row would push all logits of its head down."""
    random = np.random.default_rng(4)
    votes = np.eye(8, dtype=np.float32)[random.integers(0, 8, 256)] * (random.random((256, 1)) < 0.7)

    _, _, mixed = augment.mix(
        np.zeros((256, 4, 4), np.float32), np.ones((256, 7), np.float32) / 7, votes.astype(np.float32), 0.2, random
    )

    sums = mixed.sum(axis=1)
    assert set(np.round(sums, 5)) == {0, 1}
    assert sums.any()
    assert not sums[votes.sum(axis=1) == 0].any()


def test_poor_cameras_spoil_their_share_of_the_views():
    """Of the views that are `spoilt`, half are taken by a good camera; a poor one leaves hardly any face as it is."""
    random = np.random.default_rng(5)
    how = replace(augment.VIEWS["none"], poor=augment.VIEWS["spoilt"].poor)
    faces = np.stack([draw_face(number % 7, random) for number in range(700)])

    views = augment.augment(faces, 48, random, how)

    assert np.mean((views == faces).all(axis=(1, 2))) == pytest.approx(0.5 + 0.5 * 0.045, abs=0.05)


@pytest.mark.parametrize("draw", covers.COVERS)
def test_what_covers_a_face_leaves_some_of_it(draw: covers.Draw):
    """A mask, a hand, a cap or glasses change a part of the picture, and never most of it."""
    random = np.random.default_rng(6)
    for _ in range(50):
        face = draw_face(3, random)
        covered = face.copy()
        draw(covered, random)
        assert 0.005 < np.mean(covered != face) < 0.7


def test_motion_blurs_along_its_line_only():
    """Stripes along the motion stay, stripes across it are smeared; the light is kept."""
    stripes = np.tile(np.repeat([60, 180], 3).astype(np.uint8), 8)
    rows, columns = np.tile(stripes[:, None], (1, 48)), np.tile(stripes, (48, 1))

    assert np.array_equal(augment.smear(rows, 6, 0.0), rows)
    assert augment.smear(columns, 6, 0.0).std() < columns.std() / 3
    assert augment.smear(columns, 6, 0.0).mean() == pytest.approx(columns.mean(), abs=2)


def test_a_bent_head_keeps_its_centre():
    """A keystone makes one side larger than the other and leaves the middle where it was."""
    bent = augment._keystone(48, 0.15, 0.0)
    corners = np.array([[0, 0, 1], [0, 47, 1], [47, 0, 1], [47, 47, 1], [23.5, 23.5, 1]]).T
    places = bent @ corners
    x, y = places[:2] / places[2]

    assert (y[1] - y[0]) / (y[3] - y[2]) == pytest.approx(1.15 / 0.85)
    assert (x[4], y[4]) == (pytest.approx(23.5), pytest.approx(23.5))
