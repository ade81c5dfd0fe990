"""`fer-video place`: where and when stored videos were recorded, said anew; no video is read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from ..plurals import count
from .analyze_options import START_FORMS
from .console import echo_json, printable, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from ..placing import Placed, Renamed

Videos = Annotated[
    list[str] | None,
    typer.Argument(metavar="VIDEO...", help="Stored videos: paths, file names, folders or quoted globs."),
]
Start = Annotated[
    datetime | None,
    typer.Option(
        "--start", "--started-at", formats=START_FORMS, metavar="TIME",
        help="Local time of the first frame, such as 2024-03-26T09:00.",
    ),
]  # fmt: skip
Rename = Annotated[
    tuple[str, str] | None,
    typer.Option("--rename", metavar="OLD NEW", help="Give a location another name, with all its videos."),
]
Unite = Annotated[
    bool, typer.Option("--unite", help="With --rename: also to a name that another location has; not to be undone.")
]
Reset = Annotated[
    bool, typer.Option("--reset", help="Take back what was said: cameras.toml, file names and folders tell again.")
]


def place(
    videos: Videos = None,
    *,
    location: Annotated[str | None, typer.Option("--location", help="Their location.")] = None,
    camera: Annotated[str | None, typer.Option("--camera", help="Their camera.")] = None,
    start: Start = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="IANA zone, such as Asia/Ho_Chi_Minh.")] = None,
    reset: Reset = False,
    rename: Rename = None,
    unite: Unite = False,
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say where and when stored videos were recorded; no video is read.

    What is said here holds, whatever later runs of 'analyze' find, until another option says something else. Reports
    follow at once. With another zone the time on the wall stays.

    Exit codes: 0 said, 2 wrong usage, 4 no such video or location, 5 database.
    """
    from ..places.locate import PlaceOptions
    from ..placing import rename_location, say_places
    from ..store.database import connect

    said = PlaceOptions(location, camera, start, timezone)
    others = reset or any((location, camera, start, timezone))
    if rename and (videos or others):
        raise UsageError("`rename`: expected the two names alone; found more. Say it in a command of its own.")
    if not rename and not videos:
        raise UsageError("expected videos and what is to be said of them, or `rename`; found no video.")
    engine: Engine = connect(db, writes=True)
    try:
        if rename:
            _say_renamed(*rename, rename_location(engine, *rename, unite=unite), as_json=as_json)
        else:
            _say_placed(say_places(engine, videos or [], said, reset=reset), as_json=as_json)
    finally:
        engine.dispose()


def _say_placed(placed: Sequence[Placed], *, as_json: bool) -> None:
    if as_json:
        echo_json([_as_json(one) for one in placed])
        return
    for one in placed:
        what = "; ".join(map(str, one.changes)) or "as it was"
        typer.echo(printable(f"{one.video}: {what}"))
        for note in one.notes:
            say(printable(f"{one.video}: note: {note}"))
    if any(one.rereads for one in placed):
        say("The start of some is a tag of their file: run 'fer-video analyze' once more to have it read in that zone.")


def _as_json(one: Placed) -> dict[str, Any]:
    return {
        "path": one.video,
        "location": one.place.location,
        "camera": one.place.camera,
        "started_at": one.place.started_at.isoformat() if one.place.started_at else None,
        "timezone": one.place.timezone,
        "changes": [{"what": one.what, "before": one.before, "after": one.after} for one in one.changes],
        "notes": list(one.notes),
    }


def _say_renamed(before: str, after: str, renamed: Renamed, *, as_json: bool) -> None:
    if as_json:
        numbers = {"videos": renamed.videos, "hours": renamed.hours, "united_with": renamed.united_with}
        echo_json({"before": before, "after": after, **numbers})
        return
    kept = f" and {count(renamed.hours, 'hour')} of counts" if renamed.hours else ""
    united = f", beside {count(renamed.united_with, 'video')} that had that name" if renamed.united_with else ""
    typer.echo(printable(f"location {before!r} → {after!r}: {count(renamed.videos, 'video')}{kept}{united}"))
    say(
        printable(
            f"New videos get their location as before: where that is {before!r}, rename the folder, or write "
            f'location = "{after}" into cameras.toml.'
        )
    )
