"""Files that appear whole or not at all: written beside their place, brought to the disk, then renamed.

What is written has the same hidden name at every attempt, so that the next one overwrites what a kill left behind.
Reports, models and checkpoints go through `written_beside`, `write_whole` or `folder_beside`: content is on the disk
before it has its name, and the name is, too, before they return.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT_FDCWD, _EXCHANGE = -100, 2
"""From linux/fcntl.h and linux/fs.h: paths from the working folder, and `RENAME_EXCHANGE`."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Why a disk takes no more: it is full, also for this person or for a file of this size; an `errors.DiskError`."""


@contextmanager
def written_beside(path: Path, *, keep: Path | None = None) -> Iterator[Path]:
    """A hidden file beside `path` to write; it takes the place of `path` if the block ends well, and else vanishes.

    Args:
        path: the file to be.
        keep: the name that the file which was there before gets; None to let it go. A kill between the two renames
            leaves that name alone, and nothing at `path`.

    Raises:
        OSError: it cannot be written or renamed.
    """
    draft = path.with_name(f".{path.name}.part")
    with suppress(FileNotFoundError):
        draft.unlink()
    try:
        yield draft
        sync(draft)
        if keep is not None:
            with suppress(FileNotFoundError):
                path.replace(keep)
        draft.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            draft.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file at once.

    Raises:
        OSError: it cannot be written or renamed.
    """
    with written_beside(path) as draft:
        draft.write_bytes(content)


def write_private(path: Path, content: bytes) -> None:
    """Write a file at once that only its owner can read, from its first byte on.

    Raises:
        OSError: it cannot be written or renamed.
    """
    with written_beside(path) as draft:
        draft.touch(0o600, exist_ok=False)
        draft.write_bytes(content)


PRIVATE, SHARED = 0o600, 0o644
"""Who may read a file that holds rows about people: its owner; or everybody on the machine, if told so."""


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read, where none is; what goes wrong is left to who opens it."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder` to write files into; it takes the place of `folder` if the block ends well.

    Where the system can, the two change places at once. Elsewhere the old one is renamed first, as a folder cannot be
    renamed onto another one that holds files: a kill in that moment leaves it at `moved_aside`, where readers look.

    Raises:
        OSError: it cannot be written or renamed.
    """
    draft, old = folder.with_name(f".{folder.name}.part"), moved_aside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)  # a kill came between the two renames
    for left in (draft, old):
        shutil.rmtree(left, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        for file in draft.iterdir():
            sync(file)
        sync_folder(draft)
        if not folder.exists():
            draft.rename(folder)
        elif not exchange(draft, folder):
            folder.rename(old)
            draft.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def moved_aside(folder: Path) -> Path:
    """Where a folder lies that a kill kept from being replaced."""
    return folder.with_name(f".{folder.name}.old")


def exchange(one: Path, other: Path) -> bool:
    """Let two files or folders change places in one step; False where system or file system cannot (Linux 3.15 can).

    Raises:
        OSError: one of them is missing, or the folder cannot be written.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    failed = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
    if failed and (number := ctypes.get_errno()) not in {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}:
        raise OSError(number, os.strerror(number), str(one))
    return not failed


def sync(path: Path) -> None:
    """Bring a file's content to the disk: a rename may reach it earlier, and leave an empty file after a power cut."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system lets a folder be opened."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def read_regular(path: Path, most: int) -> bytes:
    """A file's content, if it is a file of at most so many bytes: a pipe would be waited for, a device has no end.

    Raises:
        OSError: it cannot be read, is no file, or is larger; `strerror` says which.
    """
    # Without O_NONBLOCK opening a pipe waits for somebody who writes into it.
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, f"it is {_kind(found.st_mode)}, not a file", str(path))
        with os.fdopen(opened, "rb", closefd=False) as file:
            content = file.read(most + 1) if found.st_size <= most else b""
    finally:
        os.close(opened)
    if found.st_size > most or len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return content


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for holds, name in kinds if holds(mode)), "a device")
