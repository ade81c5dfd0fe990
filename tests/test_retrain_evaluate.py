"""`evaluate` on data that differs from what a model was trained for: other labels, missing ones, no splits."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv, write_folder
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.flags import told
from pipeline.errors import DataError, SettingError, UsageError
from retrain.data import faces as records
from retrain.data import loading
from retrain.measure.evaluate import choose_among
from retrain.measure.truth import FERPLUS, by_labels, by_people, describe_people
from retrain.publishing.card_check import SPEED

if TYPE_CHECKING:
    from pathlib import Path


def _write_votes(path: Path, votes: list[list[int]]) -> Path:
    """Rows of votes in the order of `VOTE_COLUMNS`; where there are ten numbers, the last are unknown and no face."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Usage", "Image name", *records.VOTE_COLUMNS, "unknown", "NF"])
        writer.writerows([["", "", *row, *[0] * (10 - len(row))] for row in votes])
    return path


def test_the_model_chooses_among_the_classes_that_are_asked_for():
    """Probabilities among some classes are those of all, given that it is one of them."""
    probabilities = np.array([[0.1, 0.0, 0.0, 0.3, 0.2, 0.0, 0.4]], np.float32)

    chosen = choose_among(probabilities, ("happy", "sad"))

    np.testing.assert_allclose(chosen, [[0, 0, 0, 0.6, 0.4, 0, 0]], atol=1e-6)


def test_ferplus_labels_are_mapped_and_what_has_none_is_counted(tmp_path: Path):
    """Happiness becomes happy, anger angry; contempt and even votes are left out, and the note says how many."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=0)
    kinds = {"happiness": 1, "anger": 4, "contempt": 7}
    votes = [[9 if column == kinds[kind] else 0 for column in range(8)] for kind in ("happiness", "anger", "contempt")]
    votes += [[5, 5, 0, 0, 0, 0, 0, 0]] + [[0, 0, 10, 0, 0, 0, 0, 0]] * 3

    faces = loading.load(source, _write_votes(tmp_path / "votes.csv", votes))
    people = by_people(faces)

    assert people.right[people.clear].tolist() == [3, 0, 5, 5, 5]
    assert people.name("PublicTest") == f"fer2013.csv + votes.csv, PublicTest, {FERPLUS}"
    assert "2 of 7 faces are left out" in describe_people(faces, people)


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ([6, 4, 0, 0, 0, 0, 0, 0, 0, 0], 6),
        ([5, 4, 0, 0, 0, 0, 0, 0, 0, 1], records.NO_MAJORITY),
        ([4, 3, 3, 0, 0, 0, 0, 0, 0, 0], records.NO_MAJORITY),
        ([5, 0, 0, 0, 0, 0, 0, 0, 5, 0], records.NO_MAJORITY),
        ([3, 0, 0, 0, 0, 0, 0, 0, 0, 7], records.NO_MAJORITY),
        ([2, 1, 1, 1, 1, 1, 1, 1, 1, 0], records.NO_MAJORITY),
    ],
)
def test_majority_is_more_than_half_of_all_votes(tmp_path: Path, row: list[int], label: int):
    """A FER+ label needs more than half of all ten votes, single ones and those for unknown and no face included."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=0)

    loaded = loading.load(source, _write_votes(tmp_path / "votes.csv", [row] * 7))

    assert loaded.majority.tolist() == [label] * 7


def test_faces_that_ferplus_calls_something_else_are_left_out_of_some_classes(tmp_path: Path):
    """Among happy and angry, a face that FER+ calls surprised has no right answer and is not counted as wrong."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=0)
    votes = _write_votes(tmp_path / "votes.csv", [[0, 9, 0, 0, 0, 0, 0, 0], *[[0, 0, 9, 0, 0, 0, 0, 0]] * 6])

    faces = loading.load(source, votes)
    people = by_people(faces, ("happy", "angry"))

    assert people.right.tolist() == [3]
    told = describe_people(faces, people, ("happy", "angry"))
    assert "6 of 7 faces are left out: no more than half" in told
    assert "or these name contempt, nothing known, no face or another expression" in told


def test_labels_that_people_gave_are_what_they_say(tmp_path: Path):
    """A folder's labels are what people call its faces; those of FER-2013 are a web search's, and nobody's word."""
    given = loading.load(write_folder(tmp_path / "faces", per_class=1))
    searched = loading.load(write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=0))

    assert by_people(given).right.tolist() == given.labels.tolist()
    assert by_labels(given).head == "expression"
    assert not len(by_people(searched).faces)
    assert by_labels(searched).head == "labels"
    assert by_labels(searched).name() == "fer2013.csv, FER-2013's labels"


def test_shares_of_votes_are_over_the_seven(tmp_path: Path):
    """Calibration is measured on every face that anybody calls one of the seven, by the shares of those votes."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=0)
    votes = [[0, 4, 0, 4, 0, 0, 0, 2], [0, 6, 0, 2, 0, 0, 0, 0, 2, 0], *[[0, 0, 0, 0, 0, 0, 0, 0, 0, 10]] * 5]

    people = by_people(loading.load(source, _write_votes(tmp_path / "votes.csv", votes)))

    assert people.right.tolist() == [records.NO_MAJORITY, 3]
    np.testing.assert_allclose(people.shares[:, [3, 4]], [[0.5, 0.5], [0.75, 0.25]])


@pytest.mark.slow
def test_expressions_that_a_model_never_learned_are_said(tmp_path: Path, fer_video):
    """Measuring a model of two expressions on all seven says which ones count as wrong, and what to type instead."""
    write_csv(tmp_path / "fer2013.csv", per_class=8, held_out=4)
    options = ["--width", "0.0625", "--epochs", "1", "--publish", "two", "--even-if-worse"]

    trained = fer_video("retrain", "fer2013.csv", "--classes", "happy,sad,happy", *options)
    measured = fer_video("evaluate", "fer2013.csv", "--model", "two")

    assert trained.returncode == 0, trained.stderr
    assert "two was not trained on angry, disgust, fear, surprise, neutral" in measured.stderr
    assert "--classes happy,sad measures the others only" in measured.stderr


def test_evaluate_by_votes_is_a_result_of_its_own(tmp_path: Path):
    """`evaluate --ferplus` gives figures by the file's labels and, apart, by the FER+ majority."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=2)
    votes = _write_votes(tmp_path / "votes.csv", [[0, 10, 0, 0, 0, 0, 0, 0]] * 21)

    result = CliRunner().invoke(app, ["evaluate", str(source), "--ferplus", str(votes)])

    assert result.exit_code == 0, result.stderr
    assert "fer2013.csv + votes.csv, PublicTest, FER-2013's labels: 14 faces" in result.stdout
    assert f"PublicTest, {FERPLUS}: 14 faces" in result.stdout
    assert "happiness is happy here" in result.stderr


def test_some_classes_by_votes_are_all_faces_that_ferplus_calls_so(tmp_path: Path):
    """`--classes happy,sad --ferplus` measures each face that FER+ calls happy, whatever the file calls it."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=0, held_out=2)
    votes = _write_votes(tmp_path / "votes.csv", [[0, 10, 0, 0, 0, 0, 0, 0]] * 14)

    result = CliRunner().invoke(app, ["evaluate", str(source), "--ferplus", str(votes), "--classes", "happy,sad"])

    assert result.exit_code == 0, result.stderr
    assert "fer2013.csv + votes.csv, PublicTest, FER-2013's labels: 4 faces" in result.stdout
    assert f"PublicTest, {FERPLUS}: 14 faces" in result.stdout


def test_figures_are_printed_though_the_page_cannot_be_written(tmp_path: Path):
    """A page in a folder that is not there is an error after the figures, not instead of them."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=0, held_out=1)

    result = CliRunner().invoke(app, ["evaluate", str(source), "--html", str(tmp_path / "no" / "page.html")])

    assert "7 faces" in result.stdout
    assert isinstance(result.exception, UsageError)


def test_missing_expressions_are_said_and_can_be_left_out(tmp_path: Path):
    """Data without an expression is told how to be measured without it; with --classes the model never says it."""
    write_folder(tmp_path / "faces", per_class=2)
    for picture in (tmp_path / "faces" / "neutral").iterdir():
        picture.unlink()

    plain = CliRunner().invoke(app, ["evaluate", str(tmp_path / "faces")])
    among = CliRunner().invoke(
        app, ["evaluate", str(tmp_path / "faces"), "--classes", "angry,disgust,fear,happy,sad,surprise"]
    )

    assert "has no faces labelled neutral" in plain.stderr
    assert "--classes angry,disgust,fear,happy,sad,surprise" in plain.stderr
    assert "has no splits: all 12 faces are measured" in plain.stderr
    assert "no faces labelled" not in among.stderr
    matrix = among.stdout.split("confusion matrix")[1].splitlines()[2:]
    assert [line.split()[-1] for line in matrix] == ["0"] * 7


def test_votes_in_the_place_of_faces_are_recognised(tmp_path: Path):
    """The FER+ votes given as DATA are an error that says where they go."""
    votes = _write_votes(tmp_path / "votes.csv", [[10, 0, 0, 0, 0, 0, 0, 0]])

    with pytest.raises(DataError, match="name them with `ferplus`"):
        loading.load(votes)


def test_unknown_class_is_refused(tmp_path: Path):
    """A class that is none of the seven is an error that lists them."""
    source = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=1)

    result = CliRunner().invoke(app, ["evaluate", str(source), "--classes", "happy,glad"])

    assert result.exit_code != 0
    assert "was not trained on" not in result.stderr
    assert isinstance(result.exception, SettingError)
    assert told(result.exception).startswith("--classes: expected two or more of angry")


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.campaign
def test_one_command_repeats_the_embedded_card(shared: Path, fer_video):
    """`evaluate --card` measures every figure of the embedded model's card again and finds what it states.

    Another processor may decide a face or two otherwise: disgust has only 56.
    """
    folder = shared / "data/fer2013"

    done = fer_video("evaluate", folder / "fer2013.csv.gz", "--ferplus", folder / "fer2013new.csv", "--card", "--json")

    assert done.returncode == 0, done.stderr
    assert "not the faces of the card" not in done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) >= 30
    for row in rows:
        few = row["name"].endswith(("precision", "recall", "F1"))
        tolerance = 20 if "confusion" in row["name"] else 0.02 if few else 0.002
        assert row["name"] == SPEED or row["measured"] == pytest.approx(row["stated"], abs=tolerance), row["name"]
