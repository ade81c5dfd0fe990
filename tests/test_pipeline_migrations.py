"""Databases of older versions, with rows in them: brought up to date once, by who writes; refused by who reads."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import fake_stages
from sqlalchemy import select

from pipeline.batch import Request, analyze_all
from pipeline.errors import StoreError
from pipeline.events import Outcome
from pipeline.labels import Thresholds
from pipeline.models.card import Readability
from pipeline.models.folder import EMBEDDED, read_model
from pipeline.places.inputs import Input
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.database import Upgrade, connect, upgrade
from pipeline.store.fingerprints import ROWS_VERSION, fingerprint
from pipeline.store.schema import SCHEMA_VERSION, label_column
from pipeline.store.videos import list_videos
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS = VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6 = [
    Path(__file__).with_name(f"version{number}.sql") for number in (1, 2, 3, 4, 5, 6)
]
NOT_LINKED = (None,)
"""What an older row holds of the tracklet of a face, and of the linker of an analysis."""

NOT_JUDGED = (*(None,) * 5, *NOT_LINKED)
"""What an older row holds of readable, is_face, turn, tilt and nod, and of its tracklet."""

UNSAID = (None, None, 1, 0, None, None, "unknown", "unknown")
"""What an older row of `videos` holds of coded_width, coded_height, stream, start_is_guess, hints, notes, sources."""

UNOWNED = (None, None, None, None, None, 0, *NOT_LINKED, None)
"""What an older row of `analyses` holds of notes, reader, token, owner, beat_at, attempts, linker and blank_sha256."""

ONE_A_SECOND = Settings(Sampling(SamplingMode.FPS, 1.0), model="vgg-face-fer2013")
JUDGE = Readability(("log_size",), (1.0, -5.0), (1.0, 0.0), "some faces")
CARD = read_model(EMBEDDED / "vgg-face-fer2013").card


def make(db: Path, script: Path) -> dict[str, list[Any]]:
    """A database from a script; its rows by table."""
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(script.read_text("utf-8"))
    return {table: rows(db, f"SELECT * FROM {table}") for table in ("videos", "analyses", "chunks", "frames", "faces")}


def content_of(before: dict[str, list[Any]], analysis: Any) -> str:
    """The hash of the video that an analysis is of."""
    return next(video[1] for video in before["videos"] if video[0] == analysis[0])


def rows(db: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of fer-video 0.1.0: one sample video under two runs that differ in --min-confidence alone."""
    make(tmp_path / "old.db", VERSION_2)
    return tmp_path / "old.db"


def analyse(db: Path, video: Path, settings: Settings) -> list[Outcome]:
    request = Request(str(db), settings, device="cpu")
    events = analyze_all([Input(video)], request, fake_stages)
    return [event for event in events if isinstance(event, Outcome)]


def test_older_rows_stay_beside_new_ones(old: Path, samples: Path):
    """Rows that do not say how a face is held can be read as before; the same command begins a run of its own."""
    (fresh,) = analyse(old, samples / "door.mp4", ONE_A_SECOND)
    (again,) = analyse(old, samples / "door.mp4", replace(ONE_A_SECOND, min_confidence=0.6))

    assert (fresh.status, fresh.reused) == ("done", False)
    assert (again.reused, again.faces) == (True, fresh.faces)
    ((older, newer),) = rows(old, "SELECT min(run_id), max(run_id) FROM analyses")
    assert older < newer
    with Store(str(old)) as store:
        assert store.totals(1, older).dominant == {"happy": 3, "neutral": 5, "undecided": 2}
        assert store.totals(1, older, Thresholds(0.6)).dominant != store.totals(1, older).dominant


def test_runs_that_become_one_lose_no_video(old: Path):
    """What only one of two runs had analysed, and what only one had finished, is done under the one that stays."""
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript("""
            INSERT INTO videos SELECT 2, 'sha of another', 'other.mp4', location, camera, started_at, start_source,
                timezone, timezone_source, codec, size_bytes, width, height, fps, duration_s, status, reason
                FROM videos WHERE id = 1;
            UPDATE analyses SET video_id = 2 WHERE run_id = 1;
            UPDATE chunks SET video_id = 2 WHERE run_id = 1;
            UPDATE frames SET video_id = 2 WHERE run_id = 1;
            UPDATE faces SET video_id = 2 WHERE run_id = 1;
            INSERT INTO analyses VALUES (2, 2, 'running', NULL, NULL);
            UPDATE runs SET device = 'gpu:0' WHERE id = 1;
        """)
    counts = "SELECT video_id, count(*), sum(confidence) FROM faces GROUP BY video_id ORDER BY video_id"
    before = rows(old, counts)

    upgrade(str(old))

    assert rows(old, "SELECT video_id, run_id, status FROM analyses ORDER BY video_id") == [
        (1, 2, "done"),
        (2, 2, "done"),
    ]
    assert rows(old, counts) == before
    assert rows(old, "SELECT id, device FROM runs") == [(2, "gpu:0, cpu")]
    assert rows(old, "PRAGMA foreign_key_check") == []


def test_other_settings_are_still_another_run(old: Path, samples: Path):
    """What rows depend on starts a run of its own beside the old one."""
    (outcome,) = analyse(old, samples / "door.mp4", replace(ONE_A_SECOND, min_face_px=25))

    assert (outcome.status, outcome.reused) == ("done", False)


def test_rows_are_kept(tmp_path: Path):
    """Every frame and face is there afterwards, with all its numbers; only the stored label is gone."""
    db = tmp_path / "old.db"
    before = make(db, VERSION_2)
    named = rows(db, "SELECT frame_index, face_index, dominant FROM faces WHERE run_id = 1 AND dominant != 'unknown'")

    assert upgrade(str(db)) == Upgrade(2, SCHEMA_VERSION, 1)

    assert rows(db, "SELECT * FROM videos") == [(*row, *UNSAID) for row in before["videos"]]
    newest = [row for row in before["frames"] if row[1] == 2]
    assert [row for row in rows(db, "SELECT * FROM frames") if row[1] == 2] == newest
    faces = [(*row[:18], row[19]) for row in before["faces"] if row[1] == 2]
    assert [row for row in rows(db, "SELECT * FROM faces") if row[1] == 2] == [(*row, *NOT_JUDGED) for row in faces]
    found = rows(db, "SELECT frame_index, face_index, expression FROM readings WHERE run_id = 2 AND confidence >= 0.4")
    assert found == named
    assert rows(db, "PRAGMA foreign_key_check") == []


def test_rows_of_version_3_are_kept_and_count_as_readable(tmp_path: Path):
    """Every face is there with all its numbers; what was not judged then is NULL, and counts as a readable face."""
    db = tmp_path / "old.db"
    before = make(db, VERSION_3)
    named = rows(db, "SELECT * FROM readings")

    assert upgrade(str(db)) == Upgrade(3, SCHEMA_VERSION, 1)

    assert {table: rows(db, f"SELECT * FROM {table}") for table in before} == before | {
        "videos": [(*row, *UNSAID) for row in before["videos"]],
        "analyses": [(*row, *UNOWNED, content_of(before, row)) for row in before["analyses"]],
        "faces": [(*row, *NOT_JUDGED) for row in before["faces"]],
    }
    assert rows(db, "SELECT * FROM readings") == [(*row[:-1], *NOT_JUDGED, row[-1]) for row in named]
    engine = connect(str(db))
    with engine.connect() as connection:
        labels = list(connection.scalars(select(label_column(Thresholds(min_confidence=0.0, min_readable=0.99)))))
    assert sorted(labels) == sorted(row[-1] for row in named)
    assert rows(db, "PRAGMA foreign_key_check") == []


def test_rows_of_version_4_are_kept(tmp_path: Path):
    """Every row is there with all its numbers, answers of an audit too; nobody works on what is there."""
    db = tmp_path / "old.db"
    before = make(db, VERSION_4) | {"audit_faces": rows(db, "SELECT * FROM audit_faces")}

    assert upgrade(str(db)) == Upgrade(4, SCHEMA_VERSION, 1)

    assert {table: rows(db, f"SELECT * FROM {table}") for table in before} == before | {
        "videos": [(*row, *UNSAID) for row in before["videos"]],
        "analyses": [(*row, *UNOWNED, content_of(before, row)) for row in before["analyses"]],
        "faces": [(*row, *NOT_LINKED) for row in before["faces"]],
    }
    assert rows(db, "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("script", [VERSION_5, VERSION_6], ids=lambda script: script.stem)
def test_what_an_analysis_gave_stays_as_it_was(tmp_path: Path, script: Path):
    """Every row that a video's analysis gave is there with all its numbers, and the database can be written to."""
    db = tmp_path / "old.db"
    before = make(db, script)
    told = {table: len(content) for table, content in before.items()}
    faces = "SELECT x, y, width, height, detector_confidence, p_happy, confidence, readable, turn, tilt FROM faces"
    measured = rows(db, faces)

    assert upgrade(str(db)) == Upgrade(int(script.stem[-1]), SCHEMA_VERSION, 1)

    assert rows(db, faces) == measured
    assert {table: len(rows(db, f"SELECT * FROM {table}")) for table in before} == told
    assert rows(db, "PRAGMA foreign_key_check") == []
    with Store(str(db)) as store:
        assert store.totals(1, 1).faces == told["faces"]


@pytest.mark.parametrize("script", VERSIONS, ids=lambda script: script.stem)
def test_an_upgraded_database_is_like_a_new_one(tmp_path: Path, script: Path):
    """Faces have the same columns in the same order, the new ones with the same comments, whatever they began as."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    make(old, script)
    upgrade(str(old))
    connect(str(new), create=True).dispose()
    stated = "SELECT sql FROM sqlite_master WHERE name = 'faces'"

    assert rows(old, "PRAGMA table_info(faces)") == rows(new, "PRAGMA table_info(faces)")
    assert rows(old, "SELECT sql FROM sqlite_master WHERE name = 'readings'") == rows(
        new, "SELECT sql FROM sqlite_master WHERE name = 'readings'"
    )
    for table in ("videos", "analyses", "tracklets", "visits"):
        columns = f"SELECT name, type, \"notnull\" FROM pragma_table_info('{table}') ORDER BY name"
        assert rows(old, columns) == rows(new, columns)
    comments = [re.findall(r"/\* (.*?) \*/", rows(db, stated)[0][0]) for db in (old, new)]
    assert comments[0][-6:] == comments[1][-6:]


def test_a_database_that_is_up_to_date_stays_as_it_is(old: Path):
    """Upgrading twice changes nothing the second time."""
    upgrade(str(old))
    content = rows(old, "SELECT * FROM runs")

    assert upgrade(str(old)) == Upgrade(SCHEMA_VERSION, SCHEMA_VERSION, 1)
    assert rows(old, "SELECT * FROM runs") == content


@pytest.mark.parametrize("script", VERSIONS, ids=lambda script: script.stem)
def test_a_reader_never_migrates(tmp_path: Path, script: Path):
    """It says what it found, what it expected and what to run, and leaves the file as it was, to the byte."""
    db = tmp_path / "old.db"
    make(db, script)
    before = db.read_bytes()

    with pytest.raises(
        StoreError, match=rf"expected schema {SCHEMA_VERSION}; found \d, of an older fer-video\. Run 'fer-video upgrade"
    ):
        connect(str(db))

    assert db.read_bytes() == before


def test_a_reader_cannot_write(tmp_path: Path, old: Path):
    """A connection that reads is refused by SQLite itself when it tries to change a row."""
    upgrade(str(old))
    engine = connect(str(old))

    assert len(list_videos(engine)) == 1
    with engine.begin() as connection, pytest.raises(Exception, match="readonly database"):
        connection.exec_driver_sql("DELETE FROM faces")


def test_a_writer_says_that_it_migrates(old: Path, fer_video: Callable[..., Any], samples: Path):
    """`analyze` brings the database up to date by itself and says so in one line; `report` says what to run."""
    refused = fer_video("report", "--db", old)
    done = fer_video("upgrade", "--db", old)
    again = fer_video("upgrade", "--db", old)
    report = fer_video("report", "--db", old)

    assert (refused.returncode, refused.stdout) == (5, "")
    assert f"Run 'fer-video upgrade --db {old}' once" in refused.stderr
    assert (done.returncode, done.stdout) == (0, f"{old}: schema 2 -> {SCHEMA_VERSION}, 1 video\n")
    assert again.stdout == f"{old}: schema {SCHEMA_VERSION} already, 1 video\n"
    assert report.returncode == 0


def test_analyze_migrates_and_says_so(tmp_path: Path):
    """Whoever opens a database to write is told once what was done to it."""
    make(tmp_path / "old.db", VERSION_1)
    told: list[Upgrade] = []

    for _ in range(2):
        store: Store = Store(str(tmp_path / "old.db"), told.append)
        store.close()

    assert told == [Upgrade(1, SCHEMA_VERSION, 1)]


def test_the_fingerprint_follows_what_rows_depend_on():
    """Sampling, detection, weights and the meaning of rows change it, and nothing else does."""
    settings = Settings()
    same = [
        replace(settings, min_confidence=0.41),
        replace(settings, model="by-name"),
        replace(settings, sampling=Sampling(SamplingMode.FPS, 2)),
    ]
    others = [
        fingerprint(replace(settings, sampling=Sampling(SamplingMode.EVERY, 2.0)), CARD),
        fingerprint(replace(settings, min_face_px=25), CARD),
        fingerprint(replace(settings, face_threshold=0.81), CARD),
        fingerprint(settings, replace(CARD, weights_sha256="0" * 64)),
        fingerprint(settings, replace(CARD, calibration=replace(CARD.calibration, temperature=2.0))),
        fingerprint(settings, CARD, detector="another"),
        fingerprint(settings, CARD, rows_version=ROWS_VERSION + 1),
        fingerprint(settings, replace(CARD, readability=JUDGE)),
        fingerprint(settings, replace(CARD, readability=replace(JUDGE, face=(2.0, 0.0)))),
    ]

    known = fingerprint(settings, CARD)

    assert {fingerprint(each, CARD) for each in same} == {known}
    assert fingerprint(settings, replace(CARD, notes=("read with care",), licence="free", conditions=())) == known
    assert len({known, *others}) == 1 + len(others)
    elsewhere = replace(JUDGE, fitted_on="other faces, to the same numbers")
    assert fingerprint(settings, replace(CARD, readability=elsewhere)) == others[-2]
