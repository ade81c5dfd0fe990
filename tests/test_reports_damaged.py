"""Damaged databases: a line that says so, no traceback, and never figures as if nothing had happened."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from campaign.databases import CLIPS, damage, run
from fixtures_reports import make_database

from pipeline.errors import StoreError
from pipeline.store.database import connect
from pipeline.store.integrity import check_sound
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

SEEDS = 18
"""Three of each kind of damage."""


def test_damage_is_refused_in_a_line(tmp_path: Path) -> None:
    """Flipped bytes, zeroed, swapped and repeated pages, cuts and values that cannot be; all commands that read.

    What nobody can see yet: a flipped byte within a number that no figure is made of, such as a box, and that is as
    plausible as before, as rows have no sum of their own.
    """
    results = run(7, SEEDS, tmp_path)

    unseen = ("flipped bytes", "the sound one's figures")
    assert len({one.kind for one in results}) == 6
    assert [one for one in results if not one.ok and (one.kind, one.found) != unseen] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE videos SET started_at = '2024-13-45 99:00:00' WHERE id = 2",
        "UPDATE videos SET path = CAST(x'ff41fe' AS TEXT) WHERE id = 1",
        "UPDATE videos SET location = x'00ff' WHERE id = 1",
        "UPDATE analyses SET status = 'dome' WHERE video_id = 1",
        "UPDATE runs SET settings = '[1]'",
        "UPDATE runs SET settings = '{\"min_face_px\": 2'",
        "UPDATE runs SET created_at = '0000-00-00 00:00:00'",
        "UPDATE frames SET timestamp_s = 1e300 WHERE frame_index = 25",
        "UPDATE frames SET timestamp_s = 'soon' WHERE frame_index = 25",
        "UPDATE frames SET faces = 9223372036854775807 WHERE frame_index = 25",
        "UPDATE faces SET p_happy = 7",
        "UPDATE faces SET confidence = confidence / 2",
        "UPDATE faces SET confidence = 9e999",
        "UPDATE faces SET size_px = -1",
        "DELETE FROM faces WHERE frame_index < 1000",
    ],
)
def test_values_that_no_analysis_stores_are_refused(
    tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]], statement: str
) -> None:
    """Whatever the column holds, a report ends with exit 5 and one line that names the file."""
    make_database(tmp_path / "fer-video.db", CLIPS[:2]).dispose()
    connection = sqlite3.connect(tmp_path / "fer-video.db")
    connection.execute(statement)
    connection.commit()
    connection.close()

    said = fer_video("report", "--min-group", "1", "--json", "-")

    assert (said.returncode, said.stdout) == (5, "")
    assert said.stderr.startswith("fer-video: fer-video.db: the database is damaged.")
    assert said.stderr.count("\n") == 1


def test_nothing_is_written_into_a_damaged_database(tmp_path: Path) -> None:
    """An analysis refuses it before it begins, and leaves it as it was."""
    path = tmp_path / "x.db"
    make_database(path, CLIPS).dispose()
    damage(path, 1)
    before = path.read_bytes()

    with pytest.raises(StoreError, match=r"is damaged\. Restore a copy"):
        Store(str(path))

    assert path.read_bytes() == before


def test_a_sound_database_is_none_of_them(tmp_path: Path) -> None:
    """An empty one neither."""
    make_database(tmp_path / "full.db", CLIPS[:1]).dispose()
    for name in ("full.db", "empty.db"):
        engine = connect(str(tmp_path / name), create=True)
        check_sound(engine)
        engine.dispose()
