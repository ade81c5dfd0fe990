"""`fer-video retrain`: labelled faces in, a published model out."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from . import retrain_options as options  # noqa: TC001 - Typer reads the annotations
from .models import publish_run
from .training import Request, cross_validate, train_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from retrain.datasets import LabelledFaces
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
    target: options.Target = None,
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
        "calm_epochs": calm_epochs, "mixup": mixup, "target": target,
    }  # fmt: skip
    request = Request(sources, arch, base, changes, teacher or ())
    folder = run or Path("retrain-runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    with _stopping(folder):
        if folds:
            cross_validate(request, folder, folds, resume=resume)
        else:
            faces = train_network(request, folder, resume=resume)
            _measure(folder, faces, publish, even_if_worse=even_if_worse)


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


def split_names(classes: str | None) -> tuple[str, ...]:
    """`happy, sad` → the names; all seven without a list."""
    from pipeline.records import EMOTIONS

    return tuple(dict.fromkeys(name.strip() for name in classes.split(","))) if classes else EMOTIONS
