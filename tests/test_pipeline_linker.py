"""Boxes and times → tracklets and visits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracks import Walk, as_boxes

from pipeline.tracks.boxes import Boxes
from pipeline.tracks.linker import Links, link


def visits_of(
    walks: list[Walk], frames: int = 60, gap_s: float = 5.0, times: list[float] | None = None
) -> list[set[int]]:
    """The visits of each person."""
    boxes, who = as_boxes(walks, frames, times)
    links = link(boxes, gap_s)
    visit = np.array([0, *links.visit])[links.tracklet]
    return [set(visit[who == at].tolist()) for at in range(len(walks))]


def link_walks(walks: list[Walk], frames: int = 60) -> Links:
    return link(as_boxes(walks, frames)[0])


def test_a_walk_is_one_visit():
    """Somebody who walks two sides between frames, so that no two boxes overlap, has one number."""
    assert visits_of([Walk(3, 12, step=(80, 5))]) == [{1}]


def test_people_who_meet_keep_their_numbers():
    """Two who walk towards each other and pass are two visits, and neither takes the other's number."""
    meet = [Walk(0, 20, at=(100, 200), step=(50, 0)), Walk(0, 20, at=(1050, 215), step=(-50, 0))]

    assert visits_of(meet) == [{1}, {2}]


def test_people_in_a_row_are_told_apart():
    """Where each stands after a step where the one before stood, an even pace tells who is who."""
    row = [Walk(0, 12, at=(100 + 90 * n, 200), step=(90, 0)) for n in range(3)]

    assert visits_of(row) == [{1}, {2}, {3}]


def test_who_walks_up_to_the_lens_is_one_visit():
    """A face that grows by half with each frame, as at a door, stays one person."""
    assert visits_of([Walk(2, 5, at=(300, 100), step=(25, 40), grow=1.45)]) == [{1}]


def test_a_detector_that_misses_does_not_make_visitors():
    """Somebody who walks evenly is one visit, though frames are missed for up to two seconds."""
    assert visits_of([Walk(0, 30, step=(40, 0), lost=frozenset({4, 5, 11, 18, 19, 20}))], 60) == [{1}]


def test_turning_away_is_the_same_visit_up_to_the_gap():
    """Who stands and turns away for 4 s is one visit; for 8 s it is two, unless the gap is longer."""
    short, long = frozenset(range(10, 17)), frozenset(range(10, 26))

    assert visits_of([Walk(0, 40, lost=short)]) == [{1}]
    assert visits_of([Walk(0, 40, lost=long)]) == [{1, 2}]
    assert visits_of([Walk(0, 40, lost=long)], gap_s=10.0) == [{1}]


def test_who_leaves_at_an_edge_is_not_who_comes_there():
    """One walks out to the right, and another comes in there two seconds later: two visits."""
    there = [Walk(0, 10, at=(500, 200), step=(50, 0)), Walk(14, 10, at=(960, 205), step=(-50, 0))]

    assert visits_of(there) == [{1}, {2}]


def test_a_gap_of_the_recording_ends_visits():
    """Where the recording has no frame for more than two seconds, nobody is followed."""
    times = [at * 0.5 + (3.0 if at >= 20 else 0.0) for at in range(40)]

    assert visits_of([Walk(0, 40)], 40, times=times) == [{1, 2}]


def test_a_clock_that_is_set_back_ends_visits():
    """Times that go back are another stretch of the recording, and no error."""
    times = [at * 0.5 - (5.0 if at >= 20 else 0.0) for at in range(40)]

    assert visits_of([Walk(0, 40)], 40, times=times) == [{1, 2}]


def test_two_boxes_around_one_face_are_one():
    """A second box that lies almost on a surer one has no number."""
    boxes, who = as_boxes([Walk(0, 10), Walk(0, 10, at=(106, 103), side=44, confidence=0.9)], 10)

    links = link(boxes)

    assert set(links.tracklet[who == 0]) == {1}
    assert set(links.tracklet[who == 1]) == {0}
    assert list(links.visit) == [1]


def test_a_child_in_arms_is_a_person():
    """Boxes of which one is smaller, and beside the other's centre, are two people."""
    assert visits_of([Walk(0, 10, side=60), Walk(0, 10, at=(125, 130), side=30)]) == [{1}, {2}]


@pytest.mark.parametrize("frames", [0, 1])
def test_nobody_is_no_visit(frames: int):
    """No frame, one frame, and frames without faces have no tracklets."""
    links = link_walks([], frames)

    assert len(links.tracklet) == len(links.visit) == 0


def test_the_order_of_faces_in_a_frame_does_not_matter():
    """Who is who does not depend on which face of a frame was stored first."""
    boxes, who = as_boxes([Walk(0, 20, at=(100, 200), step=(50, 0)), Walk(0, 20, at=(1050, 215), step=(-50, 0))], 20)
    turned = np.lexsort((-np.arange(len(boxes)), boxes.frame))
    columns = (getattr(boxes, name)[turned] for name in ("frame", "x", "y", "side", "confidence"))

    first, other = link(boxes), link(Boxes(boxes.time_s, *columns))

    assert _groups(first.visit[first.tracklet - 1], who) == _groups(other.visit[other.tracklet - 1], who[turned])


def _groups(number: np.ndarray, who: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(who[number == each].tolist()) for each in set(number.tolist())}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.floats(0, 500), st.floats(0, 500), st.floats(1, 200), st.floats(0.5, 1)),
        max_size=60,
    )
)
def test_any_boxes_have_one_number_each(faces: list[tuple[int, float, float, float, float]]):
    """Numbers begin at 1 without a gap, in the order of time, and nobody is in one frame twice."""
    table = np.array(sorted(faces), np.float64).reshape(len(faces), 5)
    boxes = Boxes(np.arange(31, dtype=np.float64) * 0.5, table[:, 0].astype(np.int64), *table[:, 1:].T)

    links, again = link(boxes), link(boxes)

    kept = links.tracklet > 0
    assert set(links.tracklet[kept]) == set(range(1, len(links.visit) + 1))
    assert set(links.visit) == set(range(1, int(links.visit.max(initial=0)) + 1))
    visit = links.visit[links.tracklet[kept] - 1]
    assert len(set(zip(boxes.frame[kept], visit, strict=True))) == len(visit)
    assert (again.tracklet == links.tracklet).all()
    assert (again.visit == links.visit).all()
