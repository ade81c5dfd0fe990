"""Boxes between analysed frames: what is followed, held, bridged and let go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotate.carry import Carrier, cover_head
from pipeline.records import Box
from pipeline.store.sightings import Look, Sighting
from pipeline.tracks.matching import match

SIZE = (1280, 720)


def face(left: float, top: float = 300.0, side: float = 40.0, expression: str = "happy") -> Sighting:
    return Sighting(Box(left, top, left + side, top + side), expression, 0.9)


def look(second: float, *faces: Sighting, problem: str | None = None) -> Look:
    """An analysed frame of a video with 10 frames a second."""
    return Look(round(second * 10), second, problem, faces)


def hides(marks: list, head: Box) -> bool:
    """Whether one cover alone hides all of a head."""
    return any(
        mark.cover.left <= head.left + 1e-6
        and mark.cover.top <= head.top + 1e-6
        and mark.cover.right >= head.right - 1e-6
        and mark.cover.bottom >= head.bottom - 1e-6
        for mark in marks
    )


def test_box_moves_on_a_straight_line_between_looks():
    """A quarter of the way between two looks, the box is a quarter of the way, with the nearer look's label."""
    carrier = Carrier([look(0.0, face(100)), look(0.4, face(120, expression="sad"))], SIZE)

    (early,), (late,) = carrier.marks(1, 0.1), carrier.marks(3, 0.3)

    assert (early.box, early.sighting.label, early.measured) == (Box(105, 300, 145, 340), "happy", False)
    assert (late.box.left, late.sighting.label) == (115, "sad")


def test_analysed_frame_shows_what_was_read_there():
    """At an analysed frame the box is the stored one."""
    carrier = Carrier([look(0.0, face(100)), look(0.5, face(120))], SIZE)

    (mark,) = carrier.marks(5, 0.5)

    assert (mark.box, mark.measured) == (Box(120, 300, 160, 340), True)


@given(
    st.lists(st.floats(-9.5, 9.5), min_size=3, max_size=3),
    st.floats(0, 1),
    st.floats(12, 150),
)
def test_walking_heads_are_hidden_all_the_way(paces: list[float], at: float, side: float):
    """Whoever keeps a pace from look to look, up to 9.5 faces a second, is covered at every moment between."""
    places, seconds = [600.0], [0.0, 0.5, 1.0, 1.5]
    for pace in paces:
        places.append(places[-1] + pace * side * 0.5)
    carrier = Carrier([look(second, face(left, side=side)) for second, left in zip(seconds, places, strict=True)], SIZE)
    gap = min(int(at * 3), 2)
    left = places[gap] + (places[gap + 1] - places[gap]) * (at * 3 - gap)

    marks = carrier.marks(-1, at * 1.5)

    assert hides(marks, cover_head(face(left, side=side).box))


@pytest.mark.parametrize("stays_until", [0.0, 0.25, 0.49])
def test_sudden_steps_are_hidden(stays_until: float):
    """Who stands still and then makes a jump of four faces is covered at both places throughout."""
    carrier = Carrier([look(0.0, face(100)), look(0.5, face(260))], SIZE)

    marks = carrier.marks(-1, stays_until)

    assert hides(marks, cover_head(face(100).box))
    assert hides(marks, cover_head(face(260).box)) or stays_until == 0.0


def test_face_that_one_look_missed_stays_hidden():
    """Somebody who turns away for a look or two and walks on meanwhile is covered all the way."""
    carrier = Carrier([look(0.0, face(500)), look(0.5), look(1.0), look(1.5, face(620))], SIZE)

    spells = [carrier.marks(index, index / 10) for index in range(16)]

    assert all(hides(marks, cover_head(face(500 + 8 * index).box)) for index, marks in enumerate(spells))
    assert [mark.box for mark in spells[5]] == [None] * len(spells[5])


def test_lost_face_stays_covered_where_it_was_for_a_second():
    """A face that is not found again is covered for a second after it was seen, then let go."""
    carrier = Carrier([look(0.0, face(600)), *(look(second / 2) for second in range(1, 6))], SIZE)

    assert all(hides(carrier.marks(index, index / 10), cover_head(face(600).box)) for index in range(11))
    assert carrier.marks(12, 1.2) == []


def test_a_carrier_can_let_go_earlier():
    """Who looks oftener holds shorter: half a second after, and half a second before."""
    carrier = Carrier([look(0.0, face(600)), *(look(at / 4) for at in range(1, 8)), look(2.0, face(200))], SIZE, 0.5)

    assert hides(carrier.marks(5, 0.5), cover_head(face(600).box))
    assert carrier.marks(10, 1.0) == []
    assert hides(carrier.marks(15, 1.5), cover_head(face(200).box))


def test_new_face_is_covered_before_it_was_found():
    """A face that a look finds for the first time is covered in the second before."""
    carrier = Carrier([*(look(second / 2) for second in range(4)), look(2.0, face(600))], SIZE)

    assert carrier.marks(9, 0.9) == []
    assert all(hides(carrier.marks(index, index / 10), cover_head(face(600).box)) for index in range(10, 21))


@pytest.mark.parametrize("pace", [-9.0, 9.0])
def test_who_runs_out_of_the_picture_is_hidden_on_the_way(pace: float):
    """Standing still at one look and out of the picture at the next, a person is covered up to the edge."""
    start = 200 if pace < 0 else SIZE[0] - 240
    carrier = Carrier([look(0.0, face(start)), look(0.5, face(start)), look(1.0)], SIZE)

    for moment in (0.6, 0.7, 0.8, 0.9):
        head = cover_head(face(start + pace * 40 * (moment - 0.5)).box)
        inside = Box(max(head.left, 0), head.top, min(head.right, SIZE[0]), head.bottom)
        assert inside.left >= inside.right or hides(carrier.marks(-1, moment), inside)


def test_boxes_reach_before_the_first_and_after_the_last_look():
    """Up to a second outside the analysed stretch the nearest boxes are carried; beyond, nothing is known."""
    carrier = Carrier([look(2.0, face(600)), look(2.5, face(600))], SIZE)

    assert hides(carrier.marks(11, 1.1), cover_head(face(600).box))
    assert hides(carrier.marks(34, 3.4), cover_head(face(600).box))
    assert carrier.marks(9, 0.9) is None
    assert carrier.marks(36, 3.6) is None


def test_frames_far_from_every_look_are_unknown():
    """In the middle of ten seconds without a look nothing is known, and without any look nowhere."""
    carrier = Carrier([look(0.0, face(600)), look(10.0, face(600))], SIZE)

    assert carrier.marks(50, 5.0) is None
    assert carrier.marks(9, 0.9) is not None
    assert Carrier([], SIZE).marks(0, 0.0) is None


def test_look_that_could_not_see_does_not_let_a_face_go():
    """A frame that could not be decoded is no proof that nobody is there any more."""
    broken = look(0.5, problem="could not be decoded")
    carrier = Carrier([look(0.0, face(600)), broken, look(1.0, face(620))], SIZE)

    assert not carrier.is_analysed(5)
    assert hides(carrier.marks(5, 0.5), cover_head(face(610).box))


def test_people_who_walk_in_line_keep_their_order():
    """Where each arrives near where the next one stood, everybody is matched with himself."""
    before, after = [face(100), face(220), face(340)], [face(180), face(300), face(420)]

    assert match(before, after, 0.5) == {0: 0, 1: 1, 2: 2}


def test_faces_too_far_apart_or_of_other_size_are_not_matched():
    """Nobody walks twenty faces in half a second, or grows threefold."""
    assert match([face(0)], [face(800)], 0.5) == {}
    assert match([face(100)], [face(100, side=121)], 0.5) == {}
    assert match([], [face(0)], 0.5) == {}


def test_looks_at_the_same_moment_do_no_harm():
    """Two looks with one timestamp, which damaged files have, are carried like any others."""
    carrier = Carrier([look(0.0, face(100)), Look(1, 0.0, None, (face(140),)), Look(2, 0.0, None, ())], SIZE)

    assert hides(carrier.marks(3, 0.2), cover_head(face(140).box))
