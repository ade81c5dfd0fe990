"""Fine-tuning as a user does it: a folder of a camera's faces, a base, replay; and a choice of expressions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from benchmarks import fine_tuning
from fixtures_retrain import draw_face, write_csv

from pipeline.emotions import NetworkClassifier
from pipeline.models import find_model
from pipeline.records import EMOTIONS
from retrain.datasets import PUBLIC_TEST, load

if TYPE_CHECKING:
    from pathlib import Path

KEPT = ("happy", "sad", "neutral")


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
    kept = [EMOTIONS.index(name) for name in KEPT]
    assert confusion.sum() == confusion[:, kept].sum() == 42
    random = np.random.default_rng(5)
    faces = np.stack([draw_face(number % 7, random) for number in range(70)])
    assert set(NetworkClassifier(find_model("three")).classify(faces).argmax(axis=1)) <= set(kept)


@pytest.mark.shared
@pytest.mark.slow
def test_a_few_labelled_faces_of_a_camera_help_there_and_cost_little_elsewhere(tmp_path: Path, shared: Path):
    """With 200 labelled faces of a camera at night the embedded model gets better on other faces of that camera, beyond
    chance, and does not get worse beyond chance on faces as they are.
    """
    fer2013 = shared / "data/fer2013/fer2013.csv.gz"
    public = load(fer2013).split(PUBLIC_TEST)
    words = ("--replay", fer2013, "--views", "camera", "--epochs", 5)

    there, elsewhere = fine_tuning.compare(
        public, fine_tuning.draw(public, 200, seed=1), find_model("vgg-face-fer2013"),
        fine_tuning.Camera(24, 3.0), folder=tmp_path, words=words,
    ).values()  # fmt: skip

    assert there.before.faces > 700
    assert elsewhere.before.faces > 1700
    assert there.mended > there.spoilt
    assert there.chance < 0.05
    assert elsewhere.points > 0 or elsewhere.chance > 0.05
