"""What makes two files the same video: their content, under whatever name it lies."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..records import Identity

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("fer_video")

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a file that was written to can be told without reading it: size, time of change (ns), inode."""

    size_bytes: int
    changed_ns: int
    inode: int


def identify(path: Path, stream: int = 1) -> Identity:
    """The content's identity; the path's where the content cannot be read, so that the failure has a row of its own.

    Args:
        path: the file.
        stream: which of its cameras, from 1; each has an identity of its own.
    """
    try:
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                return Identity(of_camera(sha256, stream), file.tell())
    except OSError as error:
        logger.info("%s: not hashed: %s", path, error)
    return Identity(stand_in(path, stream), 0)


def of_camera(sha256: str, stream: int) -> str:
    """The hash that one of a file's cameras is known by: of the first the file's own."""
    return sha256 if stream == 1 else hashlib.sha256(f"{sha256}#{stream}".encode()).hexdigest()


def stamp_of(path: Path) -> Stamp | None:
    """The file's stamp; None where there is none that could be read."""
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


def has_changed(path: Path, read: Identity, before: Stamp | None, stream: int = 1) -> bool:
    """Whether a file is not what was read any more, so that nobody knows whose content the frames are.

    A file that only grew, as recordings do, begins with what was read; one that was only touched is the same; and of
    one that is gone nothing better can be had.

    Args:
        path: the file.
        read: its content by the hash that was made before its frames were read.
        before: its stamp before that hash was made.
        stream: which of its cameras, from 1.
    """
    after = stamp_of(path)
    if before is None or after is None or after == before or not read.size_bytes:
        return False
    return not has_grown_from(path, read, stream)


def stand_in(path: Path, stream: int = 1) -> str:
    """In place of a content's hash, for a file that cannot be read."""
    place = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps `..`
    return of_camera(hashlib.sha256(b"unreadable:" + os.fsencode(place)).hexdigest(), stream)


def has_grown_from(path: Path, earlier: Identity, stream: int = 1) -> bool:
    """Whether the file begins with all of an earlier content, as a recording or copy does that was still going on.

    Args:
        path: the file.
        earlier: what one of its cameras was known by.
        stream: which one, from 1.
    """
    digest, left = hashlib.sha256(), earlier.size_bytes
    try:
        with path.open("rb") as file:
            while left and (block := file.read(min(left, BLOCK_BYTES))):
                digest.update(block)
                left -= len(block)
    except OSError as error:
        logger.info("%s: not compared: %s", path, error)
        return False
    return not left and of_camera(digest.hexdigest(), stream) == earlier.sha256
