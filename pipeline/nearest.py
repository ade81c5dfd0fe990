"""What a word that is not known was most likely meant to be."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(written: object, known: Iterable[str]) -> str:
    """A sentence that names what was most likely meant, with a space in front; nothing if nothing is like it."""
    found = difflib.get_close_matches(str(written).lower(), list(known), 1)
    return f" Did you mean {found[0]!r}?" if found else ""
