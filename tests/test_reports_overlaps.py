"""The same minutes twice: main and sub stream, exports that overlap, a file that was packed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
import pytest
from fixtures_reports import Clip, at, make_database
from sqlalchemy import delete, insert, select, update

from pipeline.store.overlaps import Recording, Why, camera_key, find_overlaps, find_overlaps_of
from pipeline.store.schema import AnalysisRow, ChunkRow, FaceRow, FrameRow, VideoRow
from reports.files.exports import to_json
from reports.files.face_rows import face_tables
from reports.numbers.overlaps import is_covered, stretches
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Selection
from reports.page.html import render
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from sqlalchemy import Engine

START = at(2024, 3, 26, 2)
MAIN = Clip("door-main.mp4", start=START, seconds=600)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def made(engine: Engine, **selection: object) -> Report:
    chosen = Selection(**selection)  # type: ignore[arg-type]
    return make_report(load([engine], chosen), Request(chosen, min_group=1))


def resize(engine: Engine, name: str, **values: object) -> None:
    """Change columns of a video."""
    with engine.begin() as connection:
        connection.execute(update(VideoRow).where(VideoRow.path.like(f"%/{name}")).values(**values))


def pack_anew(engine: Engine, number: int, name: str, **changes: object) -> None:
    """The first video's rows again as those of another file, as a remux of it gives them."""
    with engine.begin() as connection:
        for table in (VideoRow, AnalysisRow, ChunkRow, FrameRow, FaceRow):
            key = "id" if table is VideoRow else "video_id"
            rows = connection.execute(select(table.__table__).where(table.__table__.c[key] == 1)).mappings()
            copies = [{**row, key: number} for row in rows]
            if table is VideoRow:
                copies[0] |= {"sha256": f"{number:064d}", "path": f"/videos/{name}", **changes}
            if table is AnalysisRow:
                copies = [{**copy, "sha256": f"{number:064d}"} for copy in copies]
            connection.execute(insert(table), copies)


def test_a_sub_stream_is_not_counted_beside_its_main_stream(tmp_path: Path) -> None:
    """Of two recordings of one camera at one time the one with more pixels gives every number, and the page says so."""
    engine = make_database(tmp_path / "x.db", [MAIN, replace(MAIN, name="door-sub.mp4", start=later(1))])
    resize(engine, "door-sub.mp4", width=640, height=360)

    report, both = made(engine), made(engine, count_overlaps=True)

    alone = made(engine, videos=("door-main.mp4",))
    assert replace(report.overall, name="") == replace(alone.overall, name="")
    assert both.overall.frames == 2400
    (double,) = report.doubles
    assert (double.why, double.frames, double.is_sure) == (Why.TIME, 1200, True)
    for language in Language:
        page = render(report, Words(language))
        assert Words(language)("trust_doubles", n="1", frames=Words(language).number(1200)) in page
        assert Words(language)("trust_doubles_counted", n="1") in render(both, Words(language))


def test_only_the_shared_minutes_are_left_out(tmp_path: Path) -> None:
    """Exports that overlap lose the minutes that both have, and keep their own."""
    engine = make_database(tmp_path / "x.db", [MAIN, replace(MAIN, name="next.mp4", start=later(420), seconds=400)])

    report = made(engine)

    (double,) = report.doubles
    assert report.overall.frames == 1200 + 800 - double.frames
    assert double.frames == pytest.approx(360, abs=4)
    rows = pd.concat(face_tables([engine], Selection()))
    assert len(rows) == report.overall.faces + report.no_face


def test_what_the_better_one_did_not_record_is_kept(tmp_path: Path) -> None:
    """In a gap of a motion recording the continuous one counts."""
    engine = make_database(tmp_path / "x.db", [MAIN, replace(MAIN, name="whole.mp4")])
    resize(engine, "whole.mp4", width=640, height=360)
    with engine.begin() as connection:
        mine = (FrameRow.video_id == 1, FrameRow.timestamp_s.between(200, 400))
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.execute(delete(FrameRow).where(*mine))

    report = made(engine)

    (double,) = report.doubles
    assert double.frames == pytest.approx(800, abs=6)


def test_recordings_that_follow_each_other_are_all_counted(tmp_path: Path) -> None:
    """Two seconds of a segment that the next one repeats are no reason to leave anything out."""
    clips = [replace(MAIN, name=f"{hour}.mp4", start=later(598 * hour)) for hour in range(4)]

    report = made(make_database(tmp_path / "x.db", clips))

    assert (report.doubles, report.overall.frames) == ((), 4800)


def test_other_cameras_and_locations_are_nobodys_doubles(tmp_path: Path) -> None:
    """The channels of a recorder all begin on the hour."""
    clips = [replace(MAIN, name=f"{name}.mp4", camera=name) for name in ("ch1", "ch2", "00", "01", "main", "RecM01_x")]

    assert made(make_database(tmp_path / "x.db", [*clips, replace(MAIN, location="cafe")])).doubles == ()


def test_a_guessed_start_is_only_mentioned(tmp_path: Path) -> None:
    """Where a start may be wrong nothing is left out, and the page says that something may count twice."""
    engine = make_database(tmp_path / "x.db", [MAIN, replace(MAIN, name="copy.mp4")])
    resize(engine, "copy.mp4", start_is_guess=True)

    report = made(engine)

    assert report.overall.frames == 2400
    assert [one.is_sure for one in report.doubles] == [False]
    assert Words(Language.EN)("trust_doubles_maybe", n="1") in render(report, Words(Language.EN))


@pytest.mark.parametrize(
    ("changes", "frames"),
    [
        ({}, 1200),
        ({"started_at": None, "start_source": None}, 1200),
        ({"started_at": None, "start_source": None, "camera": "remux"}, 1200),
        ({"started_at": later(86400), "start_source": "container"}, 1200),
        ({"started_at": later(86400)}, 2400),
        ({"location": "cafe"}, 2400),
    ],
)
def test_a_file_packed_anew_is_known_by_its_faces(tmp_path: Path, changes: dict[str, object], frames: int) -> None:
    """The same faces at the same seconds are the same recording, unless two sure times or places contradict it."""
    engine = make_database(tmp_path / "x.db", [MAIN])
    pack_anew(engine, 2, "remux.mkv", **changes)

    report = made(engine)

    assert report.overall.frames == frames
    assert [one.is_sure for one in report.doubles] == [frames == 1200]


def test_all_outputs_name_them(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]) -> None:
    """JSON lists each pair with what was left out of which; the flag counts both."""
    engine = make_database(tmp_path / "fer-video.db", [MAIN, replace(MAIN, name="copy.mp4")])

    document = msgspec.json.decode(to_json(made(engine)))
    counted = msgspec.json.decode(fer_video("report", "--min-group", "1", "--count-overlaps", "--json", "-").stdout)

    assert [(one["frames"], one["why"]) for one in document["doubles"]] == [(1200, "time")]
    assert (document["overall"]["frames"], counted["overall"]["frames"]) == (1200, 2400)
    assert document["selection"]["count_overlaps"] is False


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ch1_main", "ch1_sub", True),
        ("XVR_ch1_main_20240326090000_20240326093000", "XVR_ch1_sub_20240326090000_20240326093000", True),
        ("RecM01_20240326_090000_093000_0A1B", "RecS01_20240326_090000_093000_FF", True),
        ("RecM01_20240326_090000_093000_0A1B", "RecS02_20240326_090000_093000_0A1B", False),
        ("Door Mainstream", "door-substream", True),
        ("cam_00", "cam_01", False),
        ("domain", "do", False),
    ],
)
def test_names_of_streams(one: str, other: str, same: bool) -> None:
    """Main and sub stream of a camera differ in a word, and in a hash where the recorder writes one."""
    assert (camera_key(one) == camera_key(other)) is same


def test_streams_by_name_must_begin_and_end_together() -> None:
    """A word alone is not enough: the two must be of the same length and start."""
    main = Recording("/a", "quay", "ch1_main", START, False, 600.0, 100, True)
    sub = replace(main, path="/b", camera="ch1_sub", pixels=50, started_at=later(1), seconds=599.0)

    (found,) = find_overlaps([sub, main])

    assert (found.better, found.other, found.shift_s, found.why) == (1, 0, 1.0, Why.STREAMS)
    assert find_overlaps([main, replace(sub, started_at=later(30))]) == []
    assert find_overlaps([main, replace(sub, seconds=300.0)]) == []


def test_two_cameras_of_one_file_are_two() -> None:
    """Though they have a name and every second in common."""
    first = Recording("/a.mp4", "quay", "door", START, False, 600.0, 100, True)

    assert find_overlaps([first, replace(first, stream=2)]) == []


def test_short_clips_overlap_too() -> None:
    """Four seconds twice are found; pictures of the same second are not."""
    clip = Recording("/a", "quay", "door", START, False, 4.0, 100, True)

    assert len(find_overlaps([clip, replace(clip, path="/b")])) == 1
    assert find_overlaps([replace(clip, seconds=0.0), replace(clip, path="/b", seconds=0.0)]) == []


def test_the_better_one_has_more_pixels_no_damage_and_more_footage() -> None:
    """In this order."""
    small = Recording("/a", "quay", "door", START, False, 600.0, 50, True)
    cut = replace(small, path="/b", pixels=100, is_done=False)
    whole, long = replace(cut, path="/c", is_done=True), replace(cut, path="/d", is_done=True, seconds=700.0)

    ranked = sorted((small, cut, whole, long), key=lambda one: one.rank)

    assert [one.path for one in ranked] == ["/a", "/b", "/c", "/d"]


def test_stretches_end_where_a_recording_pauses() -> None:
    """A pause much longer than a step is not covered, a single frame is covered by a second around it."""
    times = np.array([0.0, 0.5, 1.0, 60.0, 60.5])

    assert stretches(times).tolist() == [[-1.0, 2.0], [59.0, 61.5]]
    assert is_covered(np.array([1.9, 30.0, 60.2]), [stretches(times)]).tolist() == [True, False, True]
    assert not is_covered(times, [stretches(times[:0])]).any()


def test_an_analysis_is_told_what_it_overlaps(tmp_path: Path) -> None:
    """By time, and by faces where no start is known; other videos cost it a look at their rows of `videos`."""
    clips = [MAIN, replace(MAIN, name="b.mp4", start=later(300)), replace(MAIN, name="c.mp4", start=later(9000))]
    engine = make_database(tmp_path / "x.db", clips)
    pack_anew(engine, 4, "remux.mkv", started_at=None, camera="remux")

    with engine.begin() as connection:
        found = {number: find_overlaps_of(connection, number, 1) for number in (2, 3, 4)}

    assert {number: [path for path, _ in one] for number, one in found.items()} == {
        2: ["/videos/quay/door-main.mp4"], 3: [], 4: ["/videos/quay/door-main.mp4"],
    }  # fmt: skip
