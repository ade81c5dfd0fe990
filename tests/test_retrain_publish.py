"""Publishing: the card says what the written file does, and the gate refuses what is worse."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import draw_face, write_csv

from pipeline.errors import DataError, ModelError
from pipeline.expressions import NetworkClassifier
from pipeline.inference.runtime import CPU
from pipeline.models import folder as models
from pipeline.models.folder import find_model
from pipeline.models.seen import NONE, fingerprint
from pipeline.records import EXPRESSIONS
from retrain.data.sources import DataOptions, read_sources
from retrain.measure import evaluate
from retrain.measure.sources import count_known
from retrain.measure.truth import by_labels
from retrain.publishing import gate, publish
from retrain.publishing.card_check import SPEED, figures, repeat
from retrain.publishing.figures import Answered, answer
from retrain.training import runs
from retrain.training.licence import commercial, describe, took
from retrain.training.runs import RunOrigin, read_run
from retrain.training.settings import TrainSettings
from retrain.training.terms import describe_licence, inherit, seen_by
from retrain.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from retrain.data.faces import LabelledFaces

SMALL = TrainSettings(options={"width": 0.0625}, epochs=2, calm_epochs=0, batch=14, peak_rate=0.05, ema_decay=0.5)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> runs.FinishedRun:
    folder = tmp_path_factory.mktemp("publish")
    options = DataOptions((str(write_csv(folder / "fer2013.csv", per_class=10, held_out=10)),))
    data, _ = read_sources(options)
    train(data, SMALL, folder / "run", origin=RunOrigin("abc", sources=options))
    return read_run(folder / "run")


@pytest.fixture(scope="module")
def data(run: runs.FinishedRun):
    return read_sources(run.origin.sources)[0]


@pytest.fixture(scope="module")
def published(run: runs.FinishedRun, data, tmp_path_factory: pytest.TempPathFactory) -> models.StoredModel:
    return publish.publish(run, "tiny", data, tmp_path_factory.mktemp("store"), even_if_worse=True)


def test_card_repeats_on_the_written_file(published: models.StoredModel, data):
    """Evaluating the published file again gives exactly the card's figures."""
    held_out = data.split("PublicTest")

    probabilities = evaluate.predict(NetworkClassifier(models.read_model(published.folder)), held_out.faces)

    assert (
        evaluate.evaluate(probabilities, held_out.labels, published.card.evaluation.data) == published.card.evaluation
    )


@pytest.mark.slow
def test_every_figure_of_the_card_is_measured_again(published: models.StoredModel, data):
    """`evaluate --card` finds each figure of an unchanged model as its card states it, and leaves none out."""
    rows = repeat(published, data, CPU)

    assert {row.name for row in rows} > set(figures(published.card))
    assert len(rows) > 20
    for row in rows:
        assert row.name == SPEED or row.measured == pytest.approx(row.stated, abs=1e-5), row.name


@pytest.mark.slow
def test_a_card_that_was_changed_is_found_out(published: models.StoredModel, data):
    """A count of the confusion matrix, a mean and a cost that are not the model's differ from what is measured."""
    stated = published.card.evaluation
    first, *others = stated.confusion
    moved = (first[0] + 1, first[1] - 1, *first[2:]) if first[1] else (first[0] - 1, first[1] + 1, *first[2:])
    means = ((1.0,) * 7, *stated.mean_probabilities[1:])
    card = replace(
        published.card,
        evaluation=replace(stated, confusion=(moved, *others), mean_probabilities=means),
        cost=replace(published.card.cost, parameters=7),
    )

    rows = {row.name: row for row in repeat(replace(published, card=card), data, CPU)}

    counts = rows["confusion matrix, faces in the same cell"]
    assert (counts.stated, counts.measured) == (stated.faces, stated.faces - 1)
    assert rows["mean probabilities, greatest difference"].measured > 0.01
    assert rows["parameters"].measured > 7


def test_model_sees_the_centre_that_it_was_trained_on(published: models.StoredModel, data):
    """A model of 44-pixel views takes no notice of the two pixels around them, and its card says so."""
    faces = data.faces[:5]
    framed = faces.copy()
    framed[:, :2], framed[:, -2:], framed[:, :, :2], framed[:, :, -2:] = 0, 255, 255, 0
    classifier = NetworkClassifier(published)

    assert published.card.preprocessing.view_px == SMALL.crop_px == 44
    one, other = (classifier.classify(each).probabilities for each in (framed, faces))
    np.testing.assert_array_equal(one, other)


def test_card_explains_itself(published: models.StoredModel, data):
    """The card names data, hash, commit, epochs, settings, conditions, cost, and that PublicTest was selected on."""
    card = published.card

    assert card.data.sha256 == data.sha256
    assert card.data.faces == {"Training": 70, "PublicTest": 70}
    assert card.training.commit == "abc"
    assert 1 <= card.training.epochs <= 2
    assert card.training.settings["peak_rate"] == 0.05
    assert card.cost is not None
    assert card.cost.parameters > 10_000
    assert card.cost.faces_per_second > 100
    assert "processors" in card.cost.measured_on
    assert {"JPEG quality 30", "mirrored", "reduced to 24 px and enlarged"} <= {one.name for one in card.conditions}
    assert "chosen by its accuracy on PublicTest" in " ".join(card.notes)
    assert card.calibration_figures is not None
    assert sum(one.faces for one in card.calibration_figures.bins) == 35


def test_page_has_front_matter_and_sound_pictures(published: models.StoredModel):
    """The readable card begins with Hugging Face's front matter, names every section, and its pictures are XML."""
    text = (published.folder / "README.md").read_text("utf-8")

    assert text.startswith("---\n{")
    for title in ("Data", "Training", "Accuracy", "Calibration", "Cost", "Known limits", "Out of scope", "Licence"):
        assert f"\n## {title}\n" in text
    for name in ("confusion.svg", "reliability.svg"):
        assert name in text
        assert ET.parse(published.folder / name).getroot().tag.endswith("svg")


def test_weights_have_no_training_heads(published: models.StoredModel):
    """The published file holds what inference needs and nothing else."""
    assert not any(name.startswith("votes") for name in published.weights())
    assert sorted(path.name for path in published.folder.parent.iterdir()) == ["tiny"]


def test_other_faces_are_refused(run: runs.FinishedRun, data, tmp_path: Path):
    """A run is published only with the faces that it was trained with."""
    with pytest.raises(DataError, match="expected the faces that"):
        publish.publish(run, "tiny", replace(data, sha256="0" * 64), tmp_path)


@pytest.mark.parametrize("name", ["Tiny", "../tiny", "", ".tiny", "a b", "active", "scratch", "vgg-face"])
def test_odd_names_are_refused(run: runs.FinishedRun, data, tmp_path: Path, name: str):
    """A model's name cannot leave the folder of models, nor differ only in case."""
    with pytest.raises(ModelError, match="expected lower-case letters"):
        publish.publish(run, name, data, tmp_path)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("2026-11-22T08-30-00", "2026-11-22t08-30-00"),
        ("Cửa hàng 2", "c-a-h-ng-2"),
        ("vgg-face", "run-vgg-face"),
        ("_", "run"),
    ],
)
def test_a_model_without_a_name_has_that_of_its_run(tmp_path: Path, folder: str, name: str):
    """Whatever a run's folder is called, its model gets a name that a store takes."""
    found = publish.name_after(tmp_path / folder)

    assert found == name
    publish.check_name(found)


def draw_faces(count: int) -> np.ndarray:
    """Faces that are in no other data set of these tests, uint8 (N, 48, 48)."""
    random = np.random.default_rng(99)
    return np.stack([draw_face(label % 7, random) for label in range(count)])


def spoil_answers(published: models.StoredModel, faces: LabelledFaces, spoilt: int) -> Answered:
    """What a model says of some faces, with the first answers that were right made wrong."""
    said = answer(published, by_labels(faces))
    rows = np.flatnonzero(said.probabilities.argmax(axis=1) == faces.labels)[:spoilt]
    said.probabilities[rows] = np.eye(7, dtype=np.float32)[(faces.labels[rows] + 1) % 7]
    return said


def test_gate_refuses_a_model_that_is_worse_than_the_active_one(published: models.StoredModel, data):
    """A model that is behind its rival on the same faces is refused with both figures in one line."""
    held_out = data.split("PublicTest")
    right = round(published.card.evaluation.accuracy * len(held_out))

    worse = gate.compare(spoil_answers(published, held_out, 5), published, SMALL.classes)
    same = gate.compare(spoil_answers(published, held_out, 0), published, SMALL.classes)

    with pytest.raises(ModelError, match=rf"{right / 70:.1%}, less 5.3 points; found {(right - 5) / 70:.1%}\."):
        gate.refuse_worse("worse", worse)
    gate.refuse_worse("same", same)
    assert str(same).startswith(f"{right / 70:.1%} against {right / 70:.1%} of tiny on the same 70 faces")


def test_gate_lets_chance_pass(published: models.StoredModel, data):
    """Where faces are few, a difference that one model in twenty has by chance is no reason to refuse it."""
    held_out = data.split("PublicTest")

    found = gate.compare(spoil_answers(published, held_out, 2), published, SMALL.classes)

    assert gate.MARGIN < found.known - found.accuracy < found.margin
    gate.refuse_worse("chance", found)


def test_faces_that_the_rival_was_trained_on_are_left_out(published: models.StoredModel, data):
    """A comparison is of the faces that the rival does not know; how many are left out is said, and the gate judges."""
    training, held_out = (np.flatnonzero(data.splits == split) for split in ("Training", "PublicTest"))
    both = data.take(np.append(training[:20], held_out))
    said = spoil_answers(published, both, 0)

    found = gate.compare(said, published, SMALL.classes)

    assert (found.faces, found.trained, found.is_fair) == (len(held_out), 20, True)
    assert found == replace(
        gate.compare(spoil_answers(published, data.take(held_out), 0), published, SMALL.classes), trained=20
    )
    assert "20 more, on which tiny was trained, are left out" in str(found)


def test_the_gate_does_not_use_what_the_rival_knows(published: models.StoredModel, data):
    """Where the rival was trained on nearly all faces its figure is shown for what it is, and refuses nobody."""
    training, held_out = (np.flatnonzero(data.splits == split) for split in ("Training", "PublicTest"))
    faces = data.take(np.append(training, held_out[:3]))

    found = gate.compare(spoil_answers(published, faces, 40), published, SMALL.classes)

    assert (found.faces, found.trained, found.is_fair) == (len(faces), len(training), False)
    assert f"tiny was trained on {len(training)} of them" in str(found)
    assert "the gate does not use it" in str(found)
    gate.refuse_worse("new", found)
    with pytest.raises(ModelError):
        gate.refuse_worse("new", replace(found, is_fair=True, accuracy=0.0, known=0.9))


def test_a_rival_that_did_not_note_its_faces_is_said(published: models.StoredModel, data, tmp_path: Path):
    """Of a model without fingerprints nobody knows, and the comparison says so; changed ones are an error."""
    origin = replace(published.card.data, seen_sha256="")
    old = replace(published, card=replace(published.card, data=origin))
    held_out = data.split("PublicTest")

    assert "is not known" in str(gate.compare(spoil_answers(published, held_out, 0), old, SMALL.classes))
    moved = replace(published, folder=tmp_path)
    assert moved.seen() is None
    (tmp_path / "seen.bin").write_bytes(b"1234")
    with pytest.raises(ModelError, match=r"seen.bin: changed since it was published"):
        moved.seen()


def test_evaluate_counts_the_faces_that_a_model_knows(published: models.StoredModel, data):
    """All Training faces are known and no held-out one is, of which drawn ones never repeat."""
    assert count_known(published, data.split("Training")) == int((data.splits == "Training").sum())
    assert count_known(published, data.split("PublicTest")) == 0


def test_what_a_base_knew_goes_on(run: runs.FinishedRun, published: models.StoredModel, tmp_path: Path):
    """A run remembers the faces of its base beside its own, a model's as a run's; where they are unknown, so is all."""
    base, own = seen_by(str(run.folder)), draw_faces(3)
    assert base is not None
    faces = read_sources(run.origin.sources)[0]
    other = replace(faces, faces=np.concatenate([own, faces.faces[3:]]))

    train(other, replace(SMALL, epochs=1), tmp_path / "next", seen=base)
    train(other, replace(SMALL, epochs=1), tmp_path / "unknown", seen=None)

    seen = seen_by(str(tmp_path / "next"))
    assert seen is not None
    assert set(seen) == set(base) | set(fingerprint(other.split("Training").faces))
    assert len(seen) == len(base) + 3
    assert seen_by(str(tmp_path / "unknown")) is None
    assert seen_by("scratch") is NONE
    known = published.seen()
    assert known is not None
    assert set(known) == set(base)


def test_rival_of_a_subset_model_chooses_among_its_expressions(published: models.StoredModel, data):
    """A model of two expressions is not better for it: the rival has to choose among the same two."""
    worst = sorted(published.card.evaluation.classes, key=lambda figures: figures.recall)[:2]
    two = [figures.name for figures in worst]
    faces = data.split("PublicTest")
    faces = faces.take(np.flatnonzero(np.isin(faces.labels, [EXPRESSIONS.index(name) for name in two])))
    said = answer(published, by_labels(faces))
    said = replace(said, probabilities=evaluate.choose_among(said.probabilities, two))

    found = gate.compare(said, published, two)

    assert found.known == found.accuracy
    assert gate.compare(said, published, SMALL.classes).known < found.known


@pytest.mark.slow
def test_what_is_forgotten_is_measured_after_replay(run: runs.FinishedRun, published, data, tmp_path: Path):
    """Held-out faces of the replayed source give a condition of the card, and both models' figures are told."""
    told: list[gate.Comparison] = []
    known = replace(data.split("PublicTest").take(np.arange(40)), source="old.csv")

    model = publish.publish(
        run, "tuned", data, tmp_path, rival=published, replayed=known, quick=True, even_if_worse=True,
        on_compared=told.append,
    )  # fmt: skip

    assert [(one.faces, one.data) for one in told] == [
        (70, "fer2013.csv, FER-2013's labels"),
        (40, "old.csv, FER-2013's labels"),
    ]
    assert [(one.name, one.faces) for one in model.card.conditions] == [
        ("old.csv, PublicTest; its Training faces were replayed, FER-2013's labels", 40)
    ]
    assert model.card.conditions[0].accuracy == told[1].accuracy


@pytest.mark.slow
def test_gate_sees_what_collapsed_on_replayed_faces(run: runs.FinishedRun, published, data, tmp_path: Path):
    """A model that finds each expression of its own faces, but none of the replayed source's, is refused."""
    said = evaluate.predict(NetworkClassifier(published), data.faces).argmax(axis=1)
    own, known = replace(data, labels=said), replace(data, labels=(said + 1) % 7, source="old.csv").split("PublicTest")

    with pytest.raises(
        ModelError, match=r"labelled \w+ \(old.csv, PublicTest; its Training faces were replayed, FER-2013's labels\)"
    ):
        publish.publish(run, "forgetful", own, tmp_path, replayed=known, quick=True)


@pytest.mark.slow
def test_gate_keeps_a_refused_model_out_of_the_store(run: runs.FinishedRun, data, tmp_path: Path):
    """Publishing a model in which an expression collapsed ends in an error; its card stays in the run's folder."""
    happy = replace(data, labels=np.full_like(data.labels, 3))
    train(happy, SMALL, tmp_path / "run")

    with pytest.raises(ModelError, match=r"expected to find at least 10% of each expression; found 0.0% of 10 faces"):
        publish.publish(
            replace(read_run(tmp_path / "run"), origin=run.origin), "same", data, tmp_path / "store", quick=True
        )
    assert not (tmp_path / "store").exists()
    card = models.read_model(tmp_path / "run" / publish.MODEL).card
    assert min(figures.recall for figures in card.evaluation.classes) == 0
    assert "## Accuracy" in (tmp_path / "run" / publish.MODEL / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_subset_model_is_calibrated_without_the_others(tmp_path: Path):
    """A model of three expressions gives the others nothing, before and after calibration, and its page names three."""
    options = DataOptions(
        (str(write_csv(tmp_path / "a.csv", per_class=10, held_out=6)),), classes=("happy", "sad", "fear")
    )
    faces, _ = read_sources(options)
    train(faces, replace(SMALL, classes=options.classes), tmp_path / "run", origin=RunOrigin("abc", sources=options))

    model = publish.publish(read_run(tmp_path / "run"), "three", faces, tmp_path / "store", even_if_worse=True)

    probabilities = NetworkClassifier(model).classify(faces.faces).probabilities
    assert probabilities[:, [0, 1, 5, 6]].max() < 1e-6
    assert "Expressions (fear, happy, sad)" in (model.folder / "README.md").read_text("utf-8")
    for row in repeat(model, faces, CPU):
        assert row.name == SPEED or row.measured == pytest.approx(row.stated, abs=1e-5), row.name


NO_LICENCE = "no licence of FER-2013's pictures is known"
PICTURES = (
    "The pictures of FER-2013 were found by a web search and belong to whoever took them; "
    "no licence of theirs is known."
)
VOTES = "The votes of FER+ are under the MIT licence, the pictures not being part of it."


def test_licence_follows_what_a_model_was_started_from():
    """Parkhi's weights stay non-commercial through a restart; bases and teachers hand theirs on; so do faces."""
    scratch = TrainSettings()
    tuned = replace(scratch, base="vgg-face-fer2013", teachers=("vgg-face-fer2013@89cfb45f",))
    active = find_model("vgg-face-fer2013")
    exact = f"vgg-face-fer2013@{active.card.weights_sha256[:12]}"

    plain = describe_licence(scratch, (), ["fer2013.csv.gz + fer2013new.csv"])
    teacher = replace(
        active, card=replace(active.card, name="t", licence=f"MIT for the weights. Not for sale. {plain}")
    )
    again = describe_licence(scratch, inherit("scratch", [teacher]), ["fer2013.csv.gz"])
    shop = describe_licence(tuned, inherit("active", []), ["my_faces", "fer2013.csv"])

    parkhi = describe_licence(replace(scratch, base="vgg-face, run first"), (), ["my_faces"])
    assert parkhi.startswith("Commercial use: no, as a part of it is for non-commercial research.")
    assert plain == f"Commercial use: not settled, as {NO_LICENCE}. MIT for the weights. {PICTURES} {VOTES}"
    taught = f"t@{active.card.weights_sha256[:12]}"
    assert again == (
        f"Commercial use: not settled, as models that went into it have terms of their own and {NO_LICENCE}. MIT for "
        f"the weights. {PICTURES} {VOTES} Terms of {taught}: Not for sale. It was made from other models: {taught} "
        "(teacher)."
    )
    assert f"{exact} (start" in shop
    assert shop.count("MIT for the weights.") == 1
    assert "my_faces) have terms of their own" in shop
    assert "not noted: vgg-face-fer2013, vgg-face-fer2013@89cfb45f" in describe_licence(tuned, (), ["my_faces"])


def test_terms_that_were_not_noted_stay_so(run: runs.FinishedRun, tmp_path: Path):
    """What goes on from a run that did not note its teacher's terms says that they are not known."""
    shutil.copytree(run.folder, tmp_path / "first")
    taught = replace(SMALL, teachers=("t@0123456789ab",))
    (tmp_path / "first" / runs.SETTINGS).write_text(json.dumps(asdict(taught)), "utf-8")
    (tmp_path / "first" / runs.ORIGIN).write_text(json.dumps(asdict(RunOrigin("abc", sources=DataOptions(("a",))))))

    inherited = inherit(str(tmp_path / "first"), [])
    licence = describe_licence(replace(SMALL, base="scratch, run first"), inherited, ["my_faces"])

    assert "taught by were not noted: t@0123456789ab." in licence
    assert "(a) have terms of their own." in licence


def test_terms_go_on_through_a_run(run: runs.FinishedRun, tmp_path: Path):
    """A run that goes on from another keeps the terms of that one's start, teachers and faces."""
    sources = DataOptions(("x/fer2013.csv", "x/private_faces"))
    origin = RunOrigin("abc", sources=sources, terms=("It learned the answers of t: Not for sale.",))
    shutil.copytree(run.folder, tmp_path / "first")
    (tmp_path / "first" / runs.ORIGIN).write_text(json.dumps(asdict(origin)), "utf-8")

    licence = describe_licence(
        replace(SMALL, base="scratch, run first"), inherit(str(tmp_path / "first"), []), ["my_faces"]
    )

    assert licence == (
        f"Commercial use: not settled, as models that went into it have terms of their own and {NO_LICENCE}. MIT for "
        f"the weights. {PICTURES} The labelled faces (private_faces) have terms of their own. The labelled faces "
        "(my_faces) have terms of their own. Terms of t: Not for sale. It was made from other models: t (teacher)."
    )


def test_one_held_out_face_is_too_few(run: runs.FinishedRun, data, tmp_path: Path):
    """Calibration needs two halves: one held-out face is an error that says so."""
    rows = np.append(np.flatnonzero(data.splits == "Training"), np.flatnonzero(data.splits == "PublicTest")[0])

    with pytest.raises(DataError, match="at least two PublicTest faces"):
        publish.publish(run, "tiny", data.take(rows), tmp_path)


def test_gate_refuses_a_collapsed_expression(published: models.StoredModel):
    """A model that finds hardly any face of one trained expression is refused, and the expression is named."""
    classes = tuple(
        replace(one, recall=0.05 if one.name == "fear" else 0.9) for one in published.card.evaluation.classes
    )
    found = replace(published.card.evaluation, classes=classes)

    with pytest.raises(
        ModelError, match=r"found 5.0% of 10 faces labelled fear \(fer2013.csv, PublicTest, FER-2013's labels\)"
    ):
        gate.refuse_collapsed("tiny", found, SMALL.classes)
    gate.refuse_collapsed("tiny", found, ("happy", "sad"))


def test_unfinished_folder_is_named(tmp_path: Path):
    """A folder without a finished epoch is an error that says what is missing."""
    with pytest.raises(DataError, match=r"settings.json is missing"):
        read_run(tmp_path)


@pytest.mark.slow
def test_duplicates_that_were_trained_on_are_said(run: runs.FinishedRun, data, tmp_path: Path):
    """A run on faces that PublicTest shows too says so, and gives the accuracy without them."""
    leaking = replace(data, faces=data.faces.copy(), notes=())
    test, training = (np.flatnonzero(data.splits == split) for split in ("PublicTest", "Training"))
    leaking.faces[training[0]] = leaking.faces[test[0]]

    model = publish.publish(run, "leak", leaking, tmp_path, even_if_worse=True)

    assert any("Training faces show a PublicTest picture" in note for note in model.card.notes)
    assert "without faces that Training shows too" in {one.name for one in model.card.conditions}


def test_a_licence_says_each_source_once():
    """What began, taught and was averaged with a model is named once, also those of one name, and no term twice."""
    earlier = "The pictures of FER-2013 came from web search: research and evaluation."
    old = f"MIT for the weights. It learned the answers of w, under the same terms. {earlier}"
    first = describe(["MIT for the weights.", took("learned the answers of", "v@1", old), PICTURES])

    said = describe(
        ["MIT for the weights.", took("was started from", "v@2", first), took("was averaged with", "v@2", first)]
    )

    assert said == (
        f"Commercial use: not settled, as {NO_LICENCE}. MIT for the weights. {PICTURES} It was made from other models: "
        "v@2 (start, average); v@1 (teacher); w (teacher)."
    )
    assert describe([said]) == said


def test_licence_says_first_whether_a_model_may_be_sold():
    """One's own faces alone leave the answer to their terms; Parkhi's weights forbid it whatever else went in."""
    own = describe_licence(TrainSettings(), (), ["my_faces"])
    both = describe([took("was started from", "p", describe_licence(TrainSettings(base="vgg-face"), (), ["a"])), own])

    assert commercial(own) == "as its faces allow"
    assert commercial(both) == "no"
    assert commercial("MIT for the weights. " + PICTURES) == "not settled"
