"""`fer-video forget`: what goes is said first, then deleted, cleaned away and looked for."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NoInputError, UsageError
from ..plurals import count
from .console import align, printable, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine

    from ..privacy.choosing import Chosen, What
    from ..store.forgetting import Receipt
    from ..store.kept import KeptVideo

FOUND = 5
"""Exit code where something of what was deleted is left in a file."""

MOST_LINES = 12

Videos = Annotated[list[str] | None, typer.Option("--video", help="File name, path or glob; may be repeated.")]
Locations = Annotated[list[str] | None, typer.Option("--location", help="Location or glob; may be repeated.")]
Cameras = Annotated[list[str] | None, typer.Option("--camera", help="Camera or glob; may be repeated.")]
Before = Annotated[
    str | None, typer.Option("--before", metavar="DATE", help="What began before this day, or minute, of the place.")
]
Between = Annotated[
    tuple[str, str] | None,
    typer.Option("--between", metavar="A B", help="What has a moment from A to B, both included, as days or minutes."),
]
Expired = Annotated[bool, typer.Option("--expired", help="What is older than the retention in cameras.toml.")]
CamerasFile = Annotated[
    Path | None, typer.Option("--cameras", help="With --expired: a cameras.toml in place of those beside the videos.")
]
KeepHourly = Annotated[
    bool, typer.Option("--keep-hourly", help="Keep how many faces had which label in which hour, in 'kept_hours'.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Delete without asking.")]
Db = Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")]


def forget(
    *,
    videos: Videos = None,
    locations: Locations = None,
    cameras: Cameras = None,
    before: Before = None,
    between: Between = None,
    expired: Expired = False,
    cameras_file: CamerasFile = None,
    keep_hourly: KeepHourly = False,
    yes: Yes = False,
    db: Db = "fer-video.db",
) -> None:
    """Delete what is stored of videos, so that nothing of it is left in the database's files.

    What would go is said first. Videos go whole; several options must all hold. Only a video's hash is kept, so that
    'analyze' leaves it out from now on; 'analyze --again' takes it back. The videos themselves, backups and files that
    were made of the rows are not touched.

    Exit codes: 0 deleted, or nothing was due; 1 not confirmed; 2 wrong usage; 4 nothing matches; 5 the database failed,
    or something was found afterwards.
    """
    from ..privacy.choosing import What, parse_between, parse_moment

    what = What(
        tuple(videos or ()),
        tuple(locations or ()),
        tuple(cameras or ()),
        before=parse_moment("before", before)[0] if before else None,
        between=parse_between(*between) if between else None,
    )
    wish = _Wish(what, expired, cameras_file, keep_hourly)
    if cameras_file and not expired:
        raise UsageError("`cameras_file`: expected it with `expired`; found it alone. Add `expired`, or leave it out.")
    with _finished(db) if yes else _open(db) as engine:
        chosen = wish.choose(engine, db)
    if chosen is None:
        typer.echo("Nothing is due: no video is older than its retention.")
        return
    _say_plan(chosen, db, keep_hourly=keep_hourly)
    _confirm(yes=yes)
    with _open(db, writes=True) as engine:
        receipt = wish.fulfil(engine, chosen.videos)
    _say_receipt(receipt, len(chosen.videos))
    raise typer.Exit(0 if receipt.is_clean else FOUND)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to go, and how."""

    what: What
    expired: bool
    cameras_file: Path | None
    keep_hourly: bool

    def choose(self, engine: Engine, db: str) -> Chosen | None:
        """The videos that are meant; None where none is due."""
        from ..privacy.choosing import Chosen, choose
        from ..privacy.retention import expired, find_terms
        from ..store.kept import list_kept

        kept: Sequence[KeptVideo] = list_kept(engine)
        if not self.expired:
            return choose(kept, self.what)
        terms = find_terms(kept, self.cameras_file, Path(engine.url.database or db).parent)
        if kept and not any(term.length for term in terms):
            raise NoInputError(
                'nothing was forgotten: expected a retention in a cameras.toml, such as retention = "30d"; found none '
                "for any video. Write one, or name the file with `cameras_file`."
            )
        due = expired(terms)
        if not due:
            return None
        return choose(due, self.what) if self.what else Chosen(tuple(due))

    def fulfil(self, engine: Engine, videos: Sequence[KeptVideo]) -> Receipt:
        """Delete them."""
        from ..store.forgetting import Order, forget
        from ..store.patience import Patience

        # What was typed to select may be a person's name: the log says which kinds of options there were, and times.
        said = {name: bool(getattr(self.what, name)) for name in ("videos", "locations", "cameras")}
        times = {"before": self.what.before, "between": self.what.between, "expired": self.expired}
        settings = {name: value for name, value in {**said, **times}.items() if value}
        return forget(engine, videos, Order(settings, self.keep_hourly, Patience(30.0, lost_seconds=30.0)))


@contextmanager
def _open(db: str, *, writes: bool = False) -> Iterator[Engine]:
    from ..store.database import connect
    from ..store.integrity import check_sound

    engine = connect(db, writes=writes)
    try:
        check_sound(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _finished(db: str) -> Iterator[Engine]:
    """The database, cleaned first if an earlier command was killed before it came to that."""
    from ..store.forgetting import finish_earlier

    with _open(db, writes=True) as engine:
        earlier = finish_earlier(engine)
        if earlier is not None:
            state = "is finished now" if earlier.is_clean else f"cannot be finished now: {earlier.unfinished}"
            say(f"An earlier 'forget' was interrupted after it had deleted its rows; it {state}.")
        yield engine


def _say_plan(chosen: Chosen, db: str, *, keep_hourly: bool) -> None:
    from ..store.naming import shown

    videos = chosen.videos
    frames, faces = (
        count(sum(numbers), noun)
        for numbers, noun in (((one.frames for one in videos), "frame"), ((one.faces for one in videos), "face"))
    )
    went = f"{count(len(videos), 'video')}, {frames}, {faces}"
    typer.echo(printable(f"From {shown(db)} would go: {went}, under all runs."))
    rows: list[tuple[str, ...]] = [("video", "location", "camera", "from", "to", "frames", "faces")]
    rows += [_row(one) for one in videos[:MOST_LINES]]
    for line in align(rows):
        typer.echo(f"  {line}")
    if len(videos) > MOST_LINES:
        typer.echo(f"  and {len(videos) - MOST_LINES} more")
    if chosen.undated:
        typer.echo(
            f"{count(len(chosen.undated), 'video')} may be of that time and stay: their start is not known. Name them "
            "with --video or --location."
        )
    if keep_hourly:
        undated = sum(one.started_at is None for one in videos)
        lost = f" Videos without a known start belong to no hour: {undated:,} of these." if undated else ""
        typer.echo(f"How many faces had which label in which hour stays.{lost}")


def _row(video: KeptVideo) -> tuple[str, ...]:
    moments = (video.started_at, video.ended_at)
    times = (f"{video.local(moment):%Y-%m-%d %H:%M}" if moment else "unknown" for moment in moments)
    names = (printable(video.path), printable(video.location), printable(video.camera))
    return (*names, *times, f"{video.frames:,}", f"{video.faces:,}")


def _confirm(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was deleted: expected `yes`, as nobody can be asked here. Add it to delete.")
    if not typer.confirm("Delete them?"):
        say("Nothing was deleted.")
        raise typer.Exit(1)


def _say_receipt(receipt: Receipt, asked: int) -> None:
    went = f"{count(receipt.videos, 'video')}, {count(receipt.frames, 'frame')}, {count(receipt.faces, 'face')}"
    typer.echo(f"Deleted: {went}, {count(receipt.answers, 'answer')} of audits.")
    kept = f" Kept as numbers: {receipt.hours} hour{'' if receipt.hours == 1 else 's'}." if receipt.hours else ""
    what, them = ("its hash", "it") if asked == 1 else ("hashes", "them")
    typer.echo(f"Kept of {them}: {what} alone, so that 'analyze' leaves {them} out.{kept}")
    if receipt.unfinished:
        say(
            "fer-video: the rows are deleted and overwritten, but the files could not be cleaned: "
            f"{receipt.unfinished} The next 'fer-video forget --yes' finishes it."
        )
    if receipt.search is None:
        typer.echo("A server keeps the files: its VACUUM, log and backups decide when nothing is left there.")
    else:
        _say_search(receipt)
    typer.echo("Not reached: the videos themselves, backups, and reports, exports and copies that were made before.")
    if receipt.pages:
        pages = ", ".join(printable(page) for page in receipt.pages)
        typer.echo(f"Pages with pictures of faces were made here: {pages}. 'audit read --erase' removes them.")


def _say_search(receipt: Receipt) -> None:
    search = receipt.search
    if search is None:
        return
    typer.echo(f"Looked for {count(search.looked_for, 'mark')} of deleted rows, which the files held before:")
    rows = [
        (printable(path), f"{size:,} bytes" if size else "not there", "FOUND" if path in search.found else "none found")
        for path, size in search.files
    ]
    for line in align(rows):
        typer.echo(f"  {line}")
    if search.found:
        where = ", ".join(map(printable, search.found))
        others = ", ".join(map(printable, search.others))
        advice = (
            f"It also holds what fer-video did not make: {others}. Look there, delete what was copied, and then VACUUM."
            if others
            else "Close other programs that have the database open, copy it with SQLite's VACUUM INTO, and delete this "
            "file."
        )
        say(f"fer-video: expected nothing of the deleted rows; found some in {where}. {advice}")
