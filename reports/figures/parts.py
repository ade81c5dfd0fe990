"""What all interactive figures are made of: the empty figure, safe text, whiskers, paint and axes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from pipeline.records import UNDECIDED

from .palette import COLOURS, pale
from .scale import narrow_ticks, tick_text, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .charts import Mark

_TICKS = {
    "fixedrange": True,
    "zeroline": False,
    "rangemode": "tozero",
    "tickangle": 0,
    "ticklabeloverflow": "allow",
}
NO_TICKS = {"showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": True}


def new_figure(traces: Sequence[Any], height: float, **layout: Any) -> Any:
    """A figure of these traces, so many pixels high, whose text and grid are coloured by the page."""
    import plotly.graph_objects as go

    base: dict[str, Any] = {
        "template": {},
        "height": height,
        "margin": {"l": 18, "r": 24, "t": 4, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "font": {"size": 13},
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }
    return go.Figure(data=list(traces), layout=base | layout)


def safe_text(text: str) -> str:
    """Escaped; a dollar sign too, as two of them would ask for MathJax."""
    return escape(text, quote=False).replace("\n", "<br>").replace("$", "&#36;")


def row_label(text: str, y: float, *, right: bool = False, x: float | None = None) -> dict[str, Any]:
    """A name above its row: long names then never push the bars aside, on a phone too."""
    return {
        "text": safe_text(text),
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


def whiskers(marks: Sequence[Mark]) -> dict[str, Any] | None:
    """Whiskers of marks that all have an interval; None if one has none: Plotly would draw it one of length 0."""
    if any(mark.low is None or mark.high is None for mark in marks):
        return None
    plus = [(mark.high or 0.0) - mark.value for mark in marks]
    minus = [mark.value - (mark.low or 0.0) for mark in marks]
    return {"type": "data", "symmetric": False, "array": plus, "arrayminus": minus, "thickness": 1.3, "width": 4}


def share_axis(end: float, *, narrow: bool = False) -> dict[str, Any]:
    """The axis of shares from 0 to `end`, with the numbers of the static drawing."""
    values = (narrow_ticks if narrow else ticks)(end)
    return _TICKS | {"range": [0, end], "tickvals": list(values), "ticktext": [tick_text(one) for one in values]}


def paint(marks: Sequence[tuple[Mark, bool]]) -> dict[str, Any]:
    """Fill and outline of marks, muted ones and those that are not known pale, with an outline that can be seen."""
    faint = [muted or mark.unknown for mark, muted in marks]
    outlined = [one or mark.key == UNDECIDED for (mark, _), one in zip(marks, faint, strict=True)]
    fills = [pale(mark.key) if one else COLOURS[mark.key] for (mark, _), one in zip(marks, faint, strict=True)]
    return {"color": fills, "line": {"color": COLOURS["faces"], "width": [float(one) for one in outlined]}}


def rows_axis(count: int) -> dict[str, Any]:
    """The axis of so many rows, from top to bottom, with room for a name above each."""
    return NO_TICKS | {"range": [count - 0.4, -0.8]}
