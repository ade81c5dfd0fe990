"""Boxes and times → tracklets and visits. No picture is needed, so older analyses can be linked, and linked again.

    faces ── passes ──> pieces ── lines, joints, gaps ──> tracklets ── joints up to the visit gap ──> visits

The same boxes give the same numbers: nothing is drawn, and ties are broken by position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .boxes import renumber, usual_step_s
from .ends import measure, unite
from .gates import GATES, VISIT_GAP_S, Gates
from .joining import Joint, join
from .mending import fill_gaps, find_lines
from .passing import find_pieces

if TYPE_CHECKING:
    from .boxes import Boxes, Flags, Ints
    from .ends import Pieces


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Who is who.

    Attributes:
        tracklet: int64 (N,), of each face, numbers from 1; 0 for a second box of one face.
        visit: int64 (T,), of tracklet 1, 2 and so on, numbers from 1.
    """

    tracklet: Ints
    visit: Ints


def link(boxes: Boxes, visit_gap_s: float = VISIT_GAP_S, gates: Gates = GATES) -> Links:
    """The tracklet of each face, and the visit of each tracklet.

    Args:
        boxes: the faces of one analysis.
        visit_gap_s: whoever is seen again within so many seconds is still on the same visit.
        gates: how far apart sightings of one person may be.
    """
    step_s = usual_step_s(boxes.time_s)
    first = ~is_twin(boxes, gates)
    tracklet = np.zeros(len(boxes), np.int64)
    kept = boxes.where(first).on_own_clock()
    tracklet[first] = find_tracklets(kept, gates.for_step(step_s))
    pieces = measure(kept, tracklet[first], gates.motion_sightings)
    return Links(tracklet, find_visits(pieces, step_s, visit_gap_s, gates))


def is_twin(boxes: Boxes, gates: Gates = GATES) -> Flags:
    """Faces that are a second box around one of the same frame of which the detector was surer: bool (N,)."""
    order = np.lexsort((np.arange(len(boxes)), -boxes.confidence, boxes.frame))
    twin = np.zeros(len(boxes), np.bool_)
    for step in range(1, int(np.bincount(boxes.frame).max(initial=0))):
        sure, other = order[:-step], order[step:]
        apart = np.hypot(boxes.x[sure] - boxes.x[other], boxes.y[sure] - boxes.y[other])
        sides = (boxes.side[sure] + boxes.side[other]) / 2
        alike = np.abs(np.log(boxes.side[sure] / boxes.side[other])) <= np.log(2)
        close = (boxes.frame[sure] == boxes.frame[other]) & (apart <= gates.twin.sides * sides) & alike
        twin[other[close]] = True
    return twin


def find_tracklets(boxes: Boxes, gates: Gates = GATES) -> Ints:
    """The tracklet of each face, int64 (N,), numbers from 1 in the order in which they begin."""
    if not len(boxes):
        return np.zeros(0, np.int64)
    piece = find_lines(boxes, find_pieces(boxes, gates), gates)
    joint = Joint(gates.survive_s, gates.kept)
    for _ in range(gates.rounds):
        piece = join(measure(boxes, piece, gates.motion_sightings), joint, gates)[piece - 1]
    return fill_gaps(boxes, renumber(piece, boxes.seconds), gates)


def find_visits(tracklets: Pieces, step_s: float, visit_gap_s: float, gates: Gates = GATES) -> Ints:
    """The visit of each tracklet, int64 (T,), numbers from 1 in the order in which they begin.

    Args:
        tracklets: of one analysis, in the order in which they begin.
        step_s: seconds from one sampled frame to the next.
        visit_gap_s: as for `link`.
        gates: as for `link`.
    """
    next_s = min(gates.for_step(step_s).next_s, visit_gap_s)
    joint = Joint(visit_gap_s, gates.met, gates.hinted, next_s)
    visit = np.arange(1, len(tracklets) + 1)
    pieces = tracklets
    for _ in range(gates.rounds):
        group = join(pieces, joint, gates)
        visit = group[visit - 1]
        pieces = unite(pieces, group)
    return visit
