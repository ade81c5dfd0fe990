"""Turn, tilt and nod: what they say of drawn faces, wherever and however large."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pose import pose_of
from pipeline.records import Face

FRONTAL = ((30.0, 40.0), (70.0, 40.0), (50.0, 60.0), (35.0, 80.0), (65.0, 80.0))
"""Eyes, nose and corners of the mouth in a box of 100 pixels."""


def face(points: np.ndarray | tuple[tuple[float, float], ...], side: float = 100.0) -> Face:
    landmarks = tuple((float(x), float(y)) for x, y in points)
    return Face(0, 0, side * 0.8, side, 0.9, landmarks)


def test_a_frontal_face_is_neither_turned_nor_tilted():
    """Its nose stands half-way between the eyes and the mouth."""
    pose = pose_of(face(FRONTAL))

    assert (pose.turn, pose.tilt, pose.nod) == pytest.approx((0, 0, 0.5))


def test_a_nose_to_the_right_is_a_turn_to_the_right():
    """Measured in longer sides of the box; mirrored it has the other sign."""
    points = np.array(FRONTAL)
    points[2] += (12, 0)
    mirrored = (np.array([100, 0]) + points * (-1, 1))[[1, 0, 2, 4, 3]]

    assert pose_of(face(points)).turn == pytest.approx(0.12)
    assert pose_of(face(mirrored)).turn == pytest.approx(-0.12)


def test_a_bent_head_has_its_nose_near_the_mouth():
    """The nod grows as the nose goes down, and is that of the nose alone."""
    points = np.array(FRONTAL)
    points[2] += (0, 12)

    assert pose_of(face(points)).nod == pytest.approx(0.8)


@given(
    angle=st.floats(-179, 179),
    scale=st.floats(0.1, 20),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    nose=st.tuples(st.floats(-40, 40), st.floats(-40, 40)),
)
def test_size_place_and_tilt_leave_turn_and_nod(
    angle: float, scale: float, shift: tuple[float, float], nose: tuple[float, float]
):
    """However a picture is enlarged, moved and turned in its plane, turn and nod stay; only the tilt is another."""
    points = np.array(FRONTAL)
    points[2] += nose
    turned = math.radians(angle)
    rotation = np.array([[math.cos(turned), -math.sin(turned)], [math.sin(turned), math.cos(turned)]])

    before, after = pose_of(face(points)), pose_of(face(points @ rotation.T * scale + shift, 100 * scale))

    assert (after.turn, after.nod) == pytest.approx((before.turn, before.nod), abs=1e-6)
    assert after.tilt == pytest.approx(angle, abs=1e-6)


@pytest.mark.parametrize(
    "points", [((50.0, 50.0),) * 5, (*FRONTAL[:3], *FRONTAL[:2]), (FRONTAL[0], *FRONTAL[:1], *FRONTAL[2:])]
)
def test_landmarks_in_one_place_give_finite_numbers(points: tuple[tuple[float, float], ...]):
    """A detector that gives the same point twice stops nothing."""
    pose = pose_of(face(points))

    assert all(math.isfinite(value) for value in (pose.turn, pose.tilt, pose.nod))
