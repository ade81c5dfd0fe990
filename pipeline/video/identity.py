"""What makes two files the same video: their content, under whatever name it lies."""

from __future__ import annotations

import hashlib
import logging
import os
from typing import TYPE_CHECKING

from ..records import Identity

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("fer_video")

BLOCK_BYTES = 1 << 20


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
