"""A training in one call, as a program would ask for it: nothing is printed, and being stopped is a value."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from fixtures_retrain import write_csv

from retrain.data.sources import DataOptions
from retrain.training.runs import holds_run, read_run
from retrain.training.session import Request, Watcher, cross_validate, train_network

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SMALLEST = {"width": 0.0625, "epochs": 1, "batch": 7, "calm_epochs": 0}


def _request(folder: Path) -> Request:
    source = write_csv(folder / "fer2013.csv", per_class=3, held_out=2)
    return Request(DataOptions((str(source),)), None, "scratch", SMALLEST)


def test_one_call_trains_and_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """The faces come back, the run lies in its folder, and what a person should know went to the caller."""
    notes: list[str] = []

    faces = train_network(_request(tmp_path), tmp_path / "run", Watcher(on_note=notes.append), resume=False)

    assert faces is not None
    assert read_run(tmp_path / "run").best.epoch == 1
    assert any("vgg-face, 1 epochs, batch 7" in note for note in notes)
    assert capfd.readouterr() == ("", "")


def test_stopped_is_a_value(tmp_path: Path):
    """A training and a cross-validation that are stopped give None and leave what can be gone on with."""
    stopping = Watcher(should_stop=lambda: True)
    request = _request(tmp_path)

    faces = train_network(request, tmp_path / "one", stopping, resume=False)
    scores = cross_validate(request, tmp_path / "folds", 2, stopping, resume=False)

    assert (faces, scores) == (None, None)
    assert holds_run(tmp_path / "one")
    assert holds_run(tmp_path / "folds")


def test_settings_are_checked_before_tensorflow_and_faces(tmp_path: Path):
    """A wrong setting is told without TensorFlow, and before the labelled faces, which are not even there, are read."""
    code = """
import sys
from pipeline.errors import FerVideoError
from retrain.data.sources import DataOptions
from retrain.training.session import Request, Watcher, train_network
from pathlib import Path
for arch, base, changes in (
    ("nope", "scratch", {}), (None, "nowhere", {}), (None, "scratch", {"views": "nope"}),
    (None, "scratch", {"precision": "half"}), (None, "imagenet", {}),
):
    try:
        train_network(Request(DataOptions(("none.csv",)), arch, base, changes), Path("run"), Watcher(), resume=False)
    except FerVideoError as error:
        print(str(error).split(":")[0])
print("tensorflow" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )

    assert done.stdout.splitlines() == ["arch", "model 'nowhere'", "views", "precision", "base", "False"]
