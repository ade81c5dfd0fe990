"""Several commands on one folder: each video is read by one of them, and whoever dies or stops costs nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import write_video
from sharing import analyze_here, analyzing, count, end, rows, wait_until
from test_resume import digest

from pipeline.models.folder import find_model
from pipeline.records import Face, FrameReadings, Identity, Place, Pose, Reading, VideoRecord
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.leases import Holder, Lease, LostError, is_held, parse_holder, this_process
from pipeline.store.rows import now
from pipeline.store.standing import GapError, Streamed
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

ELSEWHERE = Holder("another-host", 7, "")
VIDEO = VideoRecord(Path("a.mp4"), Identity("sha", 100), Place("q", "d", "option", None, None, "UTC", "option"), None)
READING = Reading(Face(1, 2, 30, 40, 0.9, ()), (0.1, 0.0, 0.0, 0.6, 0.1, 0.1, 0.1), 100.0, Pose(0.1, -3.0, 0.5))
CHUNK = [FrameReadings(0, 0.0, None, (READING,))]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store."""
    with Store(str(tmp_path / "a.db")) as store:
        yield store


def _key(store: Store, video: VideoRecord = VIDEO) -> tuple[int, int]:
    return store.add_video(video), store.add_run(Settings(), find_model(), "cpu")


def _lease(store: Store, key: tuple[int, int], **options) -> Lease:
    lease = store.claim(*key, **options)
    assert isinstance(lease, Lease)
    return lease


def _write(db: str | Path, query: str, *values: object) -> None:
    with closing(sqlite3.connect(db, timeout=30)) as connection:
        connection.execute(query, values)
        connection.commit()


def _own(store: Store, holder: Holder, seconds_ago: float) -> None:
    """Make somebody else the holder of every analysis, heard of so long ago."""
    beat = (now() - timedelta(seconds=seconds_ago)).isoformat(" ")
    _write(store.db, "UPDATE analyses SET owner = ?, beat_at = ?", holder.stored, beat)


def _ended_process() -> Holder:
    """One of this machine that is gone."""
    process = subprocess.Popen(["true"])
    process.wait()
    return replace(this_process(), pid=process.pid)


def test_who_holds_a_video():
    """A holder is left alone while it is heard of, and lives as far as is known; a reused number is another process."""
    me, moment = this_process(), now()
    other = Holder(me.host, os.getppid(), "")

    assert parse_holder(me.stored) == me
    assert parse_holder(None) is None
    assert not me.is_gone()
    assert _ended_process().is_gone()
    assert replace(me, mark=f"{me.mark.rpartition('/')[0]}/1").is_gone()
    assert not ELSEWHERE.is_gone()
    assert is_held(ELSEWHERE.stored, moment - timedelta(seconds=100), moment)
    assert is_held(other.stored, moment, moment)
    assert not is_held(ELSEWHERE.stored, moment - timedelta(seconds=121), moment)
    assert not is_held(ELSEWHERE.stored, moment + timedelta(hours=1), moment)
    assert not is_held(_ended_process().stored, moment, moment)


def test_a_lease_is_respected_until_it_runs_out(store: Store):
    """Another's lease is not taken while it beats; when it has run out it is, and the earlier holder is refused."""
    key = _key(store)
    first = _lease(store, key)
    store.begin(*key, token=first.token)
    _own(store, ELSEWHERE, 60)

    assert store.claim(*key) == ELSEWHERE == store.holder(*key)
    _own(store, ELSEWHERE, 121)
    assert store.holder(*key) is None
    second = _lease(store, key)

    assert second.deaths == 1
    for write in (
        lambda: store.begin(*key, token=first.token),
        lambda: store.add_chunk(*key, 0, CHUNK, first.token),
        lambda: store.finish(*key, schema.DONE, token=first.token),
        lambda: store.discard(*key, first.token),
    ):
        with pytest.raises(LostError, match=r"another fer-video .* took this video over"):
            write()
    assert store.add_chunk(*key, 0, CHUNK, second.token)


def test_a_chunk_clears_the_deaths(store: Store):
    """What counts is deaths without a new chunk: one that is stored begins anew, and Ctrl-C is no death."""
    key = _key(store)
    store.begin(*key, token=_lease(store, key).token)
    for deaths in (1, 2):
        _own(store, _ended_process(), 1)
        assert store.progress(*key).deaths == deaths
        lease = _lease(store, key)
        assert lease.deaths == deaths

    store.add_chunk(*key, 0, CHUNK, lease.token)
    store.release()

    assert _lease(store, key).deaths == 0


def test_what_never_began_leaves_no_row(store: Store):
    """A lease that is given back before the video was begun, as where the networks cannot be opened, leaves nothing."""
    _lease(store, _key(store))

    store.release()

    assert rows(Path(store.db), "SELECT * FROM analyses") == []


def test_force_takes_a_lease_in_any_case(store: Store):
    """By force the token is renewed, whoever holds it."""
    key = _key(store)
    _lease(store, key)
    _own(store, ELSEWHERE, 0)

    assert _lease(store, key, steal=True).deaths == 0


def test_rows_that_are_gone_are_that_videos_end(store: Store):
    """Chunk, end and claim of a video that another process deleted say so, in place of a broken key."""
    key = _key(store)
    token = _lease(store, key).token
    store.forget("sha")

    with pytest.raises(LostError, match="deleted"):
        store.add_chunk(*key, 0, CHUNK, token)
    with pytest.raises(LostError, match="deleted"):
        store.add_chunk(*key, 0, CHUNK)
    with pytest.raises(LostError, match="deleted"):
        store.finish(*key, schema.DONE, token=token)
    with pytest.raises(LostError, match="deleted"):
        store.claim(*key)


def test_done_needs_every_chunk(store: Store):
    """An analysis of which a chunk or a frame is missing cannot be finished as whole."""
    key = _key(store)
    token = _lease(store, key).token
    store.begin(*key, token=token)
    store.add_chunk(*key, 1, CHUNK, token)

    with pytest.raises(GapError, match="stored: 1 frame in 1 part; read: 2 parts"):
        store.finish(*key, schema.DONE, token=token, streamed=Streamed(0, 2, 2))
    store.add_chunk(*key, 0, [replace(CHUNK[0], index=5)], token)
    store.finish(*key, schema.DONE, token=token, streamed=Streamed(0, 2, 2))

    assert store.progress(*key).status == "done"


def test_a_beat_keeps_a_lease(store: Store):
    """While no chunk is due the holder is heard of by its beat."""
    key = _key(store)
    lease = _lease(store, key)
    _write(store.db, "UPDATE analyses SET beat_at = '2024-01-01 00:00:00'")

    store.beat()

    assert rows(Path(store.db), "SELECT token, beat_at > '2026' FROM analyses") == [(lease.token, 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of several chunks."""
    folder = tmp_path_factory.mktemp("videos")
    for name, frames in (("one", 200), ("two", 250)):
        write_video(folder / f"{name}.mp4", frames, 10)
    return folder


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> dict[str, tuple[int, str]]:
    """The rows of a run that nothing disturbed."""
    db = tmp_path_factory.mktemp("whole") / "whole.db"
    analyze_here(folder, db)
    return digest(db)


@pytest.mark.slow
def test_two_commands_share_a_folder(tmp_path: Path, folder: Path, unbroken):
    """Two commands at once read each video once, both end well, and say of the other's what that made of it."""
    db = tmp_path / "shared.db"
    with analyzing(folder, db, "-v", slow_ms=120) as first:
        wait_until(lambda: count(db, "chunks") >= 1)
        with analyzing(folder, db, "-v") as second:
            said = [end(first), end(second)]

    told = "\n".join(said)
    assert digest(db) == unbroken
    assert f"being analysed by another fer-video ({this_process().host}, process {first.pid})" in told
    # Each was announced once: read once.
    assert told.count("[1/2]") + told.count("[2/2]") == 2
    assert sum(": done already" in line for line in told.splitlines() if " INFO " not in line) == 2


@pytest.mark.slow
def test_a_killed_command_is_taken_over_at_once(tmp_path: Path, folder: Path, unbroken):
    """Whoever waits for a video whose reader is killed goes on behind its last chunk."""
    db = tmp_path / "shared.db"
    with analyzing(folder, db, slow_ms=150) as first:
        wait_until(lambda: count(db, "chunks") >= 1)
        with analyzing(folder, db) as second:
            wait_until(lambda: count(db, "chunks WHERE video_id = 2") >= 4)
            first.kill()
            said = end(second)

    assert digest(db) == unbroken
    assert "one.mp4, going on after " in said


@pytest.mark.slow
def test_force_beside_a_stopped_command(tmp_path: Path, folder: Path, unbroken):
    """Stopped at two chunks, overtaken by --force that is killed: whoever goes on gives the rows of an unbroken run."""
    db = tmp_path / "shared.db"
    with analyzing(folder, db, slow_ms=10) as first:
        wait_until(lambda: count(db, "chunks") >= 2)
        first.send_signal(signal.SIGSTOP)
        with analyzing(folder, db, "--force", slow_ms=40) as second:
            wait_until(lambda: count(db, "chunks") == 1)
            second.kill()
            second.wait()
        first.send_signal(signal.SIGCONT)
        said = end(first)

    assert "took this video over" in said
    assert digest(db) == unbroken


@pytest.mark.slow
def test_two_commands_on_a_recording_that_grows(tmp_path: Path, folder: Path):
    """A second command reads the longer file and deletes the shorter one's rows: the first takes that, and goes on."""
    folder = Path(shutil.copytree(folder, tmp_path / "videos"))
    db, growing = tmp_path / "shared.db", folder / "a.ts"
    content = write_video(growing, 250, 10).read_bytes()
    growing.write_bytes(content[: len(content) * 3 // 4 // 188 * 188])
    with analyzing(folder, db, slow_ms=40) as first:
        wait_until(lambda: count(db, "chunks") >= 1)
        growing.write_bytes(content)
        with analyzing(folder, db) as second:
            end(second)
        said = end(first)

    assert "a.ts: its rows were deleted meanwhile" in said
    assert rows(db, "SELECT path LIKE '%a.ts', status, count(*) FROM videos GROUP BY 1, 2") == [
        (0, "done", 2),
        (1, "done", 1),
    ]


@pytest.mark.slow
def test_status_says_who_is_at_work(tmp_path: Path, folder: Path, fer_video):
    """What another command works on is told with its process, and what nobody works on is told without."""
    db = tmp_path / "shared.db"
    with analyzing(folder, db, slow_ms=150) as first:
        wait_until(lambda: count(db, "chunks") >= 1)
        busy = fer_video("status", "--db", db).stdout
        first.kill()
        first.wait()

    assert f"being analysed by {this_process().host}, process {first.pid}" in " ".join(busy.split())
    assert "being analysed" not in fer_video("status", "--db", db).stdout


@pytest.mark.slow
def test_a_video_on_which_the_program_ended_comes_last(tmp_path: Path, folder: Path):
    """What the program did not survive is tried alone, behind the others, so that it costs them nothing."""
    db = tmp_path / "a.db"
    with analyzing(folder, db, slow_ms=1000) as process:
        wait_until(lambda: rows(db, "SELECT 1 FROM analyses WHERE reader AND owner IS NOT NULL"))
        process.kill()
        process.wait()
    with analyzing(folder, db) as again:
        said = end(again)

    assert "one.mp4: the program ended while it read this video; it is tried alone" in said
    assert said.index("two.mp4: done") < said.index("one.mp4: done")
    assert rows(db, "SELECT DISTINCT status, attempts, owner FROM analyses") == [("done", 0, None)]


def test_three_deaths_are_enough(tmp_path: Path, store: Store):
    """A video on which the program ended three times has failed for that reason, and is not tried at every rerun."""
    video, db = write_video(tmp_path / "one.mp4", 100, 10), Path(store.db)
    analyze_here(video, db)
    _write(db, "DELETE FROM chunks")
    _write(db, "DELETE FROM faces")
    _write(db, "DELETE FROM frames")
    _write(db, "UPDATE analyses SET status = 'running', finished_at = NULL, attempts = 2, token = 'x'")
    _own(store, _ended_process(), 1)

    for _ in range(2):
        said = analyze_here(video, db, code=4)
        assert "the program ended 3 times while it read this video; --force tries it again" in said
    analyze_here(video, db, "--force")

    assert rows(db, "SELECT status, attempts, owner, token FROM analyses") == [("done", 0, None, None)]
