"""Folders of labelled pictures: a sub-folder for each class, with or without train and test above them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.emotions import resize_face
from pipeline.errors import DataError
from pipeline.records import EMOTIONS

from .datasets import PRIVATE_TEST, PUBLIC_TEST, TRAINING, LabelledFace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline.records import Image

    from .detect import FaceCutter

SPELLINGS = {
    "angry": ("anger", "an", "giận dữ", "tức giận", "giận", "tức"),
    "disgust": ("disgusted", "di", "ghê tởm", "kinh tởm", "chán ghét"),
    "fear": ("fearful", "afraid", "scared", "sợ hãi", "sợ", "lo sợ"),
    "happy": ("happiness", "joy", "vui vẻ", "vui", "hạnh phúc", "vui mừng"),
    "sad": ("sadness", "buồn", "buồn bã", "buồn rầu"),
    "surprise": ("surprised", "ngạc nhiên", "bất ngờ"),
    "neutral": ("neutrality", "bình thường", "trung tính", "trung lập"),
}
"""Other names of the classes, English and Vietnamese; accents, case, dashes and underscores do not matter."""

LEFT_OUT = ("contempt", "unknown", "nf", "khinh thuong", "khinh miet")
"""Classes of other data sets that have no place among the seven."""

TRAIN_FOLDERS = ("train", "training")
VALIDATION_FOLDERS = ("validation", "valid", "val", "publictest", "public test")
TEST_FOLDERS = ("test", "testing", "privatetest", "private test")
PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}

SUBJECT = re.compile(r"(S\d{2,4})_")
"""CK+ names pictures by subject, session and frame: S010_004_00000017.png."""


def read(
    root: Path, bad: list[str] | None = None, cutter: FaceCutter | None = None
) -> tuple[list[LabelledFace], list[str]]:
    """All pictures below a root, and notes on classes that were left out or are missing.

    Args:
        root: `root/class/picture.png` or `root/train/class/picture.png`.
        bad: receives what is wrong with a picture; None to raise instead.
        cutter: cuts the face out of each picture; pictures in which it finds none are left out.

    Raises:
        DataError: no class folder, a folder of unknown name, or a picture that cannot be read with `bad` None.
    """
    rows: list[LabelledFace] = []
    notes: list[str] = []
    missed = 0
    for folder, split in _class_folders(root):
        name = _plain(folder.name)
        pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
        if name in LEFT_OUT:
            notes.append(
                f"{root.name}/{folder.name}: {len(pictures)} pictures left out; not one of the seven expressions."
            )
            continue
        label = _label_of(folder)
        found = list(_read_pictures(pictures, lambda path: read_face(path, cutter), bad))
        missed += len(pictures) - len(found)
        rows.extend(_labelled(root, found, label, split))
    if cutter and missed:
        notes.append(f"{root.name}: no face was found in {missed} pictures, which were left out.")
    missing = [name for label, name in enumerate(EMOTIONS) if not any(row.label == label for row in rows)]
    if rows and missing:
        notes.append(f"{root.name} has no pictures of: {', '.join(missing)}.")
    return rows, notes


def label_names() -> dict[str, int]:
    """Every accepted spelling, without accents and in lower case → the label."""
    names = {name: (name, *SPELLINGS[name]) for name in EMOTIONS}
    return {_plain(spelling): EMOTIONS.index(name) for name, spellings in names.items() for spelling in spellings}


def _plain(name: str) -> str:
    """Lower case, without accents, with single spaces: `Giận_Dữ` → `gian du`."""
    parts = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    letters = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(re.split(r"[\s_-]+", letters.strip()))


def _label_of(folder: Path) -> int:
    label = label_names().get(_plain(folder.name))
    if label is None:
        raise DataError(
            f"{folder}: expected a folder named {', '.join(EMOTIONS)} (or a usual spelling, English or Vietnamese); "
            f"found {folder.name!r}."
        )
    return label


def _class_folders(root: Path) -> list[tuple[Path, str]]:
    """Class folders with the split they stand for; empty where there are no splits."""
    inside = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    names = {_plain(path.name) for path in inside}
    # With a validation folder beside it, the test folder is the one that nothing is chosen by.
    test = PRIVATE_TEST if names & set(VALIDATION_FOLDERS) else PUBLIC_TEST
    splits = dict.fromkeys(TRAIN_FOLDERS, TRAINING) | dict.fromkeys(VALIDATION_FOLDERS, PUBLIC_TEST)
    splits |= dict.fromkeys(TEST_FOLDERS, test)
    found = []
    for folder in inside:
        split = splits.get(_plain(folder.name))
        if split is None:
            found.append((folder, ""))
        else:
            found.extend((inner, split) for inner in sorted(folder.iterdir()) if inner.is_dir())
    if not found:
        raise DataError(f"{root}: expected sub-folders named {', '.join(EMOTIONS)}; found none of them.")
    return found


def _read_pictures(
    pictures: list[Path], reader: Callable[[Path], Image | None], bad: list[str] | None
) -> Iterator[tuple[Path, Image]]:
    for path in pictures:
        try:
            face = reader(path)
        except DataError as error:
            if bad is None:
                raise
            bad.append(str(error))
            continue
        if face is not None:
            yield path, face


def _labelled(root: Path, found: list[tuple[Path, Image]], label: int, split: str) -> Iterator[LabelledFace]:
    for path, face in found:
        subject = SUBJECT.match(path.name)
        yield LabelledFace(face, label, split, str(path.relative_to(root.parent)), subject[1] if subject else "")


def read_face(path: Path, cutter: FaceCutter | None) -> Image | None:
    """A picture file as a grey face, uint8 (48, 48): the whole picture, or the face that a cutter finds in it."""
    return read_picture(path) if cutter is None else cutter.cut(decode(path, cv2.IMREAD_COLOR_RGB))


def read_picture(path: Path) -> Image:
    """A picture file as a grey face, uint8 (48, 48)."""
    picture = decode(path)
    # A picture that is not square is cut to its middle: squeezing would change the face.
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    return resize_face(picture[top : top + side, left : left + side])


def decode(path: Path, flags: int = cv2.IMREAD_GRAYSCALE) -> Image:
    """The pixels of a picture file.

    Raises:
        DataError: the file cannot be read or is no picture.
    """
    try:
        encoded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(f"{path}: expected a picture; {error.strerror}.") from error
    picture = cv2.imdecode(encoded, flags) if encoded.size else None
    if picture is None:
        raise DataError(f"{path}: expected a picture; it cannot be decoded.")
    return np.asarray(picture, np.uint8)
