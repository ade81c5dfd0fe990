"""Everything fer-video raises on purpose.

A message says what was expected, what was found and what to do next, and names the file. The command line
prints it as one line and exits with the class's code; any other exception is a defect and keeps its traceback.

Messages know no command line: a setting stands in backticks under its own name, as in "Name another with `db`.", and
the command line writes its option in that place (`pipeline.cli.flags`).

    FerVideoError                exit code
    ├── UsageError               2   options that contradict each other or cannot be read
    │   └── SettingError         2   one setting that cannot be followed
    ├── NoInputError             4   nothing among the inputs can be analysed
    ├── VideoError               3   one video failed; the batch goes on
    │   └── DecoderLostError     3   the decoding process was lost on it; another may go on
    ├── StoreError               5   the database cannot be opened, read or written
    │   └── OlderStoreError      5   it is of an older version, and has to be brought up to date first
    ├── DiskError                5   a file cannot be written, as on a full disk
    ├── ModelError               6   a model is missing, changed or does not fit
    └── DataError                2   labelled faces that cannot be read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class FerVideoError(Exception):
    """Base of every error that a user can act upon."""

    exit_code = 1


class UsageError(FerVideoError):
    """Options, settings or a settings file that cannot be followed."""

    exit_code = 2


class SettingError(UsageError):
    """One setting that cannot be followed.

    Attributes:
        setting: its name, as a settings file or a function's parameter has it, for example `min_face_px`.
        expected: what it could be.
        found: what it is.
        advice: what to do, in whole sentences; empty where that is plain.
        where: the file that it was read from; None for a value that was passed.
    """

    def __init__(
        self, setting: str, expected: str, found: object, advice: str = "", *, where: Path | str | None = None
    ) -> None:
        super().__init__(setting, expected, found, advice)
        self.setting, self.expected, self.found, self.advice, self.where = setting, expected, found, advice, where

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return place + self.describe(self.setting)

    def describe(self, name: str) -> str:
        """The message without the file, the setting called by another name."""
        return f"{name}: expected {self.expected}; found {self.found}. {self.advice}".rstrip()


class DataError(FerVideoError):
    """Labelled training or evaluation data that cannot be read."""

    exit_code = 2


class VideoError(FerVideoError):
    """One video cannot be read; the others are not concerned."""

    exit_code = 3


class DecoderLostError(VideoError):
    """The decoding process ended on the way. What it gave is good, and another one may go on behind it.

    Attributes:
        outside: it was ended from outside, or hung; it did not crash by itself.
    """

    def __init__(self, message: str, *, outside: bool) -> None:
        super().__init__(message)
        self.outside = outside


class NoInputError(FerVideoError):
    """None of the named inputs is a video or picture."""

    exit_code = 4


class StoreError(FerVideoError):
    """The database cannot be opened, read or written."""

    exit_code = 5


class OlderStoreError(StoreError):
    """The database is of an older fer-video, and was only to be read."""


class DiskError(FerVideoError):
    """A file cannot be written: the disk is full, also for this person or this file, or fails."""

    exit_code = 5


class ModelError(FerVideoError):
    """A model is missing, was changed since it was published, or does not fit."""

    exit_code = 6
