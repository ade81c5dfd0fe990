"""What people said of the cameras of a report (an audit): counted for its intervals, and tried for a correction.

Shares are corrected only where that was shown to help on faces of just these cameras: a correction by confusions that
were counted elsewhere made shares of shops worse. The trial leaves out a fifth of the answered minutes in turn, learns
from the others how each camera misreads, and asks whether corrected shares of those left out are closer to what people
said of them than recognised ones are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS
from pipeline.models.card import SHOP_LIKE
from pipeline.records import EXPRESSIONS

from .intervals import to_shares
from .misreading import Pool, Readers, response_of
from .summary import SLOT_S

if TYPE_CHECKING:
    from pipeline.models.card import ModelCard

    from .columns import Audited, Data, Flags, Ints, Reals, Video
    from .misreading import Response

MIN_ANSWERS = 10
"""A camera of which fewer readable faces were answered, counted as independent ones, counts as not audited."""

FOLDS = 5
TRIAL_POOL = 2_000


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether correcting helped on faces that were held out.

    Attributes:
        faces: answered ones that people and model give an expression.
        recognised, corrected: how far shares are from those that people say, half the sum of differences, 0 to 1.
        helps: whether the second is smaller by more than its scatter over the folds.
    """

    faces: int
    recognised: float
    corrected: float
    helps: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the part of the intervals that is misreading comes from.

    Attributes:
        known: whether it is known of every camera how it may misread; else intervals of its groups know sampling only.
        data, faces, conditions: of the newest model that counted confusions its labelled faces, how many, and in how
            many ways they were spoilt as poor cameras do; empty without one.
        cameras, audited: cameras with readable faces, and those that are audited.
        trial: of a correction; None where there are too few answers for one.
    """

    known: bool
    data: str
    faces: int
    conditions: int
    cameras: int
    audited: int
    trial: Trial | None


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Answered faces that people and model give an expression (or the model: undecided), one entry each.

    Attributes:
        camera, said, read: int64 (A,); read is a position in `LABELS`.
        weight: float64 (A,); faces of the same ten seconds that people call the same count as one.
        minute: int64 (A,), a key of video and minute.
    """

    camera: Ints
    said: Ints
    read: Ints
    weight: Reals
    minute: Ints

    def count(self, cameras: int, keep: Flags | None = None) -> Reals:
        """What people say by what is read, for each camera: float64 (C, 7, 8)."""
        rows, columns = len(EXPRESSIONS), len(LABELS)
        place = (self.camera * rows + self.said) * columns + self.read
        weight = self.weight if keep is None else self.weight * keep
        counts = np.bincount(place, weights=weight, minlength=cameras * rows * columns)
        return np.asarray(counts.reshape(cameras, rows, columns), np.float64)


def find_readers(data: Data) -> tuple[Readers, Reading]:
    """The cameras of a report, how each may misread, and whether shares are to be corrected."""
    cards = {_key(video): video.run.card if video.run else None for video in data.videos}
    names, of_video = list(cards), np.array([list(cards).index(_key(video)) for video in data.videos], np.int64)
    counts = _count_readings(data, of_video, len(names))
    by_model = {card.weights_sha256: response_of(card) for card in cards.values() if card}
    known = [by_model[card.weights_sha256] if card else None for card in cards.values()]
    plain = Readers(of_video, counts, tuple(known), (False,) * len(names))
    asked = _ask(data.audited, names) if data.audited else None
    readers, trial = (plain, None) if asked is None else _with_answers(plain, asked)
    return readers, _describe(readers, list(cards.values()), trial)


def _key(video: Video) -> tuple[str, str, str | None]:
    """Videos with the same key are of one camera, read by one model."""
    card = video.run.card if video.run else None
    return video.location, video.camera, card.weights_sha256 if card else None


def _count_readings(data: Data, of_video: Ints, cameras: int) -> Reals:
    """Readable faces by camera and label: float64 (C, 8)."""
    readable = data.faces.label < len(LABELS)
    camera = of_video[data.frames.video[data.faces.frame[readable]]]
    counts = np.bincount(camera * len(LABELS) + data.faces.label[readable], minlength=cameras * len(LABELS))
    return counts.reshape(cameras, len(LABELS)).astype(np.float64)


def _ask(audited: Audited, names: list[tuple[str, str, str | None]]) -> _Asked:
    """The answers that say how cameras misread."""
    keep = audited.readable & (audited.read >= 0) & (audited.read < len(LABELS))
    video, said, slot = audited.video[keep], audited.said[keep], (audited.time_s[keep] // SLOT_S).astype(np.int64)
    camera = np.array([names.index(_key(one)) for one in audited.videos], np.int64)[video]
    _, same, times = np.unique(np.stack([video, slot, said]), axis=1, return_inverse=True, return_counts=True)
    weight = audited.weight[keep] / times[same.ravel()]
    return _Asked(camera, said, audited.read[keep], weight, video * 10_000_000 + slot // 6)


def _with_answers(plain: Readers, asked: _Asked) -> tuple[Readers, Trial | None]:
    answers = asked.count(len(plain.responses))
    audited = tuple(bool(found.sum() >= MIN_ANSWERS) for found in answers)
    own = [
        response.with_answers(found) if response and is_audited else response
        for response, found, is_audited in zip(plain.responses, answers, audited, strict=True)
    ]
    trial = _try(plain, asked, np.array(audited))
    return replace(plain, responses=tuple(own), audited=audited, corrects=bool(trial and trial.helps)), trial


def _try(plain: Readers, asked: _Asked, audited: Flags) -> Trial | None:
    """Correct minutes that were held out; None where too few were answered."""
    mine = audited[asked.camera]
    minutes = np.unique(asked.minute[mine])
    if len(minutes) < FOLDS:
        return None
    fold = np.searchsorted(minutes, asked.minute) % FOLDS
    distances = np.array([_try_fold(plain, asked, mine & (fold == one), mine & (fold != one)) for one in range(FOLDS)])
    gained = distances[:, 0] - distances[:, 1]
    helps = gained.mean() > gained.std(ddof=1) / np.sqrt(FOLDS)
    recognised, corrected = distances.mean(axis=0)
    return Trial(int(mine.sum()), float(recognised), float(corrected), bool(helps))


def _try_fold(plain: Readers, asked: _Asked, held: Flags, rest: Flags) -> tuple[float, float]:
    """Distances to what people say of the faces held out: recognised, and corrected by the rest."""
    cameras = len(plain.responses)
    held_out, learned = asked.count(cameras, held), asked.count(cameras, rest)
    corrected = np.zeros(len(EXPRESSIONS))
    for camera in np.unique(asked.camera[held]):
        response: Response | None = plain.responses[camera]
        if response:
            pool = Pool(response.with_answers(learned[camera]), TRIAL_POOL)
            readings = held_out[camera].sum(axis=0)
            corrected += readings.sum() * pool.expect(plain.counts[camera], readings)
    together = held_out.sum(axis=0)
    said, read = to_shares(together.sum(axis=1)), to_shares(together.sum(axis=0)[: len(EXPRESSIONS)])
    return float(np.abs(read - said).sum() / 2), float(np.abs(to_shares(corrected) - said).sum() / 2)


def _describe(readers: Readers, cards: list[ModelCard | None], trial: Trial | None) -> Reading:
    seen: list[bool] = (readers.counts.sum(axis=1) > 0).tolist()
    counted = [card for card, response in zip(cards, readers.responses, strict=True) if card and response]
    card = counted[-1] if counted else None
    return Reading(
        known=all(response for response, one in zip(readers.responses, seen, strict=True) if one),
        data=card.evaluation.data if card else "",
        faces=card.evaluation.faces if card else 0,
        conditions=sum(one.name in SHOP_LIKE and bool(one.confusion) for one in card.conditions) if card else 0,
        cameras=sum(seen),
        audited=sum(audited for audited, one in zip(readers.audited, seen, strict=True) if one),
        trial=trial,
    )
