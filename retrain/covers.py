"""What covers faces in shops, drawn: masks, hands, caps and glasses, where FER-2013's pictures have mouth and eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.records import Image

    Draw = Callable[[Image, np.random.Generator], None]

_FRACTION_BITS = 3
"""Bits of the fraction in which OpenCV takes coordinates here: whole pixels are coarse on 48 of them."""


def cover(face: Image, random: np.random.Generator) -> Image:
    """A face, uint8 (S, S), behind one of these things, with a little noise of cloth or skin on it."""
    drawn = face.copy()
    COVERS[int(random.integers(len(COVERS)))](drawn, random)
    changed = drawn != face
    rough = drawn + random.normal(0, random.uniform(0, 6), face.shape)
    return np.where(changed, np.clip(rough, 0, 255), face).astype(np.uint8)


def _mask(face: Image, random: np.random.Generator) -> None:
    """From the bridge of the nose, or worn below it, to the chin; most masks are light."""
    top, side, chin = random.uniform(0.48, 0.68), random.uniform(0.06, 0.18), random.uniform(0.88, 1.05)
    grey = random.uniform(130, 250) if random.random() < 0.7 else random.uniform(10, 90)
    outline = [(side, top + 0.06), (0.5, top), (1 - side, top + 0.06), (0.88 - side, 0.85), (0.62, chin), (0.38, chin),
               (0.12 + side, 0.85)]  # fmt: skip
    _fill(face, outline, grey, random)
    for fold in random.uniform(top + 0.08, 0.9, 2):
        _line(face, (side + 0.08, fold), (0.92 - side, fold), grey * random.uniform(0.75, 0.95))


def _hand(face: Image, random: np.random.Generator) -> None:
    """A fist or fingers on mouth, cheek or chin, of the face's own grey."""
    grey = float(np.median(face)) * random.uniform(0.75, 1.2)
    at = (random.uniform(0.15, 0.85), random.uniform(0.65, 0.95))
    tilt = random.uniform(-60, 60)
    for finger in range(int(random.integers(1, 5))):
        shifted = (at[0] + 0.09 * finger - 0.1, at[1] + random.uniform(-0.03, 0.03))
        axes = (random.uniform(0.05, 0.08), random.uniform(0.14, 0.26))
        _ellipse(face, shifted, axes, tilt, grey * random.uniform(0.9, 1.1))


def _cap(face: Image, random: np.random.Generator) -> None:
    """Crown and brim, down to the brows or over them, with the brim's shadow on the eyes."""
    brim, grey = random.uniform(0.08, 0.3), random.uniform(10, 220)
    shade = face.astype(np.float32)
    rows = slice(int(brim * len(face)), int((brim + 0.2) * len(face)))
    shade[rows] *= random.uniform(0.5, 1)
    face[:] = shade.astype(np.uint8)
    bow, tilt = random.uniform(-0.06, 0.06), random.uniform(-0.05, 0.05)
    _fill(face, [(-0.1, -0.1), (1.1, -0.1), (1.1, brim + tilt), (0.5, brim + bow), (-0.1, brim - tilt)], grey, random)


def _glasses(face: Image, random: np.random.Generator) -> None:
    """Frames, every third pair with dark glasses."""
    eyes, apart = random.uniform(0.35, 0.43), random.uniform(0.17, 0.22)
    axes = (random.uniform(0.11, 0.16), random.uniform(0.08, 0.13))
    grey, dark = random.uniform(0, 90), random.random() < 1 / 3
    for centre in (0.5 - apart, 0.5 + apart):
        _ellipse(face, (centre, eyes), axes, 0, grey, filled=dark)
    _line(face, (0.5 - apart + axes[0], eyes), (0.5 + apart - axes[0], eyes), grey)


COVERS: tuple[Draw, ...] = (_mask, _hand, _cap, _glasses)


def _fill(face: Image, outline: list[tuple[float, float]], grey: float, random: np.random.Generator) -> None:
    moved = np.array(outline) + random.normal(0, 0.015, (len(outline), 2))
    cv2.fillPoly(face, [_points(face, moved)], _level(grey), cv2.LINE_AA, _FRACTION_BITS)


def _ellipse(
    face: Image, at: tuple[float, float], axes: tuple[float, float], tilt: float, grey: float, *, filled: bool = True
) -> None:
    centre, half = _points(face, np.array([at]))[0].tolist(), _points(face, np.array([axes]))[0].tolist()
    thickness = cv2.FILLED if filled else 1
    cv2.ellipse(face, centre, half, tilt, 0, 360, _level(grey), thickness, cv2.LINE_AA, _FRACTION_BITS)


def _line(face: Image, start: tuple[float, float], end: tuple[float, float], grey: float) -> None:
    begin, stop = _points(face, np.array([start, end])).tolist()
    cv2.line(face, begin, stop, _level(grey), 1, cv2.LINE_AA, _FRACTION_BITS)


def _points(face: Image, shares: np.ndarray) -> np.ndarray:
    """Places in sides of the face, (N, 2) → OpenCV's fixed-point pixels."""
    return np.asarray(np.rint(shares * face.shape[0] * 2**_FRACTION_BITS), np.int32)


def _level(grey: float) -> int:
    return int(np.clip(grey, 0, 255))
