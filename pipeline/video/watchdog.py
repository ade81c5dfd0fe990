"""Who ends a decoding process that is waited for and says nothing."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLICE_S = 1.0


class Watchdog:
    """Counts the silence of a process while somebody waits for it, also in the middle of a picture.

    Silence is counted in slices, so that a time in which both processes were stopped (Ctrl-Z, a paused container) costs
    one of them.
    """

    def __init__(self, kill: Callable[[], None], patience_s: float) -> None:
        """Begin to watch.

        Args:
            kill: ends the process; whoever reads from it then meets the end of the pipe.
            patience_s: how long it may be silent.
        """
        self.has_barked = False
        self._kill = kill
        self._slice_s = min(SLICE_S, patience_s)
        self._most = math.ceil(patience_s / self._slice_s)
        self._silent = 0
        self._awaited, self._closed = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While this is open, silence counts."""
        self._silent = 0
        self._awaited.set()
        try:
            yield
        finally:
            self._awaited.clear()

    def hear(self) -> None:
        """It said something."""
        self._silent = 0

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()
        self._awaited.set()

    def _watch(self) -> None:
        while self._awaited.wait() and not self._closed.wait(self._slice_s):
            # The wait may have ended, and another begun, within the slice: `waiting` set the count back then.
            self._silent += self._awaited.is_set()
            if self._silent > self._most:
                self.has_barked = True
                self._kill()
                return
