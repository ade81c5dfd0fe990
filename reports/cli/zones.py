"""`fer-video zones`: a page on which areas of a camera's picture are drawn."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.console import printable, say
from pipeline.errors import NoInputError

if TYPE_CHECKING:
    from ..areas.make import Drawn


def zones(  # noqa: PLR0917 - Typer turns parameters with a default into options
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video of the camera; FILE#2 for its second camera.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="The page. [default: VIDEO's name with .zones.html, in this folder]"
        ),
    ] = None,
    cameras: Annotated[
        Path | None, typer.Option("--cameras", help="A cameras.toml to begin with, not the one beside the video.")
    ] = None,
    lang: Annotated[
        Literal["en", "vi"], typer.Option("--lang", help="Language that the page starts in; it can be switched there.")
    ] = "en",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the page if it is there already.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Write a page on which areas of a camera's picture are drawn, with the lines for cameras.toml.

    Areas are blanked, so that nothing in them is ever analysed, or zones, in which faces are counted. The page needs no
    connection and sends nothing. It shows one picture with heads covered where a detector found any: LOOK AT IT before
    you hand it on. Only you can read the file.

    Exit codes: 0 written, 2 wrong usage, 3 the video cannot be read.
    """
    from pipeline.places.inputs import find_inputs, named_folders
    from pipeline.places.locate import PlaceOptions

    from ..areas.make import default_out, draw_page
    from ..files.targets import check_out
    from ..words.words import Language

    found = [item for item in find_inputs([video]) if not item.skipped]
    if len(found) != 1:
        raise NoInputError(f"{video}: expected one video; found {len(found)}. Name one of the camera.")
    out = out or default_out(found[0].path)
    check_out(out, force=force)
    options = PlaceOptions(cameras=cameras, roots=named_folders([video]))
    drawn = draw_page(found[0], options, out, Language(lang), force=force)
    if not quiet:
        _print(drawn)


def _print(drawn: Drawn) -> None:
    heads = f"{drawn.covered} place{'' if drawn.covered == 1 else 's'} that may be a head covered"
    typer.echo(printable(f"{drawn.page}: one picture, {heads}"))
    if drawn.cameras:
        say(printable(f"It begins with the areas of {drawn.cameras}."))
    say("Open it, draw, and paste its lines into cameras.toml. Only you can read the page (mode 0600); delete it then.")
