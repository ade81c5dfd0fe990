"""The README names what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from pipeline.cli import app

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.fixture(scope="module")
def readme() -> str:
    if not README.is_file():
        pytest.skip("needs the repository's README")
    return README.read_text("utf-8")


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """Command → the options that its --help lists, sub-commands included."""
    group = typer.main.get_command(app)
    return {name: _options_of(command) for name, command in group.commands.items()}


def _options_of(command: object) -> set[str]:
    found = {
        word for parameter in getattr(command, "params", ()) for word in (*parameter.opts, *parameter.secondary_opts)
    }
    for inner in getattr(command, "commands", {}).values():
        found |= _options_of(inner)
    return found | {"--help"}


def test_command_table_is_complete(readme: str, options: dict[str, set[str]]) -> None:
    """The table has one row for each command that `fer-video --help` lists, and no other."""
    rows = re.findall(r"^\| `fer-video (\w+)` \|", readme, re.MULTILINE)

    assert sorted(rows) == sorted(options)


def test_every_command_line_uses_options_that_exist(readme: str, options: dict[str, set[str]]) -> None:
    """Each option of each command line in a code block belongs to that command."""
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    lines = [part.strip() for block in blocks for line in block.splitlines() for part in line.split("&&")]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("fer-video ")]

    assert len(commands) >= 8
    for words in commands:
        unknown = {word for word in words[2:] if word.startswith("--")} - options[words[1]]
        assert not unknown, f"{words}: {unknown}"


def test_every_option_in_the_text_exists(readme: str, options: dict[str, set[str]]) -> None:
    """An option that the text names in code belongs to some command, or to pip."""
    named = {
        word for code in re.findall(r"`([^`]+)`", readme) for word in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)
    }
    known = set().union(*options.values())

    assert named - known == set()


def test_no_figure_is_left_open(readme: str) -> None:
    """No placeholder stands where a measured figure should."""
    assert "@@" not in readme
