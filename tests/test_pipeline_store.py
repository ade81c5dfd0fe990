"""The store: the same work once, whole or not at all, and every way in which a database can refuse."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import Pool

from pipeline.errors import StoreError
from pipeline.labels import Thresholds
from pipeline.models.folder import find_model
from pipeline.records import Face, FrameReadings, Identity, Place, Pose, Reading, VideoRecord
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store import schema
from pipeline.store.database import connect, journal_mode
from pipeline.store.naming import shown
from pipeline.store.standing import Progress
from pipeline.store.videos import list_videos
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION_1 = Path(__file__).with_name("version1.sql")
PLACE = Place(
    "quay", "door", "option", datetime(2024, 3, 26, 9, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")), "option",
    "Asia/Ho_Chi_Minh", "option",
)  # fmt: skip
VIDEO = VideoRecord(Path("a.mp4"), Identity("sha", 100), PLACE, None)


@pytest.fixture
def db(tmp_path: Path) -> str:
    """Where a database will be."""
    return str(tmp_path / "a.db")


@pytest.fixture
def store(db: str) -> Iterator[Store]:
    """A new store."""
    with Store(db) as store:
        yield store


def _chunk(first: int = 0, count: int = 4) -> list[FrameReadings]:
    reading = Reading(Face(1, 2, 30, 40, 0.9, ()), (0.1, 0.0, 0.0, 0.6, 0.1, 0.1, 0.1), 100.0, Pose(0.1, -3.0, 0.5))
    return [FrameReadings(index, index / 2, None, (reading,) * (index % 3)) for index in range(first, first + count)]


def _begin(store: Store, settings: Settings | None = None) -> tuple[int, int]:
    key = store.add_video(VIDEO), store.add_run(settings or Settings(), find_model(), "cpu")
    store.begin(*key)
    return key


def _rows(db: str, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


def test_every_column_has_a_comment(db: str, store: Store):
    """People query the tables: each column says what it holds, in SQLAlchemy and in SQLite's own `.schema`."""
    kept = "".join(str(text) for (text,) in _rows(db, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))

    for table in schema.Base.metadata.sorted_tables:
        for column in table.columns:
            assert column.comment, column
            assert f"/* {column.comment} */" in kept


def test_no_column_could_hold_a_picture(store: Store):
    """There is no binary column, and none for landmarks, crops or embeddings."""
    columns = [column for table in schema.Base.metadata.sorted_tables for column in table.columns]

    assert not [column for column in columns if "BLOB" in str(column.type).upper() or "BINARY" in str(column.type)]
    assert not [column for column in columns if any(word in column.name for word in ("landmark", "crop", "embed"))]


def test_the_same_chunk_twice_is_stored_once(db: str, store: Store):
    """A chunk that is there already is left alone, and the caller is told."""
    key = _begin(store)

    stored = [store.add_chunk(*key, 0, _chunk()), store.add_chunk(*key, 0, _chunk())]

    assert stored == [True, False]
    assert _rows(db, "SELECT count(*) FROM frames") == [(4,)]
    assert store.progress(*key) == Progress("running", None, frozenset({0}))


def test_a_chunk_that_fails_leaves_nothing(db: str, store: Store):
    """A chunk whose last row is refused is rolled back whole."""
    key = _begin(store)
    store.add_chunk(*key, 0, _chunk())

    with pytest.raises(StoreError):
        store.add_chunk(*key, 1, [*_chunk(10), *_chunk(3, 1)])

    assert _rows(db, "SELECT count(*) FROM frames") == [(4,)]
    assert store.progress(*key).chunks == {0}


def test_totals_count_what_is_stored(store: Store):
    """Frames, faces, problem frames and dominant labels are counted from the rows."""
    key = _begin(store)
    store.add_chunk(*key, 0, [*_chunk(), FrameReadings(9, 4.5, "could not be decoded", ())])

    totals = store.totals(*key)

    assert (totals.frames, totals.faces, totals.problems, totals.judged) == (5, 3, 1, 0)
    assert totals.dominant == {"happy": 3}
    assert store.totals(*key, Thresholds(0.61)).dominant == {"undecided": 3}


def test_force_replaces_all_rows_of_one_analysis(db: str, store: Store):
    """Beginning by force deletes chunks, frames and faces of that analysis, and of no other run."""
    key = _begin(store)
    other = _begin(store, Settings(Sampling(SamplingMode.EVERY, 3)))
    for each in (key, other):
        store.add_chunk(*each, 0, _chunk())

    store.begin(*key, force=True)

    for table in ("chunks", "frames", "faces"):
        assert _rows(db, f"SELECT DISTINCT run_id FROM {table}") == [(other[1],)]
    assert store.progress(*key) == Progress("running", None, frozenset())


def test_a_run_is_known_by_its_fingerprint(db: str, store: Store):
    """The same settings and model are the same run, which remembers each device that it ran on."""
    model = find_model()
    runs = [store.add_run(Settings(), model, device) for device in ("cpu", "gpu:0", "cpu")]
    other = store.add_run(Settings(min_face_px=40), model, "cpu")

    assert len(set(runs)) == 1
    assert other != runs[0]
    assert _rows(db, "SELECT device FROM runs ORDER BY id") == [("cpu, gpu:0",), ("cpu",)]


def test_times_are_stored_in_utc(db: str, store: Store):
    """A start of nine in Saigon is two in UTC, with the zone beside it."""
    store.add_video(VIDEO)

    assert _rows(db, "SELECT started_at, timezone FROM videos") == [("2024-03-26 02:00:00.000000", "Asia/Ho_Chi_Minh")]


def test_names_that_are_no_text_are_stored_as_escapes(db: str, store: Store):
    """Linux allows bytes in names that SQLite could not hold."""
    store.add_video(replace(VIDEO, path=Path(os.fsdecode(b"\xff.mp4"))))

    assert _rows(db, "SELECT path FROM videos") == [(r"\udcff.mp4",)]


def test_latest_analysis_of_each_video_is_listed(db: str, store: Store):
    """`status` shows the newest run of each video, with its counts and its reason."""
    first = _begin(store)
    store.add_chunk(*first, 0, _chunk())
    store.finish(*first, schema.DONE)
    second = _begin(store, Settings(min_face_px=40))
    store.add_chunk(*second, 0, _chunk(0, 2))
    store.finish(*second, schema.PARTIAL, "cut short")

    (state,) = list_videos(connect(db))

    assert (state.status, state.reason, state.frames, state.faces) == ("partial", "cut short", 2, 1)


def test_status_counts_and_reason_are_of_one_run(db: str, store: Store):
    """Going back to older settings does not put their status beside the counts of the newer run."""
    first = _begin(store)
    store.add_chunk(*first, 0, _chunk())
    second = _begin(store, Settings(min_face_px=40))
    store.finish(*second, schema.FAILED, "crashed")
    store.finish(*first, schema.DONE)

    (state,) = list_videos(connect(db))

    assert (state.status, state.reason, state.frames) == ("failed", "crashed", 0)


def test_two_writers_lose_nothing(db: str, store: Store):
    """Writers of several processes wait for each other; each chunk is stored by exactly one of them."""
    key = _begin(store)
    stored: list[bool] = []

    def write() -> None:
        with Store(db) as own:
            stored.extend(own.add_chunk(*key, number, _chunk(number * 4)) for number in range(12))

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert len(stored) == 36
    assert sum(stored) == 12
    assert store.totals(*key).frames == 48


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "DELETE"),
        ((3, 44, 5), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "DELETE"),
        ((3, 50, 6), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 51, 3), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_the_log_is_used_only_where_sqlite_is_sound(version: tuple[int, int, int], mode: str):
    """Versions with the WAL-reset bug keep the older journal."""
    assert journal_mode(version) == mode


def test_a_writer_makes_every_commit_safe(db: str, store: Store):
    """The connection commits with `synchronous=FULL` and minds its foreign keys."""
    with store._engine.connect() as connection:
        asked = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")]

    assert asked == [2, 1]
    assert _rows(db, "PRAGMA journal_mode") == [(journal_mode(sqlite3.sqlite_version_info).lower(),)]


def test_an_older_database_is_brought_up_to_date(db: str):
    """A version-1 database with rows in it keeps them all, and then has every table and column of today."""
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
    before = {table: _rows(db, f"SELECT * FROM {table}") for table in ("runs", "chunks", "frames")}
    analyses = "SELECT video_id, run_id, status, reason, finished_at FROM analyses"
    ended = _rows(db, analyses)

    Store(db).close()

    assert _rows(db, "SELECT version FROM schema_version") == [(schema.SCHEMA_VERSION,)]
    assert {table: _rows(db, f"SELECT * FROM {table}") for table in before} == before
    assert _rows(db, analyses) == ended
    assert _rows(db, "SELECT x, p_happy, confidence, expression FROM readings") == [(1, 0.6, 0.6, "happy")]
    assert _rows(db, "SELECT path, timezone, timezone_source FROM videos") == [("a.mp4", "Asia/Ho_Chi_Minh", "unknown")]
    for table in schema.Base.metadata.sorted_tables:
        found = {(row[1], row[2], row[3]) for row in _rows(db, f"PRAGMA table_info({table.name})")}
        assert found == {
            (column.name, column.type.compile(sqlite.dialect()), int(not column.nullable)) for column in table.columns
        }


def test_an_older_database_can_be_written_after_its_migration(db: str):
    """New rows go into a migrated database beside the old ones."""
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))

    with Store(db) as store:
        store.add_chunk(*_begin(store), 0, _chunk())

    assert _rows(db, "SELECT count(*) FROM videos") == [(2,)]
    assert _rows(db, "SELECT count(*) FROM frames") == [(5,)]


def _make(db: str, *statements: str) -> None:
    with closing(sqlite3.connect(db)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            ["CREATE TABLE schema_version (version INTEGER)", "INSERT INTO schema_version VALUES (99)"],
            r"made by a newer fer-video \(schema 99; this one knows \d+\)\. Update fer-video",
        ),
        (["CREATE TABLE recipes (name TEXT)"], "expected a database of fer-video; found other tables"),
        (["CREATE TABLE schema_version (version INTEGER)"], "expected a database of fer-video; found other tables"),
        (
            ["CREATE TABLE schema_version (version INTEGER)", "INSERT INTO schema_version VALUES (-1)"],
            "expected a database of fer-video",
        ),
    ],
)
def test_databases_that_are_not_ours_are_left_alone(db: str, statements: list[str], message: str, create: bool):
    """A database of a newer version or of another program is refused and not changed."""
    _make(db, *statements)
    before = Path(db).read_bytes()

    with pytest.raises(StoreError, match=message) as caught:
        connect(db, create=create)

    assert db in str(caught.value)
    assert caught.value.exit_code == 5
    assert Path(db).read_bytes() == before


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database(tmp_path: Path, create: bool):
    """A text named as the database is refused and not changed."""
    path = tmp_path / "notes.txt"
    path.write_text("what I noted " * 100)

    with pytest.raises(StoreError, match="expected an SQLite database; the file is something else"):
        connect(str(path), create=create)
    assert path.read_text() == "what I noted " * 100


def test_a_damaged_database_is_told(db: str):
    """A database whose pages were overwritten is an error with advice, not a traceback."""
    with Store(db) as store:
        store.add_chunk(*_begin(store), 0, _chunk(0, 200))
    content = bytearray(Path(db).read_bytes())
    content[200:4096] = b"\xff" * (4096 - 200)
    Path(db).write_bytes(content)

    with pytest.raises(StoreError, match="the database is damaged"):
        list_videos(connect(db))


def test_a_database_that_is_damaged_further_in_is_told(db: str, store: Store):
    """Damage that only shows when the videos are listed is the same error, and names the file."""
    _begin(store)
    page, size = (
        int(str(_rows(db, query)[0][0]))
        for query in ("SELECT rootpage FROM sqlite_master WHERE name = 'videos'", "PRAGMA page_size")
    )
    content = bytearray(Path(db).read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    Path(db).write_bytes(content)

    with pytest.raises(StoreError, match="the database is damaged") as caught:
        list_videos(connect(db))
    assert str(caught.value).startswith(f"{db}: ")


def test_reading_makes_no_database(tmp_path: Path):
    """Asking for the state of a database that is not there says so and makes no file, by path or by URL."""
    for db in (str(tmp_path / "none.db"), f"sqlite:///{tmp_path}/none.db"):
        with pytest.raises(StoreError, match=r"expected a database; found none\. Run 'fer-video analyze' first"):
            connect(db)
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="it has none of its tables"):
        connect(str(tmp_path / "empty.db"))
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_paths_that_cannot_hold_a_database(tmp_path: Path):
    """A folder, a missing folder and a name below a file are each told in words."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="expected a database file; found a folder"):
        Store(str(tmp_path))
    with pytest.raises(StoreError, match="expected a folder to make the database in"):
        Store(str(tmp_path / "no" / "a.db"))
    with pytest.raises(StoreError, match="expected a folder to make the database in"):
        Store(str(tmp_path / "file" / "a.db"))


def test_an_empty_name_is_no_database():
    """Without a name SQLite would keep all rows in memory and lose them."""
    with pytest.raises(StoreError, match="found an empty name"):
        Store("")


@pytest.mark.parametrize("db", [":memory:", "sqlite://", "sqlite:///:memory:"])
def test_memory_is_no_database(db: str):
    """A database in memory would be gone with the process, and nothing could be reported."""
    with pytest.raises(StoreError, match="expected a database that outlasts the command"):
        Store(db)


def test_names_that_are_too_long_are_told(tmp_path: Path):
    """A path that the system refuses to look at is an error with advice, to read and to write."""
    for create in (True, False):
        with pytest.raises(StoreError):
            connect(str(tmp_path / ("x" * 300)), create=create)
        with pytest.raises(StoreError):
            connect(str(tmp_path / ("x" * 300) / "a.db"), create=create)


@pytest.mark.parametrize("name", ["what?.db", "50%20.db", "#1.db", "a b.db", "đồ.db", "[x].db"])
def test_odd_names_of_databases(tmp_path: Path, name: str):
    """A database has exactly the name that it was given."""
    Store(str(tmp_path / name)).close()

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_database_that_may_only_be_read(db: str, store: Store):
    """A database opened read-only can be listed, and says that it cannot be written."""
    _begin(store)
    url = f"sqlite:///file:{db}?mode=ro&uri=true"

    assert len(list_videos(connect(url))) == 1
    with (
        pytest.raises(StoreError, match=r"the database cannot be written\. Check the permissions"),
        Store(url) as other,
    ):
        other.add_run(Settings(min_face_px=99), find_model(), "cpu")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read(tmp_path: Path):
    """A database cannot be made in a folder without permission to write."""
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match="Check the permissions"):
        Store(str(tmp_path / "a.db"))
    tmp_path.chmod(0o700)


def test_a_full_disk_costs_only_the_chunk_at_hand(db: str, store: Store):
    """When no page is left, the chunk is rolled back, what was stored stays, and the message says how to go on."""
    key = _begin(store)
    store.add_chunk(*key, 0, _chunk())
    (pages,) = _rows(db, "PRAGMA page_count")[0]

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(Pool, "connect", limit)
    try:
        with (
            Store(db) as full,
            pytest.raises(StoreError, match=r"the disk is full; what was stored is safe\. Free some space"),
        ):
            full.add_chunk(*key, 1, _chunk(100, 2000))
    finally:
        event.remove(Pool, "connect", limit)

    assert store.progress(*key).chunks == {0}
    assert store.add_chunk(*key, 1, _chunk(100, 2000))


def test_a_database_that_is_held_by_another_program(db: str, store: Store):
    """A reader is not kept out by a writer, and a writer's wait ends with an advice."""
    with closing(sqlite3.connect(db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        assert list_videos(connect(db)) == []
        with pytest.raises(StoreError, match="another program holds the database"):
            Store(f"sqlite:///{db}?timeout=0.1")


def test_passwords_are_not_shown():
    """A URL is printed without its password, in errors too."""
    url = "postgresql://me:secret@localhost/x"

    assert shown(url) == "postgresql://me:***@localhost/x"
    assert shown("a.db") == "a.db"
    with pytest.raises(StoreError) as caught:
        connect("nosuch://me:secret@localhost/x")
    assert "secret" not in str(caught.value)
