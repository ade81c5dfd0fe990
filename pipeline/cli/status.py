"""`fer-video status`: which videos the database knows, and how each stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import __version__
from ..plurals import count
from .console import echo_json, printable, results_console
from .flags import spell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    from ..store.videos import VideoState

JSON_SCHEMA = 1
"""Of what `--json` prints: raised where a key goes or means something else."""


def status(
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the videos of a database and how the latest analysis of each stands.

    'running' means interrupted, unless an analysis is under way just now: the same analyze command goes on with it.
    Where cameras.toml has a retention, it says until when rows are kept; 'forget --expired' deletes what is over.
    """
    from ..store.database import connect
    from ..store.videos import list_videos

    engine = connect(db)
    videos = [replace(video, reason=video.reason and spell(video.reason)) for video in list_videos(engine)]
    until = _kept_until(engine)
    engine.dispose()
    if as_json:
        echo_json(_as_json(db, videos, until))
        return
    from rich.table import Table
    from rich.text import Text

    # Where no cameras.toml says how long rows may stay, there is nothing to show of it.
    term = ("kept until",) if until else ()
    table = Table("video", "location", "camera", "status", "frames", "faces", *term, "reason", box=None, pad_edge=False)
    for video in videos:
        day = (_say_day(until.get(_key(video))),) if until else ()
        names = (video.path, video.location, video.camera, video.status, f"{video.frames:,}", f"{video.faces:,}")
        table.add_row(*(Text(printable(cell)) for cell in (*names, *day, video.reason or "")))
    if len(videos) > 1:
        totals = _totals(videos)
        stand = ", ".join(f"{number:,} {status}" for status, number in totals["by_status"].items())
        sums = (count(len(videos), "video"), "", "", "in all", f"{totals['frames']:,}", f"{totals['faces']:,}")
        table.add_row(*(Text(cell) for cell in (*sums, *("" for _ in term), stand)))
    results_console().print(table)


def _totals(videos: Sequence[VideoState]) -> dict[str, Any]:
    return {
        "videos": len(videos),
        "by_status": dict(Counter(video.status for video in videos)),
        "frames": sum(video.frames for video in videos),
        "faces": sum(video.faces for video in videos),
        "footage_s": round(sum(video.duration_s or 0.0 for video in videos), 3),
    }


def _as_json(db: str, videos: Sequence[VideoState], until: Mapping[tuple[str, str, str], datetime]) -> dict[str, Any]:
    from ..store.naming import shown

    days = ((video, until.get(_key(video))) for video in videos)
    return {
        "json_schema": JSON_SCHEMA,
        "version": __version__,
        "db": shown(db),
        "totals": _totals(videos),
        "videos": [asdict(video) | {"kept_until": day and day.isoformat()} for video, day in days],
    }


def _kept_until(engine: Engine) -> dict[tuple[str, str, str], datetime]:
    """By path, location and camera: when the retention of a video ends, at its place."""
    from ..privacy.retention import find_terms
    from ..store.kept import list_kept

    terms = find_terms(list_kept(engine), folder=Path(engine.url.database or ".").parent)
    ends = ((term.video, term.until) for term in terms if term.until)
    return {(video.path, video.location, video.camera): video.local(until) for video, until in ends}


def _key(video: VideoState) -> tuple[str, str, str]:
    return video.path, video.location, video.camera


def _say_day(until: datetime | None) -> str:
    if until is None:
        return ""
    return f"{until:%Y-%m-%d}{', over' if until < datetime.now(until.tzinfo) else ''}"
