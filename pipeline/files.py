"""Files that appear whole or not at all: written beside their place, brought to the disk, then renamed.

What is written has the same hidden name at every attempt, so that the next one overwrites what a kill left behind.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` to write; it takes the place of `path` if the block ends well, and else vanishes.

    Raises:
        OSError: it cannot be written or renamed.
    """
    draft = path.with_name(f".{path.name}.part")
    with suppress(FileNotFoundError):
        draft.unlink()
    try:
        yield draft
        sync(draft)
        draft.replace(path)
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


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder` to write files into; it takes the place of `folder` if the block ends well.

    A folder cannot be renamed onto another one that holds files: for a moment there is neither, never half of one.

    Raises:
        OSError: it cannot be written or renamed.
    """
    draft, old = (folder.with_name(f".{folder.name}.{end}") for end in ("part", "old"))
    if old.exists() and not folder.exists():
        old.rename(folder)  # a kill came between the two renames
    for left in (draft, old):
        shutil.rmtree(left, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        for file in draft.iterdir():
            sync(file)
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def sync(path: Path) -> None:
    """Bring a file's content to the disk: a rename may reach it earlier, and leave an empty file after a power cut."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
