"""Ctrl-C: the first is an interrupt that commands may answer, the second ends the process at once, without a word."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sys import UnraisableHookArgs
    from types import FrameType

INTERRUPTED = 130
"""Exit code, as shells count: 128 and the signal's number."""

_SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def answered() -> Iterator[None]:
    """One interrupt ends the block; a second one while it is cleared up, or later, ends the process.

    What is stored is whole at any moment, so that nothing is lost by that; a traceback would only frighten.
    """
    try:
        before = signal.signal(signal.SIGINT, _first)
    except ValueError:  # only the main thread is told of signals
        yield
        return
    atexit.register(signal.signal, signal.SIGINT, _second)
    sys.unraisablehook, hook = _in_passing, sys.unraisablehook
    try:
        yield
    except KeyboardInterrupt:
        with suppress(OSError, ValueError):
            sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    finally:
        sys.unraisablehook = hook
        # After an interrupt the rest is clearing up, and stays with `_second`: Python's own answer is a traceback.
        if signal.getsignal(signal.SIGINT) is _first:
            signal.signal(signal.SIGINT, before)


def _first(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _second)
    raise KeyboardInterrupt


def _in_passing(unraisable: UnraisableHookArgs) -> None:
    """An interrupt that came where none can be raised, as in a clearing up of Python's own, ends the process, too."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _second(signal.SIGINT, None)
    sys.__unraisablehook__(unraisable)


def _second(_signal: int, _frame: FrameType | None) -> None:
    if os.isatty(2):  # a progress bar may have hidden it
        os.write(2, _SHOW_CURSOR)
    os._exit(INTERRUPTED)
