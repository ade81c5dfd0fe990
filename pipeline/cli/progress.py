"""Progress: bars on a terminal, plain lines at intervals elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, ProgressColumn

LINE_EVERY_S = 15.0
"""Off a terminal, a long video reports at this interval."""


def is_watched() -> bool:
    """Whether a person sees stderr on a terminal, so that a bar may move there."""
    return sys.stderr.isatty()


def make_bars(*columns: ProgressColumn, transient: bool = True, expand: bool = False) -> Progress:
    """Bars on stderr, to be used in `with`; with the columns of rich's own unless others are given."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=transient, expand=expand)


class Pause:
    """The pause between two plain lines of progress."""

    def __init__(self, seconds: float = LINE_EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self.begin()

    def begin(self) -> None:
        """Something was said just now."""
        self._began = self._clock()

    def is_over(self) -> bool:
        """Whether it is time for another line; if so, the next pause begins."""
        if self._clock() - self._began < self._seconds:
            return False
        self.begin()
        return True
