"""What a run starts from: recipes of the literature, bases, and options that contradict each other."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv
from test_pipeline_networks import FACE_SHAPES, _write_face_weights

from pipeline import networks
from pipeline.errors import FerVideoError
from pipeline.inference.runtime import CPU, choose_device, silence
from pipeline.networks import vgg_face_224
from retrain.data import loading
from retrain.training.progress import EpochResult
from retrain.training.recipes import RECIPES, choose, continuing, fit_batch, resolve_precision
from retrain.training.runs import CHECKPOINT, FinishedRun, RunOrigin, read_run
from retrain.training.settings import TrainSettings
from retrain.training.train import train

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_every_architecture_has_its_recipe():
    """Each architecture can be trained, with its own name in its settings."""
    assert set(RECIPES) == set(networks.NETWORKS)
    assert all(recipe.settings.arch == name for name, recipe in RECIPES.items())


def test_paper_settings_are_the_defaults():
    """`--arch` takes what the paper gives: batch, epochs, rate, pixels and views."""
    thuyloi, _ = choose("thuyloi-8block", "scratch", {})
    vgg5, _ = choose("aip391-vgg5", "scratch", {})
    vgg16, _ = choose("vgg16", "scratch", {})

    assert (thuyloi.batch, thuyloi.epochs, thuyloi.pixels) == (128, 100, "unit")
    assert vgg5.views == "mirror"
    assert vgg16.peak_rate == 5e-4


def test_calm_epochs_are_a_quarter_at_most_unless_named():
    """The last phase shrinks with a short run, but whoever names its length gets it, up to the whole run."""
    assert choose(None, "scratch", {"epochs": 8})[0].calm_epochs == 2
    assert choose(None, "scratch", {"epochs": 8, "calm_epochs": 7})[0].calm_epochs == 7
    assert choose(None, "scratch", {"epochs": 8, "calm_epochs": 70})[0].calm_epochs == 8


def test_named_options_win_and_few_faces_make_small_batches():
    """Options that the user names win over the recipe; few faces make batches smaller, down to 16."""
    named, _ = choose("hcmus-shallow", "scratch", {"batch": 100, "peak_rate": 0.5})
    own, _ = choose("hcmus-shallow", "scratch", {})

    assert (named.batch, named.peak_rate) == (100, 0.5)
    assert [fit_batch(own, faces).batch for faces in (28_709, 1024, 1023, 300, 20)] == [128, 128, 64, 32, 16]


def test_fine_tuning_takes_over_the_base():
    """Starting from the active model takes its architecture, width, pixels and weights, with small steps."""
    settings, weights = choose(None, "active", {})
    scratch, _ = choose(None, "scratch", {})

    assert (settings.arch, settings.base) == ("vgg-face", "vgg-face-fer2013")
    assert settings.head_epochs > 0
    assert settings.peak_rate == pytest.approx(scratch.peak_rate / 40)
    assert weights["expression/kernel"].shape[1] == 7


def test_face_weights_are_a_base(tmp_path, monkeypatch):
    """`--base vgg-face` starts the 224-pixel form from the thirteen convolutions of deepface's file."""
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    _write_face_weights(vgg_face_224.weights_path(), FACE_SHAPES)

    settings, weights = choose(None, "vgg-face", {})

    assert settings.arch == "vgg-face-224"
    assert settings.head_epochs > 0
    assert len(weights) == 26


@pytest.mark.campaign
def test_face_weights_are_trained_on(tmp_path, monkeypatch):
    """From deepface's file the 224-pixel form first trains its head, the convolutions staying as they are, then all."""
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    _write_face_weights(vgg_face_224.weights_path(), FACE_SHAPES, np.random.default_rng(0))
    silence()
    faces = loading.load(write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=1))
    settings, weights = choose(None, "vgg-face", {"batch": 7, "epochs": 2, "head_epochs": 1})
    first: list[Mapping[str, np.ndarray]] = []

    train(
        faces,
        settings,
        tmp_path / "run",
        base=weights,
        on_epoch=lambda _: first.append(read_run(tmp_path / "run").weights),
    )

    assert all(np.isfinite(result.loss) for result in read_run(tmp_path / "run").results)
    for name, array in weights.items():
        np.testing.assert_array_equal(first[0][name], array)
    with np.load(tmp_path / "run" / CHECKPOINT) as saved:
        moved = saved["network/0"]
    assert not np.array_equal(moved, weights["block1_conv1/kernel"])


@pytest.mark.slow
def test_a_finished_run_is_a_base(tmp_path):
    """Naming a run's folder starts from its best epoch, heads included, with its settings at half the rate."""
    silence()
    faces = loading.load(write_csv(tmp_path / "fer2013.csv", per_class=4, held_out=2))
    first = TrainSettings(options={"width": 0.0625}, epochs=2, calm_epochs=0, batch=14, peak_rate=0.04)
    train(faces, first, tmp_path / "first")

    settings, weights = choose(None, str(tmp_path / "first"), {"epochs": 1})
    train(faces, settings, tmp_path / "second", base=weights)

    assert settings == replace(
        first, epochs=1, peak_rate=0.02, warmup=0.05, base="scratch, run first", batch=settings.batch
    )
    assert settings.batch <= 16
    assert set(weights) >= {"expression/kernel", "block5_conv3_norm/moving_mean"}
    assert read_run(tmp_path / "second").results[0].epoch == 1


@pytest.mark.slow
def test_a_run_goes_on_with_the_views_of_its_base(tmp_path):
    """A base whose epochs were all calm is followed by calm epochs, in a shorter run as well."""
    silence()
    faces = loading.load(write_csv(tmp_path / "fer2013.csv", per_class=4, held_out=2))
    calm = TrainSettings(options={"width": 0.0625}, epochs=2, calm_epochs=2, batch=14)
    train(faces, calm, tmp_path / "first")

    same, _ = choose(None, str(tmp_path / "first"), {})
    shorter, _ = choose(None, str(tmp_path / "first"), {"epochs": 1})

    assert (same.calm_epochs, shorter.calm_epochs) == (2, 1)


def test_what_goes_on_from_imagenet_downloads_nothing():
    """Weights that a run already has are not asked for once more: only --base imagenet itself names them."""
    begun, _ = choose("vgg16", "imagenet", {})
    run = FinishedRun(Path("first"), begun, RunOrigin(), (), EpochResult(1, 1, 0, 0, 0, 0, 0, 0), {})

    assert begun.options == {"weights": "imagenet"}
    assert begun.layout == {}
    assert continuing(run).options == {}


@pytest.mark.parametrize(
    ("arch", "base", "changes", "message"),
    [
        ("resnet51", "scratch", {}, "arch: expected one of"),
        ("resnet50", "active", {}, "expected `arch` vgg-face, or none, beside active; found resnet50"),
        ("vgg-face", "imagenet", {}, "expected `arch` vgg16 or resnet50"),
        (None, "active", {"width": 0.25}, "A base has its own width"),
        ("hcmus-deep", "scratch", {"width": 0.25}, "width: expected `arch` vgg-face"),
        (None, "scratch", {"views": "shops"}, "views: expected one of shop, camera"),
        (None, "scratch", {"precision": "float16"}, "precision: expected auto"),
        (None, "scratch", {"peak_rate": math.inf}, "peak_rate: expected a number; found inf"),
        (None, "scratch", {"mixup": math.nan}, "mixup: expected a number; found nan"),
        (None, "active", {"epochs": 3, "head_epochs": 3}, "head_epochs: expected fewer than the 3"),
        ("hcmus-deep", "scratch", {"calm_epochs": 3}, "calm_epochs: expected `views` shop"),
        (None, "", {}, "model '': not found"),
    ],
)
def test_contradictions_are_refused(arch: str | None, base: str, changes: dict[str, object], message: str):
    """Options that contradict each other are an error that names the option and what was expected."""
    with pytest.raises(FerVideoError, match=message):
        choose(arch, base, changes)


def test_automatic_precision_is_bfloat16_on_a_gpu_only():
    """`auto` becomes bfloat16 where TensorFlow finds a GPU, else float32; a named precision stays."""
    expected = "float32" if choose_device("auto") == CPU else "bfloat16"

    assert resolve_precision("auto") == expected
    assert resolve_precision("bfloat16") == "bfloat16"
