"""`fer-video analyze`: videos in, rows out."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import typer

from ..errors import FerVideoError
from . import analyze_options as options  # noqa: TC001 - Typer reads the annotations
from .analyze_task import Task
from .console import echo_json, printable, say, say_event, set_up_logging, speak_json_lines
from .flags import told
from .following import Form, describe, watch
from .interrupts import INTERRUPTED, TERMINATED, TerminatedError, finishing
from .night import BAD, Night
from .settings_file import LogFormat, resolve_settings, unknown_variables
from .several import Beside, read_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..batch import BatchStarted
    from ..events import Event
    from ..store.database import Upgrade
    from ..work import OpenStages
    from .interrupts import Stop


def make_analyze(open_stages: OpenStages | None = None) -> Callable[..., None]:
    """The command; other stages than the real ones can be passed in."""

    def analyze(
        context: typer.Context,
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
        log_format: options.LogForm = LogFormat.TEXT,
        progress: options.Progress = Form.AUTO,
        metrics: options.Metrics = None,
        accept: options.Accept = None,
    ) -> None:
        """Find faces in videos, read their expressions and store a row for each.

        What is finished is skipped, what was interrupted goes on where it stopped: run the same command again. Every
        option but those of a single run can stand in a settings file, or in the environment as FER_VIDEO_FPS and so on.

        Exit codes: 0 all done, 2 wrong usage, 3 some inputs failed or are partial, 4 no usable input, 5 database,
        6 model, 130 interrupted, 143 ended by SIGTERM.
        """
        from ..places.inputs import find_inputs, named_folders
        from ..places.locate import PlaceOptions
        from ..settings import parse_duration
        from .acceptance import read_acceptance
        from .run_log import JsonLines

        speak_json_lines(progress is Form.JSONL)
        for line in unknown_variables(context):
            say(printable(line))
        file_form = JsonLines() if log_format is LogFormat.JSON else None
        stderr_form = JsonLines() if progress is Form.JSONL else None
        set_up_logging(verbose, log_file, file_form=file_form, stderr_form=stderr_form)
        sampling = {"fps": fps, "every": every, "frames": frames, "keyframes": 0.0 if keyframes else None}
        numbers = {"min_face_px": min_face, "face_threshold": face_threshold}
        thresholds = {"min_confidence": min_confidence, "min_readable": min_readable, "min_is_face": min_is_face}
        others = {**numbers, **thresholds, "model": model or None}
        settings = resolve_settings(context, settings_file, sampling, others)
        places = PlaceOptions(location, camera, start, timezone, cameras, rate, stream, named_folders(paths))
        acceptance = read_acceptance(accept or [])
        task = Task(find_inputs(paths), settings, places, require_areas)
        task.check_places()
        if dry_run:
            from .dry_run import print_plan

            print_plan(task, db, force=force, again=again, as_json=as_json)
            return
        form = Form.NONE if quiet or (as_json and progress is Form.AUTO) else progress
        patience_s = parse_duration("db_patience", db_patience)
        beside = Beside(read_workers(workers, threads), threads)
        way = _Way(db, patience_s, device, force, again, share, form, quiet or as_json, verbose, metrics, beside)
        night = Night(_shown(db), task.in_words(), task.in_values(), acceptance)
        raise typer.Exit(_run(task, way, night, open_stages, as_json=as_json))

    return analyze


@dataclass(frozen=True, slots=True)
class _Way:
    """How it is to be done."""

    db: str
    patience_s: float
    device: str
    force: bool
    again: bool
    share: bool
    form: Form
    quiet: bool
    verbose: bool
    metrics: Path | None
    beside: Beside


def _run(task: Task, way: _Way, night: Night, open_stages: OpenStages | None, *, as_json: bool) -> int:
    """Analyse, and tell at the end what came of it, however it ended; the exit code."""
    from .run_log import log_error

    try:
        code = _follow(task, way, night, open_stages)
    except BaseException as error:
        # One that concerns the whole run is said at the top; here it is an end like others.
        if isinstance(error, FerVideoError):
            log_error(told(error))
        _note_end(night, way, getattr(error, "exit_code", 1))
        raise
    _note_end(night, way, code)
    if way.form is Form.JSONL:
        say_event("end", {"exit_code": code, "stopped_by": night.stopped_by, "totals": night.totals()})
    _print_end(night, way, code, as_json=as_json)
    return code


def _note_end(night: Night, way: _Way, code: int) -> None:
    """In the log and in the metrics."""
    from .metrics import keep_metrics
    from .run_log import log_end

    log_end(night, code)
    if way.metrics:
        keep_metrics(way.metrics, night, code)


def _follow(task: Task, way: _Way, night: Night, open_stages: OpenStages | None) -> int:
    """Analyse until all is done, or a signal ends it; the exit code."""
    from ..batch import Request, analyze_all
    from .footage import Footage, sizes_of
    from .metrics import measured
    from .run_log import logged

    waits = (way.patience_s, partial(_say_held, way.db))
    again = (way.again, task.require_areas)
    upgraded, lost = partial(_say_upgraded, way.db), partial(_say_lost, way.db)
    beside = (way.beside.workers, way.beside.threads)
    request = Request(
        way.db, task.settings, task.places, way.device, way.force, upgraded, *waits, *again, lost, *beside
    )
    footage = Footage(sizes_of(task.videos))
    try:
        with finishing() as stop, closing(analyze_all(task.inputs, request, open_stages)) as events:
            followed = night.follow(_begin(events, task, way, night))
            told = _until_stopped(logged(measured(followed, night, way.metrics), night), stop)
            watch(told, night, footage, way.form, verbose=way.verbose)
        night.sort(task.videos)
    except KeyboardInterrupt:
        night.stopped_by = "SIGINT"
        say("interrupted: what is stored is whole. Run the same command again to go on.")
        return INTERRUPTED
    except TerminatedError:
        night.stopped_by = "SIGTERM"
        say("ended by SIGTERM: what is stored is whole. Run the same command again to go on.")
        return TERMINATED
    return night.exit_code


def _until_stopped(events: Iterator[Event], stop: Stop) -> Iterator[Event]:
    """The events up to the first, behind a SIGTERM, after which nothing is lost: a chunk or a video is stored."""
    from ..events import ChunkStored, Outcome

    for event in events:
        yield event
        if stop.is_asked and isinstance(event, ChunkStored | Outcome):
            raise TerminatedError


def _begin(events: Iterator[BatchStarted | Event], task: Task, way: _Way, night: Night) -> Iterator[Event]:
    """The events of the inputs; the first of all says that the database is open, and what is done with what."""
    from ..batch import BatchStarted
    from .other_settings import say_other_settings
    from .run_log import log_start

    for event in events:
        if not isinstance(event, BatchStarted):
            yield event
            continue
        night.batch = event
        log_start(night)
        if way.share:
            _share(way.db)
        if way.form is Form.JSONL:
            names = {"model": event.model, "device": event.device, "run": event.run, "db": night.db}
            say_event("start", names | {"settings": night.settings, "inputs": len(task.videos)})
        elif not way.quiet:
            _say_what(task, event, way.db)
        if not way.quiet and not way.force:
            say_other_settings(task, way.db)


def _share(db: str) -> None:
    """Let others on this machine read the database; a server has users of its own."""
    from pathlib import Path

    from ..files import SHARED

    if "://" not in db:
        Path(db).chmod(SHARED)


def _shown(db: str) -> str:
    from ..store.naming import shown

    return shown(db)


def _say_upgraded(db: str, upgraded: Upgrade) -> None:
    from .upgrade import describe as describe_upgrade

    say(f"{describe_upgrade(db, upgraded)}: brought up to date")


def _say_held(db: str, waited_s: float) -> None:
    say(f"{printable(_shown(db))}: another program holds the database; waiting for it, {waited_s:.0f} s so far")


def _say_lost(db: str, cause: str) -> None:
    from ..store.patience import LOST_S

    say(
        f"{printable(_shown(db))}: the server does not answer; trying again for {LOST_S / 60:.0f} minutes. What is "
        f"stored is safe ({printable(cause)})"
    )


def _say_what(task: Task, batch: BatchStarted, db: str) -> None:
    from ..places.locate import machine_timezone

    zone = task.places.timezone or f"{machine_timezone()} unless a zone is given"
    say(f"{task.in_words()}; model {batch.model} on {batch.device}; times in {zone}; database {printable(_shown(db))}")


def _print_end(night: Night, way: _Way, code: int, *, as_json: bool) -> None:
    from .summary import print_summary

    if way.quiet:
        for one in night.told:
            if one.outcome.status in BAD and not one.is_accepted:
                say(f"fer-video: {describe(one.outcome)}")
    if as_json:
        echo_json(night.summary(code))
    elif not way.quiet:
        print_summary(night.outcomes, verbose=way.verbose)
        _say_failures(night)
        _say_next(night, way.db)


def _say_failures(night: Night) -> None:
    """Which of the failures are new, where some were expected."""
    totals = night.totals()
    if totals["accepted_failures"]:
        say(f"failures: {totals['accepted_failures']:,} accepted, {totals['new_failures']:,} new")


def _say_next(night: Night, db: str) -> None:
    """The command that is most likely wanted now."""
    import shlex

    if not night.stopped_by and night.totals()["faces"]:
        where = "" if db == "fer-video.db" else f" --db {shlex.quote(db)}"
        say(printable(f"next: fer-video report --html{where}"))
