"""Small labelled data sets: drawn faces that a network can tell apart, as csv and as folders."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.records import EXPRESSIONS
from retrain.data.faces import FER_PLUS_EXPRESSIONS, OTHER_VOTES, VOTE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


CK_NAMES = {"anger": 0, "disgust": 1, "fear": 2, "happy": 3, "sadness": 4, "surprise": 5}


def draw_face(label: int, random: np.random.Generator, size: int = 48) -> np.ndarray:
    """A grey disc with two eyes and a mouth whose form depends on the label, uint8 (size, size)."""
    # The ground differs so much from face to face that no two count as the same picture.
    coarse = random.integers(0, 256, (6, 6)).astype(np.uint8)
    picture = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
    unit = size / 48
    x, y = (24 + random.integers(-5, 6, 2)) * unit
    cv2.circle(picture, (int(x), int(y)), int(random.integers(15, 20) * unit), int(random.integers(150, 220)), -1)
    for side in (-1, 1):
        cv2.circle(picture, (int(x + side * 7 * unit), int(y - 5 * unit)), int((2 + label % 3) * unit), 20, -1)
    centre = (int(x), int(y + 8 * unit))
    cv2.ellipse(picture, centre, (int(8 * unit), int((1 + label) * unit)), 0, 0, 180 if label % 2 else 360, 30, 2)
    return picture


def write_csv(path: Path, per_class: int = 8, held_out: int = 2, private: int = 0, seed: int = 0) -> Path:
    """A FER-2013 csv with so many faces of each class for each split; gzip by its suffix."""
    random = np.random.default_rng(seed)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["emotion", "pixels", "Usage"])
        for usage, count in (("Training", per_class), ("PublicTest", held_out), ("PrivateTest", private)):
            for number in range(count * len(EXPRESSIONS)):
                label = number % len(EXPRESSIONS)
                pixels = " ".join(map(str, draw_face(label, random).ravel()))
                writer.writerow([label, pixels, usage])
    return path


def write_votes(path: Path, called: Sequence[int]) -> Path:
    """FER+ votes for the rows of a csv: eight of ten annotators call each face what is given, two something else."""
    names = [*VOTE_COLUMNS, *OTHER_VOTES]
    columns = np.argsort(FER_PLUS_EXPRESSIONS)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Usage", "Image name", *names])
        for label in called:
            votes = np.zeros(len(names), int)
            votes[columns[label]], votes[columns[(label + 1) % 7]] = 8, 2
            writer.writerow(["", "", *votes])
    return path


def write_folder(root: Path, per_class: int = 3, seed: int = 0, *, colour: bool = False, size: int = 64) -> Path:
    """A folder of png pictures, one sub-folder for each expression."""
    random = np.random.default_rng(seed)
    for label, name in enumerate(EXPRESSIONS):
        (root / name).mkdir(parents=True)
        for number in range(per_class):
            picture = draw_face(label, random, size)
            shown = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if colour else picture
            cv2.imwrite(str(root / name / f"{number}.png"), shown)
    return root


def write_picture(path: Path, label: int, seed: int) -> None:
    """A drawn face as a png file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(".png", draw_face(label, np.random.default_rng(seed)))[1].tofile(path)


def write_ck_folder(root: Path, persons: int = 5) -> Path:
    """CK+48: six classes and contempt, no neutral; persons in the file names."""
    for person in range(persons):
        for number, (name, label) in enumerate([*CK_NAMES.items(), ("contempt", 3)]):
            write_picture(root / name / f"S{person:03}_{number:03}_00000012.png", label, person * 10 + number)
    return root
