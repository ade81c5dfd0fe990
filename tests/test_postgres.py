"""A PostgreSQL server that refuses, is started again or drops connections: a line in its own terms, and no row lost."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from contents import digest_of
from fakes import write_video
from fixtures_postgres import empty_database, rows_of
from sharing import analyzing, end, wait_until
from test_contract_store import VIDEO, begin, chunk

from pipeline.errors import StoreError
from pipeline.models.folder import find_model
from pipeline.settings import Settings
from pipeline.store import patience
from pipeline.store.database import connect
from pipeline.store.naming import shown
from pipeline.store.patience import Patience
from pipeline.store.postgres import check_version
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fixtures_postgres import Server

postgres = pytest.mark.postgres


@pytest.mark.parametrize(
    ("db", "text"),
    [
        ("postgresql://me:hunter@host/x", "postgresql://me:***@host/x"),
        ("postgresql://me@host/x?password=hunter", "postgresql://me@host/x?password=***"),
        ("postgresql://me@host/x?sslpassword=hunter", "postgresql://me@host/x?sslpassword=***"),
        ("postgresql+psycopg://me:hun%40ter@host/x", "postgresql+psycopg://me:***@host/x"),
        ("postgresql://me:hun@ter@host/x", "postgresql://***@host/x"),
        ("postgresql://me:hunter@host:port/x", "postgresql://***@host:port/x"),
        ("postgresql://me:hun/ter@host/x", "postgresql://me:***@host/x"),
        ("a.db", "a.db"),
    ],
)
def test_no_password_is_shown(db: str, text: str):
    """Wherever in a URL it stands, and where the URL cannot be read, it is not printed, nor is any part of it."""
    assert shown(db) == text


@pytest.mark.parametrize(
    "db",
    [
        "postgresql://me:secret@host:port/x",
        "postgresql://me:sec@secret@host/x",
        "nosuch://me:secret@host/x",
        "://me:secret@x",
    ],
)
def test_what_is_no_url_says_so_without_its_password(db: str):
    """The message says what would be one."""
    with pytest.raises(StoreError, match="expected a path") as caught:
        connect(db)
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch):
    """It is asked for a few seconds, as it may be starting; then the message says what to check."""
    monkeypatch.setattr("pipeline.store.database.AWAY_S", 0.5)
    told: list[str] = []

    with pytest.raises(
        StoreError, match=r"the server does not answer\. Check that it runs, and host and port"
    ) as caught:
        Store("postgresql://me:secret@127.0.0.1:1/x", patience=Patience(on_lost=told.append))

    assert len(told) == 1
    assert "secret" not in f"{caught.value}{told}"


def test_an_old_server_is_refused():
    """Triggers can be replaced from version 14 on; an older one says so, not that a statement is wrong."""
    check_version("a", (14, 0))

    with pytest.raises(StoreError, match=r"a: expected PostgreSQL 14 or newer; found 13\.4\. Nothing was changed"):
        check_version("a", (13, 4))


@pytest.fixture
def guarded(postgres_server: Server) -> Iterator[Callable[[str, str], str]]:
    """URLs of a user whose password is asked for, by password and database."""
    rules = postgres_server.folder / "data" / "pg_hba.conf"
    before = rules.read_text("ascii")
    postgres_server.execute("CREATE ROLE guest LOGIN PASSWORD 'secret'")
    rules.write_text("local all guest scram-sha-256\n" + before, "ascii")
    postgres_server.ctl("reload")
    yield lambda password, name: postgres_server.url(name, f"guest:{password}")
    rules.write_text(before, "ascii")
    postgres_server.ctl("reload")
    postgres_server.execute("DROP ROLE guest")


@postgres
def test_refusals_are_told_in_the_servers_terms(postgres_db: str, guarded: Callable[[str, str], str], fer_video: Any):
    """A wrong password, a missing database, missing rights: each says what to do, and none shows the password."""
    name = postgres_db.split("/")[3].partition("?")[0]
    refusals = {
        guarded("secret2", name): "the server refuses this user or password",
        guarded("secret", "nowhere"): "the server has no such database. Make it with 'createdb'",
        guarded("secret", name): "this user may not do that. Grant it CREATE on the schema",
    }

    for url, message in refusals.items():
        done = fer_video("analyze", "--db", url, "--verbose", "--log-file", "log.txt", ".")
        with pytest.raises(StoreError, match=message) as caught:
            Store(url)
        assert "secret" not in f"{caught.value}{done.stdout}{done.stderr}"


@postgres
def test_a_database_without_our_tables_is_told(postgres_db: str, fer_video: Any):
    """Who reads makes none, in any command."""
    for command in (["status"], ["report"], ["forget", "--location", "x"], ["privacy"], ["upgrade"]):
        done = fer_video(*command, "--db", postgres_db)
        assert (done.returncode, "it has none of its tables" in done.stderr) == (5, True), command


def drop_connections(db: str) -> int:
    """End every other connection to a database, as an administrator would; how many there were."""
    return sum(
        bool(ended)
        for (ended,) in rows_of(
            db,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    )


@postgres
def test_a_dropped_connection_is_made_again(postgres_db: str):
    """What was to be stored is stored as soon as the server answers; it is said once, and nothing twice."""
    told: list[str] = []
    with Store(postgres_db, patience=Patience(on_lost=told.append)) as store:
        key, token = begin(store)
        for number in range(5):
            assert drop_connections(postgres_db) == 1
            store.add_chunk(*key, number, chunk(4 * number), token)

        assert store.totals(*key).frames == 20
    assert len(told) == 5


@postgres
def test_what_was_stored_though_the_answer_was_lost_is_found(postgres_db: str, monkeypatch: pytest.MonkeyPatch):
    """A connection that breaks in the moment of the commit: what is tried again was done already, and ends well."""
    with Store(postgres_db, patience=Patience()) as store:
        engine: Any = store._engine
        real = engine.dialect.do_commit
        lost: list[int] = []

        def commit_and_break(connection: Any) -> None:
            real(connection)
            if lost:
                lost.pop()
                pid = connection.dbapi_connection.info.backend_pid
                rows_of(postgres_db, f"SELECT pg_terminate_backend({pid})")
                time.sleep(0.2)
                connection.dbapi_connection.execute("SELECT 1")

        monkeypatch.setattr(engine.dialect, "do_commit", commit_and_break)

        def losing(work: Callable[[], Any]) -> Any:
            lost.append(1)
            done = work()
            assert not lost
            return done

        video_id = losing(lambda: store.add_video(VIDEO))
        run_id = losing(lambda: store.add_run(Settings(), find_model(), "cpu"))
        lease: Any = losing(lambda: store.claim(video_id, run_id))
        losing(lambda: store.begin(video_id, run_id, token=lease.token))
        losing(lambda: store.add_chunk(video_id, run_id, 0, chunk(), lease.token))
        losing(lambda: store.finish(video_id, run_id, "done", token=lease.token))
        other: Any = store.claim(video_id, run_id)
        losing(lambda: store.discard(video_id, run_id, other.token))

    commands = [command for (command,) in rows_of(postgres_db, "SELECT command FROM events")]
    assert commands == ["analyze"]
    assert rows_of(postgres_db, "SELECT count(*) FROM videos") == [(0,)]


@postgres
def test_patience_with_a_server_ends(postgres_server: Server, monkeypatch: pytest.MonkeyPatch):
    """When it was waited long enough the message says so; the pauses grow, and the first word is the only one."""
    monkeypatch.setattr(patience, "PAUSE_S", 0.05)
    told: list[str] = []
    with (
        empty_database(postgres_server) as url,
        Store(url, patience=Patience(lost_seconds=1.0, on_lost=told.append)) as store,
    ):
        postgres_server.ctl("stop", "-m", "immediate")
        try:
            began = time.monotonic()
            with pytest.raises(StoreError, match=r"waited 1 s: the server does not answer"):
                store.add_video(VIDEO)
            assert 0.9 < time.monotonic() - began < 60
        finally:
            postgres_server.ctl("start")

    assert len(told) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two videos of 150 and 200 frames."""
    (tmp_path / "videos").mkdir()
    for name, frames in (("one", 150), ("two", 200)):
        write_video(tmp_path / "videos" / f"{name}.mp4", frames, 10)
    return tmp_path / "videos"


def expected(folder: Path) -> dict[str, tuple[int, str]]:
    """What SQLite holds behind an unbroken run."""
    db = folder.parent / "whole.db"
    with analyzing(folder, db, slow_ms=0) as process:
        end(process)
    return digest_of(str(db))


def harm_while_running(folder: Path, db: str, harm: Callable[[], object], times: int) -> str:
    """Analyse while something is done again and again, until it was done so often; what the last command said."""
    done = 0
    said = ""
    while done < times:
        with analyzing(folder, db, "--force", slow_ms=8) as process:
            wait_until(lambda: bool(rows_of(db, "SELECT 1 FROM pg_tables WHERE tablename = 'chunks'")))
            while process.poll() is None and done < times:
                harm()
                done += 1
                time.sleep(0.3)
            said = end(process)
    return said


@pytest.mark.slow
@postgres
def test_a_server_that_is_started_again_costs_nothing(postgres_server: Server, postgres_db: str, folder: Path):
    """A crash of the server in the middle of a batch: the command says so once and ends in SQLite's rows."""
    said = harm_while_running(folder, postgres_db, lambda: postgres_server.ctl("restart", "-m", "immediate"), 1)

    assert said.count("the server does not answer; trying again for 10 minutes") == 1
    assert digest_of(postgres_db) == expected(folder)


@pytest.mark.slow
@pytest.mark.campaign
@postgres
def test_ten_crashes_and_twenty_dropped_connections(postgres_server: Server, folder: Path):
    """Ten crashes of the server, and twenty times all connections dropped: no error, and SQLite's rows each time."""
    wanted = expected(folder)
    with empty_database(postgres_server) as url:
        harm_while_running(folder, url, lambda: postgres_server.ctl("restart", "-m", "immediate"), 10)
        assert digest_of(url) == wanted
    with empty_database(postgres_server) as url:
        harm_while_running(folder, url, lambda: drop_connections(url), 20)
        assert digest_of(url) == wanted


@pytest.mark.slow
@postgres
def test_two_commands_share_a_folder(postgres_db: str, folder: Path):
    """Each video is read by one of them, and the rows are SQLite's."""
    with analyzing(folder, postgres_db) as first, analyzing(folder, postgres_db) as second:
        ends = [threading.Thread(target=end, args=(process,)) for process in (first, second)]
        for one in ends:
            one.start()
        for one in ends:
            one.join()

    assert digest_of(postgres_db) == expected(folder)
