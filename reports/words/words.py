"""Every word of a report in English and Vietnamese, and how each language writes numbers and dates."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from ..numbers.known import WIDEST, is_known

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_CATALOGUES = tuple(
    Path(__file__).parent / name
    for name in ("words.toml", "visits.toml", "audit.toml", "areas.toml", "evaluation.toml", "workbook.toml")
)


class _WithPlurals(Formatter):
    """Placeholders, and forms of words that follow a number: `{n} {n:face|faces}`."""

    def format_field(self, value: object, format_spec: str) -> str:
        """A value, or the form for it: the first for one, the second for all others."""
        one, bar, many = format_spec.partition("|")
        if bar:
            return one if str(value) == "1" else many
        found: str = super().format_field(value, format_spec)
        return found


_WITH_PLURALS = _WithPlurals()


class Language(StrEnum):
    """Languages of the report."""

    EN = "en"
    VI = "vi"


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its sentences, numbers and dates."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with its placeholders filled in.

        Raises:
            KeyError: the catalogue has no such key.
        """
        text = _catalogue()[key][self.language]
        return _WITH_PLURALS.vformat(text, (), values) if values else text

    def number(self, value: float, digits: int = 0) -> str:
        """A number with thousands separators: 12,345.6 in English, 12.345,6 in Vietnamese."""
        text = f"{value:,.{digits}f}"
        return text if self.language is Language.EN else text.translate(str.maketrans(",.", ".,"))

    def percent(self, share: float, digits: int = 1) -> str:
        """A share of 0 to 1 as per cent: 12.3 % in English, 12,3 % in Vietnamese; the space does not break."""
        return f"{self.number(100 * share, digits)}\N{NO-BREAK SPACE}%"

    def points(self, difference: float, digits: int = 1) -> str:
        """A difference of shares in percentage points, with its sign."""
        rounded = round(100 * difference, digits)
        sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
        return f"{sign}{self.number(abs(rounded), digits)}"

    def interval(self, low: float | None, high: float | None, digits: int = 1) -> str:
        """An interval of shares in per cent; a dash where there is none, words where it is too wide to say much."""
        if low is None or high is None:
            return "\N{EN DASH}"
        if not is_known(low, high):
            return self("interval_wide", points=self.number(100 * WIDEST))
        return f"{self.number(100 * low, digits)}\N{EN DASH}{self.number(100 * high, digits)}\N{NO-BREAK SPACE}%"

    def date(self, moment: datetime) -> str:
        """A day: 26 March 2024, or 26/03/2024."""
        if self.language is Language.VI:
            return moment.strftime("%d/%m/%Y")
        return f"{moment.day} {self('months').split()[moment.month - 1]} {moment.year}"

    def moment(self, moment: datetime) -> str:
        """A day and a time of it."""
        return f"{self.date(moment)}, {moment:%H:%M}"

    def listing(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self('and')} {items[-1]}"


@lru_cache
def _catalogue() -> dict[str, dict[str, str]]:
    parts: list[dict[str, Any]] = [tomllib.loads(path.read_text("utf-8")) for path in _CATALOGUES]
    return {key: entry for part in parts for key, entry in part.items()}


def keys() -> tuple[str, ...]:
    """All keys of the catalogue."""
    return tuple(_catalogue())
