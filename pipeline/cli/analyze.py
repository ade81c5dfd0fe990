"""`fer-video analyze`: videos in, rows out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime  # noqa: TC003 - Typer reads the annotations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .console import printable, say, set_up_logging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..analyze import Stages
    from ..inputs import Input
    from ..jobs import Outcome, Planned
    from ..models import StoredModel
    from ..places import PlaceOptions
    from ..settings import Settings

    OpenStages = Callable[[Settings, StoredModel, str], Stages]

SOME_FAILED, NOTHING_USABLE, INTERRUPTED = 3, 4, 130

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="Videos, still pictures, folders (searched through) or quoted globs."),
]
Fps = Annotated[float | None, typer.Option("--fps", help="Sample this many frames a second. [default: 2]")]
Every = Annotated[float | None, typer.Option("--every", help="Sample one frame every so many seconds.")]
Frames = Annotated[int | None, typer.Option("--frames", help="Sample so many frames of each video, evenly spread.")]
Keyframes = Annotated[bool, typer.Option("--keyframes", help="Sample key frames only: the fast way through long videos.")]
MinFace = Annotated[
    int | None, typer.Option("--min-face", help="Smallest face looked for, in pixels of the video. [default: 24]")
]
FaceThreshold = Annotated[
    float | None, typer.Option("--face-threshold", help="Smallest confidence of the detector, 0 to 1. [default: 0.8]")
]
MinConfidence = Annotated[
    float | None,
    typer.Option("--min-confidence", help="Below this probability an expression is 'unknown', 0 to 1. [default: 0.4]"),
]
Model = Annotated[str | None, typer.Option("--model", help="Expression model; 'fer-video models' lists them.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file with these settings; flags win over it.")]
Location = Annotated[str | None, typer.Option("--location", help="Location of all inputs.")]
Camera = Annotated[str | None, typer.Option("--camera", help="Camera of all inputs.")]
Start = Annotated[
    datetime | None,
    typer.Option("--start", formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"], help="Local time of the first frame."),
]
Timezone = Annotated[str | None, typer.Option("--timezone", help="IANA zone of the times, such as Asia/Ho_Chi_Minh.")]
Cameras = Annotated[
    Path | None, typer.Option("--cameras", help="A cameras.toml to use instead of those beside the videos.")
]
Db = Annotated[
    str, typer.Option("--db", envvar="FER_VIDEO_DB", help="Database: a path, or an SQLAlchemy URL.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, gpu or gpu:N.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done with each input, and why; change nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Analyse anew what is done already, replacing its rows.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors are still said.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say in detail what happens, on stderr.")]
LogFile = Annotated[Path | None, typer.Option("--log-file", help="Write the detail to this file.")]


def make_analyze(open_stages: OpenStages) -> Callable[..., None]:
    """The command, with the stages that read frames passed in."""

    def analyze(
        paths: Inputs,
        fps: Fps = None,
        every: Every = None,
        frames: Frames = None,
        keyframes: Keyframes = False,
        min_face: MinFace = None,
        face_threshold: FaceThreshold = None,
        min_confidence: MinConfidence = None,
        model: Model = None,
        settings_file: SettingsFile = None,
        location: Location = None,
        camera: Camera = None,
        start: Start = None,
        timezone: Timezone = None,
        cameras: Cameras = None,
        db: Db = "fer-video.db",
        device: Device = "auto",
        dry_run: DryRun = False,
        force: Force = False,
        as_json: AsJson = False,
        quiet: Quiet = False,
        verbose: Verbose = False,
        log_file: LogFile = None,
    ) -> None:
        """Find faces in videos, read their expressions and store a row for each.

        What is finished is skipped, what was interrupted goes on where it stopped: run the same command again.

        Exit codes: 0 all done, 2 wrong usage, 3 some inputs failed or are partial, 4 no usable input, 5 database,
        6 model, 130 interrupted.
        """
        from ..inputs import find_inputs
        from ..places import PlaceOptions

        set_up_logging(verbose, log_file)
        sampling = {"fps": fps, "every": every, "frames": frames, "keyframes": 0.0 if keyframes else None}
        numbers = {"min_face_px": min_face, "face_threshold": face_threshold, "min_confidence": min_confidence}
        settings = _settings(settings_file, sampling, numbers, model)
        options = PlaceOptions(location, camera, start, timezone, cameras)
        inputs = find_inputs(paths)
        _check_places(inputs, options)
        if dry_run:
            _print_plan(inputs, options, settings, as_json=as_json)
            return
        outcomes = _run(inputs, settings, options, (db, device, force, quiet or as_json), open_stages)
        _print_outcomes(outcomes, db, as_json=as_json, quiet=quiet)
        raise typer.Exit(_exit_code(outcomes))

    return analyze


def open_stages(settings: Settings, model: StoredModel, device: str) -> Stages:
    """The real stages: MTCNN's cascade and a model of the store."""
    from ..analyze import Stages
    from ..emotions import NetworkClassifier
    from ..faces import Mtcnn

    detector = Mtcnn(min_face_px=settings.min_face_px, threshold=settings.face_threshold, device=device)
    return Stages(detector, NetworkClassifier(model, device))


def _settings(
    path: Path | None, sampling: dict[str, float | None], numbers: dict[str, Any], model: str | None
) -> Settings:
    from ..settings import Sampling, SamplingMode, Settings, read_settings

    base = read_settings(path) if path else Settings()
    given = {name: value for name, value in sampling.items() if value is not None}
    if len(given) > 1:
        options = " and ".join(f"--{name}" for name in given)
        raise UsageError(f"expected one way of sampling; found {options}. Keep one of them.")
    changes: dict[str, Any] = {name: value for name, value in numbers.items() if value is not None}
    changes |= {"sampling": Sampling(SamplingMode(name), float(value)) for name, value in given.items()}
    return replace(base, **changes, **({"model": model} if model else {}))


def _check_places(inputs: Sequence[Input], options: PlaceOptions) -> None:
    """Read every cameras.toml before the first video, and say which of its patterns match nothing."""
    from ..places import camera_files, check_timezone, unmatched_patterns

    if options.timezone:
        check_timezone(options.timezone, "--timezone")
    videos = [item.path for item in inputs if not item.skipped]
    for file in camera_files(videos, options):
        for pattern in unmatched_patterns(file, videos):
            say(printable(f"{file.path}: the pattern {pattern!r} matches none of the inputs."))


def _run(
    inputs: Sequence[Input],
    settings: Settings,
    options: PlaceOptions,
    how: tuple[str, str, bool, bool],
    open_stages: OpenStages,
) -> list[Outcome]:
    from ..decoding import Decoder
    from ..jobs import Batch, run
    from ..models import find_model
    from ..networks.runtime import choose_device
    from ..store import Store
    from .progress import watch

    db, asked_device, force, quiet = how
    model = find_model(settings.model)
    device = choose_device(asked_device)
    with Store(db) as store, Decoder() as decoder:
        run_id = store.add_run(settings, model, device)
        if not quiet:
            _say_what(settings, model.card.name, device, db)
        batch = Batch(store, run_id, settings, options, decoder, lambda: open_stages(settings, model, device), force)
        try:
            return watch(run(inputs, batch), quiet=quiet)
        except KeyboardInterrupt:
            say("interrupted: what is stored is whole. Run the same command again to go on.")
            raise typer.Exit(INTERRUPTED) from None


def _say_what(settings: Settings, model: str, device: str, db: str) -> None:
    from ..places import machine_timezone

    say(
        f"{settings.sampling}; faces from {settings.min_face_px} px; model {model} on {device}; "
        f"times in {machine_timezone()} unless a zone is given; database {printable(db)}"
    )


def _print_plan(inputs: Sequence[Input], options: PlaceOptions, settings: Settings, *, as_json: bool) -> None:
    from ..decoding import Decoder
    from ..jobs import plan

    with Decoder() as decoder:
        planned = list(plan(inputs, decoder, options))
    if as_json:
        typer.echo(json.dumps([_planned_json(item) for item in planned], ensure_ascii=False, indent=2))
    else:
        typer.echo(f"Sampling: {settings.sampling}. Nothing is analysed or stored in a dry run.")
        for item in planned:
            typer.echo(_planned_line(item))
    if not any(item.info for item in planned):
        raise typer.Exit(NOTHING_USABLE)


def _planned_line(item: Planned) -> str:
    if item.skipped:
        return printable(f"skip     {item.path}: {item.skipped}")
    if item.problem:
        return printable(f"will fail {item.path}: {item.problem}")
    place = item.place
    assert place is not None  # noqa: S101 - a planned video has a place
    start = f"{place.started_at:%Y-%m-%d %H:%M:%S} (from {place.start_source})" if place.started_at else "unknown"
    return printable(
        f"analyze  {item.path}: location {place.location!r} and camera {place.camera!r} (from {place.place_source}); "
        f"start {start}; zone {place.timezone} (from {place.timezone_source})"
    )


def _planned_json(item: Planned) -> dict[str, Any]:
    place = item.place
    return {
        "path": printable(item.path),
        "action": "skip" if item.skipped else "fail" if item.problem else "analyze",
        "reason": item.skipped or item.problem,
        "location": place.location if place else None,
        "camera": place.camera if place else None,
        "place_source": place.place_source if place else None,
        "started_at": place.started_at.isoformat() if place and place.started_at else None,
        "start_source": place.start_source if place else None,
        "timezone": place.timezone if place else None,
        "timezone_source": place.timezone_source if place else None,
    }


def _print_outcomes(outcomes: Sequence[Outcome], db: str, *, as_json: bool, quiet: bool) -> None:
    from .progress import as_json as to_json
    from .progress import describe, print_summary

    if quiet or as_json:
        for outcome in outcomes:
            if outcome.status in {"failed", "partial"}:
                say(f"fer-video: {describe(outcome)}")
    if as_json:
        typer.echo(json.dumps({"db": db, "videos": to_json(outcomes)}, ensure_ascii=False, indent=2))
    elif not quiet:
        print_summary(outcomes)


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    statuses = {outcome.status for outcome in outcomes} - {"skipped", "duplicate"}
    if statuses == {"failed"}:
        return NOTHING_USABLE
    return SOME_FAILED if statuses & {"failed", "partial"} else 0
