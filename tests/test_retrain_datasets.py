"""Labelled faces: what the loader reads, and what it says of rows that it cannot read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures_retrain import write_csv, write_folder

from pipeline.errors import DataError
from pipeline.records import EMOTIONS
from retrain import datasets

FER2013 = Path(__file__).parent.parent.parent / "shared/data/fer2013/fer2013.csv.gz"
GOOD = " ".join(["7"] * 48 * 48)


def _csv(folder: Path, *rows: str, header: str = "emotion,pixels,Usage") -> Path:
    path = folder / "fer2013.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("name", ["fer2013.csv", "fer2013.csv.gz"])
def test_csv_plain_and_gzip_give_all_splits(tmp_path: Path, name: str):
    """A FER-2013 csv, plain or gzip, with PrivateTest, gives its faces, labels and splits."""
    path = write_csv(tmp_path / name, per_class=3, held_out=2, private=1)

    data = datasets.load(path)

    assert data.faces.shape == (42, 48, 48)
    assert [len(data.split(split)) for split in datasets.SPLITS] == [21, 14, 7]
    assert sorted(set(data.labels)) == list(range(len(EMOTIONS)))


def test_hash_depends_on_pixels_labels_and_splits(tmp_path: Path):
    """The data's hash changes when one label changes, and not when only the file's form does."""
    one = datasets.load(_csv(tmp_path, f"0,{GOOD},Training")).sha256
    same = datasets.load(_csv(tmp_path, f'"0","{GOOD}",Training')).sha256
    other = datasets.load(_csv(tmp_path, f"1,{GOOD},Training")).sha256

    assert one == same != other


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"0,{GOOD[:-2]},Training", r"line 3: expected 2304 pixels; found 2303"),
        (f"0,{GOOD} x,Training", r"line 3: expected 2304 whole numbers as pixels; found other text"),
        (f"0,{GOOD[:-1]}256,Training", r"line 3: expected pixels from 0 to 255; found 7 to 256"),
        (f"0,{GOOD[:-1]}-1,Training", r"line 3: expected pixels from 0 to 255; found -1 to 7"),
        (f"0,{GOOD[:-1]}99999999999999999999,Training", r"line 3: expected pixels from 0 to 255; found 7 to 9+"),
        (f"7,{GOOD},Training", r"line 3: expected an emotion from 0 to 6; found '7'"),
        (f"happy,{GOOD},Training", r"line 3: expected an emotion from 0 to 6; found 'happy'"),
        (f"0,{GOOD},Holdout", r"line 3: expected a Usage of Training, PublicTest, PrivateTest; found 'Holdout'"),
        ("0", r"line 3: expected 2304 pixels; found 0"),
    ],
)
def test_bad_row_is_an_error_with_its_line(tmp_path: Path, row: str, message: str):
    """A row that cannot be read is an error that names the line, what was expected and what was found."""
    path = _csv(tmp_path, f"3,{GOOD},Training", row)

    with pytest.raises(DataError, match=message):
        datasets.load(path)


def test_csv_without_its_columns_is_refused(tmp_path: Path):
    """A csv of something else is refused with the columns that are missing."""
    with pytest.raises(DataError, match=r"expected the columns emotion, pixels; pixels not found"):
        datasets.load(_csv(tmp_path, "0,1", header="emotion,x"))


def test_broken_gzip_is_refused(tmp_path: Path):
    """A file that is gzip by name only is refused, not a traceback."""
    path = tmp_path / "fer2013.csv.gz"
    path.write_bytes(b"not gzip")

    with pytest.raises(DataError, match="expected a csv file, plain or gzip"):
        datasets.load(path)


def test_missing_data_says_where_fer2013_comes_from(tmp_path: Path):
    """Data that is not there is an error that says where FER-2013 comes from."""
    with pytest.raises(DataError, match="Kaggle"):
        datasets.load(tmp_path / "fer2013.csv")


def test_folders_are_read_grey_or_colour_at_any_size(tmp_path: Path):
    """A folder per class gives the same 48-pixel faces from grey and from colour pictures."""
    grey = datasets.load(write_folder(tmp_path / "grey"))
    colour = datasets.load(write_folder(tmp_path / "colour", colour=True))

    assert len(grey) == 21
    np.testing.assert_array_equal(grey.labels, colour.labels)
    assert np.abs(grey.faces.astype(int) - colour.faces).max() <= 1


def test_votes_of_single_annotators_are_dropped(tmp_path: Path):
    """FER+ votes become shares of the expressions that more than one annotator chose."""
    data = _csv(tmp_path, f"3,{GOOD},Training")
    votes = tmp_path / "fer2013new.csv"
    names = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    votes.write_text(f"Usage,Image name,{names}\nTraining,a.png,2,6,1,0,0,0,0,0,1,0\n", "utf-8")

    loaded = datasets.load(data, votes)

    np.testing.assert_allclose(loaded.votes[0], [0.25, 0.75, 0, 0, 0, 0, 0, 0])


@pytest.mark.shared
@pytest.mark.skipif(not FER2013.is_file(), reason="needs FER-2013 beside the project")
def test_fer2013_has_its_official_counts():
    """The copy of FER-2013 beside the project has the official counts of Training and PublicTest."""
    data = datasets.load(FER2013)

    counts = [np.bincount(data.split(split).labels, minlength=7).tolist() for split in datasets.SPLITS[:2]]
    assert counts == [[3995, 436, 4097, 7215, 4830, 3171, 4965], [467, 56, 496, 895, 653, 415, 607]]
