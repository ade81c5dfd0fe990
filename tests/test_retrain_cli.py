"""The commands `retrain`, `evaluate` and `models`, as a user types them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from command import PROGRAM, call, start
from fixtures_retrain import write_csv, write_folder

from pipeline import __version__
from pipeline.models.folder import find_model

REPOSITORY = Path(__file__).parent.parent

GRAPH = ("graph.bin", "graph.xml")


def _places(folder: Path) -> dict[str, str]:
    return {"FER_VIDEO_MODELS": str(folder / "models"), "HOME": str(folder), "PYTHONPATH": str(REPOSITORY)}


def _fer_video(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return call(*words, cwd=folder, env=_places(folder))


def _fer_video_process(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return start(*words, cwd=folder, env=_places(folder))


def _begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start `fer-video` and go on while it works."""
    return subprocess.Popen(
        [*PROGRAM, *words], cwd=folder, env=os.environ | _places(folder), stderr=subprocess.PIPE, text=True
    )


@dataclass(frozen=True)
class _Trained:
    """The folder in which a network was trained as `My-run`, and what was said."""

    folder: Path
    said: subprocess.CompletedProcess[str]

    def copy(self, folder: Path) -> None:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> _Trained:
    folder = tmp_path_factory.mktemp("trained")
    write_csv(folder / "fer2013.csv", per_class=16, held_out=8)
    said = _fer_video(folder, "retrain", "--arch", "aip391-baseline", "--epochs", "1", "--run", "My-run")
    return _Trained(folder, said)


@pytest.mark.slow
def test_new_user_trains_publishes_uses_and_evaluates(tmp_path: Path):
    """One epoch of hcmus-shallow on a small csv in this folder ends in a card and a model to use."""
    write_csv(tmp_path / "fer2013.csv", per_class=20, held_out=5)

    trained = _fer_video_process(
        tmp_path, "retrain", "--arch", "hcmus-shallow", "--epochs", "1", "--run", "run",
        "--publish", "shallow", "--even-if-worse",
    )  # fmt: skip
    used = _fer_video(tmp_path, "models", "use", "shallow")
    listed = _fer_video(tmp_path, "models")
    evaluated = _fer_video(tmp_path, "evaluate", "fer2013.csv", "--json")
    repeated = _fer_video_process(tmp_path, "evaluate", "fer2013.csv", "--card")

    assert trained.returncode == 0, trained.stderr
    assert "warning: angry: only 20 Training pictures" in trained.stderr
    assert "epoch 1/1" in trained.stderr
    assert (
        "Its authors report 56.31 % on FER-2013. Settings unless named otherwise: HCMUS; batch, epochs, optimizer and "
        "rate are our reading." in trained.stderr
    )
    assert "tensorflow" not in trained.stderr.lower()
    assert used.returncode == 0
    assert any(line.startswith("*") and "shallow" in line for line in listed.stdout.splitlines())
    card = json.loads((tmp_path / "models" / "shallow" / "card.json").read_text("utf-8"))
    stated, found = card["evaluation"], json.loads(evaluated.stdout)[0]["evaluation"]
    np.testing.assert_allclose(found.pop("mean_probabilities"), stated.pop("mean_probabilities"), atol=1e-5)
    assert found == stated
    assert "tensorflow" not in repeated.stderr.lower()
    lines = [line.split() for line in repeated.stdout.splitlines()]
    assert lines[0] == ["shallow", "card", "measured"]
    assert ["accuracy", f"{card['evaluation']['accuracy']:.4f}", f"{card['evaluation']['accuracy']:.4f}"] in lines
    assert (tmp_path / "run" / "curve.svg").is_file()


@pytest.mark.slow
def test_run_is_printed_as_json(tmp_path: Path):
    """`retrain --json` prints one document: figures before and after calibration, what was compared, versions."""
    write_csv(tmp_path / "fer2013.csv", per_class=20, held_out=5)

    trained = _fer_video(
        tmp_path, "retrain", "--width", "0.0625", "--epochs", "1", "--batch", "14", "--run", "run", "--json"
    )

    assert trained.returncode == 0, trained.stderr
    found = json.loads(trained.stdout)
    card = json.loads((tmp_path / "run" / "model" / "card.json").read_text("utf-8"))
    line = json.loads((tmp_path / "run" / "metrics.jsonl").read_text("utf-8"))
    assert found["evaluation"] == card["evaluation"]
    assert found["accuracy_before_calibration"] == pytest.approx(line["accuracy"], abs=0.03)
    assert found["compared"][0]["rival"] == "vgg-face-fer2013"
    assert found["libraries"] == card["training"]["libraries"]
    assert not found["is_published"]
    assert "before calibration" in trained.stderr


@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path):
    """Ctrl-C ends a training after the step with code 130, and the same command with --resume finishes it."""
    write_csv(tmp_path / "fer2013.csv", per_class=20, held_out=4)
    words = ["retrain", "fer2013.csv", "--width", "0.0625", "--epochs", "400", "--batch", "14", "--run", "run"]
    process = _begin(tmp_path, *words)
    until = time.monotonic() + 120
    while not (tmp_path / "run" / "metrics.jsonl").is_file() and time.monotonic() < until:
        time.sleep(0.2)

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    finished = len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines())
    resumed = _begin(tmp_path, *words, "--resume")
    while len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) <= finished:
        assert time.monotonic() < until + 120
        time.sleep(0.2)
    resumed.send_signal(signal.SIGINT)

    assert process.returncode == 130, said
    assert "--run run --resume" in said
    resumed.communicate(timeout=120)
    assert resumed.returncode == 130


@pytest.mark.slow
def test_ctrl_c_while_measuring_says_how_to_go_on(tmp_path: Path):
    """Ctrl-C behind the last epoch ends with code 130 and a line, and --resume goes on with the measurement."""
    write_csv(tmp_path / "fer2013.csv", per_class=20, held_out=4)
    words = ["retrain", "fer2013.csv", "--arch", "aip391-baseline", "--epochs", "1", "--run", "run"]
    process = _begin(tmp_path, *words)
    assert process.stderr is not None
    said = next(line for line in process.stderr if line.startswith("epoch 1/1"))
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=120)[1]
    resumed = _fer_video(tmp_path, *words, "--resume")

    assert process.returncode == 130, said
    assert said.endswith("Stopped and saved. Go on with the same command and --run run --resume\n")
    assert resumed.returncode == 0, resumed.stderr
    assert (tmp_path / "run" / "model" / "card.json").is_file()


@pytest.mark.slow
def test_publishing_in_place_of_a_model_is_said(tmp_path: Path, trained: _Trained):
    """Who publishes under a name that is taken reads what went, and that analyze takes the new one if it is active."""
    trained.copy(tmp_path)
    publish = ["models", "publish", "My-run", "--data", "fer2013.csv", "--name", "mine", "--quick", "--even-if-worse"]

    first, second = _fer_video(tmp_path, *publish), _fer_video(tmp_path, *publish)
    _fer_video(tmp_path, "models", "use", "mine")
    third = _fer_video(tmp_path, *publish)
    (tmp_path / "models" / "mine" / "card.json").write_text("{")
    _fer_video(tmp_path, "models", "use", "vgg-face-fer2013")
    mended = _fer_video(tmp_path, *publish)

    assert "in place of" not in first.stderr, first.stderr
    assert "in place of the one of 20" in second.stderr
    assert "'fer-video models use mine' makes analyze take it" in second.stderr
    assert "analyze takes it from now on" in third.stderr
    assert mended.returncode == 0, mended.stderr


@pytest.mark.parametrize("option", ["--base", "--run", "--replay"])
def test_path_that_is_too_long_is_one_line(tmp_path: Path, option: str):
    """A path longer than the system takes is refused in one line, with code 2."""
    write_csv(tmp_path / "fer2013.csv", per_class=2, held_out=2)

    refused = _fer_video(tmp_path, "retrain", "--arch", "aip391-baseline", option, "x" * 300)

    assert refused.returncode == 2, refused.stderr
    assert [line for line in refused.stderr.splitlines() if "x" * 300 in line][-1].startswith("fer-video: ")
    assert refused.stderr.splitlines()[-1].startswith("fer-video: ")
    assert "Traceback" not in refused.stderr


def test_folder_without_data_says_what_is_wanted(tmp_path: Path):
    """`retrain` without data says where FER-2013 comes from and what shape it wants, in one line, with code 2."""
    result = _fer_video(tmp_path, "retrain")

    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "Kaggle" in result.stderr
    assert "emotion (0 to 6), pixels (2304 grey levels) and Usage" in result.stderr


@pytest.mark.slow
def test_run_ends_in_a_card_that_publish_takes_over(tmp_path: Path, trained: _Trained):
    """Without --publish model and card lie in the run's folder; `models publish RUN` takes the folder's name."""
    trained.copy(tmp_path)

    (tmp_path / "fer2013.csv").rename(tmp_path / "moved.csv")
    published = _fer_video(tmp_path, "models", "publish", "My-run", "--data", "moved.csv", "--quick", "--even-if-worse")

    assert trained.said.returncode == 0, trained.said.stderr
    assert "PublicTest, FER-2013's labels, epoch 1, card in My-run/model" in trained.said.stdout
    assert "Publish it with: fer-video models publish My-run --name NAME" in trained.said.stderr
    names = ["README.md", "card.json", "confusion.svg", *GRAPH, "reliability.svg", "seen.bin", "weights.safetensors"]
    assert sorted(path.name for path in (tmp_path / "My-run" / "model").iterdir()) == names
    assert published.returncode == 0, published.stderr
    assert sorted(path.name for path in (tmp_path / "models" / "my-run").iterdir()) == names


def test_too_few_held_out_faces_are_told_before_training(tmp_path: Path):
    """A folder whose test part holds one picture is refused before the first epoch, with what to do."""
    write_folder(tmp_path / "faces" / "train", per_class=3)
    write_folder(tmp_path / "one", per_class=1)
    (tmp_path / "faces" / "test").mkdir()
    (tmp_path / "one" / "happy").rename(tmp_path / "faces" / "test" / "happy")

    refused = _fer_video(tmp_path, "retrain", "faces", "--width", "0.0625", "--batch", "7", "--run", "run")

    assert refused.returncode == 2
    assert "expected at least two PublicTest faces" in refused.stderr
    assert "found 1. Hold out more faces." in refused.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_folders_are_cross_validated(tmp_path: Path):
    """`--folds` trains once for each part and prints each accuracy and their mean; repeated pictures are listed."""
    happy = write_folder(tmp_path / "faces", per_class=8) / "happy"
    (happy / "again.png").write_bytes((happy / "0.png").read_bytes())

    result = _fer_video(
        tmp_path,
        "retrain",
        "faces",
        "--folds",
        "2",
        "--width",
        "0.0625",
        "--epochs",
        "1",
        "--batch",
        "8",
        "--run",
        "run",
    )

    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["fold", "1", "2", "mean", "all"]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "README.md", "confusion.svg", "data.txt", "fold-1", "fold-2", "summary.json",
    ]  # fmt: skip
    summary = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))
    counts = np.array(summary["pooled"]["confusion"])
    assert counts.sum() == sum(one["faces"] for one in summary["folds"])
    assert summary["mean"] == pytest.approx(np.mean([one["accuracy"] for one in summary["folds"]]))
    assert summary["libraries"]["keras"]
    card = (tmp_path / "run" / "README.md").read_text("utf-8")
    assert f"{summary['pooled']['accuracy']:.1%} of {counts.sum()}" in card
    assert "those of no single model" in card
    assert "happy/again.png" in (tmp_path / "run" / "data.txt").read_text("utf-8")
    assert "fold 2/2" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["evaluate", "fer2013.csv", "--model", "no-such"], 6, "'no-such': not found. There are: vgg-face-fer2013"),
        (["evaluate", "no-such.csv"], 2, "found nothing there"),
        (["evaluate", "fer2013.csv", "--split", "Test"], 2, "--split: expected one of Training"),
        (["evaluate", "fer2013.csv", "--split", "PrivateTest"], 2, "expected PrivateTest faces; found none"),
        (["models", "use", "no-such"], 6, "not found"),
        (["models", "publish", "no-run", "--name", "x"], 2, "settings.json is missing"),
        (["retrain", "fer2013.csv", "--resume"], 2, "--resume: expected --run FOLDER"),
        (["retrain", "fer2013.csv", "--arch", "vgg-fase"], 2, "--arch: expected one of vgg-face"),
        (["retrain", "fer2013.csv", "--base", "vgg-face"], 6, ".deepface/weights/vgg_face_weights.h5"),
        (["retrain", "fer2013.csv", "--base", "active", "--arch", "resnet50"], 2, "expected --arch vgg-face"),
        (["retrain", "read-after-the-base.csv", "--base", "no-such"], 6, "'no-such': not found"),
        (["retrain", "read-after-the-name.csv", "--publish", "Shop Faces"], 6, "expected lower-case letters"),
        (["retrain", "fer2013.csv", "--replay-share", "0.5"], 2, "--replay-share: expected --replay beside it"),
        (["retrain", "fer2013.csv", "--teacher-weight", "0.5"], 2, "--teacher-weight: expected --teacher beside it"),
        (["retrain", "fer2013.csv", "--even-if-worse"], 2, "--even-if-worse: expected --publish beside it"),
        (["retrain", "fer2013.csv", "--head-epochs", "2"], 2, "--head-epochs: expected a --base"),
        (["retrain", "fer2013.csv", "--weight", "nan"], 2, "--weight: expected 1000 or less; found 'nan'"),
        (["retrain", "fer2013.csv", "--run", "fer2013.csv"], 2, "expected a folder that can be written"),
        (["evaluate", "fer2013.csv", "--card", "--html", "a.html"], 2, "--card: expected no --html"),
        (["retrain", "fer2013.csv", "--classes", "happy,glad"], 2, "--classes: expected two or more of angry"),
        (["retrain", "fer2013.csv", "--precision", "float8"], 2, "--precision: expected auto"),
        (["retrain", "fer2013.csv", "--teacher", "no-such"], 6, "'no-such': not found"),
        (["retrain", "fer2013.csv", "--folds", "2", "--teacher", "vgg-face-fer2013"], 2, "expected no --teacher"),
        (["retrain", "fer2013.csv", "--folds", "2", "--publish", "x"], 2, "--folds: expected no --publish"),
        (["retrain", "fer2013.csv", "--weight", "0"], 2, "--weight: expected one number above 0"),
    ],
)
def test_wrong_words_are_answered_in_one_line(tmp_path: Path, words: list[str], code: int, message: str):
    """Options that cannot be followed end with their exit code and one line that says what was expected and found."""
    write_csv(tmp_path / "fer2013.csv", per_class=4, held_out=2)

    result = _fer_video(tmp_path, *words)

    assert result.returncode == code, result.stderr
    assert message in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_changed_model_is_refused_by_evaluate(tmp_path: Path):
    """A model whose weights were changed after publishing is not evaluated; the file is named."""
    write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=1)
    embedded = REPOSITORY / "pipeline" / "models" / "embedded" / "vgg-face-fer2013"
    mine = tmp_path / "models" / "mine"
    mine.mkdir(parents=True)
    card = (embedded / "card.json").read_text("utf-8")
    (mine / "card.json").write_text(card.replace('"name": "vgg-face-fer2013"', '"name": "mine"', 1), "utf-8")
    (mine / "weights.safetensors").write_bytes(b"changed")

    result = _fer_video(tmp_path, "evaluate", "fer2013.csv", "--model", "mine")

    assert result.returncode == 6
    assert "changed since it was published" in result.stderr


def test_models_say_what_they_are_and_whether_they_may_be_sold(tmp_path: Path):
    """The list has a column for commercial use; `show` has the reasons, and each ancestor once, by hash."""
    listed, shown = _fer_video(tmp_path, "models"), _fer_video(tmp_path, "models", "show")
    unknown = _fer_video(tmp_path, "models", "show", "no-such")

    card = find_model("vgg-face-fer2013").card
    header, first, *_ = listed.stdout.splitlines()
    assert header.endswith("commercial use")
    assert first.endswith("not settled")
    lines = shown.stdout.splitlines()
    assert f"sha256 of its weights {card.weights_sha256}" in lines[0]
    assert [line.split()[2].split("@")[1] for line in lines if line.startswith("made from")] == [
        one.sha256[:12] for one in card.ancestors
    ]
    (licence,) = (line for line in lines if line.startswith("licence"))
    assert "Commercial use: not settled" in licence
    assert licence.count("MIT for the weights.") == 1
    assert unknown.returncode == 6


def test_help_needs_no_heavy_library():
    """`--help` of the training commands imports neither TensorFlow nor OpenCV nor numpy."""
    code = """
import sys
from contextlib import suppress
from pipeline import __version__
from pipeline.models.folder import find_model
from pipeline.cli import main
for words in (["retrain"], ["evaluate"], ["models"], ["models", "publish"], ["models", "use"]):
    sys.argv[1:] = [*words, "--help"]
    with suppress(SystemExit):
        main()
print("HEAVY", sorted({"tensorflow", "cv2", "numpy", "keras"} & set(sys.modules)))
"""

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.stdout.count("Usage: ") == 5
    assert result.stdout.strip().endswith("HEAVY []")


def test_evaluate_writes_a_page_that_needs_nothing(tmp_path: Path):
    """`evaluate --html` writes one page of both languages' words and figures with intervals, date, version and hashes;
    it escapes names, and has no script and no outside address.
    """
    write_csv(tmp_path / "<b>fer.csv", per_class=1, held_out=3)

    result = _fer_video(tmp_path, "evaluate", "<b>fer.csv", "--html", "page.html", "--json")
    in_vietnamese = _fer_video(tmp_path, "evaluate", "<b>fer.csv", "--html", "trang.html", "--lang", "vi")

    assert result.returncode == in_vietnamese.returncode == 0, result.stderr
    text, said = ((tmp_path / name).read_text("utf-8") for name in ("page.html", "trang.html"))
    (found,) = json.loads(result.stdout)
    assert text.count("<svg") == 1
    assert "<b>" not in text
    assert "&lt;b&gt;fer.csv, PublicTest" in text
    assert "<script" not in text
    assert "src=" not in text
    assert "prefers-color-scheme: dark" in text
    assert f'<span class="figure">{found["macro_f1"]:.3f}</span>' in text
    assert found["data_sha256"] in text
    assert find_model("vgg-face-fer2013").card.weights_sha256 in text
    assert f"fer-video {__version__}" in text
    assert 'lang="vi"' in said
    assert f'<span class="figure">{found["macro_f1"]:.3f}</span>'.replace(".", ",") in said
    assert "ngạc nhiên" in said
