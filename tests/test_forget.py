"""Forgetting: what was asked for is gone from the files, nothing else is, and it stays gone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import fake_stages, write_video
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError

from pipeline.batch import Request, analyze_all
from pipeline.errors import StoreError
from pipeline.events import Outcome
from pipeline.places.inputs import Input
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.database import connect
from pipeline.store.forgetting import Order, finish_earlier, forget
from pipeline.store.kept import list_kept
from pipeline.store.log import note
from pipeline.store.patience import Patience
from pipeline.store.traces import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from sqlalchemy import Engine

    Command = Callable[..., CompletedProcess[str]]

CLIPS = ("cafe__door__2024-03-05T09-00", "quay__door__2024-03-01T09-00", "quay__till__2024-03-01T23-59-58")
OFTEN = Settings(Sampling(SamplingMode.FPS, 10.0))
TABLES = ("videos", "analyses", "chunks", "frames", "faces")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three recordings of a few seconds, of two places and two days, and a database in which they are analysed."""
    made = tmp_path_factory.mktemp("made")
    (made / "clips").mkdir()
    for number, name in enumerate(CLIPS):
        write_video(made / "clips" / f"{name}.mp4", 40, encoder={"crf": str(10 + 15 * number)})
    (made / "clips" / "cameras.toml").write_text('timezone = "Asia/Ho_Chi_Minh"\n')
    analyse(made / "store.db", made / "clips")
    return made


@pytest.fixture
def db(tmp_path: Path, made: Path) -> Path:
    """A copy of that database."""
    return Path(shutil.copy(made / "store.db", tmp_path / "fer-video.db"))


@pytest.fixture
def folder(tmp_path: Path, made: Path) -> Path:
    """A copy of the recordings."""
    return Path(shutil.copytree(made / "clips", tmp_path / "clips"))


def analyse(db: Path, folder: Path, **options: Any) -> list[Outcome]:
    inputs = [Input(path) for path in sorted(folder.glob("*.mp4"))]
    events = analyze_all(inputs, Request(str(db), OFTEN, device="cpu", **options), fake_stages)
    return [event for event in events if isinstance(event, Outcome)]


def rows(db: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


def content(db: Path) -> dict[str, list[Any]]:
    return {table: rows(db, f"SELECT * FROM {table}") for table in TABLES}


def places(db: Path) -> list[str]:
    return [f"{location}/{camera}" for location, camera in rows(db, "SELECT location, camera FROM videos ORDER BY id")]


def traces(db: Path) -> list[bytes]:
    """Every face's probabilities and every path, as they stand in the file."""
    faces = rows(db, "SELECT p_angry, p_disgust, p_fear, p_happy, p_sad, p_surprise, p_neutral FROM faces")
    doubles = [b"".join(struct.pack(">d", value) for value in face if value not in (0, 1)) for face in faces]
    return [*doubles, *(path.encode() for (path,) in rows(db, "SELECT path FROM videos"))]


def stored(db: Path) -> bytes:
    """All bytes of the database and of what lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(db.parent.glob(f"{db.name}*")))


def test_nothing_of_a_forgotten_video_is_left_in_any_file(db: Path, fer_video: Command):
    """Every face and path of it was in the file before; afterwards none is, and the others' rows are as they were."""
    before, kept = content(db), rows(db, "SELECT * FROM faces WHERE video_id = 1")
    everything = traces(db)
    assert all(trace in stored(db) for trace in everything)

    done = fer_video("forget", "--location", "quay", "--yes")

    assert done.returncode == 0, done.stderr
    stay = traces(db)
    gone = [trace for trace in everything if trace not in stay]
    assert len(gone) > 10
    assert not any(trace in stored(db) for trace in gone)
    assert places(db) == ["cafe/door"]
    assert rows(db, "SELECT * FROM faces") == kept
    assert {table: len(found) for table, found in content(db).items()} == {
        table: sum(row[0] == 1 for row in found) for table, found in before.items()
    }
    assert rows(db, "PRAGMA integrity_check") == [("ok",)]


def test_the_receipt_says_what_went_and_what_was_looked_for(db: Path, fer_video: Command):
    """Counts are those of the rows; each file is named with what was found in it, and what was not reached is said."""
    ((frames, faces),) = rows(db, "SELECT count(*), sum(faces) FROM frames WHERE video_id = 2")

    done = fer_video("forget", "--video", f"{CLIPS[1]}.mp4", "--yes")

    assert f"Deleted: 1 video, {frames} frames, {faces} faces, 0 answers of audits." in done.stdout
    assert "Looked for 3 marks of deleted rows, which the files held before:" in done.stdout
    assert f"{db.name} " in done.stdout
    assert "none found" in done.stdout
    assert f"{db.name}-journal" in done.stdout
    assert "Not reached: the videos themselves, backups" in done.stdout


def test_what_would_go_is_said_and_nothing_is_deleted_unasked(db: Path, fer_video: Command):
    """Without --yes and without anybody to ask, the plan is printed, the exit code is 2, and no row is gone."""
    before = content(db)

    said = fer_video("forget", "--location", "quay")

    assert said.returncode == 2
    assert "From fer-video.db would go: 2 videos" in said.stdout
    assert "2024-03-01 23:59" in said.stdout
    assert "nothing was deleted: expected --yes" in said.stderr
    assert content(db) == before


SELECTIONS = {
    ("--camera", "door"): ["quay/till"],
    ("--camera", "door", "--location", "cafe"): ["quay/door", "quay/till"],
    ("--before", "2024-03-02"): ["cafe/door"],
    ("--before", "2024-03-01"): None,
    ("--between", "2024-03-02", "2024-03-04"): ["cafe/door", "quay/door"],
    ("--between", "2024-03-01T09:00", "2024-03-01T09:00"): ["cafe/door", "quay/till"],
    ("--between", "2024-03-03", "2024-03-04"): None,
    ("--video", "*__till__*"): ["cafe/door", "quay/door"],
    ("--location", "*"): [],
}


@pytest.mark.parametrize(("options", "left"), SELECTIONS.items(), ids=[" ".join(words) for words in SELECTIONS])
def test_what_is_meant_goes(db: Path, fer_video: Command, options: tuple[str, ...], left: list[str] | None):
    """Names, places and local times choose whole videos; one that runs past midnight is of both days."""
    done = fer_video("forget", *options, "--yes")

    assert done.returncode == (4 if left is None else 0), done.stderr
    assert places(db) == (["cafe/door", "quay/door", "quay/till"] if left is None else left)


REFUSALS = {
    ("--yes",): (2, "expected what is to be forgotten: --video, --location"),
    ("--location", "key", "--yes"): (4, "none matches. There are cafe (door), quay (door), quay (till)"),
    ("--before", "2020", "--yes"): (4, "those that match are from 2024-03-01 to 2024-03-05"),
    ("--between", "2024-03-05", "2024-03-01", "--yes"): (2, "Write 2024-03-01 2024-03-05."),
    ("--before", "soon", "--yes"): (2, "--before: expected a day or minute such as 2024-03-26"),
    ("--before", "2024-02-30", "--yes"): (2, "found '2024-02-30'"),
    ("--expired", "--yes"): (4, 'such as retention = "30d"'),
    ("--location", "quay", "--cameras", "x.toml", "--yes"): (2, "--cameras: expected it with --expired"),
    ("--location", "quay", "--db", "none.db", "--yes"): (5, "expected a database; found none"),
}


@pytest.mark.parametrize(("options", "answer"), REFUSALS.items(), ids=[" ".join(words) for words in REFUSALS])
def test_wrong_input_is_told_and_changes_nothing(
    db: Path, fer_video: Command, options: tuple[str, ...], answer: tuple[int, str]
):
    """What cannot be followed is said with what was expected and found, and no row is gone."""
    before = content(db)

    done = fer_video("forget", *options)

    assert done.returncode == answer[0]
    assert answer[1] in done.stderr
    assert content(db) == before


def test_a_forgotten_video_stays_forgotten(db: Path, folder: Path, fer_video: Command):
    """Analysing the folder again leaves it out and says so; asked for again it is taken back, and stays."""
    fer_video("forget", "--location", "quay", "--yes")

    again = {outcome.path.name[:10]: outcome for outcome in analyse(db, folder)}
    left_out = places(db)
    back = analyse(db, folder, again=True)
    reused = analyse(db, folder)

    assert again["quay__door"].status == "skipped"
    assert "forgotten on 20" in (again["quay__door"].reason or "")
    assert again["cafe__door"].reused
    assert left_out == ["cafe/door"]
    assert [outcome.status for outcome in back] == ["done"] * 3
    assert all(outcome.reused for outcome in reused)
    assert rows(db, "SELECT min(id), max(id) FROM videos") == [(1, 5)]


def test_a_copy_under_another_name_stays_forgotten(db: Path, folder: Path, fer_video: Command):
    """What is kept is the content's hash: another name or folder brings nothing back, and no name is kept."""
    fer_video("forget", "--camera", "till", "--yes")
    (folder / f"{CLIPS[2]}.mp4").rename(folder / "other.mp4")

    outcomes = {outcome.path.name: outcome.status for outcome in analyse(db, folder)}

    assert outcomes["other.mp4"] == "skipped"
    assert b"till__2024" not in stored(db)


def test_a_video_that_is_being_analysed_is_left_alone(db: Path, fer_video: Command):
    """Where another fer-video works on one of them, nothing is deleted; it says who that is."""
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("UPDATE analyses SET owner = 'elsewhere:7:', beat_at = strftime('%Y-%m-%d %H:%M:%f', 'now')")
        connection.commit()

    done = fer_video("forget", "--location", "*", "--yes")

    assert done.returncode == 5
    assert "is being analysed by elsewhere, process 7; nothing is deleted" in done.stderr
    assert len(places(db)) == 3


def test_a_database_that_a_reader_keeps_open_is_waited_for_and_told(db: Path):
    """Rows are deleted or not: a program that reads all the while keeps the deletion from being committed."""
    engine = connect(str(db), writes=True, patience=Patience(0.0))
    videos = list_kept(engine)
    with closing(sqlite3.connect(db)) as reader:
        in_a_log = reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM faces").fetchone()
        if in_a_log:  # there rows can be deleted beside a reader, and the files cannot be cleaned
            receipt = forget(engine, videos, Order(patience=Patience(0.0)))
            assert not receipt.is_clean
        else:
            with pytest.raises(StoreError, match="another program holds the database"):
                forget(engine, videos, Order(patience=Patience(0.0)))
    engine.dispose()
    assert len(places(db)) == (0 if in_a_log else 3)


def test_what_a_table_of_ones_own_still_holds_is_found_and_told(db: Path, fer_video: Command):
    """Somebody copied rows into a table beside ours: exit 5, with the file and that table, which we do not touch."""
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("CREATE TABLE mine AS SELECT * FROM faces WHERE video_id = 2")
        connection.commit()

    done = fer_video("forget", "--video", f"{CLIPS[1]}.mp4", "--yes")

    assert done.returncode == 5
    assert f"{db.name}" in done.stderr
    assert "expected nothing of the deleted rows; found some in" in done.stderr
    assert "It also holds what fer-video did not make: mine." in done.stderr
    assert "FOUND" in done.stdout
    assert places(db) == ["cafe/door", "quay/till"]
    assert rows(db, "SELECT count(*) > 0 FROM mine") == [(1,)]


def test_a_reader_that_comes_before_the_cleaning_is_an_answer_of_the_database(db: Path):
    """VACUUM is refused by the driver itself; whoever waits for the database is told as for any other statement."""
    engine = connect(str(db), writes=True, patience=Patience(0.0))
    with closing(sqlite3.connect(db)) as reader:
        engine.connect().close()
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM faces").fetchone()
        with pytest.raises(OperationalError, match="database is locked"):
            sweep(engine)
    sweep(engine)
    engine.dispose()


@pytest.fixture
def logged(db: Path) -> Iterator[Engine]:
    """The database with a write-ahead log, as newer versions of SQLite have it here."""
    engine = create_engine(f"sqlite:///{db}", poolclass=NullPool)
    with closing(sqlite3.connect(db)) as beside:
        assert beside.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
        beside.execute("UPDATE faces SET p_happy = p_happy * 0.999")
        beside.commit()  # it stays open, so that the log stays, too
        yield engine
    engine.dispose()


def test_the_log_is_emptied_with_the_file(db: Path, logged: Engine):
    """A write-ahead log holds the rows as they were written last; afterwards neither it nor the file holds them."""
    log = db.with_name(f"{db.name}-wal")
    everything = traces(db)
    held = [trace for trace in everything if trace in log.read_bytes()]

    receipt = forget(logged, [video for video in list_kept(logged) if video.location == "quay"], Order())

    stay = traces(db)
    assert len(held) > 10
    assert receipt.is_clean
    assert receipt.search is not None
    assert receipt.search.looked_for > 0
    assert log.stat().st_size <= 32 + 2 * (24 + 4096), "the entry that says so, and nothing else"
    assert not any(trace in stored(db) for trace in everything if trace not in stay)


def test_a_reader_of_the_log_keeps_the_rows_in_the_file_and_that_is_found(db: Path, logged: Engine):
    """Who began to read before still sees the rows, so they are in the files: found, said, and gone once it ends."""
    everything = traces(db)
    with closing(sqlite3.connect(db)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM faces").fetchone()

        receipt = forget(logged, list_kept(logged), Order(patience=Patience(0.0)))

        assert places(db) == []
        assert not receipt.is_clean
        assert receipt.search is not None
        assert {Path(path).name for path in receipt.search.found} <= {db.name, f"{db.name}-wal"}
        assert receipt.search.found
        assert "another program holds the database" in (receipt.unfinished or "")
        assert any(trace in stored(db) for trace in everything)

    later = finish_earlier(logged)

    assert later is not None
    assert later.is_clean
    assert not any(trace in stored(db) for trace in everything)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_on_a_read_only_disk_is_told(db: Path, fer_video: Command):
    """What cannot be written is said before anything is promised."""
    db.chmod(0o444)
    db.parent.chmod(0o555)
    try:
        done = fer_video("forget", "--location", "*", "--yes")
    finally:
        db.parent.chmod(0o755)

    assert done.returncode == 5
    assert "cannot be written" in done.stderr


KILLED = """
import os, signal, sys
from pipeline.store import forgetting
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.database import connect
from pipeline.store.kept import list_kept

# Killed where the trace says: at the so-and-so-many-th statement, or between deletion and cleaning.
engine = connect(sys.argv[1], writes=True)
videos = [video for video in list_kept(engine) if video.location == "quay"]
at = int(sys.argv[2])
count = 0

def stop(*_):
    global count
    count += 1
    if count == at:
        os.kill(os.getpid(), signal.SIGKILL)

from sqlalchemy import event
event.listen(engine, "before_cursor_execute", stop)
event.listen(engine, "commit", stop)
forgetting.forget(engine, videos, forgetting.Order())
print("whole", count)
"""


@pytest.mark.slow
def test_killed_anywhere_the_database_has_the_old_or_the_new_state(tmp_path: Path, db: Path):
    """At each statement of the deletion a kill leaves all rows or none of what was to go, and a sound database."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    original = db.read_bytes()
    states = set()
    for at in (1, 16, 20, 24, 32, 48):
        db.write_bytes(original)
        command = [sys.executable, "-c", KILLED, str(db), str(at)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        assert rows(db, "PRAGMA integrity_check") == [("ok",)]
        states.add((tuple(places(db)), tuple(rows(db, "SELECT DISTINCT video_id FROM faces ORDER BY 1"))))

    assert states == {(("cafe/door", "quay/door", "quay/till"), ((1,), (2,), (3,))), (("cafe/door",), ((1,),))}


def test_a_kill_before_the_cleaning_is_made_good_by_the_next_command(db: Path, fer_video: Command):
    """What an interrupted command left to do is done by the next one, which says so, once."""
    engine = connect(str(db), writes=True)
    forget(engine, [video for video in list_kept(engine) if video.camera == "till"], Order())
    with engine.begin() as connection:
        note(connection, "forget", outcome={"as": "if killed behind this"})
    assert finish_earlier(engine) is not None
    assert finish_earlier(engine) is None
    engine.dispose()


def test_hours_that_are_kept_count_every_face_once(db: Path, fer_video: Command):
    """With --keep-hourly the labels of all faces stay by hour; nothing says which video or frame they were in."""
    ((faces,),) = rows(db, "SELECT count(*) FROM faces WHERE video_id IN (2, 3)")

    done = fer_video("forget", "--location", "quay", "--keep-hourly", "--yes")

    assert done.returncode == 0, done.stderr
    hours = rows(db, "SELECT location, camera, hour_at, sum(faces) FROM kept_hours GROUP BY 1, 2, 3 ORDER BY 3")
    assert [(place, camera, hour[:13]) for place, camera, hour, _ in hours] == [
        ("quay", "door", "2024-03-01 02"),
        ("quay", "till", "2024-03-01 16"),
        ("quay", "till", "2024-03-01 17"),
    ]
    assert sum(count for *_, count in hours) == faces
    assert "Kept as numbers: 3 hours." in done.stdout
