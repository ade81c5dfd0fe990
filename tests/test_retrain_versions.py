"""What a run notes of its code, its libraries and the models that went into it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from pipeline import __version__
from pipeline.models.folder import find_model
from retrain.training import runs
from retrain.training.ancestry import inherit_ancestors
from retrain.training.checkpoints import save_best
from retrain.training.progress import EpochResult
from retrain.training.runs import RunOrigin
from retrain.training.settings import TrainSettings
from retrain.training.versions import list_libraries, read_origin_note

REPOSITORY = Path(__file__).parents[1]
ASK = "from retrain.training.versions import find_commit; print(find_commit())"


def _install(folder: Path, note: str) -> str:
    """What a copy of the project says of its commit, installed in a folder without git beside the installer's note."""
    for name in ("pipeline", "retrain"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("embedded", "__pycache__"))
    info = folder / f"fer_video-{__version__}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fer-video\nVersion: {__version__}\n", "utf-8")
    (info / "direct_url.json").write_text(note, "utf-8")
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    command = [sys.executable, "-c", ASK]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=folder)
    return said.stdout.strip()


def test_an_installed_copy_knows_the_commit_that_it_came_from(tmp_path: Path):
    """What was installed from a repository says its commit, as its installer noted it."""
    note = {"url": "https://example.org/fer-video", "vcs_info": {"vcs": "git", "commit_id": "0123abc"}}

    assert _install(tmp_path, json.dumps(note)) == "0123abc"


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ('{"url": "file:///home/an/x.whl", "archive_info": {"hash": "sha256=ab"}}', "archive sha256=ab"),
        ('{"url": "file:///home/an/x.whl", "archive_info": {"hashes": {"sha256": "ab"}}}', "archive sha256=ab"),
        ('{"url": "file:///home/an/project", "dir_info": {}}', ""),
        ("[]", ""),
        ("", ""),
    ],
)
def test_other_notes_of_installers_give_a_hash_or_nothing(note: str, said: str):
    """An archive is known by its hash; a folder says nothing; and no note gives an address of a machine away."""
    assert read_origin_note(note) == (f"version {__version__}, {said}" if said else "")


def test_a_checkout_says_its_commit():
    """The commit of a checkout is what git says, with a mark where files were changed."""
    git = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    head = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()

    # What is imported here may be an installed copy, which knows no commit where it was installed from a folder.
    command = [sys.executable, "-c", ASK]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=REPOSITORY)

    assert said.stdout.strip().removesuffix("-dirty") == head


def test_libraries_are_named_with_their_versions():
    """Python, this project and what computes are listed; what is not installed is not."""
    found = list_libraries()

    assert found["keras"] == version("keras")
    assert found["fer-video"] == __version__
    assert found["python"].startswith("3.")
    assert all(found.values())


def test_a_base_and_a_teacher_are_known_by_hash_and_described(tmp_path: Path):
    """A model that both began and taught a run is one ancestor with its hash, and so are those that went into it."""
    active = find_model("vgg-face-fer2013")

    first, *others = inherit_ancestors("vgg-face-fer2013", [active])

    assert (first.name, first.sha256, first.ways) == (
        active.card.name,
        active.card.weights_sha256,
        ("start", "teacher"),
    )
    assert f"{active.card.evaluation.accuracy:.1%}" in first.what
    assert [one.name for one in others] == [one.name for one in active.card.ancestors]
    assert all("through another" in way for one in others for way in one.ways)


def test_a_run_that_is_gone_on_from_is_described(tmp_path: Path):
    """A folder's name says little: the run in it is known by the hash of its weights, its epochs and its data."""
    folder = tmp_path / "first"
    runs.prepare(folder, TrainSettings(epochs=2), RunOrigin(), resume=False)
    runs.write_results(folder, EpochResult(1, 2, 1.0, 0.4, 0.5, 0.5, 0.01, 3.0))
    save_best(folder / runs.BEST, {"expression/bias": np.zeros(7, np.float32)}, 1)

    (run,) = inherit_ancestors(str(folder), [])

    assert run.name == "first"
    assert len(run.sha256) == 64
    assert "epoch 1 of 2" in run.what
    assert "begun from scratch; 50.0% of its held-out faces, before calibration" in run.what
