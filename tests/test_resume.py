"""Nothing lost, nothing doubled: runs killed at random moments end in the rows of an unbroken one."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from fakes import write_video
from sharing import count, wait_until

TARGET = [sys.executable, str(Path(__file__).with_name("resume_target.py"))]
REAL = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze"]

MOST_FRUITLESS = 2

ROWS = {
    "videos": "SELECT sha256, path, location, camera, started_at, codec, width, height, status, reason FROM videos",
    "analyses": "SELECT v.sha256, a.run_id, a.status, a.reason FROM analyses a JOIN videos v ON v.id = a.video_id",
    "chunks": "SELECT v.sha256, c.run_id, c.number, c.frames FROM chunks c JOIN videos v ON v.id = c.video_id",
    "frames": "SELECT v.sha256, f.* FROM frames f JOIN videos v ON v.id = f.video_id",
    "faces": "SELECT v.sha256, f.* FROM faces f JOIN videos v ON v.id = f.video_id",
}


def digest(db: Path) -> dict[str, tuple[int, str]]:
    """Rows and content hash of each table, without the times at which they were written."""
    with sqlite3.connect(db) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        content = {name: sorted(map(repr, connection.execute(query))) for name, query in ROWS.items()}
    return {name: (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()) for name, rows in content.items()}


def run_to_end(command: list[str], db: Path) -> float:
    """Run the command without a kill; how many seconds it took."""
    began = time.monotonic()
    subprocess.run([*command, "--db", str(db), "--quiet"], check=True, timeout=300)
    return time.monotonic() - began


def kill_until_finished(command: list[str], db: Path, whole_s: float, rng: random.Random) -> int:
    """Start the command and kill it at a random moment, again and again until it ends by itself; the kills.

    Three deaths without a new chunk between them are taken for the video's fault, which is another test's claim: behind
    two of them the next run is left alone until there is one.
    """
    kills = fruitless = 0
    while True:
        before = count(db, "chunks")
        process = subprocess.Popen([*command, "--db", str(db), "--quiet"])
        if fruitless == MOST_FRUITLESS:
            wait_until(partial(has_gone_on, process, db, before))
        try:
            assert process.wait(whole_s * rng.uniform(0.1, 1.1)) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            fruitless = fruitless + 1 if count(db, "chunks") == before else 0
        else:
            return kills


def has_gone_on(process: subprocess.Popen[bytes], db: Path, before: int) -> bool:
    """Whether there is a new chunk, or the process has ended."""
    return process.poll() is not None or count(db, "chunks") > before


@pytest.mark.slow
@pytest.mark.campaign
def test_twenty_kills_end_in_the_rows_of_an_unbroken_run(tmp_path: Path) -> None:
    """SIGKILL at twenty random moments, with reruns after each, changes no row of three videos."""
    videos = tmp_path / "videos"
    videos.mkdir()
    for name, frames in (("one", 200), ("two", 250), ("three", 150)):
        write_video(videos / f"{name}.mp4", frames, 10)
    command = [*TARGET, str(videos), "--fps", "10"]
    whole_s = run_to_end(command, tmp_path / "whole.db")
    expected = digest(tmp_path / "whole.db")
    rng = random.Random(20240326)

    kills, rounds = 0, 0
    while kills < 20 and rounds < 40:
        broken = tmp_path / f"broken-{rounds}.db"
        kills += kill_until_finished(command, broken, whole_s, rng)
        rounds += 1
        assert digest(broken) == expected

    assert kills >= 20
    assert expected["frames"][0] == 600
    assert expected["faces"][0] > 300


@pytest.mark.slow
@pytest.mark.campaign
def test_kills_with_the_real_networks_change_no_row(tmp_path: Path, samples: Path) -> None:
    """Two kills in the middle of real detection and classification, then a rerun: the rows of an unbroken run."""
    clips = tmp_path / "clips"
    shutil.copytree(samples, clips, ignore=shutil.ignore_patterns("*.py", "README.md"))
    command = [*REAL, str(clips), "--fps", "8"]
    run_to_end(command, tmp_path / "whole.db")
    expected = digest(tmp_path / "whole.db")

    kills = 0
    while kills < 2:
        kills += kill_in_the_middle(command, tmp_path / "broken.db", at_chunks=kills + 1)
    run_to_end(command, tmp_path / "broken.db")

    assert digest(tmp_path / "broken.db") == expected
    assert expected["faces"][0] > 100


def kill_in_the_middle(command: list[str], db: Path, at_chunks: int) -> int:
    """Kill the command as soon as so many chunks are stored and a moment has passed."""
    process = subprocess.Popen([*command, "--db", str(db), "--quiet"])
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if count(db, "chunks") >= at_chunks:
            time.sleep(0.2)
            process.kill()
            process.wait()
            return 1
        time.sleep(0.02)
    pytest.fail("the command ended, or hung, before it could be killed")
