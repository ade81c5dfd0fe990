"""How far a training run is: a bar on a terminal, plain lines elsewhere; and Ctrl-C as a wish to stop."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING, Protocol

import typer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from retrain.runs import EpochResult, StepResult

LINE_EVERY_S = 60.0
"""Off a terminal, a long epoch reports at this interval."""


class Progress(Protocol):
    """Where training tells how far it is."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def fold(self, number: int) -> None:
        """A run of several begins; numbers count from 1."""

    def step(self, step: StepResult) -> None:
        """A step of an epoch is done."""

    def epoch(self, result: EpochResult) -> None:
        """An epoch is done."""


def progress(runs: int = 1) -> Progress:
    """A bar over all steps of so many runs if stderr is a terminal, else lines."""
    return Bar(runs) if sys.stderr.isatty() else Lines(runs)


def describe(result: EpochResult) -> str:
    """An epoch's figures in one line."""
    labels = "" if result.labels_accuracy is None else f"labels {result.labels_accuracy:.1%}  "
    return (
        f"epoch {result.epoch}/{result.epochs}  loss {result.loss:.3f}  training {result.training_accuracy:.1%}  "
        f"held out {result.accuracy:.1%}  {labels}best {result.best_accuracy:.1%}  rate {result.rate:.2g}  "
        f"{result.seconds / 60:.1f} min"
    )


def describe_step(step: StepResult) -> str:
    """The figures of an epoch so far in one line."""
    return (
        f"epoch {step.epoch}/{step.epochs}  step {step.step}/{step.steps}  loss {step.loss:.3f}  "
        f"training {step.accuracy:.1%}  rate {step.rate:.2g}"
    )


class Interrupt:
    """Within it, the first Ctrl-C asks for a stop after the current step; a second one stops at once.

    So does one before the first step, when there is nothing to save.
    """

    def __enter__(self) -> Interrupt:
        self._asked = self._stepping = False
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def __call__(self) -> bool:
        """Whether a stop was asked for; called after each step."""
        self._stepping = True
        return self._asked

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal's own arguments
        if self._asked or not self._stepping:
            raise KeyboardInterrupt
        self._asked = True
        typer.echo("Finishing the step; Ctrl-C again stops at once and loses the epoch.", err=True)


class Pace:
    """How much of one or several runs is done, and how long the rest takes at the speed since this process began."""

    def __init__(self, runs: int, clock: Callable[[], float]) -> None:
        self._runs, self._clock = runs, clock
        self.run = 1
        self.done = 0.0
        self._first: tuple[float, float] | None = None

    def take(self, step: StepResult) -> None:
        """Move to a step; what an earlier process did counts as done, and not as speed."""
        share = (step.epoch - 1 + step.step / step.steps) / step.epochs
        self.done = (self.run - 1 + share) / self._runs
        if self._first is None:
            self._first = self._clock(), self.done

    @property
    def left(self) -> str:
        """The time left in words; empty before there is a speed, and at the end."""
        if self._first is None or not self._first[1] < self.done < 1:
            return ""
        began, before = self._first
        seconds = (self._clock() - began) * (1 - self.done) / (self.done - before)
        if seconds < 90:
            return f"{seconds:.0f} s left"
        minutes = round(seconds / 60)
        return f"{minutes} min left" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min left"


class Lines:
    """A plain line after each epoch, and within a long one at intervals."""

    def __init__(self, runs: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace, self._runs, self._clock = Pace(runs, clock), runs, clock
        self._said = clock()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def fold(self, number: int) -> None:
        """Print which run begins."""
        self._pace.run = number
        self._say(f"fold {number}/{self._runs}")

    def step(self, step: StepResult) -> None:
        """Print the figures so far if nothing was printed for a while."""
        self._pace.take(step)
        if self._clock() - self._said >= LINE_EVERY_S:
            self._say(describe_step(step), self._pace.left)

    def epoch(self, result: EpochResult) -> None:
        """Print the epoch's figures."""
        self._say(describe(result), self._pace.left)

    def _say(self, *words: str) -> None:
        self._said = self._clock()
        typer.echo("  ".join(word for word in words if word), err=True)


class Bar:
    """A bar over all steps with figures and the time left, and a line after each epoch."""

    def __init__(self, runs: int, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._pace, self._runs = Pace(runs, clock), runs
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:.0f} %"),
            TextColumn("{task.fields[left]}"),
        )
        self.bar = Progress(*columns, console=Console(stderr=True), expand=True)
        self._task = self.bar.add_task("training", total=1.0, left="")

    def __enter__(self) -> Bar:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def fold(self, number: int) -> None:
        """Print which run begins."""
        self._pace.run = number
        self._print(f"fold {number}/{self._runs}")

    def step(self, step: StepResult) -> None:
        """Move the bar."""
        self._pace.take(step)
        # Shorter than a line's words, so that the bar has room on 80 columns.
        shown = f"{step.epoch}/{step.epochs}  loss {step.loss:.3f}  right {step.accuracy:.0%}  rate {step.rate:.2g}"
        self.bar.update(self._task, completed=self._pace.done, description=shown, left=self._pace.left)

    def epoch(self, result: EpochResult) -> None:
        """Print the epoch's figures above the bar."""
        self._print(describe(result))

    def _print(self, text: str) -> None:
        self.bar.console.print(text, markup=False, highlight=False)
