"""What `fer-video retrain` was asked for, carried out: one network, or one for each fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from .progress import Interrupt, progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats

    from ..data.checks import DataReport
    from ..data.faces import LabelledFaces
    from ..data.sources import DataOptions
    from ..training.folds import FoldScore
    from ..training.runs import RunOrigin
    from ..training.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Request:
    """Faces to be learned, the network and the base to begin with, settings that are not the recipe's, teachers."""

    sources: DataOptions
    arch: str | None
    base: str
    changes: Mapping[str, Any]
    teachers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Start:
    """What training starts with, settled before the faces are read."""

    settings: TrainSettings
    weights: Mapping[str, Floats]
    teachers: Sequence[StoredModel]
    origin: RunOrigin


def train_network(request: Request, folder: Path, *, resume: bool) -> LabelledFaces:
    """Read the faces, say what they are, train, and return them.

    Raises:
        KeyboardInterrupt: it was stopped before its end.
    """
    from ..data.sources import read_sources
    from ..publishing.publish import check_held_out
    from ..training.train import train

    start = _settle(request)
    faces, report = read_sources(request.sources)
    _describe(faces, report)
    check_held_out(faces)
    settings = _fit_batch(request, start, faces)
    _announce(settings, folder)
    if faces.votes.any() and settings.arch != "vgg-face":
        typer.echo(f"{settings.arch} has no head for FER+ votes: they are measured by, not learned.", err=True)
    _keep_problems(report, folder)
    with Interrupt() as interrupt, progress() as shown:
        done = train(
            faces, settings, folder,
            base=start.weights, teachers=start.teachers, origin=start.origin, resume=resume,
            on_step=shown.step, on_epoch=shown.epoch, should_stop=interrupt,
        )  # fmt: skip
    if not done:
        raise KeyboardInterrupt
    return faces


def cross_validate(request: Request, folder: Path, folds: int, *, resume: bool) -> None:
    """Train on all parts but one in turn and print the scores.

    Raises:
        KeyboardInterrupt: it was stopped before its end.
    """
    from ..data.sources import add_replay
    from ..training import folds as parts

    start = _settle(request)
    faces, replayed, report = parts.read_apart(request.sources)
    _describe(faces, report)
    epoch = faces if replayed is None else add_replay(faces, replayed, request.sources.replay_share)
    settings = _fit_batch(request, start, epoch)
    _say_what_stays_apart(faces, replayed, start)
    _announce(settings, folder)
    _keep_problems(report, folder)
    with Interrupt() as interrupt, progress(folds) as shown:
        scores = parts.cross_validate(
            faces, settings, folder, folds,
            base=start.weights, replayed=replayed, origin=start.origin, resume=resume,
            on_fold=shown.fold, on_step=shown.step, on_epoch=shown.epoch, should_stop=interrupt,
        )  # fmt: skip
    if len(scores) < folds:
        raise KeyboardInterrupt
    _print_scores(scores)


def _settle(request: Request) -> _Start:
    """Settings, base and teachers; what is wrong with them is said before the faces are read."""
    from pipeline.inference.runtime import silence
    from pipeline.models.folder import find_model

    from ..publishing.provenance import inherit
    from ..training.recipes import choose
    from ..training.runs import RunOrigin, find_commit
    from ..training.targets import check_teachers, identify

    silence(downloads=request.base == "imagenet")
    teachers = [find_model(name) for name in request.teachers]
    settings, weights = choose(request.arch, request.base, request.changes, [identify(model) for model in teachers])
    check_teachers(teachers, settings.classes)
    origin = RunOrigin(find_commit(), sources=request.sources, terms=inherit(request.base, teachers))
    return _Start(settings, weights, teachers, origin)


def _describe(faces: LabelledFaces, report: DataReport) -> None:
    from ..data.sources import describe

    typer.echo("\n".join(describe(faces, report)), err=True)


def _fit_batch(request: Request, start: _Start, epoch: LabelledFaces) -> TrainSettings:
    """The settings with a batch that an epoch of these faces can fill, unless one was asked for."""
    from ..training.recipes import fit_batch

    if request.changes["batch"] is not None:
        return start.settings
    # Replayed and weighted faces count as often as an epoch sees them.
    return fit_batch(start.settings, round(float(epoch.split("Training").weights.sum())))


def _say_what_stays_apart(faces: LabelledFaces, replayed: LabelledFaces | None, start: _Start) -> None:
    if replayed is not None:
        typer.echo(f"{replayed.source} is replayed in every fold and never measured on.", err=True)
    private = int((faces.splits == "PrivateTest").sum())
    if private:
        typer.echo(f"{private:,} PrivateTest faces stay out of all parts.", err=True)
    if start.weights:
        typer.echo(f"Scores hold for faces that the base, {start.settings.base}, was not trained on.", err=True)


def _announce(settings: TrainSettings, folder: Path) -> None:
    from pipeline.records import EXPRESSIONS

    from ..training.recipes import recipe

    typer.echo(f"{settings.arch}, {settings.epochs} epochs, batch {settings.batch}; the run is in {folder}", err=True)
    known = recipe(settings.arch)
    if settings.base == known.base and len(settings.classes) == len(EXPRESSIONS):
        typer.echo(str(known), err=True)
    elif settings.base == "scratch" and known.base != "scratch":
        typer.echo(
            f"From random weights; its authors began with {known.base}: --base {known.base} downloads them.", err=True
        )


def _keep_problems(report: DataReport, folder: Path) -> None:
    from ..data.checks import list_problems
    from ..training.runs import write_problems

    written = write_problems(folder, list_problems(report))
    if written:
        typer.echo(f"Unreadable, blank and repeated pictures are listed in {written}", err=True)


def _print_scores(scores: Sequence[FoldScore]) -> None:
    typer.echo(f"{'fold':>6}  {'faces':>6}  accuracy after the last epoch")
    for number, score in enumerate(scores, 1):
        typer.echo(f"{number:>6}  {score.faces:>6,}  {score.accuracy:.1%}")
    mean = sum(score.accuracy for score in scores) / len(scores)
    spread = (sum((score.accuracy - mean) ** 2 for score in scores) / (len(scores) - 1)) ** 0.5
    typer.echo(f"  mean  {sum(score.faces for score in scores):>6,}  {mean:.1%} ± {spread:.1%}")
