"""Charts as static SVG: for readers without JavaScript, mail previews and paper.

Horizontal positions are percentages and there is no view box, so that a figure fills any width while its letters keep
their size. Colours are classes, so that the page's light and dark schemes reach them.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from .charts import Bars, Dots, Heat, Pairs, Stack, Timeline
from .palette import WHITE_FROM, heat_colour
from .scale import narrow_ticks, tick_text, ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .charts import Chart, Mark

ROW_PX, NAME_PX, BAR_PX = 44, 16, 18
"""Height of a row; of the line with its name; of its bar."""

AXIS_PX = 40
"""Height of an axis with its numbers and its name."""


@singledispatch
def draw(chart: Chart) -> Markup:
    """The chart as an `<svg>` element."""
    raise TypeError(f"expected a chart; found {type(chart).__name__}")


def element(name: str, *children: str, **attributes: str | float) -> Markup:
    """An element with escaped attributes; underscores in their names become hyphens."""
    pairs = (f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"' for key, value in attributes.items())
    return Markup(f"<{name}{''.join(pairs)}>{''.join(escape(child) for child in children)}</{name}>")  # noqa: S704 escaped


def percent(share: float) -> str:
    """A share of the figure's width."""
    return f"{_plain(100 * share)}%"


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.3f}".rstrip("0").rstrip(".")


def _canvas(chart: Chart, height: float, parts: Iterable[Markup]) -> Markup:
    title = element("title", chart.title)
    return element(
        "svg", title, *parts, class_="static", width="100%", height=height, role="img", aria_label=chart.title
    )


def _label(text: str, x: float, y: float, *, anchor: str = "start", kind: str = "name") -> Markup:
    return element("text", text, x=percent(x), y=y, text_anchor=anchor, class_=kind)


def _bar(mark: Mark, x: float, width: float, y: float, height: float) -> Markup:
    place: dict[str, str | float] = {"x": percent(x), "y": y, "width": percent(max(width, 0.0)), "height": height}
    return element("rect", element("title", mark.hover), **place, class_=_paint(mark))


def _paint(mark: Mark) -> str:
    return f"fill c-{mark.key}{' unknown' if mark.unknown else ''}"


def _axis(end: float, height: float, name: str) -> list[Markup]:
    """Lines with their numbers from top to bottom, as wide as the figure, and what they measure below them."""
    parts = []
    for share in ticks(end):
        x = min(share / end, 1.0)
        anchor = "start" if x == 0 else "end" if x > 0.97 else "middle"
        parts.append(element("line", x1=percent(x), x2=percent(x), y1=0, y2=height, class_="rule"))
        parts.append(_label(tick_text(share), x, height + 15, anchor=anchor, kind="tick"))
    return [*parts, _label(name, 0.5, height + 33, anchor="middle", kind="tick")]


def _whisker(mark: Mark, end: float, y: float, start: float = 0.0, width: float = 1.0) -> list[Markup]:
    if mark.low is None or mark.high is None:
        return []
    low, high = (percent(start + width * min(bound / end, 1.0)) for bound in (mark.low, mark.high))
    ticks = [element("line", x1=x, x2=x, y1=y - 4, y2=y + 4, class_="whisker") for x in (low, high)]
    return [element("line", x1=low, x2=high, y1=y, y2=y, class_="whisker"), *ticks]


@draw.register
def _bars(chart: Bars) -> Markup:
    height = len(chart.rows) * ROW_PX
    parts = _axis(chart.end, height, chart.axis)
    for number, row in enumerate(chart.rows):
        top = number * ROW_PX + NAME_PX
        parts += [_label(row.name, 0, top - 3), _label(row.mark.label, 1, top - 3, anchor="end", kind="value")]
        if row.mark.value > 0:
            parts.append(_bar(row.mark, 0, row.mark.value / chart.end, top + 2, BAR_PX))
        parts += _whisker(row.mark, chart.end, top + 2 + BAR_PX / 2)
    return _canvas(chart, height + AXIS_PX, parts)


@draw.register
def _stack(chart: Stack) -> Markup:
    height = len(chart.rows) * ROW_PX
    parts = _axis(1.0, height, chart.axis)
    for number, row in enumerate(chart.rows):
        top, at = number * ROW_PX + NAME_PX, 0.0
        bars = []
        for mark in row.marks:
            if mark.value > 0:
                bars.append(_bar(mark, at, mark.value, top + 2, BAR_PX))
            at += mark.value
        parts += [_label(row.name, 0, top - 3), _label(row.note, 1, top - 3, anchor="end", kind="value")]
        parts.append(element("g", *bars, class_="muted" if row.muted else "row"))
    return _canvas(chart, height + AXIS_PX, parts)


@draw.register
def _dots(chart: Dots) -> Markup:
    gap = 0.04
    width = (1 - gap * (len(chart.panels) - 1)) / len(chart.panels)
    height = 24 + len(chart.rows) * 38
    parts = []
    for number, (_key, name) in enumerate(chart.panels):
        left = number * (width + gap)
        line = percent(left + width * chart.wholes[number] / chart.end)
        parts += [_label(name, left, 12, kind="panel")]
        parts += [element("line", x1=line, x2=line, y1=20, y2=height, class_="whole")]
        for share in narrow_ticks(chart.end):
            x = left + width * share / chart.end
            parts.append(element("line", x1=percent(x), x2=percent(x), y1=20, y2=height, class_="rule"))
            anchor = "middle" if share else "start"
            parts.append(_label(tick_text(share), x, height + 15, anchor=anchor, kind="tick"))
    parts.append(_label(chart.axis, 0.5, height + 33, anchor="middle", kind="tick"))
    for number, row in enumerate(chart.rows):
        top = 24 + number * 38
        parts.append(element("g", *_dot_row(chart, row.marks, top, width, gap), class_="muted" if row.muted else "row"))
        parts.append(_label(row.name, 0, top + 12))
    return _canvas(chart, height + AXIS_PX, parts)


def _dot_row(chart: Dots, marks: tuple[Mark | None, ...], top: float, width: float, gap: float) -> list[Markup]:
    parts = []
    for panel, mark in enumerate(marks):
        left = panel * (width + gap)
        parts.append(
            element("line", x1=percent(left), x2=percent(left + width), y1=top + 24, y2=top + 24, class_="rule")
        )
        if mark and mark.instead:
            parts.append(_label(mark.instead, left + width / 2, top + 28, anchor="middle", kind="value over"))
        elif mark:
            parts += _whisker(mark, chart.end, top + 24, left, width)
            parts.append(_dot(mark, left + width * min(mark.value / chart.end, 1.0), top + 24))
    return parts


def _dot(mark: Mark, x: float, y: float) -> Markup:
    return element("circle", element("title", mark.hover), cx=percent(x), cy=y, r=5, class_=_paint(mark))


@draw.register
def _pairs(chart: Pairs) -> Markup:
    height = len(chart.rows) * 54
    parts = _axis(chart.end, height, chart.axis)
    for number, row in enumerate(chart.rows):
        top = number * 54
        parts.append(_label(row.name, 0, top + 13))
        note = " → ".join(mark.label for mark in row.marks if mark)
        parts.append(_label(note, 1, top + 13, anchor="end", kind="value"))
        for line, mark in enumerate(row.marks):
            y = top + 24 + 13 * line
            parts.append(element("line", x1="0%", x2="100%", y1=y, y2=y, class_="rule"))
            if mark:
                parts += [*_whisker(mark, chart.end, y), _dot(mark, min(mark.value / chart.end, 1.0), y)]
    return _canvas(chart, height + AXIS_PX, parts)


@draw.register
def _timeline(chart: Timeline) -> Markup:
    count = max(len(chart.bins), 1)
    parts = [_area(key, at, chart.shares) for at, (key, _name) in enumerate(chart.keys)]
    left, width = percent(0.1), percent(0.9)
    shares = element(
        "svg", *parts, x=left, y=4, width=width, height=92, viewBox=f"0 0 {count} 1", preserveAspectRatio="none"
    )
    most = max([*(sum(faces) for faces in chart.faces), 1])
    heights = tuple(tuple(count / most for count in faces) for faces in chart.faces)
    columns = [_area(key, at, heights) for at, (key, _name) in enumerate(chart.face_keys)]
    faces = element(
        "svg", *columns, x=left, y=106, width=width, height=28, viewBox=f"0 0 {count} 1", preserveAspectRatio="none"
    )
    scale = [
        _label(text, 0.09, y, anchor="end", kind="tick")
        for text, y in ((tick_text(1), 13), (tick_text(0), 98), (str(most), 115), ("0", 135))
    ]
    ends = (
        [_label(chart.bins[0], 0.1, 150, kind="tick"), _label(chart.bins[-1], 1, 150, anchor="end", kind="tick")]
        if chart.bins
        else []
    )
    return _canvas(chart, 156, [shares, faces, *scale, *ends])


def _area(key: str, series: int, bins: Sequence[tuple[float, ...]]) -> Markup:
    """One series of stacked columns as a single path, so that a long timeline stays small."""
    pieces = []
    for at, values in enumerate(bins):
        below, value = sum(values[:series]), values[series]
        if value:
            pieces.append(f"M{at} {_plain(1 - below)}v-{_plain(value)}h1v{_plain(value)}z")
    return element("path", d="".join(pieces), class_=f"fill c-{key}")


@draw.register
def _heat(chart: Heat) -> Markup:
    left, width = 0.1, 0.9 / max(len(chart.columns), 1)
    parts: list[Markup] = []
    for line, name in enumerate(chart.rows):
        parts.append(_label(name, 0, line * 22 + 15, kind="tick"))
        for column, value in enumerate(chart.values[line]):
            place: dict[str, str | float] = {
                "x": percent(left + column * width),
                "y": line * 22,
                "width": percent(width * 0.94),
                "height": 20,
                "rx": 2,
            }
            paint: dict[str, str] = (
                {"class_": "empty"} if value is None else {"fill": heat_colour(value, chart.low, chart.high)}
            )
            parts.append(element("rect", element("title", chart.hovers[line][column]), **place, **paint))
            if value is not None and chart.texts[line][column]:
                kind = "cell dark" if value - chart.low > WHITE_FROM * (chart.high - chart.low) else "cell"
                x = left + (column + 0.47) * width
                parts.append(_label(chart.texts[line][column], x, line * 22 + 14, anchor="middle", kind=kind))
    bottom = len(chart.rows) * 22 + 14
    parts += [
        _label(name, left + (column + 0.5) * width, bottom, anchor="middle", kind="tick")
        for column, name in enumerate(chart.columns)
        if column % 3 == 0
    ]
    parts.append(_label(chart.time_axis, left + 0.45, bottom + 18, anchor="middle", kind="tick"))
    return _canvas(chart, bottom + 24, parts)
