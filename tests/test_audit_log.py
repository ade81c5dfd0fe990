"""The log of what was done with rows about people: added to, never changed, without names, and kept for six months."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import socket
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from fakes import fake_stages, write_video
from fixtures_reports import Clip, make_database

from pipeline.batch import Request, analyze_all
from pipeline.places.inputs import Input
from pipeline.store.database import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    make_database(tmp_path / "fer-video.db", [Clip("Nguyen_Van_An.mp4", seconds=30, location="An's room")]).dispose()
    return tmp_path / "fer-video.db"


def entries(db: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(db)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM events ORDER BY id")]


def test_an_analysis_is_noted_with_its_input_and_settings(tmp_path: Path):
    """Each video that came to an end has an entry: who, where, the content's hash, the settings, and its faces."""
    video, db = write_video(tmp_path / "a.mp4", 40), tmp_path / "x.db"

    list(analyze_all([Input(video)], Request(str(db), device="cpu"), fake_stages))

    (entry,) = entries(db)
    with closing(sqlite3.connect(db)) as connection:
        ((faces,),) = connection.execute("SELECT count(*) FROM faces").fetchall()
    assert (entry["command"], entry["who"], entry["host"]) == ("analyze", getpass.getuser(), socket.gethostname())
    assert json.loads(entry["inputs"]) == [hashlib.sha256(video.read_bytes()).hexdigest()]
    assert json.loads(entry["settings"])["settings"]["sampling"]
    assert (entry["rows"], json.loads(entry["outcome"])) == (faces, {"status": "done"})


def test_what_is_done_already_is_not_noted_again(tmp_path: Path):
    """A second run of the same command does nothing, and says nothing."""
    video, db = write_video(tmp_path / "a.mp4", 40), tmp_path / "x.db"

    for _ in range(2):
        list(analyze_all([Input(video)], Request(str(db), device="cpu"), fake_stages))

    assert len(entries(db)) == 1


def test_a_report_is_noted_by_the_content_of_its_files(database: Path, fer_video: Command, tmp_path: Path):
    """Which report was made is known by its hash; one that was only looked at leaves the database as it was."""
    before = database.read_bytes()
    fer_video("report")
    assert database.read_bytes() == before

    done = fer_video("report", "--html", "An.html", "--csv", "An.csv", "--location", "An*")

    assert done.returncode == 0, done.stderr
    (entry,) = entries(database)
    made = json.loads(entry["outcome"])["files"]
    assert entry["command"] == "report"
    assert [one["kind"] for one in made] == ["html", "csv"]
    assert made[0]["sha256"] == hashlib.sha256((tmp_path / "An.html").read_bytes()).hexdigest()
    assert json.loads(entry["settings"])["chosen_by"] == ["locations"]


def test_a_report_that_cannot_be_noted_is_made_and_says_so(database: Path, fer_video: Command, tmp_path: Path):
    """Where the database cannot be written, the files are there, and one line says why the log has no entry."""
    url = f"sqlite:///file:{database}?mode=ro&uri=true"

    done = fer_video("report", "--db", url, "--html", "x.html")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.html").exists()
    assert "Not noted in the log: " in done.stderr
    assert entries(database) == []


def test_no_entry_holds_a_name(database: Path, fer_video: Command):
    """Neither a file's name nor a location's nor what was typed to select is in the log."""
    fer_video("report", "--html", "An.html", "--location", "An*")
    fer_video("forget", "--video", "*Van_An*", "--yes")

    said = json.dumps(entries(database))
    listed = fer_video("audit-log").stdout + fer_video("audit-log", "--json").stdout

    assert [one["command"] for one in entries(database)] == ["report", "forget", "forget: checked"]
    assert "Van_An" not in said + listed
    assert "An's" not in said + listed
    assert "An.html" not in said + listed


def test_forgetting_is_noted_with_hashes_and_counts(database: Path, fer_video: Command):
    """What was forgotten is known by hash; how many rows went, and what was found afterwards, is said."""
    with closing(sqlite3.connect(database)) as connection:
        ((sha256, faces),) = connection.execute("SELECT sha256, (SELECT count(*) FROM faces) FROM videos").fetchall()

    fer_video("forget", "--location", "*", "--yes")

    forgot, checked = entries(database)
    assert (json.loads(forgot["inputs"]), forgot["rows"]) == ([sha256], faces)
    assert json.loads(forgot["settings"]) == {"keep_hourly": False, "locations": True}
    assert json.loads(checked["outcome"])["found"] == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET who = 'somebody else'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events",
    ],
)
def test_entries_cannot_be_changed_by_hand(database: Path, fer_video: Command, statement: str):
    """The database itself refuses to change, replace or delete an entry."""
    fer_video("report", "--html", "x.html")

    with closing(sqlite3.connect(database)) as connection, pytest.raises(sqlite3.IntegrityError, match="the log"):
        connection.execute(statement)


def test_entries_stay_for_six_months_and_go_when_told(database: Path, fer_video: Command):
    """--keep of less than six months is refused; older entries than it says go, and that is an entry itself."""
    with closing(sqlite3.connect(database)) as connection:
        columns = "at, who, host, command, version, inputs, settings, rows, outcome"
        for days in (500, 200, 1):
            moment = f"strftime('%Y-%m-%d %H:%M:%S.000000', 'now', '-{days} days')"
            connection.execute(
                f"INSERT INTO events ({columns}) VALUES ({moment}, 'x', 'x', 'x{days}', '0', '[]', '{{}}', 0, '{{}}')"
            )
        connection.commit()

    refused = fer_video("audit-log", "--keep", "30d")
    wrong = fer_video("audit-log", "--keep", "soon")
    done = fer_video("audit-log", "--keep", "1y")

    assert refused.returncode == wrong.returncode == 2
    assert "--keep: expected 183d or more" in refused.stderr
    assert "--keep: expected hours, days, weeks or years, such as 72h, 30d, 4w or 1y; found 'soon'" in wrong.stderr
    assert done.returncode == 0, done.stderr
    assert "Deleted 1 entry older than 365 days." in done.stderr
    assert [one["command"] for one in entries(database)] == ["x200", "x1", "audit-log"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_with_rows_about_people_are_their_owners_alone(database: Path, fer_video: Command, tmp_path: Path):
    """Database, page, tables and rows are 0600 whatever the umask says, and 0644 where --share says so."""
    kinds = {"--html": "p.html", "--csv": "t.csv", "--json": "n.json", "--excel": "w.xlsx", "--faces": "f.csv"}
    words = [word for pair in kinds.items() for word in pair]
    old = os.umask(0o000)
    try:
        connect(str(tmp_path / "new.db"), create=True).dispose()
        fer_video("report", *words)
        private = {mode(tmp_path / name) for name in kinds.values()}
        fer_video("report", *words, "--share")
    finally:
        os.umask(old)

    assert mode(tmp_path / "new.db") == 0o600
    assert private == {0o600}
    assert {mode(tmp_path / name) for name in kinds.values()} == {0o644}


def test_share_opens_the_database_to_others(fer_video: Command, tmp_path: Path, samples: Path):
    """`analyze --share` is the way to a database that others on the machine can read."""
    (tmp_path / "empty.mp4").write_bytes(b"no video")

    fer_video("analyze", "empty.mp4", "--db", "x.db", "--quiet")
    alone = mode(tmp_path / "x.db")
    fer_video("analyze", "empty.mp4", "--db", "x.db", "--quiet", "--share")

    assert (alone, mode(tmp_path / "x.db")) == (0o600, 0o644)
