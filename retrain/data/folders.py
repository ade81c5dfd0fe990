"""Folders of labelled pictures: a sub-folder for each class, with or without train and test above them."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.errors import DataError
from pipeline.places.bins import why_no_footage
from pipeline.plurals import count
from pipeline.preprocessing import resize_face
from pipeline.records import EXPRESSIONS

from .faces import PRIVATE_TEST, PUBLIC_TEST, TRAINING, LabelledFace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.records import Image

    from .detect import FaceCutter

SPELLINGS = {
    "angry": ("anger", "an", "giận dữ", "tức giận", "giận", "tức"),
    "disgust": ("disgusted", "di", "ghê tởm", "kinh tởm", "chán ghét"),
    "fear": ("fe", "fearful", "afraid", "scared", "sợ hãi", "sợ", "lo sợ"),
    "happy": ("ha", "happiness", "joy", "vui vẻ", "vui", "hạnh phúc", "vui mừng"),
    "sad": ("sa", "sadness", "buồn", "buồn bã", "buồn rầu"),
    "surprise": ("su", "surprised", "suprise", "suprised", "ngạc nhiên", "bất ngờ"),
    "neutral": ("ne", "neutrality", "bình thường", "trung tính", "trung lập"),
}
"""Other names of the classes: English (also as often misspelt), Vietnamese, and JAFFE's two letters; accents, case and
punctuation do not matter."""

LEFT_OUT = ("contempt", "unknown", "nf", "khinh bi", "khinh thuong", "khinh miet")
"""Classes of other data sets that have no place among the seven."""

TRAIN_FOLDERS = ("train", "training")
VALIDATION_FOLDERS = ("validation", "valid", "val", "publictest", "public test")
TEST_FOLDERS = ("test", "testing", "privatetest", "private test")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

SUBJECT = re.compile(r"(S\d{2,4})_|([A-Z]{2})\.(?:AN|DI|FE|HA|SA|SU|NE)\d")
"""CK+ names pictures by subject, session and frame, S010_004_00000017.png; JAFFE by subject, expression and two
numbers, KA.AN1.39.tiff."""


def read(
    root: Path, bad: list[str] | None = None, cutter: FaceCutter | None = None
) -> tuple[list[LabelledFace], list[str]]:
    """All pictures below a root, and notes on what was left out or is missing.

    Args:
        root: `root/class/picture.png` or `root/train/class/picture.png`; pictures may lie deeper inside a class.
        bad: receives what is wrong with a picture; None to raise instead.
        cutter: cuts the face out of each picture; pictures in which it finds none are left out.

    Raises:
        DataError: no class folder, a folder of unknown name, or a picture that cannot be read with `bad` None.
    """
    rows: list[LabelledFace] = []
    notes: list[str] = []
    missed, strange = 0, _count_loose(root)
    renamed: dict[str, str] = {}
    for folder, split in _class_folders(root):
        files = _files(folder)
        pictures = [path for path in files if path.suffix.lower() in PICTURES]
        strange += len(files) - len(pictures)
        if _plain(folder.name) in LEFT_OUT:
            where = _origin(root, folder)
            notes.append(f"{where}: {count(len(pictures), 'picture')} left out; not one of the seven expressions.")
            continue
        label = _label_of(folder)
        if _plain(folder.name) != EXPRESSIONS[label]:
            renamed[_printable(folder.name)] = EXPRESSIONS[label]
        found = list(_read_pictures(root, pictures, cutter, bad))
        missed += sum(face is None for _, face in found)
        rows.extend(_labelled(root, found, label, split))
    if renamed:
        notes.append(f"{root.name}: {', '.join(f'{name} is {label}' for name, label in renamed.items())} here.")
    return rows, [*notes, *_notes(root, rows, missed, strange)]


def _notes(root: Path, rows: list[LabelledFace], missed: int, strange: int) -> Iterator[str]:
    if missed:
        without = count(missed, "picture, which was", "pictures, which were")
        yield f"{root.name}: no face was found in {without} left out."
    if strange:
        passed = count(strange, "file was", "files were")
        yield f"{root.name}: {passed} passed over; read are {', '.join(PICTURES)} inside class folders."
    if bins := _bins(root):
        yield f"{root.name}: not looked into: {', '.join(f'{at} ({what})' for at, what in bins.items())}."
    missing = [name for label, name in enumerate(EXPRESSIONS) if not any(row.label == label for row in rows)]
    if rows and missing:
        yield f"{root.name} has no pictures of: {', '.join(missing)}."


@cache
def label_names() -> dict[str, int]:
    """Every accepted spelling, without accents and in lower case → the label."""
    names = {name: (name, *SPELLINGS[name]) for name in EXPRESSIONS}
    return {_plain(spelling): EXPRESSIONS.index(name) for name, spellings in names.items() for spelling in spellings}


def _plain(name: str) -> str:
    """Lower case, without accents and punctuation, with single spaces: `Giận_Dữ` → `gian du`."""
    parts = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    letters = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", letters).strip()


def find_label(name: str) -> int | None:
    """The label of an expression's name in any accepted spelling; None for another word."""
    return label_names().get(_plain(name))


def _label_of(folder: Path) -> int:
    label = find_label(folder.name)
    if label is None:
        raise DataError(
            f"{folder}: expected a folder named {', '.join(EXPRESSIONS)} (or a usual spelling, English or Vietnamese); "
            f"found {folder.name!r}."
        )
    return label


def _class_folders(root: Path) -> list[tuple[Path, str]]:
    """Class folders with the split they stand for; empty where there are no splits.

    Raises:
        DataError: there is none.
    """
    splits = _split_folders(root)
    found = [(path, "") for path in _entries(root) if path.is_dir() and path not in splits]
    found += [(path, split) for folder, split in splits.items() for path in _entries(folder) if path.is_dir()]
    if not found:
        raise DataError(f"{root}: expected sub-folders named {', '.join(EXPRESSIONS)}; found none of them.")
    return found


def _split_folders(root: Path) -> dict[Path, str]:
    """Folders that stand for a split."""
    inside = [path for path in _entries(root) if path.is_dir()]
    names = {_plain(path.name) for path in inside}
    # With a validation folder beside it, the test folder is the one that nothing is chosen by.
    test = PRIVATE_TEST if names & set(VALIDATION_FOLDERS) else PUBLIC_TEST
    splits = dict.fromkeys(TRAIN_FOLDERS, TRAINING) | dict.fromkeys(VALIDATION_FOLDERS, PUBLIC_TEST)
    splits |= dict.fromkeys(TEST_FOLDERS, test)
    return {path: splits[name] for path in inside if (name := _plain(path.name)) in splits}


def _count_loose(root: Path) -> int:
    """Files beside class folders, which belong to no class."""
    return sum(not path.is_dir() for folder in (root, *_split_folders(root)) for path in _entries(folder))


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, in order, without what an editor or an operating system hid there."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: expected a folder of pictures; {error.strerror}.") from error
    return [path for path in inside if not path.name.startswith(".") and not why_no_footage(path.name)]


def _bins(root: Path) -> dict[str, str]:
    """Bins and thumbnails, which are not looked into: path from the root → what it is."""
    found: dict[str, str] = {}
    for folder, folders, _ in os.walk(root):
        for name in sorted(folders):
            if what := why_no_footage(name):
                found[_printable(os.path.relpath(os.path.join(folder, name), root))] = what  # noqa: PTH118
        folders[:] = [name for name in folders if not name.startswith(".") and not why_no_footage(name)]
    return found


def _files(folder: Path) -> list[Path]:
    """The files of a folder at any depth; a link to a folder is not followed, for it may lead back."""
    files: list[Path] = []
    for path in _entries(folder):
        files.extend(_files(path) if path.is_dir() and not path.is_symlink() else [path])
    return files


def _read_pictures(
    root: Path, pictures: list[Path], cutter: FaceCutter | None, bad: list[str] | None
) -> Iterator[tuple[Path, Image | None]]:
    """Each picture with its face; None where the cutter finds none."""
    for path in pictures:
        try:
            face = read_face(path, cutter)
        except DataError as error:
            if bad is None:
                raise
            bad.append(str(error).replace(str(path), _origin(root, path), 1))
            continue
        yield path, face


def _labelled(root: Path, found: list[tuple[Path, Image | None]], label: int, split: str) -> Iterator[LabelledFace]:
    for path, face in found:
        if face is not None:
            subject = SUBJECT.match(path.name)
            yield LabelledFace(
                face, label, split, _origin(root, path), subject[subject.lastindex or 0] if subject else ""
            )


def _origin(root: Path, path: Path) -> str:
    """A path from the root's own name on, in one printable line: where a root lies may say whose pictures they are."""
    return _printable(str(path.relative_to(root.parent)))


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)


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
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path}: expected a picture; found something that is no file.")
        encoded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(f"{path}: expected a picture; {error.strerror}.") from error
    try:
        picture = cv2.imdecode(encoded, flags) if encoded.size else None
    except cv2.error:  # more pixels than OpenCV takes
        picture = None
    if picture is None:
        raise DataError(f"{path}: expected a picture; it cannot be decoded.")
    return np.asarray(picture, np.uint8)
