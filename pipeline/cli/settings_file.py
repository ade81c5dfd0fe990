"""Where the settings of `analyze` come from: options, `FER_VIDEO_…` variables, a settings file, last the defaults."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - Typer reads the annotations

from ..errors import SettingError, UsageError
from ..nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..settings import Settings


class LogFormat(StrEnum):
    """What a line of the log file looks like."""

    TEXT = "text"
    JSON = "json"


TEXT_KEYS = (
    "db", "db_patience", "device", "location", "camera", "timezone", "cameras", "log_file", "log_format", "progress",
    "metrics", "workers",
)  # fmt: skip
SWITCH_KEYS = ("require_areas", "share", "quiet", "verbose")
NUMBER_KEYS = ("rate", "threads")
LIST_KEYS = ("accept",)
SHELL_KEYS = frozenset((*TEXT_KEYS, *SWITCH_KEYS, *NUMBER_KEYS, *LIST_KEYS))
"""The keys of a settings file that say how the command works; those of `Settings` say which rows there are."""

PREFIX = "FER_VIDEO_"
OTHER_VARIABLES = frozenset({"FER_VIDEO_MODELS", "FER_VIDEO_SHARED"})
"""Variables that are no options of `analyze`: the folder of models, and the clips that tests need."""

RANKS = ("COMMANDLINE", "ENVIRONMENT")
"""What wins over a settings file, in this order."""


def read_shell_settings(context: typer.Context, path: Path | None) -> Path | None:
    """Take a settings file's values as the defaults of the options, before these are read.

    Raises:
        SettingError: a value cannot be followed; it says which file it is from.
        UsageError: the file cannot be read, or holds an unknown key.
    """
    if path is not None:
        from ..settings import read_keys, read_settings

        read_settings(path, others=SHELL_KEYS)
        values = {key: _checked(path, key, value) for key, value in read_keys(path).items() if key in SHELL_KEYS}
        context.default_map = {**(context.default_map or {}), **values}
    return path


def unknown_variables(context: typer.Context) -> list[str]:
    """A line for each variable that begins as ours do and is none: else it would be passed over in silence.

    It is no error, since whoever starts the program may use such names for something else.
    """
    known = [str(one.envvar) for one in context.command.params if getattr(one, "envvar", None)]
    found = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in {*known, *OTHER_VARIABLES})
    settings = [name.removeprefix(PREFIX).lower() for name in known]
    expected = "expected a setting as 'fer-video config show' lists them; found none, so it changes nothing."
    return [f"{name}: {expected}{nearest(name.removeprefix(PREFIX), settings)}" for name in found]


def _checked(path: Path, key: str, value: object) -> object:
    if key == "workers" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if key in TEXT_KEYS and not isinstance(value, str):
        raise SettingError(key, "text in quotes", repr(value), where=path)
    if key in SWITCH_KEYS and not isinstance(value, bool):
        raise SettingError(key, "true or false", repr(value), where=path)
    if key in NUMBER_KEYS and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise SettingError(key, "a number", repr(value), where=path)
    if key in LIST_KEYS:
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise SettingError(key, 'a list of texts, such as ["known"]', repr(value), where=path)
        return listed
    return value


def resolve_settings(
    context: typer.Context, path: Path | None, sampling: Mapping[str, float | None], others: Mapping[str, Any]
) -> Settings:
    """What decides the rows, by rank; a way of sampling of a higher rank replaces another one of a lower.

    Raises:
        UsageError: two ways of sampling of one rank, or a settings file that cannot be followed.
    """
    from ..settings import Sampling, SamplingMode, Settings, as_float, read_settings

    base = read_settings(path, others=SHELL_KEYS) if path else Settings()
    changes = {name: value for name, value in others.items() if value is not None}
    for rank in RANKS:
        given = {
            name: value for name, value in sampling.items() if value is not None and source_of(context, name) == rank
        }
        if len(given) > 1:
            found = " and ".join(_called(name, rank) for name in given)
            raise UsageError(f"expected one way of sampling; found {found}. Keep one of them.")
        for name, value in given.items():
            changes["sampling"] = Sampling(SamplingMode(name), as_float(value or 0.0))
        if given:
            break
    return replace(base, **changes)


def source_of(context: typer.Context, name: str) -> str:
    """Where a parameter's value came from: COMMANDLINE, ENVIRONMENT, DEFAULT_MAP (a settings file) or DEFAULT."""
    source = context.get_parameter_source(name)
    return source.name if source else "DEFAULT"


def _called(name: str, rank: str) -> str:
    return f"--{name}" if rank == RANKS[0] else f"FER_VIDEO_{name.upper()}"
