"""Rows that nobody can inherit, whoever opens the database and deletes in it by hand."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import fake_stages, write_video

from pipeline.batch import Request, analyze_all
from pipeline.errors import StoreError
from pipeline.events import Outcome
from pipeline.places.inputs import Input
from pipeline.store.database import connect, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable

SCRIPTS = [Path(__file__).with_name(f"version{number}.sql") for number in (1, 2, 3, 4)]
TABLES = ("analyses", "chunks", "frames", "faces")


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def analyse(db: Path, video: Path) -> Outcome:
    """One video analysed for real, but for the networks."""
    events = analyze_all([Input(video)], Request(str(db), device="cpu"), fake_stages)
    return next(event for event in events if isinstance(event, Outcome))


def by_hand(db: Path, *statements: str) -> None:
    """What somebody does in the sqlite3 shell, where foreign keys are off."""
    with closing(sqlite3.connect(db)) as connection:
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (0,)
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def rows(db: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


def drop_guards(db: Path) -> None:
    """As a database is whose triggers somebody took away, or that was copied table by table."""
    names = [name for (name,) in rows(db, "SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    by_hand(db, *(f"DROP TRIGGER {name}" for name in names))


def test_a_new_video_never_gets_the_rows_of_one_deleted_by_hand(tmp_path: Path, db: Path):
    """Deleting a video in the shell takes its rows with it; the next new video is analysed, under another number."""
    first = analyse(db, write_video(tmp_path / "first.mp4", 40))
    by_hand(db, "DELETE FROM videos")
    left = {table: rows(db, f"SELECT count(*) FROM {table}") for table in TABLES}

    second = analyse(db, write_video(tmp_path / "second.mp4", 20))

    assert first.faces
    assert left == {table: [(0,)] for table in TABLES}
    assert (second.status, second.reused, second.frames) == ("done", False, 4)
    assert rows(db, "SELECT id, sha256 = (SELECT sha256 FROM analyses) FROM videos") == [(2, 1)]


def test_rows_left_behind_without_guards_are_refused_loudly(tmp_path: Path, db: Path):
    """Where triggers were dropped and a video deleted, analyze stops with what to run, and that deletes the rows."""
    analyse(db, write_video(tmp_path / "first.mp4", 40))
    drop_guards(db)
    by_hand(db, "DELETE FROM videos")
    second = write_video(tmp_path / "second.mp4", 20)

    with pytest.raises(StoreError, match=r"rows of video 1, which is gone .* Run 'fer-video upgrade'"):
        analyse(db, second)
    upgrade(str(db))
    outcome = analyse(db, second)

    assert (outcome.reused, outcome.frames) == (False, 4)
    assert rows(db, "SELECT DISTINCT video_id FROM faces") == [(2,)]


def test_a_video_put_in_anothers_place_is_refused(tmp_path: Path, db: Path):
    """An analysis says whose content it is of: another content under its number is damage, not its video."""
    analyse(db, write_video(tmp_path / "first.mp4", 40))
    drop_guards(db)
    by_hand(db, "UPDATE videos SET sha256 = 'another'")

    with pytest.raises(StoreError, match=r"has another content now"):
        analyse(db, tmp_path / "first.mp4")


INSERT_VIDEO = (
    "INSERT {how} INTO videos (id, sha256, path, location, camera, timezone, timezone_source, size_bytes, status) "
    "VALUES ({id}, 'x', 'x', 'x', 'x', 'UTC', 'unknown', 1, 'done')"
)
REFUSED = {
    "a number again": ("DELETE FROM videos", INSERT_VIDEO.format(how="", id=1)),
    "a number again by itself": ("DELETE FROM videos", INSERT_VIDEO.format(how="", id="NULL")),
    "in place of a video": (INSERT_VIDEO.format(how="OR REPLACE", id=1),),
    "another content": ("UPDATE videos SET sha256 = 'x'",),
    "another number": ("UPDATE videos SET id = 9",),
    "faces elsewhere": ("UPDATE faces SET video_id = 9",),
    "frames elsewhere": ("UPDATE frames SET run_id = 9",),
    "faces of nothing": ("INSERT INTO faces SELECT * FROM faces WHERE 0", "UPDATE faces SET frame_index = 999"),
    "an analysis of nothing": ("INSERT INTO analyses (video_id, run_id, status, sha256) VALUES (9, 1, 'done', 'x')",),
    "an analysis of another": ("UPDATE analyses SET sha256 = 'x'",),
    "frames of nothing": ("INSERT INTO frames VALUES (9, 9, 9, 1.0, 0, NULL)",),
    "counting down": ("UPDATE used_ids SET last = 0",),
    "not counting": ("DELETE FROM used_ids",),
}


@pytest.mark.parametrize("statements", REFUSED.values(), ids=REFUSED.keys())
def test_what_would_make_rows_of_nobody_is_refused_by_hand(tmp_path: Path, db: Path, statements: Iterable[str]):
    """Numbers used again, rows moved or added to nothing, and contents exchanged are refused in the shell, too."""
    analyse(db, write_video(tmp_path / "first.mp4", 40))

    with pytest.raises(sqlite3.IntegrityError, match="fer-video: "):
        by_hand(db, *statements)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_an_old_database_is_guarded_and_its_leftovers_go(tmp_path: Path, db: Path, script: Path):
    """Rows of a video deleted by hand under an old version go to no new one: they go, and their number stays used."""
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(script.read_text("utf-8"))
    by_hand(db, "DELETE FROM videos")
    kept = rows(db, "SELECT count(*) FROM faces")

    upgrade(str(db))
    outcome = analyse(db, write_video(tmp_path / "new.mp4", 20))

    assert kept != [(0,)]
    assert (outcome.reused, outcome.frames) == (False, 4)
    assert rows(db, "SELECT id FROM videos") == [(2,)]
    assert rows(db, "SELECT DISTINCT video_id FROM faces") == [(2,)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_an_old_database_has_the_guards_of_a_new_one(tmp_path: Path, db: Path, script: Path):
    """After the upgrade the same triggers hold, and all analyses say whose content they are of."""
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(script.read_text("utf-8"))
    upgrade(str(db))
    connect(str(tmp_path / "new.db"), create=True).dispose()
    stated = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"

    assert rows(db, stated) == rows(tmp_path / "new.db", stated)
    assert rows(
        db, "SELECT count(*) FROM analyses JOIN videos ON id = video_id AND analyses.sha256 = videos.sha256"
    ) == (rows(db, "SELECT count(*) FROM analyses"))
    by_hand(db, "DELETE FROM videos")
    assert rows(db, "SELECT count(*) FROM faces") == [(0,)]


@pytest.mark.slow
def test_a_million_faces_are_brought_up_to_date_in_seconds(db: Path):
    """The step to the guarded schema reads large tables once and rewrites none of them."""
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(SCRIPTS[3].read_text("utf-8"))
        names = [row[1] for row in connection.execute("PRAGMA table_info(faces)")]
        others = ", ".join(names[3:])
        count = "WITH RECURSIVE n(i) AS (SELECT 1000000 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
        frames = "INSERT INTO frames (video_id, run_id, frame_index, timestamp_s, faces) SELECT 1, 1, i, i, 2 FROM n"
        connection.execute(count.format(last=1_499_999) + frames)
        face = "(SELECT * FROM faces WHERE face_index = 0 LIMIT 1)"
        for number in (0, 1):
            values = others.replace("face_index", str(number), 1)
            connection.execute(
                count.format(last=1_499_999)
                + f"INSERT INTO faces (video_id, run_id, frame_index, {others}) SELECT 1, 1, i, {values} FROM n, {face}"
            )
        connection.commit()
    began = time.process_time()

    upgrade(str(db))

    assert time.process_time() - began < 10
    assert rows(db, "SELECT count(*) > 1000000 FROM faces") == [(1,)]
