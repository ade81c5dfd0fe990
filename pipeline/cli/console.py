"""What every command shares on the terminal: streams, logging, and names from outside made safe to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

import errno
import io
import json
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from ..escapes import escape, escape_json
from .flags import spell

if TYPE_CHECKING:
    from rich.console import Console


def printable(name: object) -> str:
    """A name on one line: line breaks, control and direction marks and undecodable bytes are written as escapes."""
    return escape(str(name))


def set_up_streams() -> None:
    """A terminal that cannot show a letter shows its escape, where Python would give up; a closed stream takes all.

    The null device also keeps the number of a closed stream from going to a database, which stray output would spoil.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def echo_json(value: object) -> None:
    """JSON on stdout, letters as they are; what a terminal obeys and undecodable bytes as JSON's own escapes."""
    only_ascii = not (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(escape_json(json.dumps(value, ensure_ascii=only_ascii, indent=2)))


_as_json_lines = False


def speak_json_lines(wanted: bool) -> None:
    """Whether what is said on stderr is for a program from now on: one JSON object a line."""
    global _as_json_lines  # noqa: PLW0603 - stderr is one, and so is its form
    _as_json_lines = wanted


def say(message: str) -> None:
    """A message for the person, on stderr; for a program each line of it is an object."""
    if _as_json_lines:
        for line in message.splitlines():
            say_event("message", {"message": line})
    else:
        typer.echo(message, err=True)


def say_event(event: str, fields: Mapping[str, object]) -> None:
    """One event of a run for a program that reads stderr."""
    typer.echo(escape_json(json.dumps({"event": event, **fields}, ensure_ascii=False)), err=True)


def say_note(note: str) -> None:
    """What the library has to say to the person: settings as flags."""
    say(spell(note))


def results_console() -> Console:
    """For results, on stdout; as wide as needed when nobody is watching."""
    return console(width=None if sys.stdout.isatty() else 160)


def console(width: int | None) -> Console:
    """A console of that width, None for the terminal's; where its reader goes away, `app.run` ends the command."""
    from rich.console import Console

    class Results(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return Results(width=width, highlight=False)


def set_up_logging(
    verbose: bool,
    log_file: Path | None,
    *,
    file_form: logging.Formatter | None = None,
    stderr_form: logging.Formatter | None = None,
) -> None:
    """Send fer-video's log to stderr with -v, and to a file if one is named.

    Args:
        verbose: to stderr, too.
        log_file: the file, which is added to; one that is moved away, as by logrotate, is made anew.
        file_form: what a line of the file looks like; None for text.
        stderr_form: what a line on stderr looks like; likewise.

    Raises:
        UsageError: the file cannot be written.
    """
    logger = logging.getLogger("fer_video")
    logger.setLevel(logging.INFO)
    # A log that cannot be written, as on a full disk, must not fill the terminal in its stead.
    logging.raiseExceptions = False
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        with suppress(OSError):  # what a full disk has not taken
            handler.close()
    logger.addHandler(logging.NullHandler())
    form = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    for handler in _handlers(verbose, log_file):
        is_file = isinstance(handler, logging.FileHandler)
        handler.setFormatter((file_form if is_file else stderr_form) or form)
        handler.addFilter(_make_paths_printable)
        logger.addHandler(handler)


def _make_paths_printable(record: logging.LogRecord) -> bool:
    """A file's name must not begin a line of its own in the log."""
    if isinstance(record.args, tuple):
        record.args = tuple(printable(each) if isinstance(each, PurePath) else each for each in record.args)
    return True


def _handlers(verbose: bool, log_file: Path | None) -> list[logging.Handler]:
    from logging.handlers import WatchedFileHandler

    class LogFile(WatchedFileHandler):
        """A log that cannot be written on is said once: the run goes on without it."""

        told = False

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - as logging calls it
            error = sys.exc_info()[1]
            if isinstance(error, OSError) and not self.told:
                self.told = True
                cause = error.strerror or error
                say(f"--log-file: {printable(log_file)} cannot be written: {cause}. The run goes on without this log.")

    handlers: list[logging.Handler] = [logging.StreamHandler()] if verbose else []
    if log_file:
        try:
            handlers.append(LogFile(log_file, encoding="utf-8", errors="backslashreplace"))
        except OSError as error:
            cause = error.strerror or error
            raise UsageError(f"--log-file: expected a file that can be written; {log_file}: {cause}.") from error
    return handlers


def align(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Rows as lines in columns: the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()
