"""`fer-video upgrade`: an older database, brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .console import printable

if TYPE_CHECKING:
    from ..store.database import Upgrade


def upgrade(
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
) -> None:
    """Bring a database of an older fer-video up to date, so that it can be read.

    All rows are kept, and nothing is analysed anew. An older fer-video cannot read the database any more: keep a copy
    if you still need that. A database that is up to date stays as it is.

    Exit codes: 0 up to date, 5 database.
    """
    from ..store.database import upgrade as bring_up_to_date

    typer.echo(describe(db, bring_up_to_date(db)))


def describe(db: str, upgraded: Upgrade) -> str:
    """What was done, in one line."""
    from ..store.naming import shown

    change = f"schema {upgraded.before} -> {upgraded.after}"
    if upgraded.before == upgraded.after:
        change = f"schema {upgraded.after} already"
    videos = f"{upgraded.videos} video{'' if upgraded.videos == 1 else 's'}"
    return printable(f"{shown(db)}: {change}, {videos}")
