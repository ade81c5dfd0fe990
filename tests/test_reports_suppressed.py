"""Every output of a report: nothing of a few people stands in it, or follows from it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from fixtures_reports import Clip, make_database
from fixtures_visits import crowd, frames_for, make_shops
from scipy.optimize import Bounds, LinearConstraint, milp
from tracks import Walk, set_sampling, write_walks

from pipeline.errors import SettingError
from pipeline.labels import LABELS
from pipeline.records import UNCLEAR
from reports.files.exports import to_csv, to_json
from reports.make import Files, Question, make
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.rollup import KINDS
from reports.numbers.selection import Selection
from reports.numbers.sides import parse_sides
from reports.numbers.visit_rows import load_visits
from reports.page.contents import make_parts
from reports.page.html import render
from reports.sheets.tables import tables
from reports.sheets.workbook import workbook_tabs
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from sqlalchemy import Engine

    Command = Callable[..., CompletedProcess[str]]

EN = Words(Language.EN)
LEAST = 10
NAMES = ("faces", "readable", *LABELS, UNCLEAR, *(f"kind: {kind}" for kind in KINDS[:4]))


def report_of(engine: Engine, **request: Any) -> Report:
    return make_report(load([engine], Selection()), Request(**request), load_visits([engine], Selection()))


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return make_shops(tmp_path_factory.mktemp("shops") / "shops.db")


@pytest.fixture(scope="module")
def report(shops: Engine) -> Report:
    return report_of(shops)


def text_of(report: Report) -> str:
    """Everything that the terminal prints."""
    from rich.console import Console

    output = io.StringIO()
    console = Console(file=output, width=200, force_terminal=False)
    for table in tables(report, EN, 200):
        console.print(table)
    return output.getvalue()


def test_a_camera_that_few_passed_is_hidden_with_a_second_one(report: Report) -> None:
    """By location nothing is hidden; of that location's two videos both are, as one follows from the other."""
    hidden = {group.name: group.hidden for section in report.sections for group in section.groups}

    assert hidden == {
        "Bến Thành": False, "Vinh": False, "door.mp4": False, "till.mp4": False, "desk.mp4": True, "hall.mp4": True,
    }  # fmt: skip
    assert report.hidden == 2
    assert report.visits
    assert report.visits.groups["video"][2] is report.visits.groups["video"][3] is None


def known(document: dict[str, Any]) -> Iterator[tuple[list[int], str, int]]:
    """Every count of faces in the JSON: the videos that it is of, what is counted, and how many."""
    videos = document["videos"]
    groups = [(list(range(len(videos))), document["overall"])]
    for name, section in document["sections"].items():
        for at, group in enumerate(section):
            mine = [at] if name == "video" else [n for n, one in enumerate(videos) if one["location"] == group["name"]]
            groups.append((mine, group))
    if document["comparison"]:
        for name, places in zip(("first", "second"), document["comparison"]["locations"], strict=True):
            mine = [at for at, one in enumerate(videos) if one["location"] in places]
            groups.append((mine, document["comparison"][name]))
    for mine, group in groups:
        numbers = {"faces": group["faces"], "readable": group["readable"], UNCLEAR: group["unclear"]["count"]}
        numbers |= {name: one["count"] for name, one in group["expressions"].items()}
        numbers |= {f"kind: {name}": one["count"] for name, one in group["kinds"].items() if name in KINDS[:4]}
        yield from ((mine, name, count) for name, count in numbers.items() if count is not None)
    for week in document["weeks"]:
        for hour in range(24):
            mine = [
                at for at, one in enumerate(videos)
                if one["location"] == week["location"] and int(one["started_at_utc"][11:13]) + 7 == hour
            ]  # fmt: skip
            if mine and week["readable"][1][hour] is not None:
                yield mine, "readable", week["readable"][1][hour]


def parts_of(name: str) -> list[int]:
    """Which of the nine kinds of faces a name counts."""
    kinds = {"positive": ["happy"], "neutral": ["neutral"], "surprise": ["surprise"]}
    kinds["negative"] = ["angry", "disgust", "fear", "sad"]
    if name.startswith("kind: "):
        return [LABELS.index(one) for one in kinds[name.removeprefix("kind: ")]]
    if name in {"faces", "readable"}:
        return list(range(9 if name == "faces" else 8))
    return [(*LABELS, UNCLEAR).index(name)]


PEOPLE = (
    {"a.mp4": ("A", "1", 44), "b.mp4": ("A", "2", 44), "c.mp4": ("B", "1", 44), "d.mp4": ("B", "2", 4)},
    {"a.mp4": ("A", "1", 8), "b.mp4": ("A", "2", 44), "c.mp4": ("B", "1", 40), "d.mp4": ("C", "2", 4)},
    {"a.mp4": ("A", "1", 4), "b.mp4": ("A", "2", 4), "c.mp4": ("B", "1", 60), "d.mp4": ("B", "2", 40)},
    {"a.mp4": ("A", "1", 20), "b.mp4": ("B", "2", 4)},
    {"a.mp4": ("A", "1", 4), "b.mp4": ("B", "2", 4), "c.mp4": ("C", "2", 4), "d.mp4": ("D", "2", 4)},
)


FOUR = {"a.mp4": ("A1", "1", 44), "b.mp4": ("A2", "2", 44), "c.mp4": ("B1", "1", 44), "d.mp4": ("B2", "2", 4)}
"""Of patterns of locations, one side may be all but few people of the other, or both sides all but a few."""


@pytest.mark.parametrize(
    ("people", "compare"),
    [*((people, None) for people in PEOPLE), (FOUR, "A*:B*"), (FOUR, "A*:B1"), (FOUR, "B2:[AB]1")],
)
def test_no_count_of_a_few_faces_follows_from_the_json(
    tmp_path: Path, people: dict[str, tuple[str, str, int]], compare: str | None
) -> None:
    """With all of its counts taken together, each video could have ten faces and more of what it has few of."""
    engine = make_shops(tmp_path / "x.db", people)
    whole = msgspec.json.decode(to_json(report_of(engine, min_group=1)))
    sides = parse_sides(compare, {place for place, _, _ in people.values()}) if compare else None
    document = msgspec.json.decode(to_json(report_of(engine, sides=sides)))
    videos, rows, totals = len(document["videos"]), [], []
    for mine, name, count in known(document):
        row = np.zeros((videos, 9))
        row[np.ix_(mine, parts_of(name))] = 1
        rows.append(row.ravel())
        totals.append(count)
        assert count == 0 or count >= LEAST, (mine, name)
    few = 0
    for at, video in enumerate(whole["sections"]["video"]):
        for number, name in enumerate((*LABELS, UNCLEAR)):
            true = video["expressions"][name]["count"] if name != UNCLEAR else video["unclear"]["count"]
            if not 0 < true < LEAST:
                continue
            few += 1
            aim = np.zeros((videos, 9))
            aim[at, number] = -1
            could = milp(
                aim.ravel(),
                constraints=LinearConstraint(np.array(rows), totals, totals) if rows else (),
                integrality=np.ones(videos * 9),
                bounds=Bounds(0, max([*totals, LEAST])),
            )
            assert -could.fun >= LEAST, (video["name"], name, true)
    assert few


@pytest.mark.parametrize("people", PEOPLE)
def test_no_visit_of_a_few_follows_from_the_json(tmp_path: Path, people: dict[str, tuple[str, str, int]]) -> None:
    """The same for visits, by the fewest people who can have made them."""
    engine = make_shops(tmp_path / "x.db", people)
    document = msgspec.json.decode(to_json(report_of(engine)))
    visits, videos = document["visits"], document["videos"]
    places = [group["name"] for group in document["sections"]["location"]]
    groups = [([*range(len(videos))], visits["overall"])]
    groups += [([at], one) for at, one in enumerate(visits["groups"]["video"])]
    groups += [
        ([at for at, video in enumerate(videos) if video["location"] == place], one)
        for place, one in zip(places, visits["groups"]["location"], strict=True)
    ]
    shown = [(mine, one) for mine, one in groups if one]
    rows = np.zeros((len(shown), len(videos)))
    for at, (mine, _) in enumerate(shown):
        rows[at, mine] = 1
    for name in ("least", "visits", "most"):
        totals = [one[name] for _, one in shown]
        assert all(total >= LEAST for total in totals)
        for at, video in enumerate(videos):
            if people[video["name"]][2] < LEAST and shown:
                could = milp(
                    -np.eye(len(videos))[at],
                    constraints=LinearConstraint(rows, totals, totals),
                    integrality=np.ones(len(videos)),
                    bounds=Bounds(0, np.inf),
                )
                assert -could.fun >= LEAST


def test_tables_page_and_files_say_hidden(shops: Engine, report: Report, tmp_path: Path) -> None:
    """And have no number for what is hidden; rows of faces leave its videos out."""
    whole = report_of(shops, min_group=1)
    desk = {group.name: group for group in whole.by_video.groups}["desk.mp4"]
    sheets = {tab.id: tab for tab in workbook_tabs(report, EN)}
    row = next(row for row in sheets["by_video"].rows if row[0] == "desk.mp4")
    rows = [row for row in csv.DictReader(io.StringIO(to_csv(report))) if row["group"] == "desk.mp4"]
    files = Files(faces=tmp_path / "f.csv", html=tmp_path / "p.html")
    make([str(shops.url.database)], Question(), EN, files)
    faces = pd.read_csv(tmp_path / "f.csv")

    assert row[1] == desk.frames
    assert row[2:5] == ("hidden",) * 3
    assert set(row[5:-1]) == {None}
    assert row[-1] == "hidden"
    assert {one["hidden"] for one in rows} == {"1"}
    assert {one[name] for one in rows for name in ("faces", "readable", "count", "share", "share_low")} == {""}
    assert set(faces["video"]) == {"door.mp4", "till.mp4"}
    assert "desk.mp4" in (tmp_path / "p.html").read_text("utf-8")
    for text in (text_of(report), render(report, EN)):
        assert "hidden" in text
        assert "Groups that are hidden, as fewer than 10 people are in them" in text


def test_a_figure_whose_every_share_is_hidden_is_a_sentence(report: Report) -> None:
    """Empty axes would look like a result."""
    parts = {part.id: part for part in make_parts(report, EN)}

    assert parts["by-location"].exhibits[0].chart is not None
    assert parts["by-video"].exhibits[0].chart is None
    assert "No share is drawn here" in parts["by-video"].paragraphs[0]
    assert parts["by-video"].exhibits[0].sheets


def test_the_same_pieces_are_hidden_whatever_is_asked_for(shops: Engine) -> None:
    """Rows of faces are of hours that no other table of any grouping could tell apart."""
    for by in ("camera", "hour", "day"):
        made = make([str(shops.url.database)], Question(by=by), EN)
        named = {group.name: group.hidden for group in made.sections[0].groups}
        assert sum(named.values()) in (0, 2), by


def test_all_is_shown_if_it_is_typed_and_that_is_noted(shops: Engine, fer_video: Command) -> None:
    """`--min-group 1` stands in the terminal, on the page, in the JSON and in Excel; less is refused."""
    whole = report_of(shops, min_group=1)
    note = "Groups of fewer than 10 people are shown, as was asked for (--min-group 1)"

    assert not whole.hidden
    assert note in render(whole, EN)
    assert note in text_of(whole)
    assert msgspec.json.decode(to_json(whole))["min_group"] == 1
    settings = next(tab for tab in workbook_tabs(whole, EN) if tab.id == "settings")
    assert ("Groups of fewer people are hidden", "1") in settings.rows
    with pytest.raises(SettingError, match="min_group"):
        Request(min_group=0)
    done = fer_video("report", "--db", str(shops.url.database), "--min-group", "0")
    assert (done.returncode, "--min-group" in done.stderr) == (2, True)


def test_everything_hidden_says_how_to_see_it(tmp_path: Path) -> None:
    """As of the sample videos: no table of nothing, but what to type."""
    report = report_of(make_shops(tmp_path / "x.db", {"a.mp4": ("A", "1", 4)}))
    page = render(report, EN)

    assert report.overall.hidden
    assert report.overall.faces == report.overall.readable == sum(report.overall.expressions.counts) == 0
    for text in (page, text_of(report)):
        assert "Too few people were seen to show anything of them: fewer than 10" in text
        assert "--min-group 1" in text
    document = msgspec.json.decode(to_json(report))
    assert document["overall"]["faces"] is document["visits"]["overall"] is document["quality"] is None
    assert document["timelines"] == document["weeks"] == document["departures"] == []


def test_without_visits_people_are_faces_at_once(tmp_path: Path) -> None:
    """A day of key frames with two in each is two people an hour; with a dozen in one frame it is a dozen."""
    clips = [Clip("key.mp4", seconds=3600, fps=0.1, faces_per_frame=0.5, unclear=0.0, no_face=0.0)]
    engine = make_database(tmp_path / "few.db", clips)
    set_sampling(engine, '{"sampling": "keyframes"}')
    few = report_of(engine)
    many = [Clip("key.mp4", seconds=3600, fps=0.1, faces_per_frame=18.0, unclear=0.0, no_face=0.0)]
    seen = report_of(make_database(tmp_path / "many.db", many))

    assert few.overall.hidden
    assert few.overall.frames == 360
    assert not seen.overall.hidden
    assert seen.visits
    assert len(seen.visits.unlinked) == 1
    for text in (render(seen, EN), text_of(seen)):
        assert "fer-video visits" in text
    assert "people are counted as the most faces in one frame of each hour" in render(seen, EN)


def test_a_timeline_has_enough_people_in_each_stretch(tmp_path: Path) -> None:
    """Or there is none; what is seldom seen in a stretch is put together with others."""
    people = {"door.mp4": ("A", "door", 240), "few.mp4": ("A", "till", 24)}
    engine = make_shops(tmp_path / "x.db", people)
    report, whole = report_of(engine), report_of(engine, min_group=1)

    assert [report.videos[one.video].name for one in report.timelines] == ["door.mp4"]
    assert len(whole.timelines) == 2
    timeline = report.timelines[0]
    assert len(timeline.counts) >= 3
    assert timeline.width_s > whole.timelines[0].width_s
    for counts, rest in zip(timeline.counts, timeline.together or (0,) * len(timeline.counts), strict=True):
        assert all(count == 0 or count >= LEAST for count in (*counts, rest))


def test_a_thousand_faces_of_one_are_hidden(tmp_path: Path) -> None:
    """It is people who count, not their faces: somebody who waits is the only sad one, and larger than the others."""
    engine = make_shops(tmp_path / "x.db", {"a.mp4": ("A", "1", 240)})
    waits = Walk(2, 1500, at=(1100.0, 620.0), step=(0.05, 0.0), side=60.0, expression="sad")
    write_walks(engine, 1, [*crowd(240), waits], frames_for(240))
    report, whole = report_of(engine), report_of(engine, min_group=1)
    sad = LABELS.index("sad")

    assert whole.overall.expressions.counts[sad] == 1500
    assert report.overall.expressions.counts[sad] == 0
    assert not report.overall.expressions.shows(sad)
    assert whole.quality
    assert next(one for one in whole.quality.gated if one.key == "gate_small").faces == 1500
    assert not report.quality or "gate_small" not in {one.key for one in report.quality.gated}
