"""The options of `fer-video analyze`, each with its help."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..records import MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE
from .following import Form
from .settings_file import LogFormat, read_shell_settings


def _set(flag: str, *others: str, **options: Any) -> Any:
    """An option that a variable of the environment can set, too: `FER_VIDEO_FPS` for `--fps`."""
    variable = f"FER_VIDEO_{flag.removeprefix('--').upper().replace('-', '_')}"
    return typer.Option(flag, *others, envvar=variable, show_envvar=False, **options)


Inputs = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="Videos, still pictures, folders (searched through) or quoted globs."),
]
Fps = Annotated[float | None, _set("--fps", help="Sample this many frames a second. [default: 2]")]
Every = Annotated[float | None, _set("--every", help="Sample one frame every so many seconds.")]
Frames = Annotated[int | None, _set("--frames", help="Sample so many frames of each video, evenly spread.")]
Keyframes = Annotated[bool, _set("--keyframes", help="Sample key frames only: fast through long videos.")]
MinFace = Annotated[
    int | None, _set("--min-face", help="Smallest face looked for, in pixels of the video. [default: 24]")
]
FaceThreshold = Annotated[
    float | None, _set("--face-threshold", help="Smallest confidence of the detector, 0 to 1. [default: 0.8]")
]
MinConfidence = Annotated[
    float | None,
    _set(
        "--min-confidence",
        help="Below this probability a readable face is 'undecided' in the summary, 0 to 1; it costs no new analysis. "
        f"[default: {MIN_CONFIDENCE:g}]",
    ),
]
MinReadable = Annotated[
    float | None,
    _set(
        "--min-readable",
        help="Below this probability of being readable a face is 'unclear' in the summary, 0 to 1; likewise. "
        f"[default: {MIN_READABLE:g}]",
    ),
]
MinIsFace = Annotated[
    float | None,
    _set(
        "--min-is-face",
        help="Below this probability of being a face at all it is 'no face' in the summary, 0 to 1; likewise. "
        f"[default: {MIN_IS_FACE:g}]",
    ),
]
Model = Annotated[str | None, _set("--model", help="Expression model; 'fer-video models' lists them.")]
SettingsFile = Annotated[
    Path | None,
    _set(
        "--settings", callback=read_shell_settings, is_eager=True,
        help="TOML file with these settings; 'fer-video config' says more. Flags and FER_VIDEO_… variables win.",
    ),
]  # fmt: skip
Location = Annotated[str | None, _set("--location", help="Location of all inputs.")]
Camera = Annotated[str | None, _set("--camera", help="Camera of all inputs.")]
START_FORMS = [f"%Y-%m-%d{between}%H:%M{seconds}" for between in "T " for seconds in ("", ":%S")]
Start = Annotated[
    datetime | None,
    typer.Option(
        "--start", formats=START_FORMS, metavar="TIME", help="Local time of the first frame, such as 2024-03-26T09:00."
    ),
]
Timezone = Annotated[str | None, _set("--timezone", help="IANA zone of the times, such as Asia/Ho_Chi_Minh.")]
Cameras = Annotated[
    Path | None, _set("--cameras", help="A cameras.toml to use instead of those beside and above the videos.")
]
RequireAreas = Annotated[
    bool,
    _set(
        "--require-areas", help="Refuse videos of whose camera no cameras.toml says whether staff are in the picture."
    ),
]
Stream = Annotated[
    int | None,
    typer.Option("--stream", min=1, help="Only this camera of each file that holds several. [default: all of them]"),
]
Rate = Annotated[
    float | None,
    _set("--rate", help="Frames a second of streams without timestamps of their own, such as raw .h264."),
]
Db = Annotated[str, _set("--db", help="Database: a path, or an SQLAlchemy URL.")]
DbPatience = Annotated[
    str,
    _set("--db-patience", metavar="TIME", help="How long to wait for a database that another program holds."),
]
Device = Annotated[str, _set("--device", help="auto, cpu, gpu or gpu:N.")]
Workers = Annotated[
    str,
    _set(
        "--workers",
        metavar="N|auto",
        help="Videos read at the same time, each by a process of its own; auto: as many as cores and memory allow.",
    ),
]
Threads = Annotated[
    int,
    _set(
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
    bool, _set("--share", help="Let others on this machine read the database (mode 0644). [default: you alone]")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, _set("--quiet", "-q", help="No progress and no summary; errors are still said.")]
Verbose = Annotated[bool, _set("--verbose", "-v", help="Say in detail what happens, on stderr.")]
LogFile = Annotated[Path | None, _set("--log-file", help="Add the detail to this file.")]
LogForm = Annotated[LogFormat, _set("--log-format", help="Lines of the log file: text, or a JSON object each.")]
Progress = Annotated[
    Form, _set("--progress", help="auto (bars on a terminal, lines elsewhere), lines, jsonl (for a program) or none.")
]
Metrics = Annotated[
    Path | None, _set("--metrics", metavar="FILE", help="Keep a text file for Prometheus's node_exporter up to date.")
]
Accept = Annotated[
    list[str] | None,
    _set(
        "--accept", metavar="FILE|known",
        help="Failures that do not spoil the exit code: those listed in a file, or those that an earlier run met.",
    ),
]  # fmt: skip
