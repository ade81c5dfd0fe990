"""The campaigns themselves: a try of each kind, and that the disk which loses its power shows what it should."""

from __future__ import annotations

import random
import shutil
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest
from campaign import inputs, kills, mutations, powercuts, syscalls
from campaign.footage import FILMS, make
from campaign.results import explain
from campaign.syscalls import Call, Disk
from fakes import write_video
from fixtures_video import split_end

from pipeline.errors import DecoderLostError
from pipeline.video.decoding import Decoder
from pipeline.video.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute(f"PRAGMA synchronous={sys.argv[2]}")
db.execute("CREATE TABLE t (x)")
for number in range(30):
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO t VALUES (zeroblob(9000))")
    db.execute("COMMIT")
"""

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")


def test_the_same_seed_makes_the_same_inputs(tmp_path: Path) -> None:
    """An input can be made again from its seed and its number, byte by byte."""
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        contents.append(inputs.put(5, 1, tmp_path / name).path.read_bytes())

    assert contents[0] == contents[1]


def test_every_mutation_changes_something() -> None:
    """No harm leaves a film as it was."""
    film = make(next(kind for kind in FILMS if kind.name == "avi mjpeg"))
    for name, mutate in mutations.MUTATIONS.items():
        changed = bytearray(film)
        mutate(changed, random.Random(7))
        assert bytes(changed) != film, name


def test_a_disk_keeps_what_was_synced() -> None:
    """A name is sure when its folder was synced, content when its file was; the rest may be lost."""
    calls = [
        Call("create", "a"), Call("write", "a", 0, b"kept"), Call("sync", "a"), Call("sync names"),
        Call("write", "a", 4, b" or not"), Call("create", "b"), Call("unlink", "a"),
    ]  # fmt: skip
    found = set()
    for seed in range(200):
        disk = Disk({})
        for call in calls:
            disk.do(call)
        files, _ = disk.cut(random.Random(seed))
        assert "a" not in files or files["a"].startswith(b"kept")
        found.add(tuple(sorted(files)))

    assert found == {("a",), ("a", "b"), ("b",)}


@needs_strace
@pytest.mark.slow
def test_the_disk_tells_careful_writers_from_others(tmp_path: Path) -> None:
    """What SQLite writes with `synchronous=FULL` is whole after 200 cuts each; without syncs some are damaged."""
    damaged = {}
    for mode in ("FULL", "OFF"):
        db = tmp_path / f"{mode}.db"
        calls = syscalls.record([sys.executable, "-c", WRITER, str(db), mode], db, {})
        damaged[mode] = sum(not _is_whole(calls, db.name, seed, tmp_path / "cut") for seed in range(200))

    assert damaged["FULL"] == 0
    assert damaged["OFF"] > 10


def _is_whole(calls: Sequence[Call], name: str, seed: int, place: Path) -> bool:
    rng = random.Random(seed)
    disk = Disk({})
    for call in calls[: rng.randrange(len(calls) + 1)]:
        disk.do(call)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for file, content in disk.cut(rng)[0].items():
        (place / file).write_bytes(content)
    connection = sqlite3.connect(place / name)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def test_frames_that_no_decoder_gives_are_told(tmp_path: Path) -> None:
    """Damage in the last packet makes threads drop what they hold: every frame that is listed is one, or a problem."""
    path = inputs.put(78, 1, tmp_path).path

    frames, damage = split_end(Reader(path).sample(None))

    assert [frame.index for frame in frames] == list(range(22))
    lost = [frame for frame in frames if frame.image is None]
    assert lost
    assert damage is not None
    assert damage.startswith(f"{len(lost)} frame")


def test_frames_out_of_order_are_told(tmp_path: Path) -> None:
    """Where damage has changed the order of frames, those that came too late are counted."""
    _, damage = split_end(Reader(inputs.put(20, 1, tmp_path).path).sample(None))

    assert damage == "1 frame came out of order and could not be used"


def test_decoders_that_end_at_once_cost_their_video_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that is gone before it was asked anything is a lost one, and no error that ends the batch."""
    path = write_video(tmp_path / "a.mp4", 10)
    monkeypatch.setattr(sys, "executable", shutil.which("true"))

    with Decoder() as decoder, pytest.raises(DecoderLostError, match="the decoder crashed on it"):
        decoder.probe(path)


@pytest.mark.slow
@pytest.mark.campaign
def test_a_batch_of_hostile_inputs(tmp_path: Path) -> None:
    """Sixteen inputs of another seed come out as expected."""
    assert not list(explain(inputs.try_batch(7, range(16), tmp_path / "batch")))


@pytest.mark.slow
@pytest.mark.campaign
def test_some_kills(tmp_path: Path) -> None:
    """Four signals change no row."""
    assert not list(explain(list(kills.run(7, 4, tmp_path))))


@needs_strace
@pytest.mark.slow
@pytest.mark.campaign
def test_some_power_cuts(tmp_path: Path) -> None:
    """Twenty cuts leave whole databases that go on."""
    assert not list(explain(list(powercuts.run(7, 20, tmp_path))))
