"""What a detector takes for a face in a shop and is none, drawn: shelves, boxes, discs, writing, cloth, lamps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from pipeline.preprocessing import FACE_PX, resize_face

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.records import Image

    Draw = Callable[[Image, np.random.Generator], None]

_SIDE = 2 * FACE_PX
"""Drawn at twice the size, so that edges come out as a camera shows them."""

_LETTERS = tuple("ABEHKMNORSTVX0358")


def draw_clutter(random: np.random.Generator) -> Image:
    """A square of a drawn shop without anybody in it, uint8 (48, 48)."""
    down, across = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE - 0.5
    wall = random.uniform(10, 240) + random.normal(0, 60) * across + random.normal(0, 60) * down
    grey = np.asarray(np.clip(wall, 0, 255), np.uint8)
    for _ in range(int(random.integers(2, 9))):
        THINGS[int(random.integers(len(THINGS)))](grey, random)
    if random.random() < 0.35:
        _spotted_disc(grey, random)
    noisy = grey + random.normal(0, random.uniform(0, 8), grey.shape)
    return resize_face(np.asarray(np.clip(noisy, 0, 255), np.uint8))


def _box(grey: Image, random: np.random.Generator) -> None:
    width, height = random.uniform(8, 90, 2)
    corners = cv2.boxPoints((_place(random), (float(width), float(height)), float(random.uniform(-90, 90))))
    cv2.fillPoly(grey, [corners.astype(np.int32)], _level(random), cv2.LINE_AA)


def _disc(grey: Image, random: np.random.Generator) -> None:
    axes = _whole(random.integers(4, 45, 2))
    cv2.ellipse(grey, _place(random), axes, float(random.uniform(0, 180)), 0, 360, _level(random), -1, cv2.LINE_AA)


def _bar(grey: Image, random: np.random.Generator) -> None:
    cv2.line(grey, _place(random), _place(random), _level(random), int(random.integers(1, 12)), cv2.LINE_AA)


def _stripes(grey: Image, random: np.random.Generator) -> None:
    """Shelves or slats, which lie or stand."""
    start, step, slope = _place(random)[1], random.uniform(6, 18), random.uniform(-0.4, 0.4) * _SIDE
    level, width, stand = _level(random), int(random.integers(1, 6)), random.random() < 0.5
    for number in range(int(random.integers(3, 9))):
        at = start + number * step
        begin, end = (0, int(at)), (_SIDE, int(at + slope))
        cv2.line(grey, begin[::-1] if stand else begin, end[::-1] if stand else end, level, width, cv2.LINE_AA)


def _cloth(grey: Image, random: np.random.Generator) -> None:
    corners = random.uniform(-10, _SIDE + 10, (int(random.integers(3, 6)), 2))
    cv2.fillPoly(grey, [corners.astype(np.int32)], _level(random), cv2.LINE_AA)


def _writing(grey: Image, random: np.random.Generator) -> None:
    (left, top), level = _place(random), _level(random)
    for line in range(int(random.integers(1, 4))):
        text = "".join(random.choice(_LETTERS, 5))
        size, width = float(random.uniform(0.3, 0.8)), int(random.integers(1, 3))
        cv2.putText(grey, text, (left - 40, top + line * 14), cv2.FONT_HERSHEY_SIMPLEX, size, level, width, cv2.LINE_AA)


THINGS: tuple[Draw, ...] = (_box, _disc, _bar, _stripes, _cloth, _writing)


def _spotted_disc(grey: Image, random: np.random.Generator) -> None:
    """A disc with spots in it, as lamps, plates and heads from behind have them."""
    middle, radius = _whole(random.uniform(40, 56, 2)), int(random.uniform(28, 48))
    cv2.circle(grey, middle, radius, float(random.uniform(60, 230)), -1, cv2.LINE_AA)
    for _ in range(int(random.integers(0, 5))):
        spot, axes = _whole(random.uniform(25, 70, 2)), _whole(random.integers(3, 14, 2))
        cv2.ellipse(grey, spot, axes, 0, 0, 360, float(random.uniform(20, 220)), -1, cv2.LINE_AA)


def _place(random: np.random.Generator) -> tuple[int, int]:
    return _whole(random.integers(-10, _SIDE + 10, 2))


def _whole(pair: NDArray[Any]) -> tuple[int, int]:
    first, second = pair
    return int(first), int(second)


def _level(random: np.random.Generator) -> float:
    return float(random.uniform(0, 255))
