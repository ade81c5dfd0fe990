"""The installed package by itself: these tests need no repository, so that they can be run against a wheel anywhere."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., subprocess.CompletedProcess[str]]

FPS = 10
CLIP_S = 2


@pytest.fixture
def fer_video(tmp_path: Path) -> Command:
    """The installed command, run in an empty folder with an empty model store."""
    program = Path(sys.executable).with_name("fer-video")
    if not program.exists():
        pytest.skip("fer-video is not installed in this environment: pip install .")
    ours = {"FER_VIDEO_MODELS": str(tmp_path / "no-models")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FER_VIDEO_")}

    def run(*arguments: str, expect: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [program, *arguments],
            cwd=tmp_path,
            env=inherited | ours | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == expect, done.stderr or done.stdout
        return done

    return run


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of a moving gradient, in which there is no face."""
    path = tmp_path / "Kho-hang__cua-truoc__2024-03-26T09-00.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for index in range(FPS * CLIP_S):
            ramp = (np.arange(320) + 4 * index) % 256
            image = np.broadcast_to(ramp[None, :, None], (240, 320, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_version_names_the_installed_distribution(fer_video: Command) -> None:
    """`fer-video --version` prints the version that pip knows."""
    from importlib.metadata import version

    printed = fer_video("--version").stdout

    assert printed.split() == ["fer-video", version("fer-video")]


def test_help_lists_the_main_commands(fer_video: Command) -> None:
    """`fer-video --help` names every main command."""
    printed = fer_video("--help").stdout

    for command in ("analyze", "report", "status", "models", "retrain", "evaluate"):
        assert f" {command} " in printed


def test_models_lists_the_embedded_model_as_active(fer_video: Command) -> None:
    """With an empty store, the model inside the package is the active one."""
    from pipeline.models.folder import DEFAULT_MODEL

    lines = fer_video("models").stdout.splitlines()

    assert [line.split()[1] for line in lines if line.startswith("*")] == [DEFAULT_MODEL]


def test_embedded_model_gives_probabilities() -> None:
    """The embedded weights fit the network built in code: seven probabilities a face, which sum to 1."""
    from pipeline.expressions import NetworkClassifier
    from pipeline.models.folder import DEFAULT_MODEL, EMBEDDED, read_model

    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    probabilities = NetworkClassifier(read_model(EMBEDDED / DEFAULT_MODEL)).classify(faces).probabilities

    assert probabilities.shape == (3, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_clip_becomes_rows_and_a_report(fer_video: Command, clip: Path, tmp_path: Path) -> None:
    """Analyze stores a row for every sampled frame, faces or not, and report writes its three files."""
    fer_video("analyze", clip.name)
    fer_video("report", "--html", "report.html", "--csv", "rows.csv", "--json", "report.json")

    with sqlite3.connect(tmp_path / "fer-video.db") as database:
        assert database.execute("SELECT location, camera, status FROM videos").fetchall() == [
            ("Kho-hang", "cua-truoc", "done")
        ]
        times = [row[0] for row in database.execute("SELECT timestamp_s FROM frames ORDER BY timestamp_s")]
    assert times == pytest.approx([0.0, 0.5, 1.0, 1.5])
    assert "Kho-hang" in (tmp_path / "report.html").read_text("utf-8")
    assert len(list(csv.reader((tmp_path / "rows.csv").open(encoding="utf-8-sig")))) > 1
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))


def test_a_missing_input_is_refused(fer_video: Command) -> None:
    """Nothing usable among the inputs is exit code 4, with a line that names what was given."""
    refused = fer_video("analyze", "no-such-folder", expect=4)

    assert "no-such-folder" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", ["pipeline", "retrain", "reports"])
def test_another_package_of_our_name_is_refused(fer_video: Command, tmp_path: Path, name: str) -> None:
    """Another package of one of our names on PYTHONPATH is exit code 2, with one line that names both places."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / f"{name}.py").write_text("raise RuntimeError('run')\n")

    (line,) = fer_video("--version", expect=2, PYTHONPATH=str(foreign)).stderr.splitlines()

    assert line.startswith(f"fer-video: expected its package {name} in ")
    assert f"Take {foreign} off PYTHONPATH" in line


def test_files_in_the_working_folder_are_not_run(fer_video: Command, tmp_path: Path) -> None:
    """Files named like modules of Python's or like our packages do not get in the way of the command."""
    for name in ("types", "struct", "signal", "code", "typing", "numpy", "pipeline", "reports"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('run')\n")

    assert fer_video("--version").stdout.startswith("fer-video ")


def test_python_m_pipeline_is_the_same_command(fer_video: Command, tmp_path: Path) -> None:
    """`python -m pipeline` prints what `fer-video` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, fer_video("--version").stdout), done.stderr
