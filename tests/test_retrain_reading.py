"""The head for what can be read: what it is shown, that it learns it, and that a model carries it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np
import pytest
from fixtures_retrain import draw_face, write_csv, write_votes
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.errors import DataError, SettingError, UsageError
from pipeline.expressions import NetworkClassifier
from pipeline.models.card import Readability
from pipeline.models.folder import find_model
from pipeline.records import Face
from retrain.data.clutter import THINGS, draw_clutter
from retrain.data.faces import PUBLIC_TEST, TRAINING
from retrain.data.nobody import read_nobody
from retrain.data.sources import DataOptions, read_sources
from retrain.publishing.fitted import Fitted, read_fitted
from retrain.publishing.publish import publish
from retrain.publishing.release import HEAD_ALONE, Reading, release
from retrain.training.reading import RUINS, draw_examples, mild_camera, piece, ruin
from retrain.training.reading_head import Pooled, area_under_curve, fit, learn_reading
from retrain.training.runs import FinishedRun, RunOrigin, read_run
from retrain.training.settings import TrainSettings
from retrain.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.records import Image
    from retrain.data.faces import LabelledFaces

SMALL = TrainSettings(
    options={"width": 0.0625}, target="votes", epochs=2, calm_epochs=0, batch=14, peak_rate=0.05, ema_decay=0.5
)
PRIOR = (0.0, 0.0, 0.0, 0.0, -0.3, 0.0, 0.3)
FITTED = Readability(("reading_readable", "reading_face", "log_size"), (1, 0, 1, -5), (0, 1, 0.5, -2), "forty faces")
VIEWS = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    folder = tmp_path_factory.mktemp("reading")
    faces = write_csv(folder / "fer2013.csv", per_class=10, held_out=6)
    options = DataOptions((str(faces),), ferplus=str(write_votes(folder / "votes.csv", [*range(7)] * 16)))
    train(read_sources(options)[0], SMALL, folder / "run", origin=RunOrigin("abc", sources=options))
    return read_run(folder / "run")


@pytest.fixture(scope="module")
def data(run: FinishedRun) -> LabelledFaces:
    return read_sources(run.origin.sources)[0]


@pytest.fixture
def face() -> Image:
    return draw_face(3, np.random.default_rng(1))


class Credulous:
    """A detector that takes the left upper corner of every picture for a face."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        return [(Face(2.0, 3.0, 30.0, 40.0, 0.2, ()),) for _ in images]


def test_a_third_of_the_examples_is_of_each_kind(data: LabelledFaces):
    """Readable faces, faces beyond reading and no faces are as many; what is no face is not readable either."""
    examples = draw_examples(data.split(TRAINING), np.empty((0, 48, 48), np.uint8), 20, 0)

    assert examples.pictures.shape == (60, 48, 48)
    assert examples.readable.tolist() == [True] * 20 + [False] * 40
    assert examples.face.tolist() == [True] * 40 + [False] * 20
    again = draw_examples(data.split(TRAINING), np.empty((0, 48, 48), np.uint8), 20, 0)
    assert np.array_equal(again.pictures, examples.pictures)


def test_examples_need_votes(data: LabelledFaces):
    """Without votes nobody has said of any face that it can be read, and the answer says how they are named."""
    without = replace(data, votes=np.zeros_like(data.votes), named=np.zeros_like(data.named))

    with pytest.raises(DataError, match="Name them with `ferplus`"):
        draw_examples(without, np.empty((0, 48, 48), np.uint8), 1, 0)


def test_squares_without_a_face_are_shown_as_such(data: LabelledFaces):
    """Of the no faces, three in ten come from the user's own footage where there is any."""
    white = np.full((3, 48, 48), 255, np.uint8)
    white[:, ::2] = 215

    examples = draw_examples(data.split(TRAINING), white, 200, 0)

    stripes = np.abs(np.diff(examples.pictures[400:].astype(float), axis=2)).mean(axis=(1, 2)) < 4
    bright = examples.pictures[400:].mean(axis=(1, 2)) > 200
    assert 0.1 < np.mean(stripes & bright) < 0.4


@pytest.mark.parametrize("how", RUINS)
def test_every_ruin_changes_most_of_a_face(face: Image, how):
    """Each way of spoiling leaves a picture of the same size that differs from the face, whatever is drawn."""
    random = np.random.default_rng(0)
    for _ in range(30):
        spoilt = how(face, random)
        assert spoilt.shape == face.shape
        assert spoilt.dtype == np.uint8
        assert np.mean(spoilt != face) > 0.1


def test_ruins_are_farther_from_a_face_than_what_a_camera_does(face: Image):
    """On the mean, a face beyond reading has lost more of its detail than one that a shop's camera shows."""
    random = np.random.default_rng(0)

    def detail(picture: Image) -> float:
        return float(cv2.Laplacian(picture, cv2.CV_32F).var())

    assert sum(RUINS.values()) == pytest.approx(1)
    mild = np.median([detail(mild_camera(face, random)) for _ in range(200)])
    ruined = np.median([detail(ruin(face, random)) for _ in range(200)])
    assert ruined < mild / 2


def test_pieces_and_clutter_are_pictures():
    """Faces cut wrongly and drawn clutter are squares of 48 pixels with something in them, each one another."""
    random = np.random.default_rng(0)
    face = draw_face(5, random)

    pieces = [piece(face, random) for _ in range(60)]
    clutter = [draw_clutter(random) for _ in range(60)]

    assert {picture.shape for picture in pieces + clutter} == {(48, 48)}
    assert len({picture.tobytes() for picture in clutter}) == 60
    assert np.mean([picture.std() > 8 for picture in clutter]) > 0.9
    assert not any(np.array_equal(picture, face) for picture in pieces)


@pytest.mark.parametrize("draw", THINGS)
def test_things_of_a_shop_are_drawn(draw):
    """Each thing leaves its mark on an empty square, wherever it is drawn."""
    random = np.random.default_rng(0)
    changed = []
    for _ in range(40):
        empty = np.full((96, 96), 128, np.uint8)
        draw(empty, random)
        changed.append((empty != 128).any())
    assert np.mean(changed) > 0.8


def test_footage_without_faces_gives_squares(tmp_path: Path, face: Image):
    """Pictures give what a credulous detector takes for faces, and squares beside; flat ones are left out."""
    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "shelf.png"), picture)
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 120, 3), 128, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")

    squares = read_nobody([str(tmp_path)], Credulous())

    assert squares.dtype == np.uint8
    assert squares.shape[1:] == (48, 48)
    assert 1 < len(squares) <= 13
    assert squares.std(axis=(1, 2)).min() > 8
    assert read_nobody([]).shape == (0, 48, 48)


def test_footage_that_shows_nothing_is_an_error(tmp_path: Path):
    """A folder of blank pictures is an error that names it."""
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 120, 3), 128, np.uint8))

    with pytest.raises(DataError, match="expected pictures or videos that show something"):
        read_nobody([str(tmp_path)], Credulous())


def test_logistic_regression_finds_what_made_the_labels():
    """Coefficients come out in the features' own units, in the right proportions, with the intercept."""
    random = np.random.default_rng(0)
    features = random.normal([3, -1, 100], [1, 2, 30], (8_000, 3)).astype(np.float32)
    logits = 2 * features[:, 0] - 1 * features[:, 1] - 8
    wanted = random.random(8_000) < 1 / (1 + np.exp(-logits))

    all_faces = np.ones_like(wanted)

    readable = fit(features, np.stack([wanted, all_faces], axis=1), penalty=1e-3)
    face = fit(features, np.stack([all_faces, wanted], axis=1), penalty=1e-3)

    assert readable.kernel[:, 0] == pytest.approx([2, -1, 0], abs=0.15)
    assert readable.bias[0] == pytest.approx(-8, abs=0.8)
    np.testing.assert_allclose(readable.kernel[:, 0], face.kernel[:, 1], atol=0.01)


def test_readable_is_asked_of_faces_only():
    """What is no face changes nothing in what the head says of readable faces."""
    random = np.random.default_rng(0)
    features = random.normal(0, 1, (4_000, 3)).astype(np.float32)
    readable, face = features[:, 0] > 0, np.arange(4_000) < 2_000
    clutter = np.where(face, readable, random.random(4_000) < 0.5)

    found, other = (fit(features, np.stack([said, face], axis=1)) for said in (readable & face, clutter))

    np.testing.assert_allclose(found.kernel[:, 0], other.kernel[:, 0], atol=0.02)


def test_hidden_units_learn_what_no_line_divides():
    """What lies between two lines is found with a hidden layer, and not without one."""
    random = np.random.default_rng(0)
    features = random.normal([50, 2], [20, 0.1], (2_000, 2)).astype(np.float32)
    inside = np.abs(features[:, 0] - 50) < 15
    wanted = np.stack([inside, np.ones_like(inside)], axis=1)

    line, bent = (fit(features, wanted, units).answer(features)[:, 0] for units in (0, 8))

    assert area_under_curve(line, inside) < 0.6
    assert area_under_curve(bent, inside) > 0.99


def test_area_under_curve_is_that_of_the_ranks():
    """All positives above gives 1, all below 0, and one kind alone says nothing."""
    scores = np.array([0.1, 0.4, 0.35, 0.8])

    assert area_under_curve(scores, np.array([False, False, True, True])) == 0.75
    assert area_under_curve(scores, scores > 0.37) == 1
    assert area_under_curve(scores, scores > 9) == 0.5


def test_head_is_learned_on_frozen_features(run: FinishedRun, data: LabelledFaces):
    """Nothing of the network changes; the head tells faces from clutter on faces that it was not shown."""
    with_head = learn_reading(run, data, np.empty((0, 48, 48), np.uint8), VIEWS)

    assert with_head.weights["reading/kernel"].shape == (64, 2), "32 features of each of the last two blocks"
    for name, array in run.weights.items():
        assert np.array_equal(with_head.weights[name], array)
    assert "spoilt beyond reading" in with_head.notes[0]


def test_model_carries_the_head_and_what_judges_by_it(run: FinishedRun, data: LabelledFaces, tmp_path: Path):
    """A published model answers what can be read, and its card has the regressions of the file."""
    (tmp_path / "fitted.json").write_bytes(msgspec.json.encode(Fitted(FITTED, PRIOR)))
    with_head = learn_reading(run, data, np.empty((0, 48, 48), np.uint8), VIEWS)
    fitted = read_fitted(tmp_path / "fitted.json")
    judged = replace(with_head, origin=replace(run.origin, readability=fitted.readability, prior=fitted.prior))

    model = publish(judged, "reader", data, tmp_path, even_if_worse=True, quick=True)
    answers = NetworkClassifier(model, "cpu").classify(data.split(PUBLIC_TEST).faces)
    plain = publish(run, "plain", data, tmp_path, even_if_worse=True, quick=True)

    assert model.card.options == {"width": 0.0625, "labels": True, "reading": True, "reading_blocks": 2}
    assert model.card.readability == FITTED
    assert model.card.calibration.prior == PRIOR
    assert with_head.notes[0] in model.card.notes
    assert answers.reading is not None
    assert answers.reading.shape == (42, 2)
    assert plain.card.readability is None
    assert NetworkClassifier(plain, "cpu").classify(data.faces).reading is None


def test_a_run_keeps_the_head_of_its_base(run: FinishedRun, data: LabelledFaces, tmp_path: Path):
    """A run that goes on from weights with a head publishes it, with the regressions of its base."""
    base = learn_reading(run, data, np.empty((0, 48, 48), np.uint8), VIEWS).weights
    origin = replace(run.origin, readability=FITTED)

    train(data, replace(SMALL, epochs=1), tmp_path / "on", base=base, origin=origin)
    released = release(read_run(tmp_path / "on"), "on", tmp_path / "store", data, even_if_worse=True, quick=True)

    np.testing.assert_array_equal(read_run(tmp_path / "on").weights["reading/kernel"], base["reading/kernel"])
    assert released.model.card.readability == FITTED
    assert released.model.card.options["reading"]


def test_a_head_of_one_block_is_published_as_it_was(run: FinishedRun, data: LabelledFaces, tmp_path: Path):
    """A run that goes on from a model of before has a head on the last block alone, and its card says so."""
    kernel = np.random.default_rng(0).normal(size=(32, 2)).astype(np.float32)
    old = replace(run, weights=dict(run.weights) | {"reading/kernel": kernel, "reading/bias": np.zeros(2, np.float32)})

    model = publish(old, "old", data, tmp_path, even_if_worse=True, quick=True)

    assert model.card.options == {"width": 0.0625, "labels": True, "reading": True}
    answers = NetworkClassifier(model, "cpu").classify(data.faces)
    np.testing.assert_allclose(answers.reading, Pooled(run).see(data.faces) @ kernel, atol=0.05)


def test_a_published_model_learns_the_head_anew(
    run: FinishedRun, data: LabelledFaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its run being gone, a model is named instead: features, expressions and history stay, the head is another one."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(tmp_path))
    first = learn_reading(run, data, np.empty((0, 48, 48), np.uint8), VIEWS)
    before = publish(first, "reader", data, tmp_path, even_if_worse=True, quick=True)
    earlier = before.weights()
    faces, votes = (str(path) for path in (run.origin.sources.data[0], run.origin.sources.ferplus))

    done = CliRunner().invoke(
        app,
        ["models", "publish", "reader", "--reading", "--quick", "--even-if-worse", "--data", faces, "--ferplus", votes],
    )

    assert done.exit_code == 0, done.stderr or done.exception
    after = find_model("reader")
    assert after.card.created_at >= before.card.created_at
    assert after.card.evaluation == before.card.evaluation
    assert after.card.labels_evaluation == before.card.labels_evaluation
    assert after.card.training == before.card.training
    assert after.card.licence == before.card.licence
    assert len([note for note in after.card.notes if note.startswith("What can be read")]) == 1
    assert len(after.card.notes) == len(set(after.card.notes))
    others = {name: array for name, array in after.weights().items() if not name.startswith("reading")}
    assert all(np.array_equal(array, earlier[name]) for name, array in others.items())
    assert not np.array_equal(after.weights()["reading/kernel"], earlier["reading/kernel"])


def test_a_model_without_reading_is_no_run(run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Only that head can be learned of a model; else a folder is asked for, as ever."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(tmp_path))

    done = CliRunner().invoke(app, ["models", "publish", "vgg-face-fer2013"])

    assert isinstance(done.exception, DataError)
    assert "expected a training run" in str(done.exception)


@pytest.mark.slow
def test_a_head_is_learned_by_one_command(run: FinishedRun, tmp_path: Path):
    """`models publish --reading` learns the head; without regressions the card takes it at its word."""
    cv2.imwrite(str(tmp_path / "shelf.png"), np.random.default_rng(0).integers(0, 256, (90, 120, 3)))
    options = ["--into", str(tmp_path / "store"), "--name", "reader", "--even-if-worse", "--quick"]

    done = CliRunner().invoke(
        app, ["models", "publish", str(run.folder), *options, "--reading", "--no-faces", str(tmp_path / "shelf.png")]
    )

    assert done.exit_code == 0, done.stderr
    card = (tmp_path / "store" / "reader" / "card.json").read_text("utf-8")
    assert HEAD_ALONE.fitted_on in card


def test_options_of_the_head_need_it(run: FinishedRun, tmp_path: Path):
    """Footage without faces means nothing where no head is learned, and the answer says so."""
    done = CliRunner().invoke(app, ["models", "publish", str(run.folder), "--no-faces", str(tmp_path)])

    assert isinstance(done.exception, UsageError)
    assert "--no-faces: expected --reading beside it" in str(done.exception)


def test_other_architectures_have_no_such_head(run: FinishedRun, data: LabelledFaces):
    """The head stands on the features of vgg-face; another architecture is refused."""
    other = replace(run, settings=replace(run.settings, arch="hcmus-shallow"))

    with pytest.raises(SettingError, match="vgg-face, which has a head for it"):
        learn_reading(other, data, np.empty((0, 48, 48), np.uint8), VIEWS)


def test_a_file_that_is_no_regression_is_named(tmp_path: Path):
    """A readability file of another form is an error with its name and what is expected."""
    (tmp_path / "fitted.json").write_text('{"facts": []}')

    with pytest.raises(DataError, match=r"fitted.json: expected what was fitted on rated faces"):
        read_fitted(tmp_path / "fitted.json")
    with pytest.raises(DataError, match="No such file"):
        read_fitted(tmp_path / "none.json")
    assert Reading().nobody == ()
