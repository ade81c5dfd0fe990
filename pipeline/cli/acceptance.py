"""Failures that are expected: listed in a file, or the same as in an earlier run. They do not spoil an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..places.spelling import nfc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..events import Outcome

KNOWN = "known"
"""In place of a file: every failure that an earlier run met as well, for the same reason."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Which failures are expected.

    Attributes:
        known: those that an earlier run met.
        patterns: names, paths and glob patterns of files.
    """

    known: bool = False
    patterns: tuple[str, ...] = ()

    def accepts(self, outcome: Outcome) -> bool:
        """Whether an input that failed, or is partial, was expected to."""
        if outcome.status not in {"failed", "partial"}:
            return False
        path = nfc(str(outcome.path))
        names = (path, PurePath(path).name)
        listed = any(name == pattern or fnmatchcase(name, pattern) for name in names for pattern in self.patterns)
        return listed or (self.known and outcome.known)


def read_acceptance(words: Sequence[str]) -> Acceptance:
    """What `--accept` was given: `known`, or files with a name, path or glob pattern a line; `#` begins a comment.

    Raises:
        UsageError: a file cannot be read.
    """
    patterns: list[str] = []
    for word in words:
        if word == KNOWN:
            continue
        try:
            lines = Path(word).read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            cause = getattr(error, "strerror", None) or error
            expected = f"{KNOWN!r}, or a text file with a file's name, path or pattern a line"
            raise UsageError(f"--accept: expected {expected}; {word}: {cause}.") from error
        stripped = (line.partition(" #")[0].strip() for line in lines if not line.lstrip().startswith("#"))
        patterns += [nfc(line) for line in stripped if line]
    return Acceptance(KNOWN in words, tuple(patterns))
