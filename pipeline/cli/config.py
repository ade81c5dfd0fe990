"""`fer-video config`: every setting of `analyze`, where it came from, and a file to begin with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .analyze import make_analyze
from .console import echo_json, printable, results_console, say
from .settings_file import SHELL_KEYS, source_of, unknown_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    help="Show the settings of 'analyze' and where each comes from; write a settings file to begin with.",
    no_args_is_help=True,
)

ROW_KEYS = (
    "fps", "every", "frames", "keyframes", "min_face", "face_threshold", "min_confidence", "min_readable",
    "min_is_face", "model",
)  # fmt: skip
"""Those that say which rows there are, or what they count as."""

JSON_SCHEMA = 1
SAMPLING = frozenset({"fps", "every", "frames", "keyframes"})

EXAMPLES = {
    "fps": "2.0", "every": "0.5", "frames": "200", "keyframes": "true", "min_face": "24", "face_threshold": "0.8",
    "min_confidence": "0.4", "min_readable": "0.5", "min_is_face": "0.5", "model": '"vgg-face-fer2013"',
    "db": '"fer-video.db"', "db_patience": '"1h"', "device": '"auto"', "location": '"Shop"', "camera": '"door"',
    "timezone": '"Asia/Ho_Chi_Minh"', "cameras": '"cameras.toml"', "rate": "25.0", "require_areas": "true",
    "share": "true", "quiet": "true", "verbose": "true", "log_file": '"fer-video.log"', "log_format": '"text"',
    "progress": '"auto"', "metrics": '"fer-video.prom"', "accept": '["known"]',
    "workers": '"auto"', "threads": "1",
}  # fmt: skip
"""A value for each key of a settings file: the default where there is one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it holds now.

    Attributes:
        name: as a settings file has it.
        value: None where nothing is said.
        source: who says it: default, the variable, or the settings file.
        help: what it does.
    """

    name: str
    value: object
    source: str
    help: str


@app.command()
def show(
    settings_file: Annotated[
        Path | None,
        typer.Option("--settings", envvar="FER_VIDEO_SETTINGS", show_envvar=False, help="The settings file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every setting that 'analyze' would take, and where it came from.

    Exit codes: 0 printed, 2 a setting cannot be followed.
    """
    settings = list(read_all(settings_file))
    if as_json:
        plain = [{"name": one.name, "value": one.value, "source": one.source} for one in settings]
        echo_json({"json_schema": JSON_SCHEMA, "settings": plain})
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for one in settings:
        value = "-" if one.value is None else _as_toml(one.value)
        table.add_row(*(Text(printable(cell)) for cell in (one.name, value, one.source)))
    results_console().print(table)


@app.command()
def template() -> None:
    """Print a settings file with every key, its meaning and its default, all of it commented out.

    'fer-video config template > fer-video.toml' writes it; 'analyze --settings fer-video.toml' follows it.
    """
    typer.echo("# Settings of 'fer-video analyze --settings FILE'. Options and FER_VIDEO_ variables win over them.")
    for name, parameter in _parameters().items():
        typer.echo(f"\n# {_plain(parameter.help)}\n# {name} = {EXAMPLES[name]}")


def read_all(path: Path | None) -> Iterator[Setting]:
    """Every setting with its source.

    Args:
        path: a settings file; None for none.

    Raises:
        UsageError: a value cannot be followed.
    """
    from ..models.folder import store_folder
    from ..settings import read_keys

    typed = ["--settings", str(path)] if path else []
    context: Any = typer.main.get_command(_only_analyze()).make_context("analyze", [*typed, "x"])
    in_file = read_keys(path) if path else {}
    settings = _settings(context, path)
    for line in unknown_variables(context):
        say(printable(line))
    for name, parameter in _parameters().items():
        source = source_of(context, name)
        from_file = name in in_file or (name == "min_face" and "min_face_px" in in_file)
        told = f"variable {parameter.envvar}" if source == "ENVIRONMENT" else str(path) if from_file else "default"
        value = settings[name] if name in settings else context.params[name]
        if value is None and told == "default" and name in SAMPLING:
            continue
        yield Setting(name, value if not isinstance(value, Path) else str(value), told, _plain(parameter.help))
    folder = "FER_VIDEO_MODELS"
    told = f"variable {folder}" if os.environ.get(folder) else "default"
    yield Setting("models", str(store_folder()), told, "Folder of published models.")


def _settings(context: typer.Context, path: Path | None) -> dict[str, object]:
    """What decides the rows, by the names of the options; of the ways of sampling the one that is followed."""
    from ..models.folder import active_name
    from .settings_file import resolve_settings

    given = {name: context.params[name] for name in ("fps", "every", "frames")}
    given["keyframes"] = 0.0 if context.params["keyframes"] else None
    names = {"min_face": "min_face_px"} | {name: name for name in ROW_KEYS[5:]}
    others = {key: context.params[name] for name, key in names.items()}
    settings = resolve_settings(context, path, given, others)
    rule = settings.sampling
    found: dict[str, object] = {name: getattr(settings, key) for name, key in names.items()}
    found["model"] = settings.model or active_name()
    return found | dict.fromkeys(SAMPLING) | {rule.mode.value: rule.value or True}


def _only_analyze() -> typer.Typer:
    alone = typer.Typer(add_completion=False)
    alone.command()(make_analyze())
    return alone


def _parameters() -> dict[str, Any]:
    """The options of `analyze` that a settings file may hold, by its keys, in their order."""
    found = {one.name: one for one in typer.main.get_command(_only_analyze()).params}
    return {name: one for name, one in found.items() if name in SHELL_KEYS or name in ROW_KEYS}


def _plain(text: str) -> str:
    return text.partition(" [default:")[0]


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value)
