"""`fer-video doctor`: whether this machine is fit, in a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from .console import align, echo_json, printable
from .flags import spell

if TYPE_CHECKING:
    from ..checkup import Check

JSON_SCHEMA = 1
UNFIT = 1


def doctor(
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at Python, libraries, decoder, processor, GPU, disk, database, model, clock and network, in a second.

    Nothing is changed, and no connection is opened. What is 'bad' keeps analyze from working; what says 'look' may be
    as you want it.

    Exit codes: 0 fit, 1 something is bad.
    """
    from ..checkup import Verdict, check_machine

    began = time.monotonic()
    checks = list(check_machine(db))
    seconds = time.monotonic() - began
    is_fit = all(check.verdict is not Verdict.BAD for check in checks)
    if as_json:
        plain = [_as_json(one) for one in checks]
        echo_json({"json_schema": JSON_SCHEMA, "fit": is_fit, "seconds": round(seconds, 2), "checks": plain})
    else:
        for check, line in zip(checks, align([(one.name, f" {one.verdict:<4}") for one in checks]), strict=True):
            typer.echo(printable(spell(f"{line.ljust(16)} {check.found}")))
            if check.advice:
                typer.echo(printable(spell(f"{'':16} {check.advice}")))
        state = "fit" if is_fit else "not fit: see what is bad"
        typer.echo(f"This machine is {state} ({seconds:.1f} s).")
    raise typer.Exit(0 if is_fit else UNFIT)


def _as_json(check: Check) -> dict[str, str]:
    return {"name": check.name, "verdict": check.verdict, "found": spell(check.found), "advice": spell(check.advice)}
