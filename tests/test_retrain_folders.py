"""Folders of labelled pictures: which are read, under which label, and what is said of the others."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import pytest
from fixtures_retrain import draw_face, write_ck_folder, write_folder, write_picture

from pipeline.errors import DataError
from pipeline.records import EXPRESSIONS
from retrain.data import folders, loading
from retrain.data.detect import FaceCutter

if TYPE_CHECKING:
    from pipeline.records import Face, Image

VIETNAMESE = ("Giận dữ", "Ghê tởm", "Sợ hãi", "Vui vẻ", "Buồn", "Ngạc nhiên", "Bình thường")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_vietnamese_class_names_are_read(tmp_path: Path, form: Literal["NFC", "NFD"]):
    """Vietnamese class folders are read, with composed and with combining accents."""
    import unicodedata

    for label, name in enumerate(VIETNAMESE):
        write_picture(tmp_path / "faces" / unicodedata.normalize(form, name) / "1.png", label, label)

    data = loading.load(tmp_path / "faces")

    assert sorted(data.labels) == list(range(7))


def test_usual_spellings_mean_what_they_say():
    """The usual English spellings, in any case and with dashes or underscores, give their label."""
    names = folders.label_names()

    for spelling, name in (("anger", "angry"), ("happiness", "happy"), ("surprised", "surprise"), ("gian du", "angry")):
        assert EXPRESSIONS[names[spelling]] == name
    assert len(set(names.values())) == len(EXPRESSIONS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Happy_", "happy"), ("SURPRISED.", "surprise"), ("suprise", "surprise"), ("NE", "neutral"), ("Sợ-hãi", "fear")],
)
def test_class_names_may_be_misspelt_or_punctuated(tmp_path: Path, name: str, expected: str):
    """Frequent misspellings, JAFFE's two letters, other case and stray punctuation still name the class."""
    write_picture(tmp_path / "faces" / name / "1.png", 0, 0)

    data = loading.load(tmp_path / "faces")

    assert [EXPRESSIONS[label] for label in data.labels] == [expected]


def test_pictures_deeper_in_a_class_are_read_and_hidden_ones_are_not(tmp_path: Path):
    """Pictures below a class folder are read at any depth; hidden files are not, and all others are counted."""
    root = tmp_path / "faces"
    seen = ("happy/person1/a.png", "happy/b.png", "train/sad/2026/may/c.png")
    hidden = (".git/a.png", "happy/.ipynb_checkpoints/b.png", "happy/._b.png", "train/.x/d.png", "__MACOSX/happy/e.png")
    for number, name in enumerate((*seen, *hidden, "loose.png")):
        write_picture(root / name, 0, number)
    (root / "happy" / "moving.gif").write_bytes(b"GIF89a")

    data = loading.load(root)

    assert data.origins.tolist() == [f"faces/{name}" for name in ("happy/b.png", "happy/person1/a.png", seen[2])]
    assert data.notes[0].startswith("faces: 2 files were passed over; read are .jpg, .jpeg, .png")


def test_bins_and_thumbnails_are_no_classes_and_said(tmp_path: Path):
    """A system's bin or thumbnails in a training folder are not looked into, and a note names each once."""
    root = tmp_path / "faces"
    for number, name in enumerate(("happy/a.png", "happy/@eaDir/b.png", "#recycle/c.png", ".Trash-0/happy/d.png")):
        write_picture(root / name, 0, number)

    data = loading.load(root)

    assert data.origins.tolist() == ["faces/happy/a.png"]
    said = ".Trash-0 (a bin), happy/@eaDir (Synology's thumbnails)"
    assert f"faces: not looked into: #recycle (Synology's bin), {said}." in data.notes


def test_linked_class_folders_are_counted_like_others(tmp_path: Path):
    """A class folder that is a link is read, and its files are not taken for files that were passed over."""
    (tmp_path / "elsewhere").mkdir()
    for number in range(3):
        write_picture(tmp_path / "elsewhere" / f"{number}.png", 0, number)
    (tmp_path / "elsewhere" / "notes.txt").write_text("three pictures")
    write_picture(tmp_path / "faces" / "sad" / "a.png", 0, 9)
    (tmp_path / "faces" / "happy").symlink_to(tmp_path / "elsewhere")

    data = loading.load(tmp_path / "faces")

    assert len(data) == 4
    assert data.notes[0].startswith("faces: 1 file was passed over")


def test_picture_of_more_pixels_than_can_be_read_is_named(tmp_path: Path):
    """A png that claims 60,000 by 60,000 pixels is one unreadable picture, not the end."""
    root = write_folder(tmp_path / "faces", per_class=1)
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    (root / "sad" / "huge.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
            for name, content in chunks
        )
    )

    data = loading.load(root, skip_bad=True)

    assert len(data) == 7
    assert data.unreadable == ("faces/sad/huge.png: expected a picture; it cannot be decoded.",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipe_with_the_name_of_a_picture_is_not_waited_for(tmp_path: Path):
    """What is no file is unreadable, and does not keep the others waiting."""
    root = write_folder(tmp_path / "faces", per_class=1)
    os.mkfifo(root / "sad" / "pipe.png")

    data = loading.load(root, skip_bad=True)

    assert data.unreadable == ("faces/sad/pipe.png: expected a picture; found something that is no file.",)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_cannot_be_printed_are_shown_in_one_line(tmp_path: Path):
    """File names with line breaks, control characters or bytes that are no text are read, and named printably."""
    for number, name in enumerate(("a\nb.png", "a\x1b[31m.png", "a\udcff.png")):
        write_picture(tmp_path / "faces" / "happy" / name, 3, number)

    data = loading.load(tmp_path / "faces")

    assert set(data.origins) == {"faces/happy/a?b.png", "faces/happy/a?[31m.png", "faces/happy/a?.png"}


@pytest.mark.parametrize("place", [".", "happy/.."])
def test_folder_one_is_in_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str):
    """The working directory as DATA is called by its name, not by a dot."""
    root = write_folder(tmp_path / "faces", per_class=1)
    monkeypatch.chdir(root)

    data = loading.load(Path(place))

    assert data.source == "faces"
    assert data.origins[0] == "faces/angry/0.png"


def test_expressions_without_a_label_here_are_left_out_and_counted(tmp_path: Path):
    """Contempt, in English and Vietnamese, is left out with the number of its pictures, not an error."""
    for number, name in enumerate(("happy", "Contempt", "Khinh bỉ")):
        write_picture(tmp_path / "faces" / "train" / name / "1.png", 0, number)

    data = loading.load(tmp_path / "faces")

    assert len(data) == 1
    for name in ("Contempt", "Khinh bỉ"):
        assert f"faces/train/{name}: 1 picture left out; not one of the seven expressions." in data.notes


def test_jaffe_pictures_carry_persons(tmp_path: Path):
    """JAFFE's file names say who is shown."""
    for number, name in enumerate(("KA.HA1.29.tiff", "YM.HA2.53.tiff")):
        path = tmp_path / "jaffe" / "HA" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), draw_face(3, np.random.default_rng(number)))

    assert loading.load(tmp_path / "jaffe").subjects.tolist() == ["KA", "YM"]


def test_unknown_class_folder_is_named(tmp_path: Path):
    """A class folder of unknown name is an error that names it."""
    write_picture(tmp_path / "faces" / "bored" / "1.png", 0, 0)

    with pytest.raises(DataError, match="found 'bored'"):
        loading.load(tmp_path / "faces")


def test_kaggle_layout_gives_its_splits(tmp_path: Path):
    """`train` and `test` above the classes are Training and PublicTest; with `validation`, the test is PrivateTest."""
    for split in ("train", "test"):
        write_folder(tmp_path / "two" / split, per_class=1)
    for split in ("train", "validation", "test"):
        write_folder(tmp_path / "three" / split, per_class=1)

    two, three = loading.load(tmp_path / "two"), loading.load(tmp_path / "three")

    assert {split: sum(counts) for split, counts in two.counts().items()} == {"Training": 7, "PublicTest": 7}
    assert list(three.counts()) == ["Training", "PublicTest", "PrivateTest"]


def test_ck_folders_carry_persons_and_say_what_is_mapped(tmp_path: Path):
    """CK+48 gives persons from file names; contempt is left out and the missing neutral is said."""
    data = loading.load(write_ck_folder(tmp_path / "CK+48"))

    assert set(data.subjects) == {f"S{person:03}" for person in range(5)}
    assert len(data) == 30
    assert any("contempt: 5 pictures left out" in note for note in data.notes)
    assert any("no pictures of: neutral" in note for note in data.notes)
    assert "CK+48: anger is angry, sadness is sad here." in data.notes


def test_broken_pictures_are_not_counted_as_without_a_face(tmp_path: Path):
    """With a detector and skip_bad, a file that cannot be read is counted once, as unreadable."""
    root = write_folder(tmp_path / "faces", per_class=1)
    (root / "sad" / "broken.png").write_bytes(b"no picture")
    bad: list[str] = []

    rows, notes = folders.read(root, bad, FaceCutter(_FindsNothing()))

    assert rows == []
    assert notes == ["faces: no face was found in 7 pictures, which were left out."]
    assert bad == ["faces/sad/broken.png: expected a picture; it cannot be decoded."]


class _FindsNothing:
    """A detector to which no picture shows a face."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """No face in each image."""
        return [()] * len(images)


def test_pictures_that_are_not_square_keep_their_proportions(tmp_path: Path):
    """The middle square of a wide picture is read, not a squeezed whole."""
    wide = np.zeros((96, 200), np.uint8)
    cv2.circle(wide, (100, 48), 40, 255, -1)
    path = tmp_path / "wide.png"
    cv2.imwrite(str(path), wide)

    face = folders.read_picture(path)

    across, down = (face > 127).any(axis=0).sum(), (face > 127).any(axis=1).sum()
    assert face.shape == (48, 48)
    assert abs(int(across) - int(down)) <= 1
