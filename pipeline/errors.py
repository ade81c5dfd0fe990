"""Everything fer-video raises on purpose.

A message says what was expected, what was found and what to do next, and names the file. The command line
prints it as one line and exits with the class's code; any other exception is a defect and keeps its traceback.

    FerVideoError                exit code
    ├── UsageError               2   options that contradict each other or cannot be read
    ├── NoInputError             4   nothing among the inputs can be analysed
    ├── VideoError               3   one video failed; the batch goes on
    ├── StoreError               5   the database cannot be opened, read or written
    ├── ModelError               6   a model is missing, changed or does not fit
    └── DataError                2   labelled faces that cannot be read
"""

from __future__ import annotations


class FerVideoError(Exception):
    """Base of every error that a user can act upon."""

    exit_code = 1


class UsageError(FerVideoError):
    """Options, settings or a settings file that cannot be followed."""

    exit_code = 2


class DataError(FerVideoError):
    """Labelled training or evaluation data that cannot be read."""

    exit_code = 2


class VideoError(FerVideoError):
    """One video cannot be read; the others are not concerned."""

    exit_code = 3


class NoInputError(FerVideoError):
    """None of the named inputs is a video or picture."""

    exit_code = 4


class StoreError(FerVideoError):
    """The database cannot be opened, read or written."""

    exit_code = 5


class ModelError(FerVideoError):
    """A model is missing, was changed since it was published, or does not fit."""

    exit_code = 6
