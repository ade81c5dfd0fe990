"""Labelled faces from the FER-2013 csv and from folders of pictures, checked row by row."""

from __future__ import annotations

import csv
import gzip
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from pipeline.emotions import FACE_PX, resize_face
from pipeline.errors import DataError
from pipeline.records import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.records import Floats, Image

    Labels: TypeAlias = NDArray[np.int64]
    Names: TypeAlias = NDArray[np.str_]

TRAINING, PUBLIC_TEST, PRIVATE_TEST = "Training", "PublicTest", "PrivateTest"
SPLITS = (TRAINING, PUBLIC_TEST, PRIVATE_TEST)

VOTE_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""FER+ columns that name an expression (Barsoum et al. 2016); `unknown` and `NF` (no face) are left out."""

FER_PLUS_EMOTIONS = (6, 3, 5, 4, 0, 1, 2)
"""Our label of each of the first seven `VOTE_COLUMNS`; contempt has none."""

SPELLINGS = {
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
SPLIT_FOLDERS = {"train": TRAINING, "training": TRAINING, "test": PUBLIC_TEST, "validation": PUBLIC_TEST}
PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """Faces with their labels.

    Attributes:
        faces: uint8 (N, 48, 48), grey.
        labels: int64 (N,), positions in `EMOTIONS`.
        splits: (N,), each one of `SPLITS`.
        votes: float32 (N, 8), shares of FER+ votes by `VOTE_COLUMNS`; rows of zeros where there are none.
        source: where they were read from, for the card.
        sha256: hash over faces, labels and splits.
    """

    faces: Image
    labels: Labels
    splits: Names
    votes: Floats
    source: str
    sha256: str

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, name: str) -> LabelledFaces:
        """The rows of one split."""
        return self.take(np.flatnonzero(self.splits == name))

    def take(self, rows: Labels) -> LabelledFaces:
        """The rows at the given positions, in that order."""
        return LabelledFaces(
            self.faces[rows], self.labels[rows], self.splits[rows], self.votes[rows], self.source, self.sha256
        )


def load(path: Path, ferplus: Path | None = None) -> LabelledFaces:
    """Read a FER-2013 csv (plain or gzip), or a folder with one sub-folder of pictures for each class.

    Args:
        path: `fer2013.csv`, `fer2013.csv.gz`, or `root/[train|test/]class/picture.jpg`.
        ferplus: the FER+ votes, row-aligned with the csv.

    Raises:
        DataError: a row or picture cannot be read; the message names the line or file.
    """
    if path.is_dir():
        if ferplus is not None:
            raise DataError(f"--ferplus goes with a FER-2013 csv; found the folder {path}. Leave --ferplus away.")
        return _collect(_read_folder(path), str(path.name))
    if not path.is_file():
        raise DataError(
            f"{path}: expected a FER-2013 csv or a folder with one sub-folder per class; found nothing there. "
            "FER-2013 is on Kaggle as 'Challenges in Representation Learning: Facial Expression Recognition'."
        )
    data = _collect(_read_csv(path), path.name)
    return data if ferplus is None else _with_votes(data, ferplus)


def held_out(data: LabelledFaces, split: str | None = None) -> list[tuple[str, LabelledFaces]]:
    """The parts to measure on: one split, or every held-out split, or all faces of data that has none.

    Raises:
        DataError: the split does not exist, or has no faces.
    """
    if split is None:
        found = [name for name in (PUBLIC_TEST, PRIVATE_TEST) if (data.splits == name).any()]
        return [(name, data.split(name)) for name in found] or [("", data)]
    if split not in SPLITS:
        raise DataError(f"--split: expected one of {', '.join(SPLITS)}; found {split!r}.")
    part = data.split(split)
    if not len(part):
        raise DataError(f"{data.source}: expected {split} faces; found none. Leave --split away.")
    return [(split, part)]


def _collect(rows: Iterable[tuple[Image, int, str]], source: str) -> LabelledFaces:
    faces, labels, splits = [], [], []
    for face, label, split in rows:
        faces.append(face)
        labels.append(label)
        splits.append(split)
    if not faces:
        raise DataError(f"{source}: expected labelled faces; found none.")
    pixels, numbers = np.stack(faces), np.array(labels, np.int64)
    digest = hashlib.sha256(pixels.tobytes() + numbers.tobytes() + "\n".join(splits).encode())
    votes = np.zeros((len(faces), len(VOTE_COLUMNS)), np.float32)
    return LabelledFaces(pixels, numbers, np.array(splits), votes, source, digest.hexdigest())


def _read_csv(path: Path) -> Iterator[tuple[Image, int, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            _expect_columns(path, reader.fieldnames, ("emotion", "pixels"))
            for row in reader:
                yield _parse_row(row, f"{path}, line {reader.line_num}")
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: expected a csv file, plain or gzip; it cannot be read: {error}.") from error


def _expect_columns(path: Path, found: Iterable[str] | None, expected: Iterable[str]) -> None:
    missing = [name for name in expected if name not in (found or ())]
    if missing:
        raise DataError(f"{path}: expected the columns {', '.join(expected)}; {', '.join(missing)} not found.")


def _parse_row(row: dict[str, str], where: str) -> tuple[Image, int, str]:
    label, pixels, split = row["emotion"], row["pixels"] or "", row.get("Usage") or TRAINING
    if not label.isdecimal() or int(label) >= len(EMOTIONS):
        raise DataError(f"{where}: expected an emotion from 0 to 6; found {label!r}.")
    if split not in SPLITS:
        raise DataError(f"{where}: expected a Usage of {', '.join(SPLITS)}; found {split!r}.")
    try:
        values = np.array(pixels.split(), np.int64)
    except (ValueError, OverflowError):
        raise DataError(f"{where}: expected {FACE_PX**2} whole numbers as pixels; found other text.") from None
    if len(values) != FACE_PX**2:
        raise DataError(f"{where}: expected {FACE_PX**2} pixels; found {len(values)}.")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"{where}: expected pixels from 0 to 255; found {values.min()} to {values.max()}.")
    return values.astype(np.uint8).reshape(FACE_PX, FACE_PX), int(label), split


def _with_votes(data: LabelledFaces, path: Path) -> LabelledFaces:
    """Attach FER+ votes: single votes for an expression count as noise and are dropped, as in the paper's section 3."""
    if not path.is_file():
        raise DataError(f"{path}: expected the FER+ votes (fer2013new.csv); found nothing there.")
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        _expect_columns(path, reader.fieldnames, VOTE_COLUMNS)
        counts = np.array([[float(row[name]) for name in VOTE_COLUMNS] for row in reader], np.float32)
    if len(counts) != len(data):
        raise DataError(f"{path}: expected one row for each of {len(data)} faces; found {len(counts)} rows.")
    counts[counts <= 1] = 0
    votes = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return LabelledFaces(data.faces, data.labels, data.splits, votes, f"{data.source} + {path.name}", data.sha256)


def _read_folder(root: Path) -> Iterator[tuple[Image, int, str]]:
    classes = list(_class_folders(root))
    if not classes:
        raise DataError(f"{root}: expected sub-folders named {', '.join(EMOTIONS)}; found none of them.")
    for folder, label, split in classes:
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in PICTURES:
                yield _read_picture(path), label, split


def _class_folders(root: Path) -> Iterator[tuple[Path, int, str]]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        name = folder.name.lower()
        if name in SPLIT_FOLDERS:
            for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
                yield inner, _label_of(inner), SPLIT_FOLDERS[name]
        else:
            yield folder, _label_of(folder), TRAINING


def _label_of(folder: Path) -> int:
    name = SPELLINGS.get(folder.name.lower(), folder.name.lower())
    if name not in EMOTIONS:
        raise DataError(f"{folder}: expected a folder named {', '.join(EMOTIONS)}; found {folder.name!r}.")
    return EMOTIONS.index(name)


def _read_picture(path: Path) -> Image:
    encoded = np.frombuffer(path.read_bytes(), np.uint8)
    picture = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE) if encoded.size else None
    if picture is None:
        raise DataError(f"{path}: expected a picture; it cannot be decoded.")
    return resize_face(np.asarray(picture, np.uint8))
