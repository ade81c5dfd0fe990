"""Zones: who was in one and when, and what is proposed to be blanked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.areas import Kind, Zone, area, crossing, inside, on_border
from pipeline.places.polygons import read_polygon
from pipeline.places.proposing import propose_area
from pipeline.places.zones import OUT_S, Stay, are_ignored, find_stays

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
QUEUE = Zone("queue", Kind.QUEUE, LEFT, 2.0)


def stays(walk: str, step_s: float = 0.5, zone: Zone = QUEUE) -> list[tuple[float, float]]:
    """Two frames a second: `#` is inside, `.` is outside, and a blank is unseen."""
    seen = [(at / 2, (0.25 if sign == "#" else 0.75, 0.5)) for at, sign in enumerate(walk) if sign != " "]
    times, centres = zip(*seen, strict=True)
    return [(stay.first_s, stay.last_s) for stay in find_stays(times, centres, [zone], step_s)[zone.name]]


@pytest.mark.parametrize(
    ("walk", "expected"),
    [
        ("####", [(0.0, 2.0)]),
        ("###", []),
        ("..####..", [(1.0, 3.0)]),
        ("####.####", [(0.0, 4.5)]),
        ("####..####", [(0.0, 2.0), (3.0, 5.0)]),
        ("####..##", [(0.0, 2.0)]),
        ("#.#.#.#.#.#.", []),
        ("####.#.#.#.", [(0.0, 5.0)]),
        ("##      ##", [(0.0, 5.0)]),
        ("....", []),
    ],
)
def test_stays_have_hysteresis_in_seconds(walk: str, expected: list[tuple[float, float]]) -> None:
    """In after two seconds without a break, out after a second outside; nobody leaves while they are not seen."""
    assert stays(walk) == expected


def test_a_zone_may_want_no_time_at_all() -> None:
    """With min_s = 0 each sighting counts, with the step that it stands for."""
    assert stays(".#..#", zone=Zone("door", Kind.ENTRANCE, LEFT, 0.0)) == [(0.5, 1.0), (2.0, 2.5)]
    assert find_stays([], [], [QUEUE]) == {"queue": ()}


def test_overlapping_zones_both_count_and_ignored_ones_do_not() -> None:
    """Whoever stands in two zones is in both; in a zone to be ignored nobody stays, and its faces can be told."""
    times, centres = [0, 1, 2, 3], [(0.25, 0.5)] * 3 + [(0.7, 0.5)]
    zones = [QUEUE, Zone("till", Kind.COUNTER, ((0.2, 0.4), (0.3, 0.4), (0.3, 0.6))), Zone("tv", Kind.IGNORE, LEFT)]

    found = find_stays(times, centres, zones)

    assert found == {"queue": (Stay(0.0, 2.0),), "till": (Stay(0.0, 2.0),)}
    assert found["queue"][0].seconds == 2.0
    assert are_ignored(centres, zones).tolist() == [True, True, True, False]


@settings(deadline=None)  # machines that run tests are busy
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.floats(0, 4), st.sampled_from([0.2, 0.5, 1.0]))
def test_stays_are_apart_and_long_enough(signs: list[bool], min_s: float, step_s: float) -> None:
    """Whatever the walk: stays begin and end inside, last at least min_s, and lie a second outside or more apart."""
    times = [at * step_s for at in range(len(signs))]
    centres = [(0.25 if sign else 0.75, 0.5) for sign in signs]
    found = find_stays(times, centres, [Zone("q", Kind.QUEUE, LEFT, min_s)], step_s)["q"]

    assert all(stay.seconds >= min_s - 1e-9 for stay in found)
    assert all(later.first_s - earlier.last_s >= OUT_S - 1e-9 for earlier, later in pairwise(found))
    inside_at = {round(time, 6) for time, sign in zip(times, signs, strict=True) if sign}
    assert {round(stay.first_s, 6) for stay in found} <= inside_at
    assert {round(stay.last_s - step_s, 6) for stay in found} <= inside_at


@settings(deadline=None)  # machines that run tests are busy
@given(st.integers(1, 300), st.integers(0, 10_000))
def test_what_is_proposed_can_be_written_and_holds_the_faces(count: int, seed: int) -> None:
    """At most eight corners, none crossing, accepted by a cameras.toml; it holds all but some in a hundred."""
    generator = np.random.default_rng(seed)
    size = (1280, 720)
    middle, spread = generator.random(2) * size, generator.uniform(1, 200)
    centres = np.clip(generator.normal(middle, spread, (count, 2)), 0, np.array(size))
    polygon = propose_area(centres, generator.uniform(24, 90, count), size)

    assert 3 <= len(polygon) <= 8
    assert crossing(polygon) is None
    assert set(read_polygon([list(point) for point in polygon], "here")) == set(polygon)
    held = inside(centres / size, polygon) | on_border(centres / size, polygon)
    assert held.mean() >= 1 - 8 * 0.011
    assert 0 < area(polygon) <= 1


def test_a_cashier_among_customers_is_proposed_without_their_way() -> None:
    """Of somebody who hardly moves the area is small; without any face there is nothing to propose."""
    till = np.random.default_rng(2).normal((900, 300), 8, (500, 2))
    polygon = propose_area(np.vstack([till, [(10, 700)]]), np.full(501, 60.0), (1280, 720))

    assert area(polygon) < 0.06
    assert inside([(900 / 1280, 300 / 720)], polygon)[0]
    assert not inside([(10 / 1280, 700 / 720)], polygon)[0]
    with pytest.raises(ValueError, match="at least one face"):
        propose_area([], [], (1280, 720))
