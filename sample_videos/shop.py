"""Two drawn rooms in one simple perspective: a post office and a phone shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 1280, 720
FOCAL_PX = 933.0
"""Focal length in pixels of the finished frame: 69 degrees from side to side."""
OVERSAMPLING = 2
"""Rooms are painted this much larger and then averaged down, so that edges are smooth."""

ROOM_HALF_WIDTH_M, ROOM_HEIGHT_M, ROOM_DEPTH_M = 3.0, 3.0, 8.5

Colour = tuple[int, int, int]
Corner = tuple[float, float, float]
"""Metres: x to the right of the camera, y above the floor, z away from it."""


@dataclass(frozen=True, slots=True)
class View:
    """Where a camera hangs and where its horizon lies in the picture (pixels from the top)."""

    camera_height_m: float
    horizon_px: float

    def project(self, corner: Corner) -> tuple[float, float]:
        """Return where a point of the room appears: pixels of the finished frame."""
        x, y, z = corner
        return WIDTH / 2 + FOCAL_PX * x / z, self.horizon_px + FOCAL_PX * (self.camera_height_m - y) / z


@dataclass(frozen=True, slots=True)
class Room:
    """A painted room: the picture behind the people and what stands in front of them, float32 RGB(A)."""

    view: View
    behind: np.ndarray
    before: np.ndarray


@dataclass(frozen=True, slots=True)
class Paints:
    """The colours and goods that make one room different from the other."""

    wall: Colour
    floor: Colour
    wood: Colour
    sign: str
    sign_ground: Colour
    goods: tuple[Colour, ...]
    seed: int


POST_OFFICE = Paints(
    (222, 208, 170), (168, 156, 140), (150, 108, 66), "BƯU ĐIỆN", (208, 150, 30),
    ((196, 160, 110), (178, 138, 92), (206, 178, 134), (230, 220, 200), (160, 122, 84)), 11,
)  # fmt: skip
PHONE_SHOP = Paints(
    (206, 218, 228), (150, 156, 164), (88, 96, 108), "ĐIỆN THOẠI", (20, 96, 170),
    ((40, 44, 52), (236, 238, 240), (52, 120, 190), (196, 62, 66), (64, 150, 120), (230, 190, 70)), 12,
)  # fmt: skip


class Painter:
    """Paints flat pieces of a room in perspective on an oversized canvas."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.canvas = np.zeros((HEIGHT * OVERSAMPLING, WIDTH * OVERSAMPLING, 3), np.uint8)
        self.covered = np.zeros(self.canvas.shape[:2], np.uint8)

    def flat(self, corners: Sequence[Corner], colour: Colour) -> None:
        """Paint a flat polygon."""
        seen = np.array([self.view.project(corner) for corner in corners]) * OVERSAMPLING
        points = np.round(seen * 16).astype(np.int32)
        cv2.fillPoly(self.canvas, [points], colour, cv2.LINE_AA, shift=4)
        cv2.fillPoly(self.covered, [points], 255, cv2.LINE_AA, shift=4)

    def facing(self, x: tuple[float, float], y: tuple[float, float], z: float, colour: Colour) -> None:
        """Paint a rectangle that faces the camera."""
        self.flat([(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)], colour)

    def sideways(self, x: float, y: tuple[float, float], z: tuple[float, float], colour: Colour) -> None:
        """Paint a rectangle that faces the aisle."""
        self.flat([(x, y[0], z[0]), (x, y[0], z[1]), (x, y[1], z[1]), (x, y[1], z[0])], colour)

    def level(self, x: tuple[float, float], y: float, z: tuple[float, float], colour: Colour) -> None:
        """Paint a rectangle that lies flat: a table top, a shelf."""
        self.flat([(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])], colour)

    def text(self, words: str, middle: Corner, height_m: float, colour: Colour) -> None:
        """Write words that face the camera, centred on a point."""
        size = round(FOCAL_PX * height_m / middle[2] * OVERSAMPLING)
        face = cv2.FontFace("sans")
        (_, _, width, _) = cv2.getTextSize((0, 0), words, (0, 0), face, size)
        x, y = (value * OVERSAMPLING for value in self.view.project(middle))
        cv2.putText(self.canvas, words, (round(x - width / 2), round(y + size * 0.36)), colour, face, size)


def shaded(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker or lighter."""
    return tuple(int(min(255, max(0, c * factor))) for c in colour)


def _shell(view: View, paints: Paints) -> np.ndarray:
    """Cast a ray through every pixel at the floor, ceiling and walls: uint8 RGB, oversized."""
    rows, columns = np.mgrid[0 : HEIGHT * OVERSAMPLING, 0 : WIDTH * OVERSAMPLING] / OVERSAMPLING
    dx = (columns - WIDTH / 2) / FOCAL_PX
    dy = (view.horizon_px - rows) / FOCAL_PX + 1e-9
    rise = np.where(dy > 0, ROOM_HEIGHT_M - view.camera_height_m, -view.camera_height_m) / dy
    side = ROOM_HALF_WIDTH_M / (np.abs(dx) + 1e-9)
    z = np.minimum(np.minimum(rise, side), ROOM_DEPTH_M)
    x, y = dx * z, view.camera_height_m + dy * z
    picture = np.empty((*z.shape, 3))
    picture[:] = np.array(paints.wall) * 0.92
    picture[z >= ROOM_DEPTH_M] = paints.wall
    picture[(rise <= z) & (dy > 0)] = (236, 236, 232)
    floor = (rise <= z) & (dy < 0)
    tile = (np.floor(x / 0.6) + np.floor(z / 0.6)) % 2
    picture[floor] = np.array(paints.floor) * (0.95 + 0.09 * tile[floor])[:, None]
    _light(picture, x, y, z, floor)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _light(picture: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, floor: np.ndarray) -> None:
    """Darken corners, put two rows of lamps under the ceiling and let the door shine on the floor."""
    to_wall = np.minimum(ROOM_HALF_WIDTH_M - np.abs(x), ROOM_DEPTH_M - z)
    to_level = np.minimum(y, ROOM_HEIGHT_M - y)
    on_wall = to_wall < 1e-6
    picture *= (1 - 0.22 * np.exp(-np.where(on_wall, to_level, to_wall) / 0.35))[..., None]
    picture *= (0.86 + 0.16 * np.exp(-((z - 3.5) ** 2) / 14))[..., None]
    lamp = (y > ROOM_HEIGHT_M - 0.02) & (np.abs(np.abs(x) - 1.1) < 0.16) & (z % 2.2 > 0.7)
    picture[lamp] = (255, 255, 250)
    shine = np.exp(-((x / 0.9) ** 2) - ((ROOM_DEPTH_M - z) / 2.4) ** 2) * floor
    picture += (70 * shine)[..., None]


def _back_wall(painter: Painter, paints: Paints) -> None:
    """Paint the glass door, the sign above it, posters and a clock."""
    z = ROOM_DEPTH_M - 0.01
    painter.facing((-1.0, 1.0), (0.0, 2.25), z, shaded(paints.wood, 0.7))
    for x in ((-0.93, -0.04), (0.04, 0.93)):
        painter.facing(x, (0.0, 2.17), z, (226, 238, 244))
        painter.facing((x[0] + 0.05, x[1] - 0.05), (0.9, 2.1), z, (240, 247, 250))
        painter.facing((x[0] + 0.3, x[0] + 0.5), (0.0, 2.17), z, (233, 243, 248))
    painter.facing((-1.35, 1.35), (2.38, 2.82), z, paints.sign_ground)
    painter.text(paints.sign, (0.0, 2.6, z), 0.3, (255, 255, 255))
    for middle, colour in ((-1.75, paints.goods[2]), (1.7, paints.goods[-2])):
        painter.facing((middle - 0.34, middle + 0.34), (1.1, 2.05), z, (248, 248, 246))
        painter.facing((middle - 0.28, middle + 0.28), (1.5, 1.99), z, colour)
        for line in (1.2, 1.29, 1.38):
            painter.facing((middle - 0.26, middle + 0.2), (line, line + 0.04), z, (170, 170, 172))


def _shelf(painter: Painter, paints: Paints, side: int, near_m: float) -> None:
    """Paint a tall shelf along one wall, filled with boxes, the far ones first."""
    rng = np.random.default_rng(paints.seed + side)
    inner, outer = side * 2.42, side * ROOM_HALF_WIDTH_M
    painter.sideways(inner, (0.0, 2.1), (near_m, 8.0), shaded(paints.wood, 0.45))
    for bottom in (0.15, 0.62, 1.09, 1.56):
        z = 7.9
        while z > near_m + 0.1:
            deep, high = rng.uniform(0.16, 0.42), rng.uniform(0.2, 0.38)
            front = max(near_m + 0.03, z - deep)
            colour = shaded(paints.goods[rng.integers(len(paints.goods))], rng.uniform(0.8, 1.05))
            painter.sideways(inner, (bottom, bottom + high), (front, z), colour)
            stripe = (bottom + high * 0.35, bottom + high * 0.6)
            painter.sideways(inner, stripe, (front + deep * 0.2, z - deep * 0.25), shaded(colour, 1.3))
            z = front - rng.uniform(0.02, 0.07)
        painter.sideways(inner, (bottom - 0.05, bottom), (near_m, 8.0), paints.wood)
    painter.sideways(inner, (2.04, 2.12), (near_m, 8.0), paints.wood)
    painter.facing((min(inner, outer), max(inner, outer)), (0.0, 2.12), near_m, shaded(paints.wood, 0.85))


def _counter(painter: Painter, paints: Paints, near_m: float) -> None:
    """Paint a counter along the right wall with screens on it."""
    painter.sideways(1.75, (0.0, 1.0), (near_m, 7.6), shaded(paints.wood, 0.8))
    for z in np.arange(7.0, near_m, -0.9):
        painter.sideways(1.75, (0.12, 0.88), (z - 0.38, z + 0.38), shaded(paints.wood, 0.95))
    painter.level((1.7, 2.5), 1.03, (near_m - 0.05, 7.6), shaded(paints.wood, 1.35))
    painter.facing((1.75, 2.5), (0.0, 1.0), near_m, paints.wood)
    painter.facing((1.7, 2.5), (0.98, 1.03), near_m - 0.05, shaded(paints.wood, 1.15))
    for z in (6.6, 5.2, 3.9):
        if z > near_m:
            painter.facing((2.08, 2.14), (1.03, 1.15), z, (60, 62, 66))
            painter.facing((1.86, 2.36), (1.13, 1.47), z, (42, 44, 48))
            painter.facing((1.88, 2.34), (1.15, 1.45), z, shaded(paints.sign_ground, 0.8))


def _desk_in_front(painter: Painter, paints: Paints) -> None:
    """Paint the desk below the camera, behind which people stop."""
    painter.level((-4.0, 4.0), 1.05, (0.8, 1.5), shaded(paints.wood, 1.25))
    painter.level((-4.0, 4.0), 1.05, (1.46, 1.5), shaded(paints.wood, 1.5))
    painter.level((-0.62, -0.18), 1.055, (1.12, 1.4), (244, 244, 240))
    painter.level((-0.56, -0.24), 1.056, (1.3, 1.33), (176, 178, 182))
    painter.level((-0.56, -0.34), 1.056, (1.22, 1.25), (176, 178, 182))
    painter.level((0.42, 0.75), 1.055, (1.15, 1.42), shaded(paints.goods[0], 0.9))
    painter.level((0.57, 0.6), 1.056, (1.15, 1.42), shaded(paints.goods[0], 1.25))


def paint_room(view: View, paints: Paints, *, counter: bool, desk: bool) -> Room:
    """Paint a room; with a counter the right-hand shelf gives way to it."""
    painter = Painter(view)
    painter.canvas[:] = _shell(view, paints)
    _back_wall(painter, paints)
    _shelf(painter, paints, -1, 4.3)
    if counter:
        _counter(painter, paints, 3.6)
    else:
        _shelf(painter, paints, 1, 4.6)
    before = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    if desk:
        front = Painter(view)
        _desk_in_front(front, paints)
        before = _smaller(np.dstack([front.canvas, front.covered]))
        before[..., 3] /= 255
        before[..., :3] /= np.maximum(before[..., 3:], 1e-3)
    return Room(view, _smaller(painter.canvas), before)


def _smaller(picture: np.ndarray) -> np.ndarray:
    """Average an oversized picture down to the size of the frame: float32."""
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
