"""Replay and a choice of expressions from the command line to the published model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fixtures_retrain import draw_face, write_csv

from pipeline.expressions import NetworkClassifier
from pipeline.models.folder import find_model
from pipeline.records import EXPRESSIONS

BENCHMARK = Path(__file__).parent / "benchmarks" / "fine_tuning.py"
KEPT = ("happy", "sad", "neutral")


@pytest.mark.slow
def test_left_out_expressions_never_come_out_of_the_published_model(tmp_path: Path, fer_video, monkeypatch):
    """A model trained on `--classes happy,sad,neutral`, with replay of all seven, never gives another expression."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(tmp_path / "models"))
    write_csv(tmp_path / "new.csv", per_class=12, held_out=6)
    write_csv(tmp_path / "old.csv", per_class=12, held_out=2, seed=1)

    trained = fer_video(
        "retrain", "new.csv", "--classes", ",".join(KEPT), "--replay", "old.csv", "--width", "0.0625",
        "--epochs", "2", "--batch", "12", "--run", "run", "--publish", "three", "--even-if-worse",
    )  # fmt: skip
    evaluated = fer_video("evaluate", "new.csv", "--model", "three", "--json")

    assert trained.returncode == 0, trained.stderr
    losses = [json.loads(line)["loss"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert max(losses) < 10
    confusion = np.array(json.loads(evaluated.stdout)[0]["evaluation"]["confusion"])
    kept = [EXPRESSIONS.index(name) for name in KEPT]
    assert confusion.sum() == confusion[:, kept].sum() == 42
    random = np.random.default_rng(5)
    faces = np.stack([draw_face(number % 7, random) for number in range(70)])
    assert set(NetworkClassifier(find_model("three")).classify(faces).probabilities.argmax(axis=1)) <= set(kept)


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.campaign
def test_200_faces_of_a_camera_help_there_and_cost_a_point_at_most_elsewhere(shared: Path):
    """What the README says of fine-tuning, with the model of today: a gain that is no chance on other faces of a camera
    at night, and on faces as they are no loss that is certainly more than a point.
    """
    words = ["--model", "vgg-face-fer2013", "--seed", "1", "--", "--views", "camera", "--teacher", "vgg-face-fer2013"]

    done = subprocess.run(
        [sys.executable, BENCHMARK, shared / "data/fer2013/fer2013.csv.gz", *words],
        capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found = re.findall(r"^(\w+).* (\d+)  .* ([+-][\d.]+) +(\d+) +(\d+) +(\S+)$", done.stdout, re.MULTILINE)
    (there, _, gain, *_, chance), (elsewhere, faces, _, mended, spoilt, _) = found
    assert (there, elsewhere) == ("dark", "other")
    assert float(gain) > 0
    assert float(chance) < 0.05
    lost, changed = int(spoilt) - int(mended), int(spoilt) + int(mended)
    assert lost <= 0.01 * int(faces) + 1.645 * changed**0.5
