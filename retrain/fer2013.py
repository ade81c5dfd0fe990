"""The csv of FER-2013 and the votes of FER+, row by row."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.emotions import FACE_PX
from pipeline.errors import DataError
from pipeline.records import EMOTIONS

from .datasets import (
    FER_PLUS_EMOTIONS,
    NO_MAJORITY,
    OTHER_VOTES,
    SPLITS,
    TRAINING,
    VOTE_COLUMNS,
    LabelledFace,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline.records import Floats

    from .datasets import Labels

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


@dataclass(frozen=True, slots=True)
class Csv:
    """The rows of a FER-2013 csv.

    Attributes:
        rows: the faces that could be read.
        places: position of each face among all rows of the file, from 0.
        usages: what each row of the file says as its Usage, also a bad one; empty where the file has no such column.
    """

    rows: tuple[LabelledFace, ...]
    places: tuple[int, ...]
    usages: tuple[str, ...]


def read(path: Path, bad: list[str] | None = None) -> Csv:
    """All rows of the csv.

    Args:
        path: plain or gzip.
        bad: receives what is wrong with a row; None to raise instead.

    Raises:
        DataError: the file cannot be read, or a row of it and `bad` is None.
    """
    found: list[tuple[int, LabelledFace]] = []
    usages = []
    with _open_table(path, ("emotion", "pixels")) as table:
        for place, row in enumerate(table):
            usages.append(_usage_of(row))
            try:
                found.append((place, _parse_row(row, f"{path.name}, line {table.line_num}")))
            except DataError as error:
                if bad is None:
                    raise
                bad.append(str(error))
    return Csv(tuple(row for _, row in found), tuple(place for place, _ in found), tuple(usages))


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """The FER+ votes of a csv's rows; single votes count as noise and are dropped (Barsoum et al. 2016, section 3).

    Attributes:
        shares: float32 (rows, 8), of the votes for an expression, by `VOTE_COLUMNS`; zeros where there are none.
        named: float32 (rows,), the share of all votes that are for an expression: not for unknown or no face.
        majority: int64 (rows,), the label that more than half of all votes name, or `NO_MAJORITY`: votes for contempt,
            unknown and no face count, too (section 3, majority voting).
    """

    shares: Floats
    named: Floats
    majority: Labels


def read_votes(path: Path, usages: Sequence[str], bad: list[str] | None = None) -> Votes:
    """FER+ votes for each row of a csv.

    The published file has the rows of all three splits; those of splits that the csv does not have are passed over.

    Args:
        path: plain or gzip.
        usages: the Usage of each row of the csv, as in `Csv`.
        bad: receives what is wrong with the numbers of a row, which then has no votes; None to raise instead.

    Raises:
        DataError: the file is not there, lacks a column, or has rows that are not those of the csv.
    """
    if not path.is_file():
        raise DataError(f"{path}: expected the FER+ votes (fer2013new.csv); found nothing there.")
    found: list[list[float]] = []
    known = {usage for usage in usages if usage} or {*SPLITS}
    with _open_table(path, VOTE_COLUMNS) as table:
        for row in table:
            usage = _usage_of(row)
            if usage in SPLITS and usage not in known:
                continue
            _expect_usage(f"{path}, line {table.line_num}", usage, usages[len(found) : len(found) + 1])
            try:
                found.append(_parse_votes(row, f"{path.name}, line {table.line_num}"))
            except DataError as error:
                if bad is None:
                    raise
                bad.append(str(error))
                found.append([0.0] * len(VOTE_COLUMNS + OTHER_VOTES))
    if len(found) != len(usages):
        raise DataError(f"{path}: expected one row for each of {len(usages)} faces; found {len(found)} rows.")
    counts = np.array(found, np.float32)
    counts[counts <= 1] = 0
    named = counts[:, : len(VOTE_COLUMNS)]
    voters = named.sum(axis=1)
    return Votes(
        shares=named / np.maximum(voters, 1)[:, None],
        named=voters / np.maximum(counts.sum(axis=1), 1),
        majority=_majority(counts),
    )


def _majority(counts: Floats) -> Labels:
    nameless = counts.shape[1] - len(FER_PLUS_EMOTIONS)
    labels = np.array([*FER_PLUS_EMOTIONS, *[NO_MAJORITY] * nameless], np.int64)
    return np.where(2 * counts.max(axis=1) > counts.sum(axis=1), labels[counts.argmax(axis=1)], NO_MAJORITY)


def _parse_votes(row: Mapping[str, str | None], where: str) -> list[float]:
    words = [row.get(name) or "0" for name in VOTE_COLUMNS + OTHER_VOTES]
    try:
        votes = [float(word) for word in words]
    except ValueError:
        votes = []
    if not votes or not all(0 <= vote < math.inf for vote in votes):
        raise DataError(f"{where}: expected numbers of votes, 0 or more; found {', '.join(words)}.")
    return votes


def _expect_usage(where: str, found: str, expected: Sequence[str]) -> None:
    """Refuse votes of a row whose Usage is another than the face's; a face without a valid one agrees with any."""
    if found and expected and expected[0] in SPLITS and found != expected[0]:
        raise DataError(
            f"{where}: expected votes for a face of {expected[0]}, as the csv has it; found {found}. "
            "The two files need the same faces in the same order."
        )


@contextmanager
def _open_table(path: Path, columns: Sequence[str]) -> Iterator[csv.DictReader[str]]:
    """A csv, plain or gzip, by its column names in lower case and without spaces around them."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        # Spreadsheets put a byte order mark before the first name.
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            table: csv.DictReader[str] = csv.DictReader(stream, skipinitialspace=True)
            table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
            missing = [name for name in columns if name not in table.fieldnames]
            if missing:
                hint = (
                    " These look like FER+ votes: name them with --ferplus." if "contempt" in table.fieldnames else ""
                )
                raise DataError(
                    f"{path}: expected the columns {', '.join(columns)}; {', '.join(missing)} not found.{hint}"
                )
            try:
                yield table
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {table.line_num}: expected a row of the csv; {error}. A quote may be open there or "
                    "above."
                ) from error
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise DataError(f"{path}: expected a csv file, plain or gzip; it cannot be read: {error}.") from error


def _usage_of(row: Mapping[str, str | None]) -> str:
    return (row.get("usage") or "").strip()


def _parse_row(row: Mapping[str, str | None], where: str) -> LabelledFace:
    label, pixels = (row["emotion"] or "").strip(), row["pixels"] or ""
    split = _usage_of(row) if "usage" in row else TRAINING
    if label not in map(str, range(len(EMOTIONS))):
        raise DataError(f"{where}: expected an emotion from 0 to 6; found {label!r}.")
    try:
        values = bytes(map(int, pixels.split()))
    except ValueError:
        raise DataError(f"{where}: {_explain(pixels)}") from None
    if len(values) != FACE_PX**2:
        raise DataError(f"{where}: expected {FACE_PX**2} pixels; found {len(values)}.")
    if split not in SPLITS:
        raise DataError(f"{where}: expected a Usage of {', '.join(SPLITS)}; found {split!r}.")
    face = np.frombuffer(values, np.uint8).reshape(FACE_PX, FACE_PX)
    return LabelledFace(face, int(label), split, where)


def _explain(pixels: str) -> str:
    try:
        values = [int(word) for word in pixels.split()]
    except ValueError:
        return f"expected {FACE_PX**2} whole numbers as pixels; found other text."
    return f"expected pixels from 0 to 255; found {min(values)} to {max(values)}."
