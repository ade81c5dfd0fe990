"""Cross-validation: who is held out with whom, what never crosses from training to a part, stopping and going on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv, write_folder

from pipeline.errors import DataError, SettingError
from pipeline.inference.runtime import silence
from retrain.data import faces as records
from retrain.data import loading
from retrain.data.sources import DataOptions
from retrain.publishing import publish
from retrain.training import runs
from retrain.training.folds import assign, cross_validate, hold_part_out, read_apart
from retrain.training.runs import RunOrigin
from retrain.training.settings import TrainSettings

if TYPE_CHECKING:
    from pathlib import Path

SMALL = TrainSettings(options={"width": 0.0625}, epochs=1, calm_epochs=0, batch=14, peak_rate=0.05, crop_px=40)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> records.LabelledFaces:
    return loading.load(write_csv(tmp_path_factory.mktemp("new") / "new.csv", per_class=6, held_out=2))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> records.LabelledFaces:
    return loading.load(write_csv(tmp_path_factory.mktemp("old") / "old.csv", per_class=5, held_out=1, seed=1))


def test_each_face_is_held_out_once_and_classes_are_spread(new: records.LabelledFaces):
    """Without persons each face is in one part, and the parts' faces of a class differ by one at most."""
    parts = assign(new, 3)

    assert sorted(np.concatenate(parts)) == list(range(len(new)))
    counts = np.array([np.bincount(new.labels[part], minlength=7) for part in parts])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_persons_stay_together_although_some_faces_have_none(new: records.LabelledFaces):
    """All faces of a person are in one part even if some faces name nobody, and those are spread by their class."""
    subjects = np.array([f"S{number % 5}" if number % 2 else "" for number in range(len(new))])
    data = replace(new, subjects=subjects)

    parts = assign(data, 2, seed=3)

    assert sorted(np.concatenate(parts)) == list(range(len(data)))
    first, second = ({name for name in subjects[part] if name} for part in parts)
    assert first
    assert second
    assert not first & second
    unnamed = [np.bincount(data.labels[part][subjects[part] == ""], minlength=7) for part in parts]
    assert (abs(unnamed[0] - unnamed[1]) <= 1).all()


def test_too_few_persons_are_refused(new: records.LabelledFaces):
    """More parts than persons is an error."""
    with pytest.raises(SettingError, match="folds: expected at least one face or person"):
        assign(replace(new, subjects=np.full(len(new), "S1")), 3)


def test_replayed_faces_train_in_every_fold_and_are_never_measured_on(
    new: records.LabelledFaces, old: records.LabelledFaces
):
    """A fold holds out new faces only; all replayed Training faces train, as often as their share says."""
    part = assign(new, 2)[0]

    fold = hold_part_out(new, part, old, DataOptions(replay_share=0.25))

    held_out, training = fold.split("PublicTest"), fold.split("Training")
    np.testing.assert_array_equal(held_out.faces, new.faces[part])
    known = {face.tobytes() for face in old.split("Training").faces}
    replayed = np.array([face.tobytes() in known for face in training.faces])
    assert replayed.sum() == len(known) == 35
    assert training.weights[replayed].sum() / training.weights.sum() == pytest.approx(0.25)


def test_faces_that_show_a_held_out_picture_do_not_train(new: records.LabelledFaces):
    """A picture that is held out is not trained on in an equal or nearly equal copy, unless duplicates are kept."""
    part = assign(new, 2)[0]
    others = np.setdiff1d(np.arange(len(new)), part)
    data = replace(new, faces=new.faces.copy())
    data.faces[others[0]] = data.faces[part[0]]
    data.faces[others[1]] = np.clip(data.faces[part[1]].astype(int) + 3, 0, 255)

    clean = hold_part_out(data, part, None, DataOptions())
    whole = hold_part_out(data, part, None, DataOptions(clean=False))

    assert list(clean.split("Training").origins) == list(data.origins[others[2:]])
    assert len(clean.split("PublicTest")) == len(part)
    assert len(whole) == len(data)


def test_faces_of_both_splits_are_dealt_out_but_not_those_that_show_private_ones(tmp_path: Path):
    """A Training face that PublicTest shows too is held out once like others; one that PrivateTest shows is not."""
    path = write_csv(tmp_path / "new.csv", per_class=2, held_out=2, private=1)
    head, *rows = path.read_text("utf-8").splitlines()
    pixels = [row.split(",")[1] for row in rows]
    rows[0], rows[1] = f"0,{pixels[14]},Training", f"1,{pixels[-1]},Training"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")

    faces, _, report = read_apart(DataOptions((str(path),)))

    assert sum(len(part) for part in assign(faces.split("Training"), 3)) == 27
    assert [(leak.training, leak.held_out) for leak in report.exact] == [("new.csv, line 3", "new.csv, line 36")]
    assert "held out" not in " ".join(read_apart(DataOptions((str(write_folder(tmp_path / "faces")),)))[0].notes)


def test_new_and_replayed_faces_are_read_apart(tmp_path: Path):
    """The new faces come without the replayed ones, and those with the chosen expressions only."""
    new, old = write_csv(tmp_path / "new.csv", per_class=3), write_csv(tmp_path / "old.csv", per_class=4, seed=1)
    options = DataOptions((str(new),), classes=("happy", "sad"), replay=str(old))

    faces, replayed, report = read_apart(options)

    assert len(faces) == 2 * 3 + 2 * 2
    assert replayed is not None
    assert replayed.counts()["Training"] == (0, 0, 0, 4, 4, 0, 0)
    assert {split: sum(counts) for split, counts in report.counts.items()} == {"Training": 2 * 3 + 2 * 2}


@pytest.mark.slow
def test_stopped_cross_validation_goes_on_in_its_fold(new: records.LabelledFaces, tmp_path: Path):
    """After a stop in the second fold, going on keeps the first one, ends the second and gives all scores; each fold
    has its curve. Another number of folds is refused.
    """
    silence()
    origin = RunOrigin("abc", sources=DataOptions(("new.csv",)))
    begun: list[int] = []

    stopped = cross_validate(
        new, SMALL, tmp_path, 2, origin=origin, on_fold=begun.append, should_stop=lambda: begun == [1, 2]
    )
    first = (tmp_path / "fold-1" / runs.METRICS).read_bytes()
    with pytest.raises(DataError, match=r"fold-1.*expected the labelled faces of the run to resume.*same `folds`"):
        cross_validate(new, SMALL, tmp_path, 3, origin=origin, resume=True)
    with pytest.raises(DataError, match=r"found a cross-validation\. Add its `folds`"):
        runs.prepare(tmp_path, SMALL, origin, resume=True)
    scores = cross_validate(new, SMALL, tmp_path, 2, origin=origin, resume=True)

    assert [score.faces for score in stopped] == [28]
    assert scores[0] == stopped[0]
    assert [score.faces for score in scores] == [28, 28]
    assert (tmp_path / "fold-1" / runs.METRICS).read_bytes() == first
    assert [sum(map(sum, score.confusion)) for score in scores] == [28, 28]
    assert all((tmp_path / fold / "curve.svg").is_file() for fold in ("fold-1", "fold-2"))
    with pytest.raises(DataError, match="found part 2 of a cross-validation"):
        publish.publish(runs.read_run(tmp_path / "fold-2"), "fold", new, tmp_path / "store")
