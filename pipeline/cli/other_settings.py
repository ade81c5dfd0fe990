"""Settings that differ from those of what is stored: what that costs, and the command that goes on as before."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import StoreError
from ..plurals import count
from ..settings import Sampling, SamplingMode
from .console import printable, say
from .spans import span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ..outlook import OtherSettings
    from ..settings import Settings
    from ..store.stock import Elsewhere
    from .analyze_task import Task

TAKES_VALUE = ("--fps", "--every", "--frames", "--min-face", "--face-threshold", "--model")
"""The options that decide which rows there are, with a value each; --keyframes has none."""

MOST_LETTERS = 400
"""Of a command that is said whole."""


def say_other_settings(task: Task, db: str) -> None:
    """What it costs to begin anew what is done with other settings.

    A database that does not answer just now is met again by whoever stores.
    """
    from ..models.folder import find_model
    from ..store.database import connect
    from ..store.fingerprints import fingerprint
    from ..store.stock import list_elsewhere

    known_by = fingerprint(task.settings, find_model(task.settings.model).card)
    with suppress(StoreError):
        engine = connect(db)
        try:
            elsewhere, pace = list_elsewhere(engine, known_by)
        finally:
            engine.dispose()
        for line in describe(elsewhere, task.videos, task.settings, pace):
            say(printable(line))


def describe(
    elsewhere: Iterable[Elsewhere], inputs: Iterable[Path], settings: Settings, pace: float | None
) -> list[str]:
    """What is to be said before a run begins anew what is done with other settings; nothing where it does not."""
    from ..outlook import find_other_settings

    other = find_other_settings(elsewhere, inputs)
    if other is None:
        return []
    them = "is" if other.videos == 1 else "are"
    cost = f"{span(other.footage_s)} of footage{_time(other, settings, pace)}"
    changed = _differences(other, settings)
    if not changed:
        return [
            f"{count(other.videos, 'video')} {them} done by an older fer-video or with other weights, whose rows mean "
            f"something else: read anew, as a run beside the old one, {cost}."
        ]
    return [
        f"{count(other.videos, 'video')} {them} done with other settings ({'; '.join(changed)}). These begin a run of "
        f"their own beside that one: {cost}.",
        f"To go on with the old settings: {_old_command(sys.argv[1:], other)}",
    ]


def _time(other: OtherSettings, settings: Settings, pace: float | None) -> str:
    rule = settings.sampling
    frames = {
        SamplingMode.FPS: other.footage_s * rule.value,
        SamplingMode.EVERY: other.footage_s / (rule.value or 1.0),
        SamplingMode.FRAMES: other.videos * rule.value,
    }.get(rule.mode)
    return f", about {span(frames / pace)} here" if pace and frames else ""


def _differences(other: OtherSettings, settings: Settings) -> list[str]:
    """What is different, from the old to the new; nothing where the old run does not say what it was made with."""
    from ..models.folder import find_model

    stored: dict[str, Any] = json.loads(other.run.settings)
    if not stored.keys() >= {"sampling", "min_face_px", "face_threshold"}:
        return []
    model = find_model(settings.model).card.name
    pairs = (
        ("sampling", str(_sampling(stored)), str(settings.sampling)),
        ("smallest face", f"{stored['min_face_px']} px", f"{settings.min_face_px} px"),
        ("detector's confidence", f"{stored['face_threshold']:g}", f"{settings.face_threshold:g}"),
        ("model", other.run.model, model),
    )
    return [f"{what} {before} → {after}" for what, before, after in pairs if before != after]


def _sampling(stored: dict[str, Any]) -> Sampling:
    return Sampling(SamplingMode(stored["sampling"]["mode"]), stored["sampling"]["value"])


def _old_command(words: Sequence[str], other: OtherSettings) -> str:
    """What was typed, with the settings of the other run in place of those that were typed.

    A shell that expanded a pattern typed thousands of names; then only what is different is said.
    """
    stored: dict[str, Any] = json.loads(other.run.settings)
    rule = _sampling(stored)
    sampling = ["--keyframes"] if rule.mode is SamplingMode.KEYFRAMES else [f"--{rule.mode}", f"{rule.value:g}"]
    face = ["--min-face", str(stored["min_face_px"]), "--face-threshold", f"{stored['face_threshold']:g}"]
    old = [*sampling, *face, "--model", other.run.model]
    whole = shlex.join(["fer-video", *_without_settings(words), *old])
    return whole if len(whole) <= MOST_LETTERS else f"the same command with {shlex.join(old)} in place of yours"


def _without_settings(words: Sequence[str]) -> list[str]:
    kept, left = [], iter(words)
    for word in left:
        if word in TAKES_VALUE:
            next(left, None)
        elif word not in {"--keyframes", "--dry-run"} and word.partition("=")[0] not in TAKES_VALUE:
            kept.append(word)
    return kept
