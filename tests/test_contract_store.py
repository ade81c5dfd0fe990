"""What the store keeps to on either dialect: one class of claims, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable  # noqa: TC003 - METHODS is annotated with it
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from contents import engine_of
from fixtures_postgres import rows_of
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from pipeline.areas import Areas, Blank, Kind, Staff, Why, Zone
from pipeline.errors import StoreError
from pipeline.models.folder import find_model
from pipeline.records import Box, Face, FrameReadings, Identity, Place, Pose, Reading, VideoRecord
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.audits import AuditedFace, known_videos, load, note_sample, page_of, save
from pipeline.store.database import connect
from pipeline.store.forgetting import Order, forget
from pipeline.store.kept import list_kept
from pipeline.store.leases import Holder, Lease, LostError, this_process
from pipeline.store.log import drop_entries, read_log
from pipeline.store.schema import AnalysisRow
from pipeline.store.sightings import list_analyses, read_looks
from pipeline.store.standing import GapError, Streamed
from pipeline.store.videos import list_videos
from pipeline.store.writer import Store
from pipeline.tracks.linking import count_tracklets, link_analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 3, 26, 9, 59, 58, tzinfo=UTC)
PLACE = Place("quay", "door", "option", START, "option", "UTC", "option")
VIDEO = VideoRecord(Path("a.mp4"), Identity("a" * 64, 100), PLACE, None)
READING = Reading(Face(11, 12, 30, 40, 0.9, ()), (0.1, 0.0, 0.0, 0.6, 0.1, 0.1, 0.1), 100.0, Pose(0.1, -3.0, 0.5))
AREAS = Areas(
    Staff.BLANKED,
    (Blank(Why.STAFF, ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))),),
    (Zone("till", Kind.QUEUE, ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0)), 2.0),),
)
STARTERS = 6


def chunk(first: int = 0, frames: int = 4) -> list[FrameReadings]:
    """Frames of half a second with none to two faces."""
    return [FrameReadings(at, at / 2, None, (READING,) * (at % 3)) for at in range(first, first + frames)]


def video(number: int) -> VideoRecord:
    """Another video."""
    return replace(VIDEO, path=Path(f"{number}.mp4"), identity=Identity(f"{number:064x}", 100))


@pytest.fixture
def store(any_db: str) -> Iterator[Store]:
    """A new store."""
    with Store(any_db) as store:
        yield store


def begin(store: Store, record: VideoRecord = VIDEO) -> tuple[tuple[int, int], str]:
    """An analysis under a lease: its key, and the token."""
    key = store.add_video(record), store.add_run(Settings(), find_model(), "cpu")
    lease = store.claim(*key)
    assert isinstance(lease, Lease)
    store.begin(*key, token=lease.token, reader=1)
    return key, lease.token


def finish(store: Store, record: VideoRecord = VIDEO) -> tuple[int, int]:
    """A whole analysis of eight frames."""
    key, token = begin(store, record)
    for number in range(2):
        store.add_chunk(*key, number, chunk(4 * number), token)
    store.finish(*key, schema.DONE, token=token, streamed=Streamed(0, 2, 8), link=link_analysis)
    return key


def own(db: str, holder: Holder, seconds_ago: float) -> None:
    """Make somebody else the holder of every analysis, heard of so long ago."""
    beat = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=seconds_ago)
    engine = engine_of(db)
    with engine.begin() as connection:
        connection.execute(update(AnalysisRow).values(owner=holder.stored, beat_at=beat))
    engine.dispose()


def together(work: Callable[[int], Any], workers: int = STARTERS) -> list[Any]:
    """What so many threads give that begin at the same moment; what one of them raises is raised."""
    barrier, found = threading.Barrier(workers), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            found.append(work(number))
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            found.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors := [one for one in found if isinstance(one, BaseException)]:
        raise errors[0]
    return found


class TestStore:
    """One store, whatever holds the rows."""

    def test_a_whole_analysis_is_read_back(self, any_db: str, store: Store):
        """Chunks, frames, faces and visits are there as they were given, and `status` counts them."""
        key = finish(store)

        assert store.progress(*key).chunks == {0, 1}
        assert (store.totals(*key).frames, store.totals(*key).faces) == (8, 7)
        engine = connect(any_db)
        (analysis,) = list_analyses(engine, VIDEO.identity.sha256)
        (state,) = list_videos(engine)
        (kept,) = list_kept(engine)
        assert [len(look.sightings) for look in read_looks(engine, analysis, visits=True)] == [0, 1, 2, 0, 1, 2, 0, 1]
        assert (state.status, state.frames, state.faces, state.reason) == ("done", 8, 7, None)
        assert (kept.frames, kept.faces, kept.holder) == (8, 7, None)
        assert kept.started_at == START.replace(tzinfo=None)
        assert store.face_shapes(*key) == {(0.75, True): 7}
        assert rows_of(any_db, "SELECT DISTINCT expression FROM readings") == [("happy",)]
        engine.dispose()

    def test_the_same_twice_is_stored_once(self, any_db: str, store: Store):
        """Videos, runs and chunks have natural keys: who adds them again gets what is there."""
        key, token = begin(store)

        assert store.add_video(VIDEO) == key[0]
        assert store.add_run(Settings(), find_model(), "gpu:0") == key[1]
        assert [store.add_chunk(*key, 0, chunk(), token) for _ in range(2)] == [True, False]
        assert rows_of(any_db, "SELECT device FROM runs") == [("cpu, gpu:0",)]
        assert rows_of(any_db, "SELECT count(*) FROM frames") == [(4,)]

    def test_a_chunk_that_fails_leaves_nothing(self, any_db: str, store: Store):
        """A chunk whose last row is refused is rolled back whole, and the next one is stored."""
        key, token = begin(store)
        store.add_chunk(*key, 0, chunk(), token)

        with pytest.raises(StoreError):
            store.add_chunk(*key, 1, [*chunk(10), *chunk(3, 1)], token)

        assert rows_of(any_db, "SELECT count(*) FROM frames") == [(4,)]
        assert store.add_chunk(*key, 1, chunk(10), token)

    def test_force_replaces_the_rows_of_one_analysis(self, any_db: str, store: Store):
        """Beginning by force deletes chunks, frames, faces, tracklets and visits of that analysis alone."""
        key, other = finish(store), finish(store, video(2))

        store.begin(*key, force=True, token=None)

        for table in ("chunks", "frames", "faces"):
            assert rows_of(any_db, f"SELECT DISTINCT video_id FROM {table}") == [(other[0],)]

    def test_what_is_not_all_there_is_not_done(self, store: Store):
        """The end of a video counts what is stored against what was streamed, and changes nothing where they differ."""
        key, token = begin(store)
        store.add_chunk(*key, 0, chunk(), token)

        with pytest.raises(GapError, match="stored: 4 frames in 1 part; read: 2 parts"):
            store.finish(*key, schema.DONE, token=token, streamed=Streamed(0, 2, 8))
        assert store.progress(*key).status == schema.RUNNING

    def test_a_file_of_three_gigabytes_has_its_size(self, any_db: str, store: Store, tmp_path: Path):
        """Sizes have 64 bits."""
        file = tmp_path / "large.mp4"
        with file.open("wb") as large:
            large.truncate(3 << 30)
        size = file.stat().st_size

        store.add_video(replace(VIDEO, path=file, identity=Identity("b" * 64, size)))

        assert rows_of(any_db, "SELECT size_bytes FROM videos") == [(3221225472,)]
        assert store.seen_at(str(file)) == [Identity("b" * 64, size)]

    def test_a_lease_is_respected_until_it_runs_out(self, any_db: str, store: Store):
        """Another's lease is not taken while it beats; when it has run out it is, and the earlier holder is refused."""
        elsewhere = Holder("another-host", 7, "")
        key, first = begin(store)
        own(any_db, elsewhere, 60)

        assert store.claim(*key) == elsewhere == store.holder(*key)
        own(any_db, elsewhere, 121)
        assert store.holder(*key) is None
        second = store.claim(*key)

        assert isinstance(second, Lease)
        assert second.deaths == 1
        writes: list[Callable[[], object]] = [
            lambda: store.begin(*key, token=first),
            lambda: store.add_chunk(*key, 0, chunk(), first),
            lambda: store.finish(*key, schema.DONE, token=first),
            lambda: store.discard(*key, first),
        ]
        for write in writes:
            with pytest.raises(LostError, match=r"another fer-video .* took this video over"):
                write()
        assert store.add_chunk(*key, 0, chunk(), second.token)

    def test_beats_and_releases(self, any_db: str, store: Store):
        """A beat renews the time, by the server's clock where there is one; what is given back has no owner."""
        begin(store)
        own(any_db, this_process(), 100)
        store.beat()
        ((beat,),) = rows_of(any_db, "SELECT beat_at FROM analyses")
        beat = datetime.fromisoformat(beat) if isinstance(beat, str) else beat

        store.release()

        assert abs(datetime.now(UTC).replace(tzinfo=None) - beat) < timedelta(seconds=10)
        assert rows_of(any_db, "SELECT token, owner, beat_at FROM analyses") == [(None, None, None)]

    def test_what_never_began_leaves_no_row(self, any_db: str, store: Store):
        """A lease that is given back before the video was begun leaves nothing."""
        store.claim(store.add_video(VIDEO), store.add_run(Settings(), find_model(), "cpu"))

        store.release()

        assert rows_of(any_db, "SELECT count(*) FROM analyses") == [(0,)]

    def test_a_discarded_analysis_takes_its_video_along(self, any_db: str, store: Store):
        """What has no content that can be named goes with all its rows."""
        key, token = begin(store)
        store.add_chunk(*key, 0, chunk(), token)

        store.discard(*key, token)

        for table in ("videos", "analyses", "chunks", "frames", "faces"):
            assert rows_of(any_db, f"SELECT count(*) FROM {table}") == [(0,)]
        with pytest.raises(LostError):
            store.claim(*key)

    def test_areas_are_told_and_told_again(self, store: Store):
        """What was said last of a picture is what is read back, whole; the same again is no news."""
        key, _ = begin(store)

        assert store.told(VIDEO.identity.sha256) is None
        assert [store.tell_areas(key[0], AREAS, "a.toml") for _ in range(2)] == [True, False]
        told = store.told(VIDEO.identity.sha256)
        assert told is not None
        assert (told.areas, told.source) == (AREAS, "a.toml")
        assert store.tell_areas(key[0], Areas(Staff.NONE), "b.toml")

    def test_forgetting_leaves_no_row(self, any_db: str, store: Store):
        """A video goes with its rows; hours, hash and log stay; `take_back` lets it be analysed again."""
        finish(store)
        other = finish(store, video(2))
        engine = connect(any_db, writes=True)
        chosen = [one for one in list_kept(engine) if one.sha256 == VIDEO.identity.sha256]

        done = forget(engine, chosen, Order(keep_hourly=True))

        assert (done.videos, done.frames, done.faces, done.hours) == (1, 8, 7, 2)
        assert done.is_clean
        assert rows_of(any_db, "SELECT DISTINCT video_id FROM faces") == [(other[0],)]
        # A face at 58.5, two at 59, one at 60 s: the hour is cut, not rounded.
        assert [int(faces) for (faces,) in rows_of(any_db, "SELECT faces FROM kept_hours ORDER BY hour_at")] == [3, 4]
        assert store.when_forgotten(VIDEO.identity.sha256) is not None
        store.take_back(VIDEO.identity.sha256)
        assert store.when_forgotten(VIDEO.identity.sha256) is None
        with engine.begin() as connection:
            assert [entry.command for entry in read_log(connection) if entry.command != "forget: checked"] == [
                "analyze", "analyze", "forget", "analyze",
            ]  # fmt: skip
        engine.dispose()

    def test_a_video_in_work_is_not_forgotten(self, any_db: str, store: Store):
        """Who holds it is named, and nothing is deleted."""
        begin(store)
        own(any_db, Holder("another-host", 7, ""), 10)
        engine = connect(any_db, writes=True)

        with pytest.raises(StoreError, match="is being analysed by another-host, process 7; nothing is deleted"):
            forget(engine, list_kept(engine), Order())
        engine.dispose()

    def test_answers_of_audits_are_kept(self, any_db: str, store: Store):
        """A sample is one audit however often it is drawn or read, and its answers are those that were read last."""
        key = finish(store)
        engine = connect(any_db, writes=True)
        face = AuditedFace(0, key[0], 1, Box(11, 12, 41, 52), ("happy", "unclear"), 2.0)
        note_sample(engine, "s" * 64, "page.html")
        note_sample(engine, "s" * 64, "moved.html")

        numbers = {save(engine, "s" * 64, [face] * answers, 2) for answers in (1, 2)}

        assert len(numbers) == 1
        assert page_of(engine, "s" * 64) == "moved.html"
        assert [one.votes for one in load(engine)] == [("happy", "unclear")] * 2
        assert [one.content for one in known_videos(engine)] == [VIDEO.identity]
        engine.dispose()

    def test_the_log_is_only_added_to(self, any_db: str, store: Store):
        """Nobody changes or deletes an entry, by hand either; after six months they may go."""
        finish(store)
        engine = engine_of(any_db)
        for statement in ("UPDATE events SET who = 'nobody'", "DELETE FROM events"):
            with engine.begin() as connection, pytest.raises(DBAPIError, match="entries of the log"):
                connection.execute(text(statement))
        with engine.begin() as connection:
            old = "at, who, host, command, version, inputs, settings, rows, outcome"
            values = "'2020-01-01', '', '', 'analyze', '', '[]', '{}', 0, '{}'"
            number = "99, " if engine.dialect.name == "sqlite" else ""
            connection.execute(text(f"INSERT INTO events ({number and 'id, '}{old}) VALUES ({number}{values})"))
            assert drop_entries(connection, 183) == 1
        engine.dispose()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE videos SET id = 99",
            "UPDATE videos SET sha256 = 'another'",
            "UPDATE analyses SET sha256 = 'another'",
            "UPDATE analyses SET sha256 = NULL",
            "UPDATE faces SET video_id = (SELECT max(id) FROM videos) WHERE video_id = 1",
            "UPDATE chunks SET run_id = 99",
            "INSERT INTO chunks VALUES (99, 99, 0, 1, '2026-01-01')",
        ],
    )
    def test_rows_cannot_be_inherited(self, any_db: str, store: Store, statement: str):
        """Who changes the database by hand cannot give a row to what it does not belong to."""
        finish(store)
        finish(store, video(2))
        engine = engine_of(any_db)

        with engine.begin() as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))
        engine.dispose()

    def test_numbers_are_used_once(self, any_db: str, store: Store):
        """The number of a deleted last video is not given to the next one."""
        first = store.add_video(VIDEO)
        store.forget(VIDEO.identity.sha256)

        assert store.add_video(video(2)) > first

    def test_lists_are_ordered_alike(self, any_db: str, store: Store):
        """Names are ordered by their bytes, whatever language the server sorts by."""
        names = ["b", "B", "a", "é", "A", "_", "Đ", "z"]
        for number, name in enumerate(names):
            store.add_video(replace(video(number + 10), place=replace(PLACE, location=name)))
        engine = connect(any_db)

        assert [one.location for one in list_videos(engine)] == sorted(names)
        assert [one.location for one in list_kept(engine)] == sorted(names)
        engine.dispose()

    def test_a_reader_cannot_write(self, any_db: str, store: Store):
        """Its connection is refused by the database itself."""
        finish(store)
        engine = connect(any_db)

        with engine.begin() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
            connection.execute(text("DELETE FROM faces"))
        engine.dispose()

    def test_other_tables_are_left_alone(self, any_db: str):
        """A database of another program is refused, to read and to write."""
        engine = engine_of(any_db)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE recipes (name TEXT)"))
        engine.dispose()

        for create in (False, True):
            with pytest.raises(StoreError, match="expected a database of fer-video; found other tables"):
                connect(any_db, create=create)

    def test_a_newer_database_is_refused(self, any_db: str, store: Store):
        """What a newer fer-video made is named so, to read and to write."""
        engine = engine_of(any_db)
        with engine.begin() as connection:
            connection.execute(text("UPDATE schema_version SET version = 99"))
        engine.dispose()

        for create in (False, True):
            with pytest.raises(StoreError, match=r"made by a newer fer-video \(schema 99"):
                connect(any_db, create=create)


def _add_video(stores: list[Store], record: VideoRecord, number: int) -> int:
    return stores[number].add_video(record)


def _add_run(stores: list[Store], number: int) -> int:
    return stores[number].add_run(Settings(), find_model(), f"gpu:{number}")


def _begin(stores: list[Store], key: tuple[int, int], number: int) -> None:
    stores[number].begin(*key)


def _add_chunk(stores: list[Store], key: tuple[int, int], number: int) -> bool:
    return stores[number].add_chunk(*key, 0, chunk())


def _tell(stores: list[Store], key: tuple[int, int], number: int) -> bool:
    return stores[number].tell_areas(key[0], AREAS, "a.toml")


def _call(
    stores: list[Store],
    method: Callable[[Store, tuple[int, int], str], object],
    key: tuple[int, int],
    token: str,
    number: int,
) -> object:
    return method(stores[number], key, token)


def _disturb(stores: list[Store], key: tuple[int, int], token: str, sha256: str, number: int) -> object:
    """One of six things that six do with the same analysis; that another one was quicker is an answer."""
    store = stores[number]
    works: list[Callable[[], object]] = [
        partial(store.finish, *key, schema.DONE, token=token, link=link_analysis),
        partial(store.discard, *key, token),
        partial(store.claim, *key),
        partial(store.begin, *key, token=token),
        partial(store.forget, sha256),
        partial(store.add_chunk, *key, 1, chunk(4), token),
    ]
    return _answer(works[number])


METHODS: dict[str, Callable[[Store, tuple[int, int], str], object]] = {
    "add_run": lambda store, key, token: store.add_run(Settings(), find_model(), "gpu:7"),
    "is_empty": lambda store, key, token: store.is_empty(key[1]),
    "add_video": lambda store, key, token: store.add_video(VIDEO),
    "placed": lambda store, key, token: store.placed(VIDEO.identity.sha256),
    "seen_at": lambda store, key, token: store.seen_at("a.mp4"),
    "when_forgotten": lambda store, key, token: store.when_forgotten("f" * 64),
    "take_back": lambda store, key, token: store.take_back("f" * 64),
    "told": lambda store, key, token: store.told(VIDEO.identity.sha256),
    "tell_areas": lambda store, key, token: store.tell_areas(key[0], AREAS, token),
    "progress": lambda store, key, token: store.progress(*key),
    "claim": lambda store, key, token: store.claim(*key),
    "holder": lambda store, key, token: store.holder(*key),
    "beat": lambda store, key, token: store.beat(),
    "begin": lambda store, key, token: store.begin(*key, force=True, reader=1),
    "add_chunk": lambda store, key, token: store.add_chunk(*key, 5, chunk(40)),
    "face_shapes": lambda store, key, token: store.face_shapes(*key),
    "followed": lambda store, key, token: store.followed(*key, count_tracklets),
    "overlapping": lambda store, key, token: store.overlapping(*key),
    "totals": lambda store, key, token: store.totals(*key),
    "finish": lambda store, key, token: store.finish(*key, schema.DONE, link=link_analysis),
    "release": lambda store, key, token: store.release(),
    "forget": lambda store, key, token: store.forget(VIDEO.identity.sha256),
    "discard": lambda store, key, token: _answer(lambda: store.discard(*key, token)),
    "close": lambda store, key, token: store.close(),
}
"""What the store can do, in an order in which each finds something to do."""


def _answer(work: Callable[[], object]) -> object:
    """That another one was quicker is an answer."""
    try:
        return work()
    except LostError as lost:
        return str(lost)


class TestTogether:
    """Several that do the same at the same moment come to what one comes to."""

    def test_six_first_starters(self, any_db: str):
        """On an empty database one makes the tables, and all six go on."""
        together(lambda _number: Store(any_db).close())

        assert rows_of(any_db, "SELECT count(*), max(version) FROM schema_version") == [(1, schema.SCHEMA_VERSION)]

    def test_six_add_the_same(self, any_db: str, store: Store):
        """One video, one run, one chunk, told areas once, and every device of the run."""
        stores = [Store(any_db) for _ in range(STARTERS)]
        for turn in range(5):
            videos = together(partial(_add_video, stores, video(100 + turn)))
            runs = together(partial(_add_run, stores))
            key = videos[0], runs[0]
            together(partial(_begin, stores, key))
            stored, told = together(partial(_add_chunk, stores, key)), together(partial(_tell, stores, key))

            assert (len(set(videos)), len(set(runs)), sum(stored), sum(told)) == (1, 1, 1, 1)
        for one in stores:
            one.close()

        devices = rows_of(any_db, "SELECT device FROM runs")[0][0].split(", ")
        assert sorted(devices) == [f"gpu:{number}" for number in range(STARTERS)]

    def test_six_of_every_method(self, any_db: str, store: Store):
        """Each method of the store, by six at the same moment, comes to its end without an error."""
        assert set(METHODS) == {name for name in vars(Store) if not name.startswith("_")}
        key, token = begin(store)
        store.add_chunk(*key, 0, chunk(), token)
        stores = [Store(any_db) for _ in range(STARTERS)]

        for method in METHODS.values():
            together(partial(_call, stores, method, key, token))

        assert rows_of(any_db, "SELECT count(*) FROM faces") == [(0,)]

    @pytest.mark.slow
    def test_one_of_six_processes_gets_the_lease(self, any_db: str, store: Store):
        """Whoever claims while others do is the only one; the others learn who has it."""
        key = store.add_video(VIDEO), store.add_run(Settings(), find_model(), "cpu")
        command = [sys.executable, str(Path(__file__).with_name("claim_target.py")), any_db, *map(str, key)]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(STARTERS)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("claim\n")
            process.stdin.flush()
        claimed = [process.stdout.readline().strip() for process in processes]
        for process in processes:
            process.communicate()

        assert sorted(claimed) == ["Holder"] * (STARTERS - 1) + ["Lease"]

    def test_six_end_discard_and_forget_without_an_error(self, any_db: str, store: Store):
        """Whatever six do with one video at the same moment, nobody waits for somebody who waits for him."""
        stores = [Store(any_db) for _ in range(STARTERS)]
        for turn in range(6):
            key, token = begin(store, video(turn + 1))
            store.add_chunk(*key, 0, chunk(), token)
            together(partial(_disturb, stores, key, token, video(turn + 1).identity.sha256))
        for one in stores:
            one.close()

        orphans = "SELECT count(*) FROM faces WHERE video_id NOT IN (SELECT id FROM videos)"
        assert rows_of(any_db, orphans) == [(0,)]

    def test_six_forget_at_once(self, any_db: str, store: Store):
        """Different videos of the same hours: none is counted twice or not at all."""
        for turn in range(STARTERS):
            finish(store, video(turn + 1))
        engines = [connect(any_db, writes=True) for _ in range(STARTERS)]
        kept = list_kept(engines[0])

        done = together(lambda number: forget(engines[number], [kept[number]], Order(keep_hourly=True)))
        for engine in engines:
            engine.dispose()

        assert sum(receipt.videos for receipt in done) == STARTERS
        assert rows_of(any_db, "SELECT count(*) FROM forgotten") == [(STARTERS,)]
        # All are of one camera and the same minutes; each was counted by a command of its own.
        assert [int(faces) for (faces,) in rows_of(any_db, "SELECT sum(faces) FROM kept_hours")] == [7 * STARTERS]
