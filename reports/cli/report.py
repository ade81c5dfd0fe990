"""`fer-video report`: tables in the terminal, a page, and files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from pipeline.errors import NoInputError, StoreError, UsageError
from pipeline.records import MIN_CONFIDENCE

from . import report_options as options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine

    from ..numbers.columns import Data
    from ..numbers.report import Report, Request
    from ..numbers.selection import Selection
    from ..words.words import Words

PIPED_WIDTH = 160
"""Characters of a line where the output is no terminal."""


class ReportCommand(TyperCommand):
    """`--html` takes a file or stands alone; Typer's parser has no options with a value that may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a lone `--html` its default file before the arguments are parsed."""
        parsed: list[str] = super().parse_args(ctx, fill_html(args))
        return parsed


def fill_html(args: list[str]) -> list[str]:
    """`--html` followed by nothing or by another option becomes `--html=report.html`.

    The command has no positional arguments, so what follows `--html` and is no option can only be its file.
    """
    following = [*args[1:], "-"][: len(args)]
    return [
        f"--html={options.DEFAULT_HTML}" if one == "--html" and after.startswith("-") else one
        for one, after in zip(args, following, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files that were asked for."""

    html: Path | None
    csv: Path | None
    json: Path | None
    excel: Path | None
    faces: Path | None

    @property
    def stdout_taken(self) -> bool:
        """Whether a file goes to stdout, so that no table may."""
        return Path("-") in (self.csv, self.json)


def report(  # noqa: PLR0917 Typer reads the options from the parameters
    databases: options.Databases = None,
    run: options.RunNumber = None,
    locations: options.Locations = None,
    cameras: options.Cameras = None,
    videos: options.Videos = None,
    since: options.Since = None,
    until: options.Until = None,
    min_face: options.MinFace = 0,
    min_sharpness: options.MinSharpness = 0,
    min_confidence: options.MinConfidence = MIN_CONFIDENCE,
    by: options.Grouping = "location",
    compare: options.Compare = None,
    count_as: options.CountAs = None,
    title: options.Title = None,
    lang: options.Lang = "en",
    html: options.Html = None,
    csv: options.Csv = None,
    json: options.Json = None,
    excel: options.Excel = None,
    faces: options.FaceFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Summarise what was seen: tables here, a page to hand on, files to go on working with.

    Counts are faces in sampled frames. Intervals cover 95 % and come from resampling stretches of time, as the faces of
    consecutive frames show the same people. Tables go to stdout, messages to stderr.

    \b
    Examples:
      fer-video report
      fer-video report --html march.html --since 2024-03 --until 2024-03 --title "March"
      fer-video report --location 'quay*' --by hour --csv hours.csv
      fer-video report --compare 2024-03:2024-04 --lang vi --html
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from ..numbers.selection import Gates, Selection, time_span
    from ..words.words import Language, Words

    outputs = Outputs(html, csv, json, excel, faces)
    check_outputs(outputs)
    start, end = time_span(since, until)
    gates = Gates(min_face, min_sharpness)
    selection = Selection(_all(locations), _all(cameras), _all(videos), start, end, run, gates, min_confidence)
    words, engines = Words(Language(lang)), open_databases(databases)
    data = read(engines, selection)
    made = compute(data, selection, by=by, compare=compare, count_as=_all(count_as), title=title)
    write_files(made, words, outputs, engines, say=_silent if quiet else _say)
    if not (quiet or outputs.stdout_taken):
        print_tables(made, words)


def _all(values: list[str] | None) -> tuple[str, ...]:
    return tuple(values or ())


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _silent(message: str) -> None:
    del message


def check_outputs(outputs: Outputs) -> None:
    """Refuse what could not be written before anything is read."""
    if outputs.faces and outputs.faces.suffix not in (".csv", ".parquet"):
        raise UsageError(f"--faces {outputs.faces}: expected a file name that ends in .csv or .parquet.")
    if outputs.faces and outputs.faces.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise UsageError(f"--faces {outputs.faces}: needs pyarrow. Install it: pip install 'fer-video[parquet]'.")
    if outputs.excel and outputs.excel.suffix != ".xlsx":
        raise UsageError(f"--excel {outputs.excel}: expected a file name that ends in .xlsx.")
    files = [path for path in (outputs.html, outputs.csv, outputs.json, outputs.excel, outputs.faces) if path]
    twice = next((path for path in files if files.count(path) > 1), None)
    if twice:
        raise UsageError(f"{twice}: expected another file for each output; it is named twice.")
    for path in files:
        _check_file(path, may_be_stdout=path in (outputs.csv, outputs.json))


def _check_file(path: Path, *, may_be_stdout: bool) -> None:
    if path == Path("-"):
        if not may_be_stdout:
            raise UsageError("-: only --csv and --json can be written to stdout. Name a file.")
    # os.path answers no where Path raises: for names that are too long or out of reach.
    elif os.path.isdir(path):  # noqa: PTH112
        raise UsageError(f"{path}: expected a file to write; it is a folder.")
    elif not os.path.isdir(path.absolute().parent):  # noqa: PTH112
        raise UsageError(f"{path}: cannot be written: the folder {path.parent} does not exist or is out of reach.")


def open_databases(databases: list[str] | None) -> list[Engine]:
    """The databases that were named, or the default one."""
    from pipeline.store.database import DEFAULT_DB, connect

    return [connect(name) for name in databases or [os.environ.get("FER_VIDEO_DB") or DEFAULT_DB]]


def read(engines: Sequence[Engine], selection: Selection) -> Data:
    """Read the selected rows.

    Raises:
        NoInputError: nothing is stored yet.
        StoreError: the database stopped answering.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from pipeline.store.database import explain

    from ..numbers.queries import load

    try:
        data = load(engines, selection)
    except SQLAlchemyError as error:
        raise StoreError(explain(error)) from error
    if not data.videos:
        raise NoInputError("nothing to report: no selected video is stored yet. Run 'fer-video analyze PATH' first.")
    return data


def compute(
    data: Data, selection: Selection, *, by: str, compare: str | None, count_as: tuple[str, ...], title: str | None
) -> Report:
    """All numbers of the report."""
    from ..numbers.grouping import By
    from ..numbers.report import Request, make_report
    from ..numbers.rollup import parse_rollup
    from ..numbers.sides import parse_sides

    sides = parse_sides(compare, {video.location for video in data.videos}) if compare else None
    request: Request = Request(selection, By(by), parse_rollup(count_as), title, sides)
    return make_report(data, request)


def write_files(
    made: Report, words: Words, outputs: Outputs, engines: Sequence[Engine], say: Callable[[str], None]
) -> None:
    """Write each file that was asked for, whole or not at all."""
    from ..files.excel import write_excel
    from ..files.exports import to_csv, to_json
    from ..files.face_rows import write_faces
    from ..page.html import render

    selection = made.request.selection
    makers: list[tuple[Path | None, Callable[[Path], object]]] = [
        (outputs.html, lambda path: path.write_bytes(render(made, words).encode("utf-8", "replace"))),
        (outputs.csv, lambda path: path.write_bytes(to_csv(made).encode("utf-8-sig", "replace"))),
        (outputs.json, lambda path: path.write_bytes(to_json(made))),
        (outputs.excel, lambda path: write_excel(made, words, path)),
        (outputs.faces, lambda path: write_faces(engines, selection, path, parquet=_is_parquet(outputs.faces))),
    ]
    if outputs.csv == Path("-"):
        sys.stdout.write(to_csv(made))
    if outputs.json == Path("-"):
        sys.stdout.buffer.write(to_json(made))
    for path, make in makers:
        if path and path != Path("-"):
            _write(path, make, say)


def _is_parquet(path: Path | None) -> bool:
    return path is not None and path.suffix == ".parquet"


def _write(path: Path, make: Callable[[Path], object], say: Callable[[str], None]) -> None:
    from ..files.writing import written_beside

    with written_beside(path) as draft:
        make(draft)
    say(f"Wrote {path}")


def print_tables(made: Report, words: Words) -> None:
    """The tables, as wide as the terminal."""
    from rich.console import Console

    from ..sheets.tables import tables

    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    console = Console(width=PIPED_WIDTH if piped else None)
    for table in tables(made, words, console.width):
        console.print(table)
        console.print()
