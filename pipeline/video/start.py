"""Starting a process of our own: with a safe search path, and without the caller's main script."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

BOOT = Path(__file__).with_name("boot.py")
PACKAGE = Path(__file__).resolve().parents[1]


DECODER = "pipeline.video.child"
"""The module whose `serve` decodes."""


def start_child(module: str = DECODER) -> tuple[subprocess.Popen[bytes], Connection]:
    """A new process that runs `serve` of a module of ours, and the pipe to it. It ends with this one at the latest."""
    ours, theirs = multiprocessing.Pipe()
    with _interrupts_held(), theirs:
        handle = theirs.fileno()
        # -P: neither the working folder nor the script's own comes before the standard library.
        flags = ["-I"] if sys.flags.isolated else ["-P"]
        process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, *flags, str(BOOT), str(handle)], stdin=subprocess.DEVNULL, **_handing_over(handle)
        )
    # A child that waits for work ends with its pipe; one that hangs in its work would not notice.
    atexit.register(process.kill)
    # One that was ended already, as where memory is short, is met as lost by whoever waits for its first answer.
    with suppress(OSError):
        ours.send((str(PACKAGE), search_path(), module))
    return process, ours


def search_path() -> list[str]:
    """Where this process looks for modules, without the working folder and that of the main script."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    unsafe = {Path.cwd(), *([Path(script).resolve().parent] if script else [])}
    return [entry for entry in sys.path if entry and Path(entry).absolute() not in unsafe]


def _handing_over(handle: int) -> dict[str, Any]:
    """What makes `Popen` give the child this end of the pipe and no other file."""
    if sys.platform != "win32":
        return {"pass_fds": (handle,)}
    os.set_handle_inheritable(handle, True)
    return {"startupinfo": subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})}


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C back for a moment: a child inherits that, and so does not die of it before it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
