"""`fer-video analyze`: videos in, rows out."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from ..errors import UsageError
from . import analyze_options as options  # noqa: TC001 - Typer reads the annotations
from .console import echo_json, printable, say, say_note, set_up_logging
from .flags import spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ..events import Event, Outcome
    from ..places.inputs import Input
    from ..places.locate import PlaceOptions
    from ..plan import Planned
    from ..records import Place
    from ..settings import Settings
    from ..store.database import Upgrade
    from ..work import OpenStages

SOME_FAILED, NOTHING_USABLE, INTERRUPTED = 3, 4, 130


def make_analyze(open_stages: OpenStages | None = None) -> Callable[..., None]:
    """The command; other stages than the real ones can be passed in."""

    def analyze(
        paths: options.Inputs,
        *,
        fps: options.Fps = None,
        every: options.Every = None,
        frames: options.Frames = None,
        keyframes: options.Keyframes = False,
        min_face: options.MinFace = None,
        face_threshold: options.FaceThreshold = None,
        min_confidence: options.MinConfidence = None,
        min_readable: options.MinReadable = None,
        min_is_face: options.MinIsFace = None,
        model: options.Model = None,
        settings_file: options.SettingsFile = None,
        location: options.Location = None,
        camera: options.Camera = None,
        start: options.Start = None,
        timezone: options.Timezone = None,
        cameras: options.Cameras = None,
        require_areas: options.RequireAreas = False,
        stream: options.Stream = None,
        rate: options.Rate = None,
        db: options.Db = "fer-video.db",
        db_patience: options.DbPatience = "1h",
        device: options.Device = "auto",
        workers: options.Workers = "1",
        threads: options.Threads = 0,
        dry_run: options.DryRun = False,
        force: options.Force = False,
        again: options.Again = False,
        share: options.Share = False,
        as_json: options.AsJson = False,
        quiet: options.Quiet = False,
        verbose: options.Verbose = False,
        log_file: options.LogFile = None,
    ) -> None:
        """Find faces in videos, read their expressions and store a row for each.

        What is finished is skipped, what was interrupted goes on where it stopped: run the same command again.

        Exit codes: 0 all done, 2 wrong usage, 3 some inputs failed or are partial, 4 no usable input, 5 database,
        6 model, 130 interrupted.
        """
        from ..places.inputs import find_inputs, named_folders
        from ..places.locate import PlaceOptions
        from ..settings import parse_duration
        from .several import read_workers

        set_up_logging(verbose, log_file)
        sampling = {"fps": fps, "every": every, "frames": frames, "keyframes": 0.0 if keyframes else None}
        numbers = {"min_face_px": min_face, "face_threshold": face_threshold}
        thresholds = {"min_confidence": min_confidence, "min_readable": min_readable, "min_is_face": min_is_face}
        settings = _settings(settings_file, sampling, {**numbers, **thresholds, "model": model or None})
        places = PlaceOptions(location, camera, start, timezone, cameras, rate, stream, named_folders(paths))
        task = _Task(find_inputs(paths), settings, places, require_areas)
        task.check_places()
        if dry_run:
            _print_plan(task, as_json=as_json)
            return
        how = (device, force, again, quiet or as_json, share, read_workers(workers, threads), threads)
        way = _Way(db, parse_duration("db_patience", db_patience), *how)
        outcomes = _run(task, way, open_stages)
        _print_outcomes(outcomes, db, as_json=as_json, quiet=quiet)
        raise typer.Exit(_exit_code(outcomes))

    return analyze


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be analysed."""

    inputs: Sequence[Input]
    settings: Settings
    places: PlaceOptions
    require_areas: bool

    def check_places(self) -> None:
        """Read every cameras.toml before the first video, and say what is most often a mistake."""
        from ..places.sayings import sayings

        videos = [item.path for item in self.inputs if not item.skipped]
        if self.places.start and len(videos) > 1:
            say(f"--start gives all {len(videos)} inputs the same start; cameras.toml can tell them apart.")
        for saying in sayings(videos, self.places):
            say_note(printable(saying))


@dataclass(frozen=True, slots=True)
class _Way:
    """How it is to be done."""

    db: str
    patience_s: float
    device: str
    force: bool
    again: bool
    quiet: bool
    share: bool
    workers: int
    threads: int


def _settings(path: Path | None, sampling: dict[str, float | None], others: dict[str, Any]) -> Settings:
    from ..settings import Sampling, SamplingMode, Settings, as_float, read_settings

    base = read_settings(path) if path else Settings()
    given = {name: value for name, value in sampling.items() if value is not None}
    if len(given) > 1:
        found = " and ".join(f"--{name}" for name in given)
        raise UsageError(f"expected one way of sampling; found {found}. Keep one of them.")
    changes = {name: value for name, value in others.items() if value is not None}
    for name, value in given.items():
        changes["sampling"] = Sampling(SamplingMode(name), as_float(value))
    return replace(base, **changes)


def _run(task: _Task, way: _Way, open_stages: OpenStages | None) -> list[Outcome]:
    from ..batch import BatchStarted, Request, analyze_all
    from .progress import watch
    from .several import watch_several

    def said() -> Iterator[Event]:
        for event in events:
            if not isinstance(event, BatchStarted):
                yield event
                continue
            if way.share:
                _share(way.db)
            if not way.quiet:
                _say_what(task, event.model, event.device, way.db)

    waits = (way.patience_s, partial(_say_held, way.db))
    says = partial(_say_upgraded, way.db)
    again = (way.again, task.require_areas)
    lost, beside = partial(_say_lost, way.db), (way.workers, way.threads)
    request = Request(way.db, task.settings, task.places, way.device, way.force, says, *waits, *again, lost, *beside)
    try:
        with closing(analyze_all(task.inputs, request, open_stages)) as events:
            if way.workers > 1 and not way.quiet:
                return watch_several(said(), [item.path for item in task.inputs])
            return watch(said(), quiet=way.quiet)
    except KeyboardInterrupt:
        say("interrupted: what is stored is whole. Run the same command again to go on.")
        raise typer.Exit(INTERRUPTED) from None


def _share(db: str) -> None:
    """Let others on this machine read the database; a server has users of its own."""
    from pathlib import Path

    from ..files import SHARED

    if "://" not in db:
        Path(db).chmod(SHARED)


def _say_upgraded(db: str, upgraded: Upgrade) -> None:
    from .upgrade import describe

    say(f"{describe(db, upgraded)}: brought up to date")


def _say_held(db: str, waited_s: float) -> None:
    from ..store.naming import shown

    say(f"{printable(shown(db))}: another program holds the database; waiting for it, {waited_s:.0f} s so far")


def _say_lost(db: str, cause: str) -> None:
    from ..store.naming import shown
    from ..store.patience import LOST_S

    say(
        f"{printable(shown(db))}: the server does not answer; trying again for {LOST_S / 60:.0f} minutes. What is "
        f"stored is safe ({printable(cause)})"
    )


def _say_what(task: _Task, model: str, device: str, db: str) -> None:
    from ..places.locate import machine_timezone
    from ..store.naming import shown

    settings, told = task.settings, task.places.timezone
    zone = told or f"{machine_timezone()} unless a zone is given"
    say(
        f"{settings.sampling}; faces from {settings.min_face_px} px; model {model} on {device}; "
        f"times in {zone}; database {printable(shown(db))}"
    )


def _print_plan(task: _Task, *, as_json: bool) -> None:
    from ..plan import plan
    from ..video.decoding import Decoder
    from ..video.source import VideoFile

    with Decoder() as decoder:
        how = (lambda path, hints: VideoFile(path, decoder, hints, is_glance=True), task.places)
        planned = list(plan(task.inputs, *how, require_areas=task.require_areas))
    if as_json:
        echo_json([_planned_json(item) for item in planned])
    else:
        typer.echo(f"Sampling: {task.settings.sampling}. Nothing is analysed or stored in a dry run.")
        for item in planned:
            typer.echo(_planned_line(item))
    if not any(item.info for item in planned):
        raise typer.Exit(NOTHING_USABLE)


def _planned_line(item: Planned) -> str:
    if item.skipped:
        return printable(f"skip     {item.path}: {item.skipped}")
    place = item.place
    if item.problem or place is None:
        return printable(f"will fail {item.path}: {item.problem}")
    doubts = "".join(f" Note: {spell(note)}" for note in place.notes)
    return printable(
        f"analyze  {item.path}: location {place.location!r} and camera {place.camera!r} (from {place.place_source}); "
        f"start {_planned_start(item, place)}; zone {place.timezone} (from {place.timezone_source})"
        f"{_planned_areas(item)}{doubts}"
    )


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
        "action": "skip" if item.skipped else "fail" if item.problem else "analyze",
        "reason": item.skipped or item.problem,
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


def _print_outcomes(outcomes: Sequence[Outcome], db: str, *, as_json: bool, quiet: bool) -> None:
    from ..store.naming import shown
    from .progress import as_json as to_json
    from .progress import describe, print_summary

    if quiet or as_json:
        for outcome in outcomes:
            if outcome.status in {"failed", "partial"}:
                say(f"fer-video: {describe(outcome)}")
    if as_json:
        echo_json({"db": shown(db), "videos": to_json(outcomes)})
    elif not quiet:
        print_summary(outcomes)


def _exit_code(outcomes: Sequence[Outcome]) -> int:
    statuses = {outcome.status for outcome in outcomes} - {"skipped", "duplicate"}
    if statuses == {"failed"}:
        return NOTHING_USABLE
    return SOME_FAILED if statuses & {"failed", "partial"} else 0
