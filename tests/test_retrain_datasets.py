"""Labelled faces: what the loader reads, and what it says of rows that it cannot read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from fixtures_retrain import write_csv, write_folder

from pipeline.errors import DataError
from pipeline.records import EXPRESSIONS
from retrain.data import faces as records
from retrain.data import loading

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

    data = loading.load(path)

    assert data.faces.shape == (42, 48, 48)
    assert [len(data.split(split)) for split in records.SPLITS] == [21, 14, 7]
    assert sorted(set(data.labels)) == list(range(len(EXPRESSIONS)))


def test_hash_depends_on_pixels_labels_and_splits(tmp_path: Path):
    """The data's hash changes when one label changes, and not when only the file's form does."""
    one = loading.load(_csv(tmp_path, f"0,{GOOD},Training")).sha256
    same = loading.load(_csv(tmp_path, f'"0","{GOOD}",Training')).sha256
    other = loading.load(_csv(tmp_path, f"1,{GOOD},Training")).sha256

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
        (f"0,{GOOD},", r"line 3: expected a Usage of Training, PublicTest, PrivateTest; found ''"),
        ("0", r"line 3: expected 2304 pixels; found 0"),
    ],
)
def test_bad_row_is_an_error_with_its_line(tmp_path: Path, row: str, message: str):
    """A row that cannot be read is an error that names the line, what was expected and what was found."""
    path = _csv(tmp_path, f"3,{GOOD},Training", row)

    with pytest.raises(DataError, match=message):
        loading.load(path)


def test_open_quote_is_named_with_a_line(tmp_path: Path):
    """A quote that is never closed swallows the rest of the file; the error says about where."""
    path = _csv(tmp_path, f"3,{GOOD},Training", f'0,"{GOOD},Training', *[f"1,{GOOD},Training"] * 60)

    with pytest.raises(DataError, match=r"line \d+: expected a row of the csv; .*A quote may be open there or above"):
        loading.load(path, skip_bad=True)


def test_csv_without_its_columns_is_refused(tmp_path: Path):
    """A csv of something else is refused with the columns that are missing."""
    with pytest.raises(DataError, match=r"expected the columns emotion, pixels; pixels not found"):
        loading.load(_csv(tmp_path, "0,1", header="emotion,x"))


@pytest.mark.parametrize("header", ["\ufeffemotion,pixels,Usage", "Emotion, Pixels ,usage", "EMOTION , pixels,USAGE"])
def test_headers_as_spreadsheets_and_people_write_them(tmp_path: Path, header: str):
    """A byte order mark, other case and spaces around a column's name or a Usage change nothing."""
    path = _csv(tmp_path, f"0,{GOOD},Training ", f"1,{GOOD}, PublicTest", header=header)

    data = loading.load(path)

    assert data.splits.tolist() == ["Training", "PublicTest"]


def test_csv_without_usage_is_all_training(tmp_path: Path):
    """A csv that has no column Usage is Training throughout; one that has it says so in each row."""
    path = _csv(tmp_path, f"0,{GOOD}", f"1,{GOOD}", header="emotion,pixels")

    assert loading.load(path).splits.tolist() == ["Training", "Training"]


@pytest.mark.parametrize("harm", ["name only", "truncated", "damaged"])
def test_broken_gzip_is_refused(tmp_path: Path, harm: str):
    """A file that is gzip by name only, ends early or is damaged inside is refused, not a traceback."""
    whole = gzip.compress(f"emotion,pixels,Usage\n0,{GOOD},Training\n".encode())
    # 7 begins a block of a kind that deflate does not have.
    broken = {"name only": b"not gzip", "truncated": whole[:-20], "damaged": whole[:10] + b"\7" + whole[11:]}
    path = tmp_path / "fer2013.csv.gz"
    path.write_bytes(broken[harm])

    with pytest.raises(DataError, match="expected a csv file, plain or gzip"):
        loading.load(path)


def test_missing_data_says_where_fer2013_comes_from(tmp_path: Path):
    """Data that is not there is an error that says where FER-2013 comes from."""
    with pytest.raises(DataError, match="Kaggle"):
        loading.load(tmp_path / "fer2013.csv")


def test_folders_are_read_grey_or_colour_at_any_size(tmp_path: Path):
    """A folder per class gives the same 48-pixel faces from grey and from colour pictures."""
    grey = loading.load(write_folder(tmp_path / "grey"))
    colour = loading.load(write_folder(tmp_path / "colour", colour=True))

    assert len(grey) == 21
    np.testing.assert_array_equal(grey.labels, colour.labels)
    assert np.abs(grey.faces.astype(int) - colour.faces).max() <= 1


def _votes(path: Path, *usages: str) -> Path:
    """FER+ votes: row N has N + 2 for neutral and 2 for happiness."""
    names = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    rows = [f"{usage},a.png,{number + 2},2,1,0,0,0,0,0,1,0" for number, usage in enumerate(usages)]
    text = "\n".join([f"Usage,Image name,{names}", *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode("utf-8-sig"))
    return path


@pytest.mark.parametrize("name", ["fer2013new.csv", "fer2013new.csv.gz"])
def test_votes_of_single_annotators_are_dropped(tmp_path: Path, name: str):
    """FER+ votes, plain or gzip, become shares of the expressions that more than one annotator chose."""
    data = _csv(tmp_path, f"3,{GOOD},Training", f"3,{GOOD},Training")

    loaded = loading.load(data, _votes(tmp_path / name, "Training", "Training"))

    np.testing.assert_allclose(loaded.votes, [[0.5, 0.5, 0, 0, 0, 0, 0, 0], [0.6, 0.4, 0, 0, 0, 0, 0, 0]])


def test_votes_of_splits_that_the_csv_lacks_are_passed_over(tmp_path: Path):
    """The published votes, with PrivateTest, go with a csv that has no PrivateTest."""
    data = _csv(tmp_path, f"3,{GOOD},Training", f"3,{GOOD},PublicTest")

    loaded = loading.load(data, _votes(tmp_path / "votes.csv", "Training", "PublicTest", "PrivateTest"))

    np.testing.assert_allclose(loaded.votes[:, 0], [0.5, 0.6])


def test_votes_for_other_rows_are_refused(tmp_path: Path):
    """Votes whose Usage is another than the csv's in a row, or of another number, are refused with what was found."""
    data = _csv(tmp_path, f"3,{GOOD},Training", f"3,{GOOD},PublicTest")

    with pytest.raises(DataError, match=r"votes.csv, line 2: expected votes for a face of Training.*found PublicTest"):
        loading.load(data, _votes(tmp_path / "votes.csv", "PublicTest", "Training"))
    with pytest.raises(DataError, match=r"expected one row for each of 2 faces; found 3"):
        loading.load(data, _votes(tmp_path / "votes.csv", "Training", "PublicTest", "PublicTest"))


def test_votes_that_are_no_numbers_are_refused_with_their_line(tmp_path: Path):
    """Votes that are text, negative or not finite are refused with their line."""
    data, votes = _csv(tmp_path, f"3,{GOOD},Training"), _votes(tmp_path / "votes.csv", "Training")
    text = votes.read_text("utf-8")

    for word in ("many", "-1", "nan", "inf"):
        votes.write_text(text.replace("a.png,2", f"a.png,{word}"), "utf-8")
        with pytest.raises(DataError, match=rf"line 2: expected numbers of votes, 0 or more; found {word}, 2"):
            loading.load(data, votes)


def test_a_bad_row_of_votes_is_skipped_and_counted_on_request(tmp_path: Path):
    """With skip_bad, a face whose votes are no numbers has none, and the row is named."""
    data = _csv(tmp_path, *[f"3,{GOOD},Training"] * 2)
    votes = _votes(tmp_path / "votes.csv", "Training", "Training")
    votes.write_text(votes.read_text("utf-8").replace("a.png,2", "a.png,many", 1), "utf-8")

    loaded = loading.load(data, votes, skip_bad=True)

    assert loaded.votes.any(axis=1).tolist() == [False, True]
    assert loaded.unreadable[0].startswith("votes.csv, line 2: expected numbers of votes")


def test_votes_stay_aligned_when_the_last_row_is_skipped(tmp_path: Path):
    """With skip_bad, votes are counted against all rows of the csv, also when the last one is bad."""
    data = _csv(tmp_path, f"3,{GOOD},Training", f"9,{GOOD},Training", f"3,{GOOD},Training", "3,1 2,")

    loaded = loading.load(data, _votes(tmp_path / "votes.csv", *["Training"] * 4), skip_bad=True)

    np.testing.assert_allclose(loaded.votes[:, 0], [2 / 4, 4 / 6])


@pytest.mark.shared
@pytest.mark.skipif(not FER2013.is_file(), reason="needs FER-2013 beside the project")
@pytest.mark.slow
def test_fer2013_has_its_official_counts():
    """The copy of FER-2013 beside the project has the official counts of Training and PublicTest."""
    data = loading.load(FER2013)

    counts = [np.bincount(data.split(split).labels, minlength=7).tolist() for split in records.SPLITS[:2]]
    assert counts == [[3995, 436, 4097, 7215, 4830, 3171, 4965], [467, 56, 496, 895, 653, 415, 607]]
