"""Checkpoints on disk: two of them, damage to the newest, and a disk that takes no more."""

from __future__ import annotations

import resource
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv

from pipeline.errors import DataError, DiskError
from retrain.data import loading
from retrain.training import runs
from retrain.training.checkpoints import Position
from retrain.training.resuming import read_state, save_checkpoint, writing
from retrain.training.settings import TrainSettings
from retrain.training.train import train

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE = {f"network/{number}": np.full(500, number, np.float32) for number in range(4)}
SMALL = TrainSettings(options={"width": 0.0625}, epochs=2, calm_epochs=1, batch=14, peak_rate=0.05, crop_px=40)


def _save(folder: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(folder, STATE, Position(step=step))


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """As on a disk without room: writing beyond is refused by the system."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_newest_checkpoint_is_gone_on_from(tmp_path: Path):
    """Two are kept, and of two sound ones the newer counts, without a word."""
    _save(tmp_path, 1, 2, 3)
    said: list[str] = []

    position, state = read_state(tmp_path, said.append)

    assert (position.step, said) == (3, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == [runs.EARLIER, runs.CHECKPOINT]
    np.testing.assert_array_equal(state["network/3"], STATE["network/3"])


@pytest.mark.parametrize("harm", ["cut", "zeros", "empty", "text", "gone"])
def test_a_damaged_checkpoint_costs_what_came_after_the_one_before(tmp_path: Path, harm: str):
    """Where the newest is torn, emptied or gone, the run goes on from the one before it, and says so."""
    _save(tmp_path, 1, 2)
    path = tmp_path / runs.CHECKPOINT
    content = path.read_bytes()
    path.write_bytes({"cut": content[:-100], "zeros": bytes(len(content)), "text": b"no zip"}.get(harm, b""))
    if harm == "gone":
        path.unlink()
    said: list[str] = []

    position, _ = read_state(tmp_path, said.append)

    assert runs.holds_run(tmp_path)
    assert position.step == 1
    assert "checkpoint.npz: the newest checkpoint is missing or damaged" in said[0]
    assert said[0].endswith("going on from the one before it: epoch 1, step 1.")


def test_no_flipped_bit_is_a_traceback(tmp_path: Path):
    """Whatever bit of a checkpoint is flipped, it is read, or the one before it is."""
    _save(tmp_path, 1, 2)
    path = tmp_path / runs.CHECKPOINT
    content, rng = path.read_bytes(), np.random.default_rng(0)

    for at in [*range(60), *rng.integers(0, len(content), 60), *range(len(content) - 200, len(content), 2)]:
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        position, state = read_state(tmp_path)
        assert position.step in {1, 2}
        np.testing.assert_array_equal(state["network/2"], STATE["network/2"])


def test_two_damaged_checkpoints_are_refused(tmp_path: Path):
    """With neither of them sound there is nothing to go on from, and the message says what a run needs."""
    _save(tmp_path, 1, 2)
    for name in (runs.CHECKPOINT, runs.EARLIER):
        (tmp_path / name).write_bytes(b"no zip")

    with pytest.raises(DataError, match=r"expected a run to resume, with checkpoint\.npz"):
        read_state(tmp_path)


def test_a_finished_run_keeps_one(tmp_path: Path):
    """Behind the last epoch nothing is gone on from, so the earlier checkpoint goes."""
    _save(tmp_path, 1, 2)
    save_checkpoint(tmp_path, STATE, Position(epoch=2), last=True)

    assert [path.name for path in tmp_path.iterdir()] == [runs.CHECKPOINT]


def test_a_full_disk_leaves_both_and_says_how_to_go_on(tmp_path: Path):
    """A checkpoint that finds no room costs neither of the earlier ones; the line has the path and the advice."""
    _save(tmp_path, 1, 2)

    with (
        _files_of_at_most(2000),
        pytest.raises(
            DiskError, match=r"the run cannot be saved: .*Make room there, then go on with .*`resume`"
        ) as error,
        writing(tmp_path),
    ):
        _save(tmp_path, 3)

    assert error.value.exit_code == 5
    assert str(tmp_path) in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == [runs.EARLIER, runs.CHECKPOINT]
    assert read_state(tmp_path)[0].step == 2


@pytest.mark.slow
def test_a_run_that_met_a_full_disk_comes_to_its_end(tmp_path: Path):
    """Once there is room, the same run resumes from its last good checkpoint, also if a torn one was left."""
    faces = loading.load(write_csv(tmp_path / "fer2013.csv", per_class=6, held_out=3))
    settings, folder, steps = replace(SMALL, epochs=2), tmp_path / "run", list[int]()
    train(faces, settings, folder, on_step=lambda one: steps.append(one.step), should_stop=lambda: len(steps) == 1)

    with _files_of_at_most(20_000), pytest.raises(DiskError, match="Make room there"):
        train(faces, settings, folder, resume=True)
    said: list[str] = []
    train(faces, settings, folder, resume=True, on_step=lambda one: steps.append(one.step),
          should_stop=lambda: len(steps) == 3)  # fmt: skip
    (folder / runs.CHECKPOINT).write_bytes((folder / runs.CHECKPOINT).read_bytes()[:5000])

    assert train(faces, settings, folder, resume=True, on_note=said.append)
    assert [one.epoch for one in runs.read_run(folder).results] == [1, 2]
    assert len(said) == 1
