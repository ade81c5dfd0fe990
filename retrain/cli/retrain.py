"""`fer-video retrain`: labelled faces in, a published model out."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.console import printable, say, say_note
from pipeline.errors import UsageError

from . import retrain_options as options  # noqa: TC001 - Typer reads the annotations
from .audit_source import audit_source
from .models import release_run
from .outcome import describe_folds, describe_outcome
from .progress import Interrupt, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..data.sources import DataOptions
    from ..training.session import Request, Watcher
    from .progress import Progress

INTERRUPTED = 130


def retrain(
    data: options.Data = None,
    *,
    ferplus: options.Ferplus = None,
    audit: options.Audit = None,
    db: options.AuditDb = "fer-video.db",
    videos: options.AuditVideos = None,
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
    as_json: options.AsJson = False,
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
    fer-video retrain --audit An.json --audit Binh.json --base active --replay fer2013.csv.gz --publish shop-faces
    """  # noqa: D301 - \b keeps the examples on lines of their own
    _expect_together(run=run, resume=resume, folds=folds, publish=publish, teacher=teacher)
    _expect_needed("--replay", replay, "--replay-share", replay_share)
    _expect_needed("--teacher", teacher, "--teacher-weight", teacher_weight)
    _expect_needed("--publish", publish, "--even-if-worse", even_if_worse or None)
    _expect_needed("--audit", audit, "--videos", videos)
    sources = _sources(
        data, ferplus, replay, classes, audit=audit_source(audit, db, videos),
        weights=tuple(weight or ()), skip_bad=skip_bad, clean=not keep_duplicates,
        detect=detect, replay_share=replay_share,
    )  # fmt: skip
    changes = {
        "epochs": epochs, "batch": batch, "peak_rate": rate, "head_epochs": head_epochs, "width": width, "seed": seed,
        "precision": precision, "classes": sources.classes, "teacher_weight": teacher_weight, "views": views,
        "calm_epochs": calm_epochs, "mixup": mixup, "target": target,
    }  # fmt: skip
    from ..training.session import Request

    request = Request(sources, arch, base, changes, teacher or ())
    _carry_out(request, run, folds, publish, resume=resume, even_if_worse=even_if_worse, as_json=as_json)


def _carry_out(
    request: Request, run: Path | None, folds: int | None, publish: str | None,
    *, resume: bool, even_if_worse: bool, as_json: bool,
) -> None:  # fmt: skip
    """Train, and say and print what comes of it; Ctrl-C at any time ends with a line that says how to go on."""
    folder = run or Path("retrain-runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    try:
        if folds:
            done = _cross_validate(request, folder, folds, resume=resume, as_json=as_json)
        else:
            done = _train(request, folder, publish, resume=resume, even_if_worse=even_if_worse, as_json=as_json)
    except KeyboardInterrupt:  # a second Ctrl-C, or one before the first step or behind the last
        done = False
    if not done:
        _say_stopped(folder)
        raise typer.Exit(INTERRUPTED)


def _train(
    request: Request, folder: Path, publish: str | None, *, resume: bool, even_if_worse: bool, as_json: bool
) -> bool:
    """Train and measure one network, and publish it under its name if it has one; whether it came to its end."""
    from pipeline.models.folder import store_folder

    from ..training.runs import read_run
    from ..training.session import train_network

    with Interrupt() as interrupt, progress() as shown:
        faces = train_network(request, folder, _watcher(shown, interrupt), resume=resume)
    if faces is None:
        return False
    root, run = store_folder() if publish else None, read_run(folder)
    silent = (lambda _: None) if as_json else None
    done, compared = release_run(run, publish, root, faces, even_if_worse=even_if_worse, on_measured=silent)
    if as_json:
        _print_json(describe_outcome(folder, done, compared, is_published=root is not None))
    if not publish:
        say(f"Publish it with: fer-video models publish {shlex.quote(str(folder))} --name NAME")
    return True


def _cross_validate(request: Request, folder: Path, folds: int, *, resume: bool, as_json: bool) -> bool:
    """Train a network for each fold and print the scores; whether it came to its end."""
    from ..training.session import cross_validate

    with Interrupt() as interrupt, progress(folds) as shown:
        summary = cross_validate(request, folder, folds, _watcher(shown, interrupt), resume=resume)
    if summary is None:
        return False
    if as_json:
        _print_json(summary)
    else:
        typer.echo("\n".join(describe_folds(summary)))
    say(f"Summary, confusion matrix and card are in {printable(folder)}")
    return True


def _print_json(content: object) -> None:
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())


def _watcher(shown: Progress, interrupt: Interrupt) -> Watcher:
    from ..training.session import Watcher

    return Watcher(_say_lines, shown.fold, shown.step, shown.epoch, interrupt)


def _say_lines(notes: str) -> None:
    """Notes, a line each: names of files and cards in them must not begin a line of their own."""
    for note in notes.split("\n"):
        say_note(printable(note))


def _say_stopped(folder: Path) -> None:
    from ..training.runs import holds_run

    how = f"Go on with the same command and --run {shlex.quote(str(folder))} --resume"
    say(f"Stopped and saved. {how}" if holds_run(folder) else "Stopped before a step was done; nothing is saved.")


def _expect_together(
    *, run: Path | None, resume: bool, folds: int | None, publish: str | None, teacher: Sequence[str] | None
) -> None:
    """Refuse options that contradict each other, and a name that no model can have, before anything is read."""
    from ..publishing.publish import check_name

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


def _expect_needed(needed: str, given: object, name: str, value: object) -> None:
    """Refuse an option that means nothing without another one."""
    if value is not None and not given:
        raise UsageError(f"{name}: expected {needed} beside it; found none.")


def _sources(
    data: Sequence[Path] | None, ferplus: Path | None, replay: Path | None, classes: str | None, **others: Any
) -> DataOptions:
    from ..data import fer2013
    from ..data.sources import DataOptions, split_names

    named = data or ([] if others.get("audit") else [fer2013.find(Path())])
    return DataOptions(
        data=tuple(str(path.absolute()) for path in named),
        ferplus=str(ferplus.absolute()) if ferplus else None,
        replay=str(replay.absolute()) if replay else None,
        classes=split_names(classes),
        **others,
    )
