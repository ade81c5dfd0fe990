"""What a page consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..figures.charts import Chart
    from ..sheets.sheets import Sheet

MOST_ROWS = 40
"""More groups than that have their intervals in a table only; longer tables start closed."""


MOST_WEEKS = 20
"""Weeks of so many locations stand on the page, those with the most faces."""

MOST_LONG = 100
"""With more videos than that, timelines of `MOST_ROWS` of them stand on the page."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A chart with the tables behind it; either may be missing."""

    chart: Chart | None
    sheets: tuple[Sheet, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A short list of sentences under a heading of its own."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page.

    Attributes:
        short: its name among the links on top; empty for its title.
        paragraphs: before the exhibits.
        fold, folded: title of a fold after them, and what it hides; empty without one.
        bullets: at the end.
    """

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    fold: str = ""
    folded: tuple[Exhibit, ...] = ()
    bullets: tuple[Bullets, ...] = ()
    short: str = ""
