"""What a cell of a workbook may hold."""

from __future__ import annotations

import re

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_cell(text: str) -> str:
    """Text without control characters, at most 32,767 letters. A string cell is never a formula."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)[:32767]
