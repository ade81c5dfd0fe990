"""Charts as interactive Plotly figures. Pure: the same chart gives the same figure, to the byte.

Plotly reads `<b>` and `<a>` in any text, so everything that comes from outside is escaped here. Text and grid colours
are left to the page, which knows whether it is light or dark.
"""

from __future__ import annotations

from functools import singledispatch
from html import escape
from typing import TYPE_CHECKING, Any

from .charts import Bars, Dots, Heat, Pairs, Stack, Timeline
from .palette import COLOURS, HEAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .charts import Chart, DotRow, Mark

ROW_PX = 44
_TICKS = {
    "tickformat": ",.0%",
    "fixedrange": True,
    "zeroline": False,
    "rangemode": "tozero",
    "ticklabeloverflow": "allow",
}
_NO_TICKS = {"showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": True}


@singledispatch
def figure(chart: Chart) -> Any:
    """The chart as a `plotly.graph_objects.Figure`."""
    raise TypeError(f"expected a chart; found {type(chart).__name__}")


def _figure(traces: Sequence[Any], height: float, **layout: Any) -> Any:
    import plotly.graph_objects as go

    base: dict[str, Any] = {
        "template": {},
        "height": height,
        "margin": {"l": 18, "r": 18, "t": 4, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "font": {"size": 13},
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }
    return go.Figure(data=list(traces), layout=base | layout)


def _text(text: str) -> str:
    """Escaped; a dollar sign too, as two of them would ask for MathJax."""
    return escape(text, quote=False).replace("\n", "<br>").replace("$", "&#36;")


def _label(text: str, y: float, *, right: bool = False, x: float | None = None) -> dict[str, Any]:
    """A name above its row: long names then never push the bars aside, on a phone too."""
    return {
        "text": _text(text),
        "x": x if x is not None else float(right),
        "xref": "paper",
        "xanchor": "right" if right else "left",
        "y": y,
        "yref": "y",
        "yanchor": "bottom",
        "showarrow": False,
        "yshift": 10,
        "xshift": 2 if right else -2,
    }


def _errors(marks: Sequence[Mark]) -> dict[str, Any] | None:
    """Whiskers of marks that all have an interval; None if one has none: Plotly would draw it one of length 0."""
    if any(mark.low is None or mark.high is None for mark in marks):
        return None
    plus = [(mark.high or 0.0) - mark.value for mark in marks]
    minus = [mark.value - (mark.low or 0.0) for mark in marks]
    return {"type": "data", "symmetric": False, "array": plus, "arrayminus": minus, "thickness": 1.3, "width": 4}


def _rows_axis(count: int) -> dict[str, Any]:
    return _NO_TICKS | {"range": [count - 0.4, -0.8]}


@figure.register
def _bars(chart: Bars) -> Any:
    import plotly.graph_objects as go

    marks = [row.mark for row in chart.rows]
    trace = go.Bar(
        orientation="h",
        x=[mark.value for mark in marks],
        y=list(range(len(marks))),
        width=0.42,
        marker={"color": [COLOURS[mark.key] for mark in marks]},
        error_x=_errors(marks),
        hovertext=[_text(mark.hover) for mark in marks],
        hoverinfo="text",
    )
    labels = [_label(row.name, at) for at, row in enumerate(chart.rows)]
    labels += [_label(row.mark.label, at, right=True) for at, row in enumerate(chart.rows)]
    return _figure(
        [trace],
        len(marks) * ROW_PX + 60,
        annotations=labels,
        xaxis=_TICKS | {"title": {"text": _text(chart.axis)}},
        yaxis=_rows_axis(len(marks)),
    )


@figure.register
def _stack(chart: Stack) -> Any:
    import plotly.graph_objects as go

    traces = [
        go.Bar(
            name=_text(name),
            orientation="h",
            x=[row.marks[series].value for row in chart.rows],
            y=list(range(len(chart.rows))),
            width=0.42,
            marker={"color": COLOURS[key], "opacity": [0.35 if row.muted else 1.0 for row in chart.rows]},
            hovertext=[_text(row.marks[series].hover) for row in chart.rows],
            hoverinfo="text",
        )
        for series, (key, name) in enumerate(chart.keys)
    ]
    labels = [_label(row.name, at) for at, row in enumerate(chart.rows)]
    labels += [_label(row.note, at, right=True) for at, row in enumerate(chart.rows)]
    return _figure(
        traces,
        len(chart.rows) * ROW_PX + 60,
        barmode="stack",
        annotations=labels,
        xaxis=_TICKS | {"title": {"text": _text(chart.axis)}, "range": [0, 1]},
        yaxis=_rows_axis(len(chart.rows)),
    )


def _dots_of(rows: Sequence[DotRow], series: int, step: float = 0.0) -> list[tuple[float, Mark, bool]]:
    """The marks of one panel or series with their place from the top; `step` sets series below each other."""
    found = [(at + step * series, row.marks[series], row.muted) for at, row in enumerate(rows)]
    return [(at, mark, muted) for at, mark, muted in found if mark]


def _dot_traces(dots: Sequence[tuple[float, Mark, bool]], **place: Any) -> list[Any]:
    """Dots at (row, mark, muted): those with an interval, then those without."""
    with_interval = [dot for dot in dots if dot[1].low is not None]
    without = [dot for dot in dots if dot[1].low is None]
    return [_dot_trace(one, **place) for one in (with_interval, without) if one]


def _dot_trace(dots: Sequence[tuple[float, Mark, bool]], **place: Any) -> Any:
    import plotly.graph_objects as go

    marks = [mark for _, mark, _ in dots]
    return go.Scatter(
        mode="markers",
        x=[mark.value for mark in marks],
        y=[row for row, _, _ in dots],
        marker={
            "size": 10,
            "color": [COLOURS[mark.key] for mark in marks],
            "opacity": [0.35 if muted else 1.0 for _, _, muted in dots],
        },
        error_x=_errors(marks),
        hovertext=[_text(mark.hover) for mark in marks],
        hoverinfo="text",
        **place,
    )


@figure.register
def _dots(chart: Dots) -> Any:
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    labels = [_label(row.name, at) for at, row in enumerate(chart.rows)]
    lines = []
    for panel, (_key, name) in enumerate(chart.panels):
        axis, domain = "x" if panel == 0 else f"x{panel + 1}", _panel_domain(panel, len(chart.panels))
        traces += _dot_traces(_dots_of(chart.rows, panel), xaxis=axis)
        title = {"text": _text(chart.axis) if panel == 0 else ""}
        # Upright and few, so that the panels stand side by side on a phone too.
        place = {"domain": domain, "range": [0, chart.end], "nticks": 3, "tickangle": 0, "title": title}
        axes[axis.replace("x", "xaxis")] = _TICKS | place
        labels.append(_label(name, -1, x=domain[0]) | {"font": {"weight": 600}, "yshift": 0})
        lines.append(_whole_line(axis, chart.wholes[panel], len(chart.rows)))
    rows_axis = _NO_TICKS | {"range": [len(chart.rows) - 0.5, -1.5]}
    height = len(chart.rows) * 40 + 96
    return _figure(traces, height, annotations=labels, shapes=lines, yaxis=rows_axis, **axes)


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
    labels = [_label(row.name, at) for at, row in enumerate(chart.rows)]
    labels += [
        _label(" → ".join(mark.label for mark in row.marks if mark), at, right=True)
        for at, row in enumerate(chart.rows)
    ]
    return _figure(
        traces,
        len(chart.rows) * 54 + 60,
        annotations=labels,
        xaxis=_TICKS | {"title": {"text": _text(chart.axis)}, "range": [0, chart.end]},
        yaxis=_NO_TICKS | {"range": [len(chart.rows) - 0.3, -0.7]},
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
    hovers = {"hovertext": [_text(hover) for hover in chart.hovers], "hoverinfo": "text"}
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
    every = max(1, len(x) // 6)
    times = {"tickvals": x[::every], "ticktext": list(chart.bins[::every]), "anchor": "y2", "showgrid": False}
    upright = {"fixedrange": True, "zeroline": False, "nticks": 3, "automargin": True}
    shares = {"domain": [0.36, 1], "range": [0, 1], "tickformat": ",.0%", "title": {"text": _text(chart.axis)}}
    return _figure(
        traces,
        230,
        barmode="stack",
        bargap=0,
        hovermode="x",
        hoversubplots="axis",
        xaxis=times | {"title": {"text": _text(chart.time_axis)}, "fixedrange": True},
        yaxis=upright | shares,
        yaxis2=upright | {"domain": [0, 0.28], "title": {"text": _text(chart.faces_axis)}},
    )


@figure.register
def _heat(chart: Heat) -> Any:
    import plotly.graph_objects as go

    trace = go.Heatmap(
        x=list(chart.columns),
        y=list(chart.rows),
        z=[list(row) for row in chart.values],
        zmin=chart.low,
        zmax=chart.high,
        colorscale=[[at / (len(HEAT) - 1), colour] for at, colour in enumerate(HEAT)],
        xgap=2,
        ygap=2,
        hovertext=[[_text(hover) for hover in row] for row in chart.hovers],
        hoverinfo="text",
        colorbar={"tickformat": ",.0%", "thickness": 10, "title": {"text": _text(chart.axis), "side": "right"}},
    )
    hours = {"type": "category", "title": {"text": _text(chart.time_axis)}, "nticks": 12}
    days = {"type": "category", "autorange": "reversed", "automargin": True}
    fixed = {"fixedrange": True, "showgrid": False}
    return _figure([trace], 290, xaxis=hours | fixed, yaxis=days | fixed)
