"""The model store: names, hashes, and what is active."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from campaign import models as campaign
from command import call

from pipeline.errors import ModelError
from pipeline.expressions import NetworkClassifier
from pipeline.models import folder as models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store of the user's."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def _copy_embedded(store: Path, name: str) -> Path:
    folder = store / name
    shutil.copytree(models.EMBEDDED / models.DEFAULT_MODEL, folder)
    card = json.loads((folder / models.CARD).read_text())
    (folder / models.CARD).write_text(json.dumps(card | {"name": name}))
    return folder


def test_embedded_model_is_whole_and_active(store: Path):
    """The package brings a model whose weights match its card, and it is active until another is chosen."""
    model = models.find_model()

    assert model.card.name == models.active_name() == models.DEFAULT_MODEL
    assert model.card.evaluation.accuracy > 0.6
    assert model.weights()["expression/kernel"].shape[1] == 7
    assert sum(map(sum, model.card.evaluation.confusion)) == model.card.evaluation.faces


def test_embedded_card_says_everything(store: Path):
    """The card has calibration (error at most 0.03), robustness, other labels and cost; the weights are under 20 MB."""
    model = models.find_model()
    card = model.card

    conditions = " ".join(one.name for one in card.conditions)
    for word in ("32 px", "24 px", "blurred", "JPEG", "dark", "mirrored", "ten views"):
        assert word in conditions
    assert "FER+ majority" in card.evaluation.data
    assert card.labels_evaluation is not None
    assert "FER-2013's labels" in card.labels_evaluation.data
    assert card.readability is not None
    assert card.calibration_figures is not None
    assert card.calibration_figures.error_after <= min(0.03, card.calibration_figures.error_before)
    assert all(figures.recall > 0.1 for figures in card.evaluation.classes)
    assert card.cost is not None
    assert card.cost.faces_per_second
    assert (model.folder / models.WEIGHTS).stat().st_size < 20e6


def test_unknown_name_is_refused_with_those_that_exist(store: Path):
    """A model name that is not there is an error that lists the names."""
    with pytest.raises(ModelError, match=r"'no-such': not found. There are: vgg-face-fer2013"):
        models.find_model("no-such")


@pytest.mark.parametrize("name", ["../vgg-face-fer2013", "", ".", "/"])
def test_names_never_leave_the_store(store: Path, name: str):
    """A name that is a path finds nothing outside the store."""
    with pytest.raises(ModelError, match="not found"):
        models.find_model(name)


def test_a_name_of_any_length_is_only_not_found(store: Path):
    """A name that no file can have is a name that is not there."""
    with pytest.raises(ModelError, match="not found"):
        models.find_model("x" * 300)


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A model folder that the system refuses is an error that names the setting, never an empty store."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(tmp_path / ("x" * 300)))

    for ask in (models.list_models, models.active_name, models.find_model):
        with pytest.raises(ModelError, match=r"cannot be read; File name too long\. Set FER_VIDEO_MODELS"):
            ask()


def test_changed_weights_are_refused(store: Path):
    """One changed byte in the weights is an error that names the file and both hashes."""
    path = _copy_embedded(store, "mine") / models.WEIGHTS
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(ModelError, match=r"weights.safetensors: changed since it was published: expected sha256"):
        models.find_model("mine").weights()


def test_missing_weights_are_refused(store: Path):
    """A card without its weights is an error that names the file."""
    (_copy_embedded(store, "mine") / models.WEIGHTS).unlink()

    with pytest.raises(ModelError, match="expected the weights of mine"):
        models.find_model("mine").weights()


def test_broken_card_is_named_and_hides_no_other_model(store: Path, caplog: pytest.LogCaptureFixture):
    """A card that cannot be read is an error where it is asked for, and a warning in the list."""
    (_copy_embedded(store, "mine") / models.CARD).write_text("{")

    assert [model.card.name for model in models.list_models()] == [models.DEFAULT_MODEL]
    assert "mine" in caplog.text
    with pytest.raises(ModelError, match=r"mine.*expected a model card"):
        models.find_model("mine")


def test_a_model_of_the_store_stands_for_the_embedded_one_of_its_name(store: Path):
    """A model published under the embedded one's name is the one that is found, and the only one that is listed."""
    folder = _copy_embedded(store, models.DEFAULT_MODEL)

    assert [model.folder for model in models.list_models()] == [folder]
    assert models.find_model().folder == folder


def test_activated_model_is_found_without_a_name(store: Path):
    """`activate` decides what `find_model` gives without a name; a name that is not there changes nothing."""
    _copy_embedded(store, "mine")

    models.activate("mine")
    with pytest.raises(ModelError, match="not found"):
        models.activate("other")

    assert models.find_model().card.name == "mine"


def test_changed_model_cannot_be_activated(store: Path):
    """A model whose weights were changed is refused before it becomes active."""
    (_copy_embedded(store, "mine") / models.WEIGHTS).write_bytes(b"changed")

    with pytest.raises(ModelError, match="changed since it was published"):
        models.activate("mine")

    assert models.active_name() == models.DEFAULT_MODEL


def test_written_model_comes_back(store: Path):
    """A written model replaces the one of its name and is read back, vectors exactly, kernels in half precision."""
    arrays = {"a/kernel": np.full((2, 2), 0.1, np.float32), "a/bias": np.full(2, 0.1, np.float32)}
    content = models.encode_weights(arrays)
    card = replace(models.find_model().card, weights_sha256=hashlib.sha256(content).hexdigest())

    for _ in range(2):
        model = models.write_model(store / card.name, card, content)

    assert [path.name for path in store.iterdir()] == [card.name]
    assert model.card == card
    np.testing.assert_array_equal(model.weights()["a/bias"], arrays["a/bias"])
    np.testing.assert_allclose(model.weights()["a/kernel"], arrays["a/kernel"], rtol=1e-3)


KINDS_HERE = (
    "card: empty", "card: no file", "card: nested", "card: a key twice", "card: other name", "card: absurd width",
    "card: six biases", "card: temperature", "card: UTF-16", "weights: no file", "weights: pickle",
    "weights: cut, own hash", "weights: header's length", "weights: arrays elsewhere",
    "weights: NaN", "choice: no UTF-8", "choice: a folder",
    "choice: a path", "choice: a pipe", "folder: a link", "ugly: texts",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS_HERE)
def test_a_broken_model_is_refused_and_hides_no_other(tmp_path: Path, kind: str):
    """Exit 6 with one line that names the file; `models` lists the sound one, and no control character gets out."""
    number = [f"{group}: {name}" for group, name in campaign.KINDS].index(kind)

    result = campaign.try_one(number, tmp_path, call)

    assert result.ok, result


def test_models_refuses_a_card_that_asks_for_more_than_its_weights_fill(store: Path):
    """A network of billions of numbers is refused before it is built."""
    folder = _copy_embedded(store, "mine")
    card = json.loads((folder / models.CARD).read_text())
    card["options"]["width"] = 8
    (folder / models.CARD).write_text(json.dumps(card))

    with pytest.raises(ModelError, match=r"expected at least 9\d\d,\d+,\d+ numbers for vgg-face .*; found 3,"):
        NetworkClassifier(models.find_model("mine"))


def test_a_folder_left_aside_by_a_kill_is_found(store: Path):
    """Where names cannot be exchanged, a kill between two renames leaves the old model under a hidden name."""
    folder = _copy_embedded(store, "mine")
    folder.rename(store / ".mine.old")

    assert [model.card.name for model in models.list_models()] == [models.DEFAULT_MODEL, "mine"]
    assert models.find_model("mine").weights()


PUBLISHER = """
import hashlib, sys
from dataclasses import replace
from pathlib import Path
from pipeline.models import folder as models
store, (one, card) = Path(sys.argv[1]), (models.find_model("mine"), models.find_model("mine").card)
more = {"more/bias": one.weights()["expression/bias"]}
contents = [(one.folder / models.WEIGHTS).read_bytes(), models.encode_weights(one.weights() | more)]
print("ready", flush=True)
while True:
    for number, content in enumerate(contents):
        card = replace(card, weights_sha256=hashlib.sha256(content).hexdigest(), licence=f"number {number}")
        models.write_model(store / "mine", card, content)
"""


@pytest.mark.slow
def test_a_kill_while_publishing_leaves_the_old_model_or_the_new_one(store: Path):
    """Killed at any moment, the store holds one whole model of the name, and the next attempt succeeds."""
    _copy_embedded(store, "mine")
    random = np.random.default_rng(0)
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", PUBLISHER, str(store)], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(random.uniform(0.0, 0.3))
            process.kill()

        found = {one.name: one.problem for one in models.survey()}
        assert found == {models.DEFAULT_MODEL: "", "mine": ""}
