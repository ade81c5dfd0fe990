"""Whether faces are as wide as faces are: a video whose pixels are not square, and that does not say so, shows here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .plurals import count

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL = (0.645, 0.905)
"""Width over height of MTCNN's boxes, as medians of a video. Of 20 sound clips with faces the medians are 0.656 to
0.876, about 0.76. Of the same clips at half their width they are 0.55 to 0.633; at half their height 0.83 to 1.04, most
above 0.92: boxes give way less than pictures do."""

LEAST_FACES = 10
"""Fewer faces may all be of one person who bends his head."""


def doubt_shape(shapes: Mapping[float, int]) -> str | None:
    """A sentence if the faces of a whole video are far from the usual shape; None if they are not, or are too few.

    Args:
        shapes: how many boxes have which width over height, without those that the frame's edge cuts.
    """
    faces = sum(shapes.values())
    # A detector whose boxes are all alike does not measure faces.
    if faces < LEAST_FACES or len(shapes) == 1:
        return None
    middle = _median(shapes)
    if USUAL[0] <= middle <= USUAL[1]:
        return None
    kind = "narrower" if middle < USUAL[0] else "wider"
    return (
        f"its faces are {kind} than faces are: boxes are {middle:.2f} times as wide as high, usual are "
        f"{USUAL[0]:.2f} to {USUAL[1]:.2f} ({count(faces, 'face')}). Perhaps its pixels are not square: see how people "
        'look, and tell the shape of the picture in cameras.toml, such as aspect = "16:9"'
    )


def _median(counts: Mapping[float, int]) -> float:
    """The value in the middle of values that are counted."""
    left = sum(counts.values()) / 2
    for value, times in sorted(counts.items()):
        left -= times
        if left <= 0:
            return value
    raise ValueError("expected at least one value; found none")
