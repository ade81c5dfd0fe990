"""The numbers of visits: how many, their shares, and their time in view."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_reports import Clip, card, make_database
from tracks import STEP_S, Walk, write_walks

from pipeline.labels import LABELS, Thresholds
from pipeline.records import EXPRESSIONS
from reports.numbers.estimates import Verdict
from reports.numbers.misreading import Readers, response_of
from reports.numbers.selection import Gates, Selection
from reports.numbers.visit_rows import load_visits
from reports.numbers.visit_shares import Misread, share_visits
from reports.numbers.visits import (
    count_up,
    count_visits,
    label_visits,
    names_without,
    time_in_view,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from reports.numbers.visit_data import VisitData, Visits

NINE = datetime(2024, 3, 26, 2)  # noqa: DTZ001 the tables hold no zone
HAPPY, SAD, NEUTRAL = (EXPRESSIONS.index(name) for name in ("happy", "sad", "neutral"))


def one_video(tmp_path: Path, walks: list[Walk], frames: int = 60) -> Engine:
    engine = make_database(tmp_path / f"{len(walks)}.db", [Clip("door.mp4", seconds=30, start=NINE)])
    write_walks(engine, 1, walks, frames)
    return engine


def two_files(tmp_path: Path, pause_s: float, *, camera: str = "door", at: float = 100.0) -> VisitData:
    """Somebody who stands when one file ends and the next one begins, and somebody else in each."""
    later = NINE + timedelta(seconds=59 * STEP_S + pause_s)
    clips = [Clip("a.mp4", seconds=30, start=NINE), Clip("b.mp4", seconds=30, start=later, camera=camera)]
    engine = make_database(tmp_path / "shop.db", clips)
    write_walks(engine, 1, [Walk(40, 20), Walk(5, 10, at=(500, 300), step=(30, 0))], 60)
    write_walks(engine, 2, [Walk(0, 10, at=(at, 100)), Walk(20, 10, at=(500, 300), step=(30, 0))], 60)
    return load_visits([engine], Selection())


def test_who_stands_while_a_file_ends_is_one_visit(tmp_path: Path):
    """Files of one camera that follow each other within two seconds cut nobody in two."""
    data = two_files(tmp_path, 0.5)

    assert (len(data.visits), data.joined) == (3, 1)
    longest = int(data.visits.in_view_s.argmax())
    assert data.visits.in_view_s[longest] == pytest.approx(30 * STEP_S)
    assert data.visits.faces[longest] == data.visits.readable[longest] == 30
    assert not data.visits.cut_end.any()
    assert not data.visits.cut_start.any()
    assert data.visits.sums[longest, HAPPY] == pytest.approx(30 * 0.76)
    assert count_visits(data).curve[2] == (5.0, 3)


@pytest.mark.parametrize(
    ("pause_s", "camera", "at"), [(10.0, "door", 100.0), (0.5, "till", 100.0), (0.5, "door", 900.0)]
)
def test_others_are_not_joined(tmp_path: Path, pause_s: float, camera: str, at: float):
    """A longer pause, another camera or another place makes two visits, which say that they are cut off."""
    data = two_files(tmp_path, pause_s, camera=camera, at=at)

    assert (len(data.visits), data.joined) == (4, 0)
    assert int(data.visits.cut_end.sum()) == int(data.visits.cut_start.sum()) == 1


def test_the_count_has_a_range(tmp_path: Path):
    """The number falls with the gap; it lies between the fewest who can have walked and the number of tracklets."""
    gone = [Walk(1, 50, lost=frozenset(range(10, 17)) | frozenset(range(24, 40)))]
    count = count_visits(load_visits([one_video(tmp_path, gone)], Selection()))

    assert (count.visits, count.least, count.most) == (2, 1, 3)
    assert dict(count.curve)[2.0] == 3
    assert dict(count.curve)[5.0] == 2
    assert dict(count.curve)[10.0] == 1


@pytest.mark.parametrize(("away_s", "people"), [(25, 1), (40, 10)])
def test_who_is_away_for_long_counts_again(tmp_path: Path, away_s: int, people: int):
    """The fewest people are a bound over 30 s: one who comes back ten times, each time later, is ten of them."""
    every = 10 + int(away_s / STEP_S)
    walks = [Walk(1 + number * every, 10, at=(100 + 25 * (number % 2), 100)) for number in range(10)]
    count = count_visits(load_visits([one_video(tmp_path, walks, 1 + 10 * every)], Selection()))

    assert (count.visits, count.least) == (10, people)


def test_two_at_once_are_two_at_least(tmp_path: Path):
    """Nobody can be in two places: people seen together are never one, whatever the gap."""
    count = count_visits(load_visits([one_video(tmp_path, [Walk(1, 50), Walk(1, 50, at=(400, 300))])], Selection()))

    assert (count.least, count.visits, count.most) == (2, 2, 2)
    assert {number for _, number in count.curve} == {2}


@pytest.mark.parametrize(("step", "moving"), [((35.0, 5.0), ["door.mp4"]), ((0.0, 0.0), [])])
def test_videos_whose_picture_moves_are_named(tmp_path: Path, step: tuple[float, float], moving: list[str]):
    """What linking noticed is read with the visits: they are uncertain there."""
    walks = [Walk(1, 20, at=(100 + 150 * number, 80 + 60 * number), step=step) for number in range(4)]
    data = load_visits([one_video(tmp_path, walks)], Selection())

    assert [video.name for video in data.moving] == moving


def test_two_questions_have_two_answers(tmp_path: Path):
    """One who stays long is one visit of three, but most of the time in which faces are seen."""
    walks = [
        Walk(1, 40),
        Walk(1, 5, at=(300, 300), step=(20, 0), expression="sad"),
        Walk(30, 5, at=(300, 300), step=(20, 0), expression="sad"),
    ]
    shares = share_visits(load_visits([one_video(tmp_path, walks)], Selection()).visits)

    assert shares.visits == 3
    assert shares.of_visits[SAD] == pytest.approx((0.04 + 2 * 0.76) / 3)
    assert shares.of_time[SAD] == pytest.approx((40 * 0.04 + 10 * 0.76) / 50)
    assert shares.difference[SAD] == pytest.approx(shares.of_visits[SAD] - shares.of_time[SAD])
    assert shares.of_visits.sum() == pytest.approx(1)
    assert shares.difference_interval is None


def test_intervals_come_from_whole_visits(tmp_path: Path):
    """With enough blocks each share has an interval that holds it; visits that are all alike have none to speak of."""
    walks = [
        Walk(1 + 25 * n, 6 + n % 3, at=(300, 300), step=(20, 0), expression="sad" if n % 2 else "happy")
        for n in range(20)
    ]
    visits = load_visits([one_video(tmp_path, walks, 520)], Selection()).visits
    shares = share_visits(visits)

    assert shares.of_visits_interval is not None
    assert shares.difference_interval is not None
    low, high = shares.of_visits_interval[:, SAD]
    assert low < shares.of_visits[SAD] < high
    low, high = shares.difference_interval[:, SAD]
    assert low <= shares.difference[SAD] <= high
    assert shares.of_visits_interval[:, 0] == pytest.approx([0.04, 0.04])
    assert not shares.misreading


def sad_or_happy(tmp_path: Path, counts: dict[str, float]) -> tuple[Visits, Readers]:
    """Twenty visits of which every other one is sad, and a camera whose readings of faces are these."""
    walks = [
        Walk(1 + 25 * n, 6, at=(300, 300), step=(20, 0), expression="sad" if n % 2 else "happy") for n in range(20)
    ]
    response = response_of(card())
    assert response
    read = np.array([[counts.get(name, 0.0) for name in LABELS]])
    return load_visits([one_video(tmp_path, walks, 520)], Selection()).visits, Readers(
        np.zeros(1, int), read, (response,)
    )


def test_intervals_of_visits_hold_misreading(tmp_path: Path):
    """They hold those of sampling and the estimate, are wider, and are the same each time."""
    visits, readers = sad_or_happy(tmp_path, {"happy": 60, "sad": 60})
    plain, found = share_visits(visits), share_visits(visits, Misread(readers, np.array([0])))
    again = share_visits(visits, Misread(readers, np.array([0])))

    assert found.misreading
    assert np.array_equal(found.of_visits, plain.of_visits)
    for name in ("of_visits_interval", "of_time_interval", "difference_interval"):
        sampling, both = getattr(plain, name), getattr(found, name)
        assert (both[0] <= sampling[0]).all()
        assert (both[1] >= sampling[1]).all()
        assert np.array_equal(getattr(again, name), both)
    assert found.of_visits_interval is not None
    assert found.of_visits_interval[1, SAD] - found.of_visits_interval[0, SAD] > 0.3
    assert found.verdict is Verdict.TIED


def test_visits_of_a_camera_that_nobody_knows_have_sampling_alone(tmp_path: Path):
    """Where one camera's model counted no confusions, intervals say that misreading is not in them."""
    visits, readers = sad_or_happy(tmp_path, {"happy": 60, "sad": 60})
    unknown = Readers(readers.of_video, readers.counts, (None,))
    plain = share_visits(visits)

    for misread in (Misread(readers, np.array([-1])), Misread(unknown, np.array([0]))):
        found = share_visits(visits, misread)
        assert not found.misreading
        np.testing.assert_array_equal(found.of_visits_interval, plain.of_visits_interval)


def test_too_few_visits_have_intervals_of_misreading_alone(tmp_path: Path):
    """As faces have: what other hours would show is not known, how these may be misread is; who leads is not said."""
    _, readers = sad_or_happy(tmp_path, {"happy": 60, "sad": 60})
    visits = load_visits(
        [one_video(tmp_path, [Walk(1, 40), Walk(1, 5, at=(300, 300), step=(20, 0))])], Selection()
    ).visits

    found = share_visits(visits, Misread(readers, np.array([0])))

    assert found.misreading
    assert found.verdict is Verdict.LITTLE
    assert found.difference_interval is None
    assert found.of_visits_interval is not None
    low, high = found.of_visits_interval
    assert (low <= found.of_visits).all()
    assert (found.of_visits <= high).all()
    assert high[HAPPY] - low[HAPPY] > 0.2
    # Two visits, in both of which nobody was read as disgusted, do not tell that hardly anybody is.
    assert high[EXPRESSIONS.index("disgust")] > 0.25


def test_probabilities_that_hold_a_bit_of_everything_are_told_from_faces_that_are_sad(tmp_path: Path):
    """All faces are read as neutral, and their mean probabilities are a tenth sad: perhaps nobody is."""
    response = response_of(card())
    assert response
    worth = response.worth.copy()
    worth[NEUTRAL] = 0.0
    worth[NEUTRAL, [SAD, NEUTRAL]] = 0.1, 0.9
    counts = np.array([[200.0 if name == "neutral" else 0.0 for name in LABELS]])
    readers = Readers(np.zeros(1, int), counts, (replace(response, worth=worth),))
    visits = load_visits([one_video(tmp_path, [Walk(1 + 25 * n, 6) for n in range(20)], 520)], Selection()).visits
    visits = replace(visits, sums=np.tile(worth[NEUTRAL], (len(visits), 1)) * visits.readable[:, None])

    found = share_visits(visits, Misread(readers, np.array([0])))

    assert found.of_visits[SAD] == pytest.approx(0.1)
    assert found.of_visits_interval is not None
    assert found.of_visits_interval[0, SAD] < 0.03
    assert found.of_visits_interval[1, NEUTRAL] > 0.97


def test_thresholds_are_decided_when_reading(tmp_path: Path):
    """Other thresholds and gates count from faces; the usual ones agree with what is stored, to the last digits."""
    walks = [Walk(1, 8, step=(20, 0)), Walk(20, 8, step=(20, 0), is_face=0.3), Walk(40, 8, step=(20, 0), side=80)]
    engine = one_video(tmp_path, walks)
    stored = load_visits([engine], Selection()).visits
    counted = load_visits([engine], Selection(gates=Gates(min_face_px=1))).visits
    lower = load_visits([engine], Selection(thresholds=Thresholds(min_is_face=0.2)))
    large = load_visits([engine], Selection(gates=Gates(min_face_px=60))).visits

    assert len(stored) == len(counted) == 2
    assert counted.sums == pytest.approx(stored.sums)
    assert counted.readable.tolist() == stored.readable.tolist() == [8, 8]
    assert (len(lower.visits), count_visits(lower).most) == (3, 3)
    assert len(large) == 1


def test_a_stretch_of_time_has_the_visits_that_begin_in_it(tmp_path: Path):
    """Local time decides, by the beginning."""
    engine = one_video(tmp_path, [Walk(1, 8, step=(20, 0)), Walk(40, 8, step=(20, 0))])
    since = datetime(2024, 3, 26, 9, 0, 10)  # noqa: DTZ001 a wall clock

    data = load_visits([engine], Selection(since=since))

    assert data.visits.first_s.tolist() == [40 * STEP_S]
    assert count_visits(data).most == 1


def test_a_label_is_the_mean_and_never_a_moment(tmp_path: Path):
    """Fewer than three readable sightings are too brief; a mean below the threshold is undecided."""
    engine = one_video(tmp_path, [Walk(1, 8, step=(20, 0)), Walk(30, 2, step=(20, 0), expression="sad")])
    visits = load_visits([engine], Selection()).visits

    decided, doubtful = label_visits(visits, 0.4), label_visits(visits, 0.8)

    assert (decided.counts[HAPPY], decided.undecided, decided.too_brief) == (1, 0, 1)
    assert (sum(doubtful.counts), doubtful.undecided, doubtful.too_brief) == (0, 1, 1)


def test_time_in_view_counts_who_is_cut_off_as_longer():
    """Kaplan and Meier's example of remission times: the curve and its median are those of the textbooks."""
    weeks = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], np.float64)
    cut = np.array([0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1], np.bool_)

    found = time_in_view(weeks, cut)

    assert found.seconds.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.staying == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)
    assert (found.median_s, found.cut) == (23.0, 12)


def test_a_median_that_is_not_reached_is_not_said():
    """Where most are cut off, more than half may have stayed for any time."""
    assert time_in_view(np.array([1.0, 5, 5, 5]), np.array([False, True, True, True])).median_s is None
    assert time_in_view(np.zeros(0), np.zeros(0, np.bool_)).median_s is None


def test_visits_are_per_recorded_hour(tmp_path: Path):
    """An hour without footage is missing, not empty; nobody is no share."""
    numbers = count_up(load_visits([one_video(tmp_path, [Walk(1, 8, step=(20, 0))])], Selection()), 0.4)
    nobody = count_up(load_visits([one_video(tmp_path, [])], Selection()), 0.4)

    assert numbers.recorded_s == pytest.approx(30)
    assert numbers.per_hour == pytest.approx(120)
    assert (nobody.count.visits, nobody.count.least, nobody.count.most, nobody.per_hour) == (0, 0, 0, 0)
    assert nobody.shares.of_visits.tolist() == [0] * 7


def test_what_was_never_linked_is_named(tmp_path: Path):
    """A reader does not link: it says which videos have no visits yet."""
    engine = make_database(tmp_path / "shop.db", [replace(Clip("door.mp4"), seconds=10)])

    data = load_visits([engine], Selection())

    assert list(names_without(data)) == ["door.mp4"]
    assert len(data.visits) == 0
