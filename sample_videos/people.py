"""Shoppers: a photographed head on a drawn body, walking. Both photographs are in the public domain (README.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

SPRITE_PX_PER_M = 560
"""Bodies are drawn at this size and only ever made smaller."""
SPRITE_SIZE = (620, 1070)
"""Width and height of a sprite; the feet stand in the middle of its lower edge."""

Point = tuple[float, float]
Colour = tuple[int, int, int]
"""RGB, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photograph inside an installed package, and the outline of the head in it (pixels of the photograph)."""

    package: str
    path: str
    outline: tuple[Point, ...]
    chin: Point
    px_per_m: float


COLLINS = Portrait(
    "skimage",
    "data/astronaut.png",
    (
        (208, 14), (170, 32), (152, 62), (153, 92), (166, 114), (178, 118), (184, 142), (184, 172), (192, 184),
        (222, 190), (250, 186), (255, 170), (256, 142), (266, 136), (272, 128), (290, 112), (300, 86), (296, 56),
        (280, 32), (250, 16),
    ),
    (222, 180),
    590,
)  # fmt: skip
HOPPER = Portrait(
    "matplotlib",
    "mpl-data/sample_data/grace_hopper.jpg",
    (
        (250, 22), (215, 30), (180, 50), (172, 82), (154, 90), (151, 150), (155, 165), (151, 200), (160, 225),
        (160, 262), (172, 282), (192, 294), (206, 318), (198, 330), (203, 400), (218, 440), (256, 536), (301, 430),
        (330, 380), (330, 325), (332, 305), (350, 295), (362, 275), (364, 240), (376, 200), (374, 178), (370, 150),
        (372, 100), (364, 86), (352, 84), (336, 52), (296, 28),
    ),
    (262, 326),
    990,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shopper:
    """One person: a portrait, the colours of the clothes and how light falls on the face."""

    portrait: Portrait
    coat: Colour
    trousers: Colour
    height_m: float = 1.66
    mirrored: bool = False
    brightness: float = 1.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where in a step someone is: phase in radians, stride 0 (standing) to 1 (walking), lean in degrees."""

    phase: float
    stride: float
    lean: float


def read_photograph(portrait: Portrait) -> np.ndarray:
    """Read the photograph from the installed package, without importing the package: uint8 (H, W, 3), RGB."""
    spec = find_spec(portrait.package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{portrait.package} is not installed: pip install scikit-image matplotlib")
    image = cv2.imread(str(Path(spec.submodule_search_locations[0]) / portrait.path))
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _head_mask(image: np.ndarray, portrait: Portrait) -> np.ndarray:
    """Let GrabCut refine the hand-drawn outline by a few pixels: float32 (H, W), 0 to 1."""
    rough = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(rough, [np.array(portrait.outline, np.int32)], 255)
    labels = np.full(rough.shape, cv2.GC_BGD, np.uint8)
    labels[cv2.dilate(rough, np.ones((5, 5))) > 0] = cv2.GC_PR_BGD
    labels[cv2.erode(rough, np.ones((5, 5))) > 0] = cv2.GC_PR_FGD
    labels[cv2.erode(rough, np.ones((21, 21))) > 0] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    cv2.grabCut(image, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    kept = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    kept = cv2.morphologyEx(kept, cv2.MORPH_OPEN, np.ones((5, 5)))
    kept = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((9, 9)))
    return cv2.GaussianBlur(cv2.erode(kept, np.ones((3, 3))).astype(np.float32), (0, 0), 1.2)


@cache
def cut_head(portrait: Portrait) -> np.ndarray:
    """Cut the head out: float32 (H, W, 4), RGB 0 to 255 and alpha 0 to 1, at the photograph's own size."""
    image = read_photograph(portrait)
    return np.dstack([image.astype(np.float32), _head_mask(image, portrait)])


def lay_over(canvas: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> None:
    """Paint RGBA with straight alpha over an RGBA canvas, in place."""
    below = canvas[..., 3] * (1 - alpha)
    total = alpha + below
    safe = np.maximum(total, 1e-6)
    canvas[..., :3] = (colour * alpha[..., None] + canvas[..., :3] * below[..., None]) / safe[..., None]
    canvas[..., 3] = total


def _paint(canvas: np.ndarray, mask: np.ndarray, colour: Colour) -> None:
    """Paint one body part with rounded shading: darker towards its edges and away from the light on the left."""
    left, top, width, height = cv2.boundingRect(mask)
    part = (slice(top, top + height), slice(left, left + width))
    mask = mask[part]
    inside = cv2.copyMakeBorder((mask > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
    rounded = np.sqrt(np.clip(depth / max(1.0, float(depth.max())), 0, 1))
    side = np.linspace(-1, 1, width, dtype=np.float32)
    shade = cv2.GaussianBlur(0.62 + 0.42 * rounded, (0, 0), 4) * (1 - 0.12 * side)[None, :]
    lay_over(canvas[part], np.array(colour, np.float32) * shade[..., None], mask.astype(np.float32) / 255)


def _polygon(points: Sequence[Point]) -> np.ndarray:
    """Fill a polygon given in metres (x to the right of the body's middle, y above the floor)."""
    mask = np.zeros(SPRITE_SIZE[::-1], np.uint8)
    cv2.fillPoly(mask, [_pixels(points)], 255, cv2.LINE_AA, shift=4)
    return cv2.GaussianBlur(mask, (0, 0), 1.5)


def _limb(points: Sequence[Point], width_m: float) -> np.ndarray:
    """Draw a limb: a thick line with round ends through points in metres."""
    mask = np.zeros(SPRITE_SIZE[::-1], np.uint8)
    cv2.polylines(mask, [_pixels(points)], False, 255, round(width_m * SPRITE_PX_PER_M), cv2.LINE_AA, shift=4)
    return cv2.GaussianBlur(mask, (0, 0), 1.5)


def _pixels(points: Sequence[Point]) -> np.ndarray:
    """Turn metres into 1/16 pixels of the sprite."""
    width, height = SPRITE_SIZE
    scaled = [(width / 2 + x * SPRITE_PX_PER_M, height - 8 - y * SPRITE_PX_PER_M) for x, y in points]
    return np.round(np.array(scaled) * 16).astype(np.int32)


def _smooth(points: Sequence[Point]) -> list[Point]:
    """Round a polygon's corners: Chaikin's corner cutting, three times."""
    corners = np.array(points, np.float64)
    for _ in range(3):
        following = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], 1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in corners]


def _draw_legs(canvas: np.ndarray, shopper: Shopper, pose: Pose, scale: float) -> None:
    """Draw both legs, the one that is further back first."""
    swing = math.sin(pose.phase) * pose.stride
    for side in (-1, 1) if swing > 0 else (1, -1):
        lift = max(0.0, side * swing) * 0.07
        hip, knee, foot = (side * 0.085, 0.86), (side * 0.09, 0.47 + lift), (side * 0.09 + 0.03 * swing, 0.07 + lift)
        _paint(canvas, _limb([(foot[0], foot[1] - 0.03), (foot[0] + side * 0.03, foot[1] - 0.04)], 0.09), (38, 34, 34))
        _paint(canvas, _limb([(x * scale, y * scale) for x, y in (hip, knee, foot)], 0.135), shopper.trousers)


def _draw_arms(canvas: np.ndarray, shopper: Shopper, pose: Pose, scale: float) -> None:
    """Draw both arms, hands first so that the sleeves cover the wrists."""
    swing = math.sin(pose.phase) * pose.stride
    for side in (-1, 1):
        out = 0.21 + 0.02 * swing * side
        shoulder, elbow = (side * 0.16, 1.335), (side * out, 1.08)
        hand = (side * (out - 0.005 + 0.02 * swing), 0.86 + 0.05 * swing * side)
        arm = [(x * scale, y * scale) for x, y in (shoulder, elbow, hand)]
        _paint(canvas, _limb([arm[2], (arm[2][0], arm[2][1] - 0.05)], 0.075), (205, 160, 136))
        _paint(canvas, _limb(arm, 0.095), shopper.coat)


def _draw_trunk(canvas: np.ndarray, shopper: Shopper, scale: float) -> None:
    """Draw collar and coat."""
    half = [(0.06, 1.49), (0.085, 1.435), (0.15, 1.405), (0.205, 1.35), (0.185, 1.10), (0.175, 0.95), (0.185, 0.80)]
    right = [(x * scale, y * scale) for x, y in half]
    outline = [*right, *[(-x, y) for x, y in reversed(right)]]
    _paint(canvas, _polygon(_smooth(outline)), shopper.coat)
    darker = (round(shopper.coat[0] * 0.7), round(shopper.coat[1] * 0.7), round(shopper.coat[2] * 0.7))
    _paint(canvas, _limb([(0.0, 1.36 * scale), (0.0, 0.83 * scale)], 0.012), darker)
    for y in (1.26, 1.13, 1.0, 0.89):
        _paint(canvas, _limb([(0.022, y * scale), (0.0221, y * scale)], 0.018), darker)


def _draw_head(canvas: np.ndarray, shopper: Shopper, pose: Pose, scale: float) -> None:
    """Lay the photographed head on the neck, mirrored and lit as the shopper asks, leaning by a few degrees."""
    head = cut_head(shopper.portrait)
    (chin_x, chin_y), factor = shopper.portrait.chin, SPRITE_PX_PER_M / shopper.portrait.px_per_m
    small = cv2.resize(head, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    turn = cv2.getRotationMatrix2D((chin_x * factor, chin_y * factor), pose.lean, 1.0)
    turn[:, 2] += (
        SPRITE_SIZE[0] / 2 - chin_x * factor,
        SPRITE_SIZE[1] - 8 - 1.485 * scale * SPRITE_PX_PER_M - (chin_y * factor),
    )
    placed = cv2.warpAffine(small, turn, SPRITE_SIZE, flags=cv2.INTER_LINEAR)
    if shopper.mirrored:
        placed = placed[:, ::-1]
    upper = slice(0, SPRITE_SIZE[1] // 2)
    lay_over(canvas[upper], np.clip(placed[upper, :, :3] * shopper.brightness, 0, 255), placed[upper, :, 3])


@lru_cache(maxsize=48)
def draw_shopper(shopper: Shopper, pose: Pose) -> np.ndarray:
    """Draw one person from the front: float32 (height, width, 4), RGB 0 to 255 and alpha 0 to 1."""
    canvas = np.zeros((*SPRITE_SIZE[::-1], 4), np.float32)
    scale = shopper.height_m / 1.72
    _draw_legs(canvas, shopper, pose, scale)
    _draw_arms(canvas, shopper, pose, scale)
    _draw_trunk(canvas, shopper, scale)
    _draw_head(canvas, shopper, pose, scale)
    return canvas
