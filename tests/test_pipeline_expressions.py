"""From faces in frames to readings, and one face of each expression through the whole."""

from __future__ import annotations

import csv
import gzip
import hashlib
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import SHARED
from fakes import FakeClassifier, make_face

from pipeline.errors import ModelError
from pipeline.expressions import NetworkClassifier, read_faces
from pipeline.models.card import NEVER, Calibration, Readability
from pipeline.models.folder import DEFAULT_MODEL, EMBEDDED, encode_weights, read_model, write_model
from pipeline.networks import build
from pipeline.networks.weights import named_arrays
from pipeline.preprocessing import CROP_SCALE, crop_face, measure_sharpness, resize_face
from pipeline.records import EXPRESSIONS, Face
from pipeline.settings import Settings
from pipeline.work import open_stages
from retrain.data.faces import FER_PLUS_EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.expressions import ExpressionClassifier
    from pipeline.models.folder import StoredModel
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
            np.testing.assert_allclose(reading.probabilities, FakeClassifier().classify(crop).probabilities[0])
            assert reading.sharpness == measure_sharpness(crop)[0]


def test_frames_without_faces_have_no_readings() -> None:
    """Nobody was seen: an empty result for each frame, and the classifier is not asked."""
    images = np.zeros((2, 20, 20, 3), np.uint8)

    assert read(FakeClassifier(), images, [(), ()]) == [(), ()]
    assert read(FakeClassifier(), images[:0], []) == []


BOTH = Readability(("reading_readable", "log_size"), (1.0, 0.5, -2.0), (0.0, 1.0, -4.0), "nothing")


def publish(folder: Path, options: dict[str, Any], readability: Readability | None) -> StoredModel:
    """A small model of the store whose weights are drawn at random."""
    options = {"width": 0.125} | options
    names = ("expression", *["labels"] * ("labels" in options))
    arrays = [named_arrays(build("vgg-face", options | {"head": head})) for head in names]
    content = encode_weights({name: array for each in arrays for name, array in each.items()})
    known_by = hashlib.sha256(content).hexdigest()
    card = replace(read_model(EMBEDDED / DEFAULT_MODEL).card, name=folder.name, arch="vgg-face", options=options)
    card = replace(card, readability=readability, weights_sha256=known_by, graph=None)
    return write_model(folder, card, content)


@pytest.fixture(scope="module")
def with_heads(tmp_path_factory: pytest.TempPathFactory) -> StoredModel:
    """A model with all heads and regressions."""
    return publish(tmp_path_factory.mktemp("models") / "heads", {"labels": True, "reading": True}, BOTH)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> StoredModel:
    """A model as they were before: one head, and nothing that judges what can be read."""
    return publish(tmp_path_factory.mktemp("models") / "plain", {}, None)


def test_a_model_with_heads_says_what_can_be_read(with_heads: StoredModel):
    """Its card comes back with the regressions; readings hold both probabilities, by head and box, and the pose."""
    faces = [make_face(10, 10, 40, 30), make_face(60, 20, 20, 20)]
    image = np.random.default_rng(0).integers(0, 256, (100, 120, 3)).astype(np.uint8)
    stages = open_stages(Settings(), with_heads, "cpu")

    ((large, small),) = read_faces(stages.classifier, image[None], [faces], stages.readability)

    assert stages.readability == BOTH
    answers = stages.classifier.classify(np.stack([crop_face(image, face) for face in faces]))
    assert answers.reading is not None
    for reading, side, logits in zip((large, small), (30, 20), answers.reading, strict=True):
        readable = logits[0] + 0.5 * np.log2(side) - 2
        assert reading.readable == pytest.approx(1 / (1 + np.exp(-readable)), abs=1e-6)
        assert reading.is_face == pytest.approx(1 / (1 + np.exp(4 - np.log2(side))))
        assert (reading.pose.turn, reading.pose.tilt, reading.pose.nod) == pytest.approx((0, 0, 0.5))


def spoil(model: StoredModel, folder: Path, value: float) -> StoredModel:
    """The same model with one weight of each array that is no number, under a hash that matches."""
    arrays = {name: array.copy() for name, array in model.weights().items()}
    for array in arrays.values():
        array.flat[0] = value
    content = encode_weights(arrays)
    card = replace(model.card, name=folder.name, weights_sha256=hashlib.sha256(content).hexdigest())
    return write_model(folder, card, content)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_answers_that_are_no_numbers_are_the_models_error(with_heads: StoredModel, tmp_path: Path, value: float):
    """A model whose weights give NaN or infinity is refused by its name before a video is begun."""
    spoilt = spoil(with_heads, tmp_path / "spoilt", value)

    with pytest.raises(ModelError, match=r"spoilt/weights.safetensors: expected finite numbers; found NaN or infinity"):
        open_stages(Settings(), spoilt, "cpu")


def test_one_face_that_overflows_gives_no_rows(with_heads: StoredModel):
    """Also a model that answers some faces: no readings where one of them has no numbers."""
    biases = (1e6, *(0.0,) * 6)
    card = replace(with_heads.card, calibration=Calibration(temperature=1e-6, biases=biases))
    classifier = NetworkClassifier(replace(with_heads, card=card))

    found = classifier.classify(np.zeros((2, 48, 48), np.uint8)).probabilities

    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (Calibration(temperature=0.0), "a number above 0 as temperature"),
        (Calibration(temperature=-1.0), "a number above 0 as temperature"),
        (Calibration(temperature=float("nan")), "found nan"),
        (Calibration(temperature=float("inf")), "found inf"),
        (Calibration(biases=(0.0,) * 6), "7 finite numbers as biases"),
        (Calibration(biases=(float("nan"), *(0.0,) * 6)), "7 finite numbers as biases"),
        (Calibration(biases=(NEVER,) * 7), "found none among its biases"),
        (Calibration(prior=(0.0,) * 8), "7 finite numbers as prior"),
        (Calibration(smoothed=1.0), "from 0 to below 1 as smoothed"),
        (Calibration(smoothed=float("nan")), "from 0 to below 1 as smoothed"),
    ],
)
def test_a_calibration_that_gives_no_probabilities_is_refused(
    with_heads: StoredModel, calibration: Calibration, said: str
):
    """Out of range, not finite, or of another length: an error of the model, with its name, when it is opened."""
    model = replace(with_heads, card=replace(with_heads.card, calibration=calibration))

    with pytest.raises(ModelError, match=f"model {model.card.name}: .*{said}"):
        NetworkClassifier(model)


def test_coefficients_that_are_no_numbers_are_refused(with_heads: StoredModel):
    """What can be read would be unsaid for every face, without a word."""
    readability = replace(BOTH, readable=(1.0, float("nan"), -2.0))

    with pytest.raises(ModelError, match="expected finite coefficients of readable"):
        open_stages(Settings(), replace(with_heads, card=replace(with_heads.card, readability=readability)), "cpu")


def test_the_other_head_is_asked_by_name(with_heads: StoredModel, plain: StoredModel):
    """The labels' head gives other probabilities and the same reading; no faces are answered by empty arrays."""
    faces = np.random.default_rng(1).integers(0, 256, (5, 48, 48)).astype(np.uint8)

    votes, labels = (NetworkClassifier(with_heads, head=head).classify(faces) for head in ("expression", "labels"))
    none = NetworkClassifier(with_heads).classify(faces[:0])

    assert np.abs(votes.probabilities - labels.probabilities).max() > 0.001
    np.testing.assert_allclose(votes.reading, labels.reading, atol=1e-5)
    assert none.reading is not None
    assert none.reading.shape == (0, 2)
    assert NetworkClassifier(plain).classify(faces).reading is None


def test_a_head_that_is_not_there_is_named(plain: StoredModel):
    """A model with one head of seven cannot be asked for another."""
    with pytest.raises(ModelError, match="model plain: expected a head 'labels'; its only one is for expressions"):
        NetworkClassifier(plain, head="labels")


def test_an_older_model_leaves_it_unsaid(plain: StoredModel):
    """Without regressions, and without the head that they ask for, both probabilities are None: never a guess."""
    images, faces = np.full((1, 100, 120, 3), 90, np.uint8), [[make_face(10, 10, 40, 30)]]
    classifier = NetworkClassifier(plain)

    ((unjudged,),) = read_faces(classifier, images, faces)
    ((headless,),) = read_faces(classifier, images, faces, BOTH)

    assert (unjudged.readable, unjudged.is_face) == (None, None)
    assert headless.readable is None


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
    """FER-2013 faces set into a frame, at their size and enlarged, are read as labelled: four of five clear ones.

    Of disgusted ones, which it takes for neutral or sad more often than others, three of five.
    """
    side = 48 * enlarged
    box = side / CROP_SCALE
    face = make_face(100 + side / 2 - box / 2, 50 + side / 2 - box / 2, box, box)

    for name, pictures in clear_faces.items():
        frames = np.full((CLEAR, 240, 320, 3), 90, np.uint8)
        for frame, picture in zip(frames, pictures, strict=True):
            frame[50 : 50 + side, 100 : 100 + side] = resize_face(picture, side)[..., None]

        readings = read(embedded, frames, [(face,)] * CLEAR)

        said = [EXPRESSIONS[int(np.argmax(reading.probabilities))] for (reading,) in readings]
        assert said.count(name) >= CLEAR - (2 if name == "disgust" else 1), said
