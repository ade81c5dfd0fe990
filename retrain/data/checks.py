"""What is in a data set before anything is trained on it: counts, blank pictures, duplicates across splits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.errors import DataError
from pipeline.plurals import count
from pipeline.records import EXPRESSIONS

from .faces import PUBLIC_TEST, TRAINING, LabelledFaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.records import Floats, Image

    from .faces import Labels

BLANK = 1.0
"""Grey levels of standard deviation below which a picture shows nothing."""

SAME_FACE = 0.96
"""Correlation of two faces at 16 by 16 pixels from which they are one picture, cropped or compressed again. Looked at
in FER-2013: from 0.96 all pairs are the same picture, at 0.94 some are two people."""

FEW = 50
"""Pictures of a class in Training below which a warning is due."""

_SHOWN, _BLANK_ONES = "were left out because they show a held-out picture", "those in Training were left out"

_GRID = 16
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Leak:
    """A Training face that shows a held-out picture: origins of both, and their correlation (1 for equal pixels)."""

    training: str
    held_out: str
    correlation: float


@dataclass(frozen=True, slots=True)
class DataReport:
    """What `check` found.

    Attributes:
        counts: faces of each class for each split, before anything was taken out; without replayed ones.
        unreadable: what is wrong with each row or picture that was skipped.
        blank: origins of pictures that show nothing.
        repeated: Training faces whose pixels stand in Training before, each with the first of its kind.
        exact, near: Training faces that are a held-out picture, pixel by pixel or nearly; left out.
        warnings: sentences for the user.
    """

    counts: dict[str, tuple[int, ...]]
    unreadable: tuple[str, ...]
    blank: tuple[str, ...]
    repeated: tuple[tuple[str, str], ...]
    exact: tuple[Leak, ...]
    near: tuple[Leak, ...]
    warnings: tuple[str, ...]


def check(data: LabelledFaces, classes: Sequence[str] = EXPRESSIONS) -> tuple[LabelledFaces, DataReport]:
    """Look through a data set, and take out of Training what is blank or shows a held-out picture.

    Args:
        data: labelled faces.
        classes: the expressions that are trained, of which few pictures are warned of; replayed ones do not count.

    Returns:
        The data without those faces (its hash stays that of what was read), and the report.
    """
    training = np.flatnonzero(data.splits == TRAINING)
    held_out = np.flatnonzero(data.splits != TRAINING)
    blank = data.faces.reshape(len(data), -1).std(axis=1) < BLANK
    others, correlation = nearest(data.faces[training], data.faces[held_out])
    leaks = [
        Leak(str(data.origins[row]), str(data.origins[held_out[other]]), float(found))
        for row, other, found in zip(training, others, correlation, strict=True)
        if found >= SAME_FACE and not blank[row]
    ]
    dropped = np.zeros(len(data), bool)
    dropped[training] = (correlation >= SAME_FACE) | blank[training]
    report = DataReport(
        counts=data.take(np.flatnonzero(~data.known)).counts(),
        unreadable=data.unreadable,
        blank=tuple(str(name) for name in data.origins[blank]),
        repeated=tuple(_find_repeated(data.take(training))),
        exact=tuple(leak for leak in leaks if leak.correlation == 1),
        near=tuple(leak for leak in leaks if leak.correlation < 1),
        warnings=_warnings(data.take(np.flatnonzero(~data.known & ~dropped)), classes),
    )
    return replace(data.take(np.flatnonzero(~dropped)), notes=(*data.notes, *_notes(report))), report


def nearest(faces: Image, others: Image) -> tuple[Labels, Floats]:
    """For each face the most similar of the others.

    Args:
        faces: uint8 (N, S, S).
        others: uint8 (M, S, S).

    Returns:
        Positions in `others`, (N,), and correlations, float32 (N,): exactly 1 only for equal pixels.
    """
    places, best = np.zeros(len(faces), np.int64), np.full(len(faces), -1, np.float32)
    if not len(faces) or not len(others):
        return places, best
    prints, known = _fingerprints(faces), _fingerprints(others)
    for at in range(0, len(known), _ROWS):
        found = prints @ known[at : at + _ROWS].T
        highest = found.max(axis=1)
        better = highest > best
        places[better] = at + found.argmax(axis=1)[better]
        best = np.maximum(best, highest)
    likely = np.flatnonzero(best >= SAME_FACE)
    best = np.minimum(best, np.float32(0.9999))
    by_pixels = {face.tobytes(): place for place, face in enumerate(others)}
    for row in likely:
        equal = by_pixels.get(faces[row].tobytes())
        if equal is not None:
            places[row], best[row] = equal, 1
    return places, best


def _fingerprints(faces: Image) -> Floats:
    """Faces at 16 by 16 pixels with mean 0 and length 1, float32 (N, 256): their products are correlations."""
    small = [cv2.resize(face, (_GRID, _GRID), interpolation=cv2.INTER_AREA) for face in faces]
    values = np.asarray(small, np.float32).reshape(len(faces), -1)
    values -= values.mean(axis=1, keepdims=True)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-3), np.float32)


def _find_repeated(data: LabelledFaces) -> Iterator[tuple[str, str]]:
    first: dict[bytes, str] = {}
    for face, origin in zip(data.faces, map(str, data.origins), strict=True):
        pixels = face.tobytes()
        if pixels in first:
            yield origin, first[pixels]
        else:
            first[pixels] = origin


def _warnings(data: LabelledFaces, classes: Sequence[str]) -> tuple[str, ...]:
    counts = np.bincount(data.labels[data.splits == TRAINING], minlength=len(EXPRESSIONS))
    return tuple(
        f"{name}: only {count(pictures, 'Training picture')}; expected {FEW} or more. The model "
        "will hardly learn this expression."
        for name, pictures in zip(EXPRESSIONS, counts, strict=True)
        if name in classes and pictures < FEW
    )


def list_problems(report: DataReport) -> str:
    """Every unreadable, blank or duplicate row or picture, a line each; files are named from their source's folder on.

    Empty where there are none.
    """
    lines = [
        *(f"unreadable: {problem}" for problem in report.unreadable),
        *(f"blank: {name}" for name in report.blank),
        *(f"duplicate: {leak.training} shows {leak.held_out}, pixel by pixel" for leak in report.exact),
        *(f"duplicate: {leak.training} shows {leak.held_out}, {leak.correlation:.3f} alike" for leak in report.near),
        *(f"repeated: {face} shows {first}, both in {TRAINING}" for face, first in report.repeated),
    ]
    return "".join(f"{line}\n" for line in lines)


def _notes(report: DataReport) -> tuple[str, ...]:
    taken = len(report.exact) + len(report.near)
    notes = []
    if taken:
        notes.append(
            f"{taken} Training faces {_SHOWN}: {len(report.exact)} pixel by pixel, "
            f"{len(report.near)} nearly (correlation of {SAME_FACE} or more at {_GRID} by {_GRID} pixels)."
        )
    if report.blank:
        notes.append(f"{count(len(report.blank), 'blank picture')}; {_BLANK_ONES}.")
    return tuple(notes)


def tells_of_cleaning(notes: Iterable[str]) -> bool:
    """Whether a card's notes say that faces were left out of Training, as `check` does."""
    return any(words in note for note in notes for words in (_SHOWN, _BLANK_ONES))


def check_held_out(data: LabelledFaces) -> None:
    """Refuse data that a run's end could not be measured on.

    Raises:
        DataError: says how many faces are needed.
    """
    held_out = int((data.splits == PUBLIC_TEST).sum())
    if held_out < 2:
        raise DataError(
            f"{data.source}: expected at least two PublicTest faces, to calibrate on one half and to measure on the "
            f"other; found {held_out}. Hold out more faces."
        )
