"""`fer-video report`: tables in the terminal, a page, and files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from pipeline.cli.console import console, printable, say
from pipeline.errors import UsageError
from pipeline.records import MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE

from . import report_options as options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..make import Files, Question
    from ..numbers.report import Report
    from ..words.words import Words

STDOUT = Path("-")
"""Stands for stdout where a file is named."""

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


def report(  # noqa: PLR0917 Typer reads the options from the parameters
    databases: options.Databases = None,
    run: options.RunNumber = None,
    count_overlaps: options.CountOverlaps = False,
    locations: options.Locations = None,
    cameras: options.Cameras = None,
    videos: options.Videos = None,
    since: options.Since = None,
    until: options.Until = None,
    min_face: options.MinFace = 0,
    min_sharpness: options.MinSharpness = 0,
    min_confidence: options.MinConfidence = MIN_CONFIDENCE,
    min_readable: options.MinReadable = MIN_READABLE,
    min_is_face: options.MinIsFace = MIN_IS_FACE,
    by: options.Grouping = "location",
    guessed_starts: options.GuessedStarts = False,
    per: options.PerWhat = None,
    min_group: options.MinGroup = 10,
    compare: options.Compare = None,
    count_as: options.CountAs = None,
    title: options.Title = None,
    lang: options.Lang = "en",
    html: options.Html = None,
    csv: options.Csv = None,
    json: options.Json = None,
    excel: options.Excel = None,
    faces: options.FaceFile = None,
    share: options.Share = False,
    everything: options.Everything = False,
    quiet: options.Quiet = False,
) -> None:
    """Summarise what was seen: tables here, a page to hand on, files to go on working with.

    Visits are counted first, where they are known, then faces in sampled frames. Intervals cover 95 % and come from
    resampling stretches of time, as the faces of consecutive frames show the same people. Groups of fewer than ten
    people are hidden. Tables go to stdout, messages to stderr.

    \b
    Examples:
      fer-video report
      fer-video report --html march.html --since 2024-03 --until 2024-03 --title "March"
      fer-video report --location 'quay*' --by hour --csv hours.csv
      fer-video report --compare 2024-03:2024-04 --lang vi --html
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.labels import Thresholds

    from ..make import Files, Question, make
    from ..numbers.selection import Gates, Selection, time_span
    from ..words.words import Language, Words

    _check_stdout(csv, json, (html, excel, faces))
    start, end = time_span(since, until)
    gates, thresholds = Gates(min_face, min_sharpness), Thresholds(min_confidence, min_readable, min_is_face)
    selection = Selection(
        _all(locations), _all(cameras), _all(videos), start, end, run, gates, thresholds, count_overlaps
    )
    question = Question(selection, by, compare, _all(count_as), title, guessed_starts, min_group, per)
    files = Files(html, _file(csv), _file(json), excel, faces, share)
    words = Words(Language(lang))
    made = make(_databases(databases), question, words, files, on_written=_silent if quiet else _say_written)
    _note(_databases(databases), files, question, made, quiet=quiet)
    if STDOUT in {csv, json}:
        _pipe(made, as_json=json == STDOUT)
    elif not quiet:
        print_tables(made, words, everything=everything)


def _note(databases: Sequence[str], files: Files, question: Question, made: Report, *, quiet: bool) -> None:
    """Note in the log which files were made; one that only looked is not noted, as it leaves nothing behind."""
    from pipeline.store.noting import note_files

    if not files.named():
        return
    chosen = question.selection
    named = ("locations", "cameras", "videos")
    times = {"since": chosen.since, "until": chosen.until, "by": str(question.by), "shared": files.share}
    settings = {**times, "chosen_by": [name for name in named if getattr(chosen, name)]}
    for name in databases:
        why = note_files(name, "report", files.named(), settings, made.overall.faces)
        if why and not quiet:
            say(printable(f"Not noted in the log: {why}"))


def _all(values: list[str] | None) -> tuple[str, ...]:
    return tuple(values or ())


def _databases(named: list[str] | None) -> list[str]:
    from pipeline.store.database import DEFAULT_DB

    return named or [os.environ.get("FER_VIDEO_DB") or DEFAULT_DB]


def _check_stdout(csv: Path | None, json: Path | None, others: Sequence[Path | None]) -> None:
    """Only one file goes to stdout, and only one that is text."""
    if STDOUT in others:
        raise UsageError("-: only --csv and --json can be written to stdout. Name a file.")
    if csv == json == STDOUT:
        raise UsageError("-: expected another file for each output; it is named twice.")


def _file(path: Path | None) -> Path | None:
    return None if path == STDOUT else path


def _pipe(made: Report, *, as_json: bool) -> None:
    from ..files.exports import to_csv, to_json

    if as_json:
        sys.stdout.buffer.write(to_json(made))
    else:
        sys.stdout.write(to_csv(made))


def _say_written(path: Path) -> None:
    say(f"Wrote {printable(path)}")


def _silent(_path: Path) -> None:
    pass


def print_tables(made: Report, words: Words, *, everything: bool = False) -> None:
    """The tables, as wide as the terminal; every row of them only if asked for."""
    from ..sheets.tables import tables

    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    output = console(width=PIPED_WIDTH if piped else None)
    for table in tables(made, words, output.width, everything=everything):
        output.print(table)
        output.print()
