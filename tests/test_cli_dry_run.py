"""A dry run looks into the database without a change, and says what there is to do, how much, and how long it takes."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from fakes import fake_stages, write_video
from typer.testing import CliRunner

from pipeline.cli.analyze import make_analyze
from pipeline.cli.spans import span

if TYPE_CHECKING:
    from click.testing import Result

OLD_S = 1_000_000_000
"""A time of writing before anything was stored."""


@pytest.fixture
def analyze(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command without networks, in an empty folder; `sys.argv` is what was typed."""
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(make_analyze(fake_stages))

    def call(*words: object) -> Result:
        typed = list(map(str, words))
        monkeypatch.setattr("sys.argv", ["fer-video", "analyze", *typed])
        result: Any = CliRunner().invoke(app, typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def make(name: str, frames: int = 20, fps: int = 10) -> Path:
    path = write_video(Path(name), frames, fps)
    os.utime(path, (OLD_S, OLD_S))
    return path


def plan(result: Result) -> tuple[dict[str, str], dict[str, Any]]:
    """How each input stands, and the totals."""
    found = json.loads(result.stdout)
    assert found["json_schema"] == 1
    return {item["path"]: item["standing"] for item in found["inputs"]}, found["totals"]


def execute(script: str, *, keys: str = "ON") -> None:
    with closing(sqlite3.connect("fer-video.db")) as connection:
        connection.executescript(f"PRAGMA foreign_keys = {keys}; {script}")


def test_each_input_is_told_as_it_stands(analyze: Any) -> None:
    """New, done, half done, changed in place, a duplicate, failed before, forgotten: none is hashed twice or stored."""
    make("half.mp4", 200, fps=2)
    for name, frames in (("done.mp4", 20), ("changed.mp4", 22), ("gone.mp4", 24)):
        make(name, frames)
    Path("bad.mp4").write_bytes(b"\0" * 300)
    os.utime("bad.mp4", (OLD_S, OLD_S))
    analyze(".")
    execute("""
        UPDATE analyses SET status = 'running', finished_at = NULL
            WHERE video_id = (SELECT id FROM videos WHERE path = 'half.mp4');
        DELETE FROM chunks WHERE number > 0;
        DELETE FROM frames WHERE frame_index >= 8 AND video_id = (SELECT id FROM videos WHERE path = 'half.mp4');
        INSERT INTO forgotten SELECT sha256, '2026-01-02 03:04:05.000000' FROM videos WHERE path = 'gone.mp4';
        DELETE FROM videos WHERE path = 'gone.mp4';
    """)
    write_video(Path("changed.mp4"), 26, 10)
    shutil.copy("done.mp4", "twin.mp4")
    make("new.mp4", 30)
    before = Path("fer-video.db").read_bytes()

    standing, totals = plan(analyze(".", "--dry-run", "--json"))

    assert standing == {
        "bad.mp4": "failed before",
        "changed.mp4": "changed in place",
        "done.mp4": "done already",
        "fer-video.db": None,
        "gone.mp4": "forgotten",
        "half.mp4": "half done",
        "new.mp4": "new",
        "twin.mp4": "a duplicate",
    }
    assert totals["to_read"] == 3
    # 26 and 30 frames at 10 a second, and of 200 sampled frames all but the first chunk.
    assert totals["footage_s"] == pytest.approx(2.6 + 3.0 + 100 * (1 - 8 / 200))
    assert Path("fer-video.db").read_bytes() == before

    words = analyze(".", "--dry-run").stdout
    assert "leave    gone.mp4 (forgotten: on 2026-01-02; --again takes it back)" in words
    assert "analyze  half.mp4 (half done: 8 sampled frames are stored): location" in words
    assert "will fail bad.mp4: " in words
    assert "8 inputs: 1 failed before, 1 changed in place, 1 done already, 1 left out, 1 forgotten" in words


def test_the_time_is_told_by_what_was_stored_here(analyze: Any) -> None:
    """Frames a second are those of the database's own chunks, pauses left out; without any it says so."""
    make("new.mp4", 40)
    nothing = analyze("new.mp4", "--dry-run").stdout
    assert "To read: 1 video, 4 seconds of footage; how long it takes here is not known" in nothing
    assert nothing.endswith("There is no database fer-video.db yet.\n")

    make("long.mp4", 700, 2)
    analyze("long.mp4")
    # Eleven chunks, a minute apart but for a night between two of them: 64 frames a minute.
    execute("""
        UPDATE chunks SET done_at = strftime('%Y-%m-%d %H:%M:%f000', '2026-01-01 20:00:00',
            (60 * number + CASE WHEN number > 5 THEN 36000 ELSE 0 END) || ' seconds');
    """)

    _, totals = plan(analyze("new.mp4", "--dry-run", "--json"))

    assert totals["frames_per_second"] == pytest.approx(64 / 60, abs=0.01)
    assert totals["seconds"] == pytest.approx(8 / (64 / 60), abs=0.1)
    assert (
        "about 8 seconds, at the 1.1 frames a second that were stored lately" in analyze("new.mp4", "--dry-run").stdout
    )


def test_other_settings_are_announced_with_the_old_command(analyze: Any) -> None:
    """Before anything is read, and in the dry run: what it costs, and the command that goes on as before."""
    make("a.mp4", 40)
    make("b b.mp4", 60)
    analyze("a.mp4", "b b.mp4", "--min-face", 30)

    planned = analyze("a.mp4", "b b.mp4", "--fps=5", "--location", "x", "--dry-run")
    begun = analyze("a.mp4", "b b.mp4", "--fps=5", "--location", "x")
    again = analyze("a.mp4", "b b.mp4", "--fps=5")

    cost = (
        "2 videos are done with other settings (sampling 2 frames a second → 5 frames a second; smallest face 30 px → "
        "24 px). These begin a run of their own beside that one: 10 seconds of footage"
    )
    old = (
        "To go on with the old settings: fer-video analyze a.mp4 'b b.mp4' --location x --fps 2 --min-face 30 "
        "--face-threshold 0.8 --model vgg-face-fer2013\n"
    )
    assert "a.mp4 (done with other settings): location" in planned.stdout
    for said in (planned.stdout, begun.stderr):
        assert cost in said
        assert old in said
    assert begun.stderr.index(cost) < begun.stderr.index("[1/2]")
    assert "other settings" not in again.stderr

    many = [f"a{number:03}.mp4" for number in range(100)]
    short = analyze("a.mp4", *many, "--every", "1", "--dry-run").stdout
    assert "To go on with the old settings: the same command with --fps 5 --min-face 24" in short


def test_the_retention_that_is_over_is_said(analyze: Any) -> None:
    """A video that 'forget --expired' would delete is told to be one."""
    make("a.mp4", 20)
    Path("cameras.toml").write_text('retention = "1d"\n[[camera]]\npattern = "*"\nstart = 2024-03-26T10:00:00\n')
    analyze("a.mp4")

    found = json.loads(analyze("a.mp4", "--dry-run", "--json").stdout)["inputs"][0]

    assert (found["standing"], found["expired"], found["action"]) == ("done already", True, "leave")


def test_an_older_database_is_no_obstacle(analyze: Any) -> None:
    """What it holds is not looked at until it is brought up to date, which a dry run does not do."""
    make("a.mp4", 20)
    script = Path(__file__).with_name("version4.sql").read_text("utf-8")
    execute(script, keys="OFF")
    before = Path("fer-video.db").read_bytes()

    said = analyze("a.mp4", "--dry-run")

    assert (
        "fer-video.db is of an older fer-video: what is done in it is known after 'fer-video upgrade'." in said.stdout
    )
    assert (said.exit_code, Path("fer-video.db").read_bytes()) == (0, before)


def test_a_run_that_does_not_say_its_settings_is_an_older_one(analyze: Any) -> None:
    """A database of the first schema is analysed into as any other: the run beside the old one is announced."""
    make("a.mp4", 20)
    execute(Path(__file__).with_name("version1.sql").read_text("utf-8"), keys="OFF")

    said = analyze("a.mp4")

    assert "schema 1 -> 7" in said.stderr
    assert (
        "1 video is done by an older fer-video or with other weights, whose rows mean something else: read anew, "
        "as a run beside the old one" in said.stderr
    )
    assert said.exit_code == 0


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (5400, "1.5 hours"),
     (86400 * 30, "30 days")],
)  # fmt: skip
def test_lengths_of_time(seconds: float, said: str) -> None:
    """In the largest fitting unit, and one is no plural."""
    assert span(seconds) == said
