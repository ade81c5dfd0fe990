"""`fer-video notice`: the sign for the door."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DiskError, UsageError
from .console import printable, say

Languages = Annotated[str, typer.Option("--lang", help="Languages, with commas between them: vi, en.")]
Controller = Annotated[str, typer.Option("--controller", help="Who is responsible: name and address.")]
Contact = Annotated[str, typer.Option("--contact", help="How people reach them: telephone or mail.")]
Purpose = Annotated[str | None, typer.Option("--purpose", help="What for. [default: a sentence about statistics]")]
Retention = Annotated[
    str | None, typer.Option("--retention", help="How long rows are kept, such as 30d. [default: a line to fill in]")
]
Out = Annotated[Path, typer.Option("--out", help="File to write.")]


def notice(
    *,
    controller: Controller,
    contact: Contact,
    lang: Languages = "vi,en",
    purpose: Purpose = None,
    retention: Retention = None,
    out: Out = Path("notice.html"),
) -> None:
    """Write the sign that tells people about the analysis, as one page to print.

    It says what the software does. Who you are, what for and how long is yours to say, and it must be true: read it
    before you hang it up, and have somebody read it who knows the law of your place.

    Exit codes: 0 written, 2 wrong usage, 5 no room on the disk.
    """
    from ..files import FULL, write_whole
    from ..places.retention import parse_retention
    from ..privacy.notice import Notice, parse_languages, render

    length = parse_retention(retention) if retention is not None else None
    languages = parse_languages(lang)
    page = render(Notice(controller, contact, purpose, length), languages)
    try:
        write_whole(out, page.encode("utf-8", "replace"))
    except OSError as error:
        kind = DiskError if error.errno in FULL else UsageError
        cause = error.strerror or os.strerror(error.errno or 0)
        raise kind(f"{out}: cannot be written: {cause}. Name another file with `out`.") from error
    say(f"Wrote {printable(out)}")
    if length is None:
        say("It has a line for how long rows are kept: fill it in, or add --retention.")
