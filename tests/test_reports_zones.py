"""Zones, where faces were seen, and areas that may be staff's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from fixtures_reports import Clip, make_database
from fixtures_visits import DOOR, NINE, QUEUE, ZONES, crowd, frames_for, make_shops
from tracks import Walk, write_walks

from pipeline.areas import Areas, Kind, Staff, Zone
from pipeline.store.areas import tell_areas
from reports.files.exports import to_json
from reports.make import Question, make
from reports.numbers.zone_rows import GRIDS
from reports.page.html import render
from reports.sheets.workbook import workbook_tabs
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from reports.numbers.report import Report

EN, VI = Words(Language.EN), Words(Language.VI)


def report_of(engine: Engine, **question: object) -> Report:
    return make([str(engine.url.database)], Question(**question), EN)  # type: ignore[arg-type]


def one_camera(path: Path, walks: list[Walk], frames: int, areas: Areas | None = None) -> Engine:
    engine = make_database(path, [Clip("till.mp4", "A", "till", NINE, seconds=frames // 2)])
    write_walks(engine, 1, walks, frames)
    if areas:
        with engine.begin() as connection:
            tell_areas(connection, 1, areas, "/videos/cameras.toml")
    return engine


def test_a_zone_of_one_name_is_counted_over_its_cameras(tmp_path: Path) -> None:
    """Visits with a stay, their share, mean time, and how many at once on average and at most."""
    report = report_of(make_shops(tmp_path / "x.db"))
    assert report.places
    door, queue = report.places.zones

    assert (queue.name, queue.kind, queue.cameras) == ("hàng đợi", Kind.QUEUE, 4)
    assert report.visits
    assert report.visits.overall
    assert queue.visits == 80
    assert queue.share == pytest.approx(0.5)
    assert queue.longest == door.longest == 2
    assert queue.mean_s
    assert queue.at_once == pytest.approx(80 * queue.mean_s / report.visits.overall.recorded_s, rel=1e-3)


def test_a_zone_of_few_or_without_few_is_hidden(tmp_path: Path) -> None:
    """Its number goes, and all that is measured of it; who is not in it could be told as well."""
    everywhere = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    corner = ((0.0, 0.7), (0.3, 0.7), (0.3, 1.0), (0.0, 1.0))
    zones = (
        Zone("all", Kind.DISPLAY, everywhere),
        Zone("corner", Kind.DISPLAY, corner, 0.0),
        Zone("others", Kind.DISPLAY, ((0.0, 0.0), (1.0, 0.0), (1.0, 0.7), (0.0, 0.7)), 0.0),
        Zone("poster", Kind.IGNORE, corner),
        Zone("empty", Kind.DISPLAY, ((0.9, 0.0), (1.0, 0.0), (1.0, 0.1))),
    )
    engine = one_camera(tmp_path / "x.db", crowd(44), frames_for(44), Areas(Staff.NONE, (), zones))
    report, whole = report_of(engine), report_of(engine, min_group=1)
    assert report.places
    assert whole.places
    shown = {zone.name: zone.visits for zone in report.places.zones}
    true = {zone.name: zone.visits for zone in whole.places.zones}

    assert true == {"all": 44, "corner": 1, "others": 42, "empty": 0}
    assert shown == {"all": 44, "corner": None, "others": None, "empty": 0}
    corner_zone = next(zone for zone in report.places.zones if zone.name == "corner")
    assert corner_zone.share is corner_zone.mean_s is corner_zone.at_once is corner_zone.longest is None
    sheet = next(tab for tab in workbook_tabs(report, EN) if tab.id == "zones")
    assert next(row for row in sheet.rows if row[0] == "corner")[3:] == ("hidden", None, None, None, None)


def test_where_faces_were_seen_is_shown_without_few(tmp_path: Path) -> None:
    """In quarters of the fullest cell; cells that few passed are empty, and so is a camera that few passed."""
    people = {"door.mp4": ("Bến Thành", "door", 240), "hall.mp4": ("Vinh", "hall", 44), "desk.mp4": ("Vinh", "desk", 4)}
    report = report_of(make_shops(tmp_path / "x.db", people))
    assert report.places
    seen = {one.camera: one.levels for one in report.places.seen}

    assert ("Vinh", "desk") not in seen
    levels = seen["Bến Thành", "door"]
    assert levels.shape in {grid[::-1] for grid in GRIDS}
    assert set(levels[~np.isnan(levels)]) <= {0.25, 0.5, 0.75, 1.0}
    # Who was there for a moment, below the others, is not on it.
    assert np.isnan(levels[int(560 / 720 * len(levels))]).all()
    assert "from the left" in render(report, EN)


def test_who_stays_long_may_be_staff(tmp_path: Path) -> None:
    """The page proposes an area around them, unless it was said that there is no staff, or they are blanked."""
    still = [Walk(2, 2400, at=(900.0, 300.0), step=(0.05, 0.0), side=60.0)]
    walks = crowd(88) + still
    engine = one_camera(tmp_path / "x.db", walks, 2410)
    report = report_of(engine)
    assert report.places
    (proposal,) = report.places.proposals
    xs, ys = zip(*proposal.polygon, strict=True)

    assert proposal.camera == ("A", "till")
    assert min(xs) < 900 / 1280 < max(xs) < 1
    assert 0 < min(ys) < 300 / 720 < max(ys)
    assert report.places.unsaid == 1
    for words, said in ((EN, "May be staff: blank this area"), (VI, "Có thể là nhân viên: hãy che vùng này")):
        page = render(report, words)
        assert said in page
        assert f"[{proposal.polygon[0][0]:.2f}, {proposal.polygon[0][1]:.2f}]" in page
    assert "Cameras of which nobody said whether staff come into the picture: 1 of 1." in render(report, EN)
    document = msgspec.json.decode(to_json(report))
    assert document["places"]["may_be_staff"][0]["camera"] == "till"
    with engine.begin() as connection:
        tell_areas(connection, 1, Areas(Staff.NONE), "/videos/cameras.toml")
    told = report_of(engine).places
    assert told
    assert (told.proposals, told.unsaid) == ((), 0)


def test_zones_may_be_moved_without_a_new_analysis(tmp_path: Path) -> None:
    """Another polygon, told to the database, gives other numbers at once."""
    engine = one_camera(tmp_path / "x.db", crowd(44), frames_for(44), Areas(Staff.NONE, (), ZONES))
    before = report_of(engine).places
    with engine.begin() as connection:
        tell_areas(connection, 1, Areas(Staff.NONE, (), (Zone("hàng đợi", Kind.QUEUE, DOOR),)), "/videos/cameras.toml")
    after = report_of(engine).places

    assert before
    assert after
    assert [zone.name for zone in before.zones] == ["cửa", "hàng đợi"]
    assert [zone.name for zone in after.zones] == ["hàng đợi"]
    assert QUEUE != DOOR
    assert after.zones[0].visits == before.zones[0].visits
