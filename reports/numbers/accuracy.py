"""How right the readings are, by what people say: shares with intervals, and how far people agree.

Faces of neighbouring frames show the same people, so stretches of time are resampled, as for every share of a report
(`intervals`). Where there are too few of them the interval is the score interval (Wilson 1927) of as many independent
answers as there are stretches.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.labels import FACE_LABELS
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR, UNDECIDED

from .audited import NOT_FOUND, SAID, SPLIT, count_confusion
from .intervals import choose_blocks, interval, resample, wilson
from .summary import SLOT_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Audited, Flags, Reals

SIZES_PX = (0, 32, 48, 64, 96)
"""Lower ends of the classes of size: shorter side of the box, pixels."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A weighted share of faces.

    Attributes:
        faces: that it is a share of.
        share, low, high: 0 to 1, with the 95 % interval; None without faces.
    """

    faces: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree.

    Attributes:
        raters: the most answers that a face has.
        pairs: pairs of answers to the same face.
        pairwise: share of them that are the same; None without pairs.
        alpha: Krippendorff's alpha for names: 1 is full agreement, 0 what chance gives; None without pairs, or where
            everybody always says the same.
    """

    raters: int
    pairs: int
    pairwise: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Named:
    """A rate of an expression, a size or a location."""

    name: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All figures of an audit.

    Attributes:
        faces: that people answered; `split` of them without a majority, `missing` that the runs do not have.
        agreement: of the raters.
        right: readable faces that are read as people say.
        given: readable faces that are given an expression.
        right_of_given: those of them that are read as people say.
        found: by expression, faces that people call so that are read so.
        true: by expression, faces that are read so that people call so.
        by_size: like `right`, by size of the face; the names are the lower ends in pixels.
        by_location: like `right`.
        left_out: readable faces that are read as undecided, as unclear and as no face.
        kept: faces that people call unclear, and those that are no face to them, given an expression all the same.
        said, read: shares of the seven expressions among readable faces, by people and among those given an expression;
            of the faces that were drawn at random.
        distance: half the sum of the differences of the two, 0 to 1; None where one has no faces.
        confusion: what people say (rows, `SAID`) by what is read (columns, `FACE_LABELS`), weighted counts.
    """

    faces: int
    split: int
    missing: int
    agreement: Agreement
    right: Rate
    given: Rate
    right_of_given: Rate
    found: tuple[Named, ...]
    true: tuple[Named, ...]
    by_size: tuple[Named, ...]
    by_location: tuple[Named, ...]
    left_out: tuple[Named, ...]
    kept: tuple[Named, ...]
    said: tuple[float, ...]
    read: tuple[float, ...]
    distance: float | None
    confusion: tuple[tuple[float, ...], ...]


def measure_accuracy(audited: Audited) -> Accuracy:
    """Every figure of an audit."""
    rates = _Rates(audited)
    readable, given = audited.readable, audited.given
    is_right = audited.said == audited.read
    said, read = _shares(audited, audited.said, readable), _shares(audited, audited.read, given)
    others = [(name, audited.read == FACE_LABELS.index(name)) for name in (UNDECIDED, UNCLEAR, NO_FACE)]
    return Accuracy(
        faces=len(audited),
        split=int((audited.said == SPLIT).sum()),
        missing=int((audited.read == NOT_FOUND).sum()),
        agreement=measure_agreement(audited.votes),
        right=rates.of(readable, is_right),
        given=rates.of(readable, given),
        right_of_given=rates.of(readable & given, is_right),
        found=tuple(Named(name, rates.of(audited.said == at, is_right)) for at, name in enumerate(EXPRESSIONS)),
        true=tuple(Named(name, rates.of(audited.read == at, is_right)) for at, name in enumerate(EXPRESSIONS)),
        by_size=tuple(Named(str(least), rates.of(readable & mine, is_right)) for least, mine in _sizes(audited)),
        by_location=tuple(Named(name, rates.of(readable & mine, is_right)) for name, mine in _locations(audited)),
        left_out=tuple(Named(name, rates.of(readable, mine)) for name, mine in others),
        kept=tuple(Named(name, rates.of(audited.said == SAID.index(name), given)) for name in (UNCLEAR, NO_FACE)),
        said=tuple(said.tolist()),
        read=tuple(read.tolist()),
        distance=float(np.abs(said - read).sum() / 2) if said.any() and read.any() else None,
        confusion=tuple(tuple(row) for row in count_confusion(audited).tolist()),
    )


def to_dict(accuracy: Accuracy) -> dict[str, Any]:
    """All figures as JSON has them, by name where they stand in an order."""
    named = ("found", "true", "by_size", "by_location", "left_out", "kept")
    rates = {key: {one.name: asdict(one.rate) for one in getattr(accuracy, key)} for key in named}
    shares = {key: dict(zip(EXPRESSIONS, getattr(accuracy, key), strict=True)) for key in ("said", "read")}
    rows = (dict(zip(FACE_LABELS, row, strict=True)) for row in accuracy.confusion)
    return asdict(accuracy) | rates | shares | {"confusion": dict(zip(SAID, rows, strict=True))}


def _sizes(audited: Audited) -> list[tuple[int, Flags]]:
    ends = (*SIZES_PX[1:], np.inf)
    return [
        (least, (audited.size_px >= least) & (audited.size_px < end)) for least, end in zip(SIZES_PX, ends, strict=True)
    ]


def _locations(audited: Audited) -> list[tuple[str, Flags]]:
    locations = [video.location for video in audited.videos]
    names = sorted({locations[at] for at in set(audited.video.tolist())})
    return [(name, np.array([one == name for one in locations])[audited.video]) for name in names]


def _shares(audited: Audited, labels: np.ndarray[tuple[int], np.dtype[np.int64]], keep: Flags) -> Reals:
    """Shares of the seven expressions among some of the faces drawn at random; zeros without any."""
    chosen = keep & audited.random
    sums = np.bincount(labels[chosen], weights=audited.weight[chosen], minlength=len(EXPRESSIONS))
    return np.asarray(sums / max(float(sums.sum()), 1e-12))


class _Rates:
    """Weighted shares with intervals, over stretches of time."""

    def __init__(self, audited: Audited) -> None:
        self._audited = audited
        self._slot = np.nan_to_num(audited.time_s // SLOT_S).astype(np.int64)

    def of(self, among: Flags, hits: Flags) -> Rate:
        """The share of `hits` among some faces, both bool (A,); faces that the runs do not have are not among them."""
        among = among & (self._audited.read != NOT_FOUND)
        faces = int(among.sum())
        if not faces:
            return Rate(0, None, None, None)
        weight = self._audited.weight[among]
        # As many faces as there are: an interval goes by their number, weights only say which count for more.
        weight = weight * faces / weight.sum()
        hit = hits[among]
        counts = np.stack([weight * hit, weight * ~hit], axis=1)
        total = counts.sum(axis=0)
        keys = self._audited.video[among] * 10_000_000 + self._slot[among]
        _, first, piece = np.unique(keys, return_index=True, return_inverse=True)
        sums = [np.bincount(piece, weights=column) for column in counts.T]
        pieces = np.stack(sums, axis=1).astype(np.float64)
        blocks = choose_blocks(self._audited.video[among][first], self._slot[among][first], pieces)
        low, high = _interval(total, blocks.counts, enough=blocks.unit is not None)
        return Rate(faces, float(total[0] / faces), low, high)


def _interval(total: Reals, blocks: Reals, *, enough: bool) -> tuple[float, float]:
    """95 % interval of the first share of `total` (2,), from blocks (B, 2)."""
    if enough:
        low, high = interval(total, resample(blocks))
    else:
        low, high = wilson(total / total.sum(), float(len(blocks)))
    return float(low[0]), float(high[0])


def measure_agreement(votes: Sequence[Sequence[str]]) -> Agreement:
    """How far answers to the same faces are the same (Krippendorff 2004, nominal data with missing values).

    Args:
        votes: the answers to each face.
    """
    several = [Counter(each) for each in votes if len(each) > 1]
    raters = max(map(len, votes), default=0)
    if not several:
        return Agreement(raters, 0, None, None)
    pairs = sum(each.total() * (each.total() - 1) for each in several) / 2
    same = sum(count * (count - 1) for each in several for count in each.values()) / 2
    # Each face counts by its answers: its pairs divided by what each answer is paired with.
    values = sum((each for each in several), Counter[str]())
    total = values.total()
    observed = sum(
        each.total() - sum(count * (count - 1) for count in each.values()) / (each.total() - 1) for each in several
    )
    expected = total - sum(count * (count - 1) for count in values.values()) / (total - 1)
    alpha = 1 - observed / expected if expected > 0 else None
    return Agreement(raters, int(pairs), same / pairs, alpha)
