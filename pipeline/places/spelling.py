"""Names as people write them: one form of accented letters, and what a key that is not known was meant to be."""

from __future__ import annotations

import unicodedata
from typing import Any

from ..errors import UsageError
from ..nearest import nearest


def nfc(name: str) -> str:
    """One form of accented letters, so that one location does not become two; undecodable bytes as escapes."""
    decodable = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return unicodedata.normalize("NFC", decodable).strip()


def refuse_unknown(file: object, table: dict[str, Any], known: set[str], where: str = "") -> None:
    """See that a table of a file holds known keys alone.

    Args:
        file: what the message begins with.
        table: the table.
        known: all keys that it may hold.
        where: the table within the file.

    Raises:
        UsageError: it does not; it names the nearest known key.
    """
    unknown = sorted(set(table) - known)
    if unknown:
        key = f"{unknown[0]!r} {where}".rstrip()
        listed = ", ".join(sorted(known))
        raise UsageError(f"{file}: unknown key {key}; expected {listed}.{nearest(unknown[0], known)}")
