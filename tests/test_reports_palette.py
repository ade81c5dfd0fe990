"""Colours: an expression has the same one everywhere, and eyes of all kinds can tell them apart."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import reports
from pipeline.labels import LABELS
from pipeline.records import UNCLEAR
from reports.figures.palette import COLOURS, HEAT, heat_colour

# Severity 1.0 of Machado, Oliveira & Fernandes (2009), in linear light.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def to_lab(colour: str, sight: np.ndarray) -> np.ndarray:
    """CIELAB of a colour as simulated sight shows it (D65)."""
    srgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(sight @ linear, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("name", SIGHT)
def test_any_two_expressions_differ_for_every_kind_of_sight(name: str) -> None:
    """By at least 20 CIELAB units; 2 is what an eye can just tell apart side by side."""
    colours = [to_lab(COLOURS[label], np.array(SIGHT[name])) for label in LABELS]

    closest = min(np.linalg.norm(one - two) for at, one in enumerate(colours) for two in colours[:at])

    assert closest >= 20


def test_the_style_sheet_has_the_same_colours() -> None:
    """Static drawings and legends are coloured by the style sheet, interactive figures by Python."""
    style = (Path(reports.__file__).parent / "page" / "templates" / "page.css").read_text("utf-8")
    declared = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", style))

    shown = (*LABELS, UNCLEAR, "faces")
    assert {name: declared[name] for name in shown} == {name: COLOURS[name] for name in shown}


def test_the_scale_runs_from_end_to_end() -> None:
    """The lowest share has the first colour and the highest the last."""
    assert heat_colour(0.1, 0.1, 0.4) == HEAT[0]
    assert heat_colour(0.4, 0.1, 0.4) == HEAT[-1]
    assert heat_colour(0.2, 0.2, 0.2) == HEAT[0]
