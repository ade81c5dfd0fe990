"""What every command shares on the terminal: streams, logging, and names from outside made safe to print."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console


def printable(name: object) -> str:
    """A name on one line: line breaks, control and direction marks and undecodable bytes are written as escapes."""
    text = str(name)
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def say(message: str) -> None:
    """A message for the person, on stderr."""
    typer.echo(message, err=True)


def results_console() -> Console:
    """For results, on stdout; as wide as needed when nobody is watching."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def set_up_logging(verbose: bool, log_file: Path | None) -> None:
    """Send fer-video's log to stderr with -v, and to a file if one is named."""
    logger = logging.getLogger("fer_video")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.NullHandler())
    form = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handlers: list[logging.Handler] = [logging.StreamHandler()] if verbose else []
    if log_file:
        try:
            handlers.append(logging.FileHandler(log_file, encoding="utf-8"))
        except OSError as error:
            raise typer.BadParameter(f"--log-file {log_file}: cannot be written: {error.strerror}.") from error
    for handler in handlers:
        handler.setFormatter(form)
        logger.addHandler(handler)
