"""`fer-video status`: which videos the database knows, and how each stands."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer

from .console import echo_json, printable, results_console
from .flags import spell


def status(
    db: Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path or URL.")] = "fer-video.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the videos of a database and how the latest analysis of each stands.

    'running' means interrupted, unless an analysis is under way just now: the same analyze command goes on with it.
    """
    from ..store.database import connect
    from ..store.videos import list_videos

    engine = connect(db)
    videos = [replace(video, reason=video.reason and spell(video.reason)) for video in list_videos(engine)]
    engine.dispose()
    if as_json:
        echo_json([asdict(video) for video in videos])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("video", "location", "camera", "status", "frames", "faces", "reason", box=None, pad_edge=False)
    for video in videos:
        cells = (video.path, video.location, video.camera, video.status, video.frames, video.faces, video.reason or "")
        table.add_row(*(Text(printable(cell)) for cell in cells))
    results_console().print(table)
