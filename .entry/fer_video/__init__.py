"""The way in: sees that the packages `pipeline`, `retrain` and `reports` are fer-video's own, then starts the command.

Those names are common, and Python takes the first package of a name that it meets. This module has a name of its own,
imports nothing of ours before it has looked, and runs nothing of what it looks at.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("pipeline", "retrain", "reports")

MARK = '__part_of__ = "fer-video"'
"""A line in the `__init__.py` of each of our packages; one that overwrote ours lacks it."""

EXIT_CODE = 2
"""Wrong usage, as the command's own."""

OWN_ENVIRONMENT = "install fer-video into an environment of its own: pipx install, or uv tool install"


@dataclass(frozen=True, slots=True)
class Found:
    """What `import NAME` would take.

    Attributes:
        name: of the package.
        file: what would be run first; None where nothing of that name is found, or a folder without `__init__.py`.
        folder: the folder on Python's path in which it lies; None where nothing is found.
    """

    name: str
    file: Path | None
    folder: Path | None

    @property
    def is_ours(self) -> bool:
        """It carries our mark."""
        return self.file is not None and MARK in _read(self.file).splitlines()


def main() -> None:
    """Start `fer-video`, or say in one line why other packages would be run in its place, and exit with 2."""
    packages = [look_for(name) for name in PACKAGES]
    problem = find_problem(packages, own_place())
    if problem:
        _say(problem)
        sys.exit(EXIT_CODE)
    folder = packages[0].folder
    if folder is not None and folder != own_place():
        _say(_describe_other_copy(folder, own_place()))
    from pipeline.cli import main as run

    run()


def own_place() -> Path:
    """The folder in which our packages were installed, or the checkout that this file belongs to."""
    folder = Path(__file__).resolve().parent.parent
    return folder.parent if folder.name == ".entry" else folder


def look_for(name: str) -> Found:
    """Find a package as `import` would, without running it."""
    spec = find_spec(name)
    if spec is None:
        return Found(name, None, None)
    if spec.has_location and spec.origin:
        file = Path(spec.origin).resolve()
        return Found(name, file, file.parent.parent if spec.submodule_search_locations else file.parent)
    folders = list(spec.submodule_search_locations or [])
    return Found(name, None, Path(folders[0]).resolve().parent if folders else None)


def find_problem(packages: list[Found], place: Path) -> str | None:
    """Why these packages cannot be fer-video, with what to do; None if they can.

    Args:
        packages: what was found of each of ours.
        place: where ours were installed.
    """
    for found in packages:
        if not found.is_ours:
            return f"expected its package {found.name} in {place}; {_describe(found, place)}"
    places = {found.folder: found.name for found in packages}
    if len(places) > 1:
        parts = " and ".join(f"{name} in {folder}" for folder, name in places.items())
        return f"expected its packages {', '.join(PACKAGES)} in one folder; found {parts}. {_advise(packages, place)}"
    return None


def _describe(found: Found, place: Path) -> str:
    if found.folder is None:
        return "found none. Install fer-video again."
    what = found.file or f"a folder without __init__.py, {found.folder / found.name}"
    if found.folder != place:
        return f"found another of that name, {what}. {_advise([found], place)}"
    return (
        f"found {what}, which is not fer-video's: another package has overwritten or removed it. Uninstall that "
        f"one and install fer-video again, or {OWN_ENVIRONMENT}."
    )


def _advise(packages: list[Found], place: Path) -> str:
    """How to be rid of packages that lie elsewhere."""
    listed = _on_python_path()
    named = {str(found.folder) for found in packages if found.folder != place and found.folder in listed}
    if named:
        return f"Take {', '.join(sorted(named))} off PYTHONPATH, or {OWN_ENVIRONMENT}."
    return f"Uninstall it, or {OWN_ENVIRONMENT}."


def _on_python_path() -> set[Path]:
    return {Path(each).resolve() for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each}


def _describe_other_copy(folder: Path, place: Path) -> str:
    cause = "it is on PYTHONPATH" if folder in _on_python_path() else "Python finds it first"
    return f"note: this runs the copy of fer-video in {folder}, not the one in {place}, as {cause}."


def _say(message: str) -> None:
    """One line on stderr, also where a folder's name has line breaks; no line where stderr is closed."""
    if sys.stderr is not None:
        sys.stderr.write(f"fer-video: {' '.join(message.split())}\n")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError:
        return ""
