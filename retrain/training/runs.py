"""A training run as it lies on disk: settings, where data and code came from, figures of each epoch, checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.errors import DataError, DiskError, SettingError
from pipeline.files import FULL, write_whole
from pipeline.models.card import Ancestor, Readability  # noqa: TC001 - msgspec reads the annotations
from pipeline.records import EXPRESSIONS

from ..data.sources import DataOptions
from .checkpoints import read_best
from .progress import EpochResult
from .settings import TrainSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.records import Floats

CHECKPOINT, BEST, METRICS = "checkpoint.npz", "best.npz", "metrics.jsonl"
EARLIER = "checkpoint-before.npz"
"""The checkpoint before the newest, which a run goes on from where that is damaged; a finished run has none."""

SEEN = "seen.bin"
"""Fingerprints of the faces that the run and its base were trained on; missing in runs from before they were noted."""

SETTINGS, ORIGIN, PROBLEMS = "settings.json", "origin.json", "data.txt"
FIRST_FOLD = "fold-1"


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """What a run was trained with; kept beside its settings for the model card.

    Attributes:
        commit: of the project's code, or what is known instead (`versions.find_commit`).
        sha256: hash of the labelled faces; empty where it was not noted.
        sources: how the faces were read, so that publishing can read them again.
        beside_sha256: hash of what is learned beside them, FER+ votes and replayed faces; empty where it was not noted.
        part: the part that a cross-validation held out, from 1; 0 for a run of its own.
        terms: of use, that came with what the run was started from and taught by, a sentence or more each.
        readability: of the model that the run was started from; None where that does not judge what can be read.
        prior: of its expressions, as `Calibration.prior`; zeros where nothing was fitted.
        libraries: versions by name; empty where they were not noted.
        ancestors: what it was started from and taught by.
        lengths: epochs that it was to have, each time that it was made longer; empty where it never was.
    """

    commit: str = "unknown"
    sha256: str = ""
    sources: DataOptions = field(default_factory=DataOptions)
    beside_sha256: str = ""
    part: int = 0
    terms: tuple[str, ...] = ()
    readability: Readability | None = None
    prior: tuple[float, ...] = (0.0,) * len(EXPRESSIONS)
    libraries: dict[str, str] = field(default_factory=dict)
    ancestors: tuple[Ancestor, ...] = ()
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a run's folder holds.

    Attributes:
        folder: the run.
        settings: as in `settings.json`.
        origin: data and code that it was trained with.
        results: one for each finished epoch.
        best: the epoch that is published, the one that `weights` come from.
        weights: the moving average at that epoch, by `layer/weight`.
        averaged: the runs whose mean the weights are; empty for those of the run itself.
        notes: what else was done to its weights, sentences for the card.
        stands_for: the published model that this is no run of but stands for, and what went into it.
        seen: content of `seen.bin`; empty where what was trained on is not known.
        is_remade: it is a published model, whose folder is gone as soon as it is published again.
    """

    folder: Path
    settings: TrainSettings
    origin: RunOrigin
    results: tuple[EpochResult, ...]
    best: EpochResult
    weights: Mapping[str, Floats] = field(repr=False, compare=False)
    averaged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stands_for: tuple[Ancestor, ...] = ()
    seen: bytes = field(default=b"", repr=False)
    is_remade: bool = False


def read_run(folder: Path) -> FinishedRun:
    """Read what a training run left, finished or not.

    A run may go on while it is read: an epoch's line is written before its weights, so that reading the weights first
    and the lines after them finds the line of the very epoch that the weights come from.

    Raises:
        DataError: the folder holds no run, no epoch was finished yet, or a file is damaged.
    """
    try:
        settings = read_settings(folder)
        origin = read_origin(folder)
        weights, epoch = read_best(folder / BEST)
        results = read_results(folder)
        seen = read_seen(folder)
    except FileNotFoundError as error:
        raise DataError(
            f"{folder}: expected a training run with a finished epoch; {Path(error.filename).name} is missing. "
            "Name the folder that 'fer-video retrain' wrote."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: expected a training run; it cannot be read: {error}.") from error
    candidates = [result for result in results if epoch in {None, result.epoch}]
    if not candidates:
        raise DataError(f"{folder}: expected the figures of a finished epoch; found none. Let the training go on.")
    best = max(candidates, key=lambda result: (result.accuracy, result.epoch))
    return FinishedRun(folder, settings, origin, results, best, weights, seen=seen)


def read_seen(folder: Path) -> bytes:
    """Content of a run's `seen.bin`; empty where there is none."""
    path = folder / SEEN
    return path.read_bytes() if path.is_file() else b""


def read_origin(folder: Path) -> RunOrigin:
    """What the run was trained with, as far as it was noted."""
    path = folder / ORIGIN
    return msgspec.json.decode(path.read_bytes(), type=RunOrigin) if path.is_file() else RunOrigin()


def read_results(folder: Path) -> tuple[EpochResult, ...]:
    """The figures of the finished epochs, in order."""
    lines = (folder / METRICS).read_text("utf-8").splitlines()
    return tuple(msgspec.json.decode(line, type=EpochResult) for line in lines)


def prepare(folder: Path, settings: TrainSettings, origin: RunOrigin, *, resume: bool) -> None:
    """Make a run's folder, or check that it holds this very run; one with more epochs than before is noted as longer.

    Raises:
        DataError: another run is there, or none to resume.
        SettingError, DiskError: the folder cannot be written.
    """
    if resume:
        _expect_same(folder, settings, origin)
        _lengthen(folder, settings)
        return
    if holds_run(folder):
        raise DataError(f"{folder}: holds a training run already. Add `resume` to go on, or name another `run` folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (METRICS, BEST):
            (folder / name).unlink(missing_ok=True)
        _write_notes(folder, settings, origin)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write_notes(folder: Path, settings: TrainSettings, origin: RunOrigin) -> None:
    for name, content in ((ORIGIN, asdict(origin)), (SETTINGS, asdict(settings))):
        write_whole(folder / name, (json.dumps(content, indent=2) + "\n").encode())


def _lengthen(folder: Path, settings: TrainSettings) -> None:
    """Note that a run gets more epochs than it was to have."""
    earlier, origin = read_settings(folder), read_origin(folder)
    if settings == earlier:
        return
    lengths = dict.fromkeys((*origin.lengths, earlier.epochs, settings.epochs))
    try:
        _write_notes(folder, settings, replace(origin, lengths=tuple(lengths)))
    except OSError as error:
        raise _unwritable(folder, error) from error


def read_settings(folder: Path) -> TrainSettings:
    """The settings of a run.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    return msgspec.json.decode((folder / SETTINGS).read_bytes(), type=TrainSettings)


def holds_run(folder: Path) -> bool:
    """Whether a training run, or the first one of a cross-validation, was saved there."""
    return has_checkpoint(folder) or has_checkpoint(folder / FIRST_FOLD)


def has_checkpoint(folder: Path) -> bool:
    """Whether a run can go on; a kill as one checkpoint took the other's place leaves the one before it alone."""
    return (folder / CHECKPOINT).is_file() or (folder / EARLIER).is_file()


def _unwritable(folder: Path, error: OSError) -> DiskError | SettingError:
    if error.errno in FULL:
        return DiskError(f"{folder}: the run cannot be saved: {error.strerror}. Make room there, then begin again.")
    return SettingError("run", "a folder that can be written", f"{folder}: {error.strerror}", "Name another.")


def _expect_same(folder: Path, settings: TrainSettings, origin: RunOrigin) -> None:
    if not has_checkpoint(folder):
        if holds_run(folder):
            raise DataError(f"{folder}: expected a run to resume; found a cross-validation. Add its `folds`.")
        raise DataError(f"{folder}: expected a checkpoint to resume from; found none. Start without `resume`.")
    try:
        earlier = read_settings(folder)
        known = read_origin(folder)
    except (OSError, ValueError) as error:
        raise damaged(folder, error) from error
    if earlier != settings and not settings.lengthens(earlier):
        changed = [name for name, value in asdict(settings).items() if asdict(earlier)[name] != value]
        raise DataError(
            f"{folder / SETTINGS}: expected the settings of the run to resume; {', '.join(changed)} differ. "
            "Repeat its options (more `epochs` may be given), or use a new `run` folder."
        )
    changed = changed_options(known.sources, origin.sources) if known.sources.count and origin.sources.count else []
    if changed:
        raise DataError(
            f"{folder / ORIGIN}: expected the data and options of the run to resume; {', '.join(changed)} differ. "
            "Repeat its options, or use a new `run` folder."
        )
    again = " and the same `folds`" if known.part else ""
    for what, before, now in (
        ("labelled faces", known.sha256, origin.sha256),
        ("FER+ votes and replayed faces", known.beside_sha256, origin.beside_sha256),
    ):
        if before and before != now:
            raise DataError(
                f"{folder / ORIGIN}: expected the {what} of the run to resume; found others. "
                f"Name the same data{again}, or use a new `run` folder."
            )


def damaged(folder: Path, error: Exception) -> DataError:
    """A run of which something is missing or damaged, and what to do."""
    return DataError(
        f"{folder}: expected a run to resume, with {CHECKPOINT}, {SETTINGS}, {METRICS} and {BEST}; one is missing or "
        f"damaged: {error}. Bring it back, or start anew in another `run` folder."
    )


def changed_options(earlier: DataOptions, now: DataOptions) -> list[str]:
    """The settings that differ, each as a message names it; a file may have moved to another folder."""

    def comparable(options: DataOptions) -> dict[str, Any]:
        audit = options.audit.files if options.audit else ()
        files = {
            "data": options.data,
            "audit": audit,
            "ferplus": (options.ferplus or "",),
            "replay": (options.replay or "",),
        }
        share = options.replay_share if options.replay else None
        names = {name: [Path(path).name for path in paths] for name, paths in files.items()}
        return asdict(options) | names | {"replay_share": share}

    before, after = comparable(earlier), comparable(now)
    return [f"`{name}`" for name in after if before[name] != after[name]]


def write_problems(folder: Path, problems: str) -> Path | None:
    """List beside a run what was unreadable, blank or shown twice in its data, one a line; None where nothing was.

    A run that lies there already keeps its own list.
    """
    path = folder / PROBLEMS
    if not problems or holds_run(folder):
        return path if path.is_file() else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Names of files need not be text.
        write_whole(path, problems.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return path


def write_results(folder: Path, result: EpochResult) -> None:
    """Add an epoch's line; lines of a later epoch, left by a kill, go."""
    path = folder / METRICS
    earlier = read_results(folder) if path.is_file() else ()
    kept = [one for one in earlier if one.epoch < result.epoch]
    text = "".join(json.dumps(asdict(one)) + "\n" for one in [*kept, result])
    write_whole(path, text.encode())


def draw_curve(folder: Path, keep: str) -> None:
    """Write the run's learning curve, `curve.svg`, from its metrics; `keep` is that of its settings."""
    from .curve import learning_curve

    write_whole(folder / "curve.svg", learning_curve(read_results(folder), keep).encode())
