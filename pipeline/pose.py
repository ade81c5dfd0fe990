"""How a face is held, as three numbers from its five landmarks. The landmarks themselves are never stored."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .records import Pose

if TYPE_CHECKING:
    from .records import Face


def pose_of(face: Face) -> Pose:
    """Turn, tilt and nod of a face.

    E is the middle of the eyes, M that of the corners of the mouth, N the nose, all in pixels, and u the direction from
    the left eye to the right one. `tilt` is the angle of u. The nose's foot F on the line through E and M stands at
    E + nod * (M - E). `turn` is (N - F) * u over the longer side of the box.

    Args:
        face: with its five landmarks.

    Returns:
        Finite numbers. Eyes in one point count as level, and eyes and mouth in one point as nod 0 with the nose there.
    """
    left, right, nose, *corners = np.asarray(face.landmarks, np.float64)
    eyes, mouth = (left + right) / 2, (corners[0] + corners[1]) / 2
    across, down = right - left, mouth - eyes
    width, height = float(np.hypot(*across)), float(np.hypot(*down))
    direction = across / width if width else np.array([1.0, 0.0])
    nod = float((nose - eyes) @ down) / height**2 if height else 0.0
    aside = float((nose - eyes - nod * down) @ direction) if height else 0.0
    tilt = math.degrees(math.atan2(direction[1], direction[0]))
    return Pose(turn=aside / max(face.width, face.height), tilt=tilt, nod=nod)
