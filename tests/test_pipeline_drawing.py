"""Pixels of an annotated frame."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import palette
from pipeline.annotate.carry import Mark
from pipeline.annotate.drawing import blur, blur_all, draw, label
from pipeline.records import EXPRESSIONS, UNCLEAR, UNDECIDED, Box
from pipeline.store.sightings import Sighting


def noise(height: int = 200, width: int = 300) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8)


def test_cover_keeps_a_few_averages():
    """Under a cover, pixels lie on a smooth field; outside it, none has changed."""
    image, before = noise(), noise()

    blur(image, Box(50, 40, 150, 140))

    inside = image[40:140, 50:150].astype(int)
    assert np.abs(np.diff(inside, axis=0)).max() <= 4
    assert np.abs(np.diff(inside, axis=1)).max() <= 4
    image[40:140, 50:150] = before[40:140, 50:150]
    assert (image == before).all()


def test_cells_are_as_coarse_at_the_frames_edge():
    """Of a cover that lies outside but for a sliver, the sliver is one average wide, not many fine ones."""
    image = noise()

    blur(image, Box(-90, 40, 10, 140))

    assert (image[40:140, :10] == image[40:140, :1]).all()


@pytest.mark.parametrize("box", [Box(400, 0, 500, 100), Box(-100, 0, 0, 50), Box(10, -80, 60, -5)])
def test_cover_outside_the_frame_changes_nothing(box: Box):
    """A cover that misses the frame leaves it alone."""
    image = noise()

    blur(image, box)

    assert (image == noise()).all()


def test_whole_frame_keeps_a_few_averages():
    """A frame that is covered whole has no step between neighbouring pixels left."""
    image = noise()

    blur_all(image)

    assert np.abs(np.diff(image.astype(int), axis=1)).max() <= 6


def test_every_label_has_a_colour():
    """The palette has one colour for each expression and one each for undecided and unclear, all different."""
    assert set(palette.EXPRESSION_COLOURS) == {*EXPRESSIONS, UNDECIDED, UNCLEAR}
    assert len(set(palette.EXPRESSION_COLOURS.values())) == len(palette.EXPRESSION_COLOURS)


def test_label_says_expression_and_probability():
    """`happy 0.87`; without a number where the model is not sure."""
    box = Box(0, 0, 10, 10)

    assert label(Sighting(box, "happy", 0.874)) == "happy 0.87"
    assert label(Sighting(box, UNDECIDED, 0.35)) == "undecided"
    assert label(Sighting(box, UNCLEAR, 0.95)) == "unclear"


@pytest.mark.parametrize("box", [Box(50, 60, 90, 100), Box(-20, -20, 20, 20), Box(280, 180, 320, 220)])
@pytest.mark.parametrize("expression", [*EXPRESSIONS, UNDECIDED, UNCLEAR])
def test_label_stands_within_the_frame(expression: str, box: Box):
    """Wherever the face is, the tag's whole area is in the picture, in the expression's colour."""
    image = np.zeros((200, 300, 3), np.uint8)

    draw(image, [Mark(box, box, Sighting(box, expression, 0.5), measured=True)])

    tagged = (image == palette.rgb(palette.EXPRESSION_COLOURS[expression])).all(axis=2)
    rows, columns = np.nonzero(tagged)
    assert np.ptp(columns) >= 40
    assert np.ptp(rows) >= 12


def test_covered_faces_without_a_box_are_not_drawn():
    """A face that is only covered in case it is still there gets neither box nor label."""
    image, box = noise(), Box(50, 60, 90, 100)

    draw(image, [Mark(box, None, Sighting(box, "happy", 0.9))])

    assert (image == noise()).all()
