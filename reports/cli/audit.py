"""`fer-video audit`: how right are the readings on these cameras? People answer, and their answers are compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.console import printable, say
from pipeline.cli.flags import spell
from pipeline.errors import UsageError
from pipeline.records import MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE

from . import report_options as options  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from ..audit.ask import Asked
    from ..audit.read import Audit

app = typer.Typer(
    help="Ask people what they see in stored faces, and compare it with what was recognised.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Db = Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path, or an SQLAlchemy URL.")]
Faces = Annotated[int, typer.Option("--faces", min=1, max=100_000, help="How many faces to draw.")]
By = Annotated[
    Literal["location", "camera"] | None,
    typer.Option("--by", help="Draw as many from each location or camera. [default: from everything alike]"),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another number draws other faces.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The page, an .html file.")]
PageLang = Annotated[
    Literal["en", "vi"], typer.Option("--lang", help="Language that the page starts in; it can be switched there.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the page if it is there already.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no summary; what is missing is still said.")
]


@app.command()
def sample(  # noqa: PLR0917 - Typer turns parameters with a default into options
    db: Db = "fer-video.db",
    faces: Faces = 200,
    by: By = None,
    locations: options.Locations = None,
    cameras: options.Cameras = None,
    videos: options.Videos = None,
    since: options.Since = None,
    until: options.Until = None,
    run: options.RunNumber = None,
    seed: Seed = 0,
    out: Out = Path("audit.html"),
    lang: PageLang = "en",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Draw stored faces at random and write one page on which people say what they see.

    The page shows a face at a time, cut from its video, and not what was recognised. It needs no connection, works on a
    phone, and saves each person's answers to a file. IT HOLDS PICTURES OF PEOPLE: only you can read the file, and
    'fer-video audit read --erase' removes it.

    \b
    fer-video audit sample --faces 200 --by location
    fer-video audit sample --location 'quay*' --since 2024-03 --out quay.html --lang vi
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.store.database import connect

    from ..audit.ask import Question, ask
    from ..audit.sample import Strata
    from ..files.targets import check_out
    from ..numbers.selection import Selection, time_span
    from ..words.words import Language

    check_out(out, force=force)
    start, end = time_span(since, until)
    selection = Selection(tuple(locations or ()), tuple(cameras or ()), tuple(videos or ()), start, end, run)
    question = Question(selection, faces, Strata(by) if by else None, seed, Language(lang))
    engine = connect(db, writes=True)
    try:
        asked = ask(engine, question, out, force=force, on_video=_silent if quiet else _say_video)
    finally:
        engine.dispose()
    _say_missing(asked)
    if not quiet:
        _print_asked(asked)


def _silent(_number: int, _all: int) -> None:
    pass


def _say_video(number: int, count: int) -> None:
    if count > 10 and number % 10 == 1:
        say(f"  video {number} of {count}")


def _say_missing(asked: Asked) -> None:
    for one in asked.missing:
        say(printable(f"{one.video}: {_faces(one.faces)} could not be cut: {spell(one.why)}"))
    if asked.missing:
        say(
            "The others stand for them. Where a video was moved, run 'fer-video analyze' on it where it lies now, "
            "which analyses nothing anew, and draw again."
        )


def _faces(count: int) -> str:
    return f"{count:,} face{'' if count == 1 else 's'}"


def _print_asked(asked: Asked) -> None:
    typer.echo(
        printable(
            f"{asked.page}: {_faces(asked.faces)} of {asked.stored:,} stored, cut from {asked.videos} "
            f"video{'' if asked.videos == 1 else 's'}"
        )
    )
    say(
        "This page holds pictures of people; only you can read it (mode 0600). Let each person answer on it by "
        "themselves and save a file, then run 'fer-video audit read FILE...' with all files; --erase removes the page."
    )


Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="The files that were saved from the page, one a person.")
]
Model = Annotated[str | None, typer.Option("--model", metavar="NAME", help="Measure the newest run of this model.")]
Erase = Annotated[bool, typer.Option("--erase", help="Remove the page with the pictures, once its answers are read.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]


@app.command(no_args_is_help=True)
def read(  # noqa: PLR0917 - Typer turns parameters with a default into options
    files: Files,
    db: Db = "fer-video.db",
    run: options.RunNumber = None,
    model: Model = None,
    min_confidence: options.MinConfidence = MIN_CONFIDENCE,
    min_readable: options.MinReadable = MIN_READABLE,
    min_is_face: options.MinIsFace = MIN_IS_FACE,
    lang: options.Lang = "en",
    erase: Erase = False,
    as_json: AsJson = False,
) -> None:
    """Read the answers of all who answered a page, keep them, and say how right the readings are.

    Says how far people agree, how many readable faces are right (by expression, size and location, with intervals),
    what was wrongly left out, and the distribution beside that of people. The database keeps the answers, without names
    or pictures, and reports use them. The same files read twice are one audit; so are those of more people, later.

    \b
    fer-video audit read An.json Binh.json --erase
    """  # noqa: D301 - \b keeps the examples on lines of their own
    from pipeline.labels import Thresholds
    from pipeline.store.database import connect

    from ..audit import read as reading

    if run is not None and model is not None:
        raise UsageError("--run, --model: expected one of the two; found both. Leave one away.")
    thresholds = Thresholds(min_confidence, min_readable, min_is_face)
    engine = connect(db, writes=True)
    try:
        chosen = run if model is None else reading.find_run(engine, model)
        audit = reading.read(engine, files, thresholds, chosen)
        _print_audit(audit, lang, as_json=as_json)
        if erase:
            _say_erased(reading.erase(engine, audit.sample))
    finally:
        engine.dispose()


def _say_unknown(audit: Audit) -> None:
    if not audit.unknown:
        return
    names = list(audit.unknown)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    say(
        printable(
            f"{_faces(sum(audit.unknown.values()))} left out: the database has no such video, or two of that name: "
            f"{shown}"
        )
    )


def _say_erased(page: Path | None) -> None:
    if page:
        say(f"Erased {printable(page)}")
    else:
        say("No page of these answers is known here (any more). If there is one elsewhere, delete it yourself.")


def _print_audit(audit: Audit, lang: str, *, as_json: bool) -> None:
    from pipeline.cli.console import echo_json, results_console

    from ..numbers.accuracy import to_dict
    from ..sheets.audit import audit_facts, audit_sentence, audit_sheets
    from ..sheets.tables import render
    from ..words.words import Language, Words

    _say_unknown(audit)
    if as_json:
        echo_json({"audit": audit.number} | to_dict(audit.accuracy))
        return
    words, console = Words(Language(lang)), results_console()
    for sentence in (audit_sentence(audit.accuracy, words), *audit_facts(audit.accuracy, words)):
        typer.echo(sentence)
    for sheet in audit_sheets(audit.accuracy, words):
        console.print(render(sheet, words))
