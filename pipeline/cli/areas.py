"""`fer-video areas`: what a cameras.toml says of the pictures of stored videos, told again."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .console import echo_json, printable, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..retelling import Retold


def areas(
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
    cameras: Annotated[
        Path | None,
        typer.Option("--cameras", help="This cameras.toml. [default: the one that spoke of each video last]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell a database what cameras.toml says now of blanked areas and zones; no video is read.

    Zones that were drawn or moved count from the next report on. Areas that are blanked now, and were not when a video
    was analysed, need 'fer-video analyze' once more: it is said of which videos. What no file speaks of stays as it is.

    Exit codes: 0 told, 2 wrong usage, 5 database.
    """
    from ..retelling import tell_again
    from ..store.database import connect

    engine = connect(db, writes=True)
    try:
        told = list(tell_again(engine, cameras))
    finally:
        engine.dispose()
    if as_json:
        echo_json([_as_json(one) for one in told])
        return
    _print(told)


def _as_json(one: Retold) -> dict[str, Any]:
    return {
        "path": str(one.video),
        "cameras": str(one.source),
        "staff": one.areas.staff.value,
        "blanked": len(one.areas.blanks),
        "zones": [zone.name for zone in one.areas.zones],
        "new": one.is_new,
        "analyze_again": one.is_read_otherwise,
    }


def _print(told: Sequence[Retold]) -> None:
    for one in told:
        if one.is_new:
            typer.echo(printable(f"{one.video}: {one.areas} (by {one.source})"))
    new = sum(one.is_new for one in told)
    typer.echo(f"{len(told)} video{'' if len(told) == 1 else 's'} of which a cameras.toml speaks; {new} told anew")
    for one in told:
        if one.is_read_otherwise:
            say(printable(f"{one.video}: other areas were blanked when it was analysed; run 'fer-video analyze' on it"))
