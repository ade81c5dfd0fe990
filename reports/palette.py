"""Colours: the same for an expression everywhere.

Chosen by search so that any two differ by 20 or more CIELAB units for normal sight and for simulated protanopia,
deuteranopia and tritanopia (Machado et al. 2009); a test measures it.
"""

from __future__ import annotations

COLOURS = {
    "angry": "#a61c38",
    "disgust": "#a86a1d",
    "fear": "#6b4a8e",
    "happy": "#4bb57a",
    "sad": "#2a76cf",
    "surprise": "#f5c242",
    "neutral": "#a3a0b8",
    "unknown": "#dbe1e4",
    "positive": "#4bb57a",
    "negative": "#a61c38",
    "raw": "#a3a0b8",
    "corrected": "#2a76cf",
    "faces": "#8a94a3",
}
"""Colour of each expression, kind and other series."""

HEAT = ("#f2f5f3", "#c9e6d5", "#8fd0ab", "#4bb57a", "#22794a")
"""From a low to a high share, in steps of even lightness."""
EMPTY_HEAT = "#8a94a322"
"""A cell with too few faces."""


def heat_colour(share: float, low: float, high: float) -> str:
    """The colour of a share between the lowest and highest shown, mixed from `HEAT`."""
    at = 0.0 if high <= low else min(max((share - low) / (high - low), 0.0), 1.0) * (len(HEAT) - 1)
    first = min(int(at), len(HEAT) - 2)
    pairs = zip(_rgb(HEAT[first]), _rgb(HEAT[first + 1]), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * (at - first)):02x}" for one, two in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
