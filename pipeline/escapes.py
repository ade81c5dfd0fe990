"""Characters that a terminal obeys or that nobody sees, written as escapes."""

from __future__ import annotations

import re
import unicodedata

ZERO_WIDTH_JOINER = "\u200d"
"""Joins emoji, and is harmless elsewhere."""

# Everything that is no plain ASCII is looked at one by one, as most texts have none of it.
_SUSPECT = re.compile("[^\x20-\x7e]")
_BEYOND_ONE_ESCAPE = 0xFFFF


def is_harmless(char: str) -> bool:
    """Whether a character shows itself and nothing else: no control, direction mark, line break or lone surrogate."""
    return char.isprintable() or char == ZERO_WIDTH_JOINER or unicodedata.category(char) == "Zs"


def escape(text: str) -> str:
    """The text on one line, with Python's escapes in place of what is not harmless."""
    return _SUSPECT.sub(lambda found: _keep(found[0]) or found[0].encode("unicode_escape").decode(), text)


def escape_json(document: str) -> str:
    """JSON as text with JSON's own escapes in place of what is not harmless; its own line breaks stay."""
    return _SUSPECT.sub(lambda found: found[0] if found[0] == "\n" else _keep(found[0]) or _json(found[0]), document)


def _keep(char: str) -> str:
    return char if is_harmless(char) else ""


def _json(char: str) -> str:
    code = ord(char)
    if code <= _BEYOND_ONE_ESCAPE:
        return f"\\u{code:04x}"
    code -= _BEYOND_ONE_ESCAPE + 1
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
