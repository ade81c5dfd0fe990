"""Cross-validation: every face is held out once, all pictures of a person together where persons are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError

from .datasets import PRIVATE_TEST, PUBLIC_TEST, TRAINING, LabelledFaces
from .runs import read_run
from .train import train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pipeline.records import Floats

    from .datasets import Labels
    from .runs import EpochResult, TrainSettings


@dataclass(frozen=True, slots=True)
class FoldScore:
    """Accuracy on one held-out part after the last epoch (nothing is chosen by it), and its faces."""

    accuracy: float
    faces: int


def cross_validate(
    data: LabelledFaces,
    settings: TrainSettings,
    folder: Path,
    folds: int,
    *,
    base: Mapping[str, Floats] | None = None,
    on_step: Callable[[int, int], object] | None = None,
    on_epoch: Callable[[EpochResult], object] | None = None,
) -> list[FoldScore]:
    """Train once for each part on all others; each run lies in `folder/fold-N`. PrivateTest stays out of it."""
    known = data.take(np.flatnonzero(data.splits != PRIVATE_TEST))
    scores = []
    for number, part in enumerate(assign(known, folds, settings.seed), 1):
        splits = np.full(len(known), TRAINING, dtype="<U16")
        splits[part] = PUBLIC_TEST
        run = folder / f"fold-{number}"
        train(replace(known, splits=splits), settings, run, base=base, on_step=on_step, on_epoch=on_epoch)
        scores.append(FoldScore(read_run(run).results[-1].accuracy, len(part)))
    return scores


def assign(data: LabelledFaces, folds: int, seed: int = 0) -> list[Labels]:
    """Rows of each part: whole persons where every face has one, else an equal share of each class.

    Raises:
        DataError: there are fewer persons or faces than parts.
    """
    random = np.random.default_rng(seed)
    if (data.subjects != "").all():
        people = random.permutation(np.unique(data.subjects))
        parts = [np.flatnonzero(np.isin(data.subjects, people[number::folds])) for number in range(folds)]
    else:
        places = np.empty(len(data), np.int64)
        start = 0
        for label in np.unique(data.labels):
            rows = random.permutation(np.flatnonzero(data.labels == label))
            places[rows] = (np.arange(len(rows)) + start) % folds
            start += len(rows)
        parts = [np.flatnonzero(places == number) for number in range(folds)]
    if not all(len(part) for part in parts):
        raise DataError(f"--folds {folds}: expected at least one face or person for each part; found fewer.")
    return parts
