"""Every command of a database on PostgreSQL prints and writes what it prints and writes of one on SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from contents import digest_of, engine_of
from fakes import judging_stages, write_video
from sqlalchemy import update

from pipeline.batch import Request, analyze_all
from pipeline.places.inputs import Input
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.naming import shown
from pipeline.store.schema import RunRow

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("Chợ/door_2024-03-26_09-59-58.mp4", "alpha/till_2024-03-26_10-00-00.mp4", "Beta/till_2024-03-26_10-30-00.mp4")

COMMANDS: list[list[str]] = [
    ["status"],
    ["status", "--json"],
    ["visits", "--visit-gap", "5"],
    ["areas"],
    ["report", "--all", "--by", "hour", "--csv", "-"],
    ["report", "--all", "--by", "hour", "--csv", "-", "--min-group", "1"],
    ["report", "--json", "-", "--min-sharpness", "1", "--min-group", "1"],
    ["report", "--quiet", "--faces", "faces.csv", "--html", "page.html", "--min-group", "1"],
    ["forget", "--location", "nowhere"],
    ["forget", "--location", "Chợ", "--yes", "--keep-hourly"],
    ["status", "--json"],
    ["report", "--quiet", "--json", "-"],
]

FILES = ("faces.csv", "page.html")


def analyse(folder: Path, db: str) -> None:
    """All videos, by networks that are none."""
    request = Request(db, Settings(Sampling(SamplingMode.FPS, 5)), device="cpu")
    list(analyze_all([Input(folder / name) for name in NAMES], request, judging_stages))
    engine = engine_of(db)
    with engine.begin() as connection:  # which is printed, and is not the same moment
        connection.execute(update(RunRow).values(created_at=datetime(2026, 1, 1)))  # noqa: DTZ001
    engine.dispose()


def say(db: str, tmp_path: Path, fer_video: Any) -> dict[str, object]:
    """What every command answers, and what it writes."""
    answers: dict[str, object] = {}
    for number, command in enumerate(COMMANDS):
        done = fer_video(*command, "--db", db)
        # Files are searched for what was deleted, where the database is one.
        answers[f"{number} {command}"] = (
            done.returncode,
            done.stdout.replace(shown(db), "DB").partition("Kept of it")[0],
        )
    return answers | {name: (tmp_path / name).read_bytes() for name in FILES}


@pytest.mark.slow
@pytest.mark.postgres
def test_every_command_says_the_same(postgres_db: str, tmp_path: Path, fer_video: Any):
    """The same rows, the same tables, the same pages to the byte."""
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_video(tmp_path / name, 60 + len(name), 10)
    local = str(tmp_path / "a.db")
    for db in (local, postgres_db):
        analyse(tmp_path, db)

    assert digest_of(local) == digest_of(postgres_db)
    ours, theirs = say(local, tmp_path, fer_video), say(postgres_db, tmp_path, fer_video)

    for name, answer in ours.items():
        assert answer == theirs[name], name
    assert len((tmp_path / "faces.csv").read_bytes().splitlines()) > 40
