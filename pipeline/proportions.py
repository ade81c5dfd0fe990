"""Whether faces are as wide as faces are: a video whose pixels are not square, and that does not say so, shows here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .plurals import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

USUAL = (0.645, 0.905)
"""Width over height of MTCNN's boxes, as medians of a video with several people. Of 11 sound clips of shops with ten
faces or more they are 0.65 to 0.84 but for one of bowed heads; of the same at half their width 0.59 to 0.64, at half
their height 0.85 to 1.00: boxes give way less than pictures do."""

USUAL_OF_FEW = (0.61, 0.96)
"""The same where fewer than `SEVERAL` tracklets were found: one man's head alone was 0.63 in sound pixels."""

SEVERAL = 3
"""So many tracklets, and more, are not all of one head."""

LEAST_FACES = 10
"""Fewer faces may all be of one person who bends his head."""


def doubt_shape(shapes: Mapping[tuple[float, bool], int], count_people: Callable[[], int]) -> str | None:
    """A sentence if the faces of a whole video are far from the usual shape; None if they are not, or are too few.

    What is unclear counts where it can only speak against a doubt: bowed heads, seen from above, have wide boxes.

    Args:
        shapes: how many boxes have which width over height and are readable or not, without those that the frame's
            edge cuts.
        count_people: how many tracklets the video has; asked only where faces look odd.
    """
    clear = {shape: faces for (shape, readable), faces in shapes.items() if readable}
    whole: dict[float, int] = {}
    for (shape, _), faces in shapes.items():
        whole[shape] = whole.get(shape, 0) + faces
    for counts, is_narrow in ((whole, True), (clear, False)):
        faces = sum(counts.values())
        # A detector whose boxes are all alike does not measure faces.
        if faces < LEAST_FACES or len(counts) == 1:
            continue
        middle = _median(counts)
        if not _is_odd(middle, USUAL, is_narrow):
            continue
        usual = USUAL if count_people() >= SEVERAL else USUAL_OF_FEW
        if _is_odd(middle, usual, is_narrow):
            return _describe(middle, usual, faces)
    return None


def _is_odd(middle: float, usual: tuple[float, float], is_narrow: bool) -> bool:
    return middle < usual[0] if is_narrow else middle > usual[1]


def _describe(middle: float, usual: tuple[float, float], faces: int) -> str:
    kind = "narrower" if middle < usual[0] else "wider"
    return (
        f"its faces are {kind} than faces are: boxes are {middle:.2f} times as wide as high, usual are "
        f"{usual[0]:.2f} to {usual[1]:.2f} ({count(faces, 'face')}). Perhaps its pixels are not square: see how people "
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
