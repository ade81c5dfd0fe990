"""The options of `fer-video analyze`, each with its help."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ..records import MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="Videos, still pictures, folders (searched through) or quoted globs."),
]
Fps = Annotated[float | None, typer.Option("--fps", help="Sample this many frames a second. [default: 2]")]
Every = Annotated[float | None, typer.Option("--every", help="Sample one frame every so many seconds.")]
Frames = Annotated[int | None, typer.Option("--frames", help="Sample so many frames of each video, evenly spread.")]
Keyframes = Annotated[bool, typer.Option("--keyframes", help="Sample key frames only: fast through long videos.")]
MinFace = Annotated[
    int | None, typer.Option("--min-face", help="Smallest face looked for, in pixels of the video. [default: 24]")
]
FaceThreshold = Annotated[
    float | None, typer.Option("--face-threshold", help="Smallest confidence of the detector, 0 to 1. [default: 0.8]")
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        "--min-confidence",
        help="Below this probability a readable face is 'undecided' in the summary, 0 to 1; it costs no new analysis. "
        f"[default: {MIN_CONFIDENCE:g}]",
    ),
]
MinReadable = Annotated[
    float | None,
    typer.Option(
        "--min-readable",
        help="Below this probability of being readable a face is 'unclear' in the summary, 0 to 1; likewise. "
        f"[default: {MIN_READABLE:g}]",
    ),
]
MinIsFace = Annotated[
    float | None,
    typer.Option(
        "--min-is-face",
        help="Below this probability of being a face at all it is 'no face' in the summary, 0 to 1; likewise. "
        f"[default: {MIN_IS_FACE:g}]",
    ),
]
Model = Annotated[str | None, typer.Option("--model", help="Expression model; 'fer-video models' lists them.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file with these settings; flags win.")]
Location = Annotated[str | None, typer.Option("--location", help="Location of all inputs.")]
Camera = Annotated[str | None, typer.Option("--camera", help="Camera of all inputs.")]
START_FORMS = [f"%Y-%m-%d{between}%H:%M{seconds}" for between in "T " for seconds in ("", ":%S")]
Start = Annotated[
    datetime | None,
    typer.Option(
        "--start", formats=START_FORMS, metavar="TIME", help="Local time of the first frame, such as 2024-03-26T09:00."
    ),
]
Timezone = Annotated[str | None, typer.Option("--timezone", help="IANA zone of the times, such as Asia/Ho_Chi_Minh.")]
Cameras = Annotated[
    Path | None, typer.Option("--cameras", help="A cameras.toml to use instead of those beside and above the videos.")
]
RequireAreas = Annotated[
    bool,
    typer.Option(
        "--require-areas", help="Refuse videos of whose camera no cameras.toml says whether staff are in the picture."
    ),
]
Stream = Annotated[
    int | None,
    typer.Option("--stream", min=1, help="Only this camera of each file that holds several. [default: all of them]"),
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", help="Frames a second of streams without timestamps of their own, such as raw .h264."),
]
Db = Annotated[str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path, or an SQLAlchemy URL.")]
DbPatience = Annotated[
    str,
    typer.Option("--db-patience", metavar="TIME", help="How long to wait for a database that another program holds."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, gpu or gpu:N.")]
Workers = Annotated[
    str,
    typer.Option(
        "--workers",
        metavar="N|auto",
        help="Videos read at the same time, each by a process of its own; auto: as many as cores and memory allow.",
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        min=0,
        show_default=False,
        help="Cores for the networks of each worker. [default: all of one worker, 1 of several]",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and why; change nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Analyse anew what is done already, replacing its rows.")]
Again = Annotated[bool, typer.Option("--again", help="Analyse also what 'fer-video forget' deleted.")]
Share = Annotated[
    bool, typer.Option("--share", help="Let others on this machine read the database (mode 0644). [default: you alone]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors are still said.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say in detail what happens, on stderr.")]
LogFile = Annotated[Path | None, typer.Option("--log-file", help="Write the detail to this file.")]
