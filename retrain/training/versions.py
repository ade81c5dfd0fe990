"""Which code a run was trained by: the commit of this project, and the versions of the libraries that compute."""

from __future__ import annotations

import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from pipeline import __version__

PROJECT = "fer-video"

LIBRARIES = ("keras", "tensorflow", "torch", "numpy", "opencv-contrib-python-headless", "openvino", "scipy", "mtcnn")
"""Distributions on which the numbers of a run depend; those that are not installed are left out."""

UNKNOWN = "unknown"


def find_commit() -> str:
    """The commit of the project's code, with `-dirty` where a checkout was changed.

    An installed copy says what its installer noted (PEP 610): the commit it was fetched from, or the hash of its
    archive. Where nothing was noted it is `unknown, version X`.
    """
    folder = Path(__file__).parents[2]
    found = _of_checkout(folder) if (folder / ".git").exists() else _of_installed(folder)
    return found or f"{UNKNOWN}, version {__version__}"


def list_libraries() -> dict[str, str]:
    """Versions by name: Python, this project, and the libraries that are installed."""
    found = {"python": platform.python_version(), PROJECT: __version__}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def read_origin_note(note: str) -> str:
    """What `direct_url.json` of an installed package says of its code: a commit or a hash; empty for neither.

    The address is left out, which may hold names of people and machines.
    """
    try:
        content = json.loads(note)
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    commit = content.get("vcs_info", {}).get("commit_id")
    if commit:
        return str(commit)
    archive = content.get("archive_info", {})
    hashes = archive.get("hashes") or {}
    known = archive.get("hash") or next((f"{kind}={value}" for kind, value in sorted(hashes.items())), "")
    return f"version {__version__}, archive {known}" if known else ""


def _of_installed(folder: Path) -> str:
    """From the note beside the installed package that lies in this very folder; another one's says nothing of it."""
    try:
        installed = metadata.distribution(PROJECT)
    except metadata.PackageNotFoundError:
        return ""
    if Path(str(installed.locate_file(""))).resolve() != folder.resolve():
        return ""
    return read_origin_note(installed.read_text("direct_url.json") or "")


def _of_checkout(folder: Path) -> str:
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "-uno")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}-dirty" if changes else commit


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    # In a copied checkout `status` reads every file anew, which takes its time on a busy machine.
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - fixed words
    return finished.stdout.strip()
