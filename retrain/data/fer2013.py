"""The csv of FER-2013 and the votes of FER+, row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError
from pipeline.plurals import count
from pipeline.preprocessing import FACE_PX
from pipeline.records import EXPRESSIONS

from .explaining import explain_count, explain_label, explain_pixels, explain_usage
from .faces import FER_PLUS_EXPRESSIONS, NO_MAJORITY, OTHER_VOTES, SPLITS, TRAINING, VOTE_COLUMNS, LabelledFace
from .tables import open_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.records import Floats

    from .faces import Labels

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


LIKE_VOTES = (("contempt", "These look like FER+ votes: name them with `ferplus`."),)
LIKE_FACES = (("pixels", "This looks like FER-2013 itself: name it as `data`, and the votes (fer2013new.csv) here."),)


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
    with open_table(path, ("emotion", "pixels"), LIKE_VOTES) as table:
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
    """The FER+ votes of a csv's rows, ten a face.

    For shares, single votes count as noise and are dropped (Barsoum et al. 2016, section 3). The majority is that of
    all votes: dropping single ones before would let five annotators of ten decide, or fewer.

    Attributes:
        shares: float32 (rows, 8), of the votes for an expression, by `VOTE_COLUMNS`; zeros where there are none.
        named: float32 (rows,), the share of votes that are for an expression: not for unknown or no face.
        faceless: float32 (rows,), the share of votes that say that there is no face.
        majority: int64 (rows,), the label that more than half of all votes name, or `NO_MAJORITY`: votes for contempt,
            unknown and no face count, too.
    """

    shares: Floats
    named: Floats
    faceless: Floats
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
    with open_table(path, VOTE_COLUMNS, LIKE_FACES) as table:
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
        raise DataError(f"{path}: expected one row for each of {len(usages)} faces; found {count(len(found), 'row')}.")
    counts = np.array(found, np.float32)
    if len(counts) and counts.max() == 1:
        raise DataError(
            f"{path}: expected numbers of votes, about ten a face; found none above 1, as in a file of shares or of "
            "one label each. Single votes count as noise: name the file fer2013new.csv as it is published."
        )
    agreed = np.where(counts > 1, counts, np.float32(0))
    named, together = agreed[:, : len(VOTE_COLUMNS)], np.maximum(agreed.sum(axis=1), 1)
    voters = named.sum(axis=1)
    return Votes(
        shares=named / np.maximum(voters, 1)[:, None],
        named=voters / together,
        faceless=agreed[:, -1] / together,
        majority=_majority(counts),
    )


def _majority(counts: Floats) -> Labels:
    nameless = counts.shape[1] - len(FER_PLUS_EXPRESSIONS)
    labels = np.array([*FER_PLUS_EXPRESSIONS, *[NO_MAJORITY] * nameless], np.int64)
    return np.where(2 * counts.max(axis=1) > counts.sum(axis=1), labels[counts.argmax(axis=1)], NO_MAJORITY)


def _parse_votes(row: Mapping[str, str | None], where: str) -> list[float]:
    words = [row.get(name) or "0" for name in VOTE_COLUMNS + OTHER_VOTES]
    try:
        votes = [float(word) for word in words]
    except ValueError:
        votes = []
    if not votes or not all(0 <= vote < math.inf for vote in votes):
        raise DataError(f"{where}: expected numbers of votes, 0 or more; found {', '.join(words)[:200]}.")
    if not all(vote.is_integer() for vote in votes):
        raise DataError(
            f"{where}: expected whole numbers of votes; found {', '.join(words)[:200]}. Of shares write the votes that "
            "they were: times the annotators of a face, ten in FER+."
        )
    return votes


def _expect_usage(where: str, found: str, expected: Sequence[str]) -> None:
    """Refuse votes of a row whose Usage is another than the face's; a face without a valid one agrees with any."""
    if found and expected and expected[0] in SPLITS and found != expected[0]:
        raise DataError(
            f"{where}: expected votes for a face of {expected[0]}, as the csv has it; found {found}. "
            "The two files need the same faces in the same order."
        )


def _usage_of(row: Mapping[str, str | None]) -> str:
    return (row.get("usage") or "").strip()


def _parse_row(row: Mapping[str, str | None], where: str) -> LabelledFace:
    label, pixels = (row["emotion"] or "").strip(), row["pixels"] or ""
    split = _usage_of(row) if "usage" in row else TRAINING
    if label not in map(str, range(len(EXPRESSIONS))):
        raise DataError(f"{where}: expected an emotion from 0 to 6; found {label[:40]!r}.{explain_label(label)}")
    try:
        values = bytes(map(int, pixels.split()))
    except ValueError:
        raise DataError(f"{where}: {explain_pixels(pixels)}") from None
    if len(values) != FACE_PX**2:
        raise DataError(f"{where}: expected {FACE_PX**2} pixels; found {len(values)}.{explain_count(len(values), row)}")
    if split not in SPLITS:
        raise DataError(
            f"{where}: expected a Usage of {', '.join(SPLITS)}; found {split[:40]!r}.{explain_usage(split)}"
        )
    face = np.frombuffer(values, np.uint8).reshape(FACE_PX, FACE_PX)
    return LabelledFace(face, int(label), split, where)
