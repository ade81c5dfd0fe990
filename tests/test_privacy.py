"""Private by default: what the main job writes, and that it opens no connection."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

WATCHED = Path(__file__).with_name("watched")
JOB = """
from pipeline.cli import app
for arguments in (["analyze", "clips", "--quiet"], ["report", "--html", "report.html"]):
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
def test_main_job_writes_two_files_and_opens_no_connection(job: dict[str, list[str]], samples: Path) -> None:
    """Analysing and reporting leave the database and the report, nothing in the home folder, and call nobody."""
    clips = sorted(f"clips/{path.name}" for path in samples.iterdir() if path.suffix in {".mp4", ".toml"})

    assert job["connections"] == []
    assert job["home"] == []
    assert job["temporary"] == []
    assert job["work"] == [*clips, "fer-video.db", "report.html"]


def test_watch_would_notice_a_connection(tmp_path: Path) -> None:
    """The watch of the test above refuses a connection and writes it down."""
    environment = os.environ | {"PYTHONPATH": str(WATCHED), "WATCHED_LOG": str(tmp_path / "log")}
    call = "import socket; socket.create_connection(('127.0.0.1', 9))"

    done = subprocess.run([sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=False)

    assert "no connection may be opened" in done.stderr
    assert (tmp_path / "log").read_text().startswith("socket.getaddrinfo")


def test_no_column_could_hold_a_picture_or_landmark() -> None:
    """The schema has no binary column and no column for landmarks, crops or embeddings."""
    from pipeline.schema import Base

    names = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
    types = {str(column.type) for table in Base.metadata.sorted_tables for column in table.columns}

    assert not any(word in name for name in names for word in ("landmark", "crop", "embedding", "image", "eye", "nose"))
    assert not any("BLOB" in kind or "BINARY" in kind for kind in types)


def test_database_text_is_the_only_place_names_go(tmp_path: Path) -> None:
    """A database freshly made holds the documented tables and nothing else."""
    from pipeline.database import connect

    connect(str(tmp_path / "new.db"), create=True).dispose()

    with sqlite3.connect(tmp_path / "new.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"schema_version", "videos", "runs", "analyses", "chunks", "frames", "faces"}
