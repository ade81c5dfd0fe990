"""Training on PyTorch: the same step as on TensorFlow, and a whole run where TensorFlow is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from fixtures_retrain import write_csv

from pipeline.errors import SettingError, UsageError
from pipeline.expressions import NetworkClassifier
from pipeline.inference.runtime import choose_backend, choose_device
from pipeline.models.folder import find_model
from retrain.data import loading
from retrain.data.faces import PUBLIC_TEST
from retrain.measure.evaluate import predict

TESTS = Path(__file__).parent
PROGRAM = "from pipeline.cli import main; main()"

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch: pip install '.[torch]'")


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    """Where both backends began and arrived: arrays by `start`, `tensorflow` and `torch`."""
    folder = tmp_path_factory.mktemp("steps")
    for backend in ("tensorflow", "torch"):
        _run([str(TESTS / "take_steps.py"), str(folder)], folder, KERAS_BACKEND=backend)
    return {name: dict(np.load(folder / f"{name}.npz")) for name in ("start", "tensorflow", "torch")}


def _run(words: list[str], cwd: Path, libraries: str = "", **env: str) -> None:
    path = os.pathsep.join(filter(None, [str(TESTS.parent), str(TESTS), libraries]))
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd, env={**os.environ, "PYTHONPATH": path, **env}, capture_output=True, text=True, check=False,
        timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@needs_torch
@pytest.mark.slow
def test_one_step_of_the_real_network_is_the_same_on_both_backends(steps: dict[str, dict[str, np.ndarray]]):
    """Losses, clipping, decay, Nesterov momentum, moving average and running variance agree to 0.0001 after a step."""
    ours, theirs = steps["tensorflow"], steps["torch"]
    first = [name for name in ours if name.startswith("first/")]

    assert len(first) > 150
    np.testing.assert_allclose(theirs["results"][0], ours["results"][0], atol=1e-4)
    for name in first:
        np.testing.assert_allclose(theirs[name], ours[name], rtol=0, atol=1e-4, err_msg=name)


@needs_torch
@pytest.mark.slow
@pytest.mark.parametrize("group", ["network", "average", "sgd"])
def test_steps_that_follow_lead_to_the_same_place(steps: dict[str, dict[str, np.ndarray]], group: str):
    """After a second step with momentum and one of the heads, the backends are a hundredth of their way apart."""
    names = [name for name in steps["start"] if name.startswith(group)]

    def distance(one: str, other: str) -> float:
        pairs = ((steps[one][name], steps[other][name]) for name in names)
        return sum(float(np.square(a.astype(float) - b.astype(float)).sum()) for a, b in pairs) ** 0.5

    assert distance("tensorflow", "torch") < 0.01 * distance("start", "tensorflow")
    np.testing.assert_allclose(steps["torch"]["results"], steps["tensorflow"]["results"], rtol=1e-3)


@needs_torch
@pytest.mark.slow
def test_machine_without_tensorflow_trains_measures_and_publishes(tmp_path: Path):
    """With PyTorch alone a run, in bfloat16 as on GPUs, ends in a model whose card says what OpenVINO measures."""
    libraries = tmp_path / "libraries"
    _link_libraries(libraries)
    csv = write_csv(tmp_path / "faces.csv", per_class=8, held_out=4)
    command = ["retrain", str(csv), "--width", "0.0625", "--batch", "14", "--epochs", "1", "--run", "run"]
    command += ["--precision", "bfloat16", "--publish", "tiny", "--even-if-worse"]

    _run(["-S", "-c", PROGRAM, *command], tmp_path, libraries=str(libraries), KERAS_BACKEND="")

    model = find_model("tiny")
    held_out = loading.load(csv).split(PUBLIC_TEST)
    right = predict(NetworkClassifier(model), held_out.faces).argmax(axis=1) == held_out.labels
    assert model.card.evaluation.accuracy == pytest.approx(right.mean(), abs=1.5 / len(held_out))


def _link_libraries(folder: Path) -> None:
    """All installed packages but TensorFlow and OpenVINO; a start with -S then finds no others."""
    folder.mkdir()
    for place in map(Path, sys.path):
        for found in place.iterdir() if place.name == "site-packages" else ():
            if not found.name.startswith(("tensorflow", "openvino")) and found.suffix != ".pth":
                (folder / found.name).unlink(missing_ok=True)
                (folder / found.name).symlink_to(found)


@pytest.mark.parametrize("asked", ["jax", "Torch"])
def test_backend_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch, asked: str):
    """Another backend of Keras is an error that names both, and how each is installed."""
    monkeypatch.setenv("KERAS_BACKEND", asked)

    with pytest.raises(UsageError, match=r"expected tensorflow or torch.*found .*\[torch\]"):
        choose_backend()


def test_backend_that_nobody_named_is_tensorflow(monkeypatch: pytest.MonkeyPatch):
    """Where both are installed, TensorFlow computes."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    assert choose_backend() == "tensorflow"


@needs_torch
def test_gpu_that_pytorch_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch):
    """On PyTorch a GPU that is not there is an error that names PyTorch, not TensorFlow's extra."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")

    with pytest.raises(SettingError, match=r"a GPU that PyTorch can use for gpu:99; found \d"):
        choose_device("gpu:99")
