"""How good the pictures of readable faces were, and what changes if the poor ones are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS

from .intervals import to_shares
from .selection import Gates

if TYPE_CHECKING:
    from .columns import Faces, Flags
    from .crowd import AtOnce
    from .rollup import Rollup

SMALL_PX = 48
"""FER-2013's pictures have this side: a smaller face is enlarged, and what is not there cannot be read."""

UNCERTAIN = 0.5
"""Below it, another expression may be as probable as the one that is counted."""

HARDLY_READABLE = 0.75
"""Below it, at least one in four such faces would be unclear if the probability holds."""

BLURRED_PERCENTILE = 25


@dataclass(frozen=True, slots=True)
class Gated:
    """What remains with some faces left out.

    Attributes:
        key: which faces are left out: none, small, blurred, hardly readable, uncertain or any of these.
        gates: small and blurred faces that are left out.
        least_readable, least_confidence: faces that are readable, or read, with less are left out.
        faces: the readable ones that remain.
        kinds: shares of positive, neutral, negative and surprise.
        few: whether few people, by who is seen at once, are among those of a kind that remain, or are left out.
    """

    key: str
    gates: Gates
    least_readable: float
    least_confidence: float
    faces: int
    kinds: tuple[float, ...]
    few: bool = False


@dataclass(frozen=True, slots=True)
class Quality:
    """The state of the pictures of readable faces.

    Attributes:
        small, blurred_below, uncertain: share of faces under 48 px; sharpness of the blurriest quarter's sharpest face;
            share of faces with a confidence under 0.5.
        median_px: half of the faces are at least so large.
        gated: the report as it is, then with faces left out.
    """

    small: float
    blurred_below: float
    uncertain: float
    median_px: float
    gated: tuple[Gated, ...]


def measure_quality(faces: Faces, rollup: Rollup, crowd: AtOnce | None = None, least: int = 1) -> Quality | None:
    """Measure readable faces; None without any.

    Args:
        faces: readable ones.
        rollup: which expression counts as what.
        crowd: counts people.
        least: so many are not few.
    """
    if not len(faces):
        return None
    blurred = float(np.percentile(faces.sharpness, BLURRED_PERCENTILE))
    steps = {
        "gate_none": (Gates(), 0.0, 0.0),
        "gate_small": (Gates(min_face_px=SMALL_PX), 0.0, 0.0),
        "gate_blurred": (Gates(min_sharpness=blurred), 0.0, 0.0),
        "gate_unreadable": (Gates(), HARDLY_READABLE, 0.0),
        "gate_uncertain": (Gates(), 0.0, UNCERTAIN),
        "gate_all": (Gates(SMALL_PX, blurred), HARDLY_READABLE, UNCERTAIN),
    }
    return Quality(
        small=float((faces.size_px < SMALL_PX).mean()),
        blurred_below=blurred,
        uncertain=float((faces.confidence < UNCERTAIN).mean()),
        median_px=float(np.median(faces.size_px)),
        gated=tuple(_gated(key, step, faces, rollup, (crowd, least)) for key, step in steps.items()),
    )


def _gated(
    key: str,
    limits: tuple[Gates, float, float],
    faces: Faces,
    rollup: Rollup,
    hiding: tuple[AtOnce | None, int],
) -> Gated:
    gates, readable, confidence = limits
    # `~(a < b)`: NaN, where the model does not say what is readable, is kept.
    kept = gates.passing(faces) & ~(faces.readable < readable) & (faces.confidence >= confidence)
    counts = np.bincount(faces.label[kept], minlength=len(LABELS)).astype(np.float64)
    kinds = to_shares(counts) @ rollup.matrix()[:, :4]
    shares = tuple(float(share) for share in kinds)
    few = _has_few(faces, kept, rollup, *hiding)
    return Gated(key, gates, readable, confidence, int(counts.sum()), shares, few)


def _has_few(faces: Faces, kept: Flags, rollup: Rollup, crowd: AtOnce | None, least: int) -> bool:
    """Whether of any kind few people are among the faces that remain, or among those that are left out."""
    if crowd is None or least <= 1 or kept.all():
        return False
    kind = rollup.matrix().argmax(axis=1)[faces.label]
    for mine in (kept, ~kept):
        for one in range(rollup.matrix().shape[1]):
            frame = faces.frame[mine & (kind == one)]
            if len(frame) and crowd.people(frame) < least:
                return True
    return False
