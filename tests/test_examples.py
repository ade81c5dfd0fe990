"""The examples of `.docs/examples` hold: settings are followed, units are checked, commands can be parsed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import typer
from command import PROGRAM
from contents import engine_of
from pages import ROOT
from sqlalchemy import func, select

from pipeline.cli.app import app
from pipeline.cli.config import EXAMPLES
from pipeline.store.schema import AnalysisRow, FrameRow

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / ".docs" / "examples"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the repository's pages")

PLACE = "/usr/local/bin/fer-video "


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _parse(words: list[str]) -> None:
    """Read the words behind `fer-video` as the command would, with the example's settings for those installed."""
    words = [str(FOLDER / "fer-video.toml") if word == "/etc/fer-video.toml" else word for word in words]
    command: Any = typer.main.get_command(app)
    command.commands[words[0]].make_context(words[0], words[1:])


def test_the_settings_are_settings() -> None:
    """Every key is one of a settings file."""
    assert set(tomllib.loads(_read("fer-video.toml"))) <= set(EXAMPLES)


def test_the_commands_of_the_unit_and_of_cron_are_taken() -> None:
    """Each ExecStart and each line of the table is a command with options that exist."""
    units = re.findall(rf"^ExecStart(?:Pre)?={PLACE}(.+)$", _read("fer-video.service"), re.MULTILINE)
    lines = [line for line in _read("fer-video.cron").splitlines() if re.match(r"\d", line)]
    # minute, hour, day, month, weekday and user stand in front.
    jobs = [re.split(r"(?:^| )fer-video (?=[a-z])", line.split(maxsplit=6)[6])[-1] for line in lines]

    assert (len(units), len(jobs)) == (4, 2)
    for words in (*units, *jobs):
        _parse(shlex.split(words))


def test_the_commands_of_schedulers_are_taken() -> None:
    """Slurm's script is one that bash reads; it and the pods of the job run a command with options that exist."""
    script, job = _read("slurm.sh"), _read("kubernetes.yaml")
    command = re.search(r"^exec fer-video (.+)$", script, re.MULTILINE)
    words = re.search(r"^ +args: (\[.+\])$", job, re.MULTILINE)

    assert subprocess.run(["bash", "-n", str(FOLDER / "slurm.sh")], check=False).returncode == 0
    assert command
    assert words
    _parse(shlex.split(command[1].replace("$ARCHIVE", "/archive")))
    _parse(json.loads(words[1]))
    assert set(re.findall(r"FER_VIDEO_\w+", script + job)) == {"FER_VIDEO_DB"}


@pytest.mark.slow
@pytest.mark.postgres
def test_two_machines_of_an_array_share_an_archive(postgres_db: str, tmp_path: Path, samples: Path) -> None:
    """The script, twice at the same moment, as Slurm would start it: each video is read once, and both end well."""
    archive = tmp_path / "archive"
    for name in ("door.mp4", "aisle_2024-03-26_10-00.mp4"):
        (archive / name).parent.mkdir(exist_ok=True)
        shutil.copy(samples / name, archive / name)
    program = tmp_path / "fer-video"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    env = os.environ | {"ARCHIVE": str(archive), "FER_VIDEO_DB": postgres_db, "PATH": path, "FER_VIDEO_FPS": "0.5"}

    both = [
        subprocess.Popen(["bash", str(FOLDER / "slurm.sh")], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    ends = [(*one.communicate(timeout=300), one.returncode) for one in both]

    assert [code for *_, code in ends] == [0, 0], ends
    engine = engine_of(postgres_db)
    with engine.connect() as connection:
        rows = connection.execute(select(AnalysisRow.status, AnalysisRow.attempts)).all()
        frames = connection.execute(select(func.count()).select_from(FrameRow)).scalar_one()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("done", 0)] * 2
    assert frames == 7 + 5


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_unit_and_timer(tmp_path: Path) -> None:
    """Without a word, once the program is where it says."""
    unit = _read("fer-video.service").replace(PLACE, f"{shutil.which('true')} ")
    (tmp_path / "fer-video.service").write_text(unit, "utf-8")
    (tmp_path / "fer-video.timer").write_text(_read("fer-video.timer"), "utf-8")
    files = [str(tmp_path / name) for name in ("fer-video.service", "fer-video.timer")]

    checked = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", ["Dockerfile.cpu", "Dockerfile.gpu"])
def test_images_name_what_there_is(name: str) -> None:
    """Extras, variables and the command of an image are the project's; it runs as a user of its own."""
    text = _read(name)
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
    variables = {f"FER_VIDEO_{key.upper()}" for key in EXAMPLES}

    assert set(re.findall(r"/src\[(\w+)\]", text)) <= extras
    assert set(re.findall(r"FER_VIDEO_\w+", text)) <= variables
    assert re.findall(r"^(USER|ENTRYPOINT|CMD) (.+)$", text, re.MULTILINE) == [
        ("USER", "fer-video"), ("ENTRYPOINT", '["fer-video"]'), ("CMD", '["doctor"]'),
    ]  # fmt: skip
    for line in re.findall(r"^# docker run .* fer-video(?::gpu)? (\w.+)$", text, re.MULTILINE):
        _parse(shlex.split(line))
