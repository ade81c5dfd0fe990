"""Private by default: what the main job writes, and that it opens no connection."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fixtures_retrain import write_csv, write_folder
from safetensors.numpy import load_file

from retrain.data import loading

WATCHED = Path(__file__).with_name("watched")
JOB = """
from pipeline.cli.app import app
asking = ["audit", "sample", "--faces", "5", "--quiet"]
for arguments in (["analyze", "clips", "--quiet"], ["report", "--html", "report.html"], asking):
    app(arguments, standalone_mode=False)
"""


@pytest.fixture
def job(tmp_path: Path, samples: Path) -> dict[str, list[str]]:
    """The main job in an empty home folder without CI set and with connections refused → the files of each folder."""
    folders = {name: tmp_path / name for name in ("home", "work", "temporary")}
    for folder in folders.values():
        folder.mkdir()
    shutil.copytree(samples, folders["work"] / "clips", ignore=shutil.ignore_patterns("*.py", "README.md"))
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "FER_VIDEO_MODELS"}}
    environment = kept | {
        "HOME": str(folders["home"]),
        "TMPDIR": str(folders["temporary"]),
        "PYTHONPATH": os.pathsep.join([str(WATCHED), os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WATCHED_LOG": str(tmp_path / "connections"),
    }
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", JOB], cwd=folders["work"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = {
        name: sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        for name, folder in folders.items()
    }
    log = tmp_path / "connections"
    written["connections"] = log.read_text().splitlines() if log.exists() else []
    return written


@pytest.mark.slow
def test_main_job_writes_what_it_says_and_opens_no_connection(job: dict[str, list[str]], samples: Path) -> None:
    """Analysing, reporting and drawing an audit leave the database, the report and the page, nothing in the home
    folder, and call nobody.
    """
    clips = sorted(f"clips/{path.name}" for path in samples.iterdir() if path.suffix in {".mp4", ".toml"})

    assert job["connections"] == []
    assert job["home"] == []
    assert job["temporary"] == []
    assert job["work"] == ["audit.html", *clips, "fer-video.db", "report.html"]


def test_watch_would_notice_a_connection(tmp_path: Path) -> None:
    """The watch of the test above refuses a connection and writes it down."""
    environment = os.environ | {"PYTHONPATH": str(WATCHED), "WATCHED_LOG": str(tmp_path / "log")}
    call = "import socket; socket.create_connection(('127.0.0.1', 9))"

    done = subprocess.run([sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=False)

    assert "no connection may be opened" in done.stderr
    assert (tmp_path / "log").read_text().startswith("socket.getaddrinfo")


def test_no_column_could_hold_a_picture_or_landmark() -> None:
    """The schema has no binary column and no column for landmarks, crops or embeddings."""
    from pipeline.store.schema import Base

    names = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
    types = {str(column.type) for table in Base.metadata.sorted_tables for column in table.columns}

    assert not any(word in name for name in names for word in ("landmark", "crop", "embedding", "image", "eye", "nose"))
    assert not any("BLOB" in kind or "BINARY" in kind for kind in types)


def test_database_text_is_the_only_place_names_go(tmp_path: Path) -> None:
    """A database freshly made holds the documented tables and nothing else."""
    from pipeline.store.database import connect

    connect(str(tmp_path / "new.db"), create=True).dispose()

    with sqlite3.connect(tmp_path / "new.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    analysed = {"schema_version", "videos", "runs", "analyses", "chunks", "frames", "faces"}
    later = {"tracklets", "visits", "told_areas", "areas", "used_ids", "forgotten", "events", "kept_hours"}
    assert tables == analysed | later | {"audits", "audit_faces"}


RETRAINING = """
from pipeline.cli.app import app
retrain = ["retrain", "fer2013.csv", "faces", "--skip-bad", "--width", "0.0625", "--epochs", "1", "--run", "run"]
for arguments in (retrain, ["models", "publish", "run", "--name", "small", "--even-if-worse"]):
    app(arguments, standalone_mode=False)
"""
MODEL = (
    "README.md", "card.json", "confusion.svg", "graph.bin", "graph.xml", "reliability.svg", "seen.bin",
    "weights.safetensors",
)  # fmt: skip
RUN = (
    "best.npz", "checkpoint.npz", "curve.svg", "data.txt", "metrics.jsonl", *(f"model/{name}" for name in MODEL),
    "origin.json", "seen.bin", "settings.json",
)  # fmt: skip
SOMEBODY = "Nguyen_Van_An.png"


@pytest.fixture
def retrained(tmp_path: Path) -> Path:
    """A network trained for an epoch and published, in an empty home folder → the folder of home, work, temporary."""
    for name in ("home", "work", "temporary"):
        (tmp_path / name).mkdir()
    write_csv(tmp_path / "work" / "fer2013.csv", per_class=4, held_out=2)
    faces = write_folder(tmp_path / "work" / "faces", per_class=5, seed=1)
    (faces / "happy" / SOMEBODY).write_bytes(b"no picture")
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "FER_VIDEO_MODELS"}}
    environment = {name: value for name, value in kept.items() if not name.startswith("XDG_")} | {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "temporary"),
        "PYTHONPATH": os.pathsep.join([str(WATCHED), os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WATCHED_LOG": str(tmp_path / "connections"),
    }
    done = subprocess.run(
        [sys.executable, "-c", RETRAINING], cwd=tmp_path / "work", env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tmp_path


def _written(folder: Path) -> list[Path]:
    """Files below a folder but for the labelled faces that the test put there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not {"faces", "fer2013.csv"} & set(path.relative_to(folder).parts))


def _arrays(path: Path) -> list[np.ndarray]:
    """The arrays in a file of arrays; none in another file."""
    if path.suffix == ".safetensors":
        return list(load_file(path).values())
    if path.suffix != ".npz":
        return []
    with np.load(path, allow_pickle=False) as saved:
        return [saved[name] for name in saved.files]


def _contents(path: Path) -> list[bytes]:
    """A file as it lies on disk, and the arrays in it as they are in memory."""
    return [path.read_bytes(), *(array.tobytes() for array in _arrays(path))]


def _traces(face: np.ndarray) -> list[bytes]:
    """Part of a row of pixels that also a crop holds, as numbers of several kinds and as text, and mirrored."""
    rows = [row for start in (face[6, 8:40], face[40, 8:40]) for row in (start, start[::-1])]
    kinds = [form.tobytes() for row in rows for form in (row, row.astype("f4"), row.astype("f4") / 255)]
    return kinds + [" ".join(map(str, row)).encode() for row in rows]


@pytest.mark.slow
def test_retraining_leaves_the_documented_files_and_no_face(retrained: Path) -> None:
    """Training and publishing leave the run and the model, open no connection, and none of their files holds pixels of
    a labelled face; a published model names no picture.
    """
    data = loading.load(retrained / "work" / "fer2013.csv")
    pictures = loading.load(retrained / "work" / "faces", skip_bad=True)
    written = {name: _written(retrained / name) for name in ("home", "work", "temporary")}
    model = retrained / "home" / ".local/share/fer-video/models/small"
    everything = [*written["home"], *written["work"]]
    contents = [content for path in everything for content in _contents(path)]
    shapes = {array.shape for path in everything for array in _arrays(path)}

    assert not (retrained / "connections").exists()
    assert written["temporary"] == []
    assert written["home"] == [model / name for name in MODEL]
    assert written["work"] == [retrained / "work/run" / name for name in RUN]
    assert shapes
    assert not any(48 * 48 in shape or (48, 48) in pairwise(shape) for shape in shapes)
    traces = [trace for face in (*data.faces, *pictures.faces) for trace in _traces(face)]
    assert not any(trace in content for trace in traces for content in contents)
    assert not any(b"data:image" in content or b"<image" in content for content in contents)
    cards = [*written["home"], *(retrained / "work/run/model" / name for name in MODEL)]
    assert not any(SOMEBODY.encode() in path.read_bytes() for path in cards)


def test_search_would_notice_a_face(tmp_path: Path) -> None:
    """The search of the test above finds a face in a csv and, mirrored and scaled, in a compressed file of arrays."""
    table = write_csv(tmp_path / "fer2013.csv", per_class=1, held_out=0)
    faces = loading.load(table).faces
    np.savez_compressed(tmp_path / "cache.npz", views=faces[:, :, ::-1].astype("f4") / 255)

    for path in (table, tmp_path / "cache.npz"):
        assert all(any(trace in content for trace in _traces(face) for content in _contents(path)) for face in faces)
