"""The README names what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from pipeline.cli.app import app
from pipeline.models.folder import DEFAULT_MODEL, find_model

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.fixture(scope="module")
def readme() -> str:
    if not README.is_file():
        pytest.skip("needs the repository's README")
    return README.read_text("utf-8")


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """Command → the options that its --help lists, sub-commands included."""
    group: Any = typer.main.get_command(app)
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


def test_figures_of_the_model_are_those_of_its_card(readme: str) -> None:
    """Accuracy, conditions, calibration error, cost, recall and precision stand in the README as the card has them."""
    card = find_model(DEFAULT_MODEL).card
    low, high = card.evaluation.interval
    assert f"**{card.evaluation.accuracy:.1%}** ({100 * low:.1f} to {100 * high:.1f})".replace("%", " %") in readme
    table = readme[readme.index("| Measured on FER-2013 PublicTest") : readme.index("People agree with these labels")]
    for condition in card.conditions:
        if condition.name != "mirrored":
            assert f"{100 * condition.accuracy:.1f} %" in table, condition.name
    assert f"{card.calibration_figures.error_after:.3f} ({card.calibration_figures.error_before:.3f} before)" in table
    assert f"{card.cost.gflop_per_face:.2f} GFLOP and 1/{card.cost.faces_per_second} s a face" in table
    for name, figures in (
        ("recall", [one.recall for one in card.evaluation.classes]),
        ("precision", [one.precision for one in card.evaluation.classes]),
    ):
        assert f"| {name} | {' | '.join(f'{figure:.2f}' for figure in figures)} |" in table


def test_no_figure_is_left_open(readme: str) -> None:
    """No placeholder stands where a measured figure should."""
    assert "@@" not in readme
