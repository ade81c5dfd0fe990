"""Real analyze commands beside each other on one folder, for tests that stop and kill them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from resume_target import app
from typer.testing import CliRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
TARGET = [sys.executable, str(HERE / "resume_target.py")]
SEVERAL_TARGET = [sys.executable, str(HERE / "targets" / "several_target.py")]
"""In a folder of its own: what lies beside the main script is not looked at by processes that it starts."""


def rows(db: Path, query: str) -> list[tuple]:
    """What the database holds; nothing while it is not made yet."""
    try:
        with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def count(db: Path, table: str) -> int:
    """How many rows a table has."""
    return next((number for (number,) in rows(db, f"SELECT count(*) FROM {table}")), 0)


@contextmanager
def analyzing(
    folder: Path, db: Path | str, *options: str, slow_ms: float = 2.0, target: list[str] = TARGET
) -> Iterator[subprocess.Popen[str]]:
    """A command that is under way; it is ended, if need be, when the test is through."""
    command = [*target, str(folder), "--fps", "10", "--db", str(db), *options]
    path = [str(HERE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    env = {**os.environ, "SLOW_MS": str(slow_ms), "PYTHONPATH": os.pathsep.join(path)}
    process = subprocess.Popen(command, env=env, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.communicate()


def analyze_here(inputs: Path, db: Path | str, *options: str, code: int = 0) -> str:
    """What the same command says in this process, where nothing of a test is about processes; it ends in that code."""
    done = CliRunner().invoke(app, [str(inputs), "--fps", "10", "--db", str(db), *options])
    assert done.exit_code == code, done.output
    return done.stderr


def wait_until(is_so, seconds: float = 120.0) -> None:
    """Look often until something holds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def end(process: subprocess.Popen[str], seconds: float = 120.0) -> str:
    """What a command said until it ended well."""
    _, said = process.communicate(timeout=seconds)
    assert process.returncode == 0, said
    return said
