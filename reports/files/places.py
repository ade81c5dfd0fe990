"""Zones, where faces were seen, and areas that may be staff's, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..numbers.zones import Places


def describe_places(places: Places) -> dict[str, Any]:
    """All that is known of the pictures; polygons are shares of the picture."""
    return {
        "zones": [asdict(zone) for zone in places.zones],
        "seen": [
            {
                "location": one.camera[0],
                "camera": one.camera[1],
                "levels": np.where(np.isnan(one.levels), None, one.levels).tolist(),  # type: ignore[call-overload]
            }
            for one in places.seen
        ],
        "may_be_staff": [
            {"location": one.camera[0], "camera": one.camera[1], "polygon": one.polygon} for one in places.proposals
        ],
        "staff_unsaid": places.unsaid,
        "cameras": places.cameras,
    }
