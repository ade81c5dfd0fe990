"""Writing files whole: beside the target first, then renamed, so that a reader never sees half a report."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A path to write to; it replaces `path` if the block ends well and vanishes if it does not.

    Raises:
        UsageError: the folder is missing or cannot be written to.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"{path}: cannot be written: {reason}. Choose a file in a folder that you may write to."
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink()
