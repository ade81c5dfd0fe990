"""Colours of the expressions: the same in the report and in annotated videos.

Chosen by search so that any two differ by 20 or more CIELAB units for normal sight and for simulated protanopia,
deuteranopia and tritanopia (Machado et al. 2009); a test measures it.
"""

from __future__ import annotations

EXPRESSION_COLOURS = {
    "angry": "#a61c38",
    "disgust": "#a86a1d",
    "fear": "#6b4a8e",
    "happy": "#4bb57a",
    "sad": "#2a76cf",
    "surprise": "#f5c242",
    "neutral": "#a3a0b8",
    "undecided": "#dbe1e4",
    "unclear": "#5f686d",
}
"""Colour of each expression, of readable faces of which none clearly wins, and of faces that nobody could read."""


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour such as `#4bb57a`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
