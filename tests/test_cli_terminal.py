"""What a terminal is shown, what a reader that goes away leaves behind, and Ctrl-C pressed twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from command import PROGRAM
from fixtures_reports import Clip, make_database

from pipeline.cli.console import printable
from pipeline.escapes import escape_json
from reports.words.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

OBEYED = (
    *map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u061c", "\u200b", "\u200c", "\u200e", "\u200f",
    "\u2028", "\u2029", *map(chr, range(0x202A, 0x202F)), "\u2060", *map(chr, range(0x2066, 0x206A)), "\ufeff",
    "\U000e0041",
)  # fmt: skip
"""Controls, direction marks and overrides, what has no width, and line breaks that are none of ours."""

NASTY = "a\x9b31m\x85b\u202egnp\u2066c\u2028d\u200be"


@pytest.mark.parametrize("char", OBEYED, ids=lambda char: f"U+{ord(char):04X}")
def test_nothing_that_a_terminal_obeys_reaches_it(char: str) -> None:
    """In lines, in tables and in JSON it is an escape, and JSON gives back what it was."""
    assert char not in printable(f"a{char}b")
    assert char not in visible(f"a{char}b")
    document = escape_json(json.dumps([f"a{char}b"], ensure_ascii=False))
    assert char not in document
    assert json.loads(document) == [f"a{char}b"]


def test_names_stay_as_they_are() -> None:
    """Letters of any language and emoji are no escapes."""
    for name in ("Quán cà phê", "咖啡店", "مقهى", "👩\u200d👧", "a  b"):
        assert printable(name) == name
        assert json.loads(escape_json(json.dumps(name, ensure_ascii=False))) == name


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["report"], ["report", "--json", "-"]])
def test_stored_names_are_escaped(
    tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]], words: list[str]
) -> None:
    """Whatever a file, a place or a reason is called."""
    clip = Clip(f"{NASTY}.mp4", NASTY, NASTY, seconds=5, status="partial", reason=NASTY)
    make_database(tmp_path / "fer-video.db", [clip])

    said = fer_video(*words)

    assert said.returncode == 0
    assert not set(NASTY) - set("a31mbgnpcde") & set(said.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["report"], ["report", "--json", "-"], ["status"], ["models"]])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, words: list[str]) -> None:
    """As for other tools: no word, and the exit code of SIGPIPE where the output was longer than what was read."""
    clips = [Clip(f"{at}-{'x' * 200}.mp4", f"shop {at}", seconds=5) for at in range(60)]
    make_database(tmp_path / "fer-video.db", clips)
    reader, writer = os.pipe()

    with subprocess.Popen([*PROGRAM, *words], stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path) as command:
        os.close(writer)
        os.close(reader)
        _, said = command.communicate(timeout=300)

    assert said.decode().replace("Published models are kept in", "").count("\n") <= int(words == ["models"])
    assert command.returncode == 141


@pytest.mark.slow
def test_two_interrupts_leave_no_traceback(tmp_path: Path) -> None:
    """Whenever they come: while modules are read, rows are, or what was begun is cleared up."""
    make_database(tmp_path / "fer-video.db", [Clip(f"{at}.mp4", f"shop {at}", seconds=60) for at in range(10)])
    rng = random.Random(5)
    for _ in range(8):
        with subprocess.Popen(
            [*PROGRAM, "report", "--html", "x.html"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=tmp_path
        ) as command:
            time.sleep(0.5 + 3 * rng.random())
            for _ in range(2):
                command.send_signal(signal.SIGINT)
                time.sleep(0.2 * rng.random())
            _, said = command.communicate(timeout=300)

        assert "Traceback" not in said.decode()
        assert command.returncode in {0, 130, -signal.SIGINT}, said
