"""Fixtures for all tests: where real clips are, small videos, and the command line as a user starts it."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import call, start
from fixtures_postgres import any_db, postgres_db, postgres_server, why_none

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from subprocess import CompletedProcess

__all__ = ["any_db", "postgres_db", "postgres_server"]
"""Fixtures that pytest finds here for all tests."""

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FER_VIDEO_SHARED", ROOT.parent / "shared"))
SAMPLES = ROOT / "sample_videos"
KEPT_VARIABLES = {"FER_VIDEO_SHARED", "FER_VIDEO_MODELS"}
"""Those that are no settings of a run."""


def share_cores() -> None:
    """Leave each of several workers its part of the cores: their networks would wait for one another's threads."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        threads = str(max(1, (os.cpu_count() or 1) // workers))
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", threads)
        os.environ.setdefault("OMP_NUM_THREADS", threads)


share_cores()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--campaigns`."""
    parser.addoption("--campaigns", action="store_true", help="run the tests of minutes too, as .ci/run does")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs something that pip does not bring, or minutes that nobody asked for, and say what it is."""
    missing = {
        "campaign": None if config.getoption("--campaigns") else "takes minutes: pytest --campaigns",
        "shared": None if SHARED.is_dir() else f"needs the real clips and FER-2013 in {SHARED.name}/",
        "postgres": why_none(),
        "browser": None if shutil.which("chromium") or shutil.which("chromium-browser") else "needs chromium",
    }
    for item in items:
        for name, reason in missing.items():
            if reason and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed may hold bytes of a file's name that are no text, which would not travel between workers."""
    report = yield
    report.sections = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or changes the models or settings of whoever runs it."""
    monkeypatch.setenv("FER_VIDEO_MODELS", str(tmp_path_factory.mktemp("models")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    for name in [name for name in os.environ if name.startswith("FER_VIDEO_") and name not in KEPT_VARIABLES]:
        monkeypatch.delenv(name)


@pytest.fixture
def shared() -> Path:
    """The folder with real clips and FER-2013; for tests marked `shared`."""
    return SHARED


@pytest.fixture
def samples() -> Path:
    """The sample videos of the repository."""
    if not SAMPLES.is_dir():
        pytest.skip("needs the repository's sample_videos")
    return SAMPLES


@pytest.fixture
def fer_video(tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """Run `fer-video` in an empty working directory, in this process: see `command.call`."""
    return partial(call, cwd=tmp_path)


@pytest.fixture
def fer_video_process(tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """Run `fer-video` in an empty working directory, in a process of its own."""
    return partial(start, cwd=tmp_path)
