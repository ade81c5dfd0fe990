"""A training from what was asked for to its end: one network, or one for each fold. It prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.inference.runtime import silence
from pipeline.models.folder import find_model
from pipeline.plurals import count
from pipeline.records import EXPRESSIONS

from ..data.checks import check_held_out, list_problems
from ..data.sources import add_replay, describe, read_sources
from . import folds as parts
from .ancestry import inherit_ancestors
from .fold_summary import summarise, write_summary
from .recipes import fit_batch, recipe, resolve_precision, settle
from .runs import RunOrigin, write_problems
from .targets import check_teachers, identify
from .terms import inherit, judged_by, seen_by
from .train import train
from .versions import find_commit, list_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats

    from ..data.checks import DataReport
    from ..data.faces import LabelledFaces
    from ..data.sources import DataOptions
    from .fold_summary import FoldSummary
    from .progress import EpochResult, StepResult
    from .settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Request:
    """Faces to be learned, the network and the base to begin with, settings that are not the recipe's, teachers."""

    sources: DataOptions
    arch: str | None
    base: str
    changes: Mapping[str, Any]
    teachers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who wants to know how far a training is, and may stop it.

    Attributes:
        on_note: called with what a person should know, a line or more; settings stand in backticks.
        on_fold: called with the number of each fold, from 1, before it starts.
        on_step, on_epoch: called after each.
        should_stop: asked after each step and each epoch; True saves the state and ends.
    """

    on_note: Callable[[str], object] = lambda _: None
    on_fold: Callable[[int], object] = lambda _: None
    on_step: Callable[[StepResult], object] = lambda _: None
    on_epoch: Callable[[EpochResult], object] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class _Start:
    """What training starts with, settled before the faces are read."""

    settings: TrainSettings
    weights: Mapping[str, Floats]
    teachers: Sequence[StoredModel]
    origin: RunOrigin


def train_network(request: Request, folder: Path, watcher: Watcher, *, resume: bool) -> LabelledFaces | None:
    """Read the faces and train.

    Returns:
        The faces, for measuring what came out; None when it was stopped before its end.

    Raises:
        SettingError, ModelError: what was asked for cannot be; said before TensorFlow is imported and faces are read.
        DataError: the faces cannot be read, or the folder holds another run.
    """
    start = _settle(request)
    faces, report = read_sources(request.sources)
    watcher.on_note("\n".join(describe(faces, report)))
    check_held_out(faces)
    settings = _fit_batch(request, start, faces)
    watcher.on_note(_announce(settings, folder))
    if faces.votes.any() and settings.arch != "vgg-face":
        watcher.on_note(f"{settings.arch} has no head for FER+ votes: they are measured by, not learned.")
    _keep_problems(report, folder, watcher)
    done = train(
        faces, settings, folder,
        base=start.weights, teachers=start.teachers, origin=start.origin, seen=seen_by(request.base), resume=resume,
        on_note=watcher.on_note, on_step=watcher.on_step, on_epoch=watcher.on_epoch, should_stop=watcher.should_stop,
    )  # fmt: skip
    return faces if done else None


def cross_validate(request: Request, folder: Path, folds: int, watcher: Watcher, *, resume: bool) -> FoldSummary | None:
    """Train on all parts but one in turn, and write what came of it beside their runs.

    Returns:
        What was found; None when it was stopped before its end.

    Raises:
        SettingError, ModelError, DataError: as `train_network`.
    """
    start = _settle(request)
    faces, replayed, report = parts.read_apart(request.sources)
    watcher.on_note("\n".join(describe(faces, report)))
    epoch = faces if replayed is None else add_replay(faces, replayed, request.sources.replay_share)
    settings = _fit_batch(request, start, epoch)
    for note in _list_what_stays_apart(faces, replayed, start):
        watcher.on_note(note)
    watcher.on_note(_announce(settings, folder))
    _keep_problems(report, folder, watcher)
    scores = parts.cross_validate(
        faces, settings, folder, folds,
        base=start.weights, replayed=replayed, origin=start.origin, resume=resume,
        on_note=watcher.on_note, on_fold=watcher.on_fold, on_step=watcher.on_step, on_epoch=watcher.on_epoch,
        should_stop=watcher.should_stop,
    )  # fmt: skip
    if len(scores) < folds:
        return None
    summary = summarise(faces, scores, settings, start.origin)
    write_summary(folder, summary)
    return summary


def _settle(request: Request) -> _Start:
    """Settings, base and teachers; what is wrong with them is said before anything heavy is imported or read."""
    teachers = [find_model(name) for name in request.teachers]
    settings, weights = settle(request.arch, request.base, request.changes, [identify(model) for model in teachers])
    check_teachers(teachers, settings.classes)
    origin = RunOrigin(
        find_commit(),
        sources=request.sources,
        terms=inherit(request.base, teachers),
        readability=judged_by(request.base),
        libraries=list_libraries(),
        ancestors=inherit_ancestors(request.base, teachers),
    )
    silence(downloads=request.base == "imagenet")
    settings = replace(settings, precision=resolve_precision(settings.precision))
    return _Start(settings, weights, teachers, origin)


def _fit_batch(request: Request, start: _Start, epoch: LabelledFaces) -> TrainSettings:
    """The settings with a batch that an epoch of these faces can fill, unless one was asked for."""
    if request.changes.get("batch") is not None:
        return start.settings
    # Replayed and weighted faces count as often as an epoch sees them.
    return fit_batch(start.settings, round(float(epoch.split("Training").weights.sum())))


def _list_what_stays_apart(faces: LabelledFaces, replayed: LabelledFaces | None, start: _Start) -> list[str]:
    notes = []
    if replayed is not None:
        notes.append(f"{replayed.source} is replayed in every fold and never measured on.")
    private = int((faces.splits == "PrivateTest").sum())
    if private:
        notes.append(f"{count(private, 'PrivateTest face stays', 'PrivateTest faces stay')} out of all parts.")
    if start.weights:
        notes.append(f"Scores hold for faces that the base, {start.settings.base}, was not trained on.")
    return notes


def _announce(settings: TrainSettings, folder: Path) -> str:
    """What is trained and where, and what there is to compare it with."""
    line = (
        f"{settings.arch}, {settings.epochs} epochs, batch {settings.batch}; the run is in {folder}\n"
        "Accuracies of epochs are before calibration; the model's card has them after it."
    )
    known = recipe(settings.arch)
    if settings.base == known.base and len(settings.classes) == len(EXPRESSIONS):
        return f"{line}\n{known}"
    if settings.base == "scratch" and known.base != "scratch":
        return f"{line}\nFrom random weights; its authors began with {known.base}: `base` {known.base} downloads them."
    return line


def _keep_problems(report: DataReport, folder: Path, watcher: Watcher) -> None:
    written = write_problems(folder, list_problems(report))
    if written:
        watcher.on_note(f"Unreadable, blank and repeated pictures are listed in {written}")
