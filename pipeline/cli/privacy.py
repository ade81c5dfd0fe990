"""`fer-video privacy`: what is kept about whom and where, for an assessment of its risks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import align, echo_json, printable

if TYPE_CHECKING:
    from ..areas import Polygon
    from ..privacy.keeping import Keeping, KeptPlace
    from ..privacy.pictures import KeptPicture

Db = Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")]
CamerasFile = Annotated[
    Path | None, typer.Option("--cameras", help="A cameras.toml in place of those beside the videos.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

NEVER_KEPT = "No picture of a face, no crop, no landmark, no embedding and no identity; nobody is recognised again."

LEFT = (
    "Nothing. No command opens a connection, but for 'retrain --base imagenet' and '--base vgg-face', which fetch "
    "weights when asked to.",
    "Verify it: on Linux, 'unshare -rn fer-video analyze PATH' runs it where there is no network at all, and gives the "
    "same rows; 'strace -f -e trace=%network' lists every attempt.",
    "Not known here: who copied the database, a report or an export elsewhere, and what a server that keeps the "
    "database does.",
)


STAFF = {
    "none": "no staff in the picture",
    "blanked": "staff are blanked",
    "unknown": "whether staff are in the picture is unknown",
}
REASONS = {"staff": "for staff", "private": "as it is private", "screen": "for a screen"}
"""What is said of a picture, by the values of `areas.Staff` and `areas.Why`: importing these takes numpy along."""


def privacy(*, db: Db = "fer-video.db", cameras_file: CamerasFile = None, as_json: AsJson = False) -> None:
    """Print what is kept about whom, where and for how long, and what left the machine.

    Meant for a data protection impact assessment: it states what the software does and holds. Whether that is lawful
    where you are, and what people are told, is not for software to say.

    Exit codes: 0 printed, 2 wrong usage, 5 database.
    """
    from ..privacy.keeping import read_keeping
    from ..store.database import connect

    engine = connect(db)
    try:
        keeping = read_keeping(engine, db, cameras_file)
    finally:
        engine.dispose()
    if as_json:
        echo_json(_jsonable(keeping))
    else:
        _print(keeping)


def _jsonable(keeping: Keeping) -> dict[str, object]:
    described = asdict(keeping)
    for place in described["places"]:
        for moment in ("first", "last"):
            place[moment] = place[moment] and place[moment].isoformat()
    return described | {"never_kept": NEVER_KEPT, "left_the_machine": LEFT}


def _print(keeping: Keeping) -> None:
    _head(f"What {printable(keeping.database)} keeps")
    _rows([("table", "rows", "what a row is"), *((one.name, f"{one.rows:,}", one.is_about) for one in keeping.tables)])
    typer.echo(f"  {NEVER_KEPT}")
    _head("Of which places, and for how long")
    _rows([("location", "camera", "videos", "faces", "from", "to", "kept for"), *map(_place, keeping.places)])
    if not all(place.retention for place in keeping.places):
        typer.echo('  Where none is said, rows stay until you delete them: write retention = "30d" in cameras.toml.')
    if any(place.over for place in keeping.places):
        typer.echo("  'fer-video forget --expired' deletes what is over.")
    _head("What of their pictures is looked at")
    for picture in keeping.pictures:
        _say_picture(picture)
    _head("Who may read the files")
    for file in keeping.files:
        who = "its owner alone" if file.is_private else f"others, too; 'chmod 600' ends that ({file.mode})"
        typer.echo(f"  {printable(file.path)}: {who}")
    _head("Names that look like a person's")
    typer.echo(
        "  " + (", ".join(map(printable, keeping.names)) or "None was noticed; this is a guess by frequent names.")
    )
    if keeping.names:
        typer.echo("  They stand in every report. Rename what is a person's, or give it another name in cameras.toml.")
    _head("What left the machine")
    for line in LEFT:
        typer.echo(f"  {line}")


def _say_picture(picture: KeptPicture) -> None:
    areas, several = picture.areas, f" ({_videos(picture.videos)})"
    said = STAFF[areas.staff.value] if picture.is_said else f"nothing was said; {STAFF[areas.staff.value]}"
    typer.echo(printable(f"  {picture.location}, {picture.camera}{several}: {said}"))
    for area in areas.blanks:
        typer.echo(f"    blanked, {REASONS[area.why.value]}: {_corners(area.polygon)}")
    for zone in areas.zones:
        whose = "not counted" if zone.kind.value == "ignore" else f"counted from {zone.min_s:g} s"
        typer.echo(printable(f"    zone {zone.name} ({zone.kind.value}), {whose}: {_corners(zone.polygon)}"))
    if picture.is_said:
        typer.echo(printable(f"    by {', '.join(picture.sources)}"))
    if picture.seen:
        typer.echo(
            f"    {_videos(picture.seen)} {'has' if picture.seen == 1 else 'have'} rows of other blanked areas than "
            "these: run 'fer-video analyze' on them."
        )


def _videos(count: int) -> str:
    return f"{count} video{'' if count == 1 else 's'}"


def _corners(polygon: Polygon) -> str:
    """Its corners, as shares of the picture."""
    return " ".join(f"({x:g}, {y:g})" for x, y in polygon)


def _head(title: str) -> None:
    typer.echo(f"\n{title}\n{'-' * len(title)}")


def _rows(rows: list[tuple[str, ...]]) -> None:
    # The last column is text: beside numbers that stand to the right, it begins at one place.
    widest = max(len(row[-1]) for row in rows)
    for line in align([(*row[:-1], row[-1].ljust(widest)) for row in rows]):
        typer.echo(f"  {line}")


def _place(place: KeptPlace) -> tuple[str, ...]:
    days = (f"{moment:%Y-%m-%d}" if moment else "unknown" for moment in (place.first, place.last))
    over = f"; {place.over} over" if place.over else ""
    names = (printable(place.location), printable(place.camera))
    return (*names, f"{place.videos:,}", f"{place.faces:,}", *days, f"{place.retention or 'not said'}{over}")
