"""What a word that is not known was most likely meant to be."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(written: object, known: Iterable[str]) -> str:
    """A sentence that names what was most likely meant, with a space in front; nothing if nothing is like it.

    Capitals and accents, which are left out where they are hard to type, make no difference.
    """
    names = sorted(known)
    folded = [_fold(name) for name in names]
    found = difflib.get_close_matches(_fold(str(written)), folded, 1)
    return f" Did you mean {names[folded.index(found[0])]!r}?" if found else ""


def _fold(name: str) -> str:
    """In small letters without accents; `Đ` is a letter of its own to Unicode, no D with an accent."""
    return "".join(one for one in normalize("NFD", name.casefold()) if not combining(one)).replace("đ", "d")
