"""The way in: other packages of our names, other copies of fer-video, and files of any name in the working folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from fakes import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

ENTRY = ROOT / ".entry"
OURS = ("pipeline", "retrain", "reports")
STRANGERS = ("types", "struct", "signal", "code", "typing", "numpy", "pipeline")
"""Modules of the standard library that the program and its children need, a library, and one of our packages."""


@pytest.fixture
def enter(tmp_path: Path) -> Command:
    """Run the program that pip writes for `[project.scripts]`, with these folders on Python's path, in that order."""
    program = tmp_path / "bin" / "fer-video"
    program.parent.mkdir()
    program.write_text("import sys\nfrom fer_video import main\nif __name__ == '__main__':\n    sys.exit(main())\n")

    def run(*arguments: str, path: list[Path] | None = None, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return run_python([str(program), *arguments], [ENTRY, ROOT] if path is None else path, cwd)

    return run


@pytest.fixture
def enter_installed(installed: Path, enter: Command) -> Command:
    """Run the program of the `installed` stand-in, out of sight of what is installed where the tests run."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = installed.parent / "bin" / "fer-video"
        return run_python(["-S", str(program), *arguments], [installed], installed.parent)

    return run


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The entry beside packages that carry our mark, as an installation has them."""
    folder = put_copy(tmp_path / "installed")
    shutil.copytree(ENTRY / "fer_video", folder / "fer_video")
    return folder


def run_python(words: list[str], path: list[Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """A working folder with files that leave a mark behind when they are run."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name in STRANGERS:
        write_stranger(folder / f"{name}.py")
    write_stranger(folder / "reports" / "__init__.py")
    return folder


def write_stranger(file: Path) -> None:
    """A module that leaves a mark behind when it is run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("open(__file__ + '.was-run', 'w').close()\n")


def were_run(folder: Path) -> list[str]:
    return [mark.name for mark in folder.rglob("*.was-run")]


def put_copy(folder: Path, names: tuple[str, ...] = OURS) -> Path:
    """Packages that carry our mark and can do nothing but say where they are."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text('__part_of__ = "fer-video"\n')
    if "pipeline" in names:
        (folder / "pipeline" / "cli.py").write_text("def main():\n    print('in', __file__)\n")
    return folder


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that explains, after checking that it is all that was said."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("fer-video: expected ")
    return line


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("as_package", [True, False])
def test_another_package_of_our_name_is_named_and_not_run(
    enter: Command, tmp_path: Path, name: str, as_package: bool
) -> None:
    """Another `pipeline`, `retrain` or `reports` on PYTHONPATH is one line, with what to do; exit code 2."""
    foreign = tmp_path / "foreign"
    file = foreign / name / "__init__.py" if as_package else foreign / f"{name}.py"
    write_stranger(file)

    line = refusal(enter("--version", path=[foreign, ENTRY, ROOT]))

    assert f"expected its package {name} in {ROOT}; found another of that name, {file}." in line
    assert f"Take {foreign} off PYTHONPATH, or install fer-video into an environment of its own" in line
    assert were_run(foreign) == []


def test_another_package_that_is_installed_before_ours_is_to_be_uninstalled(tmp_path: Path) -> None:
    """Where no PYTHONPATH is to blame, as with an editable install behind a foreign package, the advice is another."""
    write_stranger(tmp_path / "pipeline" / "__init__.py")
    begin = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; from fer_video import main; main()"

    line = refusal(run_python(["-P", "-c", begin], [ENTRY, ROOT], tmp_path))

    assert (
        "Uninstall it, or install fer-video into an environment of its own: pipx install, or uv tool install." in line
    )


@pytest.mark.parametrize("name", OURS)
def test_files_that_overwrote_ours_are_noticed(enter_installed: Command, installed: Path, name: str) -> None:
    """A package installed over ours lacks the mark: the line says to install again, and nothing of it is run."""
    write_stranger(installed / name / "__init__.py")

    line = refusal(enter_installed())

    assert f"{installed / name / '__init__.py'}, which is not fer-video's: another package has overwritten" in line
    assert "install fer-video again" in line
    assert were_run(installed) == []


def test_what_uninstalling_another_package_took_away_is_noticed(enter_installed: Command, installed: Path) -> None:
    """A package of ours without its `__init__.py`, or gone altogether, is one line."""

    (installed / "retrain" / "__init__.py").unlink()
    assert f"a folder without __init__.py, {installed / 'retrain'}" in refusal(enter_installed())

    shutil.rmtree(installed / "retrain")
    line = refusal(enter_installed())
    assert f"expected its package retrain in {installed}; found none. Install fer-video again." in line


def test_another_whole_copy_is_run_and_named(enter: Command, tmp_path: Path) -> None:
    """A checkout on PYTHONPATH is run before the installed copy, as its user wants; one line says which one runs."""
    checkout = put_copy(tmp_path / "checkout")

    done = enter(path=[checkout, ENTRY, ROOT])

    assert done.returncode == 0
    assert done.stdout == f"in {checkout / 'pipeline' / 'cli.py'}\n"
    note = f"this runs the copy of fer-video in {checkout}, not the one in {ROOT}, as it is on PYTHONPATH."
    assert done.stderr == f"fer-video: note: {note}\n"


def test_two_copies_are_not_mixed(enter: Command, tmp_path: Path) -> None:
    """Packages of two copies of fer-video do not fit each other: one line names both places, and nothing is run."""
    half = put_copy(tmp_path / "half", ("pipeline",))

    line = refusal(enter("--version", path=[half, ENTRY, ROOT]))

    assert f"pipeline in {half}" in line
    assert f"reports in {ROOT}" in line


def test_a_line_break_in_a_folder_name_does_not_break_the_line(enter: Command, tmp_path: Path) -> None:
    """The explanation stays one line whatever the folders are called."""
    write_stranger(tmp_path / "for\neign" / "pipeline.py")

    assert "for eign" in refusal(enter(path=[tmp_path / "for\neign", ENTRY, ROOT]))


def test_files_in_the_working_folder_are_not_run(enter: Command, strangers: Path) -> None:
    """`types.py`, `struct.py`, `pipeline.py` and their like in the working folder are neither run nor in the way."""
    version = enter("--version", cwd=strangers)
    status = enter("status", cwd=strangers)

    assert version.stdout.startswith("fer-video "), version.stderr
    assert (status.returncode, "Traceback" in status.stderr) == (5, False), status.stderr
    assert were_run(strangers) == []


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="the decoding child still starts with the working folder on its path")
def test_the_decoder_does_not_run_files_in_the_working_folder(enter: Command, strangers: Path) -> None:
    """A video is analysed beside files named like Python's own modules, none of which is run."""
    clip = write_video(strangers / "clip.mp4", frames=4)

    done = enter("analyze", clip.name, "--quiet", cwd=strangers)

    assert done.returncode == 0, done.stderr
    assert were_run(strangers) == []


def test_python_m_pipeline_is_the_same_command(tmp_path: Path) -> None:
    """`python -m pipeline` answers as `fer-video` does, with the packages alone on Python's path."""
    done = run_python(["-m", "pipeline", "--version"], [ROOT], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("fer-video ")


def test_python_m_pipeline_works_in_the_checkout(tmp_path: Path) -> None:
    """In the checkout's own folder nothing need be installed or on Python's path."""
    assert run_python(["-m", "pipeline", "--version"], [], ROOT).stdout.startswith("fer-video ")


def test_python_m_pipeline_does_not_run_files_in_the_working_folder(strangers: Path) -> None:
    """Python puts the working folder first for `-m`: files named like its own modules are left alone even so."""
    for name in ("types", "pipeline"):  # Python itself stumbles over the one, and takes the other for what it shall run
        (strangers / f"{name}.py").unlink()

    done = run_python(["-m", "pipeline", "--version"], [ROOT], strangers)

    assert done.stdout.startswith("fer-video "), done.stderr
    assert were_run(strangers) == []


@pytest.mark.parametrize("name", ["retrain", "reports"])
def test_python_m_pipeline_looks_at_the_other_packages_too(tmp_path: Path, name: str) -> None:
    """Another `retrain` or `reports` before ours is the same line as with `fer-video`."""
    foreign = tmp_path / "foreign"
    write_stranger(foreign / name / "__init__.py")

    line = refusal(run_python(["-m", "pipeline", "--version"], [foreign, ROOT], tmp_path))

    assert f"expected its package {name} in {ROOT}; found another of that name" in line
    assert were_run(foreign) == []
