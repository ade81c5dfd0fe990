"""What the figures show, apart from how: each chart is drawn twice, as static SVG and as an interactive figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pipeline.records import UNDECIDED

STACKED = ("happy", "surprise", "neutral", "sad", "fear", "angry", "disgust", UNDECIDED)
"""Order of segments that are stacked: from positive to negative, then what is undecided."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One value with its interval.

    Attributes:
        key: colour, a key of `palette.COLOURS`.
        value, low, high: shares, 0 to 1; the interval is None if there is none.
        label: what stands beside it.
        hover: what a pointer shows; lines are separated by newlines.
        unknown: there is no interval, or too wide a one to say anything: the mark is hollow.
        instead: words in the place of a dot that is not drawn, as it is not known or hidden; empty for one that is.
    """

    key: str
    value: float
    low: float | None
    high: float | None
    label: str
    hover: str
    unknown: bool = False
    instead: str = ""


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar with its name and whisker."""

    name: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, one a row, from 0 to the largest upper bound."""

    id: str
    title: str
    axis: str
    rows: tuple[BarRow, ...]

    @property
    def end(self) -> float:
        """Right end of the axis, a share."""
        highest = max([row.mark.high or row.mark.value for row in self.rows], default=0.0)
        return min(1.0, max(highest * 1.02, 0.05))


@dataclass(frozen=True, slots=True)
class StackRow:
    """A bar of segments that add up to 1; `muted` where there is too little to compare."""

    name: str
    note: str
    muted: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """Bars of 100 %, one a row; `keys` with their names make the legend."""

    id: str
    title: str
    axis: str
    keys: tuple[tuple[str, str], ...]
    rows: tuple[StackRow, ...]


@dataclass(frozen=True, slots=True)
class DotRow:
    """Values with intervals on one line, one for each panel (None where there is nothing to show)."""

    name: str
    muted: bool
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True, slots=True)
class Dots:
    """Small multiples: panels side by side, the same rows in each, with a line where the whole lies.

    Attributes:
        panels: key and name of each.
        wholes: where the line of each panel stands, a share.
        end: right end of every axis, a share.
    """

    id: str
    title: str
    axis: str
    panels: tuple[tuple[str, str], ...]
    wholes: tuple[float, ...]
    rows: tuple[DotRow, ...]
    end: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two values of each row on one axis, with intervals: one selection and another."""

    id: str
    title: str
    axis: str
    keys: tuple[tuple[str, str], ...]
    rows: tuple[DotRow, ...]
    end: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Shares by time as stacked columns, and the numbers of faces below them, stacked too.

    Attributes:
        keys: key and name of each series.
        face_keys: the same of the numbers below.
        bins: left edge of each bin as text.
        shares: one tuple a bin, in the order of `keys`; zeros where nobody was seen.
        faces: one tuple a bin, in the order of `face_keys`.
        hovers: what a pointer shows for each bin.
    """

    id: str
    title: str
    axis: str
    time_axis: str
    faces_axis: str
    keys: tuple[tuple[str, str], ...]
    face_keys: tuple[tuple[str, str], ...]
    bins: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]
    faces: tuple[tuple[int, ...], ...]
    hovers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """Shares by weekday (rows) and hour (columns); None where there are too few faces.

    `low` and `high` are the ends of the colour scale, the same for all locations of a page and from report to report.
    `texts` stand in the cells, as percentages without their sign; empty where nothing does.
    """

    id: str
    title: str
    axis: str
    time_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    hovers: tuple[tuple[str, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    low: float
    high: float


Chart: TypeAlias = Bars | Stack | Dots | Pairs | Timeline | Heat
