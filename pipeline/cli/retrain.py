"""`fer-video retrain`: labelled faces in, a published model out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .models import publish_run
from .training_progress import Interrupt, progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.records import Floats
    from retrain.datasets import LabelledFaces
    from retrain.runs import EpochResult, FinishedRun, TrainSettings
    from retrain.sources import DataOptions


def retrain(
    *,
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA]...",
            help="Labelled faces: a FER-2013 csv (plain or .gz; columns emotion, pixels, Usage), or a folder "
            "[train|test/]CLASS/picture.jpg with a sub-folder for each expression. Several are trained on together. "
            "Without DATA: fer2013.csv[.gz] or icml_face_data.csv in this folder or in data/.",
        ),
    ] = None,
    ferplus: Annotated[
        Path | None,
        typer.Option("--ferplus", metavar="FILE", help="FER+ votes (fer2013new.csv) for the rows of the first DATA."),
    ] = None,
    weight: Annotated[
        list[float] | None,
        typer.Option("--weight", help="How often an epoch sees each face of a DATA; once for each DATA, in order."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Skip and count rows and pictures that cannot be read.")
    ] = False,
    detect: Annotated[
        bool,
        typer.Option("--detect", help="Cut the faces out of a folder's pictures with the detector of 'analyze'."),
    ] = False,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Train also on faces that are blank or show a held-out picture.")
    ] = False,
    classes: Annotated[
        str | None, typer.Option("--classes", metavar="A,B,...", help="Train on these expressions only.")
    ] = None,
    base: Annotated[
        str,
        typer.Option(
            "--base",
            help="What to start from: scratch (random weights), active or the NAME of a model (fine-tuning: first its "
            "heads, then everything at a tenth of the rate), vgg-face (Parkhi's weights as deepface keeps them, at "
            "224 pixels), imagenet (vgg16 and resnet50 only; downloads).",
        ),
    ] = "scratch",
    replay: Annotated[
        Path | None,
        typer.Option(
            "--replay", metavar="CSV", help="Mix FER-2013 into every epoch, so that a base does not forget it."
        ),
    ] = None,
    replay_share: Annotated[
        float, typer.Option("--replay-share", help="Share of an epoch that is replayed, between 0 and 1.")
    ] = 0.5,
    arch: Annotated[
        str | None,
        typer.Option(
            "--arch",
            help="Architecture, with its paper's settings as defaults: vgg-face (the default), vgg-face-224, "
            "thuyloi-8block, hcmus-shallow, hcmus-deep, aip391-baseline, aip391-vgg5, vgg16, resnet50.",
        ),
    ] = None,
    width: Annotated[
        float | None, typer.Option("--width", help="Factor on the filters of vgg-face; the embedded model has 0.5.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Passes over the Training faces.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", min=1, help="Faces a step.")] = None,
    rate: Annotated[float | None, typer.Option("--rate", min=0, help="Highest learning rate.")] = None,
    head_epochs: Annotated[
        int | None, typer.Option("--head-epochs", min=0, help="First epochs in which only the heads of a base learn.")
    ] = None,
    precision: Annotated[
        str,
        typer.Option("--precision", help="float32, bfloat16, or auto: bfloat16 where the processor or GPU has it."),
    ] = "float32",
    seed: Annotated[int, typer.Option("--seed", help="Of initial weights, order and random views.")] = 0,
    folds: Annotated[
        int | None,
        typer.Option("--folds", min=2, help="Cross-validate instead: so many parts, by person where files name them."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="FOLDER", help="The run's folder; default: retrain-runs/DATE-TIME."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where --run was stopped.")] = False,
    publish: Annotated[
        str | None, typer.Option("--publish", metavar="NAME", help="Publish the best epoch under this name at the end.")
    ] = None,
    even_if_worse: Annotated[
        bool, typer.Option("--even-if-worse", help="Publish although the active model is better on the same faces.")
    ] = False,
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
    from pipeline.networks.runtime import silence

    silence()
    from retrain import fer2013
    from retrain.recipes import choose
    from retrain.sources import DataOptions, describe, read_sources

    if resume and run is None:
        raise UsageError("--resume: expected --run FOLDER, the run to go on with; found none.")
    options = DataOptions(
        data=tuple(str(path.absolute()) for path in data or [fer2013.find(Path())]),
        weights=tuple(weight or ()),
        ferplus=str(ferplus.absolute()) if ferplus else None,
        skip_bad=skip_bad,
        clean=not keep_duplicates,
        detect=detect,
        replay=str(replay.absolute()) if replay else None,
        replay_share=replay_share,
        classes=split_names(classes),
    )
    faces, report = read_sources(options)
    typer.echo("\n".join(describe(faces, report)), err=True)
    changes = {
        "epochs": epochs, "batch": batch, "peak_rate": rate, "head_epochs": head_epochs, "width": width, "seed": seed,
        "precision": precision, "classes": options.classes,
    }  # fmt: skip
    settings, weights = choose(arch, base, changes, int((faces.splits == "Training").sum()))
    folder = run or Path("retrain-runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    if folds:
        _cross_validate(faces, settings, weights, folder, folds)
    elif not _run(faces, options, settings, weights, folder, resume=resume):
        raise typer.Exit(130)
    elif publish:
        publish_run(read_run_of(folder), publish, None, even_if_worse=even_if_worse, quick=False)
    else:
        typer.echo(f"Publish the best epoch with: fer-video models publish {folder} --name NAME", err=True)


def split_names(classes: str | None) -> tuple[str, ...]:
    """`happy, sad` → the names; all seven without a list."""
    from pipeline.records import EMOTIONS

    return tuple(name.strip() for name in classes.split(",")) if classes else EMOTIONS


def read_run_of(folder: Path) -> FinishedRun:
    """What the run left in its folder."""
    from retrain.runs import read_run

    return read_run(folder)


def _run(
    faces: LabelledFaces,
    options: DataOptions,
    settings: TrainSettings,
    weights: Mapping[str, Floats],
    folder: Path,
    *,
    resume: bool,
) -> bool:
    from retrain.runs import RunOrigin, draw_curve, find_commit
    from retrain.train import train

    typer.echo(f"{settings.arch}, {settings.epochs} epochs, batch {settings.batch}; the run is in {folder}", err=True)
    origin = RunOrigin(find_commit(), sources=options)
    with Interrupt() as interrupt, progress(settings.epochs) as shown:

        def finish_epoch(result: EpochResult) -> None:
            shown.epoch(result)
            draw_curve(folder)

        done = train(
            faces, settings, folder,
            base=weights, origin=origin, resume=resume,
            on_step=shown.step, on_epoch=finish_epoch, should_stop=interrupt,
        )  # fmt: skip
    if not done:
        typer.echo(f"Stopped and saved. Go on with the same command and --run {folder} --resume", err=True)
    return done


def _cross_validate(
    faces: LabelledFaces, settings: TrainSettings, weights: Mapping[str, Floats], folder: Path, folds: int
) -> None:
    from retrain.folds import cross_validate

    with progress(settings.epochs * folds) as shown:
        scores = cross_validate(faces, settings, folder, folds, base=weights, on_step=shown.step, on_epoch=shown.epoch)
    typer.echo(f"{'fold':>6}  {'faces':>6}  accuracy after the last epoch")
    for number, score in enumerate(scores, 1):
        typer.echo(f"{number:>6}  {score.faces:>6,}  {score.accuracy:.1%}")
    mean = sum(score.accuracy for score in scores) / folds
    spread = (sum((score.accuracy - mean) ** 2 for score in scores) / (folds - 1)) ** 0.5
    typer.echo(f"  mean  {sum(score.faces for score in scores):>6,}  {mean:.1%} ± {spread:.1%}")
