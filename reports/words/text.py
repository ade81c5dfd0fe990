"""Names from outside (files, locations, cameras, reasons) made safe to show, and safe to open in a spreadsheet."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, marks that turn the direction of text, characters without width, lone surrogates."""

_FORMULA = tuple(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
    "\N{MINUS SIGN}"
)
"""What a spreadsheet may take for the beginning of a formula, or skip before one."""

_SKIPPED = " \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\ufeff\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
"""What stands before a formula without being seen."""


def visible(name: str) -> str:
    """A name in which nothing hides: control and direction characters are written as `<U+202E>`."""
    return _UNSAFE.sub(lambda found: f"<U+{ord(found.group()):04X}>", name)


def shorten(name: str, most: int = 36) -> str:
    """A name short enough to stand above a bar on a phone; its end stays, as that is where file names differ."""
    shown = visible(name)
    return shown if len(shown) <= most else f"{shown[: most - 15]}\N{HORIZONTAL ELLIPSIS}{shown[-14:]}"


def cell(name: str) -> str:
    """A text cell of a CSV file: what a spreadsheet would read as a formula gets a `'` in front.

    That goes for wide forms, too, and for what hides behind spaces, marks and line breaks. A carriage return becomes a
    space: readers of CSV disagree on whether it ends the row.
    """
    safe = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name).replace("\r", " ")
    return f"'{safe}" if name.lstrip(_SKIPPED).startswith(_FORMULA) else safe
