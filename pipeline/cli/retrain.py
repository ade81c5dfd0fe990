"""`fer-video retrain`: labelled faces in, a published model out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import UsageError
from . import retrain_options as options  # noqa: TC001 - Typer reads the annotations
from .models import publish_run
from .training_progress import Interrupt, progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.models import StoredModel
    from pipeline.records import Floats
    from retrain.datasets import LabelledFaces
    from retrain.runs import EpochResult, FinishedRun, TrainSettings
    from retrain.sources import DataOptions


def retrain(
    data: options.Data = None,
    *,
    ferplus: options.Ferplus = None,
    weight: options.Weight = None,
    skip_bad: options.SkipBad = False,
    detect: options.Detect = False,
    keep_duplicates: options.KeepDuplicates = False,
    classes: options.Classes = None,
    base: options.Base = "scratch",
    replay: options.Replay = None,
    replay_share: options.ReplayShare = 0.5,
    teacher: options.Teacher = None,
    teacher_weight: options.TeacherWeight = None,
    arch: options.Arch = None,
    width: options.Width = None,
    epochs: options.Epochs = None,
    batch: options.Batch = None,
    rate: options.Rate = None,
    head_epochs: options.HeadEpochs = None,
    precision: options.Precision = "float32",
    seed: options.Seed = 0,
    folds: options.Folds = None,
    run: options.Run = None,
    resume: options.Resume = False,
    publish: options.Publish = None,
    even_if_worse: options.EvenIfWorse = False,
) -> None:
    """Train a network on labelled faces, keep its best epoch, and publish it as a model.

    Training uses the Training faces; the best epoch is chosen on the PublicTest faces (a fifth is held out where DATA
    has no splits). Faces that are blank, or show a held-out picture, are left out. Each epoch writes a checkpoint into
    the run's folder; Ctrl-C finishes the step and writes one too, and --resume goes on there.

    \b
    fer-video retrain fer2013.csv.gz --ferplus fer2013new.csv --publish my-model
    fer-video retrain fer2013.csv --arch hcmus-shallow --epochs 1
    fer-video retrain my_faces/ --base active --replay fer2013.csv.gz --publish shop-faces
    """  # noqa: D301 - \b keeps the examples on lines of their own
    if resume and run is None:
        raise UsageError("--resume: expected --run FOLDER, the run to go on with; found none.")
    sources = _sources(data, ferplus, replay, split_names(classes))
    sources = replace(
        sources, weights=tuple(weight or ()), skip_bad=skip_bad, clean=not keep_duplicates, detect=detect,
        replay_share=replay_share,
    )  # fmt: skip
    changes = {
        "epochs": epochs, "batch": batch, "peak_rate": rate, "head_epochs": head_epochs, "width": width, "seed": seed,
        "precision": precision, "classes": sources.classes, "teacher_weight": teacher_weight,
    }  # fmt: skip
    task = _prepare(sources, arch, base, changes, teacher or [])
    folder = run or Path("retrain-runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    if folds:
        _cross_validate(task, folder, folds)
    elif not _run(task, folder, resume=resume):
        raise typer.Exit(130)
    elif publish:
        publish_run(read_run_of(folder), publish, None, even_if_worse=even_if_worse, quick=False)
    else:
        typer.echo(f"Publish the best epoch with: fer-video models publish {folder} --name NAME", err=True)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be trained: faces and where they came from, settings, weights to start from, teachers."""

    sources: DataOptions
    faces: LabelledFaces
    settings: TrainSettings
    weights: Mapping[str, Floats]
    teachers: Sequence[StoredModel]


def _sources(
    data: Sequence[Path] | None, ferplus: Path | None, replay: Path | None, classes: tuple[str, ...]
) -> DataOptions:
    from retrain import fer2013
    from retrain.sources import DataOptions

    return DataOptions(
        data=tuple(str(path.absolute()) for path in data or [fer2013.find(Path())]),
        ferplus=str(ferplus.absolute()) if ferplus else None,
        replay=str(replay.absolute()) if replay else None,
        classes=classes,
    )


def _prepare(
    sources: DataOptions, arch: str | None, base: str, changes: Mapping[str, Any], teachers: Sequence[str]
) -> _Task:
    """Read the faces, say what they are, and settle the settings."""
    from pipeline.models import find_model
    from pipeline.networks.runtime import silence
    from retrain.recipes import choose
    from retrain.sources import describe, read_sources

    silence()
    found = [find_model(name) for name in teachers]
    faces, report = read_sources(sources)
    typer.echo("\n".join(describe(faces, report)), err=True)
    # Faces of an epoch: replayed ones count as often as an epoch sees them.
    training = round(float(faces.split("Training").weights.sum()))
    settings, weights = choose(arch, base, changes, training, [model.card.name for model in found])
    return _Task(sources, faces, settings, weights, found)


def split_names(classes: str | None) -> tuple[str, ...]:
    """`happy, sad` → the names; all seven without a list."""
    from pipeline.records import EMOTIONS

    return tuple(name.strip() for name in classes.split(",")) if classes else EMOTIONS


def read_run_of(folder: Path) -> FinishedRun:
    """What the run left in its folder."""
    from retrain.runs import read_run

    return read_run(folder)


def _run(task: _Task, folder: Path, *, resume: bool) -> bool:
    from retrain.runs import RunOrigin, draw_curve, find_commit
    from retrain.train import train

    settings = task.settings
    typer.echo(f"{settings.arch}, {settings.epochs} epochs, batch {settings.batch}; the run is in {folder}", err=True)
    origin = RunOrigin(find_commit(), sources=task.sources)
    with Interrupt() as interrupt, progress(settings.epochs) as shown:

        def finish_epoch(result: EpochResult) -> None:
            shown.epoch(result)
            draw_curve(folder)

        done = train(
            task.faces, settings, folder,
            base=task.weights, teachers=task.teachers, origin=origin, resume=resume,
            on_step=shown.step, on_epoch=finish_epoch, should_stop=interrupt,
        )  # fmt: skip
    if not done:
        typer.echo(f"Stopped and saved. Go on with the same command and --run {folder} --resume", err=True)
    return done


def _cross_validate(task: _Task, folder: Path, folds: int) -> None:
    from retrain.folds import cross_validate

    if task.teachers:
        raise UsageError("--folds: expected no --teacher, which may have seen the held-out parts; found one.")
    with progress(task.settings.epochs * folds) as shown:
        scores = cross_validate(
            task.faces, task.settings, folder, folds, base=task.weights, on_step=shown.step, on_epoch=shown.epoch
        )
    typer.echo(f"{'fold':>6}  {'faces':>6}  accuracy after the last epoch")
    for number, score in enumerate(scores, 1):
        typer.echo(f"{number:>6}  {score.faces:>6,}  {score.accuracy:.1%}")
    mean = sum(score.accuracy for score in scores) / folds
    spread = (sum((score.accuracy - mean) ** 2 for score in scores) / (folds - 1)) ** 0.5
    typer.echo(f"  mean  {sum(score.faces for score in scores):>6,}  {mean:.1%} ± {spread:.1%}")
