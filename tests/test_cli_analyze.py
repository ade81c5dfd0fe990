"""`fer-video analyze` as people and programs meet it: words, exit codes, JSON, and names that want to do harm."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import typer
from fakes import fake_stages, judging_stages, write_video
from fixtures_video import cut, write_bad_inputs
from typer.testing import CliRunner

from pipeline.annotate.encoding import Writer
from pipeline.cli.analyze import make_analyze
from pipeline.cli.console import printable
from pipeline.cli.flags import told
from pipeline.errors import FerVideoError
from pipeline.records import VideoInfo

if TYPE_CHECKING:
    from pipeline.work import OpenStages

HOSTILE_NAMES = (
    'it\'s "quoted".mp4', "<script>alert(1)<!--.mp4", "[red]rich[!].mp4", "two\nlines.mp4", "\x1b[31mred\x07.mp4",
    "a\u202egnp.mp4", "\N{MOVIE CAMERA}\N{MAN}\u200d\N{WOMAN} vui vẻ.mp4", "Bến Thành - cổng 1.mp4", "=1+1.mp4",
    "--force.mp4", os.fsdecode(b"\xff\xfe.mp4"),
)  # fmt: skip


class Shell:
    """The command with stages that need no networks, in an empty working directory."""

    def __init__(self, open_stages: OpenStages = fake_stages) -> None:
        self.app = typer.Typer()
        self.app.command()(make_analyze(open_stages))

    def __call__(self, *arguments: object):
        return CliRunner().invoke(self.app, list(map(str, arguments)))

    def error(self, *arguments: object) -> FerVideoError:
        """The known error that the command ends with, which `main` turns into one line and an exit code."""
        error = self(*arguments).exception
        assert isinstance(error, FerVideoError), error
        return error


@pytest.fixture
def analyze(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Shell()


def _rows(query: str, db: str = "fer-video.db") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


def test_all_done_is_zero(tmp_path: Path, analyze: Shell):
    """Sound videos end in exit code 0, a table on stdout, and progress on stderr."""
    write_video(tmp_path / "shop__till.mp4", 50, 10)

    result = analyze("shop__till.mp4")

    assert result.exit_code == 0
    header, line = result.stdout.splitlines()
    assert " ".join(header.split()) == "video location frames faces top expression undecided unclear no face status"
    assert line.split()[:4] == ["shop__till.mp4", "shop", "10", "11"]
    assert line.split()[-3:] == ["-", "-", "done"], "these stages judge nothing"
    assert "2 frames a second; faces from 24 px; model vgg-face-fer2013 on cpu; times in" in result.stderr
    assert "unless a zone is given" in result.stderr
    assert "[1/1] shop__till.mp4" in result.stderr


def test_the_zone_that_was_told_is_said(tmp_path: Path, analyze: Shell):
    """Not the machine's own, which nothing is read by then."""
    write_video(tmp_path / "shop__till.mp4", 10, 10)

    result = analyze("shop__till.mp4", "--timezone", "Asia/Ho_Chi_Minh")

    assert "; times in Asia/Ho_Chi_Minh; database" in result.stderr


def test_what_has_no_expression_stands_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Undecided, unclear and no face are counted apart, the expression's share is of readable faces, and other
    thresholds are another summary of the same rows."""
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "shop__till.mp4", 50, 10)
    analyze = Shell(judging_stages)

    found = json.loads(analyze("shop__till.mp4", "--json").stdout)["videos"][0]
    strict = ("--min-confidence", "0.3", "--min-readable", "0.6", "--min-is-face", "0.97")
    again = analyze("shop__till.mp4", *strict)
    others = json.loads(analyze("shop__till.mp4", *strict, "--json").stdout)["videos"][0]

    by_hand = [
        str(label)
        for (label,) in _rows("""
            SELECT CASE WHEN is_face < 0.97 THEN 'no face' WHEN readable < 0.6 THEN 'unclear'
                        WHEN confidence < 0.3 THEN 'undecided' ELSE expression END FROM readings""")
    ]
    assert others["dominant"] == {name: by_hand.count(name) for name in set(by_hand)}
    assert {"no face", "unclear"} <= set(by_hand)
    assert (found["faces"], found["judged"], others["reused"]) == (11, 11, True)
    assert found["dominant"] != others["dominant"]
    header, line = again.stdout.splitlines()
    for name in ("undecided", "unclear", "no face"):
        assert line[: header.index(name) + len(name)].split()[-1] == str(by_hand.count(name))


@pytest.mark.parametrize("flag", ["--min-confidence", "--min-readable", "--min-is-face"])
def test_a_threshold_that_is_no_probability_is_named_as_typed(analyze: Shell, flag: str):
    """The message has the flag, what was expected and what was found; from a file it has the key."""
    Path("settings.toml").write_text(f"{flag[2:].replace('-', '_')} = 2\n", "utf-8")

    assert told(analyze.error("a.mp4", flag, "1")) == f"{flag}: expected a probability from 0 to below 1; found 1."
    assert flag[2:].replace("-", "_") in told(analyze.error("a.mp4", "--settings", "settings.toml"))


def test_the_same_command_again_is_quick_and_says_so(tmp_path: Path, analyze: Shell):
    """What is finished is said to be, and its rows stay as they are."""
    write_video(tmp_path / "a.mp4", 50, 10)
    analyze("a.mp4")
    before = _rows("SELECT * FROM faces")

    result = analyze("a.mp4")

    assert result.exit_code == 0
    assert "a.mp4" not in result.stdout
    assert result.stdout.splitlines()[1].split()[:5] == ["1", "done", "already", "10", "11"]
    assert "a.mp4: done already (10 frames, 11 faces)" in analyze("a.mp4", "-v").stderr
    assert _rows("SELECT * FROM faces") == before


def test_some_failed_is_three(tmp_path: Path, analyze: Shell):
    """A batch with a bad file, a partial one or a missing name is finished, and exits with 3."""
    write_video(tmp_path / "a.mp4", 20)
    (tmp_path / "empty.mp4").touch()
    cut(write_video(tmp_path / "short.mkv", 200, 10), 0.6)

    codes = [analyze("a.mp4", name).exit_code for name in ("empty.mp4", "short.mkv", "missing.mp4", "no*.mp4")]

    assert codes == [3, 3, 3, 3]
    assert "empty.mp4: failed: the file is empty" in analyze("a.mp4", "empty.mp4").stderr


def test_each_bad_file_has_one_line(tmp_path: Path, analyze: Shell):
    """Every file that fails is named in one line with its reason."""
    write_video(tmp_path / "a.mp4", 20)
    (tmp_path / "bad").mkdir()
    names = write_bad_inputs(tmp_path / "bad")

    result = analyze(".")

    assert result.exit_code == 3
    for name in names:
        assert len([line for line in result.stderr.splitlines() if f"{name}: failed: " in line]) == 1


def test_nothing_usable_is_four(tmp_path: Path, analyze: Shell):
    """A folder without videos, a pattern that matches nothing, and files that all fail exit with 4."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/notes.txt").touch()
    (tmp_path / "empty.mp4").touch()

    assert analyze.error("texts").exit_code == 4
    assert analyze.error("*.mkv").exit_code == 4
    assert analyze("empty.mp4").exit_code == 4
    assert analyze("empty.mp4", "--dry-run").exit_code == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fps", 0], "--fps: expected a number above 0; found 0"),
        (["--fps", "nan"], "--fps: expected a number above 0; found nan"),
        (["--every", "inf"], "--every: expected a number above 0; found inf"),
        (["--frames", -3], "--frames: expected a number above 0; found -3"),
        (["--frames", 10**400], "--frames: expected"),
        (["--fps", 2, "--every", 1], "expected one way of sampling; found --fps and --every. Keep one of them"),
        (["--frames", 2, "--keyframes"], "found --frames and --keyframes"),
        (["--min-face", 5], "--min-face: expected 12 to 4320 pixels"),
        (["--min-face", 10**400], "--min-face: expected 12 to 4320 pixels"),
        (["--timezone", "Saigon"], "--timezone: expected an IANA time zone"),
        (["--start", "0001-01-01T00:00"], "--start: expected a year from"),
        (["--device", "tpu"], "--device"),
        (["--settings", "none.toml"], "none.toml: expected a TOML settings file"),
        (["--cameras", "none.toml"], "none.toml: expected a TOML file of cameras"),
        (["--log-file", "no/such/folder/a.log"], "--log-file: expected a file that can be written"),
        (["--log-file", "."], "--log-file: expected a file that can be written"),
    ],
)
def test_wrong_usage_is_two(tmp_path: Path, analyze: Shell, options: list[object], message: str):
    """Options that cannot be followed are told what was expected, before anything is stored."""
    write_video(tmp_path / "a.mp4", 5)

    error = analyze.error("a.mp4", *options)

    assert error.exit_code == 2
    assert message in told(error)
    assert not (tmp_path / "fer-video.db").exists()


def test_words_where_numbers_belong_are_two(analyze: Shell):
    """What the parser refuses has the same exit code."""
    assert analyze("a.mp4", "--fps", "two").exit_code == 2
    assert analyze("a.mp4", "--start", "yesterday").exit_code == 2
    assert analyze("a.mp4", "--no-such-option").exit_code == 2


def test_a_database_that_refuses_is_five(tmp_path: Path, analyze: Shell):
    """A file that is no database, a folder and a newer version exit with 5."""
    write_video(tmp_path / "a.mp4", 5)
    (tmp_path / "text.db").write_text("not a database " * 99)

    assert analyze.error("a.mp4", "--db", "text.db").exit_code == 5
    assert analyze.error("a.mp4", "--db", tmp_path).exit_code == 5
    assert analyze.error("a.mp4", "--db", "no/a.db").exit_code == 5


def test_a_model_that_is_not_there_is_six(tmp_path: Path, analyze: Shell):
    """An unknown model exits with 6 and makes no database."""
    write_video(tmp_path / "a.mp4", 5)

    error = analyze.error("a.mp4", "--model", "no-such")

    assert error.exit_code == 6
    assert not (tmp_path / "fer-video.db").exists()


def test_flags_win_over_the_settings_file(tmp_path: Path, analyze: Shell):
    """A sampling flag replaces the file's rule, of whatever kind; the rest of the file holds."""
    write_video(tmp_path / "a.mp4", 50, 10)
    (tmp_path / "s.toml").write_text("every = 1\nmin_face_px = 33\n")

    analyze("a.mp4", "--settings", "s.toml", "--frames", 7)

    assert _rows("SELECT sampling, json_extract(settings, '$.min_face_px') FROM runs") == [
        ("7 frames, evenly spread", 33)
    ]
    assert _rows("SELECT count(*) FROM frames") == [(7,)]


def test_the_database_of_the_environment(tmp_path: Path, analyze: Shell, monkeypatch: pytest.MonkeyPatch):
    """FER_VIDEO_DB names the database where no option does."""
    monkeypatch.setenv("FER_VIDEO_DB", "other.db")
    write_video(tmp_path / "a.mp4", 5)

    analyze("a.mp4")

    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "fer-video.db").exists()


def test_dry_run_says_what_and_why(tmp_path: Path, analyze: Shell):
    """The plan names each input with its location, camera, start and zone and where they came from; nothing is made."""
    write_video(tmp_path / "quay__door__2024-03-26T09-00.mp4", 5)
    write_video(tmp_path / "plain.mp4", 5)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty.mp4").touch()
    before = sorted(tmp_path.iterdir())

    result = analyze(".", "gone.mp4", "--timezone", "Asia/Ho_Chi_Minh", "--dry-run")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Sampling: 2 frames a second. Nothing is analysed or stored in a dry run.",
        "will fail empty.mp4: the file is empty",
        "skip     notes.txt: neither a video nor a picture by its suffix",
        f"analyze  plain.mp4: location {tmp_path.name!r} and camera 'plain' (from folder); start unknown; "
        "zone Asia/Ho_Chi_Minh (from option)",
        "analyze  quay__door__2024-03-26T09-00.mp4: location 'quay' and camera 'door' (from file name); "
        "start 2024-03-26 09:00:00 (from file name); zone Asia/Ho_Chi_Minh (from option)",
        "will fail gone.mp4: there is no such file or folder",
        "5 inputs: 2 will fail, 1 left out, 2 new. To read: 2 videos, 1 second of footage; how long it takes here is "
        "not known, as too little was stored by which it could be told.",
        "There is no database fer-video.db yet.",
    ]
    assert sorted(tmp_path.iterdir()) == before


def test_dry_run_as_json(tmp_path: Path, analyze: Shell):
    """The plan can be read by programs."""
    write_video(tmp_path / "quay__door__2024-03-26T09-00.mp4", 5)
    (tmp_path / "notes.txt").touch()

    found = json.loads(analyze(".", "--timezone", "Asia/Ho_Chi_Minh", "--dry-run", "--json").stdout)
    skipped, planned = found["inputs"]

    assert (skipped["action"], skipped["location"]) == ("skip", None)
    assert planned == {
        "path": "quay__door__2024-03-26T09-00.mp4",
        "action": "analyze",
        "reason": None,
        "standing": None,
        "standing_reason": None,
        "expired": False,
        "footage_s": 0.5,
        "frames": 1,
        "location": "quay",
        "camera": "door",
        "place_source": "file name",
        "started_at": "2024-03-26T09:00:00+07:00",
        "start_source": "file name",
        "start_is_guess": False,
        "recorder": None,
        "notes": [],
        "timezone": "Asia/Ho_Chi_Minh",
        "timezone_source": "option",
        "cameras": None,
        "staff": None,
        "blanked": 0,
        "zones": [],
    }


def test_patterns_that_match_nothing_are_said(tmp_path: Path, analyze: Shell):
    """A pattern of cameras.toml without a video is said once, and does not stop the work."""
    write_video(tmp_path / "a.mp4", 5)
    (tmp_path / "cameras.toml").write_text('[[camera]]\npattern = "till*"\nlocation = "x"\n')

    result = analyze("a.mp4")

    assert result.exit_code == 0
    assert "cameras.toml: the pattern 'till*' matches none of the inputs." in result.stderr


def test_copies_of_ours_are_left_out(tmp_path: Path, analyze: Shell):
    """A file with the mark of `annotate` is skipped with the reason, whatever its name is, in the plan too."""
    write_video(tmp_path / "a.mp4", 5)
    with Writer(tmp_path / "b.mp4", VideoInfo(tmp_path / "b.mp4", 64, 48, 10.0, None, "h264")) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
        writer.finish()

    result = analyze("a.mp4", "b.mp4")

    assert "b.mp4: skipped: a copy that fer-video annotate wrote" in result.stderr
    assert _rows("SELECT path FROM videos") == [("a.mp4",)]
    assert "skip     b.mp4: a copy that fer-video annotate wrote" in analyze("b.mp4", "a.mp4", "--dry-run").stdout


def test_a_doubtful_start_is_said_and_stored(tmp_path: Path, analyze: Shell):
    """A start in an hour that does not exist is said when the work begins, in the plan, and beside the video."""
    write_video(tmp_path / "Till 2024-03-31 02-30-00.mp4", 5)

    result = analyze(".", "--timezone", "Europe/Paris")
    planned = analyze(".", "--timezone", "Europe/Paris", "--dry-run").stdout

    assert "the start is read from the file's name, which is like those of axis" in result.stderr
    assert "2024-03-31 02:30 does not exist in Europe/Paris" in result.stderr
    assert "(from file name, as axis)" in planned
    ((started, guess, notes),) = _rows("SELECT started_at, start_is_guess, notes FROM videos")
    assert (str(started)[:16], guess) == ("2024-03-31 01:30", 0)
    assert "it is taken as 03:30" in str(notes)


def test_one_start_for_many_videos_is_said(tmp_path: Path, analyze: Shell):
    """A start on the command line holds for all inputs, which is most often meant for one."""
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, 5)

    one, two = analyze("a.mp4", "--start", "2024-03-26T09:00", "--dry-run"), analyze(".", "--start", "2024-03-26T09:00")

    assert one.stderr == ""
    assert "--start gives all 2 inputs the same start" in two.stderr


def test_json_summary(tmp_path: Path, analyze: Shell):
    """With --json stdout is one JSON document: the database, and every input with its counts and reason."""
    write_video(tmp_path / "shop__till.mp4", 50, 10)
    shutil.copy(tmp_path / "shop__till.mp4", tmp_path / "twin.mp4")
    (tmp_path / "empty.mp4").touch()

    result = analyze("shop__till.mp4", "twin.mp4", "empty.mp4", "gone.mp4", "--json")
    summary = json.loads(result.stdout)

    assert result.exit_code == 3
    assert summary["db"] == "fer-video.db"
    assert [video["status"] for video in summary["videos"]] == ["done", "duplicate", "failed", "failed"]
    done = summary["videos"][0]
    assert done.pop("dominant")
    assert done.pop("seconds") >= 0
    assert done == {
        "path": "shop__till.mp4",
        "location": "shop",
        "camera": "till",
        "status": "done",
        "reason": None,
        "frames": 10,
        "faces": 11,
        "problem_frames": 0,
        "judged": 0,
        "reused": False,
        "notes": [],
        "changes": [],
        "duration_s": 5.0,
        "known_failure": False,
        "accepted_failure": False,
    }
    assert result.stderr.splitlines() == [
        "fer-video: empty.mp4: failed: the file is empty",
        "fer-video: gone.mp4: failed: there is no such file or folder",
    ]


def test_notes_are_said_behind_the_video_and_change_no_exit_code(tmp_path: Path, analyze: Shell):
    """What is doubtful of a video is a line of its own when it is analysed, and stays in the database and in --json."""
    path = write_video(tmp_path / "a.mp4", 50, 10)
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 76
    content[at : at + 4] = struct.pack(">I", 192 * 20 << 16)
    path.write_bytes(content)

    first, again = analyze("a.mp4"), analyze("a.mp4", "--json")

    (note,) = json.loads(again.stdout)["videos"][0]["notes"]
    assert "20:1" in note
    assert first.exit_code == again.exit_code == 0
    assert f"a.mp4: note: {note}" in first.stderr
    assert "note:" not in again.stderr


def test_json_when_everything_failed(tmp_path: Path, analyze: Shell):
    """A program gets its JSON also when no input could be read."""
    (tmp_path / "empty.mp4").touch()

    result = analyze("empty.mp4", "--json")

    assert result.exit_code == 4
    assert [video["reason"] for video in json.loads(result.stdout)["videos"]] == ["the file is empty"]


def test_quiet_is_quiet(tmp_path: Path, analyze: Shell):
    """With --quiet a sound batch prints nothing, and a bad file its one line."""
    write_video(tmp_path / "a.mp4", 5)
    (tmp_path / "empty.mp4").touch()

    sound, bad = analyze("a.mp4", "-q"), analyze("a.mp4", "empty.mp4", "--quiet")

    assert (sound.stdout, sound.stderr) == ("", "")
    assert (bad.stdout, bad.stderr) == ("", "fer-video: empty.mp4: failed: the file is empty\n")


def test_detail_goes_to_the_log_file(tmp_path: Path, analyze: Shell):
    """The log file tells what became of each video, a name on one line."""
    write_video(tmp_path / "a.mp4", 5).rename(tmp_path / "two\nlines.mp4")

    result = analyze("two\nlines.mp4", "--log-file", "detail.log", "-q")

    assert result.exit_code == 0
    assert r"INFO two\nlines.mp4: done" in (tmp_path / "detail.log").read_text("utf-8")


def test_hostile_names(tmp_path: Path, analyze: Shell):
    """A file name is data: it is analysed, printed on one line without its control characters, and exact in JSON."""
    for index, name in enumerate(HOSTILE_NAMES):
        write_video(tmp_path / "plain.mp4", 5 + index).rename(tmp_path / name)

    planned = analyze(".", "--dry-run")
    result = analyze(".")
    summary = json.loads(analyze(".", "--json").stdout)

    assert (planned.exit_code, result.exit_code) == (0, 0)
    assert len(planned.stdout.splitlines()) == 1 + len(HOSTILE_NAMES) + 2, "what is sampled, and the totals"
    assert not set("\x1b\x07\u202e") & set(result.stdout + result.stderr + planned.stdout)
    for name in HOSTILE_NAMES:
        assert f"analyze  {printable(name)}: location" in planned.stdout
        assert f"{printable(name)}: done (" in result.stderr
    assert {video["path"] for video in summary["videos"]} == {*HOSTILE_NAMES, "fer-video.db"}
    stored = {name.encode("utf-8", "backslashreplace").decode() for name in HOSTILE_NAMES}
    assert {path for (path,) in _rows("SELECT path FROM videos WHERE status = 'done'")} == stored


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bến Thành — cổng 1", "Bến Thành — cổng 1"),
        ("\N{MAN}\u200d\N{WOMAN} vui vẻ", "\N{MAN}\u200d\N{WOMAN} vui vẻ"),
        ("東京\u3000店", "東京\u3000店"),
        ("two\nlines\ttab", r"two\nlines\ttab"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
        (os.fsdecode(b"\xff"), r"\udcff"),
        ("[red]", "[red]"),
    ],
)
def test_names_stay_readable(name: str, expected: str):
    """Letters of every script and emoji are printed as they are; what moves the cursor or the text is escaped."""
    assert printable(name) == expected


def test_a_real_process_ends_with_one_line(tmp_path: Path, fer_video_process):
    """Started as a user starts it, an error is one line on stderr with its exit code, and no traceback."""
    (tmp_path / "evil\n\x1b[31m").mkdir()

    results = {
        4: fer_video_process("analyze", "evil\n\x1b[31m"),
        2: fer_video_process("analyze", ".", "--fps", "0"),
        5: fer_video_process("status"),
    }

    for code, result in results.items():
        assert result.returncode == code
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert result.stderr.startswith("fer-video: ")
        assert "\x1b" not in result.stderr


def test_status_lists_what_is_stored(tmp_path: Path, analyze: Shell, fer_video_process):
    """`fer-video status` shows each video with its state, on a terminal that knows ASCII only too."""
    write_video(tmp_path / "plain.mp4", 20).rename(tmp_path / "🎥 cổng.mp4")
    (tmp_path / "empty.mp4").touch()
    analyze(".")

    shown = fer_video_process("status", env={"PYTHONIOENCODING": "ascii"})
    states = json.loads(fer_video_process("status", "--json", env={"PYTHONIOENCODING": "ascii"}).stdout)

    assert shown.returncode == 0
    assert shown.stderr == ""
    assert r"\U0001f3a5" in shown.stdout
    assert (states["json_schema"], states["db"]) == (1, "fer-video.db")
    assert {key: states["totals"][key] for key in ("videos", "by_status", "frames")} == {
        "videos": 2, "by_status": {"done": 1, "failed": 1}, "frames": 4,
    }  # fmt: skip
    assert shown.stdout.splitlines()[-1].split()[:6] == ["2", "videos", "in", "all", "4", "5"]
    assert {(state["path"], state["status"], state["reason"]) for state in states["videos"]} == {
        ("🎥 cổng.mp4", "done", None),
        ("empty.mp4", "failed", "the file is empty"),
    }


def _into_full_disk(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments]
    with Path("/dev/full").open("w") as full:
        return subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=300)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_one_line(tmp_path: Path, analyze: Shell):
    """Results and logs that cannot be written are told once, or not at all, but never as a traceback."""
    write_video(tmp_path / "a.mp4", 20)

    logged = analyze("a.mp4", "--log-file", "/dev/full")
    results = [_into_full_disk("status", "--json"), _into_full_disk("report", "--csv", "-")]

    assert logged.exit_code == 0
    told = "--log-file: /dev/full cannot be written: No space left on device. The run goes on without this log.\n"
    assert logged.stderr.count("--log-file") == logged.stderr.count(told) == 1
    for result in results:
        assert result.returncode == 1
        assert result.stderr == "fer-video: the output cannot be written: No space left on device.\n"


def test_a_closed_stream_takes_everything(tmp_path: Path, analyze: Shell):
    """With stdout closed (`>&-` in a shell) a command does its work and says nothing."""
    write_video(tmp_path / "a.mp4", 20)
    analyze("a.mp4")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "status"]

    result = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


def test_help_reads_like_documentation(fer_video):
    """The help names every option with its meaning, and the exit codes."""
    result = fer_video("analyze", "--help")

    assert result.returncode == 0
    for word in ("--fps", "--every", "--frames", "--keyframes", "--dry-run", "--force", "Exit codes: 0 all done"):
        assert word in result.stdout


def test_the_plan_says_which_file_decides_and_what_of_areas(analyze: Shell, tmp_path: Path):
    """The cameras.toml further up decides, with staff, blanked areas and zones."""
    folder = tmp_path / "shop" / "day"
    folder.mkdir(parents=True)
    write_video(folder / "till.mp4", 5)
    file = tmp_path / "shop" / "cameras.toml"
    file.write_text(
        '[[camera]]\npattern = "*"\n[[camera.blank]]\nwhy = "staff"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'
        '[[camera.zone]]\nname = "queue"\nkind = "queue"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'
    )
    done = analyze("shop", "--dry-run")

    assert f"; staff blanked, 1 area blanked, zones queue (by {file})" in done.stdout
    file.write_text('[[camera]]\npattern = "*"\n')
    assert "will fail shop/day/till.mp4: expected `staff" in analyze("shop", "--dry-run", "--require-areas").stdout
    assert "areas not said" not in analyze("shop", "--dry-run").stdout
