"""A command that is watched from outside: how it ends, what it says, the memory it takes, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a command.

    Attributes:
        code: its exit code; minus a signal's number; None if it did not end in time.
        out, err: what it said.
        peak_mb: most memory that it and its children held at once, MB; what processes share counts once.
        left: its processes that lived on, by number.
        seconds: how long it took.
    """

    code: int | None
    out: str
    err: str
    peak_mb: float
    left: tuple[int, ...]
    seconds: float


def watch(command: Sequence[str], folder: Path, env: Mapping[str, str], patience_s: float) -> Seen:
    """Run a command to its end, in a session of its own.

    Args:
        command: program and arguments.
        folder: its working directory; what it says is kept beside that.
        env: variables beside ours.
        patience_s: when it is ended, seconds.
    """
    began, peak = time.monotonic(), 0.0
    out, err = folder.with_name("stdout"), folder.with_name("stderr")
    with out.open("wb") as to_out, err.open("wb") as to_err:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **env}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=to_out, stderr=to_err,
        )  # fmt: skip
        while process.poll() is None and time.monotonic() - began < patience_s:
            peak = max(peak, sum(_held_mb(pid) for pid in session(process.pid)))
            time.sleep(LOOK_EVERY_S)
    code = process.poll()
    time.sleep(0 if code is None else 0.3)  # a child notices that its pipe is closed
    left = tuple(session(process.pid))
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    said = [file.read_bytes().decode("utf-8", "replace") for file in (out, err)]
    return Seen(code, said[0], said[1], peak, left, time.monotonic() - began)


def session(leader: int) -> Iterator[int]:
    """The living processes of a session."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                # proc(5): state, parent, group and session follow the name in brackets.
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                if int(fields[3]) == leader and fields[0] not in {b"Z", b"X"}:
                    yield int(entry.name)


def _held_mb(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
