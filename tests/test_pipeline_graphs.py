"""Analysing needs no framework: networks are read as graphs, checked against their hashes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.expressions import NetworkClassifier
from pipeline.inference import runtime
from pipeline.inference.graphs import open_graph
from pipeline.models import detector
from pipeline.models.card import encode_card
from pipeline.models.folder import CARD, DEFAULT_MODEL, EMBEDDED, NUMBERS, read_model
from pipeline.models.graphs import find_graph
from pipeline.networks import build, mtcnn
from pipeline.networks.weights import fold, load_arrays

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMEWORKS = ("tensorflow", "keras", "torch", "joblib", "mtcnn")
NEEDLESS = (
    *FRAMEWORKS,
    "pandas",
    "plotly",
    "jinja2",
    "xlsxwriter",
    "matplotlib",
    "openvino.tools.ovc",
    "retrain.training",
)
"""What neither `analyze` nor `annotate` needs, and would pay for with each start."""

WATCHED = """
import sys
from pipeline.cli.app import run as main
try:
    main()
finally:
    print("imported:", [name for name in {needless} if name in sys.modules], file=sys.stderr)
"""
WITHOUT = """
import sys
for name in {frameworks}: sys.modules[name] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in {frameworks} else found(name, *rest)
from pipeline.cli.app import run as main
main()
"""


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    command = [sys.executable, "-c", program.format(frameworks=FRAMEWORKS, needless=NEEDLESS), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The folder of the embedded model as an older version had published it: without its graph."""
    folder = tmp_path / "store" / "old"
    shutil.copytree(EMBEDDED / DEFAULT_MODEL, folder, ignore=shutil.ignore_patterns("graph.*"))
    card = read_model(EMBEDDED / DEFAULT_MODEL).card
    (folder / CARD).write_bytes(encode_card(replace(card, name="old", graph=None)))
    return folder


def test_no_framework_is_imported(tmp_path: Path, samples: Path):
    """`analyze` and `annotate` never import a framework, mtcnn's code, OpenVINO's converter or what reports need."""
    clip, db = samples / "door.mp4", tmp_path / "a.db"
    analyzed = run(WATCHED, "analyze", clip, "--fps", "0.2", "--db", db)
    annotated = run(WATCHED, "annotate", clip, "--out", tmp_path / "copy.mp4", "--db", db)

    assert analyzed.stderr.splitlines()[-1] == "imported: []", analyzed.stderr
    assert annotated.stderr.splitlines()[-1] == "imported: []", annotated.stderr


def test_analyze_needs_none(tmp_path: Path, samples: Path):
    """Where none of them is installed, a sample video is analysed, and `retrain` says in a line what to install."""
    done = run(WITHOUT, "analyze", samples / "door.mp4", "--fps", "0.2", "--db", tmp_path / "a.db")
    refused = run(WITHOUT, "analyze", samples / "door.mp4", "--device", "gpu", "--db", tmp_path / "b.db")
    (tmp_path / "faces" / "train" / "happy").mkdir(parents=True)
    trained = run(WITHOUT, "retrain", tmp_path / "faces")

    assert done.returncode == 0, done.stderr
    assert refused.returncode == 2
    assert "pip install '.[gpu]'" in refused.stderr
    assert trained.returncode == 2
    assert "pip install '.[train]'" in trained.stderr
    assert "Traceback" not in trained.stderr


def test_detector_graphs_are_those_of_mtcnns_weights():
    """Each shipped graph gives what Keras gives with the package's weights, and the record names these weights."""
    runtime.silence()
    random = np.random.default_rng(0)
    builders = {"pnet": (mtcnn.build_pnet, 40), "rnet": (mtcnn.build_rnet, 24), "onet": (mtcnn.build_onet, 48)}

    for name, (make, side) in builders.items():
        faces = random.integers(0, 256, (4, side, side, 3)).astype(np.uint8)
        ours = open_graph(detector.read_detector(name))(faces)
        for one, other in zip(ours, make()(faces, training=False), strict=True):
            np.testing.assert_allclose(one, np.asarray(other), atol=2e-5)
    assert detector.read_record().weights_sha256 == mtcnn.weights_sha256()


def test_the_graph_is_the_model():
    """The embedded model's graph gives the logits of its weights, but for what half precision rounds."""
    runtime.silence()
    model = read_model(EMBEDDED / DEFAULT_MODEL)
    network = build(model.card.arch, model.card.options)
    load_arrays(network, model.weights())
    views = np.random.default_rng(0).normal(size=(16, 44, 44, 1)).astype(np.float32)
    graph, heads = find_graph(model, model.weights())

    outputs = dict(zip(heads, open_graph(graph)(views), strict=True))

    for name, expected in zip(("expression", "reading"), fold(network)(views, training=False), strict=True):
        np.testing.assert_allclose(outputs[name], np.asarray(expected), atol=0.03)


def test_an_older_model_is_converted_once(old: Path, caplog: pytest.LogCaptureFixture):
    """It is said, gives the answers of its weights, and what was made is kept; a torn copy is made anew."""
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
    expected = NetworkClassifier(read_model(EMBEDDED / DEFAULT_MODEL)).classify(faces).probabilities

    first = NetworkClassifier(read_model(old)).classify(faces).probabilities
    said = [record.message for record in caplog.records]
    caplog.clear()
    again = NetworkClassifier(read_model(old)).classify(faces).probabilities

    np.testing.assert_allclose(first, expected, atol=5e-3)
    np.testing.assert_array_equal(first, again)
    assert said == [
        "model old was published by an older fer-video: its graph is made now, once, which takes some seconds"
    ]
    assert not caplog.records


def test_an_older_model_says_what_it_needs(old: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, samples: Path):
    """Without TensorFlow it cannot be converted: one line says so, exit code 6."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(old.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))

    refused = run(WITHOUT, "analyze", samples / "door.mp4", "--model", "old", "--db", tmp_path / "a.db")

    assert refused.returncode == 6
    assert "pip install '.[train]'" in refused.stderr


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x" * 100)])
def test_a_changed_graph_is_refused(tmp_path: Path, harm: Callable[[Path], object]):
    """A graph that is gone or is not the published one is an error that names the file."""
    folder = tmp_path / DEFAULT_MODEL
    shutil.copytree(EMBEDDED / DEFAULT_MODEL, folder)
    harm(folder / NUMBERS)

    with pytest.raises(ModelError, match=r"graph\.xml"):
        NetworkClassifier(read_model(folder))
