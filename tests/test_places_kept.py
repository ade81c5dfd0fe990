"""What was said of a video's place holds until something else is said, and can be said without reading a video."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from fakes import fake_stages, write_video
from sqlalchemy import insert, select
from typer.testing import CliRunner

from pipeline.cli.analyze import make_analyze
from pipeline.cli.place import place
from pipeline.errors import NoInputError, SettingError, UsageError
from pipeline.placing import rename_location
from pipeline.store.database import Upgrade, connect, upgrade
from pipeline.store.privacy_tables import HourRow

if TYPE_CHECKING:
    from click.testing import Result


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`analyze` without networks and `place`, in a folder with one video `shop/till.mp4`."""
    monkeypatch.chdir(tmp_path)
    Path("shop").mkdir()
    write_video(Path("shop/till.mp4"), 10, 10)
    app = typer.Typer()
    app.command("analyze")(make_analyze(fake_stages))
    app.command("place")(place)

    def call(*words: object) -> Result:
        result: Any = CliRunner().invoke(app, list(map(str, words)))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def stored(columns: str = "location, camera, location_source, camera_source") -> Any:
    with closing(sqlite3.connect("fer-video.db")) as connection:
        return connection.execute(f"SELECT {columns} FROM videos ORDER BY path").fetchone()


def test_a_location_by_option_outlives_a_plain_run(run: Any) -> None:
    """It stays until another option says something else; each change is said, and nothing is where nothing changed."""
    run("analyze", "shop/till.mp4", "--location", "Right shop")
    plain = run("analyze", "shop/till.mp4")
    assert stored() == ("Right shop", "till", "option", "file name")
    assert "→" not in plain.stderr

    other = run("analyze", "shop/till.mp4", "--location", "Other shop")

    assert "till.mp4: location 'Right shop' → 'Other shop' (from option)\n" in other.stderr
    assert stored("location") == ("Other shop",)
    assert json.loads(run("analyze", "shop/till.mp4", "--json").stdout)["videos"][0]["location"] == "Other shop"


def test_a_night_without_the_file_erases_nothing(run: Any) -> None:
    """Location, camera, start and zone that a cameras.toml said stay where the file is gone; a new file says anew."""
    cameras = Path("shop/cameras.toml")
    text = (
        'timezone = "Asia/Ho_Chi_Minh"\n[[camera]]\npattern = "*.mp4"\nlocation = "Vinh"\ncamera = "door"\n'
        "start = 2024-03-26T10:00:00\n"
    )
    cameras.write_text(text, "utf-8")
    run("analyze", "shop")
    columns = "location, camera, started_at, start_source, timezone, timezone_source, location_source, camera_source"
    before = stored(columns)
    cameras.unlink()

    plain = run("analyze", "shop")
    assert (stored(columns), "→" in plain.stderr) == (before, False)

    cameras.write_text(text.replace("Vinh", "Huế").replace("10:00", "11:00"), "utf-8")
    again = run("analyze", "shop")

    assert "location 'Vinh' → 'Huế' (from cameras.toml)" in again.stderr
    assert "start '2024-03-26 10:00:00' → '2024-03-26 11:00:00' (from cameras.toml)" in again.stderr


def test_a_person_outranks_the_file(run: Any) -> None:
    """What somebody said by hand is not undone by the cameras.toml of the next night; `--reset` gives it back."""
    Path("shop/cameras.toml").write_text('[[camera]]\npattern = "*.mp4"\nlocation = "Vinh"\n', "utf-8")
    run("analyze", "shop")
    said = run("place", "till.mp4", "--location", "Bến Thành")
    run("analyze", "shop")
    assert said.stdout == "shop/till.mp4: location 'Vinh' → 'Bến Thành' (from option)\n"
    assert stored("location, location_source") == ("Bến Thành", "option")

    run("place", "shop", "--reset")
    assert stored("location, location_source") == ("Vinh", "cameras.toml")

    Path("shop/cameras.toml").rename("cameras.toml")
    run("place", "shop", "--location", "Bến Thành")
    run("place", "shop", "--reset")
    assert stored("location, location_source") == ("Vinh", "cameras.toml"), "the file above them speaks of them, too"


def test_what_nobody_said_follows_the_folder(run: Any) -> None:
    """A folder with another name is another location, as before, and that is said now."""
    run("analyze", "shop")
    Path("shop").rename("store")

    moved = run("analyze", "store")

    assert "store/till.mp4: location 'shop' → 'store' (from folder)" in moved.stderr
    assert stored("location") == ("store",)


def test_a_recording_that_grew_keeps_what_was_said(run: Any, tmp_path: Path) -> None:
    """The complete file has another content; what was said of its beginning holds for it."""
    whole = write_video(tmp_path / "whole.ts", 60, 10).read_bytes()
    growing = Path("shop/live.ts")
    growing.write_bytes(whole[: len(whole) * 2 // 3])
    run("analyze", "shop/live.ts", "--location", "Right shop", "--start", "2024-03-26T09:00")
    growing.write_bytes(whole)

    run("analyze", "shop/live.ts")

    assert stored("location, start_source, size_bytes") == ("Right shop", "option", len(whole))


def test_a_start_stays_on_the_wall_where_the_zone_is_corrected(run: Any) -> None:
    """Nine o'clock stays nine o'clock: the moment moves with the zone, in `place` and in `analyze`."""
    run("analyze", "shop", "--start", "2024-03-26T09:00", "--timezone", "UTC")
    run("place", "shop", "--timezone", "Asia/Ho_Chi_Minh")
    assert stored("started_at, start_source, timezone") == ("2024-03-26 02:00:00.000000", "option", "Asia/Ho_Chi_Minh")

    run("analyze", "shop", "--timezone", "Asia/Tokyo")

    assert stored("started_at, timezone, timezone_source") == ("2024-03-26 00:00:00.000000", "Asia/Tokyo", "option")
    assert run("place", "shop", "--started-at", "2024-03-26T10:30").stdout == (
        "shop/till.mp4: start '2024-03-26 09:00:00' → '2024-03-26 10:30:00' (from option)\n"
    )


@pytest.mark.parametrize(
    ("start", "doubt", "stored_start"),
    [
        ("2024-03-31T02:30", "does not exist in Europe/Berlin", "2024-03-31 01:30:00.000000"),
        ("2024-10-27T02:30", "exists twice in Europe/Berlin", "2024-10-27 00:30:00.000000"),
    ],
)
def test_an_hour_that_clocks_leave_out_or_repeat_is_said_of_stored_videos_too(
    run: Any, start: str, doubt: str, stored_start: str
) -> None:
    """`place` doubts such a start as `analyze` does, and stores the same moment."""
    run("analyze", "shop", "--timezone", "Europe/Berlin")

    said = run("place", "shop", "--start", start)

    assert f"shop/till.mp4: note: The start {start.replace('T', ' ')} {doubt}" in said.stderr
    assert stored("started_at") == (stored_start,)


def test_how_a_file_is_read_stays_said(run: Any) -> None:
    """A night without the file that says an aspect or a rate reads nothing anew; `--reset` takes both back."""
    cameras = Path("shop/cameras.toml")
    cameras.write_text('[[camera]]\npattern = "*"\naspect = "16:9"\n', "utf-8")
    run("analyze", "shop")
    cameras.unlink()

    plain = json.loads(run("analyze", "shop", "--json").stdout)["videos"]
    planned = json.loads(run("analyze", "shop", "--dry-run", "--json").stdout)["inputs"]
    assert ([one["reused"] for one in plain if one["frames"]], planned[0]["standing"]) == ([True], "done already")
    assert stored("hints") == ('{"aspect": "16/9"}',)

    taken_back = run("place", "till.mp4", "--reset")
    again = run("analyze", "shop")

    assert taken_back.stdout == "shop/till.mp4: aspect '1.778' → unknown\n"
    assert "till.mp4, read anew: something else was said of how to read it before" in again.stderr
    assert stored("hints") == (None,)


def test_places_are_said_of_stored_videos_alone(run: Any) -> None:
    """By path, name, folder or pattern; one that is not there changes nothing, and the message says what to do."""
    write_video(Path("shop/door.mp4"), 12, 10)
    run("analyze", "shop")

    with pytest.raises(NoInputError, match=r"nowhere\.mp4: expected .* none of the 2 is called so"):
        run("place", "till.mp4", "nowhere.mp4", "--camera", "x")
    with pytest.raises(NoInputError, match=r"Did you mean 'till\.mp4'\?"):
        run("place", "tlil.mp4", "--camera", "x")
    assert run("place", "*oor.mp4", "--camera", "x").stdout == "shop/door.mp4: camera 'door' → 'x' (from option)\n"
    assert run("place", Path("shop").resolve(), "--camera", "x").stdout.splitlines() == [
        "shop/till.mp4: camera 'till' → 'x' (from option)",
        "shop/door.mp4: as it was",
    ]
    with pytest.raises(UsageError, match="`location`, `camera`, `start`, `timezone` or `reset`"):
        run("place", "till.mp4")
    with pytest.raises(SettingError, match="timezone"):
        run("place", "till.mp4", "--timezone", "Mars/Base")


def test_a_location_is_renamed_in_one_command(run: Any) -> None:
    """All its videos have the new name from then on; a name that is taken is refused unless both are to be one."""
    write_video(Path("shop/door.mp4"), 12, 10)
    Path("other").mkdir()
    shutil.copy(write_video(Path("third.mp4"), 14, 10), "other/third.mp4")
    run("analyze", "shop", "other")

    renamed = run("place", "--rename", "shop", "Chợ Vinh")
    run("analyze", "shop", "other")

    assert renamed.stdout == "location 'shop' → 'Chợ Vinh': 2 videos\n"
    assert "rename the folder, or write" in renamed.stderr
    with pytest.raises(SettingError, match=r"which has 1 video\. Add `unite`"):
        run("place", "--rename", "Chợ Vinh", "other")
    with pytest.raises(NoInputError, match=r"'nowhere' is none\. There are: Chợ Vinh, other\."):
        run("place", "--rename", "nowhere", "somewhere")
    assert run("place", "--rename", "Chợ Vinh", "other", "--unite").stdout == (
        "location 'Chợ Vinh' → 'other': 2 videos, beside 1 video that had that name\n"
    )
    assert stored("count(*), count(DISTINCT location)") == (3, 1)


def test_older_rows_do_not_know_who_said_their_place(run: Any) -> None:
    """A database of version 6 keeps every row; its places are as if nobody had said them, its starts as before."""
    run("analyze", "shop", "--location", "Vinh", "--start", "2024-03-26T09:00")
    kept = "location, camera, started_at, start_source, timezone, sha256"
    before = stored(kept)
    with closing(sqlite3.connect("fer-video.db")) as connection:
        for column in ("location_source", "camera_source"):
            connection.execute(f"ALTER TABLE videos DROP COLUMN {column}")
        connection.execute("UPDATE schema_version SET version = 6")
        connection.commit()

    assert upgrade("fer-video.db") == Upgrade(6, 7, 1)

    assert (stored(kept), stored("location_source, camera_source")) == (before, ("unknown", "unknown"))
    moved = run("analyze", "shop")
    assert "location 'Vinh' → 'shop' (from folder)" in moved.stderr
    assert stored("start_source, location_source") == ("option", "folder")


def test_hours_of_forgotten_videos_are_renamed_too(tmp_path: Path) -> None:
    """Counts of the same hour are added up where both names had them."""
    engine = connect(str(tmp_path / "x.db"), create=True)
    hour = datetime(2024, 3, 26, 9, tzinfo=UTC).replace(tzinfo=None)
    same = {"camera": "till", "hour_at": hour, "model": "m", "label": "happy"}
    with engine.begin() as connection:
        for location, label, faces in (("a", "happy", 3), ("b", "happy", 4), ("a", "sad", 5)):
            connection.execute(insert(HourRow).values(same | {"location": location, "label": label, "faces": faces}))

    renamed = rename_location(engine, "a", "b")

    with engine.connect() as connection:
        rows = connection.execute(select(HourRow.location, HourRow.label, HourRow.faces).order_by(HourRow.label)).all()
    engine.dispose()
    assert (renamed.videos, renamed.hours) == (0, 1)
    assert [tuple(row) for row in rows] == [("b", "happy", 7), ("b", "sad", 5)]
