"""`fer-video retrain`: labelled faces in, a published model out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from ..errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from retrain.train import EpochResult


def retrain(
    *,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Labelled faces: a FER-2013 csv (plain or .gz; columns emotion, pixels, Usage), or a folder "
            "[train|test/]CLASS/picture.jpg with a sub-folder for each expression.",
        ),
    ],
    ferplus: Annotated[
        Path | None,
        typer.Option("--ferplus", metavar="FILE", help="FER+ votes (fer2013new.csv), in the order of the csv's rows."),
    ] = None,
    arch: Annotated[str, typer.Option("--arch", help="Architecture of the network.")] = "vgg-face",
    width: Annotated[
        float, typer.Option("--width", help="Factor on the filters of vgg-face; 0.5 is the embedded model's.")
    ] = 0.5,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Passes over the Training faces.")] = 36,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Faces a step.")] = 128,
    seed: Annotated[int, typer.Option("--seed", help="Of initial weights, order and random views.")] = 0,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="FOLDER", help="The run's folder; default: retrain-runs/DATE-TIME."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last finished epoch of --run.")] = False,
    publish: Annotated[
        str | None, typer.Option("--publish", metavar="NAME", help="Publish the best epoch under this name at the end.")
    ] = None,
) -> None:
    """Train a network on labelled faces, keep its best epoch, and publish it as a model.

    Training uses the Training faces; the best epoch is chosen on the PublicTest faces. Each epoch writes a checkpoint
    into the run's folder, from which --resume goes on.

    \b
    fer-video retrain fer2013.csv.gz --ferplus fer2013new.csv --publish my-model
    fer-video retrain fer2013.csv --epochs 60 --run runs/long --resume
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.networks.runtime import silence

    silence()
    from retrain import datasets
    from retrain.train import RunOrigin, TrainSettings, find_commit, train

    if resume and run is None:
        raise UsageError("--resume: expected --run FOLDER, the run to go on with; found none.")
    faces = datasets.load(data, ferplus)
    folder = run or Path("retrain-runs") / time.strftime("%Y-%m-%dT%H-%M-%S")
    settings = TrainSettings(
        arch=arch, options={"width": width} if arch == "vgg-face" else {}, epochs=epochs, batch=batch, seed=seed,
        calm_epochs=min(4, epochs // 4),
    )  # fmt: skip
    origin = RunOrigin(find_commit(), data=str(data.absolute()), ferplus=str(ferplus.absolute()) if ferplus else None)
    typer.echo(f"{len(faces):,} faces from {faces.source}; the run is in {folder}", err=True)
    with _progress(epochs) as progress:
        train(
            faces, settings, folder,
            origin=origin, resume=resume, on_step=progress.step, on_epoch=progress.epoch,
        )  # fmt: skip
    if publish is None:
        typer.echo(f"Publish the best epoch with: fer-video models publish {folder} --name NAME", err=True)
        return
    from pipeline.models import store_folder
    from retrain.publish import publish as write
    from retrain.publish import read_run

    model = write(read_run(folder), publish, faces, store_folder())
    result = model.card.evaluation
    typer.echo(f"{publish}: {result.accuracy:.1%} on {result.data}, in {model.folder}")


class _Progress(Protocol):
    """Where training tells how far it is."""

    def step(self, step: int, steps: int) -> None: ...

    def epoch(self, result: EpochResult) -> None: ...


def _progress(epochs: int) -> AbstractContextManager[_Progress]:
    return _Bar(epochs) if sys.stderr.isatty() else _Lines()


def _describe(result: EpochResult) -> str:
    return (
        f"epoch {result.epoch}/{result.epochs}  loss {result.loss:.3f}  training {result.training_accuracy:.1%}  "
        f"held out {result.accuracy:.1%}  best {result.best_accuracy:.1%}  rate {result.rate:.4f}  "
        f"{result.seconds / 60:.1f} min"
    )


class _Lines:
    """A plain line after each epoch."""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def step(self, step: int, steps: int) -> None:
        """Steps are too many for lines."""

    def epoch(self, result: EpochResult) -> None:
        """Print the epoch's figures."""
        typer.echo(_describe(result), err=True)


class _Bar:
    """A bar over all steps with the time left, and a line after each epoch."""

    def __init__(self, epochs: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._epochs, self._done = epochs, 0
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:.0f} %"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._task = self._bar.add_task("training")

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, step: int, steps: int) -> None:
        """Move the bar."""
        done = self._done * steps + step
        self._bar.update(self._task, completed=done, total=self._epochs * steps)

    def epoch(self, result: EpochResult) -> None:
        """Print the epoch's figures above the bar."""
        self._done = result.epoch
        self._bar.console.print(_describe(result), markup=False, highlight=False)
