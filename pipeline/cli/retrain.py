"""`fer-video retrain`: labelled faces in, a published model out."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import UsageError
from . import retrain_options as options  # noqa: TC001 - Typer reads the annotations
from .models import publish_run
from .training_progress import Interrupt, progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.models import StoredModel
    from pipeline.records import Floats
    from retrain.datasets import LabelledFaces
    from retrain.folds import FoldScore
    from retrain.runs import RunOrigin
    from retrain.settings import TrainSettings
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
    replay_share: options.ReplayShare = None,
    teacher: options.Teacher = None,
    teacher_weight: options.TeacherWeight = None,
    arch: options.Arch = None,
    width: options.Width = None,
    views: options.Views = None,
    mixup: options.Mixup = None,
    epochs: options.Epochs = None,
    calm_epochs: options.CalmEpochs = None,
    batch: options.Batch = None,
    rate: options.Rate = None,
    head_epochs: options.HeadEpochs = None,
    precision: options.Precision = "auto",
    seed: options.Seed = 0,
    folds: options.Folds = None,
    run: options.Run = None,
    resume: options.Resume = False,
    publish: options.Publish = None,
    even_if_worse: options.EvenIfWorse = False,
) -> None:
    """Train a network on labelled faces, measure it, and publish it as a model.

    Training uses the Training faces; the best epoch is chosen on the PublicTest faces (a fifth is held out where DATA
    has no splits), but fine-tuning a model takes the last one. Blank faces, and faces that show a held-out picture,
    are left out. Each epoch writes a checkpoint; Ctrl-C finishes the step and writes one too, and --resume goes on
    there. At the end the run's folder holds the model and its card; --publish puts both into the store.

    \b
    fer-video retrain fer2013.csv.gz --ferplus fer2013new.csv --publish my-model
    fer-video retrain fer2013.csv --arch hcmus-shallow --epochs 1
    fer-video retrain my_faces/ --base active --replay fer2013.csv.gz --publish shop-faces
    """  # noqa: D301 - \b keeps the examples on lines of their own
    _expect_together(run=run, resume=resume, folds=folds, publish=publish, teacher=teacher)
    _expect_needed("--replay", replay, {"--replay-share": replay_share})
    _expect_needed("--teacher", teacher, {"--teacher-weight": teacher_weight})
    _expect_needed("--publish", publish, {"--even-if-worse": even_if_worse or None})
    sources = replace(
        _sources(data, ferplus, replay, split_names(classes)), weights=tuple(weight or ()), skip_bad=skip_bad,
        clean=not keep_duplicates, detect=detect, replay_share=replay_share,
    )  # fmt: skip
    changes = {
        "epochs": epochs, "batch": batch, "peak_rate": rate, "head_epochs": head_epochs, "width": width, "seed": seed,
        "precision": precision, "classes": sources.classes, "teacher_weight": teacher_weight, "views": views,
        "calm_epochs": calm_epochs, "mixup": mixup,
    }  # fmt: skip
    folder = run or Path("retrain-runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    with _stopping(folder):
        if folds:
            _cross_validate(sources, (arch, base, changes), folder, folds, resume=resume)
        else:
            task = _prepare(sources, arch, base, changes, teacher or [])
            _run(task, folder, resume=resume)
            _measure(folder, task.faces, publish, even_if_worse=even_if_worse)


def _measure(folder: Path, faces: LabelledFaces, name: str | None, *, even_if_worse: bool) -> None:
    """Measure the finished run and write its card; publish it under its name, or say how that is done."""
    from pipeline.models import store_folder
    from retrain.runs import read_run

    run = read_run(folder)
    root = store_folder() if name else None
    publish_run(run, name, root, faces, even_if_worse=even_if_worse)
    if not name:
        typer.echo(f"Publish it with: fer-video models publish {shlex.quote(str(folder))} --name NAME", err=True)


@contextmanager
def _stopping(folder: Path) -> Iterator[None]:
    """Turn Ctrl-C, heeded after a step or at once, into a line that says how to go on, and code 130."""
    from retrain.runs import holds_run

    try:
        yield
    except KeyboardInterrupt:
        how = f"Go on with the same command and --run {shlex.quote(str(folder))} --resume"
        saved = (
            f"Stopped and saved. {how}" if holds_run(folder) else "Stopped before a step was done; nothing is saved."
        )
        typer.echo(saved, err=True)
        raise typer.Exit(130) from None


def _expect_together(
    *, run: Path | None, resume: bool, folds: int | None, publish: str | None, teacher: Sequence[str] | None
) -> None:
    """Refuse options that contradict each other, and a name that no model can have, before anything is read."""
    from retrain.publish import check_name

    if resume and run is None:
        raise UsageError("--resume: expected --run FOLDER, the run to go on with; found none.")
    if folds and publish:
        raise UsageError(
            "--folds: expected no --publish, as each fold trains a network of its own; found one. Publish a run "
            "without --folds."
        )
    if publish:
        check_name(publish)
    if folds and teacher:
        raise UsageError("--folds: expected no --teacher, which may have seen the held-out parts; found one.")


def _expect_needed(option: str, given: object, others: Mapping[str, object]) -> None:
    """Refuse options that mean nothing without another one."""
    for name, value in others.items():
        if value is not None and not given:
            raise UsageError(f"{name}: expected {option} beside it; found none.")


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be trained: faces, what was wrong with some, where they came from, settings, base, teachers."""

    faces: LabelledFaces
    problems: str
    origin: RunOrigin
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
    """Settle the settings, read the faces and say what they are."""
    from pipeline.models import find_model
    from pipeline.networks.runtime import silence
    from retrain.checks import list_problems
    from retrain.provenance import inherit
    from retrain.publish import check_held_out
    from retrain.recipes import choose, fit_batch
    from retrain.runs import RunOrigin, find_commit
    from retrain.sources import describe, read_sources
    from retrain.targets import check_teachers, identify

    silence(downloads=base == "imagenet")
    found = [find_model(name) for name in teachers]
    settings, weights = choose(arch, base, changes, [identify(model) for model in found])
    check_teachers(found, settings.classes)
    faces, report = read_sources(sources)
    typer.echo("\n".join(describe(faces, report)), err=True)
    check_held_out(faces)
    if changes["batch"] is None:
        settings = fit_batch(settings, count_training(faces))
    origin = RunOrigin(find_commit(), sources=sources, terms=inherit(base, found))
    return _Task(faces, list_problems(report), origin, settings, weights, found)


def count_training(faces: LabelledFaces) -> int:
    """Faces of an epoch: replayed and weighted ones count as often as an epoch sees them."""
    return round(float(faces.split("Training").weights.sum()))


def split_names(classes: str | None) -> tuple[str, ...]:
    """`happy, sad` → the names; all seven without a list."""
    from pipeline.records import EMOTIONS

    return tuple(dict.fromkeys(name.strip() for name in classes.split(","))) if classes else EMOTIONS


def _run(task: _Task, folder: Path, *, resume: bool) -> None:
    """Train.

    Raises:
        KeyboardInterrupt: it was stopped before its end.
    """
    from retrain.train import train

    _announce(task.settings, folder)
    if task.faces.votes.any() and task.settings.arch != "vgg-face":
        typer.echo(f"{task.settings.arch} has no head for FER+ votes: they are measured by, not learned.", err=True)
    _keep_problems(task.problems, folder)
    with Interrupt() as interrupt, progress() as shown:
        done = train(
            task.faces, task.settings, folder,
            base=task.weights, teachers=task.teachers, origin=task.origin, resume=resume,
            on_step=shown.step, on_epoch=shown.epoch, should_stop=interrupt,
        )  # fmt: skip
    if not done:
        raise KeyboardInterrupt


def _announce(settings: TrainSettings, folder: Path) -> None:
    from pipeline.records import EMOTIONS
    from retrain.recipes import recipe

    typer.echo(f"{settings.arch}, {settings.epochs} epochs, batch {settings.batch}; the run is in {folder}", err=True)
    known = recipe(settings.arch)
    if settings.base == known.base and len(settings.classes) == len(EMOTIONS):
        typer.echo(str(known), err=True)
    elif settings.base == "scratch" and known.base != "scratch":
        typer.echo(
            f"From random weights; its authors began with {known.base}: --base {known.base} downloads them.", err=True
        )


def _keep_problems(problems: str, folder: Path) -> None:
    from retrain.runs import write_problems

    written = write_problems(folder, problems)
    if written:
        typer.echo(f"Unreadable, blank and repeated pictures are listed in {written}", err=True)


def _cross_validate(
    sources: DataOptions,
    network: tuple[str | None, str, Mapping[str, Any]],
    folder: Path,
    folds: int,
    *,
    resume: bool,
) -> None:
    """Train on all parts but one in turn and print the scores.

    Raises:
        KeyboardInterrupt: it was stopped before its end.
    """
    from pipeline.networks.runtime import silence
    from retrain.checks import list_problems
    from retrain.folds import cross_validate, read_apart
    from retrain.provenance import inherit
    from retrain.recipes import choose, fit_batch
    from retrain.runs import RunOrigin, find_commit
    from retrain.sources import add_replay, describe

    arch, base, changes = network
    silence(downloads=base == "imagenet")
    settings, weights = choose(arch, base, changes)
    faces, replayed, report = read_apart(sources)
    typer.echo("\n".join(describe(faces, report)), err=True)
    epoch = faces
    if replayed is not None:
        typer.echo(f"{replayed.source} is replayed in every fold and never measured on.", err=True)
        epoch = add_replay(faces, replayed, sources.replay_share)
    if changes["batch"] is None:
        settings = fit_batch(settings, count_training(epoch))
    private = int((faces.splits == "PrivateTest").sum())
    if private:
        typer.echo(f"{private:,} PrivateTest faces stay out of all parts.", err=True)
    if weights:
        typer.echo(f"Scores hold for faces that the base, {settings.base}, was not trained on.", err=True)
    _announce(settings, folder)
    _keep_problems(list_problems(report), folder)
    with Interrupt() as interrupt, progress(folds) as shown:
        scores = cross_validate(
            faces, settings, folder, folds,
            base=weights, replayed=replayed, resume=resume,
            origin=RunOrigin(find_commit(), sources=sources, terms=inherit(base, ())),
            on_fold=shown.fold, on_step=shown.step, on_epoch=shown.epoch, should_stop=interrupt,
        )  # fmt: skip
    if len(scores) < folds:
        raise KeyboardInterrupt
    _print_scores(scores)


def _print_scores(scores: Sequence[FoldScore]) -> None:
    typer.echo(f"{'fold':>6}  {'faces':>6}  accuracy after the last epoch")
    for number, score in enumerate(scores, 1):
        typer.echo(f"{number:>6}  {score.faces:>6,}  {score.accuracy:.1%}")
    mean = sum(score.accuracy for score in scores) / len(scores)
    spread = (sum((score.accuracy - mean) ** 2 for score in scores) / (len(scores) - 1)) ** 0.5
    typer.echo(f"  mean  {sum(score.faces for score in scores):>6,}  {mean:.1%} ± {spread:.1%}")
