"""A database that another program holds is waited for, and nothing is lost meanwhile."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from fakes import write_video
from sharing import analyze_here, analyzing, count, end, wait_until
from test_resume import digest

from pipeline.errors import SettingError, StoreError
from pipeline.models.folder import find_model
from pipeline.settings import Settings, parse_duration
from pipeline.store import patience
from pipeline.store.patience import Patience
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def reading(db: Path) -> Iterator[sqlite3.Connection]:
    """A program that has begun to read and does not end its transaction: no commit goes past it."""
    with closing(sqlite3.connect(db, isolation_level=None, check_same_thread=False, timeout=30)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM schema_version").fetchall()
        yield connection


def _held(tmp_path: Path) -> Path:
    db = tmp_path / "a.db"
    Store(str(db)).close()
    return db


@pytest.mark.parametrize("how", ["reader", "writer"])
def test_a_commit_waits_for_whoever_holds_the_database(tmp_path: Path, how: str):
    """What was to be stored is stored as soon as the other program lets it, once and whole."""
    db = _held(tmp_path)
    with Store(f"sqlite:///{db}?timeout=0.1", patience=Patience(60)) as store, reading(db) as other:
        if how == "writer":
            other.execute("ROLLBACK")
            other.execute("BEGIN IMMEDIATE")
        threading.Timer(1.0, lambda: other.execute("ROLLBACK")).start()
        began = time.monotonic()
        store.add_run(Settings(), find_model(), "cpu")

        assert time.monotonic() - began > 0.8
    assert count(db, "runs") == 1


def test_a_database_is_opened_when_it_is_free(tmp_path: Path):
    """Opening waits too, before the first table is there."""
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.5, lambda: other.execute("ROLLBACK")).start()

        Store(f"sqlite:///{tmp_path / 'a.db'}?timeout=0.1", patience=Patience(60)).close()

    assert count(tmp_path / "a.db", "schema_version") == 1


def test_patience_ends(tmp_path: Path):
    """When it was waited long enough, the message says so, that nothing is lost, and how to wait longer."""
    db = _held(tmp_path)
    with (
        Store(f"sqlite:///{db}?timeout=0.1", patience=Patience(0.5)) as store,
        reading(db),
        pytest.raises(StoreError, match=r"waited \d s for it\. What is stored is safe\..*`db_patience`"),
    ):
        store.add_run(Settings(), find_model(), "cpu")


def test_waiting_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whoever watches learns that it is waited, after a while and then at intervals."""
    monkeypatch.setattr(patience, "FIRST_WORD_S", 0.1)
    monkeypatch.setattr(patience, "WORD_EVERY_S", 0.5)
    told: list[float] = []
    db = _held(tmp_path)
    with (
        Store(f"sqlite:///{db}?timeout=0.05", patience=Patience(2, told.append)) as store,
        reading(db),
        pytest.raises(StoreError),
    ):
        store.add_run(Settings(), find_model(), "cpu")

    assert 3 <= len(told) <= 4
    assert told == sorted(told)


@pytest.mark.slow
def test_a_reader_does_not_end_the_night(tmp_path: Path):
    """A program that reads for longer than half a minute costs time only: a line says so, and the rows are the same."""
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "one.mp4", 250, 10)
    db = tmp_path / "a.db"
    analyze_here(tmp_path / "videos", tmp_path / "whole.db")
    with analyzing(tmp_path / "videos", db, "--db-patience", "5m", slow_ms=10) as process:
        wait_until(lambda: count(db, "chunks") >= 1)
        with reading(db):
            time.sleep(35)
        said = end(process)

    assert "another program holds the database; waiting for it, 1" in said
    assert digest(db) == digest(tmp_path / "whole.db")


def test_impatience_is_five(tmp_path: Path):
    """With no patience the command gives up soon, in one line with the flag, and goes on when it is run again."""
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "one.mp4", 100, 10)
    db = _held(tmp_path)
    with analyzing(tmp_path / "videos", db, "--db-patience", "0") as process, reading(db):
        _, said = process.communicate(timeout=120)

    assert process.returncode
    assert "wait longer with `db_patience`" in said  # the target has no `main`, which spells flags
    analyze_here(tmp_path / "videos", db)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("10m", 600.0), ("1h", 3600.0), ("0", 0.0), ("45", 45.0), ("1.5h", 5400.0)]
)
def test_times_are_read(text: str, seconds: float):
    """Seconds, minutes and hours, as people write them."""
    assert parse_duration("db_patience", text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1d", "nan", "1h30m"])
def test_what_is_no_time_is_refused(text: str):
    """A message that says what would be one."""
    with pytest.raises(SettingError, match="a time such as 90s"):
        parse_duration("db_patience", text)
