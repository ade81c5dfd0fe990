"""Make the sample clips: `pip install scikit-image matplotlib`, then `python sample_videos/make_samples.py`.

Every number is fixed and the encoder runs on one thread: the same versions of the libraries give the same bytes.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from people import COLLINS, HOPPER, SPRITE_PX_PER_M, SPRITE_SIZE, Pose, Shopper, draw_shopper
from shop import FOCAL_PX, HEIGHT, PHONE_SHOP, POST_OFFICE, WIDTH, Room, View, paint_room

if TYPE_CHECKING:
    from collections.abc import Iterator

FPS = 12
STEP_M = 1.25
"""A left and a right step."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on someone's way: seconds into the clip, metres right of and away from the camera."""

    time_s: float
    x_m: float
    z_m: float


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's way through the room; outside its times the person is not there."""

    shopper: Shopper
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """One file: its room, its people, its length, and the clock burned into its corner."""

    name: str
    room: Room
    walks: tuple[Walk, ...]
    length_s: float
    starts: str
    camera: str


def place(walk: Walk, time_s: float) -> tuple[float, float, float, bool] | None:
    """Return x, z, metres walked so far and whether the person is moving; None if not in the room."""
    stops = walk.stops
    if not stops[0].time_s <= time_s < stops[-1].time_s:
        return None
    walked = 0.0
    for here, there in pairwise(stops):
        leg = math.dist((here.x_m, here.z_m), (there.x_m, there.z_m))
        if time_s < there.time_s:
            part = (time_s - here.time_s) / (there.time_s - here.time_s)
            eased = part * part * (3 - 2 * part)
            x, z = here.x_m + (there.x_m - here.x_m) * eased, here.z_m + (there.z_m - here.z_m) * eased
            return x, z, walked + leg * eased, leg > 0.1
        walked += leg
    return None


def pose_at(walked_m: float, moving: bool, time_s: float) -> Pose:
    """Return the pose for a distance walked, in steps coarse enough for drawings to be used again."""
    phase = round(walked_m / STEP_M * 24) % 24 / 24 * 2 * math.pi if moving else 0.0
    sway = math.sin(phase) * 1.5 if moving else 2.5 * math.sin(time_s * 1.3)
    return Pose(phase, 1.0 if moving else 0.0, round(sway * 2) / 2)


def add_person(frame: np.ndarray, view: View, shopper: Shopper, spot: tuple[float, float], pose: Pose) -> None:
    """Lay one person over the frame (float32 RGB, in place), with a soft shadow at the feet."""
    x, z = spot
    foot_x, foot_y = view.project((x, 0.025 * abs(math.sin(pose.phase)), z))
    scale = FOCAL_PX / z / SPRITE_PX_PER_M
    shadow = np.zeros(frame.shape[:2], np.float32)
    floor = view.project((x, 0.0, z))
    axes = (round(FOCAL_PX * 0.3 / z), max(1, round(FOCAL_PX * 0.07 / z)))
    cv2.ellipse(shadow, (round(floor[0]), round(floor[1])), axes, 0, 0, 360, 0.45, -1)
    frame *= (1 - cv2.GaussianBlur(shadow, (0, 0), 54 / z))[..., None]
    sprite = draw_shopper(shopper, pose)
    premultiplied = np.dstack([sprite[..., :3] * sprite[..., 3:], sprite[..., 3]])
    small = cv2.resize(premultiplied, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    exact = small.shape[1] / SPRITE_SIZE[0]
    move = np.array([[1, 0, foot_x - small.shape[1] / 2], [0, 1, foot_y - (SPRITE_SIZE[1] - 8) * exact]])
    placed = cv2.warpAffine(small, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    frame *= 1 - placed[..., 3:]
    frame += placed[..., :3] * (1.06 - 0.03 * z)


def burn_clock(frame: np.ndarray, clip: Clip, time_s: float) -> None:
    """Write the camera's name and clock into the corner, as recorders do."""
    now = datetime.fromisoformat(clip.starts) + timedelta(seconds=time_s)
    words = f"{clip.camera}   {now:%Y-%m-%d %H:%M:%S}"
    face = cv2.FontFace("sans")
    for shift, colour in ((1, (30, 30, 30)), (0, (245, 245, 245))):
        cv2.putText(frame, words, (24 + shift, 44 + shift), colour, face, 26, 400)


def frames(clip: Clip) -> Iterator[np.ndarray]:
    """Draw a clip: uint8 (HEIGHT, WIDTH, 3), RGB, with the faint noise of a sensor."""
    rng = np.random.default_rng(len(clip.name))
    for index in range(round(clip.length_s * FPS)):
        time_s = index / FPS
        frame = clip.room.behind.copy()
        present = [(walk.shopper, spot) for walk in clip.walks if (spot := place(walk, time_s))]
        for shopper, (x, z, walked, moving) in sorted(present, key=lambda item: -item[1][1]):
            add_person(frame, clip.room.view, shopper, (x, z), pose_at(walked, moving, time_s))
        before = clip.room.before
        frame = frame * (1 - before[..., 3:]) + before[..., :3] * before[..., 3:]
        frame += rng.normal(0, 1.2, frame.shape[:2])[..., None]
        picture = np.clip(frame, 0, 255).astype(np.uint8)
        burn_clock(picture, clip, time_s)
        yield picture


def write(clip: Clip, folder: Path) -> Path:
    """Encode a clip as H.264 on one thread."""
    path = folder / clip.name
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.thread_count = 1
        stream.options = {"crf": "25", "preset": "slow", "g": str(4 * FPS)}
        stream.options |= {"x264-params": "threads=1:lookahead-threads=1"}
        for picture in frames(clip):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def post_office_clips() -> list[Clip]:
    """Return the clips of the post office: one at the desk, one of the whole room."""
    desk = paint_room(View(1.62, 273), POST_OFFICE, counter=False, desk=True)
    hall = paint_room(View(2.0, 200), POST_OFFICE, counter=True, desk=False)
    admiral = Shopper(HOPPER, (34, 38, 62), (30, 32, 44), 1.64)
    green = Shopper(COLLINS, (58, 112, 92), (52, 56, 72), 1.66)
    waiting = Walk(admiral, (Stop(0.3, 1.9, 3.0), Stop(2.4, -0.15, 2.2), Stop(5.6, -0.15, 2.15), Stop(7.4, -2.3, 2.4)))
    next_one = Walk(green, (Stop(9.0, 2.2, 2.9), Stop(10.8, 0.25, 2.05), Stop(13.0, 0.25, 2.05)))
    red = replace(green, coat=(150, 62, 70), mirrored=True)
    grey = replace(admiral, coat=(88, 92, 100), brightness=1.06)
    pair = (
        Walk(red, (Stop(0.2, -0.5, 8.0), Stop(6.8, -0.55, 2.6), Stop(8.6, -2.6, 2.3))),
        Walk(grey, (Stop(2.2, 0.5, 8.0), Stop(9.6, 0.6, 2.6), Stop(11.0, 2.4, 2.3))),
    )
    return [
        Clip(
            "Buu-dien-Vinh__desk-1__2024-03-26T09-00.mp4", desk, (waiting, next_one), 13, "2024-03-26T09:00", "DESK 1"
        ),
        Clip("Buu-dien-Vinh__hall__2024-03-26T09-30.mp4", hall, pair, 12, "2024-03-26T09:30", "HALL"),
    ]


def phone_shop_clips() -> list[Clip]:
    """Return the clips of the phone shop, whose places and times stand in cameras.toml."""
    aisle = paint_room(View(1.9, 220), PHONE_SHOP, counter=False, desk=False)
    door = paint_room(View(2.1, 187), PHONE_SHOP, counter=True, desk=False)
    blue = Shopper(COLLINS, (62, 92, 150), (44, 46, 54), 1.68, mirrored=True, brightness=0.92)
    crossing = (Walk(blue, (Stop(0.4, -2.4, 3.2), Stop(2.6, -0.4, 2.4), Stop(4.8, 0.1, 1.9), Stop(6.6, 1.9, 2.3))),)
    plum = Shopper(HOPPER, (120, 72, 96), (56, 52, 60), 1.62, mirrored=True)
    ochre = replace(blue, coat=(196, 160, 60), mirrored=False, brightness=1.0)
    visits = (
        Walk(plum, (Stop(0, 0.2, 7.6), Stop(4.5, -0.4, 3.4), Stop(5.7, -0.4, 3.4), Stop(7.6, -2.6, 2.7))),
        Walk(ochre, (Stop(9.2, 0.3, 8.0), Stop(13.4, 0.5, 3.0))),
    )
    return [
        Clip("aisle_2024-03-26_10-00.mp4", aisle, crossing, 9, "2024-03-26T10:00", "AISLE"),
        Clip("door.mp4", door, visits, 13, "2024-03-26T10:05", "DOOR"),
    ]


def main() -> None:
    """Write all clips beside this script."""
    cv2.setNumThreads(1)
    folder = Path(__file__).parent
    for clip in [*post_office_clips(), *phone_shop_clips()]:
        path = write(clip, folder)
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB\n")


if __name__ == "__main__":
    main()
