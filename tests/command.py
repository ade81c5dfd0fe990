"""The command line in this process, for tests of what it says and does, and as a process of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess
from typing import TYPE_CHECKING
from unittest.mock import patch

from pipeline.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROGRAM = [sys.executable, "-c", "from pipeline.cli import main; main()"]
"""What the installed `fer-video` does."""


def call(*words: object, cwd: Path, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """Run `fer-video` in this process, as TensorFlow alone takes seconds to start in another.

    What libraries write past Python's streams is not caught, and an error without an answer reaches the test.

    Args:
        words: what stands behind `fer-video`.
        cwd: the working directory.
        env: variables beside those of this process.
    """
    command = ["fer-video", *map(str, words)]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with ExitStack() as stack:
        stack.enter_context(chdir(cwd))
        stack.enter_context(patch.dict(os.environ, env or {}))
        stack.enter_context(patch.object(sys, "argv", command))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        code = _call_main()
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
    return CompletedProcess(command, code, stdout, stderr)


def _call_main() -> int:
    """The exit code."""
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def start(*words: object, cwd: Path, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
    """Run `fer-video` in a process of its own, as a user starts it; the parameters of `call`."""
    return subprocess.run(
        [*PROGRAM, *map(str, words)],
        cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
