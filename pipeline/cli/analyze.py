"""`fer-video analyze`: videos in, rows out."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from ..errors import StoreError, UsageError
from . import analyze_options as options  # noqa: TC001 - Typer reads the annotations
from .analyze_task import Task
from .console import echo_json, printable, say, set_up_logging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ..events import Event, Outcome
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

        set_up_logging(verbose, log_file)
        sampling = {"fps": fps, "every": every, "frames": frames, "keyframes": 0.0 if keyframes else None}
        numbers = {"min_face_px": min_face, "face_threshold": face_threshold}
        thresholds = {"min_confidence": min_confidence, "min_readable": min_readable, "min_is_face": min_is_face}
        settings = _settings(settings_file, sampling, {**numbers, **thresholds, "model": model or None})
        places = PlaceOptions(location, camera, start, timezone, cameras, rate, stream, named_folders(paths))
        task = Task(find_inputs(paths), settings, places, require_areas)
        task.check_places()
        if dry_run:
            from .dry_run import print_plan

            print_plan(task, db, force=force, again=again, as_json=as_json)
            return
        way = _Way(db, parse_duration("db_patience", db_patience), device, force, again, quiet or as_json, share)
        outcomes = _run(task, way, open_stages)
        _print_outcomes(outcomes, db, as_json=as_json, quiet=quiet)
        raise typer.Exit(_exit_code(outcomes))

    return analyze


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


def _run(task: Task, way: _Way, open_stages: OpenStages | None) -> list[Outcome]:
    from ..batch import BatchStarted, Request, analyze_all
    from .progress import watch

    def said() -> Iterator[Event]:
        for event in events:
            if not isinstance(event, BatchStarted):
                yield event
                continue
            if way.share:
                _share(way.db)
            if not way.quiet:
                _say_what(task, event.model, event.device, way.db)
                if not way.force:
                    _say_other_settings(task, way.db)

    waits = (way.patience_s, partial(_say_held, way.db))
    says = partial(_say_upgraded, way.db)
    again = (way.again, task.require_areas)
    request = Request(way.db, task.settings, task.places, way.device, way.force, says, *waits, *again)
    try:
        with closing(analyze_all(task.inputs, request, open_stages)) as events:
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
    from ..store.database import shown

    say(f"{printable(shown(db))}: another program holds the database; waiting for it, {waited_s:.0f} s so far")


def _say_what(task: Task, model: str, device: str, db: str) -> None:
    from ..places.locate import machine_timezone
    from ..store.database import shown

    settings, told = task.settings, task.places.timezone
    zone = told or f"{machine_timezone()} unless a zone is given"
    say(
        f"{settings.sampling}; faces from {settings.min_face_px} px; model {model} on {device}; "
        f"times in {zone}; database {printable(shown(db))}"
    )


def _say_other_settings(task: Task, db: str) -> None:
    """What it costs to begin anew what is done with other settings.

    A database that does not answer just now is met again by whoever stores.
    """
    from ..models.folder import find_model
    from ..store.database import connect
    from ..store.fingerprints import fingerprint
    from ..store.stock import list_elsewhere
    from .other_settings import describe

    known_by = fingerprint(task.settings, find_model(task.settings.model).card)
    with suppress(StoreError):
        engine = connect(db)
        try:
            elsewhere, pace = list_elsewhere(engine, known_by)
        finally:
            engine.dispose()
        for line in describe(elsewhere, [item.path for item in task.inputs if not item.skipped], task.settings, pace):
            say(printable(line))


def _print_outcomes(outcomes: Sequence[Outcome], db: str, *, as_json: bool, quiet: bool) -> None:
    from ..store.database import shown
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
