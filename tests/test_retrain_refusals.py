"""Tables of faces as spreadsheets, archives and other programs leave them: read, or refused with what to change."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import tarfile
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from openpyxl import Workbook

from pipeline.audits.answers import read_answers
from pipeline.errors import DataError
from retrain.data import loading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIXELS = [7] * 48 * 48
GOOD = " ".join(map(str, PIXELS))
TABLE = f"emotion,pixels,Usage\n3,{GOOD},Training\n0,{GOOD},PublicTest\n"
NAMES = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def _zip(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("fer2013/fer2013.csv")
        entry.size = len(TABLE)
        archive.addfile(entry, io.BytesIO(TABLE.encode()))
    return packed.getvalue()


def _workbook() -> bytes:
    book, packed = Workbook(), io.BytesIO()
    for line in TABLE.splitlines():
        book.active.append(line.split(","))
    book.save(packed)
    return packed.getvalue()


def _numbers(array: np.ndarray) -> bytes:
    packed = io.BytesIO()
    np.save(packed, array)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.replace("emotion,pixels,Usage", " Emotion , PIXELS, usage "),
        TABLE.replace(f"{GOOD}", f'"{GOOD}"'),
        TABLE.replace("3,7", ' "3" , 7'),
        TABLE + "\n\n",
        TABLE.rstrip(),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_is_plain_is_read(tmp_path: Path, content: str, pack: Callable[[bytes], bytes]):
    """A mark, any line ends, names in any case, quotes or none, and gzip under any name change nothing."""
    (tmp_path / "a.csv").write_bytes(pack(content.encode()))

    data = loading.load(tmp_path / "a.csv")

    assert (data.labels.tolist(), data.splits.tolist()) == ([3, 0], ["Training", "PublicTest"])
    assert (data.faces == 7).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLE.encode("utf-16"), r"found UTF-16 text\. Save it as CSV with commas, in UTF-8"),
        (TABLE.encode("utf-16-le"), "found UTF-16 text"),
        (TABLE.encode("utf-16-be"), "found UTF-16 text"),
        (TABLE.encode("utf-32"), "found UTF-32 text"),
        (TABLE.replace("Usage", "Usagé").encode("latin-1"), "expected a csv file, plain or gzip, in UTF-8"),
        (_zip(("fer2013.csv", b"x")), r"found a zip archive\. Unpack it, and name the csv inside: fer2013\.csv\."),
        (_zip(("read.me", b"x")), r"found a zip archive\. Unpack it, and name the csv inside\."),
        (_workbook(), r"found an Excel workbook\. Save it as CSV with commas"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "found an old Excel workbook"),
        (_tar(), "found a tar archive.*Unpack it"),
        (gzip.compress(_tar()), "found a tar archive in the gzip"),
        (gzip.compress(gzip.compress(TABLE.encode())), "found a gzip file in the gzip"),
        (bz2.compress(TABLE.encode()), "found a bzip2 file. Unpack it"),
        (b"PAR1" + bytes(100), "found a Parquet file. Save it as CSV"),
        (pickle.dumps([1, 2], protocol=4), "found a pickle"),
        (_numbers(np.zeros(9)), "found a NumPy array"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "found a picture. Name the folder"),
        (b"\n<!DOCTYPE html><html>Sign in", "found a web page. The download went wrong"),
        (b"version https://git-lfs.github.com/spec/v1\n", r"git lfs pull"),
        (b"", "it is empty. Download or save it again"),
        (b" \n\n", "it is empty"),
        (bytes(5000), "found"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path: Path, content: bytes, said: str):
    """Whatever a file is called, a message says what it is and how it becomes a csv."""
    (tmp_path / "fer2013.csv").write_bytes(content)

    with pytest.raises(DataError, match=said):
        loading.load(tmp_path / "fer2013.csv")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (TABLE.replace(",", ";"), "Found semicolons between the columns: save it with commas"),
        (TABLE.replace(",", "\t"), "Found tabs between the columns"),
        (TABLE.replace(",", "|"), "Found upright strokes between the columns"),
        ("sep=;\n" + TABLE.replace(",", ";"), "The first line is Excel's own"),
        (TABLE.replace("Usage\n3,7", "Usage\n3;7"), "Semicolons stand between the columns"),
        (TABLE.split("\n", 1)[1], "The first line is a row already: put a header above it, emotion,pixels"),
        (
            TABLE.replace("emotion", "label"),
            "emotion not found. Found label, pixels, usage: give the columns these names",
        ),
        (TABLE.replace("emotion,", "emotion,emotion,"), "found emotion 2 times"),
        (
            "emotion," + ",".join(f"pixel{n}" for n in range(2304)),
            "Found 2,305 columns: write the pixels of a face into one",
        ),
        (f"{NAMES.lower()},usage\n", r"These look like FER\+ votes: name them with `ferplus`"),
    ],
)
def test_another_form_of_table_is_told_apart(tmp_path: Path, table: str, said: str):
    """Other separators, other headers and none: the message says what was found and what to change."""
    (tmp_path / "a.csv").write_text(table, "utf-8")

    with pytest.raises(DataError, match=said):
        loading.load(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("label", "pixels", "usage", "said"),
    [
        ("happy", GOOD, "Training", r"expected an emotion from 0 to 6; found 'happy'\. Write 3 in its place: 0 angry"),
        ("Sadness", GOOD, "Training", "Write 4 in its place"),
        ("buồn", GOOD, "Training", "Write 4 in its place"),
        ("joyful", GOOD, "Training", "Write one of these: 0 angry, 1 disgust"),
        ("3.0", GOOD, "Training", r"found '3\.0'\. Write 3, a whole number"),
        ("", GOOD, "Training", "found ''. Write it, or take the row out"),
        ("7", GOOD, "Training", r"found '7'\.$"),
        ("3", f"[{GOOD}]", "Training", "found other text: brackets. Leave them away"),
        ("3", f'"{GOOD.replace(" ", ", ")}"', "Training", "found other text: commas"),
        ("3", GOOD.replace(" ", ","), "Training", "Commas stand between the others"),
        ("3", "[7 7 7 ... 7 7 7]", "Training", "found dots where numbers were left out"),
        ("3", GOOD.replace("7", "0.5"), "Training", r"found fractions from 0\.5 to 0\.5\. .*multiplied by 255"),
        ("3", GOOD.replace("7", "70.0"), "Training", "Write them without a point"),
        ("3", GOOD.replace("7", "-0.3"), "Training", "brought back to 0 to 255"),
        ("3", GOOD.replace("7", "nan"), "Training", "found NaN or infinity"),
        ("3", GOOD.replace("7", "4000"), "Training", "found 4000 to 4000. .*of 16 bits divide them by 257"),
        ("3", " ".join(["7"] * 64 * 64), "Training", r"found 4096\. These are 64 by 64: make each face 48 by 48"),
        ("3", " ".join(["7"] * 3 * 2304), "Training", "48 by 48 in three colours: write them in grey"),
        ("3", " ".join(["7"] * 2000), "Training", r"expected 2304 pixels; found 2000\.$"),
        ("3", "face.png", "Training", "found other text: 'face.png'. Write the grey levels"),
        ("3", GOOD, "train", "found 'train'. Write Training in its place"),
        ("3", GOOD, "Validation", "Write PublicTest in its place"),
        ("3", GOOD, "", "found ''. Write Training, or take the column out"),
    ],
)  # fmt: skip
def test_a_row_is_refused_with_what_to_write(tmp_path: Path, label: str, pixels: str, usage: str, said: str):
    """Words for labels, numbers with points, brackets, other sizes and other words for splits are told with a cure."""
    (tmp_path / "a.csv").write_text(f"emotion,pixels,Usage\n{label},{pixels},{usage}\n", "utf-8")

    with pytest.raises(DataError, match=said) as error:
        loading.load(tmp_path / "a.csv")
    assert len(str(error.value)) < 500
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("0.8,0.2,0,0,0,0,0,0,0,0", "expected whole numbers of votes; found 0.8, 0.2"),
        ("1,0,0,0,0,0,0,0,0,0", "found none above 1, as in a file of shares or of one label each"),
        ("0;0", "expected numbers of votes"),
    ],
)
def test_votes_of_another_kind_are_refused(tmp_path: Path, rows: str, said: str):
    """Shares and single labels would all count as noise, and leave no votes without a word."""
    (tmp_path / "a.csv").write_text(TABLE, "utf-8")
    (tmp_path / "votes.csv").write_text("\n".join([NAMES, rows, rows]) + "\n", "utf-8")

    with pytest.raises(DataError, match=said):
        loading.load(tmp_path / "a.csv", tmp_path / "votes.csv")


def test_the_two_files_of_fer2013_are_told_apart(tmp_path: Path):
    """The csv itself, named as its votes, is known by its columns; votes with semicolons are told as faces are."""
    (tmp_path / "a.csv").write_text(TABLE, "utf-8")
    (tmp_path / "votes.csv").write_text(f"{NAMES};usage\n".replace(",", ";"), "utf-8")

    with pytest.raises(DataError, match="This looks like FER-2013 itself"):
        loading.load(tmp_path / "a.csv", tmp_path / "a.csv")
    with pytest.raises(DataError, match="Found semicolons between the columns"):
        loading.load(tmp_path / "a.csv", tmp_path / "votes.csv")


ANSWERS = {"faces": [{"video": "a.mp4", "frame": 1, "box": [0, 0, 9, 9], "votes": ["happy"]}]}


def test_answers_of_an_audit_are_told_in_the_same_way(tmp_path: Path):
    """A mark before the JSON is nothing; two-byte letters, archives and pages are named."""
    text = json.dumps(ANSWERS)
    (tmp_path / "marked.json").write_text(text, "utf-8-sig")
    assert len(read_answers([tmp_path / "marked.json"]).faces) == 1

    for content, said in (
        (text.encode("utf-16"), "found UTF-16 text"),
        (_zip(("An.json", text.encode())), "found a zip archive"),
        (b"<html>", "found a web page"),
        (b"", "it is empty"),
        (b"[" * 20_000, "expected the answers of an audit"),
        (b'{"faces": [{"video": "\xff"}]}', "expected the answers of an audit"),
    ):
        (tmp_path / "An.json").write_bytes(content)
        with pytest.raises(DataError, match=said):
            read_answers([tmp_path / "An.json"])
