"""Damaged databases: each is refused in one line with exit 5, or what was damaged holds nothing that a report reads."""

from __future__ import annotations

import random
import shutil
import sqlite3
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

from command import call
from fixtures_reports import Clip, make_database

from .results import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLIPS = [Clip(f"{at}.mp4", f"shop {at % 2}", f"camera {at}", seconds=120, faces_per_frame=1.5) for at in range(4)]

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("status", "--json"),
    ("report", "--json", "-"),
    ("report", "--faces", "rows.csv", "-q"),
)


def damage(db: Path, seed: int) -> str:
    """Damage an SQLite file in place, as failing disks, cut copies and other programs do; what was done, in words.

    Args:
        db: the file; nobody may have it open.
        seed: another number, another damage.
    """
    rng = random.Random(seed)
    kind = _KINDS[seed % len(_KINDS)]
    return f"{kind.__name__.removeprefix('_').replace('_', ' ')}: {kind(db, rng)}"


def _flipped_bytes(db: Path, rng: random.Random) -> str:
    content = bytearray(db.read_bytes())
    places = sorted(rng.randrange(len(content)) for _ in range(rng.choice((1, 4, 64, 1024))))
    for place in places:
        content[place] ^= rng.randrange(1, 256)
    db.write_bytes(content)
    return f"{len(places)} from {places[0]} on"


def _zeroed_page(db: Path, rng: random.Random) -> str:
    content, page = bytearray(db.read_bytes()), _page_size(db)
    number = rng.randrange(len(content) // page)
    content[number * page : (number + 1) * page] = bytes(page)
    db.write_bytes(content)
    return f"number {number + 1}"


def _swapped_pages(db: Path, rng: random.Random) -> str:
    content, page = bytearray(db.read_bytes()), _page_size(db)
    one, two = rng.sample(range(len(content) // page), 2)
    first, second = (slice(number * page, (number + 1) * page) for number in (one, two))
    content[first], content[second] = content[second], content[first]
    db.write_bytes(content)
    return f"{one + 1} and {two + 1}"


def _cut(db: Path, rng: random.Random) -> str:
    content = db.read_bytes()
    left = rng.randrange(1, len(content))
    db.write_bytes(content[:left])
    return f"{left} of {len(content)} bytes left"


def _repeated_page(db: Path, rng: random.Random) -> str:
    content, page = bytearray(db.read_bytes()), _page_size(db)
    one, two = rng.sample(range(len(content) // page), 2)
    content[two * page : (two + 1) * page] = content[one * page : (one + 1) * page]
    db.write_bytes(content)
    return f"{one + 1} in place of {two + 1}"


def _impossible_values(db: Path, rng: random.Random) -> str:
    """What SQLite stores without a word, and no analysis writes."""
    statement = rng.choice(_VALUES)
    with sqlite3.connect(db) as connection:
        connection.execute(statement)
    connection.close()
    return statement


_KINDS: tuple[Callable[[Path, random.Random], str], ...] = (
    _flipped_bytes, _zeroed_page, _swapped_pages, _cut, _repeated_page, _impossible_values,
)  # fmt: skip

_VALUES = (
    "UPDATE videos SET started_at = '2024-13-45 99:00:00' WHERE id = 2",
    "UPDATE videos SET started_at = 20240326 WHERE id = 2",
    "UPDATE videos SET path = CAST(x'ff41fe' AS TEXT) WHERE id = 1",
    "UPDATE videos SET location = x'00ff' WHERE id = 1",
    "UPDATE videos SET status = 'd\u00f6ne'",
    "UPDATE analyses SET status = 'dome'",
    "UPDATE runs SET settings = '{\"min_face_px\": 2'",
    "UPDATE runs SET settings = '[]'",
    "UPDATE runs SET created_at = '0000-00-00 00:00:00'",
    "UPDATE runs SET model_card = x'fffe'",
    "UPDATE frames SET timestamp_s = 1e300 WHERE frame_index = 25",
    "UPDATE frames SET timestamp_s = 'soon' WHERE frame_index = 25",
    "UPDATE frames SET faces = 9223372036854775807 WHERE frame_index = 25",
    "UPDATE faces SET p_happy = 7 WHERE frame_index = 25",
    "UPDATE faces SET confidence = 9e999 WHERE frame_index = 25",
    "UPDATE faces SET size_px = -1 WHERE frame_index = 25",
    "DELETE FROM faces WHERE frame_index < 300",
    "DELETE FROM frames WHERE frame_index < 300",
)


def _page_size(db: Path) -> int:
    size = int.from_bytes(db.read_bytes()[16:18], "big")
    return 65536 if size == 1 else size


def run(seed: int, count: int, folder: Path) -> list[Result]:
    """Damage `count` databases; see `check` for what each has to come to."""
    sound = folder / "sound.db"
    make_database(sound, CLIPS).dispose()
    figures: dict[tuple[str, ...], CompletedProcess[str]] = {words: _ask(sound, words, folder) for words in COMMANDS}
    return [check(sound, seed * 1000 + number, folder, figures) for number in range(count)]


def check(sound: Path, seed: int, folder: Path, figures: dict[tuple[str, ...], CompletedProcess[str]]) -> Result:
    """One damaged copy: no command may end with a traceback or give figures that are not the sound one's.

    Equal figures are right only where every table still holds the same rows: then nothing is damaged but unused bytes.
    """
    db = folder / "damaged.db"
    shutil.copy(sound, db)
    done = damage(db, seed)
    said = {words: _ask(db, words, folder) for words in COMMANDS}
    codes = [one.returncode for one in said.values()]
    lines = [one.stderr.strip().count("\n") for one in said.values()]
    if any(code not in {0, 4, 5} for code in codes) or any(lines) or "Traceback" in "".join(map(_both, said.values())):
        found, ok = f"exit {codes}, {max(lines) + 1} lines", False
    elif all(one.returncode for words, one in said.items() if words[0] == "report") and all(
        one.returncode or one.stdout == figures[words].stdout for words, one in said.items()
    ):
        found, ok = "refused", True  # `status` may count what is there, where a face's numbers alone are wrong
    elif all(one.stdout == figures[words].stdout for words, one in said.items()):
        found, ok = "the sound one's figures", _is_unused(sound, db)
    else:
        found, ok = f"other figures, exit {codes}", False
    return Result(done.partition(":")[0], f"seed {seed}, {done}", "refused, or nothing lost", found, ok)


def _both(said: CompletedProcess[str]) -> str:
    return said.stdout + said.stderr


def _ask(db: Path, words: tuple[str, ...], folder: Path) -> CompletedProcess[str]:
    """What the command says; the database's own name, which differs, is left out."""
    try:
        said = call(*words, "--db", db, cwd=folder)
        return CompletedProcess(words, said.returncode, said.stdout.replace(str(db), "database"), said.stderr)
    except Exception as error:  # noqa: BLE001 - it is what is looked for
        return CompletedProcess(words, 1, "", f"Traceback: {error!r}")


def _is_unused(sound: Path, db: Path) -> bool:
    """Whether all tables hold the same rows."""
    return _dump(sound) == _dump(db)


def _dump(db: Path) -> list[str]:
    """The rows, without the text of tables and triggers, of which a letter changes nothing that is counted, and without
    the log, in which the commands here have written."""
    connection = sqlite3.connect(db)
    try:
        lines = (line for line in connection.iterdump() if line.startswith("INSERT"))
        return [line for line in lines if not line.startswith('INSERT INTO "events"')]
    finally:
        connection.close()
