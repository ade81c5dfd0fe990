"""Reading: which videos and runs count, and which frames."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np
import pytest
from fixtures_reports import Clip, add_analysis, add_run, at, make_database
from sqlalchemy import delete, insert, update

from pipeline.errors import SettingError, UsageError
from pipeline.store.schema import AnalysisRow, RunRow, VideoRow
from reports.numbers.clock import wall_clock
from reports.numbers.queries import load
from reports.numbers.selection import Gates, Selection, parse_period, time_span
from reports.numbers.sides import parse_sides, pick

if TYPE_CHECKING:
    from pathlib import Path

CLIPS = [Clip("a.mp4", seconds=60), Clip("b.mp4", "cafe", "bar", at(2024, 3, 27, 2), seconds=60)]


def test_every_frame_is_read_faces_or_not(tmp_path: Path) -> None:
    """A frame without a face is a result and is counted."""
    engine = make_database(tmp_path / "x.db", [Clip("empty.mp4", faces_per_frame=0.0, seconds=30)])

    data = load([engine], Selection())

    assert (len(data.frames), len(data.faces)) == (60, 0)


def test_failed_and_running_videos_are_listed_but_not_counted(tmp_path: Path) -> None:
    """A video without a complete run stands in the list with its reason and has no rows."""
    clips = [CLIPS[0], Clip("bad.mp4", status="failed", reason="no video stream"), Clip("now.mp4", status="running")]
    engine = make_database(tmp_path / "x.db", clips)

    data = load([engine], Selection())

    found = {video.name: (video.status, video.reason, video.run is None) for video in data.videos}
    assert found["bad.mp4"] == ("failed", "no video stream", True)
    assert found["now.mp4"] == ("running", None, True)
    assert {data.videos[at].name for at in np.unique(data.frames.video)} == {"a.mp4"}


def test_the_newest_complete_run_counts(tmp_path: Path) -> None:
    """A newer run replaces an older one where it is complete, and does not where it is not."""
    engine = make_database(tmp_path / "x.db", CLIPS)
    with engine.begin() as connection:
        add_run(connection, 2)
        generator = np.random.default_rng(0)
        add_analysis(connection, 1, 2, Clip("a.mp4", seconds=10), generator)
        add_analysis(connection, 2, 2, Clip("b.mp4", seconds=10, status="running"), generator)

    newest, first = load([engine], Selection()), load([engine], Selection(run=1))

    assert [(video.name, video.run and video.run.id) for video in newest.videos] == [("b.mp4", 1), ("a.mp4", 2)]
    assert (len(newest.frames), len(first.frames)) == (120 + 20, 240)


def test_newest_means_created_last_not_the_highest_number(tmp_path: Path) -> None:
    """The run that was created last counts, whatever its number."""
    engine = make_database(tmp_path / "x.db", CLIPS[:1])
    with engine.begin() as connection:
        add_run(connection, 2, created_at=at(2020, 1, 1))
        add_analysis(connection, 1, 2, Clip("a.mp4", seconds=10), np.random.default_rng(0))

    data = load([engine], Selection())

    assert data.videos[0].run
    assert data.videos[0].run.id == 1


def test_two_databases_are_read_as_one(tmp_path: Path) -> None:
    """Videos of both are counted, and one that is in both is counted once, under its newest run."""
    first = make_database(tmp_path / "1.db", CLIPS)
    second = make_database(
        tmp_path / "2.db",
        [Clip("a.mp4", seconds=10), Clip("c.mp4", camera="till", seconds=30)],
        run={"created_at": at(2026, 12, 1)},
    )

    data = load([first, second], Selection())

    frames = {video.name: int((data.frames.video == at).sum()) for at, video in enumerate(data.videos)}
    assert frames == {"a.mp4": 20, "b.mp4": 120, "c.mp4": 60}


def test_filters_take_names_and_patterns(tmp_path: Path) -> None:
    """Locations, cameras and videos can be chosen by name or by glob."""
    engine = make_database(tmp_path / "x.db", CLIPS)

    by_name = load([engine], Selection(locations=("cafe",)))
    by_pattern = load([engine], Selection(videos=("a*",)))
    by_camera = load([engine], Selection(cameras=("bar", "door")))

    assert [video.name for video in by_name.videos] == ["b.mp4"]
    assert [video.name for video in by_pattern.videos] == ["a.mp4"]
    assert len(by_camera.videos) == 2


def test_a_literal_name_with_glob_letters_is_found(tmp_path: Path) -> None:
    """`[quay].mp4` is found by its name although it is also a pattern."""
    engine = make_database(tmp_path / "x.db", [Clip("[quay].mp4", seconds=10)])

    data = load([engine], Selection(videos=("[quay].mp4",)))

    assert len(data.videos) == 1


@pytest.mark.parametrize(
    "selection",
    [Selection(locations=("nowhere",)), Selection(cameras=("x",)), Selection(videos=("x",)), Selection(run=9)],
)
def test_a_filter_that_matches_nothing_is_an_error_that_names_what_there_is(
    tmp_path: Path, selection: Selection
) -> None:
    """A misspelt name does not give an empty report."""
    engine = make_database(tmp_path / "x.db", CLIPS)

    with pytest.raises(UsageError, match="There are: "):
        load([engine], selection)


def test_times_are_local_to_the_location(tmp_path: Path) -> None:
    """02:00 UTC is 09:00 in Ho Chi Minh City."""
    engine = make_database(tmp_path / "x.db", CLIPS[:1])

    data = load([engine], Selection())

    assert wall_clock(float(data.frames.local_s[0])) == datetime(2024, 3, 26, 9)  # noqa: DTZ001


def test_a_recording_through_the_change_of_clocks_stays_right(tmp_path: Path) -> None:
    """In Berlin 01:59:59 is followed by 03:00:00 on 31 March 2024."""
    clip = Clip("night.mp4", start=at(2024, 3, 31, 0, 59, 50), timezone="Europe/Berlin", seconds=20, fps=1.0)
    engine = make_database(tmp_path / "x.db", [clip])

    local = [wall_clock(float(seconds)) for seconds in load([engine], Selection()).frames.local_s]

    assert local[9] == datetime(2024, 3, 31, 1, 59, 59)  # noqa: DTZ001
    assert local[10] == datetime(2024, 3, 31, 3, 0, 0)  # noqa: DTZ001


def test_since_and_until_cut_within_a_video(tmp_path: Path) -> None:
    """Frames from the named minute up to the end of the named minute are kept, with their faces."""
    engine = make_database(tmp_path / "x.db", [Clip("a.mp4", seconds=600)])
    since, until = time_span("2024-03-26T09:02", "2024-03-26T09:03")

    data = load([engine], Selection(since=since, until=until))

    assert len(data.frames) == 240
    assert data.frames.time_s.min() == 120.0
    assert data.faces.frame.max() < 240


def test_videos_without_a_start_are_left_out_of_a_stretch_of_time(tmp_path: Path) -> None:
    """What has no known time cannot lie within a stretch of time."""
    engine = make_database(tmp_path / "x.db", [CLIPS[0], Clip("when.mp4", start=None)])

    data = load([engine], Selection(since=at(2024, 1, 1)))

    assert {data.videos[at].name for at in np.unique(data.frames.video)} == {"a.mp4"}


@pytest.mark.parametrize(
    ("text", "days"), [("2024", 366), ("2024-02", 29), ("2024-12", 31), ("2024-03-26", 1), ("2023-12-31", 1)]
)
def test_a_period_names_its_whole_length(text: str, days: int) -> None:
    """A year, month or day reaches from its first to its last moment."""
    start, end = parse_period(text)

    assert (end - start).days == days


@pytest.mark.parametrize("text", ["", "24-03", "2024-13", "2024-02-30", "yesterday", "2024-3"])
def test_a_period_that_is_none_is_refused(text: str) -> None:
    """The message says what is expected."""
    with pytest.raises(UsageError, match="expected a year"):
        parse_period(text)


def test_an_empty_stretch_of_time_is_refused() -> None:
    """--since after --until is a mistake, not an empty report."""
    with pytest.raises(UsageError, match="Exchange them"):
        time_span("2024-04", "2024-03")


def test_gates_leave_faces_out_and_keep_frames(tmp_path: Path) -> None:
    """A face below a gate is left out; its frame was sampled all the same."""
    engine = make_database(tmp_path / "x.db", [Clip("a.mp4")])
    data, gates = load([engine], Selection()), Gates(min_face_px=60, min_sharpness=100)

    kept = data.where_faces(gates.passing(data.faces))

    assert len(kept.frames) == len(data.frames)
    assert 0 < len(kept.faces) < len(data.faces)
    assert kept.faces.size_px.min() >= 60
    assert kept.faces.sharpness.min() >= 100


def test_sides_are_periods_or_locations(tmp_path: Path) -> None:
    """`A:B` is understood for months, for minutes with colons of their own, and for locations."""
    months = parse_sides("2024-03:2024-04", set())
    minutes = parse_sides("2024-03-26T09:00:2024-03-26T10:00", set())
    engine = make_database(tmp_path / "x.db", CLIPS)
    data = load([engine], Selection())
    places = parse_sides("cafe:quay", {"cafe", "quay"})

    assert [side.since for side in months] == [at(2024, 3, 1), at(2024, 4, 1)]
    assert [side.since for side in minutes] == [at(2024, 3, 26, 9), at(2024, 3, 26, 10)]
    assert [len(pick(data, side).frames) for side in places] == [120, 120]
    with pytest.raises(UsageError, match="two periods"):
        parse_sides("cafe:2024-03", {"cafe"})


def test_sides_are_patterns_of_locations() -> None:
    """As the shell writes them, in either form of accented letters; a location's own name goes first."""
    known = {"Bến Thành", "Biên Hòa", "Vinh", "Vũng Tàu", "Vĩnh Long", "V*"}
    first, second = parse_sides(normalize("NFD", "B*: V[iĩũ]*"), known)
    literal = parse_sides("Vinh:V*", known)

    assert (first.locations, first.name) == (("Biên Hòa", "Bến Thành"), "B* (Biên Hòa, Bến Thành)")
    assert (second.locations, second.name) == (("Vinh", "Vĩnh Long", "Vũng Tàu"), "V[iĩũ]* (Vinh, Vĩnh Long, +1)")
    assert [side.locations for side in literal] == [("Vinh",), ("V*",)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("V*:Vinh", "found 'Vinh' on both sides of 'V*:Vinh'"),
        ("*:B*", "found 'Bến Thành' on both"),
        ("2024:2024-03", "found 2024-03-01 00:00 to 2024-04-01 00:00 on both"),
        ("B*:Vin", "Locations: Bến Thành, Vinh, Vũng Tàu. Did you mean 'Vinh'?"),
        ("X*:V*", "found 'X*:V*'. Locations: Bến Thành"),
    ],
)
def test_sides_have_nothing_in_common(text: str, told: str) -> None:
    """Who is on both would be compared with himself; a name that is not stored is answered with the nearest."""
    with pytest.raises(SettingError, match=re.escape(told)):
        parse_sides(text, {"Bến Thành", "Vinh", "Vũng Tàu"})


def test_a_run_with_an_unreadable_card_is_reported_without_it(tmp_path: Path) -> None:
    """A card from another version does not keep the counts from being read."""
    engine = make_database(tmp_path / "x.db", CLIPS[:1])
    with engine.begin() as connection:
        connection.execute(update(RunRow).values(model_card='{"name": 1}'))

    data = load([engine], Selection())

    assert data.runs[0].card is None
    assert len(data.frames) == 120


def test_a_video_without_any_analysis_is_listed(tmp_path: Path) -> None:
    """A video that could not even be begun is not forgotten."""
    engine = make_database(tmp_path / "x.db", CLIPS)
    with engine.begin() as connection:
        connection.execute(delete(AnalysisRow).where(AnalysisRow.video_id == 1))
        connection.execute(update(VideoRow).where(VideoRow.id == 1).values(status="failed", reason="no decoder"))
        connection.execute(insert(RunRow).values({**_run_values(), "id": 5}))

    data = load([engine], Selection())

    assert [(video.status, video.reason) for video in data.videos if video.name == "a.mp4"] == [
        ("failed", "no decoder")
    ]


def _run_values() -> dict[str, object]:
    return {
        "fingerprint": "f" * 64, "created_at": at(2026, 1, 1), "code_version": "0", "model": "m", "model_card": "{}",
        "sampling": "", "settings": "{}", "device": "cpu",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Bến Than", "Bến Thành"), ("ben thanh", "Bến Thành"), ("Da Nang", "Đà Nẵng"), ("Hà Nội", None)],
)
def test_a_location_that_is_not_stored_is_answered_with_the_nearest(
    tmp_path: Path, written: str, meant: str | None
) -> None:
    """Without accents and capitals, too, as they are typed; nothing is offered that is not like it."""
    names = ("Bến Thành", "Đà Nẵng", *(f"shop {number}" for number in range(8)))
    engine = make_database(tmp_path / "x.db", [Clip(f"{name}.mp4", name, seconds=1) for name in names])

    with pytest.raises(UsageError, match=r"nothing of that name is stored.*shop 6, 2 more\.") as told:
        load([engine], Selection(locations=(written,)))

    assert str(told.value).endswith(f" Did you mean {meant!r}?" if meant else " more.")
