"""From faces in frames to readings, and one face of each expression through the whole."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import SHARED
from fakes import FakeClassifier, make_face

from pipeline.expressions import NetworkClassifier, read_faces
from pipeline.models.folder import DEFAULT_MODEL, EMBEDDED, read_model
from pipeline.preprocessing import CROP_SCALE, crop_face, measure_sharpness, resize_face
from pipeline.records import EXPRESSIONS, Face
from retrain.data.faces import FER_PLUS_EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.expressions import ExpressionClassifier
    from pipeline.records import Image, Reading


def read(classifier: ExpressionClassifier, images: Image, faces: Sequence[Sequence[Face]]) -> list[tuple[Reading, ...]]:
    """`read_faces`."""
    return read_faces(classifier, images, faces)


def test_each_reading_belongs_to_its_face() -> None:
    """Readings come in the order of frames and faces, each as if its face had been read alone; frames may have none."""
    images = np.random.default_rng(3).integers(0, 256, (3, 60, 80, 3)).astype(np.uint8)
    faces = [(make_face(2, 3, 20, 24), make_face(40, 10, 33, 30)), (), (make_face(70, 50, 9, 9),)]

    together = read(FakeClassifier(), images, faces)

    assert [tuple(reading.face for reading in readings) for readings in together] == faces
    for image, readings in zip(images, together, strict=True):
        for reading in readings:
            crop = crop_face(image, reading.face)[None]
            np.testing.assert_allclose(reading.probabilities, FakeClassifier().classify(crop)[0])
            assert reading.sharpness == measure_sharpness(crop)[0]


def test_frames_without_faces_have_no_readings() -> None:
    """Nobody was seen: an empty result for each frame, and the classifier is not asked."""
    images = np.zeros((2, 20, 20, 3), np.uint8)

    assert read(FakeClassifier(), images, [(), ()]) == [(), ()]
    assert read(FakeClassifier(), images[:0], []) == []


@pytest.fixture(scope="module")
def embedded() -> NetworkClassifier:
    return NetworkClassifier(read_model(EMBEDDED / DEFAULT_MODEL))


CLEAR = 5
"""Faces of each expression."""


@pytest.fixture(scope="module")
def clear_faces() -> dict[str, list[Image]]:
    """Of each expression the five faces of FER-2013's PublicTest for which most people voted as the label says."""
    folder = SHARED / "data" / "fer2013"
    chosen: dict[str, list[tuple[int, str]]] = {name: [] for name in EXPRESSIONS}
    with (
        (folder / "fer2013new.csv").open(encoding="utf-8", newline="") as votes,
        gzip.open(folder / "fer2013.csv.gz", "rt", encoding="utf-8") as labels,
    ):
        for voted, labelled in islice(zip(csv.reader(votes), labels, strict=True), 1, None):
            if voted[0] == "PublicTest":
                label, pixels, _ = labelled.split(",")
                column = FER_PLUS_EXPRESSIONS.index(int(label))
                chosen[EXPRESSIONS[int(label)]].append((int(voted[2 + column]), pixels))
    return {
        name: [
            np.array(pixels.split(), np.uint8).reshape(48, 48)
            for _, pixels in sorted(rows, key=lambda row: -row[0])[:CLEAR]
        ]
        for name, rows in chosen.items()
    }


@pytest.mark.shared
@pytest.mark.parametrize("enlarged", [1, 2, 3])
def test_a_clear_face_of_each_expression_is_read_from_a_frame(
    clear_faces: dict[str, list[Image]], embedded: NetworkClassifier, enlarged: int
) -> None:
    """FER-2013 faces set into a frame, at their size and enlarged, are read as labelled: four of five clear ones."""
    side = 48 * enlarged
    box = side / CROP_SCALE
    face = make_face(100 + side / 2 - box / 2, 50 + side / 2 - box / 2, box, box)

    for name, pictures in clear_faces.items():
        frames = np.full((CLEAR, 240, 320, 3), 90, np.uint8)
        for frame, picture in zip(frames, pictures, strict=True):
            frame[50 : 50 + side, 100 : 100 + side] = resize_face(picture, side)[..., None]

        readings = read(embedded, frames, [(face,)] * CLEAR)

        said = [EXPRESSIONS[int(np.argmax(reading.probabilities))] for (reading,) in readings]
        assert said.count(name) >= CLEAR - 1, said
