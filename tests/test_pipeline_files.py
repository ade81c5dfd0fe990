"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pipeline.files import exchange, folder_beside, read_regular, write_whole, written_beside

if TYPE_CHECKING:
    from pathlib import Path


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _write_half(path: Path) -> None:
    """Write something, then fail as a disk may."""
    path.write_text("half")
    (path.parent / "nowhere" / "other").write_text("half")


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path):
    """Until the block ends a reader sees the old file, then the new one, and nothing is left beside it."""
    path = tmp_path / "page.html"
    path.write_text("old")

    with written_beside(path) as draft:
        draft.write_text("new")
        before = path.read_text()

    assert (before, path.read_text(), _names(tmp_path)) == ("old", "new", ["page.html"])


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path):
    """An error while writing leaves the old file and nothing beside it."""
    path = tmp_path / "page.html"
    path.write_text("old")

    with pytest.raises(FileNotFoundError), written_beside(path) as draft:
        _write_half(draft)

    assert (path.read_text(), _names(tmp_path)) == ("old", ["page.html"])


def test_what_a_kill_left_behind_is_overwritten(tmp_path: Path):
    """Half a file of an earlier attempt goes with the next one."""
    (tmp_path / ".a.txt.part").write_text("half of an earlier attempt")

    write_whole(tmp_path / "a.txt", b"whole")

    assert (tmp_path / "a.txt").read_bytes() == b"whole"
    assert _names(tmp_path) == ["a.txt"]


def _write(folder: Path, text: str) -> None:
    with folder_beside(folder) as draft:
        (draft / "one").write_text(text)
        (draft / text).write_text(text)


def test_a_folder_takes_the_place_of_another_as_a_whole(tmp_path: Path):
    """The files of the old folder are gone, those of the new one are there, and nothing is left beside it."""
    _write(tmp_path / "model", "old")
    _write(tmp_path / "model", "new")

    assert _names(tmp_path / "model") == ["new", "one"]
    assert _names(tmp_path) == ["model"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path):
    """An error while writing leaves the old folder as it was."""
    _write(tmp_path / "model", "old")

    with pytest.raises(FileNotFoundError), folder_beside(tmp_path / "model") as draft:
        _write_half(draft / "one")

    assert _names(tmp_path / "model") == ["old", "one"]
    assert _names(tmp_path) == ["model"]


def test_a_kill_between_the_renames_costs_no_folder(tmp_path: Path):
    """If the old folder was moved aside and the new one never came, a failing next attempt still leaves the old one."""
    _write(tmp_path / "model", "old")
    (tmp_path / "model").rename(tmp_path / ".model.old")

    with pytest.raises(FileNotFoundError), folder_beside(tmp_path / "model") as draft:
        _write_half(draft / "one")

    assert _names(tmp_path / "model") == ["old", "one"]


def test_what_was_there_before_can_be_kept(tmp_path: Path):
    """With `keep` the earlier file gets that name as the new one takes its place; one that fails moves nothing."""
    path, before = tmp_path / "a.npz", tmp_path / "before.npz"
    for text in ("one", "two", "three"):
        with written_beside(path, keep=before) as draft:
            draft.write_text(text)
    with pytest.raises(FileNotFoundError), written_beside(path, keep=before) as draft:
        _write_half(draft)

    assert (path.read_text(), before.read_text(), _names(tmp_path)) == ("three", "two", ["a.npz", "before.npz"])


def test_two_folders_change_places_at_once(tmp_path: Path):
    """Where the system can, there is no moment without a folder: names are exchanged."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()

    if not exchange(tmp_path / "one", tmp_path / "two"):
        pytest.skip("this file system cannot exchange names")

    assert (_names(tmp_path / "one"), _names(tmp_path / "two")) == (["two"], ["one"])
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "one", tmp_path / "three")


def test_only_files_of_a_size_are_read(tmp_path: Path):
    """A pipe, a folder, a device and a file that is too long are errors that say what it is, and nothing waits."""
    (tmp_path / "file").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")

    assert read_regular(tmp_path / "file", 5) == b"12345"
    for name, said in (
        ("file", "more than 4 bytes"), ("pipe", "a pipe"), ("", "a folder"), ("/dev/zero", "a device"),
        ("loop", "symbolic links"), ("none", "No such file"),
    ):  # fmt: skip
        with pytest.raises(OSError, match=said):
            read_regular(tmp_path / name, 4)
