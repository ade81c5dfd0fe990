"""The pages say what is there: README.md, everything in `.docs`, and the page of the sample videos."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
from pages import ROOT, Page, read_pages

from pipeline import __version__
from pipeline.cli.app import app
from pipeline.networks import NETWORKS
from retrain.training.recipes import RECIPES

if TYPE_CHECKING:
    from pathlib import Path

PAGES = read_pages()

pytestmark = pytest.mark.skipif(not PAGES, reason="needs the repository's pages")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

MOST_WORDS = 700
"""Of the README: it is to be read in a minute or two."""

COMMANDS: dict[str, Any] = getattr(typer.main.get_command(app), "commands")  # noqa: B009 - Typer's groups have no type


def _page(name: str) -> Page:
    return next(page for page in PAGES if page.name == name)


def _parse(command: Any, name: str, arguments: list[str]) -> None:
    """Read the words as the command would, sub-commands included."""
    if arguments and hasattr(command, "commands"):
        _parse(command.commands[arguments[0]], arguments[0], arguments[1:])
    else:
        command.make_context(name, arguments)


def _options(command: object) -> set[str]:
    """The options of a command, sub-commands included."""
    found = {
        word for parameter in getattr(command, "params", ()) for word in (*parameter.opts, *parameter.secondary_opts)
    }
    for inner in getattr(command, "commands", {}).values():
        found |= _options(inner)
    return found | {"--help"}


def test_the_readme_is_short() -> None:
    """The README has at most 700 words, code and tables included."""
    assert len(_page("README.md").text.split()) <= MOST_WORDS


@each_page
def test_links_lead_somewhere(page: Page) -> None:
    """Each link leads to a file of the project, and its anchor to a heading there."""
    for link in page.links:
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.is_relative_to(ROOT), link
        assert path.exists(), link
        if anchor:
            assert anchor in Page(path, path.read_text("utf-8")).anchors, link


def test_every_page_can_be_reached_from_the_readme() -> None:
    """Following links from the README, a reader comes to every page."""
    known = {page.path: page for page in PAGES}
    reached: set[Path] = set()
    ahead = [_page("README.md").path]
    while ahead:
        at = ahead.pop()
        if at in known and at not in reached:
            reached.add(at)
            ahead += [(at.parent / link.partition("#")[0]).resolve() for link in known[at].links]

    assert {page.name for page in PAGES if page.path not in reached} == set()


@each_page
def test_no_page_names_a_host_or_a_path_of_some_machine(page: Page) -> None:
    """Pages are read offline and anywhere: no address, no package registry, no path of the writer's machine."""
    assert re.findall(r"https?://\S+|\b[\w-]+\.(?:org|com|net|io|dev)\b", page.text) == []
    assert re.findall(r"(?<![\w.~-])/(?:home|root|work|tmp|opt|mnt|Users)/\S*", page.text) == []


@each_page
def test_every_command_line_is_one_that_the_program_takes(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each `fer-video …` of a shell block names a command, and its options exist and take what they are given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fer-video.toml").touch()  # a settings file is read with the options
    for name, *arguments in page.commands:
        _parse(COMMANDS[name], name, arguments)


@each_page
def test_every_command_and_option_in_the_text_exists(page: Page) -> None:
    """A command or option that the text names in code is fer-video's, or belongs to a script of the project."""
    tests = ROOT / "tests"
    scripts = [tests / "conftest.py", *(tests / "benchmarks").glob("*.py"), *(ROOT / ".docs").glob("*.py")]
    known = _options(typer.main.get_command(app))
    known |= {word for script in scripts for word in re.findall(r"--[a-z][a-z-]+", script.read_text("utf-8"))}
    for code in page.code:
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)) <= known, code
        assert set(re.findall(r"^fer-video (\w+)", code)) <= set(COMMANDS), code


@each_page
def test_every_file_that_is_named_is_there(page: Page) -> None:
    """A path within the project, in the text or in a command, is the path of a file or folder."""
    named = [word for code in page.code for word in code.split()]
    named += [word for block in page.blocks("sh") for word in block.split()]
    for word in named:
        if re.fullmatch(r"(?:pipeline|retrain|reports|tests|sample_videos|\.ci|\.docs)/[\w./-]*", word):
            assert (ROOT / word).exists(), word


def test_the_command_table_is_complete() -> None:
    """The README's table has one row for each command that `fer-video --help` lists, and no other."""
    rows = re.findall(r"^\| `fer-video ([\w-]+)` \|", _page("README.md").text, re.MULTILINE)

    assert sorted(rows) == sorted(COMMANDS)


def test_the_map_is_complete() -> None:
    """The map of develop.md has one row for each folder of the three packages, and no other."""
    rows = re.findall(r"^\| `((?:pipeline|retrain|reports)/.*?)` \|", _page(".docs/develop.md").text, re.MULTILINE)
    packages = [
        init.parent for root in ("pipeline", "retrain", "reports") for init in (ROOT / root).rglob("__init__.py")
    ]

    assert sorted(rows) == sorted(f"{folder.relative_to(ROOT).as_posix()}/" for folder in packages)


def test_figures_of_the_model_are_those_of_its_card() -> None:
    """Every block of figures is what `.docs/figures.py` would write from the embedded model's card."""
    command = [sys.executable, str(ROOT / ".docs" / "figures.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


def test_figures_of_papers_are_those_of_the_recipes() -> None:
    """The table of networks has a line for each that has a paper, with its authors' figure and our number of epochs."""
    rows = re.findall(r"^\| ([\w-]+) \| ([\d.]+) % \| .*? \| (\d+) \|", _page(".docs/train.md").text, re.MULTILINE)
    papers = {name: RECIPES[name] for name in NETWORKS if RECIPES[name].paper}

    assert rows == [(name, f"{one.paper:g}", str(one.settings.epochs)) for name, one in papers.items()]


def test_the_newest_change_is_the_version() -> None:
    """The first heading of changes.md is the version of the program."""
    headings = re.findall(r"^## (.+)$", _page(".docs/changes.md").text, re.MULTILINE)

    assert headings[0] == __version__


@each_page
def test_no_figure_is_left_open(page: Page) -> None:
    """No placeholder stands where a measured figure should."""
    assert re.findall(r"@@|\bTODO\b|\bXXX\b|\?\?\?", page.text) == []
