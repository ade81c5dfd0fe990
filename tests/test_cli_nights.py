"""`analyze` at night: ended by a service manager, read by programs, with failures that are expected."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from fakes import fake_stages, write_video
from sharing import TARGET, analyzing, count, wait_until
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli.analyze import make_analyze
from pipeline.cli.footage import Footage
from pipeline.errors import DiskError, SettingError, StoreError, UsageError
from pipeline.events import ChunkStored, Outcome, VideoStarted

if TYPE_CHECKING:
    from click.testing import Result


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


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_sigterm_finishes_the_chunk_and_says_what_was_done(tmp_path: Path) -> None:
    """Exit code 143, a sentence, JSON and log with what was done; the chunk in hand is stored, and a rerun goes on."""
    write_video(tmp_path / "a.mp4", 20, 10)
    write_video(tmp_path / "long.mp4", 600, 10)
    db, log, metrics = tmp_path / "x.db", tmp_path / "night.log", tmp_path / "fer.prom"
    options = ("--json", "--log-file", str(log), "--metrics", str(metrics))
    with analyzing(tmp_path, db, *options, slow_ms=8) as process:
        wait_until(lambda: count(db, "chunks") >= 4)  # two of the first, and two of this
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=120)

    assert process.returncode == 143, said
    assert said.endswith("ended by SIGTERM: what is stored is whole. Run the same command again to go on.\n")
    summary = json.loads(out)
    assert (summary["stopped_by"], summary["exit_code"]) == ("SIGTERM", 143)
    assert [(video["path"], video["status"]) for video in summary["videos"]] == [(str(tmp_path / "a.mp4"), "done")]
    (held,) = summary["in_hand"]
    frames = held["frames"]
    assert held["path"] == str(tmp_path / "long.mp4")
    assert frames + 20 == count(db, "frames")
    assert log.read_text("utf-8").splitlines()[-1].endswith(f"end by SIGTERM: exit code 143 after {_last_s(log)} s")
    assert "fer_video_run_exit_code 143\n" in metrics.read_text("utf-8")
    with analyzing(tmp_path, db) as process:
        _, said = process.communicate(timeout=120)
    assert f"long.mp4, going on after {frames} frames" in said


def _last_s(log: Path) -> str:
    return re.findall(r"after ([\d.]+) s$", log.read_text("utf-8"), re.MULTILINE)[-1]


def test_ctrl_c_ends_at_once_and_says_the_same(tmp_path: Path) -> None:
    """Exit code 130, a sentence, and JSON with what was done, without a wait for the chunk."""
    write_video(tmp_path / "long.mp4", 600, 10)
    with analyzing(tmp_path, tmp_path / "x.db", "--json", slow_ms=8) as process:
        wait_until(lambda: count(tmp_path / "x.db", "chunks") >= 1)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=120)

    summary = json.loads(out)
    assert said == "interrupted: what is stored is whole. Run the same command again to go on.\n"
    assert (process.returncode, summary["exit_code"], summary["stopped_by"]) == (130, 130, "SIGINT")
    assert (summary["videos"], summary["in_hand"][0]["frames"]) == ([], count(tmp_path / "x.db", "frames"))


def test_patience_behind_a_sigterm_ends(tmp_path: Path) -> None:
    """A command that cannot finish what it has in hand is interrupted all the same."""
    script = (
        "import os, signal, time\n"
        "from pipeline.cli.interrupts import answered, finishing\n"
        "with answered(), finishing(0.3) as stop:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print(stop.is_asked, flush=True)\n"
        "    time.sleep(600)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120)

    assert (ended.returncode, ended.stdout, ended.stderr) == (143, "True\n", "terminated\n")


def test_an_interrupted_import_is_an_interrupt(tmp_path: Path) -> None:
    """Compiled modules tell of a signal while they are read as an ImportError; another one stays what it is."""
    script = (
        "import sys\n"
        "from pipeline.cli.interrupts import TerminatedError, answered\n"
        "with answered():\n"
        "    raise ImportError('initialization failed') from {cause}\n"
    )

    def end(cause: str) -> tuple[int, str]:
        words = [sys.executable, "-c", script.format(cause=cause)]
        ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        return ended.returncode, ended.stderr.splitlines()[-1]

    assert end("KeyboardInterrupt()") == (130, "interrupted")
    assert end("TerminatedError()") == (143, "terminated")
    assert end("OSError()") == (1, "ImportError: initialization failed")


@pytest.mark.slow
def test_a_second_sigterm_ends_at_once(tmp_path: Path) -> None:
    """Whoever has no more patience need not wait for the chunk."""
    write_video(tmp_path / "long.mp4", 300, 10)
    with analyzing(tmp_path, tmp_path / "x.db", slow_ms=400) as process:
        wait_until(lambda: count(tmp_path / "x.db", "analyses") == 1)
        process.send_signal(signal.SIGTERM)
        for _ in range(100):  # signals of one kind that come together are one
            time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            if process.poll() is not None:
                break
        process.communicate(timeout=120)

    assert process.returncode == 143
    assert count(tmp_path / "x.db", "chunks") == 0


def test_the_log_tells_the_night_from_start_to_end(analyze: Any) -> None:
    """As text and as JSON lines: version, command, settings, device, database; each video; totals; the end."""
    write_video(Path("a.mp4"), 20, 10)
    Path("empty.mp4").touch()

    analyze("a.mp4", "empty.mp4", "--log-file", "text.log")
    analyze("a.mp4", "empty.mp4", "--log-file", "json.log", "--log-format", "json")

    text = Path("text.log").read_text("utf-8")
    begin = (
        f"INFO start: fer-video {__version__}; fer-video analyze a.mp4 empty.mp4 --log-file text.log; 2 frames a second"
    )
    assert begin in text
    assert re.search(r"INFO a\.mp4: done; 4 frames, 5 faces, \d+\.\d s$", text, re.MULTILINE)
    assert re.search(
        r"WARNING empty\.mp4: failed; 0 frames, 0 faces, \d+\.\d s; the file is empty$", text, re.MULTILINE
    )
    assert "totals: 1 done, 1 failed; 0 of them already; 4 frames, 5 faces; 1 new failure, 0 accepted" in text
    assert re.search(r"end: exit code 3 after \d+\.\d s$", text)
    events = {entry["event"]: entry for entry in lines(Path("json.log").read_text("utf-8"))}
    assert events["start"]["command"][:2] == ["fer-video", "analyze"]
    assert (events["start"]["device"], events["start"]["db"]) == ("cpu", "fer-video.db")
    assert (events["video"]["path"], events["video"]["status"]) == ("empty.mp4", "failed")
    assert events["totals"]["already_done"] == 1
    assert events["end"]["exit_code"] == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", entry["time"]) for entry in events.values())


def test_what_ends_a_whole_run_is_logged(analyze: Any) -> None:
    """With its message and exit code, as nobody sees the terminal at night."""
    write_video(Path("a.mp4"), 20, 10)
    Path("fer-video.db").write_bytes(b"no database" * 100)

    with pytest.raises(StoreError):
        analyze("a.mp4", "--log-file", "night.log", "--log-format", "json")

    error, _, end = lines(Path("night.log").read_text("utf-8"))[-3:]
    assert (error["event"], error["level"], end["event"], end["exit_code"]) == ("error", "error", "end", 5)
    assert "expected an SQLite database" in error["message"]


def test_a_program_can_follow(analyze: Any) -> None:
    """With `--progress jsonl` every line of stderr is an object, whatever it says; the summary stays on stdout."""
    write_video(Path("shop__a.mp4"), 200, 2)
    Path("empty.mp4").touch()

    result = analyze("shop__a.mp4", "empty.mp4", "--progress", "jsonl", "--start", "2024-03-26T09:00", "-v")

    events = lines(result.stderr)
    told = [entry for entry in events if entry["event"] not in {"detail", "message", "totals"}]
    kinds = [entry["event"] for entry in told if "time" not in entry]
    assert kinds == ["start", "begun", "chunk", "chunk", "chunk", "chunk", "video", "video", "end"]
    chunk = next(entry for entry in told if entry["event"] == "chunk")
    assert (chunk["frames"], chunk["footage_total_s"]) == (8, 100.0)
    assert chunk["footage_done_s"] == pytest.approx(chunk["timestamp_s"], abs=0.1)
    assert told[-1]["exit_code"] == 3
    assert any("--start gives all 2 inputs the same start" in entry.get("message", "") for entry in events)
    assert "shop__a.mp4" in result.stdout


def on_terminal(command: list[str], variables: dict[str, str]) -> tuple[str, int]:
    """What a command shows on a terminal, with its colours and movements, and its exit code."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **variables}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while part := os.read(ours, 4096):
                shown += part
        process.wait(120)
    os.close(ours)
    return shown.decode(), process.returncode


def test_a_terminal_moves_from_the_first_second(tmp_path: Path) -> None:
    """It says that networks load, then footage done of about so much, and at the end what to do next."""
    write_video(tmp_path / "a.mp4", 300, 10)
    write_video(tmp_path / "b.mp4", 280, 10)
    command = [*TARGET, str(tmp_path), "--fps", "10", "--db", str(tmp_path / "x.db")]

    shown, code = on_terminal(command, {"SLOW_MS": "2", "COLUMNS": "150"})

    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown)
    assert code == 0
    assert text.index("networks load") < text.index("video 1 of 2") < text.index("video 2 of 2")
    assert re.search(r"\d+(\.\d)? (second|minute)s? of about \d+(\.\d)? (second|minute)s? of footage, about", text)
    assert re.search(r"\d+ frames/s \d+ faces", text)
    assert text.rstrip().endswith(f"next: fer-video report --html --db {tmp_path / 'x.db'}")


def test_a_terminal_does_not_say_that_networks_load_for_what_is_done(tmp_path: Path) -> None:
    """A second run over the same video needs none."""
    write_video(tmp_path / "a.mp4", 30, 10)
    command = [*TARGET, str(tmp_path), "--fps", "10", "--db", str(tmp_path / "x.db")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)

    shown, code = on_terminal(command, {})

    last = shown.rsplit("done already", 1)
    assert code == 0
    assert len(last) == 2
    assert "networks load" not in last[1]


def test_the_table_sums_up_and_says_why(analyze: Any) -> None:
    """Reasons stand beside failures, old videos are one line unless -v lists them, and the last line is the sum."""
    for name, frames in (("a.mp4", 20), ("b.mp4", 30)):
        write_video(Path(name), frames, 10)
    analyze(".")
    write_video(Path("c.mp4"), 40, 10)
    Path("empty.mp4").touch()

    shown = analyze(".").stdout.splitlines()[1:]
    verbose = analyze(".", "-v").stdout

    assert [line.split()[0] for line in shown] == ["c.mp4", "empty.mp4", "2", "4"]
    assert shown[1].endswith("failed: the file is empty")
    assert shown[2].split() == ["2", "done", "already", "10", "12", "-", "12", "-", "-", "done"]
    assert shown[3].split() == ["4", "videos", "18", "20", "-", "20", "-", "-", "in", "all"]
    assert all(name in verbose for name in ("a.mp4", "b.mp4", "c.mp4"))


def test_no_progress_is_none(analyze: Any) -> None:
    """`--progress none` leaves the summary, and what concerns the whole run."""
    write_video(Path("a.mp4"), 20, 10)

    result = analyze("a.mp4", "--progress", "none")

    assert "[1/1]" not in result.stderr
    assert "a.mp4" in result.stdout


def test_metrics_are_whole_and_name_nobody(analyze: Any) -> None:
    """A file that node_exporter reads, with numbers alone; one that cannot be written is said."""
    write_video(Path("Nguyen__till.mp4"), 20, 10)
    Path("empty.mp4").touch()

    analyze(".", "--metrics", "fer.prom")

    text = Path("fer.prom").read_text("utf-8")
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) fer_video_\w+ .+|fer_video_\w+(\{\w+=\"[^\"]*\"\})? [\d.e+]+", line), line
    assert 'fer_video_videos{status="failed"} 1\n' in text
    assert 'fer_video_failures{kind="new"} 1\n' in text
    assert "fer_video_frames 4\nfer_video_running 0" not in text
    assert ("fer_video_frames 4\n" in text, "fer_video_running 0\n" in text) == (True, True)
    assert "Nguyen" not in text
    assert Path("fer.prom").stat().st_mode & 0o777 == 0o644
    assert not list(Path().glob(".fer.prom*"))
    with pytest.raises(DiskError, match=r"--metrics: expected a file that can be written; nowhere/fer\.prom"):
        analyze(".", "--metrics", "nowhere/fer.prom")


def test_known_failures_do_not_spoil_the_exit_code(analyze: Any) -> None:
    """What an earlier run met is known; what is listed is accepted; a new failure is told apart."""
    write_video(Path("a.mp4"), 20, 10)
    for name in ("old.mp4", "listed.mp4"):
        Path(name).write_bytes(name.encode() * 100)
    whole = write_video(Path("never_closed.mp4"), 50, 10)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])  # its index comes last
    assert analyze(".").exit_code == 3
    os.utime(whole, (1e9, 1e9))  # a night later the same recording is no longer one that was just written
    Path("new.mp4").write_bytes(b"new" * 100)
    Path("bad.txt").write_text("# what the van's recorder wrote\n\nlist*.mp4  # broken disk\n", "utf-8")

    known = analyze(".", "--accept", "known")
    again = analyze(".", "--accept", "known", "--json")
    listed = analyze(".", "--accept", "bad.txt", "--json")
    only = analyze("old.mp4", "--accept", "known")

    assert (known.exit_code, again.exit_code, listed.exit_code, only.exit_code) == (3, 0, 3, 0)
    assert "failures: 3 accepted, 1 new\n" in known.stderr
    totals = json.loads(listed.stdout)["totals"]
    assert (totals["new_failures"], totals["accepted_failures"], totals["known_failures"]) == (3, 1, 4)
    assert "listed.mp4" not in listed.stderr
    with pytest.raises(UsageError, match="--accept: expected 'known', or a text file"):
        analyze(".", "--accept", "nowhere.txt")


def test_settings_come_from_option_environment_and_file(analyze: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the flags' names stand in the file; variables win over it, and options over both."""
    write_video(Path("a.mp4"), 40, 10)
    Path("night.toml").write_text(
        'fps = 5\nmin-face = 30\ndb = "file.db"\ndevice = "cpu"\nlocation = "Vinh"\ntimezone = "Asia/Ho_Chi_Minh"\n'
        'accept = ["known"]\nprogress = "none"\nlog_file = "night.log"\nlog_format = "json"\n',
        "utf-8",
    )

    analyze("a.mp4", "--settings", "night.toml")
    assert Path("file.db").exists()
    start = lines(Path("night.log").read_text("utf-8"))[0]
    assert start["settings"] == "5 frames a second; faces from 30 px"
    told = start["all_settings"]
    assert (told["sampling"], told["location"]) == ({"mode": "fps", "value": 5}, "Vinh")

    monkeypatch.setenv("FER_VIDEO_SETTINGS", "night.toml")
    monkeypatch.setenv("FER_VIDEO_DB", "variable.db")
    monkeypatch.setenv("FER_VIDEO_EVERY", "2")
    found = json.loads(analyze("a.mp4", "--json").stdout)
    assert (found["db"], found["run"]["settings"]) == ("variable.db", "one frame every 2 s; faces from 30 px")
    assert found["videos"][0]["location"] == "Vinh"

    option = json.loads(analyze("a.mp4", "--json", "--db", "option.db", "--frames", "3").stdout)
    assert (option["db"], option["run"]["settings"]) == ("option.db", "3 frames, evenly spread; faces from 30 px")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("locaton = 'x'", r"unknown key 'locaton'; expected one of .*\. Did you mean 'location'\?"),
        ("db = 3", "db: expected text in quotes; found 3"),
        ("quiet = 'yes'", "quiet: expected true or false; found 'yes'"),
        ("accept = [1]", "accept: expected a list of texts"),
        ("min_face = 30\nmin-face-px = 31", "expected 'min_face_px' once; found it twice"),
    ],
)
def test_mistakes_in_a_settings_file_are_named(analyze: Any, text: str, message: str) -> None:
    """With the file, what was expected and what was found, and the nearest key."""
    Path("night.toml").write_text(text, "utf-8")

    with pytest.raises((UsageError, SettingError), match=message):
        analyze("a.mp4", "--settings", "night.toml")


def test_footage_is_told_as_done_of_about_so_much() -> None:
    """What was not opened yet is guessed from its size; what earlier runs did counts as done, but not for the pace."""
    now = 0.0
    footage = Footage({"a": 100, "b": 100, "c": 200}, lambda: now)
    footage.hear(Outcome(Path("a"), "done", reused=True, duration_s=3600.0))
    footage.hear(VideoStarted(Path("b"), 2, 3, 7200, 0, None, 3600.0))
    assert (footage.done_s, footage.total_s, footage.left_s, footage.is_guess) == (3600.0, 14400.0, None, True)
    now = 600.0
    footage.hear(ChunkStored(Path("b"), 64, 1, 1800.0))
    assert str(footage) == "1.5 hours of about 4 hours of footage, about 50 minutes left"

    footage.hear(Outcome(Path("b"), "done", duration_s=3600.0))
    footage.hear(Outcome(Path("c"), "failed"))
    assert str(footage) == "2 hours of 2 hours of footage", "that nothing is left goes without saying"

    assert (footage.total_s, footage.is_guess) == (7200.0, False)
