"""What is learned for each face: smoothed labels, and the answers of teachers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv

from pipeline.errors import DataError, UsageError
from pipeline.expressions import LABELS_HEAD
from pipeline.inference.runtime import silence
from pipeline.models.folder import find_model
from pipeline.records import EXPRESSIONS
from retrain.data import faces as records
from retrain.data import loading
from retrain.data.votes import crowd_shares
from retrain.training import runs
from retrain.training.runs import RunOrigin, prepare, read_run
from retrain.training.settings import TrainSettings
from retrain.training.targets import (
    all_answers,
    answers,
    check_teachers,
    check_votes,
    identify,
    teach,
)
from retrain.training.train import train

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> records.LabelledFaces:
    silence()
    return loading.load(write_csv(tmp_path_factory.mktemp("data") / "fer2013.csv", per_class=4, held_out=2))


def test_labels_are_smoothed_over_the_trained_expressions(faces: records.LabelledFaces):
    """A label keeps 1 - smoothing and its part of the rest; expressions that are not trained get nothing."""
    settings = TrainSettings(smoothing=0.1, classes=("happy", "sad"))

    targets = answers(faces, settings)

    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    assert targets[faces.labels == 3][:, 3] == pytest.approx(0.95)
    assert not targets[:, [0, 1, 2, 5, 6]][np.isin(faces.labels, [3, 4])].any()


@pytest.mark.slow
def test_teachers_take_their_part(faces: records.LabelledFaces):
    """With a teacher's weight of 0.25 a quarter of each target is the mean of what it says of face and mirror image."""
    teacher = find_model("vgg-face-fer2013")
    settings = TrainSettings(smoothing=0.0, teacher_weight=0.25)

    targets = answers(faces, settings, [teacher])
    mirrored = replace(faces, faces=np.ascontiguousarray(faces.faces[:, :, ::-1]))

    expected = 0.75 * np.eye(7)[faces.labels] + 0.25 * teach([teacher], faces.faces, LABELS_HEAD)
    np.testing.assert_allclose(targets, expected, atol=1e-5)
    np.testing.assert_allclose(targets, answers(mirrored, settings, [teacher]), atol=1e-4)


@pytest.mark.slow
def test_taught_run_differs_from_an_untaught_one(faces: records.LabelledFaces, tmp_path: Path):
    """A teacher changes what is learned, and leaves the count of right answers one of the labels."""
    settings = TrainSettings(
        options={"width": 0.0625}, epochs=1, calm_epochs=0, batch=14, teachers=("vgg-face-fer2013",), teacher_weight=1.0
    )

    train(faces, settings, tmp_path / "taught", teachers=[find_model("vgg-face-fer2013")])
    train(faces, settings, tmp_path / "alone")

    taught, alone = (read_run(tmp_path / name).results[0] for name in ("taught", "alone"))
    assert taught.loss != pytest.approx(alone.loss, rel=1e-3)
    assert 0 <= taught.training_accuracy <= 1


def test_teacher_that_does_not_know_an_expression_is_refused(faces: records.LabelledFaces):
    """A teacher of two expressions would call angry faces one of them: it may teach these two only."""
    teacher = find_model("vgg-face-fer2013")
    training = replace(teacher.card.training, settings={"classes": ["happy", "sad"]})
    two = replace(teacher, card=replace(teacher.card, training=training))

    check_teachers([teacher, two], ("happy", "sad"))
    with pytest.raises(UsageError, match="it does not know angry, disgust, fear, surprise, neutral"):
        check_teachers([teacher, two], EXPRESSIONS)


def test_teacher_that_was_published_anew_is_noticed(tmp_path: Path):
    """A run is not resumed with a teacher of the same name and other weights."""
    teacher = find_model("vgg-face-fer2013")
    anew = replace(teacher, card=replace(teacher.card, weights_sha256="0" * 64))
    prepare(tmp_path, TrainSettings(teachers=(identify(teacher),)), RunOrigin(), resume=False)
    (tmp_path / runs.CHECKPOINT).touch()

    assert identify(anew) == "vgg-face-fer2013@000000000000"
    prepare(tmp_path, TrainSettings(teachers=(identify(teacher),)), RunOrigin(), resume=True)
    with pytest.raises(DataError, match="teachers differ"):
        prepare(tmp_path, TrainSettings(teachers=(identify(anew),)), RunOrigin(), resume=True)


def _vote(faces: records.LabelledFaces) -> records.LabelledFaces:
    """The faces with votes of 3/4 for their label and 1/4 for contempt, a tenth of all for no face."""
    votes = np.zeros((len(faces), 8), np.float32)
    votes[np.arange(len(faces)), np.argsort(records.FER_PLUS_EXPRESSIONS)[faces.labels]] = 0.75
    votes[:, 7] = 0.25
    named = np.full(len(faces), 0.9, np.float32)
    voted = np.ones(len(faces), bool)
    return replace(faces, votes=votes, named=named, voted=voted, majority=faces.labels)


def test_votes_become_shares_that_weigh_what_they_say(faces: records.LabelledFaces):
    """What annotators say of the seven is learned; contempt and no face make a face weigh less."""
    learned = crowd_shares(_vote(faces))

    np.testing.assert_array_equal(learned.argmax(axis=1), faces.labels)
    np.testing.assert_allclose(learned.sum(axis=1), 0.75 * 0.9, atol=1e-6)
    assert not crowd_shares(_vote(faces), ("happy", "sad"))[:, [0, 1, 2, 5, 6]].any()


def test_votes_and_labels_are_learned_by_a_head_each(faces: records.LabelledFaces, tmp_path: Path):
    """With votes as target both heads learn and are measured; stopped and resumed, it ends with the same figures."""
    voted = _vote(faces)
    settings = TrainSettings(
        options={"width": 0.0625}, target="votes", views="spoilt", epochs=2, calm_epochs=1, batch=14, mixup=0.2
    )
    taken: list[int] = []

    assert train(voted, settings, tmp_path / "whole")
    train(
        voted, settings, tmp_path / "broken",
        on_step=lambda step: taken.append(step.step), should_stop=lambda: len(taken) == 3,
    )  # fmt: skip
    assert train(voted, settings, tmp_path / "broken", resume=True)

    whole, broken = (read_run(tmp_path / name) for name in ("whole", "broken"))
    assert all_answers(voted, settings).shape == (len(faces), 14)
    assert whole.weights["labels/kernel"].shape == whole.weights["expression/kernel"].shape
    assert not np.allclose(whole.weights["labels/kernel"], whole.weights["expression/kernel"])
    for one, other in zip(whole.results, broken.results, strict=True):
        assert one.labels_accuracy is not None
        assert other.loss == pytest.approx(one.loss, rel=1e-3)


def test_votes_as_target_need_votes(faces: records.LabelledFaces):
    """Without FER+ votes there is nothing to learn from, and the answer says how they are named."""
    with pytest.raises(DataError, match=r"found none for its Training faces\. Name them with `ferplus`"):
        check_votes(faces, TrainSettings(target="votes"))
    check_votes(faces, TrainSettings())
