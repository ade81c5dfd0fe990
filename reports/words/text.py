"""Names from outside (files, locations, cameras, reasons) made safe to show, and safe to open in a spreadsheet."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control characters, marks that turn the direction of text, characters without width, lone surrogates."""

_FORMULA = ("=", "+", "-", "@", "\t")


def visible(name: str) -> str:
    """A name in which nothing hides: control and direction characters are written as `<U+202E>`."""
    return _UNSAFE.sub(lambda found: f"<U+{ord(found.group()):04X}>", name)


def shorten(name: str, most: int = 36) -> str:
    """A name short enough to stand above a bar on a phone; its end stays, as that is where file names differ."""
    shown = visible(name)
    return shown if len(shown) <= most else f"{shown[: most - 15]}\N{HORIZONTAL ELLIPSIS}{shown[-14:]}"


def cell(name: str) -> str:
    """A text cell of a CSV file: what a spreadsheet would read as a formula gets a `'` in front.

    A carriage return becomes a space: readers of CSV disagree on whether it ends the row.
    """
    safe = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name).replace("\r", " ")
    return f"'{safe}" if safe.lstrip(" \u3000").startswith(_FORMULA) else safe
