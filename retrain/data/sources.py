"""Everything that decides which labelled faces a run sees; kept with the run, so that publishing reads the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError, SettingError
from pipeline.plurals import count
from pipeline.records import EXPRESSIONS

from .audits import STRETCHES, AuditSource, load_audit
from .checks import DataReport, check
from .faces import PUBLIC_TEST, TRAINING, LabelledFaces, combine, hold_out
from .loading import load

if TYPE_CHECKING:
    from collections.abc import Sequence


REPLAYED = 0.95
"""Share of replayed faces in an epoch unless told otherwise, at most.

With 160 new faces a share of a half let a model forget and taught it nothing (`tests/benchmarks/fine_tuning.py`).
"""

SHOWN = 5
"""Problems of a kind that `describe` names; `checks.list_problems` names all."""


@dataclass(frozen=True, slots=True)
class DataOptions:
    """How labelled faces are read.

    Attributes:
        data: csv files and folders.
        weights: how often an epoch sees each face of each source; empty for once.
        ferplus: FER+ votes for the csv, which then is the first source; for that of `replay` beside a folder.
        skip_bad: leave unreadable rows and pictures out.
        clean: leave blank and duplicate pictures out of Training.
        detect: cut faces out of a folder's pictures with the detector of `analyze`.
        classes: expressions that are kept.
        replay: FER-2013, of which a share of every epoch is taken against forgetting.
        replay_share: that share, 0 to 1; None for `REPLAYED`, or less where each face is then replayed once.
        audit: faces that people looked at, which come behind `data`; None for none.
    """

    data: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    ferplus: str | None = None
    skip_bad: bool = False
    clean: bool = True
    detect: bool = False
    classes: tuple[str, ...] = EXPRESSIONS
    replay: str | None = None
    replay_share: float | None = None
    audit: AuditSource | None = None

    @property
    def count(self) -> int:
        """How many sources there are, the audit among them."""
        return len(self.data) + (self.audit is not None)


def read_sources(options: DataOptions) -> tuple[LabelledFaces, DataReport]:
    """Read all sources, hold out where there are no splits, and look for what must not be trained on.

    Raises:
        DataError: a source cannot be read, or nothing is left.
    """
    new = gather(options)
    data = add_replay(new, read_replay(options), options.replay_share) if options.replay else new
    cleaned, report = check(data, options.classes)
    return (cleaned if options.clean else data), report


def gather(options: DataOptions, *, whole: bool = False) -> LabelledFaces:
    """All sources as one, without replayed faces.

    Args:
        options: what is read.
        whole: leave sources without splits as they are, instead of holding a fifth of each out.

    Raises:
        DataError: a source cannot be read, or nothing is left.
    """
    if not options.count:
        raise DataError(
            "expected labelled faces; the run does not say where it read them. Name them with `moved_data`."
        )
    parts = [load_source(options, number) for number in range(options.count)]
    parts = parts if whole else [_hold_out(options, number, part) for number, part in enumerate(parts)]
    return keep_classes(combine(parts, options.weights or [1.0] * len(parts)), options.classes)


def _hold_out(options: DataOptions, number: int, part: LabelledFaces) -> LabelledFaces:
    """A source with a part to measure on; of an audit whole stretches of footage, as nobody knows who is shown."""
    return hold_out(part, people=STRETCHES) if number == len(options.data) else hold_out(part)


def load_source(options: DataOptions, number: int) -> LabelledFaces:
    """One of the sources as it is, with its votes; behind the last of `data` comes the audit.

    Raises:
        DataError: it cannot be read, or a detector is asked for and no source is a folder.
    """
    if options.audit and number == len(options.data):
        if options.ferplus and not options.data and not options.replay:
            raise SettingError("ferplus", "a FER-2013 csv beside it", "only an audit", "Leave `ferplus` away.")
        return load_audit(options.audit)
    path = Path(options.data[number])
    votes = Path(options.ferplus) if options.ferplus and number == 0 and not _votes_are_replayed(options) else None
    # A csv beside a folder keeps its faces as they are.
    folder = path.is_dir() or not any(Path(other).is_dir() for other in options.data)
    return load(path, votes, skip_bad=options.skip_bad, detect=options.detect and folder)


def _votes_are_replayed(options: DataOptions) -> bool:
    """Whether the FER+ votes belong to the replayed csv: a folder has none."""
    return bool(options.replay) and not (options.data and Path(options.data[0]).is_file())


def _load_replay(options: DataOptions) -> LabelledFaces:
    votes = Path(options.ferplus) if options.ferplus and _votes_are_replayed(options) else None
    return keep_classes(load(Path(options.replay or ""), votes, skip_bad=options.skip_bad), options.classes)


def read_replay(options: DataOptions) -> LabelledFaces:
    """The faces to be replayed: of the same expressions, and none that shows a held-out picture of its own source.

    The base never saw those, and what it forgets is measured on those pictures.
    """
    known = _load_replay(options)
    return check(known)[0] if options.clean else known


def check_classes(classes: Sequence[str]) -> None:
    """Refuse what names no two expressions.

    Raises:
        SettingError: a name is unknown, or there are fewer than two.
    """
    if len(set(classes)) < 2 or not set(classes) <= set(EXPRESSIONS):
        raise SettingError("classes", f"two or more of {', '.join(EXPRESSIONS)}", ", ".join(classes) or "none")


def keep_classes(data: LabelledFaces, classes: Sequence[str]) -> LabelledFaces:
    """The faces of some expressions.

    Raises:
        SettingError: as `check_classes`.
        DataError: there are none.
    """
    check_classes(classes)
    if set(classes) == set(EXPRESSIONS):
        return data
    kept = np.flatnonzero(np.isin(data.labels, [EXPRESSIONS.index(name) for name in classes]))
    if not len(kept):
        raise DataError(f"{data.source}: expected faces of {', '.join(classes)}; found none.")
    return replace(data.take(kept), notes=(*data.notes, f"Only the expressions {', '.join(classes)} were kept."))


def add_replay(data: LabelledFaces, known: LabelledFaces, share: float | None) -> LabelledFaces:
    """Mix Training faces of a known data set into every epoch, so that a fine-tuned model does not forget it.

    The known faces' held-out splits stay away: the best epoch is chosen on the new faces.

    Raises:
        SettingError: the share is not between 0 and 1, or there are no known faces to replay.
        DataError: there are no new ones.
    """
    if share is not None and not 0 < share < 1:
        raise SettingError("replay_share", "a share between 0 and 1", f"{share:g}")
    old = known.split(TRAINING)
    if not len(old):
        raise SettingError("replay", f"Training faces in {known.source}", "none")
    new = float(data.weights[data.splits == TRAINING].sum())
    if not new:
        raise DataError(f"{data.source}: expected Training faces beside those of `replay`; found none.")
    share = share or min(REPLAYED, len(old) / (len(old) + new))
    weight = share / (1 - share) * new / len(old)
    note = (
        f"Each epoch holds {share:.0%} Training faces of {known.source} ({count(len(old), 'face')}) against forgetting."
    )
    mixed = combine([data, replace(old, notes=(), known=np.ones(len(old), bool))], [1.0, weight])
    # Name and hash stay those of the new faces: every figure is measured on them.
    return replace(
        mixed,
        source=data.source,
        sha256=data.sha256,
        replayed=(known.source, known.sha256),
        notes=(*mixed.notes, note),
    )


def read_replay_held_out(options: DataOptions) -> LabelledFaces | None:
    """Held-out faces of what is replayed, to see what a model forgets; None where there are none."""
    if not options.replay:
        return None
    known = _load_replay(options).split(PUBLIC_TEST)
    return known if len(known) else None


def describe(data: LabelledFaces, report: DataReport) -> list[str]:
    """The report as lines for a person: counts by class and split, notes, the first problems, warnings."""
    splits = list(report.counts)
    rows = [("expression", *splits)]
    rows += [
        (name, *(f"{report.counts[split][label]:,}" for split in splits)) for label, name in enumerate(EXPRESSIONS)
    ]
    rows.append(("together", *(f"{sum(report.counts[split]):,}" for split in splits)))
    lines = ["  ".join([first.ljust(12), *(cell.rjust(12) for cell in others)]) for first, *others in rows]
    lines += data.notes
    if report.repeated:
        repeat = count(len(report.repeated), "Training face repeats", "Training faces repeat")
        lines.append(f"{repeat} another Training face pixel by pixel.")
    lines += name_first("unreadable", report.unreadable)
    lines += name_first("blank", report.blank)
    lines += name_first(
        "duplicate", [f"{leak.training} shows {leak.held_out}" for leak in (*report.exact, *report.near)]
    )
    return [*lines, *(f"warning: {warning}" for warning in report.warnings)]


def name_first(kind: str, problems: Sequence[str]) -> list[str]:
    """A line for each of the first problems of a kind, and one with the number of the others."""
    more = [f"{len(problems) - SHOWN:,} more"] if len(problems) > SHOWN else []
    return [f"{kind}: {problem}" for problem in (*problems[:SHOWN], *more)]


def split_names(classes: str | None) -> tuple[str, ...]:
    """`happy, sad` → the names; all seven without a list."""
    from pipeline.records import EXPRESSIONS

    return tuple(dict.fromkeys(name.strip() for name in classes.split(","))) if classes else EXPRESSIONS
