"""Labelled faces: the records, and how several of them become one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pipeline.errors import DataError, SettingError
from pipeline.plurals import count
from pipeline.records import EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.records import Floats, Image

    Labels: TypeAlias = NDArray[np.int64]
    Names: TypeAlias = NDArray[np.str_]


TRAINING, PUBLIC_TEST, PRIVATE_TEST = "Training", "PublicTest", "PrivateTest"


SPLITS = (TRAINING, PUBLIC_TEST, PRIVATE_TEST)


VOTE_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""FER+ columns that name an expression (Barsoum et al. 2016)."""


OTHER_VOTES = ("unknown", "nf")
"""FER+ columns that name none: not known, no face. They count in a majority and are not learned."""


FER_PLUS_EXPRESSIONS = (6, 3, 5, 4, 0, 1, 2)
"""Our label of each of the first seven `VOTE_COLUMNS`; contempt has none."""


NO_MAJORITY = -1


HELD_OUT = 0.2
"""Share of a source without splits that is kept out of training to measure on."""


@dataclass(frozen=True, slots=True)
class LabelledFace:
    """One row or picture of a source.

    Attributes:
        face: uint8 (48, 48), grey.
        label: position in `EXPRESSIONS`.
        split: one of `SPLITS`, or empty where the source does not say.
        origin: the line or file that it was read from.
        subject: who is shown, where the file name says so; else empty.
    """

    face: Image
    label: int
    split: str
    origin: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """Faces with their labels.

    Attributes:
        faces: uint8 (N, 48, 48), grey.
        labels: int64 (N,), positions in `EXPRESSIONS`.
        splits: (N,), each one of `SPLITS`.
        votes: float32 (N, 8), shares of FER+ votes by `VOTE_COLUMNS`; rows of zeros where there are none.
        named: float32 (N,), share of all FER+ votes that `votes` are the shares of; the others are `OTHER_VOTES`.
        faceless: float32 (N,), share of all FER+ votes that say that there is no face.
        voted: bool (N,), faces that annotators voted on.
        searched: bool (N,), faces of FER-2013, whose label is the word that a web search found their picture by.
        majority: int64 (N,), the expression that more than half of all FER+ votes name, or `NO_MAJORITY`.
        weights: float32 (N,), how often an epoch of training sees each face.
        origins: (N,), line or file of each face.
        subjects: (N,), person shown, or empty.
        known: bool (N,), faces of a known data set that are mixed into Training (`retrain.data.sources.add_replay`).
        source: where they were read from, for the card.
        sha256: hash over faces, labels and splits.
        notes: what a reader should know: rows skipped, labels mapped, faces held out. Cards carry them.
        unreadable: what is wrong with each row or picture that was skipped, by line or file.
        replayed: source and hash of the known faces, which name and hash above do not cover.
    """

    faces: Image
    labels: Labels
    splits: Names
    votes: Floats
    named: Floats
    faceless: Floats
    voted: NDArray[np.bool_]
    searched: NDArray[np.bool_]
    majority: Labels
    weights: Floats
    origins: Names
    subjects: Names
    known: NDArray[np.bool_]
    source: str
    sha256: str
    notes: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    replayed: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, name: str) -> LabelledFaces:
        """The rows of one split."""
        return self.take(np.flatnonzero(self.splits == name))

    def take(self, rows: Labels) -> LabelledFaces:
        """The rows at the given positions, in that order; the hash stays that of the whole."""
        return replace(
            self,
            faces=self.faces[rows],
            labels=self.labels[rows],
            splits=self.splits[rows],
            votes=self.votes[rows],
            named=self.named[rows],
            faceless=self.faceless[rows],
            voted=self.voted[rows],
            searched=self.searched[rows],
            majority=self.majority[rows],
            weights=self.weights[rows],
            origins=self.origins[rows],
            subjects=self.subjects[rows],
            known=self.known[rows],
        )

    @property
    def called(self) -> Labels:
        """What people call each face, int64 (N,): the FER+ majority; a label that is no web search's; `NO_MAJORITY`."""
        return np.where(self.voted | self.searched, self.majority, self.labels)

    def counts(self) -> dict[str, tuple[int, ...]]:
        """Faces of each class for each split that has any."""
        return {
            split: tuple(
                int(count) for count in np.bincount(self.labels[self.splits == split], minlength=len(EXPRESSIONS))
            )
            for split in SPLITS
            if (self.splits == split).any()
        }


def collect(rows: Iterable[LabelledFace], source: str, notes: Sequence[str] = ()) -> LabelledFaces:
    """Put rows together; those without a split are Training.

    Raises:
        DataError: there are no rows.
    """
    taken = list(rows)
    if not taken:
        raise DataError(f"{source}: expected labelled faces; found none.")
    faces = np.stack([row.face for row in taken])
    labels = np.array([row.label for row in taken], np.int64)
    subjects = np.array([row.subject for row in taken])
    splits = np.array([row.split or TRAINING for row in taken])
    return LabelledFaces(
        faces=faces,
        labels=labels,
        splits=splits,
        votes=np.zeros((len(taken), len(VOTE_COLUMNS)), np.float32),
        named=np.zeros(len(taken), np.float32),
        faceless=np.zeros(len(taken), np.float32),
        voted=np.zeros(len(taken), bool),
        searched=np.zeros(len(taken), bool),
        majority=np.full(len(taken), NO_MAJORITY, np.int64),
        weights=np.ones(len(taken), np.float32),
        origins=np.array([row.origin for row in taken]),
        subjects=subjects,
        known=np.zeros(len(taken), bool),
        source=source,
        sha256=_hash(faces, labels, splits),
        notes=tuple(notes),
    )


def _hash(faces: Image, labels: Labels, splits: Names) -> str:
    digest = hashlib.sha256(faces.tobytes() + labels.tobytes() + "\n".join(splits).encode())
    return digest.hexdigest()


def hold_out(data: LabelledFaces, share: float = HELD_OUT, seed: int = 0, people: str = "the persons") -> LabelledFaces:
    """Give data that has only Training faces a PublicTest part.

    Args:
        data: labelled faces; with splits of their own they come back as they are.
        share: of the persons, and of each class among faces whose person is not known; 0 to 1.
        seed: of the draw.
        people: what `subjects` are, for the note.
    """
    if (data.splits != TRAINING).any():
        return data
    random = np.random.default_rng(seed)
    known = data.subjects != ""
    subjects = random.permutation(np.unique(data.subjects[known]))
    chosen = known & np.isin(data.subjects, subjects[: max(int(known.all()), round(share * len(subjects)))])
    for label in np.unique(data.labels[~known]):
        rows = random.permutation(np.flatnonzero((data.labels == label) & ~known))
        chosen[rows[: round(share * len(rows))]] = True
    how = " and of ".join(name for name, rows in ((people, known), ("each class", ~known)) if rows.any())
    splits = np.where(chosen, PUBLIC_TEST, TRAINING)
    note = (
        f"{data.source} has no splits: {share:.0%} of {how} ({count(int(chosen.sum()), 'face')}) held out as "
        f"{PUBLIC_TEST}, seed {seed}."
    )
    return replace(data, splits=splits, sha256=_hash(data.faces, data.labels, splits), notes=(*data.notes, note))


def combine(parts: Sequence[LabelledFaces], weights: Sequence[float]) -> LabelledFaces:
    """Several sources as one; each face counts as often as its source's weight says.

    Raises:
        SettingError: there is not one weight above zero for each source.
    """
    if len(weights) != len(parts) or not all(0 < weight < np.inf for weight in weights):
        raise SettingError(
            "weights", f"one number above 0 for each of {len(parts)} sources", ", ".join(map(str, weights))
        )
    if len(parts) == 1:
        return replace(parts[0], weights=parts[0].weights * weights[0])
    faces = np.concatenate([part.faces for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    splits = np.concatenate([part.splits for part in parts])
    return LabelledFaces(
        faces=faces,
        labels=labels,
        splits=splits,
        votes=np.concatenate([part.votes for part in parts]),
        named=np.concatenate([part.named for part in parts]),
        faceless=np.concatenate([part.faceless for part in parts]),
        voted=np.concatenate([part.voted for part in parts]),
        searched=np.concatenate([part.searched for part in parts]),
        majority=np.concatenate([part.majority for part in parts]),
        weights=np.concatenate([part.weights * weight for part, weight in zip(parts, weights, strict=True)]),
        origins=np.concatenate([part.origins for part in parts]),
        subjects=np.concatenate([_subjects_of(part, number) for number, part in enumerate(parts, 1)]),
        known=np.concatenate([part.known for part in parts]),
        source=" + ".join(part.source for part in parts),
        sha256=_hash(faces, labels, splits),
        notes=tuple(note for part in parts for note in part.notes),
        unreadable=tuple(problem for part in parts for problem in part.unreadable),
    )


def _subjects_of(part: LabelledFaces, number: int) -> Names:
    """Persons with the source they are named in: S010 of one data set is not S010 of another."""
    return np.array([f"{part.source} ({number}), {name}" if name else "" for name in part.subjects], np.str_)


def held_out(data: LabelledFaces, split: str | None = None) -> list[tuple[str, LabelledFaces]]:
    """The parts to measure on: one split, or every held-out split, or all faces of data that has none.

    Raises:
        SettingError: there is no such split.
        DataError: it has no faces.
    """
    if split is None:
        found = [name for name in (PUBLIC_TEST, PRIVATE_TEST) if (data.splits == name).any()]
        return [(name, data.split(name)) for name in found] or [("", data)]
    if split not in SPLITS:
        raise SettingError("split", f"one of {', '.join(SPLITS)}", repr(split))
    part = data.split(split)
    if not len(part):
        raise DataError(f"{data.source}: expected {split} faces; found none. Leave `split` away.")
    return [(split, part)]
