"""How far a training run is: a bar on a terminal, plain lines elsewhere; and Ctrl-C as a wish to stop."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Protocol

import typer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import FrameType

    from retrain.runs import EpochResult


class Progress(Protocol):
    """Where training tells how far it is."""

    def step(self, step: int, steps: int) -> None:
        """A step of an epoch is done."""

    def epoch(self, result: EpochResult) -> None:
        """An epoch is done."""


def progress(epochs: int) -> AbstractContextManager[Progress]:
    """A bar over all steps if stderr is a terminal, else a line after each epoch."""
    return _Bar(epochs) if sys.stderr.isatty() else _Lines()


def describe(result: EpochResult) -> str:
    """An epoch's figures in one line."""
    return (
        f"epoch {result.epoch}/{result.epochs}  loss {result.loss:.3f}  training {result.training_accuracy:.1%}  "
        f"held out {result.accuracy:.1%}  best {result.best_accuracy:.1%}  rate {result.rate:.4f}  "
        f"{result.seconds / 60:.1f} min"
    )


class Interrupt:
    """Within it, the first Ctrl-C asks for a stop after the current step; a second one stops at once."""

    def __enter__(self) -> Interrupt:
        self._asked = False
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def __call__(self) -> bool:
        """Whether a stop was asked for."""
        return self._asked

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal's own arguments
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        typer.echo("Finishing the step; Ctrl-C again stops at once and loses the epoch.", err=True)


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
        typer.echo(describe(result), err=True)


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
        self._task = self._bar.add_task("training", total=None)

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, step: int, steps: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=self._done * steps + step, total=self._epochs * steps)

    def epoch(self, result: EpochResult) -> None:
        """Print the epoch's figures above the bar."""
        self._done += 1
        self._bar.console.print(describe(result), markup=False, highlight=False)
