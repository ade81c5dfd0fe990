"""Answers of people who looked at faces: read from their files, put together, and what most of them say.

A file holds `{"faces": [{"video", "frame", "box": [x, y, width, height], "votes": [...], ...}]}`: one vote a face where
one person answered, several where a set was rated several times.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from ..errors import DataError
from ..formats import name_format
from ..records import EXPRESSIONS, Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

UNCLEAR_VOTE, NO_FACE_VOTE = "unclear", "noface"
"""As the files write them."""

VOTES = (*EXPRESSIONS, UNCLEAR_VOTE, NO_FACE_VOTE)
"""What somebody can say of a face."""

OTHER_SPELLINGS = {"no face": NO_FACE_VOTE, "no_face": NO_FACE_VOTE}


@dataclass(frozen=True, slots=True)
class RatedFace:
    """A face with what people said of it.

    Attributes:
        video: the file's name.
        sha256: hash of its content; empty where the file of answers does not say.
        frame: position in the stream, from 0.
        box: pixels of the upright frame.
        votes: one for each person who answered, each one of `VOTES`.
        weight: how many stored faces it stands for; only ratios count.
        random: drawn at random, so that shares follow from it.
        location: where it was seen; empty where the file does not say.
        time_s: seconds from the video's first frame; None where the file does not say.
    """

    video: str
    sha256: str
    frame: int
    box: Box
    votes: tuple[str, ...]
    weight: float = 1.0
    random: bool = True
    location: str = ""
    time_s: float | None = None

    @property
    def key(self) -> tuple[str, int, tuple[int, ...]]:
        """What is the same for everybody who answers: the video, the frame and the box to the tenth of a pixel."""
        box = self.box
        edges = (box.left, box.top, box.right - box.left, box.bottom - box.top)
        return self.sha256 or self.video, self.frame, tuple(round(10 * edge) for edge in edges)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of all raters to one sample of faces.

    Attributes:
        sample: by which the sample is known; of files that do not say, a hash of their faces.
        faces: each face once, with the votes of all.
        raters: how many people (or passes of a machine) answered at least some of it.
    """

    sample: str
    faces: tuple[RatedFace, ...]
    raters: int


class _Face(msgspec.Struct):
    """A face as a file writes it."""

    video: str
    frame: int
    box: tuple[float, float, float, float]
    votes: list[str]
    sha256: str = ""
    weight: float = 1.0
    random: bool = True
    location: str = ""
    time_s: float | None = None


class _File(msgspec.Struct):
    """A file of answers."""

    faces: list[_Face]
    rater: str = ""
    sample: str = ""


def read_answers(paths: Sequence[Path]) -> Answers:
    """Put the files of several raters together.

    Raises:
        DataError: a file cannot be read or holds something else, the files are about different samples, or one person
            answers twice.
    """
    files = [(path, _read(path)) for path in paths]
    _check_one_sample(files)
    _check_raters(files)
    merged: dict[tuple[object, ...], RatedFace] = {}
    for path, file in files:
        for number, face in enumerate(file.faces):
            rated = _rated(path, number, face)
            known = merged.get(rated.key)
            merged[rated.key] = replace(known, votes=known.votes + rated.votes) if known else rated
    faces = tuple(merged.values())
    return Answers(files[0][1].sample or _hash(faces), faces, _count_raters(files))


def _read(path: Path) -> _File:
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        file = msgspec.json.decode(content, type=_File)
    except OSError as error:
        raise DataError(f"{path}: expected a file of answers; it cannot be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        known = name_format(content[:4096])
        found = f"found {known}" if known else _in_words(error) if content.strip() else "it is empty"
        raise DataError(
            f"{path}: expected the answers of an audit, a JSON file that its page saves; {found}. "
            "Name the file that was saved from the page."
        ) from error
    if not file.faces:
        raise DataError(f"{path}: expected answers to at least one face; found none. Answer some, then save it again.")
    return file


def _in_words(error: Exception) -> str:
    """What msgspec found, with its own place in the file."""
    return f"found something else: {str(error).rstrip('.')}"


def _rated(path: Path, number: int, face: _Face) -> RatedFace:
    where = f"{path}: face {number + 1}"
    votes = tuple(OTHER_SPELLINGS.get(vote, vote) for vote in face.votes)
    unknown = next((vote for vote in votes if vote not in VOTES), None)
    if unknown is not None:
        raise DataError(f"{where}: expected votes among {', '.join(VOTES)}; found {unknown!r}. Correct it.")
    if not votes:
        raise DataError(f"{where}: expected at least one vote; found none. Leave the face out, or answer it.")
    x, y, width, height = face.box
    if face.frame < 0 or not (width > 0 and height > 0) or not 0 < face.weight < float("inf"):
        raise DataError(
            f"{where}: expected a frame from 0 on, a box with a width and a height, and a weight above 0; found frame "
            f"{face.frame}, box {list(face.box)}, weight {face.weight:g}. Save the answers from the page again."
        )
    box = Box(x, y, x + width, y + height)
    return RatedFace(
        face.video, face.sha256, face.frame, box, votes, face.weight, face.random, face.location, face.time_s
    )


def _check_one_sample(files: Sequence[tuple[Path, _File]]) -> None:
    first_path, first = files[0]
    for path, file in files:
        if file.sample != first.sample:
            raise DataError(
                f"{path}: expected answers to the same sample as {first_path.name}; found those to another. "
                "Read the files of each sample by themselves: a report uses all that were read."
            )


def _check_raters(files: Sequence[tuple[Path, _File]]) -> None:
    """Nobody's answers may count twice."""
    seen: dict[tuple[str, object], Path] = {}
    for number, (path, file) in enumerate(files):
        if path.resolve() in {other.resolve() for other, _ in files[:number]}:
            raise DataError(f"{path}: expected each file once; it is named twice. Name it once.")
        keys = [(file.rater, _rated(path, at, face).key) for at, face in enumerate(file.faces)]
        if len(set(keys)) < len(keys):
            raise DataError(f"{path}: expected each face once; found one twice. Save the answers from the page again.")
        earlier = next((seen[key] for key in keys if file.rater and key in seen), None)
        if earlier:
            raise DataError(
                f"{path}: expected one answer of each person to a face; {earlier} has answers of {file.rater!r} to the "
                "same faces. Leave the older one away, or let each person use a name of their own."
            )
        seen |= dict.fromkeys(keys, path)


def _count_raters(files: Iterable[tuple[Path, _File]]) -> int:
    """People by name; of a file without a name, as many as it has votes for a face."""
    named = {file.rater for _, file in files if file.rater}
    nameless = [max(len(face.votes) for face in file.faces) for _, file in files if not file.rater]
    return len(named) + sum(nameless)


def _hash(faces: Sequence[RatedFace]) -> str:
    return hashlib.sha256(repr(sorted(face.key for face in faces)).encode()).hexdigest()


def settle(votes: Sequence[str]) -> str | None:
    """What more than half of the votes say: one of `VOTES`, or None where they are split.

    First the kind must have more than half of the votes, an expression, unclear or no face; then a single expression.
    """
    kinds = Counter("expression" if vote in EXPRESSIONS else vote for vote in votes)
    kind, count = kinds.most_common(1)[0]
    if 2 * count <= len(votes):
        return None
    if kind != "expression":
        return kind
    name, count = Counter(vote for vote in votes if vote in EXPRESSIONS).most_common(1)[0]
    return name if 2 * count > len(votes) else None
