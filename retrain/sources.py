"""Everything that decides which labelled faces a run sees; kept with the run, so that publishing reads the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError
from pipeline.records import EMOTIONS

from .checks import DataReport, check
from .datasets import PUBLIC_TEST, TRAINING, LabelledFaces, combine, hold_out, load

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class DataOptions:
    """How labelled faces are read.

    Attributes:
        data: csv files and folders.
        weights: how often an epoch sees each face of each source; empty for once.
        ferplus: FER+ votes for the csv, which then is the first source.
        skip_bad: leave unreadable rows and pictures out.
        clean: leave blank and duplicate pictures out of Training.
        detect: cut faces out of a folder's pictures with the detector of `analyze`.
        classes: expressions that are kept.
        replay: FER-2013, of which a share of every epoch is taken against forgetting.
        replay_share: that share, 0 to 1.
    """

    data: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    ferplus: str | None = None
    skip_bad: bool = False
    clean: bool = True
    detect: bool = False
    classes: tuple[str, ...] = EMOTIONS
    replay: str | None = None
    replay_share: float = 0.5


def read_sources(options: DataOptions) -> tuple[LabelledFaces, DataReport]:
    """Read all sources, hold out where there are no splits, and look for what must not be trained on.

    Raises:
        DataError: a source cannot be read, or nothing is left.
    """
    if not options.data:
        raise DataError("expected labelled faces; the run does not say where it read them. Name them with --data.")
    parts = []
    for number, path in enumerate(options.data):
        votes = Path(options.ferplus) if options.ferplus and number == 0 else None
        parts.append(hold_out(load(Path(path), votes, skip_bad=options.skip_bad, detect=options.detect)))
    data = combine(parts, options.weights or [1.0] * len(parts))
    data = keep_classes(data, options.classes)
    if options.replay:
        data = add_replay(data, _read_replay(options), options.replay_share)
    cleaned, report = check(data)
    return (cleaned if options.clean else data), report


def _read_replay(options: DataOptions) -> LabelledFaces:
    """The faces to be replayed: of the same expressions, and none that shows a held-out picture of its own source.

    The base never saw those, and what it forgets is measured on those pictures.
    """
    known = load(Path(options.replay or ""), skip_bad=options.skip_bad)
    known = keep_classes(known, options.classes)
    return check(known)[0] if options.clean else known


def keep_classes(data: LabelledFaces, classes: Sequence[str]) -> LabelledFaces:
    """The faces of some expressions.

    Raises:
        DataError: a name is unknown, or fewer than two are left.
    """
    unknown = [name for name in classes if name not in EMOTIONS]
    if unknown or len(set(classes)) < 2:
        raise DataError(
            f"--classes: expected two or more of {', '.join(EMOTIONS)}; found {', '.join(classes) or 'none'}."
        )
    if set(classes) == set(EMOTIONS):
        return data
    kept = np.flatnonzero(np.isin(data.labels, [EMOTIONS.index(name) for name in classes]))
    if not len(kept):
        raise DataError(f"{data.source}: expected faces of {', '.join(classes)}; found none.")
    return replace(data.take(kept), notes=(*data.notes, f"Only the expressions {', '.join(classes)} were kept."))


def add_replay(data: LabelledFaces, known: LabelledFaces, share: float) -> LabelledFaces:
    """Mix Training faces of a known data set into every epoch, so that a fine-tuned model does not forget it.

    The known faces' held-out splits stay away: the best epoch is chosen on the new faces.

    Raises:
        DataError: the share is not between 0 and 1, or there are no known faces to replay.
    """
    if not 0 < share < 1:
        raise DataError(f"--replay-share: expected a share between 0 and 1; found {share:g}.")
    old = known.split(TRAINING)
    if not len(old):
        raise DataError(f"--replay: expected Training faces in {known.source}; found none.")
    new = float(data.weights[data.splits == TRAINING].sum())
    weight = share / (1 - share) * new / len(old)
    note = f"Each epoch holds {share:.0%} Training faces of {known.source} against forgetting."
    mixed = combine([data, replace(old, notes=())], [1.0, weight])
    # Figures are named after the source; none of them is measured on the known faces.
    return replace(mixed, source=f"{data.source} (replaying {known.source})", notes=(*mixed.notes, note))


def describe(data: LabelledFaces, report: DataReport) -> list[str]:
    """The report as lines for a person: counts by class and split, notes, warnings."""
    splits = list(report.counts)
    rows = [("expression", *splits)]
    rows += [(name, *(f"{report.counts[split][label]:,}" for split in splits)) for label, name in enumerate(EMOTIONS)]
    rows.append(("together", *(f"{sum(report.counts[split]):,}" for split in splits)))
    lines = ["  ".join([first.ljust(12), *(cell.rjust(12) for cell in others)]) for first, *others in rows]
    lines += data.notes
    if report.repeated:
        lines.append(f"{report.repeated} Training faces repeat another Training face pixel by pixel.")
    lines += [f"blank: {name}" for name in report.blank[:5]]
    lines += [f"duplicate: {leak.training} shows {leak.held_out}" for leak in (*report.exact, *report.near)[:5]]
    return [*lines, *(f"warning: {warning}" for warning in report.warnings)]


def has_splits(data: LabelledFaces) -> bool:
    """Whether there are faces to train on and faces to choose the best epoch by."""
    return bool((data.splits == TRAINING).any() and (data.splits == PUBLIC_TEST).any())
