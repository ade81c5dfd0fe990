"""The groups of a report as sums of pieces, so that it can be decided together what of them is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from .crowd import piece_keys
from .grouping import By, group
from .over_time import hours_of_week
from .shown import Family, week_family
from .sides import pick_frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Data, Flags, Ints, Reals, Video
    from .crowd import Crowd
    from .shown import Mask
    from .sides import Side

HOURS_OF_WEEK = 168


@dataclass(frozen=True, slots=True, eq=False)
class ShownRows:
    """Of which hours of which videos rows of single faces may be shown.

    Attributes:
        videos: of the report.
        sides: of its comparison.
        keys: int64, what `piece_keys` gives for these hours.
    """

    videos: tuple[Video, ...]
    sides: tuple[Side, ...]
    keys: Ints

    def keep(self, video: int, time_s: Reals) -> Flags:
        """Whether faces at these seconds (N,) of a video, by its position, are shown: bool (N,)."""
        keys = piece_keys(self.videos, np.full(len(time_s), video, np.int64), time_s, self.sides)
        return np.isin(keys, self.keys)


def find_families(kept: Data, timed: Data, by: By, sides: Sequence[Side], crowd: Crowd) -> dict[str, Family]:
    """Everything, the sides of a comparison, the groups of each section by its name, and the hours of the week.

    Args:
        kept: faces that are counted.
        timed: the same without times that are guessed, unless these count.
        by: what the main groups are.
        sides: of a comparison, if there is one.
        crowd: its pieces.
    """
    frames = len(kept.frames)
    families = {"overall": Family(crowd.members(np.zeros(frames, np.int64), 1), 0)}
    if sides:
        on = [crowd.members(pick_frames(kept, side).astype(np.int64) - 1, 1) for side in sides]
        families["sides"] = Family(csr_array(vstack(on)), 1)
    for detail, one in enumerate(dict.fromkeys((by, By.VIDEO)), start=2):
        grouping = group(timed if one is By.HOUR else kept, one)
        families[one] = Family(crowd.members(grouping.of_frame, len(grouping.names)), detail)
    locations = len(group(timed, By.LOCATION).names)
    families["weeks"] = week_family(crowd.members(hours_of_week(timed), locations * HOURS_OF_WEEK), 4)
    return families


def of_one_kind(crowd: Crowd, families: dict[str, Family], masks: dict[str, tuple[Mask, ...]]) -> dict[int, Reals]:
    """Videos of which no other count that is shown tells two parts apart, and when somebody comes in each.

    Only these have timelines: stretches of time beside hours that are shown could tell of the minutes between.
    """
    shown = [one.members[np.flatnonzero([not mask.hidden for mask in masks[name]])] for name, one in families.items()]
    known = csr_array(vstack(shown)).tocsc()
    apart = np.array([not mask.hidden for mask in masks["pieces"]], np.bool_)
    found = {}
    for at, begins in crowd.begins.items():
        mine = np.flatnonzero(crowd.video == at)
        in_sums = {known.indices[known.indptr[one] : known.indptr[one + 1]].tobytes() for one in mine.tolist()}
        if len(in_sums) == 1 and (len(mine) == 1 or not apart[mine].any()):
            found[at] = begins
    return found
