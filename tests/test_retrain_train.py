"""Training: resumed runs, seeds, phases, schedules; on drawn faces and a network of seconds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fixtures_retrain import write_csv

from pipeline import networks
from pipeline.errors import DataError
from pipeline.inference.runtime import silence
from pipeline.networks.weights import load_arrays
from pipeline.preprocessing import centre_view, scale_pixels
from retrain.data import faces as records
from retrain.data import loading
from retrain.data.sources import DataOptions, keep_classes
from retrain.publishing.provenance import describe_lengths
from retrain.training import learner, runs
from retrain.training.checkpoints import read_checkpoint, save_arrays
from retrain.training.curve import learning_curve
from retrain.training.progress import EpochResult
from retrain.training.runs import RunOrigin, prepare, read_run, write_problems, write_results
from retrain.training.settings import TrainSettings
from retrain.training.train import draw_rows, train

if TYPE_CHECKING:
    from pathlib import Path

SMALL = TrainSettings(options={"width": 0.0625}, epochs=2, calm_epochs=1, batch=14, peak_rate=0.05, crop_px=40)


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> None:
    silence()


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> records.LabelledFaces:
    return loading.load(write_csv(tmp_path_factory.mktemp("data") / "fer2013.csv", per_class=6, held_out=3))


@pytest.fixture(scope="module")
def finished(faces: records.LabelledFaces, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "a"
    assert train(faces, SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def stopped(faces: records.LabelledFaces, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped behind the first step of its second epoch; whoever goes on does so in a copy."""
    folder, taken = tmp_path_factory.mktemp("stopped") / "b", list[int]()
    assert not train(
        faces, SMALL, folder, on_step=lambda step: taken.append(step.step), should_stop=lambda: len(taken) == 4
    )
    return folder


def _weights(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / runs.CHECKPOINT) as saved:
        return {name: saved[name] for name in saved.files if name.startswith(("network", "average", "sgd"))}


def test_run_leaves_what_its_docstring_says(finished: Path):
    """A finished run holds settings, a line for each epoch, the best weights, a checkpoint and a curve."""
    run = read_run(finished)

    assert [result.epoch for result in run.results] == [1, 2]
    assert run.settings == SMALL
    assert {path.name for path in finished.iterdir()} == {
        runs.BEST, runs.CHECKPOINT, runs.METRICS, runs.ORIGIN, runs.SEEN, runs.SETTINGS, "curve.svg",
    }  # fmt: skip


@pytest.mark.slow
def test_same_seed_gives_the_same_first_epoch(faces: records.LabelledFaces, finished: Path, tmp_path: Path):
    """The same seed on the same machine gives the same loss and weights; another seed does not."""
    train(faces, SMALL, tmp_path / "same")
    train(faces, replace(SMALL, seed=1), tmp_path / "other")

    first, same, other = (read_run(folder).results[0] for folder in (finished, tmp_path / "same", tmp_path / "other"))
    assert first.loss == pytest.approx(same.loss, rel=1e-5)
    assert first.loss != pytest.approx(other.loss, rel=1e-5)
    expected, repeated = (read_run(folder).weights for folder in (finished, tmp_path / "same"))
    assert expected.keys() == repeated.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(repeated[name], array, rtol=2e-3, atol=2e-5, err_msg=name)
    assert not np.allclose(read_run(tmp_path / "other").weights["expression/kernel"], expected["expression/kernel"])


@pytest.mark.parametrize("stop_after", [1, 4])
@pytest.mark.slow
def test_stopped_and_resumed_run_ends_where_an_unbroken_one_does(
    faces: records.LabelledFaces, finished: Path, stopped: Path, tmp_path: Path, stop_after: int
):
    """A run that is stopped after any step and resumed ends with the weights and figures of an unbroken run."""
    taken: list[int] = []
    if stop_after == 4:
        shutil.copytree(stopped, tmp_path / "b")
    else:
        assert not train(
            faces, SMALL, tmp_path / "b",
            on_step=lambda step: taken.append(step.step), should_stop=lambda: len(taken) == stop_after,
        )  # fmt: skip

    assert train(faces, SMALL, tmp_path / "b", resume=True)

    for name, array in _weights(finished).items():
        np.testing.assert_allclose(_weights(tmp_path / "b")[name], array, rtol=2e-3, atol=2e-5, err_msg=name)
    for one, other in zip(read_run(finished).results, read_run(tmp_path / "b").results, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=1e-3)


@pytest.mark.parametrize("name", [runs.BEST, runs.METRICS, runs.CHECKPOINT, runs.SETTINGS])
@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_damaged_run_is_refused_before_it_goes_on(
    faces: records.LabelledFaces, finished: Path, tmp_path: Path, name: str, harm: str
):
    """A run of which a file is missing or cut short is not trained on for hours first; the answer names the files."""
    shutil.copytree(finished, tmp_path / "run")
    damaged = tmp_path / "run" / name
    if harm == "gone":
        damaged.unlink()
    else:
        damaged.write_bytes(damaged.read_bytes()[:-20])

    with pytest.raises(DataError, match=r"expected a (run|checkpoint) to resume"):
        train(faces, SMALL, tmp_path / "run", resume=True)


@pytest.mark.slow
def test_lost_weights_end_a_run_and_leave_its_epochs(faces: records.LabelledFaces, stopped: Path, tmp_path: Path):
    """A loss that is no number is an error that says what to do; what was saved before it can be read."""
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    _, state = read_checkpoint(tmp_path / runs.CHECKPOINT)
    save_arrays(tmp_path / runs.CHECKPOINT, state | {"network/0": np.full_like(state["network/0"], np.nan)})

    with pytest.raises(
        DataError, match=r"epoch 2, step [23]: expected a loss; found nan.*`base` .* a lower `peak_rate`"
    ):
        train(faces, SMALL, tmp_path, resume=True)

    assert [result.epoch for result in read_run(tmp_path).results] == [1]


@pytest.mark.slow
def test_rate_that_loses_the_weights_is_said_in_the_first_epoch(faces: records.LabelledFaces, tmp_path: Path):
    """Nothing is written of an epoch that went wrong, so that the folder takes another run."""
    with pytest.raises(DataError, match="Train anew with a lower `peak_rate`"):
        train(faces, replace(SMALL, peak_rate=1e30), tmp_path)

    assert train(faces, replace(SMALL, epochs=1), tmp_path)


@pytest.mark.slow
def test_wish_to_stop_is_heard_after_the_last_step(faces: records.LabelledFaces, tmp_path: Path):
    """Ctrl-C while the last epoch is measured stops there, and going on finds nothing left to train."""
    ended: list[int] = []

    done = train(
        faces, replace(SMALL, epochs=1), tmp_path,
        on_epoch=lambda result: ended.append(result.epoch), should_stop=lambda: bool(ended),
    )  # fmt: skip

    assert (done, ended) == (False, [1])
    assert train(faces, replace(SMALL, epochs=1), tmp_path, resume=True)


def test_second_run_in_a_folder_needs_resume(faces: records.LabelledFaces, finished: Path):
    """A folder that holds a run is never trained over by accident."""
    with pytest.raises(DataError, match=r"holds a training run already\. Add `resume`"):
        train(faces, SMALL, finished)


def test_resume_with_other_settings_names_them(faces: records.LabelledFaces, finished: Path):
    """Resuming with other settings is an error that names the settings."""
    with pytest.raises(DataError, match=r"epochs, batch differ"):
        train(faces, replace(SMALL, epochs=9, batch=7), finished, resume=True)
    with pytest.raises(DataError, match=r"epochs differ. Repeat its options \(more `epochs` may be given\)"):
        train(faces, replace(SMALL, epochs=1), finished, resume=True)


def test_finished_run_may_be_made_longer(faces: records.LabelledFaces, finished: Path, tmp_path: Path):
    """Resuming with more epochs trains the further ones, and run, note and card's sentence say that it was longer."""
    shutil.copytree(finished, tmp_path / "run")
    longer, notes = replace(SMALL, epochs=3), list[str]()

    assert train(faces, longer, tmp_path / "run", resume=True, on_note=notes.append)
    run = read_run(tmp_path / "run")

    assert [result.epoch for result in run.results] == [1, 2, 3]
    assert run.results[:2] == read_run(finished).results
    assert run.settings == longer
    assert run.origin.lengths == (2, 3)
    assert "from 2 to 3 epochs" in notes[0]
    assert "from 2 to 3 epochs" in describe_lengths(run.origin.lengths)[0]
    assert train(faces, longer, tmp_path / "run", resume=True)


def test_curve_shows_loss_each_epoch_and_the_one_that_is_kept():
    """Both panels have a dot for each epoch, all epochs stand below, and the best or the last one is marked."""
    results = [EpochResult(at, 4, 2.0 / at, 0.3, held, 0.6, 0.1, 1.0) for at, held in ((1, 0.4), (2, 0.6), (3, 0.5))]

    best, last = learning_curve(results), learning_curve(results, "last")

    assert best.count("<circle") == 3 * len(results)
    assert all(f">{epoch}</text>" in best for epoch in (1, 2, 3, 4))
    assert "best: epoch 2, 60.0%" in best
    assert "last, which is kept: epoch 3, 50.0%" in last
    assert ">loss</text>" in best
    assert learning_curve(results[:1]).count("<circle") == 3


def test_epochs_lines_hold_the_confusion(faces: records.LabelledFaces, finished: Path):
    """The confusion of each epoch counts every held-out face once, and its diagonal is the accuracy."""
    held_out = int((faces.splits == "PublicTest").sum())

    for result in read_run(finished).results:
        counts = np.array(result.confusion)
        assert counts.sum() == held_out
        assert np.trace(counts) / held_out == pytest.approx(result.accuracy)


def test_resume_with_other_faces_is_refused(faces: records.LabelledFaces, finished: Path):
    """Resuming with other labelled faces is an error."""
    with pytest.raises(DataError, match="expected the labelled faces of the run"):
        train(replace(faces, sha256="0" * 64), SMALL, finished, resume=True)


def test_resume_with_other_votes_is_refused(faces: records.LabelledFaces, finished: Path):
    """Resuming with another file of FER+ votes is an error, though it has the same name."""
    with pytest.raises(DataError, match=r"expected the FER\+ votes and replayed faces of the run"):
        train(replace(faces, votes=faces.votes[::-1].copy() + 1), SMALL, finished, resume=True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ferplus": None}, "`ferplus` differ"),
        ({"clean": False, "weights": (2.0,)}, "`weights`, `clean` differ"),
        ({"replay": "/old/fer2013.csv", "replay_share": 0.3}, "`replay`, `replay_share` differ"),
        ({"data": ("/faces/other.csv",)}, "`data` differ"),
    ],
)
def test_resume_with_other_data_options_names_them(tmp_path: Path, changes: dict[str, Any], named: str):
    """Resuming with data options that change what is learned is an error that names them; a moved file is none."""
    sources = DataOptions(("/faces/new.csv",), ferplus="/faces/fer2013new.csv")
    prepare(tmp_path, SMALL, RunOrigin("abc", "0" * 64, sources), resume=False)
    (tmp_path / runs.CHECKPOINT).touch()

    with pytest.raises(DataError, match=f"expected the data and options of the run to resume; {named}"):
        prepare(tmp_path, SMALL, RunOrigin("abc", "0" * 64, replace(sources, **changes)), resume=True)
    moved = replace(sources, data=("/moved/new.csv",))
    prepare(tmp_path, SMALL, RunOrigin("def", "0" * 64, moved), resume=True)


def test_problems_of_the_data_are_listed_beside_the_run(tmp_path: Path):
    """What was wrong with pictures is a list in the run's folder; none is written where nothing was, or over another
    run's.
    """
    folder = tmp_path / "run"

    nothing = write_problems(folder, "")
    written = write_problems(folder, "blank: faces/sad/\udcff.png\n")
    (folder / runs.CHECKPOINT).touch()
    write_problems(folder, "blank: another.png\n")

    assert nothing is None
    assert written == folder / "data.txt"
    assert written.read_text("utf-8") == "blank: faces/sad/\\udcff.png\n"


def test_too_few_faces_are_refused(faces: records.LabelledFaces, tmp_path: Path):
    """Fewer Training faces than a batch is an error with both numbers."""
    with pytest.raises(DataError, match=r"at least 64 Training faces .* found 42 and 21"):
        train(faces, replace(SMALL, batch=64), tmp_path / "run")


@pytest.mark.slow
def test_head_epochs_leave_the_base_alone(faces: records.LabelledFaces, finished: Path, tmp_path: Path):
    """In the first phase of fine-tuning only the heads move: convolutions and normalisation stay those of the base."""
    base = read_run(finished).weights

    train(faces, replace(SMALL, epochs=1, calm_epochs=0, head_epochs=1), tmp_path / "tuned", base=base)

    tuned = read_run(tmp_path / "tuned").weights
    for name, array in base.items():
        same = np.allclose(tuned[name], array, atol=1e-6)
        assert same != name.startswith("expression/"), name


@pytest.mark.slow
def test_bfloat16_trains_and_keeps_single_precision_weights(faces: records.LabelledFaces, tmp_path: Path):
    """With bfloat16 arithmetic the loss stays finite and the weights are kept in single precision."""
    train(faces, replace(SMALL, epochs=1, calm_epochs=0, precision="bfloat16"), tmp_path / "run")

    assert np.isfinite(read_run(tmp_path / "run").results[0].loss)
    with np.load(tmp_path / "run" / runs.BEST) as saved:
        weights = [saved[name] for name in saved.files if not name.startswith("position/")]
    assert {array.dtype for array in weights} == {np.dtype(np.float32)}


def test_rate_warms_up_and_falls_to_zero():
    """The learning rate reaches its peak at the end of the warm-up and zero at the end."""
    settings = replace(SMALL, peak_rate=0.1, warmup=0.2)

    rates = [learner.rate_at(settings, step, 100) for step in range(100)]

    assert max(rates) == pytest.approx(0.1)
    assert rates.index(max(rates)) in {19, 20}
    assert rates[0] == pytest.approx(0.005)
    assert 0 < rates[-1] < 0.001
    assert rates[20:] == sorted(rates[20:], reverse=True)


def test_rate_cools_down_in_the_second_half():
    """With `cooldown` the rate stays for half of the steps and then falls to zero."""
    settings = TrainSettings(schedule="cooldown", peak_rate=0.1, warmup=0.0)

    rates = [learner.rate_at(settings, step, 100) for step in range(100)]

    assert set(rates[:51]) == {0.1}
    assert rates[50:] == sorted(rates[50:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_rows_are_drawn_as_often_as_their_weight():
    """An epoch sees each face as often as its weight says, fractions on average and never off by more than one."""
    weights = np.array([1, 1, 2.5, 0.5] * 10, np.float32)

    rows = draw_rows(weights, np.random.default_rng(0))

    counts = np.bincount(rows, minlength=len(weights))
    assert len(rows) == 50
    assert (np.abs(counts - weights) < 1).all()
    assert sorted(draw_rows(np.ones(9, np.float32), np.random.default_rng(1))) == list(range(9))


@pytest.mark.slow
def test_left_out_expressions_never_win(faces: records.LabelledFaces, tmp_path: Path):
    """In a run on some expressions a face is right if its own is the likeliest of those, whatever the others say:
    in training as on held-out faces.
    """
    settings = replace(SMALL, epochs=1, calm_epochs=0, classes=("happy", "sad"), batch=6)
    chosen = keep_classes(faces, settings.classes)
    loud = {"expression/bias": np.array([100, 0, 0, 0, 0, 0, 0], np.float32)}

    train(chosen, settings, tmp_path / "run", base=loud)

    run = read_run(tmp_path / "run")
    network = networks.build(settings.arch, settings.options)
    load_arrays(network, run.weights)
    held_out = chosen.split("PublicTest")
    said = np.asarray(network(scale_pixels(centre_view(held_out.faces, settings.crop_px), settings.pixels)))
    assert set(said.argmax(axis=1)) == {0}
    likelier = np.where(said[:, 3] >= said[:, 4], 3, 4)
    assert run.best.accuracy == pytest.approx((likelier == held_out.labels).mean())
    assert run.best.training_accuracy > 0


def test_published_epoch_is_that_of_the_weights(finished: Path, tmp_path: Path):
    """A run that finished a better epoch while it was read is still described by the epoch of the weights; a run from
    before the epoch was written beside its weights is described by its most accurate one.
    """
    shutil.copytree(finished, tmp_path / "run")
    run = read_run(tmp_path / "run")
    later = replace(run.results[-1], epoch=3, accuracy=1.0)

    write_results(tmp_path / "run", later)

    again = read_run(tmp_path / "run")
    assert again.results[-1] == later
    assert again.best == run.best
    save_arrays(tmp_path / "run" / runs.BEST, run.weights)
    older = read_run(tmp_path / "run")
    assert older.best == later
    assert older.weights.keys() == run.weights.keys()


def test_damaged_weights_are_named(finished: Path, tmp_path: Path):
    """A run whose weights file was cut off is an error that names the file."""
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / runs.BEST).write_bytes((finished / runs.BEST).read_bytes()[:1000])

    with pytest.raises(DataError, match=r"best\.npz"):
        read_run(tmp_path / "run")


def test_face_without_votes_moves_nothing():
    """A face that nobody voted on adds neither loss nor gradient to the votes head; others add what they should."""
    import tensorflow as tf

    votes = tf.constant([[0.0] * 8, [0.5, 0.5] + [0.0] * 6])
    logits = tf.Variable(np.random.default_rng(0).normal(size=(2, 8)).astype(np.float32))

    with tf.GradientTape() as tape:
        loss = learner.weighted_loss(votes, logits)
    gradient = tape.gradient(loss, logits).numpy()

    expected = (tf.nn.softmax(logits[1]).numpy() - votes[1].numpy()) / 2
    np.testing.assert_array_equal(gradient[0], 0)
    np.testing.assert_allclose(gradient[1], expected, atol=1e-6)
