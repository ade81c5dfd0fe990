"""Charts as interactive Plotly figures. Pure: the same chart gives the same figure, to the byte.

Plotly reads `<b>` and `<a>` in any text, so everything that comes from outside is escaped here. Text and grid colours
are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from .charts import Bars, Dots, Heat, Pairs, Stack, Timeline
from .palette import COLOURS, HEAT
from .parts import NO_TICKS, new_figure, paint, row_label, rows_axis, safe_text, share_axis, whiskers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .charts import Chart, DotRow, Mark

ROW_PX = 44
MOST_TIMES = 4
"""So many times stand below a timeline: on a phone more would run into each other."""


@singledispatch
def figure(chart: Chart) -> Any:
    """The chart as a `plotly.graph_objects.Figure`."""
    raise TypeError(f"expected a chart; found {type(chart).__name__}")


@figure.register
def _bars(chart: Bars) -> Any:
    import plotly.graph_objects as go

    placed = [(at, row.mark) for at, row in enumerate(chart.rows)]
    # Those without an interval apart, as Plotly would draw them one of length 0.
    parts = [[one for one in placed if (one[1].low is None) is without] for without in (False, True)]
    traces = [
        go.Bar(
            orientation="h",
            # A bar of no length would be drawn as its outline; with a whisker it has to be there.
            x=[mark.value if mark.value or mark.low is not None else None for _, mark in part],
            y=[at for at, _ in part],
            width=0.42,
            marker=paint([(mark, False) for _, mark in part]),
            error_x=whiskers([mark for _, mark in part]),
            hovertext=[safe_text(mark.hover) for _, mark in part],
            hoverinfo="text",
        )
        for part in parts
        if part
    ]
    labels = [row_label(row.name, at) for at, row in enumerate(chart.rows)]
    labels += [row_label(row.mark.label, at, right=True) for at, row in enumerate(chart.rows)]
    return new_figure(
        traces,
        len(placed) * ROW_PX + 60,
        annotations=labels,
        barmode="overlay",
        xaxis=share_axis(chart.end) | {"title": {"text": safe_text(chart.axis)}},
        yaxis=rows_axis(len(placed)),
    )


@figure.register
def _stack(chart: Stack) -> Any:
    import plotly.graph_objects as go

    traces = [
        go.Bar(
            name=safe_text(name),
            orientation="h",
            x=[row.marks[series].value or None for row in chart.rows],
            y=list(range(len(chart.rows))),
            width=0.42,
            marker=paint([(row.marks[series], row.muted) for row in chart.rows]),
            hovertext=[safe_text(row.marks[series].hover) for row in chart.rows],
            hoverinfo="text",
        )
        for series, (_key, name) in enumerate(chart.keys)
    ]
    labels = [row_label(row.name, at) for at, row in enumerate(chart.rows)]
    labels += [row_label(row.note, at, right=True) for at, row in enumerate(chart.rows)]
    return new_figure(
        traces,
        len(chart.rows) * ROW_PX + 60,
        barmode="stack",
        annotations=labels,
        xaxis=share_axis(1.0) | {"title": {"text": safe_text(chart.axis)}},
        yaxis=rows_axis(len(chart.rows)),
    )


def _dots_of(rows: Sequence[DotRow], series: int, step: float = 0.0) -> list[tuple[float, Mark, bool]]:
    """The marks of one panel or series with their place from the top; `step` sets series below each other."""
    found = [(at + step * series, row.marks[series], row.muted) for at, row in enumerate(rows)]
    return [(at, mark, muted) for at, mark, muted in found if mark]


def _dot_traces(dots: Sequence[tuple[float, Mark, bool]], **place: Any) -> list[Any]:
    """Dots at (row, mark, muted): with and without an interval apart, and muted ones with whiskers of their grey."""
    kinds = [(without, muted) for without in (False, True) for muted in (False, True)]
    parts = [[dot for dot in dots if (dot[1].low is None, dot[2]) == kind] for kind in kinds]
    return [_dot_trace(part, **place) for part in parts if part]


def _dot_trace(dots: Sequence[tuple[float, Mark, bool]], **place: Any) -> Any:
    import plotly.graph_objects as go

    marks, muted = [mark for _, mark, _ in dots], dots[0][2]
    errors = whiskers(marks)
    return go.Scatter(
        mode="markers",
        x=[mark.value for mark in marks],
        y=[row for row, _, _ in dots],
        marker={"size": 10, **paint([(mark, muted) for mark in marks])},
        error_x=errors | {"color": COLOURS["faces"]} if errors and muted else errors,
        hovertext=[safe_text(mark.hover) for mark in marks],
        hoverinfo="text",
        cliponaxis=False,
        **place,
    )


@figure.register
def _dots(chart: Dots) -> Any:
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    labels = [row_label(row.name, at) for at, row in enumerate(chart.rows)]
    lines = []
    for panel, (_key, name) in enumerate(chart.panels):
        axis, domain = "x" if panel == 0 else f"x{panel + 1}", _panel_domain(panel, len(chart.panels))
        found = _dots_of(chart.rows, panel)
        traces += _dot_traces([dot for dot in found if not dot[1].instead], xaxis=axis)
        labels += [_words_instead(mark, at, domain) for at, mark, _ in found if mark.instead]
        title = {"text": safe_text(chart.axis) if panel == 0 else ""}
        # Few numbers, so that the panels stand side by side on a phone too.
        axes[axis.replace("x", "xaxis")] = share_axis(chart.end, narrow=True) | {"domain": domain, "title": title}
        labels.append(row_label(name, -1, x=domain[0]) | {"font": {"weight": 600}, "yshift": 0})
        lines.append(_whole_line(axis, chart.wholes[panel], len(chart.rows)))
    rows_axis = NO_TICKS | {"range": [len(chart.rows) - 0.5, -1.5]}
    height = len(chart.rows) * 40 + 96
    return new_figure(traces, height, annotations=labels, shapes=lines, yaxis=rows_axis, **axes)


def _words_instead(mark: Mark, row: float, domain: Sequence[float]) -> dict[str, Any]:
    """In the place of a dot that is not known, or hidden."""
    place = {"xanchor": "center", "yanchor": "middle", "yshift": 0, "xshift": 0, "font": {"size": 11}}
    return row_label(mark.instead, row, x=sum(domain) / 2) | place


def _panel_domain(panel: int, panels: int, gap: float = 0.04) -> list[float]:
    width = (1 - gap * (panels - 1)) / panels
    left = panel * (width + gap)
    return [left, min(left + width, 1.0)]


def _whole_line(axis: str, share: float, rows: int) -> dict[str, Any]:
    line = {"dash": "dot", "width": 1.2, "color": COLOURS["faces"]}
    return {"type": "line", "xref": axis, "x0": share, "x1": share, "y0": -0.9, "y1": rows, "line": line}


@figure.register
def _pairs(chart: Pairs) -> Any:
    traces: list[Any] = []
    for series in range(len(chart.keys)):
        traces += _dot_traces(_dots_of(chart.rows, series, step=0.26))
    labels = [row_label(row.name, at) for at, row in enumerate(chart.rows)]
    labels += [
        row_label(" → ".join(mark.label for mark in row.marks if mark), at, right=True)
        for at, row in enumerate(chart.rows)
    ]
    return new_figure(
        traces,
        len(chart.rows) * 54 + 60,
        annotations=labels,
        xaxis=share_axis(chart.end) | {"title": {"text": safe_text(chart.axis)}},
        yaxis=NO_TICKS | {"range": [len(chart.rows) - 0.3, -0.7]},
    )


@figure.register
def _timeline(chart: Timeline) -> Any:
    import plotly.graph_objects as go

    x = list(range(len(chart.bins)))
    traces = [
        go.Bar(
            x=x,
            y=[round(shares[series], 4) for shares in chart.shares],
            marker={"color": COLOURS[key]},
            hoverinfo="skip",
        )
        for series, (key, _name) in enumerate(chart.keys)
    ]
    # One text serves both halves: the pointer asks along the whole time axis.
    hovers = {"hovertext": [safe_text(hover) for hover in chart.hovers], "hoverinfo": "text"}
    traces += [
        go.Bar(
            x=x,
            y=[faces[series] for faces in chart.faces],
            yaxis="y2",
            marker={"color": COLOURS[key]},
            **({"hoverinfo": "skip"} if series else hovers),
        )
        for series, (key, _name) in enumerate(chart.face_keys)
    ]
    every = max(1, -(-len(x) // MOST_TIMES))
    times = {
        "tickangle": 0,
        "tickvals": x[::every],
        "ticktext": list(chart.bins[::every]),
        "anchor": "y2",
        "showgrid": False,
    }
    upright = {"fixedrange": True, "zeroline": False, "nticks": 3, "automargin": True}
    shares = {"domain": [0.36, 1], "range": [0, 1], "tickformat": ",.0%", "title": {"text": safe_text(chart.axis)}}
    return new_figure(
        traces,
        230,
        barmode="stack",
        bargap=0,
        hovermode="x",
        hoversubplots="axis",
        xaxis=times | {"title": {"text": safe_text(chart.time_axis)}, "fixedrange": True},
        yaxis=upright | shares,
        yaxis2=upright | {"domain": [0, 0.28], "title": {"text": safe_text(chart.faces_axis)}},
    )


@figure.register
def _heat(chart: Heat) -> Any:
    import plotly.graph_objects as go

    numbered = any(text for row in chart.texts for text in row)
    trace = go.Heatmap(
        x=list(chart.columns),
        y=list(chart.rows),
        z=[list(row) for row in chart.values],
        zmin=chart.low,
        zmax=chart.high,
        colorscale=[[at / (len(HEAT) - 1), colour] for at, colour in enumerate(HEAT)],
        xgap=2,
        ygap=2,
        hovertext=[[safe_text(hover) for hover in row] for row in chart.hovers],
        hoverinfo="text",
        text=[list(row) for row in chart.texts],
        texttemplate="%{text}" if numbered else None,
        textfont={"size": 10},
        showscale=not numbered,
        colorbar={"tickformat": ",.0%", "thickness": 10, "title": {"text": safe_text(chart.axis), "side": "right"}},
    )
    hours = {"type": "category", "title": {"text": safe_text(chart.time_axis)}, "nticks": 12}
    days = {"type": "category", "autorange": "reversed", "automargin": True}
    fixed = {"fixedrange": True, "showgrid": False}
    return new_figure([trace], 290, xaxis=hours | fixed, yaxis=days | fixed)
