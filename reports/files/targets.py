"""Where a page may be written: nothing is lost by it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline.errors import SettingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_out(out: Path, *, force: bool) -> None:
    """Refuse a target that would lose something, before any work is done.

    Raises:
        UsageError: it exists already, is no HTML file, or has no folder.
    """
    if out.suffix.lower() not in {".html", ".htm"}:
        raise SettingError("out", "a name that ends in .html", out)
    # os.path answers no where Path raises: for names that are too long or out of reach.
    if not os.path.isdir(out.absolute().parent):  # noqa: PTH112
        raise SettingError("out", "a folder to write in", f"{out.absolute().parent}, which is none", "Make it first.")
    if os.path.isdir(out):  # noqa: PTH112
        raise SettingError("out", "a file name", f"{out}; this is a folder", "Name a file in it.")
    if os.path.lexists(out) and not force:
        raise UsageError(f"{out}: is there already. Name another file with `out`, or overwrite it with `force`.")
