"""The csv of FER-2013 and the votes of FER+, row by row."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import numpy as np

from pipeline.emotions import FACE_PX
from pipeline.errors import DataError
from pipeline.records import EMOTIONS

from .datasets import SPLITS, TRAINING, VOTE_COLUMNS, LabelledFace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pipeline.records import Floats

NAMES = ("fer2013.csv", "fer2013.csv.gz", "icml_face_data.csv", "icml_face_data.csv.gz")
"""File names that `retrain` looks for when it is not told where its data is."""

WHERE_FROM = (
    "FER-2013 is on Kaggle as 'Challenges in Representation Learning: Facial Expression Recognition Challenge'; "
    "its csv has the columns emotion (0 to 6), pixels (2304 grey levels) and Usage (Training, PublicTest, PrivateTest)."
)


def find(folder: Path) -> Path:
    """The FER-2013 csv in a folder or its `data` folder.

    Raises:
        DataError: there is none; says where FER-2013 comes from and what shape it wants.
    """
    for place in (folder, folder / "data"):
        for name in NAMES:
            if (place / name).is_file():
                return place / name
    raise DataError(f"expected DATA, or one of {', '.join(NAMES)} in this folder or in data/; found none. {WHERE_FROM}")


def read(path: Path, bad: list[str] | None = None) -> Iterator[tuple[int, LabelledFace]]:
    """Rows of the csv with their number, counted from 0.

    Args:
        path: plain or gzip.
        bad: receives what is wrong with a row; None to raise instead.

    Raises:
        DataError: the file cannot be read, or a row of it and `bad` is None.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            _expect_columns(path, reader.fieldnames, ("emotion", "pixels"))
            for number, row in enumerate(reader):
                try:
                    yield number, _parse_row(row, f"{path.name}, line {reader.line_num}")
                except DataError as error:
                    if bad is None:
                        raise
                    bad.append(str(error))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: expected a csv file, plain or gzip; it cannot be read: {error}.") from error


def read_votes(path: Path, rows: int) -> Floats:
    """FER+ votes as shares, float32 (rows, 8); single votes count as noise and are dropped (paper, section 3).

    Raises:
        DataError: the file is not there, lacks a column, or has another number of rows.
    """
    if not path.is_file():
        raise DataError(f"{path}: expected the FER+ votes (fer2013new.csv); found nothing there.")
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        _expect_columns(path, reader.fieldnames, VOTE_COLUMNS)
        try:
            counts = np.array([[float(row[name] or 0) for name in VOTE_COLUMNS] for row in reader], np.float32)
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}, line {reader.line_num}: expected numbers of votes; {error}.") from error
    if len(counts) != rows:
        raise DataError(f"{path}: expected one row for each of {rows} faces; found {len(counts)} rows.")
    counts[counts <= 1] = 0
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), np.float32)


def _expect_columns(path: Path, found: Iterable[str] | None, expected: Iterable[str]) -> None:
    missing = [name for name in expected if name not in (found or ())]
    if missing:
        raise DataError(f"{path}: expected the columns {', '.join(expected)}; {', '.join(missing)} not found.")


def _parse_row(row: dict[str, str | None], where: str) -> LabelledFace:
    label, pixels, split = row["emotion"] or "", row["pixels"] or "", row.get("Usage") or TRAINING
    if not label.isdecimal() or int(label) >= len(EMOTIONS):
        raise DataError(f"{where}: expected an emotion from 0 to 6; found {label!r}.")
    if split not in SPLITS:
        raise DataError(f"{where}: expected a Usage of {', '.join(SPLITS)}; found {split!r}.")
    try:
        values = bytes(map(int, pixels.split()))
    except ValueError:
        raise DataError(f"{where}: {_explain(pixels)}") from None
    if len(values) != FACE_PX**2:
        raise DataError(f"{where}: expected {FACE_PX**2} pixels; found {len(values)}.")
    face = np.frombuffer(values, np.uint8).reshape(FACE_PX, FACE_PX)
    return LabelledFace(face, int(label), split, where)


def _explain(pixels: str) -> str:
    try:
        values = [int(word) for word in pixels.split()]
    except ValueError:
        return f"expected {FACE_PX**2} whole numbers as pixels; found other text."
    return f"expected pixels from 0 to 255; found {min(values)} to {max(values)}."
