"""`fer-video report`: tables in the terminal, a page, and files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.report import Report
    from reports.words import Words

DEFAULT_HTML = "report.html"


class ReportCommand(TyperCommand):
    """`--html` takes a file or stands alone; Typer's parser has no options with a value that may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a lone `--html` its default file before the arguments are parsed."""
        return super().parse_args(ctx, fill_html(args))


def fill_html(args: list[str]) -> list[str]:
    """`--html` followed by nothing or by another option becomes `--html=report.html`.

    The command has no positional arguments, so what follows `--html` and is no option can only be its file.
    """
    following = [*args[1:], "-"]
    return [
        f"--html={DEFAULT_HTML}" if one == "--html" and after.startswith("-") else one
        for one, after in zip(args, following, strict=True)
    ]


def report(  # noqa: PLR0917 Typer reads options from parameters
    databases: Annotated[
        list[str] | None,
        typer.Option(
            "--db",
            metavar="PATH-OR-URL",
            help="Database to read; twice reads two as one. [default: FER_VIDEO_DB, or fer-video.db]",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="[FILE]", help=f"Write one self-contained page. [FILE defaults to {DEFAULT_HTML}]"
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write tidy CSV: a row for each group and expression; - for stdout."
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the same numbers as JSON; - for stdout."),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", metavar="en|vi", help="Language of tables and page.")] = "en",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no tables and no messages.")] = False,
) -> None:
    """Summarise what was seen: tables in the terminal, a page to hand on, files to go on working with."""
    from reports.queries import load
    from reports.report import Request, make_report
    from reports.words import Language, Words

    from ..database import DEFAULT_DB, connect

    request = Request()
    words = Words(Language(lang))
    engines = [connect(name) for name in databases or [os.environ.get("FER_VIDEO_DB") or DEFAULT_DB]]
    made = make_report(load(engines, request.selection), request)
    _write_files(made, words, html, csv, json, quiet=quiet)
    if not quiet and Path("-") not in (csv, json):
        _print_tables(made, words)


def _write_files(
    made: Report, words: Words, html: Path | None, csv: Path | None, json: Path | None, *, quiet: bool
) -> None:
    from reports.exports import to_csv, to_json
    from reports.html import render

    wanted: list[tuple[Path | None, Callable[[], bytes]]] = [
        (html, lambda: render(made, words).encode("utf-8", "replace")),
        (csv, lambda: to_csv(made).encode("utf-8-sig", "replace")),
        (json, lambda: to_json(made)),
    ]
    for path, content in wanted:
        if path is not None:
            _write(path, content(), quiet=quiet)


def _write(path: Path, content: bytes, *, quiet: bool) -> None:
    from reports.files import write_beside

    if path == Path("-"):
        sys.stdout.buffer.write(content)
        return
    write_beside(path, content)
    if not quiet:
        typer.echo(f"Wrote {path}", err=True)


def _print_tables(made: Report, words: Words) -> None:
    from rich.console import Console

    from reports.tables import tables

    console = Console()
    for table in tables(made, words, console.width):
        console.print(table)
        console.print()
