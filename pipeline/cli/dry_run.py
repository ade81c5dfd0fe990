"""`fer-video analyze --dry-run`: what would be done with each input and why, how much that is and how long it takes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import OlderStoreError
from ..outlook import Standing
from ..plurals import count
from .console import echo_json, printable
from .flags import spell
from .spans import span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..outlook import Lookout
    from ..plan import Planned
    from ..records import Place
    from ..store.stock import Stock
    from .analyze_task import Task

NOTHING_USABLE = 4

JSON_SCHEMA = 1
"""Of the plan as JSON: raised where a key goes or means something else."""


def print_plan(task: Task, db: str, *, force: bool, again: bool, as_json: bool) -> None:
    """Print what would be done; nothing is changed, the database is only read.

    Raises:
        StoreError: the database cannot be read.
    """
    from ..plan import plan
    from ..video.decoding import Decoder
    from ..video.source import VideoFile

    stock, lookout, about = _read_database(task, db, force=force, again=again)
    with Decoder() as decoder:
        how = (lambda path, hints: VideoFile(path, decoder, hints, is_glance=True), task.places)
        sampling = task.settings.sampling
        found = plan(task.inputs, *how, require_areas=task.require_areas, lookout=lookout, sampling=sampling)
        planned = list(found)
    pace = stock.pace if stock else None
    if as_json:
        echo_json(_plan_json(planned, db, pace))
    else:
        typer.echo(f"Sampling: {task.settings.sampling}. Nothing is analysed or stored in a dry run.")
        for item in planned:
            typer.echo(_planned_line(item))
        typer.echo(_describe_totals(planned, pace))
        for line in about:
            typer.echo(printable(line))
    if not any(item.info for item in planned):
        raise typer.Exit(NOTHING_USABLE)


def _read_database(task: Task, db: str, *, force: bool, again: bool) -> tuple[Stock | None, Lookout | None, list[str]]:
    """What the database holds, who looks inputs up in it, and what is to be said of it."""
    from ..models.folder import find_model
    from ..outlook import Lookout
    from ..privacy.retention import expired, find_terms
    from ..store.database import connect
    from ..store.fingerprints import fingerprint
    from ..store.kept import list_kept
    from ..store.naming import shown
    from ..store.stock import list_elsewhere, read_stock
    from .other_settings import describe

    if "://" not in db and not Path(db).is_file():
        return None, None, [f"There is no database {db} yet."]
    known_by = fingerprint(task.settings, find_model(task.settings.model).card)
    try:
        engine = connect(db)
    except OlderStoreError:
        older = f"{shown(db)} is of an older fer-video: what is done in it is known after 'fer-video upgrade'."
        return None, None, [older]
    try:
        stock = read_stock(engine, known_by)
        terms = find_terms(list_kept(engine), task.places.cameras, Path(engine.url.database or ".").parent)
        elsewhere, pace = list_elsewhere(engine, known_by)
    finally:
        engine.dispose()
    over = frozenset(video.id for video in expired(terms))
    paths = [item.path for item in task.inputs if not item.skipped]
    about = [] if force else describe(elsewhere, paths, task.settings, pace)
    return stock, Lookout(stock, paths, force, again, over), about


def _describe_totals(planned: Sequence[Planned], pace: float | None) -> str:
    """How many inputs stand how, how much there is to read, and about how long that takes."""
    read = [item for item in planned if item.is_read]
    stand = Counter(_stands(item) for item in planned)
    counts = ", ".join(f"{number:,} {name}" for name, number in stand.items())
    total = f"{count(sum(stand.values()), 'input')}: {counts}."
    if not read:
        return f"{total} Nothing is to be read."
    unknown = sum(item.footage_s is None for item in read)
    more = f", and {unknown} whose length is not said" if unknown else ""
    footage = span(sum(item.footage_s or 0.0 for item in read))
    return f"{total} To read: {count(len(read), 'video')}, {footage} of footage{more}; {_describe_time(read, pace)}."


def _describe_time(read: Sequence[Planned], pace: float | None) -> str:
    frames = sum(item.frames for item in read)
    if pace is None:
        return "how long it takes here is not known, as too little was stored by which it could be told"
    if not frames:
        return f"how long it takes is not known; lately {pace:.1f} frames a second were stored"
    return f"about {span(frames / pace)}, at the {pace:.1f} frames a second that were stored lately"


def _stands(item: Planned) -> str:
    if item.skipped:
        return "left out"
    if item.outlook and item.outlook.standing is Standing.FAILED:
        return str(Standing.FAILED)
    if item.problem:
        return "will fail"
    return str(item.outlook.standing if item.outlook else Standing.NEW)


def _plan_json(planned: Sequence[Planned], db: str, pace: float | None) -> dict[str, Any]:
    from ..store.naming import shown

    read = [item for item in planned if item.is_read]
    frames = sum(item.frames for item in read)
    return {
        "json_schema": JSON_SCHEMA,
        "db": shown(db),
        "inputs": [_planned_json(item) for item in planned],
        "totals": {
            "standing": dict(Counter(_stands(item) for item in planned)),
            "to_read": len(read),
            "footage_s": round(sum(item.footage_s or 0.0 for item in read), 3),
            "of_unknown_length": sum(item.footage_s is None for item in read),
            "frames": frames,
            "frames_per_second": pace and round(pace, 3),
            "seconds": round(frames / pace, 1) if pace and frames else None,
        },
    }


def _planned_line(item: Planned) -> str:
    if item.skipped:
        return printable(f"skip     {item.path}: {item.skipped}")
    place = item.place
    if item.problem or place is None:
        before = "; failed before" if item.outlook and item.outlook.standing is Standing.FAILED else ""
        return printable(f"will fail {item.path}: {item.problem}{before}")
    doubts = "".join(f" Note: {spell(note)}" for note in place.notes)
    action = "analyze " if item.is_read else "leave   "
    return printable(
        f"{action} {item.path}{_outlook(item)}: "
        f"location {place.location!r} and camera {place.camera!r} (from {place.place_source}); "
        f"start {_planned_start(item, place)}; zone {place.timezone} (from {place.timezone_source})"
        f"{_planned_areas(item)}{doubts}"
    )


def _outlook(item: Planned) -> str:
    """How it stands, behind its name; a new video has nothing to be said of it."""
    outlook = item.outlook
    if outlook is None or (outlook.standing is Standing.NEW and not outlook.is_expired):
        return ""
    why = f": {spell(outlook.why)}" if outlook.why else ""
    over = "; its retention is over, and 'fer-video forget --expired' deletes it" if outlook.is_expired else ""
    return f" ({outlook.standing}{why}{over})"


def _planned_areas(item: Planned) -> str:
    if item.cameras is None:
        return ""
    return f"; {item.areas or 'areas not said of this camera'} (by {item.cameras})"


def _planned_start(item: Planned, place: Place) -> str:
    from zoneinfo import ZoneInfo

    from ..places.starts import TAG

    if place.started_at is None:
        return "unknown"
    tag = item.info.tagged_by if item.info and place.start_source == TAG else None
    how = f", as {place.recorder}" if place.recorder else f", {tag}" if tag else ""
    guess = "; a guess" if place.start_is_guess else ""
    here = place.started_at.astimezone(ZoneInfo(place.timezone))
    # A time that came with its own zone is shown in the place's, as in the report.
    shown = place.started_at if getattr(place.started_at.tzinfo, "key", None) == place.timezone else here
    return f"{shown:%Y-%m-%d %H:%M:%S} (from {place.start_source}{how}{guess})"


def _planned_json(item: Planned) -> dict[str, Any]:
    place = item.place
    return {
        "path": str(item.path),
        "action": "skip" if item.skipped else "fail" if item.problem else "analyze" if item.is_read else "leave",
        "reason": item.skipped or item.problem,
        "standing": str(item.outlook.standing) if item.outlook else None,
        "standing_reason": spell(item.outlook.why) if item.outlook and item.outlook.why else None,
        "expired": item.outlook.is_expired if item.outlook else False,
        "footage_s": item.footage_s,
        "frames": item.frames,
        "location": place.location if place else None,
        "camera": place.camera if place else None,
        "place_source": place.place_source if place else None,
        "started_at": place.started_at.isoformat() if place and place.started_at else None,
        "start_source": place.start_source if place else None,
        "start_is_guess": place.start_is_guess if place else None,
        "recorder": place.recorder if place else None,
        "notes": [spell(note) for note in place.notes] if place else [],
        "timezone": place.timezone if place else None,
        "timezone_source": place.timezone_source if place else None,
        "cameras": str(item.cameras) if item.cameras else None,
        "staff": item.areas.staff.value if item.areas else None,
        "blanked": len(item.areas.blanks) if item.areas else 0,
        "zones": [zone.name for zone in item.areas.zones] if item.areas else [],
    }
