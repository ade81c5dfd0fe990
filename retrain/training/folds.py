"""Cross-validation: every face is held out once, all pictures of a person together where persons are known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import SettingError
from pipeline.models.seen import NONE

from ..data.checks import check
from ..data.faces import PRIVATE_TEST, PUBLIC_TEST, TRAINING, LabelledFaces
from ..data.sources import add_replay, gather, read_replay
from .runs import RunOrigin, has_checkpoint, read_results
from .train import train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pipeline.records import Floats

    from ..data.checks import DataReport
    from ..data.faces import Labels
    from ..data.sources import DataOptions
    from .progress import EpochResult, StepResult
    from .settings import TrainSettings


@dataclass(frozen=True, slots=True)
class FoldScore:
    """Accuracy on one held-out part after the last epoch (nothing is chosen by it), its faces and their confusion.

    `confusion` is that of `EpochResult`.
    """

    accuracy: float
    faces: int
    confusion: tuple[tuple[int, ...], ...] = ()


def read_apart(options: DataOptions) -> tuple[LabelledFaces, LabelledFaces | None, DataReport]:
    """Read the new faces and, apart from them, those to be replayed; the report is on the new ones.

    All but PrivateTest are dealt out, so that a picture shown in Training and PublicTest stays: `hold_part_out` keeps
    it out of the training of the one part that it is held out in.

    Raises:
        DataError: as `gather`.
    """
    new = gather(options, whole=True)
    new = replace(new, splits=np.where(new.splits == PRIVATE_TEST, PRIVATE_TEST, TRAINING))
    cleaned, report = check(new, options.classes)
    return cleaned if options.clean else new, read_replay(options) if options.replay else None, report


def cross_validate(
    data: LabelledFaces,
    settings: TrainSettings,
    folder: Path,
    folds: int,
    *,
    base: Mapping[str, Floats] | None = None,
    replayed: LabelledFaces | None = None,
    origin: RunOrigin | None = None,
    resume: bool = False,
    on_note: Callable[[str], object] = lambda _: None,
    on_fold: Callable[[int], object] = lambda _: None,
    on_step: Callable[[StepResult], object] = lambda _: None,
    on_epoch: Callable[[EpochResult], object] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[FoldScore]:
    """Train once for each part on all others; each run lies in `folder/fold-N`.

    Args:
        data: new faces; Training and PublicTest are dealt out, PrivateTest stays out of it.
        settings: of each run.
        folder: receives the runs' folders.
        folds: number of parts.
        base: weights that each run starts from.
        replayed: faces of which a share is trained on in every fold; none of them is measured on.
        origin: where data and code came from; its sources say what share is replayed, and whether Training faces that
            are blank or show a held-out picture are left out.
        resume: go on in the fold that was stopped; finished ones are kept.
        on_note: as for `train`.
        on_fold: called with the number of each fold, from 1, before it starts.
        on_step: as for `train`.
        on_epoch: as for `train`.
        should_stop: as for `train`.

    Returns:
        A score for each finished part; fewer than `folds` when it was stopped.

    Raises:
        SettingError: there are fewer persons or faces than parts.
    """
    origin = origin or RunOrigin()
    known = data.take(np.flatnonzero(data.splits != PRIVATE_TEST))
    scores: list[FoldScore] = []
    for number, part in enumerate(assign(known, folds, settings.seed), 1):
        on_fold(number)
        run = folder / f"fold-{number}"
        done = train(
            hold_part_out(known, part, replayed, origin.sources), settings, run,
            # What a base was trained on is not asked here, as no fold is published.
            base=base, origin=replace(origin, part=number), seen=None if base else NONE,
            resume=resume and (number == 1 or has_checkpoint(run)),
            on_note=on_note, on_step=on_step, on_epoch=on_epoch, should_stop=should_stop,
        )  # fmt: skip
        if not done:
            break
        last = read_results(run)[-1]
        scores.append(FoldScore(last.accuracy, len(part), last.confusion))
    return scores


def hold_part_out(
    known: LabelledFaces, part: Labels, replayed: LabelledFaces | None, options: DataOptions
) -> LabelledFaces:
    """The faces of one fold: a part is PublicTest, and all others train unless they show a picture of that part."""
    splits = np.full(len(known), TRAINING, dtype="<U16")
    splits[part] = PUBLIC_TEST
    fold = replace(known, splits=splits)
    if replayed is not None:
        fold = add_replay(fold, replayed, options.replay_share)
    # A fold is a data set of its own: going on with another number of parts, or publishing, would mix them up.
    sha256 = hashlib.sha256(fold.sha256.encode() + part.tobytes()).hexdigest()
    return replace(check(fold)[0] if options.clean else fold, sha256=sha256)


def assign(data: LabelledFaces, folds: int, seed: int = 0) -> list[Labels]:
    """Rows of each part: whole persons where they are known, and an equal share of each class of the other faces.

    Raises:
        SettingError: there are fewer persons or faces than parts.
    """
    random = np.random.default_rng(seed)
    places = np.empty(len(data), np.int64)
    named = data.subjects != ""
    people, person = np.unique(data.subjects[named], return_inverse=True)
    places[named] = (random.permutation(len(people)) % folds)[person]
    start = len(people)
    for label in np.unique(data.labels[~named]):
        rows = random.permutation(np.flatnonzero(~named & (data.labels == label)))
        places[rows] = (np.arange(len(rows)) + start) % folds
        start += len(rows)
    parts = [np.flatnonzero(places == number) for number in range(folds)]
    if not all(len(part) for part in parts):
        raise SettingError("folds", "at least one face or person for each part", f"{folds} parts, and fewer of them")
    return parts
