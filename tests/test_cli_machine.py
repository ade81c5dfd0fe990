"""What the command line says of itself and of the machine: `doctor`, `config`, and words that it cannot read."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import write_video
from fixtures_reports import Clip, make_database

from pipeline.checkup import Check, Verdict, check_clock, check_database, check_disk, check_libraries, check_network
from pipeline.cli.config import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("analyze x --fsp 3", "expected an option of 'fer-video analyze'; found --fsp. Did you mean '--fps'?"),
        ("analyze x --fps x", "--fps: expected a number; found 'x'.\n"),
        ("analyze x --min-face 2.5", "--min-face: expected a whole number; found '2.5'.\n"),
        ("analyze x --progress jsonk", "--progress: expected one of auto, lines, jsonl, none; found 'jsonk'. Did you"),
        ("analyze x --start 2024", "--start: expected a time such as 2024-03-26T09:00 or 2024-03-26T09:00:30; found"),
        ("analyze x --stream 0", "--stream: expected 1 or more; found '0'.\n"),
        ("analyze --fps 2", "expected PATH; found none. 'fer-video analyze --help' says more.\n"),
        ("analyze x --fps", "--fps: expected a value behind it; found none. 'fer-video --help' says more.\n"),
        ("place x --rename a", "--rename: expected 2 values behind it; found fewer."),
        ("analyze x --quiet=1", "--quiet: expected no value behind it; found one."),
        ("visits --visit-gap x", "--visit-gap: expected a number; found 'x'.\n"),
        ("report --lang xx", "--lang: expected one of en, vi; found 'xx'.\n"),
        ("status more", "expected nothing more behind 'fer-video status'; found 'more'."),
        ("analyse x", "expected a command; found 'analyse'. Did you mean 'analyze'? 'fer-video --help' lists them.\n"),
    ],
)
def test_what_cannot_be_read_is_said_in_our_words(
    fer_video: Callable[..., CompletedProcess[str]], words: str, said: str
) -> None:
    """One line with our prefix: what was expected, what was found, and the nearest name; exit code 2, no usage."""
    done = fer_video(*words.split())

    assert done.stderr.startswith(f"fer-video: {said}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FPS", "abc", "FER_VIDEO_FPS: expected a number; found 'abc'.\n"),
        ("FPS", "nan", "FER_VIDEO_FPS: expected a number above 0; found nan.\n"),
        ("KEYFRAMES", "perhaps", "FER_VIDEO_KEYFRAMES: expected true or false; found 'perhaps'.\n"),
        ("WORKERS", "-3", "FER_VIDEO_WORKERS: expected a number from 1 to 1024, or auto; found '-3'.\n"),
        ("DB", "mysql://h/x", "mysql://h/x: expected the driver"),
    ],
)
def test_a_variable_that_cannot_be_followed_is_named(
    tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]], variable: str, value: str, said: str
) -> None:
    """Who set it is looked for in the environment, not among the options, which nobody typed."""
    write_video(tmp_path / "a.mp4", 10, 10)

    done = fer_video("analyze", "a.mp4", env={f"FER_VIDEO_{variable}": value})

    assert done.stderr.startswith(f"fer-video: {said}")
    assert (done.returncode in {2, 5}, done.stderr.count("\n")) == (True, 1)


def test_a_misspelt_variable_is_told(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """It changes nothing, which would be noticed in the morning; an option outranks a variable, and keeps its name."""
    write_video(tmp_path / "a.mp4", 10, 10)

    planned = fer_video("analyze", "a.mp4", "--dry-run", env={"FER_VIDEO_MIN_FCE": "30"})
    shown = fer_video("config", "show", env={"FER_VIDEO_FORCE": "1"})
    typed = fer_video("analyze", "a.mp4", "--fps", "x", env={"FER_VIDEO_FPS": "2"})

    assert planned.stderr == (
        "FER_VIDEO_MIN_FCE: expected a setting as 'fer-video config show' lists them; "
        "found none, so it changes nothing. Did you mean 'min_face'?\n"
    )
    assert shown.stderr.startswith("FER_VIDEO_FORCE: expected a setting")
    assert (planned.returncode, shown.returncode) == (0, 0)
    assert typed.stderr == "fer-video: --fps: expected a number; found 'x'.\n"


def test_names_that_are_no_names_say_so(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """A file whose name begins with a dash is no option; a variable of a script that is not set fails alone."""
    write_video(tmp_path / "-n.mp4", 10, 10)

    dash, empty = fer_video("analyze", "-n.mp4"), fer_video("analyze", "")

    assert dash.stderr == (
        "fer-video: expected an option of 'fer-video analyze'; found -n.mp4. The file of this name is written "
        "./-n.mp4. 'fer-video analyze --help' lists them.\n"
    )
    assert "an empty name; is a variable not set?" in empty.stderr
    assert (dash.returncode, empty.returncode) == (2, 4)


def test_a_command_alone_shows_its_help(fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """Where nothing was said, nothing was wrong."""
    done = fer_video("annotate")

    assert done.returncode == 2
    assert "Usage: fer-video annotate" in done.stdout + done.stderr


def test_completion_can_be_shown(fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """A shell is told to ask the program itself: the one that it is asked from, so there must be one here."""
    assert "--install-completion" in fer_video("--help").stdout
    asked = f"{shlex.quote(sys.executable)} -m pipeline --show-completion; exit $?"  # a lone command would replace bash
    completed = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)
    assert (completed.returncode, "complete_bash" in completed.stdout) == (0, True)


def test_the_doctor_looks_at_everything(fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """All ten are looked at, in words and as JSON, and a machine that runs the tests is fit."""
    words, plain = fer_video("doctor"), json.loads(fer_video("doctor", "--json").stdout)

    names = ["Python", "libraries", "decoder", "processor", "GPU", "disk", "database", "model", "clock", "network"]
    assert [line.split()[0] for line in words.stdout.splitlines() if line[0] != " "] == [*names, "This"]
    assert [check["name"] for check in plain["checks"]] == names
    assert (words.returncode, plain["fit"], plain["json_schema"]) == (0, True, 1)
    assert "8 of 8 frames read in a process of its own" in words.stdout
    assert plain["seconds"] < 20


def test_the_doctor_finds_what_is_bad(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """A damaged or older database, a clock that was set back, a folder that is none: each with what to do."""
    db = tmp_path / "fer-video.db"
    make_database(db, [Clip("a.mp4", "shop", seconds=5)])
    assert check_database(str(db)).verdict is Verdict.GOOD
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("UPDATE chunks SET done_at = '2999-01-01 00:00:00.000000'")
        connection.commit()
    assert "The clock was set back" in check_clock(str(db)).advice
    assert fer_video("doctor").returncode == 1

    older = tmp_path / "older.db"
    with closing(sqlite3.connect(older)) as connection:
        connection.executescript(Path(__file__).with_name("version4.sql").read_text("utf-8"))
    found = check_database(str(older))
    assert (found.verdict, "Run 'fer-video upgrade" in found.found) == (Verdict.DOUBTFUL, True)
    older.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert check_database(str(older)).verdict is Verdict.BAD
    assert check_disk(str(tmp_path / "nowhere" / "x.db")).verdict is Verdict.BAD


def test_two_wheels_of_opencv_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They overwrite each other, which nothing else says."""
    fake = tmp_path / "opencv_python-4.9.0.dist-info"
    fake.mkdir()
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.9.0\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    found = check_libraries()

    assert found == Check(
        "libraries",
        Verdict.BAD,
        "opencv-python and opencv-contrib-python-headless are both installed",
        "They overwrite each other: uninstall both, and install opencv-contrib-python-headless alone.",
    )


def test_the_network_check_hears_whoever_reaches_out() -> None:
    """It listens while the runtime is loaded, which tries nothing."""
    assert check_network().verdict is Verdict.GOOD


def test_config_says_where_each_setting_comes_from(
    tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]
) -> None:
    """Default, file or variable; of the ways of sampling only the one that is followed is said."""
    (tmp_path / "night.toml").write_text('every = 2\nmin-face = 30\ndb = "file.db"\naccept = ["known"]\n', "utf-8")

    done = fer_video("config", "show", "--settings", "night.toml", "--json", env={"FER_VIDEO_DB": "variable.db"})

    found = {one["name"]: (one["value"], one["source"]) for one in json.loads(done.stdout)["settings"]}
    assert found["every"] == (2.0, "night.toml")
    assert found["min_face"] == (30, "night.toml")
    assert found["db"] == ("variable.db", "variable FER_VIDEO_DB")
    assert found["accept"] == (["known"], "night.toml")
    assert found["device"] == ("auto", "default")
    assert found["models"][1] == "variable FER_VIDEO_MODELS"
    assert not {"fps", "frames", "keyframes"} & set(found)
    words = fer_video("config", "show").stdout
    assert re.search(r"^fps +2 +default *$", words, re.MULTILINE)


def test_the_template_holds_every_key(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """As it stands it changes nothing; each line that is taken out of its comment is one that can be followed."""
    text = fer_video("config", "template").stdout
    keys = re.findall(r"^# (\w+) = (.+)$", text, re.MULTILINE)

    assert (tomllib.loads(text), {key for key, _ in keys}) == ({}, set(EXAMPLES))
    (tmp_path / "all.toml").write_text(text, "utf-8")
    plain = fer_video("config", "show").stdout.replace("default", "")
    assert fer_video("config", "show", "--settings", "all.toml").stdout.replace("default", "") == plain
    for key, value in keys:
        (tmp_path / "one.toml").write_text(f"{key} = {value}\n", "utf-8")
        done = fer_video("config", "show", "--settings", "one.toml", "--json")
        found: dict[str, Any] = {one["name"]: one["source"] for one in json.loads(done.stdout)["settings"]}
        assert found[key] == "one.toml", key
