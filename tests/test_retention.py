"""How long rows may stay: said in cameras.toml, shown by status, and applied by `forget --expired`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fixtures_reports import Clip, make_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Command = Callable[..., CompletedProcess[str]]

RETENTION = """
[[camera]]
pattern = "*till*"
retention = "30d"

[[camera]]
pattern = "*door*"
retention = "1y"
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A till and a door, both recorded a hundred days ago, beside a cameras.toml."""
    began = datetime.now().replace(microsecond=0) - timedelta(days=100)  # noqa: DTZ005 - as tables hold it
    clips = [Clip(f"{name}.mp4", camera=name, start=began, seconds=30) for name in ("till", "door")]
    make_database(tmp_path / "fer-video.db", clips).dispose()
    with closing(sqlite3.connect(tmp_path / "fer-video.db")) as connection:
        connection.execute("UPDATE videos SET path = ? || '/' || camera || '.mp4'", (str(tmp_path),))
        connection.commit()
    (tmp_path / "cameras.toml").write_text(RETENTION)
    return tmp_path / "fer-video.db"


def cameras(db: Path) -> list[str]:
    with closing(sqlite3.connect(db)) as connection:
        return [name for (name,) in connection.execute("SELECT camera FROM videos ORDER BY camera")]


def test_what_is_older_than_its_retention_goes(database: Path, fer_video: Command):
    """The till's rows go after thirty days, the door's stay for a year; a second call says that nothing is due."""
    first = fer_video("forget", "--expired", "--yes")
    left = cameras(database)
    second = fer_video("forget", "--expired", "--yes")

    assert (first.returncode, left) == (0, ["door"])
    assert (second.returncode, second.stdout) == (0, "Nothing is due: no video is older than its retention.\n")


def test_the_file_of_today_counts(database: Path, fer_video: Command, tmp_path: Path):
    """A shorter retention counts for what is stored already; one for all cameras stands at the top of the file."""
    (tmp_path / "cameras.toml").write_text('retention = "72h"\n')

    fer_video("forget", "--expired", "--yes")

    assert cameras(database) == []


def test_another_file_can_be_named(database: Path, fer_video: Command, tmp_path: Path):
    """--cameras takes the place of those beside the videos, as in analyze."""
    (tmp_path / "other.toml").write_text('retention = "2w"\n')

    fer_video("forget", "--expired", "--cameras", "other.toml", "--camera", "door", "--yes")

    assert cameras(database) == ["till"]


def test_a_recording_without_a_start_is_as_old_as_its_rows_at_least(database: Path, fer_video: Command):
    """Where nobody knows when it began, the day on which it was analysed counts."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE videos SET started_at = NULL")
        for table, column in (("analyses", "finished_at"), ("chunks", "done_at")):
            connection.execute(f"UPDATE {table} SET {column} = '2020-01-01 00:00:00.000000'")
        connection.commit()

    fer_video("forget", "--expired", "--yes")

    assert cameras(database) == []


def test_status_says_until_when_rows_are_kept(database: Path, fer_video: Command, tmp_path: Path):
    """The day is that of the file, and what is over is marked; without a retention there is no such column."""
    shown = fer_video("status").stdout
    listed = {
        video["camera"]: video["kept_until"] for video in json.loads(fer_video("status", "--json").stdout)["videos"]
    }
    (tmp_path / "cameras.toml").unlink()
    without = fer_video("status").stdout

    assert "kept until" in shown
    assert ", over" in shown
    assert listed["till"] < datetime.now().isoformat() < listed["door"]  # noqa: DTZ005
    assert "kept until" not in without


@pytest.mark.parametrize("written", ['"soon"', '"30"', "30", '"30m"', '"0d"', '"-1d"', '"99999999d"', '""', "true"])
def test_a_retention_that_is_none_is_refused_with_what_to_write(
    database: Path, fer_video: Command, tmp_path: Path, written: str
):
    """The file, the camera, what was found and what to write are said, and nothing is deleted."""
    (tmp_path / "cameras.toml").write_text(f'[[camera]]\npattern = "*"\nretention = {written}\n')

    done = fer_video("forget", "--expired", "--yes")

    assert done.returncode == 2
    assert "cameras.toml, in camera 1: retention: expected hours, days, weeks or years in quotes" in done.stderr
    assert 'Write retention = "30d"' in done.stderr
    assert len(cameras(database)) == 2
