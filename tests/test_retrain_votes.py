"""A model that learned votes: two heads, each judged by its own labels, from the run to the tables of `evaluate`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv, write_votes
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.errors import DataError, ModelError, SettingError
from pipeline.expressions import NetworkClassifier
from pipeline.models.card import SHOP_LIKE, encode_card
from pipeline.models.folder import StoredModel, read_model
from retrain.data.sources import DataOptions, read_sources
from retrain.data.votes import crowd_shares
from retrain.measure.truth import FERPLUS, SEARCHED
from retrain.publishing import gate
from retrain.publishing.card_check import figures
from retrain.publishing.publish import publish
from retrain.training.frozen_heads import learn_heads
from retrain.training.recipes import settle
from retrain.training.runs import FinishedRun, RunOrigin, read_run
from retrain.training.settings import TrainSettings
from retrain.training.targets import people_answers, teach
from retrain.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from retrain.data.faces import LabelledFaces

SMALL = TrainSettings(
    options={"width": 0.0625}, target="votes", epochs=3, calm_epochs=0, batch=14, peak_rate=0.05, ema_decay=0.5
)
NEUTRAL, SAD = 6, 4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A run on faces of which annotators call those labelled sad neutral, as FER-2013's are in part."""
    folder = tmp_path_factory.mktemp("votes")
    faces = write_csv(folder / "fer2013.csv", per_class=10, held_out=6)
    called = [NEUTRAL if label == SAD else label for label in [*range(7)] * 16]
    votes = write_votes(folder / "votes.csv", called)
    options = DataOptions((str(faces),), ferplus=str(votes))
    train(read_sources(options)[0], SMALL, folder / "run", origin=RunOrigin("abc", sources=options))
    return read_run(folder / "run")


@pytest.fixture(scope="module")
def data(run: FinishedRun) -> LabelledFaces:
    return read_sources(run.origin.sources)[0]


@pytest.fixture(scope="module")
def published(run: FinishedRun, data: LabelledFaces, tmp_path_factory: pytest.TempPathFactory) -> StoredModel:
    return publish(run, "voted", data, tmp_path_factory.mktemp("store"), even_if_worse=True)


def test_each_head_is_judged_by_its_own_labels(published: StoredModel):
    """No face is sad by the votes; by FER-2013's labels as many are as of any other expression."""
    card = published.card

    assert card.evaluation.data == f"fer2013.csv + votes.csv, PublicTest, {FERPLUS}"
    assert card.evaluation.classes[SAD].faces == 0
    assert card.evaluation.classes[NEUTRAL].faces == 12
    assert card.labels_evaluation is not None
    assert card.labels_evaluation.data == f"fer2013.csv + votes.csv, PublicTest, {SEARCHED}"
    assert card.labels_evaluation.classes[SAD].faces == 6


def test_heads_give_answers_of_their_own(published: StoredModel, data: LabelledFaces):
    """What the heads say of a face differs, and both are probabilities."""
    faces = data.split("PublicTest").faces
    expressions, labels = (
        NetworkClassifier(published, "cpu", head=head).classify(faces).probabilities
        for head in ("expression", "labels")
    )

    assert not np.allclose(expressions, labels, atol=1e-3)
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-5)


def test_conditions_are_those_of_shops(published: StoredModel):
    """Each way in which shop cameras spoil faces has its accuracy and its confusion matrix, by what people say."""
    found = {one.name: one for one in published.card.conditions}

    assert set(SHOP_LIKE) <= set(found)
    for name in SHOP_LIKE:
        matrix = np.array(found[name].confusion)
        assert found[name].labels == FERPLUS
        assert matrix.sum() == found[name].faces == 42
        assert found[name].accuracy == pytest.approx(np.trace(matrix) / 42)


def test_calibration_is_by_the_votes(published: StoredModel):
    """Error and divergence are measured against the shares of votes, and the card says so."""
    measured = published.card.calibration_figures

    assert measured is not None
    assert "by the votes" in measured.measured_on
    assert measured.divergence_after is not None
    assert published.card.calibration.smoothed == 0


def test_page_and_figures_keep_the_label_sets_apart(published: StoredModel):
    """The card's page has a section and a picture for each label set, and each figure of the second one names it."""
    page = (published.folder / "README.md").read_text("utf-8")

    assert "\n## By FER-2013's labels\n" in page
    assert "labels-confusion.svg" in page
    assert (published.folder / "labels-confusion.svg").is_file()
    assert "what most people would call the face" in page
    named = figures(published.card)
    assert {"accuracy", "mean recall", "FER-2013's labels: accuracy", "FER-2013's labels: sad, recall"} <= set(named)


def test_evaluate_prints_a_table_for_each_label_set(
    published: StoredModel, run: FinishedRun, monkeypatch: pytest.MonkeyPatch
):
    """One command gives both tables of the card, each with its label set, and `models` lists both."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(published.folder.parent))
    sources = run.origin.sources

    done = CliRunner().invoke(
        app, ["evaluate", sources.data[0], "--ferplus", str(sources.ferplus), "--model", "voted", "--json"]
    )
    listed = CliRunner().invoke(app, ["models"])

    assert done.exit_code == 0, done.stderr
    by_labels, by_people = json.loads(done.stdout)
    assert published.card.labels_evaluation is not None
    assert by_labels["evaluation"]["data"] == published.card.labels_evaluation.data
    assert by_labels["evaluation"]["accuracy"] == pytest.approx(published.card.labels_evaluation.accuracy)
    assert by_people["evaluation"]["data"] == published.card.evaluation.data
    assert by_people["evaluation"]["accuracy"] == pytest.approx(published.card.evaluation.accuracy)
    assert by_people["divergence"] > 0
    assert FERPLUS in listed.stdout
    assert SEARCHED in listed.stdout


def test_gate_compares_each_head_with_the_rivals(published: StoredModel, run: FinishedRun, data: LabelledFaces):
    """The rival answers by its head for the label set, or by its only one; both comparisons are told."""
    one_headed = replace(published, card=replace(published.card, options={"width": 0.0625}, graph=None))
    told: list[gate.Comparison] = []

    for rival in (published, one_headed):
        publish(run, "voted", data, None, rival=rival, quick=True, on_compared=told.append)

    by_people, by_labels, again, by_only_head = told
    assert by_people.data.endswith(FERPLUS)
    assert by_labels.data.endswith(SEARCHED)
    assert by_people.accuracy == by_people.known == again.known
    assert by_labels.accuracy == by_labels.known
    searched = data.split("PublicTest")
    only = NetworkClassifier(one_headed, "cpu").classify(searched.faces).probabilities
    assert by_only_head.known == pytest.approx(np.mean(only.argmax(axis=1) == searched.labels))


def test_gate_refuses_a_model_whose_second_head_is_worse(published: StoredModel):
    """A model that is as good by the votes and behind by FER-2013's labels is refused, with the label set."""
    found = gate.Comparison(f"fer2013.csv, {SEARCHED}", 3_589, 0.65, "voted", 0.70, 0.01)

    with pytest.raises(ModelError, match=r"same 3,589 faces \(fer2013.csv, FER-2013's labels\), 70.0%"):
        gate.refuse_worse("worse", found)


def test_publishing_without_votes_is_refused(run: FinishedRun, data: LabelledFaces):
    """A run that learned votes is not judged by a web search's words when the votes are not named."""
    without = replace(data, voted=np.zeros(len(data), bool), majority=np.full(len(data), -1))

    with pytest.raises(DataError, match="Name them with `ferplus`"):
        publish(run, "voted", without, None)


def test_fine_tuning_goes_on_learning_what_people_say(published: StoredModel, monkeypatch: pytest.MonkeyPatch):
    """A base that learned votes is fine-tuned on votes or given labels, and its network is built without its heads."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(published.folder.parent))

    settings, weights = settle(None, "voted", {})

    assert settings.target == "votes"
    assert settings.options == {"width": 0.0625}
    assert {"labels/kernel", "expression/kernel"} <= set(weights)
    assert read_model(published.folder).card == published.card
    assert encode_card(published.card)


def test_replayed_faces_without_votes_are_what_a_voting_teacher_says(published: StoredModel, data: LabelledFaces):
    """A replayed face without votes is what a teacher that learned votes says; without one it weighs nothing."""
    training = data.split("Training")
    replayed = replace(training, known=np.ones(len(training), bool), voted=np.zeros(len(training), bool))

    alone, taught = (people_answers(replayed, SMALL, teachers) for teachers in ((), (published,)))
    voted = people_answers(training, replace(SMALL, teacher_weight=0.25), (published,))

    assert not alone.any()
    np.testing.assert_allclose(taught, teach((published,), training.faces), atol=1e-5)
    np.testing.assert_allclose(voted, 0.75 * crowd_shares(training) + 0.25 * taught, atol=1e-5)


def test_labels_that_people_gave_are_learned_as_votes(data: LabelledFaces):
    """A folder's label counts as if all annotators had called the face so; a web search's word does not."""
    given = replace(data, searched=np.zeros(len(data), bool), voted=np.zeros(len(data), bool))

    np.testing.assert_array_equal(crowd_shares(given), np.eye(7)[data.labels])
    assert not crowd_shares(replace(given, searched=np.ones(len(data), bool))).any()


def test_heads_learned_on_frozen_features_are_published(run: FinishedRun, data: LabelledFaces, tmp_path: Path):
    """The network stays as it is, both heads are new, and that for expressions has a hidden layer."""
    anew = learn_heads(run, data, 16)

    model = publish(anew, "anew", data, tmp_path, even_if_worse=True, quick=True)

    assert anew.weights["expression_hidden/kernel"].shape == (32, 16)
    assert np.array_equal(anew.weights["block5_conv3/kernel"], run.weights["block5_conv3/kernel"])
    assert not np.array_equal(anew.weights["labels/kernel"], run.weights["labels/kernel"])
    assert all(np.isfinite(array).all() for array in model.weights().values())
    assert model.card.options == {"width": 0.0625, "hidden": 16, "labels": True}
    assert "learned anew on the frozen features" in " ".join(model.card.notes)


def test_heads_of_their_own_are_for_votes(run: FinishedRun, data: LabelledFaces):
    """A run that learned labels alone has no two heads to learn."""
    labelled = replace(run, settings=replace(run.settings, target="labels"))

    with pytest.raises(SettingError, match="a run that learned votes"):
        learn_heads(labelled, data)
