"""Whether the picture moves, told from boxes: cameras in a hand, and what must not be taken for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fixtures_reports import Clip, make_database
from tracks import Walk, as_boxes, write_walks

from pipeline.tracks.gates import MOVING_SHARE, Linked, describe, read_linked
from pipeline.tracks.picture_motion import moving_share
from pipeline.tracks.visits import STILL_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = 40
PLACES = ((100.0, 100.0), (300.0, 140.0), (520.0, 90.0), (700.0, 200.0))


def share_of(walks: list[Walk]) -> float | None:
    return moving_share(as_boxes(walks, FRAMES)[0])


def test_a_camera_that_pans_moves_all_alike():
    """Posters and people who stand all shift by as much, though they differ in size."""
    sides = (30.0, 40.0, 50.0, 40.0)
    walks = [Walk(0, FRAMES, at=at, step=(45, 8), side=side) for at, side in zip(PLACES, sides, strict=True)]

    assert share_of(walks) == 1


def test_one_who_walks_under_a_camera_that_pans_changes_nothing():
    """Most faces tell; the others may do as they like, and the detector may lose one at times."""
    walks = [
        Walk(0, FRAMES, at=at, step=(45, 8), lost=frozenset(range(5 * n, FRAMES, 20))) for n, at in enumerate(PLACES)
    ]

    assert share_of([*walks, Walk(0, FRAMES, at=(900, 400), step=(-20, 3))]) == 1


@pytest.mark.parametrize("posters", [3, 4])
def test_posters_under_a_camera_that_stands_move_nothing(posters: int):
    """Boxes that jitter by some percent are no shift."""
    boxes, _ = as_boxes([Walk(0, FRAMES, at=at) for at in PLACES[:posters]], FRAMES)
    jitter = np.random.default_rng(0).normal(0, 0.05 * 40, (2, len(boxes)))
    boxes.x[:] += jitter[0]
    boxes.y[:] += jitter[1]

    assert moving_share(boxes) == 0


def test_people_who_walk_past_a_row_that_waits_move_nothing():
    """As long as as many stand as walk, the picture stands."""
    waiting = [Walk(0, FRAMES, at=at) for at in PLACES[:3]]
    walking = [Walk(0, FRAMES, at=(100 + 90 * n, 400), step=(40, 0)) for n in range(3)]

    assert share_of([*waiting, *walking]) == 0


def test_people_who_walk_each_at_their_own_speed_move_nothing():
    """Several directions and speeds are no shift."""
    steps = ((40, 0), (-35, 4), (22, -9), (-60, 2))

    assert share_of([Walk(0, FRAMES, at=at, step=step) for at, step in zip(PLACES, steps, strict=True)]) == 0


def test_few_faces_tell_nothing():
    """Two who walk together are no evidence of a camera that moves; nor is nobody."""
    assert share_of([Walk(0, FRAMES, at=at, step=(45, 8)) for at in PLACES[:2]]) is None
    assert share_of([]) is None


def test_older_analyses_do_not_say():
    """What was linked before has no share, and counts as standing."""
    old = read_linked('{"version": 1, "visit_gap_s": 5.0}')

    assert old is not None
    assert old == Linked(1, 5.0, None)
    assert not old.picture_moves
    for share, moves in ((MOVING_SHARE, True), (0.1, False)):
        linked = read_linked(describe(5.0, share))
        assert linked is not None
        assert linked.picture_moves is moves


def test_a_poster_under_a_moving_camera_is_said_to_be_uncertain(tmp_path: Path, fer_video: Callable[..., Any]):
    """It is a visit, as it does not keep still in the picture; the command says why not to trust the number."""
    engine = make_database(tmp_path / "shop.db", [Clip("door.mp4", seconds=30)])
    found = write_walks(engine, 1, [Walk(1, FRAMES, at=at, step=(16, 16)) for at in PLACES], 60)
    assert found is not None
    assert found.still == ()
    assert found.picture_moves is False  # half a side and a bit: as far as people sway

    found = write_walks(engine, 1, [Walk(1, FRAMES, at=at, step=(24, 22)) for at in PLACES], 60)
    assert found is not None
    assert (len(found.visits), found.picture_moves) == (4, True)
    said = fer_video("visits", "--db", tmp_path / "shop.db", "--visit-gap", 5)
    (line,) = json.loads(fer_video("visits", "--db", tmp_path / "shop.db", "--visit-gap", 5, "--json").stdout)
    assert "uncertain, as the picture moves" in said.stdout
    assert line["picture_moves"] is True


def test_people_very_still_at_a_till_are_visits(tmp_path: Path):
    """Who stands as still as a poster, but for less than five minutes, is somebody; a poster beside them is not."""
    engine = make_database(tmp_path / "shop.db", [Clip("till.mp4", seconds=30)])
    frames = int(STILL_S * 2) + 50
    till = [Walk(number * 200, 180, at=(400, 100)) for number in range(3)]
    apart = [Walk(one.start, one.frames, at=(400 + 25 * n, 100)) for n, one in enumerate(till)]
    found = write_walks(engine, 1, [Walk(0, frames), *apart], frames)

    assert found is not None
    assert [one.faces for one in found.visits] == [180, 180, 180]
    assert {(one.x, one.y) for one in found.still} == {(100.0, 100.0)}
