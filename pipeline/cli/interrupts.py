"""Ctrl-C and SIGTERM: the first asks a command to end, the second ends the process at once, without a word.

Ctrl-C comes from a person, who is waiting: it interrupts. SIGTERM comes from a service manager or a shutdown, which
gives some time: a command that is `finishing` is only told, so that it can store what it has in hand.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sys import UnraisableHookArgs
    from types import FrameType

INTERRUPTED, TERMINATED = 130, 143
"""Exit codes, as shells count: 128 and the signal's number."""

GRACE_S = 20.0
"""How long a command that is finishing may take behind a SIGTERM; service managers wait for 90 s, containers for 10."""

_SHOW_CURSOR = b"\x1b[?25h"


class TerminatedError(BaseException):
    """SIGTERM came. Like KeyboardInterrupt it is no `Exception`, so that nothing on the way takes it for a failure."""


@dataclass
class Stop:
    """Whether SIGTERM has come while a command finishes what it has in hand, and how long it may take then, seconds."""

    grace_s: float
    is_asked: bool = False


_finishing: list[Stop] = []


@contextmanager
def answered() -> Iterator[None]:
    """One signal ends the block; a second one while it is cleared up, or later, ends the process.

    What is stored is whole at any moment, so that nothing is lost by that; a traceback would only frighten.
    """
    answers = {signal.SIGINT: _first, signal.SIGTERM: _terminate}
    try:
        before = {number: signal.signal(number, answer) for number, answer in answers.items()}
    except ValueError:  # only the main thread is told of signals
        yield
        return
    for number in answers:
        atexit.register(signal.signal, number, _second)
    sys.unraisablehook, hook = _in_passing, sys.unraisablehook
    try:
        yield
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)
    except TerminatedError:
        _end("terminated", TERMINATED)
    except ImportError as error:
        # Compiled modules turn what interrupts their import into an ImportError of theirs, the signal being its cause.
        if isinstance(error.__cause__, KeyboardInterrupt):
            _end("interrupted", INTERRUPTED)
        if isinstance(error.__cause__, TerminatedError):
            _end("terminated", TERMINATED)
        raise
    finally:
        sys.unraisablehook = hook
        # After a signal the rest is clearing up, and stays with `_second`: Python's own answer is a traceback.
        for number, answer in answers.items():
            if signal.getsignal(number) is answer:
                signal.signal(number, before[number])


@contextmanager
def finishing(grace_s: float = GRACE_S) -> Iterator[Stop]:
    """Within the block SIGTERM is only told, and does not interrupt before so many seconds have passed."""
    stop = Stop(grace_s)
    _finishing.append(stop)
    try:
        yield stop
    finally:
        _finishing.remove(stop)
        if stop.is_asked:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _end(word: str, code: int) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{word}\n")
    sys.exit(code)


def _first(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _second)
    raise KeyboardInterrupt


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, _second)
    if not _finishing:
        raise TerminatedError
    _finishing[-1].is_asked = True
    signal.signal(signal.SIGALRM, _out_of_patience)
    signal.setitimer(signal.ITIMER_REAL, _finishing[-1].grace_s)


def _out_of_patience(_signal: int, _frame: FrameType | None) -> None:
    raise TerminatedError


def _in_passing(unraisable: UnraisableHookArgs) -> None:
    """A signal that came where none can be raised, as in a clearing up of Python's own, ends the process, too."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _second(signal.SIGINT, None)
    if issubclass(unraisable.exc_type, TerminatedError):
        _second(signal.SIGTERM, None)
    sys.__unraisablehook__(unraisable)


def _second(number: int, _frame: FrameType | None) -> None:
    if os.isatty(2):  # a progress bar may have hidden it
        os.write(2, _SHOW_CURSOR)
    os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)
