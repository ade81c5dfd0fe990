"""Colours of a report: those of the expressions, and of what else is drawn."""

from __future__ import annotations

from pipeline.palette import EXPRESSION_COLOURS, rgb

COLOURS = {
    **EXPRESSION_COLOURS,
    "positive": "#4bb57a",
    "negative": "#a61c38",
    "first": "#a3a0b8",
    "second": "#2a76cf",
    "faces": "#8a94a3",
    "together": "#e0cdb8",
}
"""Colour of each expression, kind and other series."""


def pale(key: str) -> str:
    """A colour as a veil of itself, for what is less certain; it needs an outline to be seen."""
    red, green, blue = rgb(COLOURS[key])
    return f"rgba({red},{green},{blue},0.3)"


HEAT = ("#dcefe4", "#b7dfc8", "#8fd0ab", "#4bb57a", "#22794a")
"""From a low to a high share, in steps of even lightness."""

WHITE_FROM = 0.9
"""Of that scale: from there on white letters are easier to read than dark ones."""


def heat_colour(share: float, low: float, high: float) -> str:
    """The colour of a share between the lowest and highest shown, mixed from `HEAT`."""
    at = 0.0 if high <= low else min(max((share - low) / (high - low), 0.0), 1.0) * (len(HEAT) - 1)
    first = min(int(at), len(HEAT) - 2)
    pairs = zip(rgb(HEAT[first]), rgb(HEAT[first + 1]), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * (at - first)):02x}" for one, two in pairs)
