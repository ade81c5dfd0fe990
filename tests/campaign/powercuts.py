"""Power cuts: a database as a disk may hold it then opens, is whole, and goes on to the rows of an unbroken run.

What each recorded command wrote is played to a disk up to a random call; then the power goes.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from command import PROGRAM
from fakes import write_video
from sharing import TARGET
from test_resume import digest

from pipeline.errors import FerVideoError
from pipeline.store.database import upgrade
from pipeline.video.decoding import Decoder

from .results import Result
from .resuming import resume
from .syscalls import Call, Disk, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FILMS = {"one": 140, "two": 90, "three": 70}
"""Names and frames; a chunk has 64."""

DB = "a.db"
OLD = Path(__file__).parent.parent / "version4.sql"

State: TypeAlias = "tuple[str, ...]"
"""All that a database holds, as SQL."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a command did, and what it was to come to.

    Attributes:
        name: for the table.
        before: the files that were there.
        calls: what it asked of the disk.
        commits: what the database held after each of its transactions, the state before the first one in front.
        committed: how many transactions had ended before each call.
        finish: brings a database to its end.
        ending: what is then compared, of an unbroken run.
    """

    name: str
    before: dict[str, bytes]
    calls: Sequence[Call]
    commits: Sequence[State]
    committed: Sequence[int]
    finish: Callable[[Path], object]
    ending: Callable[[Path], object]
    expected: object


def run(seed: int, count: int, folder: Path) -> Iterator[Result]:
    """So many cuts, in turn through the recordings.

    Raises:
        FileNotFoundError: strace is not installed.
    """
    with Decoder() as decoder:
        recordings = list(_record_all(folder, random.Random(seed), decoder))
        for number in range(count):
            one = recordings[number % len(recordings)]
            place = folder / str(number)
            place.mkdir()
            yield _try_cut(one, random.Random(f"{seed}/{number}"), place, f"seed {seed}, {number}")
            shutil.rmtree(place)


def _try_cut(one: Recording, rng: random.Random, place: Path, which: str) -> Result:
    """Cut the power once."""
    at = rng.randrange(len(one.calls) + 1)
    disk = Disk(one.before)
    for call in one.calls[:at]:
        disk.do(call)
    files, said = disk.cut(rng)
    for name, content in files.items():
        (place / name).write_bytes(content)
    wrong = "; ".join(_judge(one, place, one.committed[at]))
    what = f"{which}: {at} of {len(one.calls)} calls; {said}"
    return Result(one.name, what, "a whole database, no older than one transaction", wrong, ok=not wrong)


def _judge(one: Recording, place: Path, done: int) -> Iterator[str]:
    """What is wrong with what is found after a cut."""
    if (place / DB).is_file():
        copy = Path(shutil.copytree(place, place / "copy")) / DB
        try:
            state = _read(copy)
        except sqlite3.Error as error:
            yield f"SQLite says {error}"
            return
        # `synchronous=FULL` does not sync the folder behind a commit, so that the last one may be taken back.
        if state not in one.commits[max(0, done - 1) : done + 1]:
            then = one.commits.index(state) if state in one.commits else "none"
            yield f"the state after transaction {then}, where {done} were done"
    elif done > 1:
        yield f"no database, though {done} transactions were done"
    try:
        one.finish(place / DB)
    except FerVideoError as error:
        yield f"it does not go on: {error}"
    else:
        if one.ending(place / DB) != one.expected:
            yield "other rows at the end"


def _read(db: Path) -> State:
    """All that a database holds; a journal that is left is rolled back first.

    Raises:
        sqlite3.Error: it is damaged.
    """
    with closing(sqlite3.connect(db)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        if connection.execute("PRAGMA foreign_key_check").fetchall():
            raise sqlite3.DatabaseError("rows without those that they belong to")
        return tuple(connection.iterdump())


def _read_rows(db: Path) -> State:
    """The same without the log, which says when the upgrade was."""
    return tuple(line for line in _read(db) if not line.startswith('INSERT INTO "events"'))


def _record_all(folder: Path, rng: random.Random, decoder: Decoder) -> Iterator[Recording]:
    """A first analysis, one by force over it, one that goes on after a cut, and an old database brought up to date."""
    videos = folder / "videos"
    videos.mkdir()
    for name, frames in FILMS.items():
        write_video(videos / f"{name}.mp4", frames, 10)
    analyze = [*TARGET, str(videos), "--fps", "10", "--quiet"]

    def finish(db: Path) -> object:
        return resume(videos, db, decoder)

    first = _record("a first analysis", analyze, {}, folder, (finish, digest))
    yield first
    yield _record("an analysis by force", [*analyze, "--force"], _ends(first), folder, (finish, digest))
    yield _record("going on after a cut", analyze, _cut_in_work(first, rng), folder, (finish, digest))
    upgrades = [*PROGRAM, "upgrade"]
    yield _record("an upgrade", upgrades, {DB: _old(folder)}, folder, (lambda db: upgrade(str(db)), _read_rows))


def _record(
    name: str,
    command: Sequence[str],
    before: dict[str, bytes],
    folder: Path,
    ends: tuple[Callable[[Path], object], Callable[[Path], object]],
) -> Recording:
    """Record a command; `ends` is how a database is brought to its end, and what is then compared."""
    finish, ending = ends
    place = folder / name.replace(" ", "-")
    place.mkdir()
    for file, content in before.items():
        (place / file).write_bytes(content)
    env = {**os.environ, "SLOW_MS": "0", "FER_VIDEO_MODELS": str(folder / "models")}
    calls = record([*command, "--db", str(place / DB)], place / DB, env)
    commits, committed = _replay(before, calls, folder / "replayed")
    if commits[-1] != _read(place / DB):
        raise RuntimeError(f"{name}: what was recorded is not what the database holds")
    return Recording(name, before, calls, commits, committed, finish, ending, ending(place / DB))


def _replay(before: dict[str, bytes], calls: Sequence[Call], place: Path) -> tuple[list[State], list[int]]:
    """What the database held at first and behind each transaction, and how many had ended before each call."""
    disk = Disk(before)
    commits, committed = [_state(disk, place)], [0]
    for call in calls:
        disk.do(call)
        if call.kind == "unlink":
            commits.append(_state(disk, place))
        committed.append(len(commits) - 1)
    return commits, committed


def _state(disk: Disk, place: Path) -> State:
    """What the files hold as programs see them."""
    place.mkdir()
    for name, content in disk.whole().items():
        (place / name).write_bytes(content)
    try:
        return _read(place / DB)
    finally:
        shutil.rmtree(place)


def _ends(recording: Recording) -> dict[str, bytes]:
    disk = Disk(recording.before)
    for call in recording.calls:
        disk.do(call)
    return disk.whole()


def _cut_in_work(recording: Recording, rng: random.Random) -> dict[str, bytes]:
    """Files with a journal that has to be rolled back: cut behind a sync of the database itself."""
    synced = [at for at, call in enumerate(recording.calls) if (call.kind, call.name) == ("sync", DB)]
    disk = Disk(recording.before)
    for call in recording.calls[: rng.choice(synced[len(synced) // 2 :])]:
        disk.do(call)
    files, _ = disk.cut(rng)
    return files


def _old(folder: Path) -> bytes:
    """A database of an older version with rows in it."""
    path = folder / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLD.read_text("utf-8"))
    return path.read_bytes()
