"""PATH… → files: literal names first, then folders, then patterns; odd names stay themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import NoInputError
from pipeline.places.inputs import find_inputs

ODD_NAMES = (
    "clip [1].mp4", "what?.mp4", "star*.mp4", "it's \"quoted\".mp4", "two\nlines.mp4", "<script>.mp4", "🎥 cảm xúc.mp4",
    " blanks .mp4", "-rf.mp4", "~.mp4", "%s{}.mp4", "UPPER.MP4", os.fsdecode(b"\xff\xfe.mp4"),
)  # fmt: skip


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _found(*names: object) -> list[Path]:
    return [item.path for item in find_inputs(map(str, names)) if not item.skipped]


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_odd_names_are_found_by_name_and_in_folders(tmp_path: Path, name: str):
    """A file is found under exactly its own name, whatever letters it has, named or within a folder."""
    _touch(tmp_path / name)

    assert _found(tmp_path / name) == _found(tmp_path) == _found(tmp_path / "*") == [tmp_path / name]


def test_a_literal_name_comes_before_a_pattern(tmp_path: Path):
    """`clip[1].mp4` is that file where it exists, and a pattern where it does not."""
    _touch(tmp_path / "clip1.mp4")
    before = _found(tmp_path / "clip[1].mp4")
    _touch(tmp_path / "clip[1].mp4")

    assert before == [tmp_path / "clip1.mp4"]
    assert _found(tmp_path / "clip[1].mp4") == [tmp_path / "clip[1].mp4"]


def test_folders_are_searched_through_in_order(tmp_path: Path):
    """A folder gives its own files, then those of its folders, each in order of name; hidden ones are left out."""
    names = ("b.mp4", "a.mkv", "sub/c.MOV", "sub/deeper/d.jpg", ".hidden.mp4", ".trash/e.mp4", "dir.mp4/f.mp4")
    _touch(*(tmp_path / name for name in names))

    expected = ["a.mkv", "b.mp4", "dir.mp4/f.mp4", "sub/c.MOV", "sub/deeper/d.jpg"]
    assert [path.relative_to(tmp_path).as_posix() for path in _found(tmp_path)] == expected


def test_a_hidden_file_that_is_named_is_taken(tmp_path: Path):
    """Hidden files are left out of folders, not refused."""
    _touch(tmp_path / ".hidden.mp4")

    assert _found(tmp_path / ".hidden.mp4") == [tmp_path / ".hidden.mp4"]


def test_patterns_go_deep_and_match_folders(tmp_path: Path):
    """`**` goes through folders, and a folder that a pattern matches is searched."""
    _touch(tmp_path / "x/y/a.mp4", tmp_path / "x/b.mp4")

    assert set(_found(tmp_path / "**/*.mp4")) == {tmp_path / "x/y/a.mp4", tmp_path / "x/b.mp4"}
    assert set(_found(tmp_path / "x*")) == {tmp_path / "x/y/a.mp4", tmp_path / "x/b.mp4"}


def test_each_file_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file that is named, matched and within a folder is one input."""
    _touch(tmp_path / "a.mp4", tmp_path / "b.mp4")
    monkeypatch.chdir(tmp_path)

    assert _found("b.mp4", "./b.mp4", "*.mp4", ".") == [Path("b.mp4"), Path("a.mp4")]


def test_what_is_no_video_is_skipped_with_its_reason(tmp_path: Path):
    """Other files of a folder are listed with the reason why they are left out."""
    _touch(*(tmp_path / name for name in ("a.mp4", "notes.txt", "noending", "cameras.toml")))

    skipped = {item.path.name: item.skipped for item in find_inputs([str(tmp_path)]) if item.skipped}

    assert skipped.pop("cameras.toml") == "it describes the cameras"
    assert skipped == dict.fromkeys(("noending", "notes.txt"), "neither a video nor a picture by its suffix")


def test_a_missing_name_beside_a_good_one_is_missing(tmp_path: Path):
    """A name or pattern that finds nothing is not skipped by choice: it is marked as missing."""
    _touch(tmp_path / "a.mp4")

    items = find_inputs([str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4"), str(tmp_path / "*.mkv"), ""])

    assert [item.missing for item in items] == [False, True, True, True]
    assert items[1].skipped == "there is no such file or folder"
    assert items[2].skipped == "the pattern matches nothing"
    assert items[3].skipped == "an empty name; is a variable not set?"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["nothing.mp4"], "nothing.mp4: there is no such file or folder"),
        (["*.mp4"], r"\*.mp4: the pattern matches nothing"),
        (["empty"], "empty: the folder holds no file"),
        (["texts"], "notes.txt: neither a video nor a picture"),
        (["x" * 5000 + ".mp4"], "there is no such file or folder"),
        ([""], "an empty name; is a variable not set"),
        ([], "no names"),
    ],
)
def test_nothing_usable_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], message: str):
    """Where no name leads to a video, the error says what was looked at and what to name."""
    (tmp_path / "empty").mkdir()
    _touch(tmp_path / "texts/notes.txt")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoInputError, match=message) as caught:
        find_inputs(names)
    assert caught.value.exit_code == 4
    assert "Name files, folders or a quoted glob" in str(caught.value)


def test_a_link_to_a_folder_is_said_to_be_left_out(tmp_path: Path):
    """A linked folder is not searched, says so, and is searched when it is named."""
    _touch(tmp_path / "in/a.mp4", tmp_path / "archive/b.mp4")
    (tmp_path / "in/link").symlink_to(tmp_path / "archive")

    items = {item.path: item.skipped for item in find_inputs([str(tmp_path / "in")])}

    assert items == {
        tmp_path / "in/a.mp4": None,
        tmp_path / "in/link": "a link to a folder; name it to have it searched",
    }
    assert _found(tmp_path / "in/link") == [tmp_path / "in/link/b.mp4"]


def test_a_broken_link_is_an_input_that_will_fail(tmp_path: Path):
    """A link to nowhere was there by name: it fails later with its reason, and is not passed over."""
    (tmp_path / "a.mp4").symlink_to(tmp_path / "gone.mp4")

    assert _found(tmp_path) == [tmp_path / "a.mp4"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_missing(tmp_path: Path):
    """A folder without permission is not taken for an empty one."""
    _touch(tmp_path / "a.mp4", tmp_path / "closed/b.mp4")
    (tmp_path / "closed").chmod(0)

    items = {item.path.name: item for item in find_inputs([str(tmp_path)])}

    (tmp_path / "closed").chmod(0o700)
    assert items["closed"].missing


def test_bins_and_thumbnails_are_left_out_once(tmp_path: Path):
    """A system's bin or thumbnails in a folder is one line with its reason, whatever lies in it; files of notes too."""
    bins = (
        "@eaDir", "#recycle", "#snapshot", ".Trash-1000", ".Trashes", "$RECYCLE.BIN", "System Volume Information",
        "lost+found", "__MACOSX", ".@__thumb", "@Recycle", ".Spotlight-V100", ".fseventsd", "Thumbs", ".thumbnails",
    )  # fmt: skip
    _touch(*(tmp_path / "shop" / name / file for name in bins for file in ("a.mp4", "deep/b.jpg")))
    _touch(*(tmp_path / "shop" / name for name in ("a.mp4", "._a.mp4", "._b.mp4", "Thumbs.db")))

    items = {item.path.relative_to(tmp_path / "shop").as_posix(): item.skipped for item in find_inputs([str(tmp_path)])}

    assert items.pop("a.mp4") is None
    assert items.pop("._a.mp4") == "macOS's notes on a file, no footage, and 1 more like it"
    assert items.pop("Thumbs.db") == "Windows' thumbnails"
    assert set(items) == set(bins)
    assert all(reason and "no footage; name it to have it searched" in reason for reason in items.values())


def test_patterns_do_not_reach_into_bins(tmp_path: Path):
    """`**` goes around bins, each told once; one that is named, alone or in a pattern, is searched."""
    _touch(*(tmp_path / name for name in ("a.mp4", "#recycle/b.mp4", "#recycle/c.mp4")))

    items = find_inputs([str(tmp_path / "**/*.mp4")])

    assert [(item.path.name, bool(item.skipped)) for item in items if item.path.name != "a.mp4"] == [("#recycle", True)]
    assert len(_found(tmp_path / "#recycle")) == len(_found(tmp_path / "#recycle/*.mp4")) == 2


def test_annotated_copies_by_name_are_left_out_of_folders(tmp_path: Path):
    """A copy of before 0.4 has its name only: left out of a folder with the reason, taken where it is named."""
    _touch(tmp_path / "a.mp4", tmp_path / "a.annotated.mp4")

    assert _found(tmp_path) == [tmp_path / "a.mp4"]
    assert _found(tmp_path / "a.annotated.mp4") == [tmp_path / "a.annotated.mp4"]
