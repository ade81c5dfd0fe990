"""Counting: the numbers agree with an independent computation, and with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
import pytest
from fixtures_reports import CHAIN, Clip, make_database

from pipeline.labels import LABELS, Thresholds
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR, UNDECIDED
from reports.figures.pairs import comparison_chart
from reports.files.exports import to_csv, to_json
from reports.files.face_rows import face_tables
from reports.numbers.grouping import By
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.rollup import KINDS, parse_rollup
from reports.numbers.selection import Gates, Selection
from reports.numbers.sides import parse_sides
from reports.sheets.trust import comparison_sheet
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return make_database(tmp_path_factory.mktemp("chain") / "chain.db", list(CHAIN))


@pytest.fixture(scope="module")
def report(engine: Engine) -> Report:
    return make_report(load([engine], Selection()), Request(min_group=1))


@pytest.fixture(scope="module")
def rows(engine: Engine) -> pd.DataFrame:
    """The exported rows: everything that the independent computation knows."""
    return pd.concat(face_tables([engine], Selection()), ignore_index=True)


@pytest.mark.parametrize("by", ["location", "camera", "video", "hour", "day"])
def test_counts_agree_with_pandas_over_the_exported_rows(engine: Engine, rows: pd.DataFrame, by: str) -> None:
    """To the last face, for every way of grouping."""
    local = pd.to_datetime(rows["local_time"].replace("", None))
    keys = {
        "location": rows["location"],
        "camera": rows["location"] + " · " + rows["camera"],
        "video": rows["video"],
        "hour": local.dt.strftime("%H").fillna(""),
        "day": local.dt.strftime("%Y-%m-%d").fillna(""),
    }
    faces = rows[rows["label"] != NO_FACE]
    expected = pd.crosstab(keys[by], faces["label"]).reindex(columns=[*LABELS, UNCLEAR], fill_value=0)

    report = make_report(load([engine], Selection()), Request(by=By(by), min_group=1))

    groups = report.sections[0].groups
    found = {group.name: (*group.expressions.counts, group.unclear.count) for group in groups if group.faces}
    assert report.no_face == len(rows) - len(faces) > 0
    assert found == {str(name): tuple(map(int, counts)) for name, counts in expected.iterrows()}


def test_gated_counts_agree_with_pandas(engine: Engine, rows: pd.DataFrame) -> None:
    """Gates leave out exactly the rows below them."""
    gates = Gates(min_face_px=60, min_sharpness=100)
    passing = rows[(rows["size_px"] >= 60) & (rows["sharpness"] >= 100)]
    kept = passing[passing["label"] != NO_FACE]

    report = make_report(load([engine], Selection()), Request(Selection(gates=gates), min_group=1))
    exported = pd.concat(face_tables([engine], Selection(gates=gates)))

    assert report.overall.faces == len(kept)
    assert exported["label"].tolist() == passing["label"].tolist()
    assert report.left_out == (rows["label"] != NO_FACE).sum() - len(kept)
    assert dict(zip(LABELS, report.overall.expressions.counts, strict=True)) == {
        label: int((kept["label"] == label).sum()) for label in LABELS
    }


@pytest.mark.parametrize("least", [(0.0, 0.0, 0.0), (0.4, 0.5, 0.5), (0.6, 0.5, 0.0), (0.95, 0.8, 0.3)])
def test_thresholds_say_what_a_face_counts_as(
    engine: Engine, rows: pd.DataFrame, least: tuple[float, float, float]
) -> None:
    """No face, then unclear, then undecided, in the report and in the exported rows alike."""
    thresholds = Thresholds(*least)
    probabilities = rows[[f"p_{name}" for name in EXPRESSIONS]].to_numpy()
    named = np.array(EXPRESSIONS)[probabilities.argmax(axis=1)]
    expected = np.where(probabilities.max(axis=1) < thresholds.min_confidence, UNDECIDED, named)
    expected[rows["readable"].to_numpy() < thresholds.min_readable] = UNCLEAR
    expected[rows["is_face"].to_numpy() < thresholds.min_is_face] = NO_FACE
    selection = Selection(thresholds=thresholds)

    report = make_report(load([engine], selection), Request(selection, min_group=1))
    exported = pd.concat(face_tables([engine], selection))

    overall = report.overall
    counts = dict(zip((*LABELS, UNCLEAR), (*overall.expressions.counts, overall.unclear.count), strict=True))
    assert counts == {label: int((expected == label).sum()) for label in (*LABELS, UNCLEAR)}
    assert exported["label"].tolist() == expected.tolist()
    assert report.no_face == (expected == NO_FACE).sum()


def test_shares_are_among_readable_faces(report: Report) -> None:
    """Seven expressions and undecided sum to 1, unclear faces are a share of all, each within its interval."""
    groups = [group for section in report.sections for group in section.groups if group.readable]
    for group in [report.overall, *groups]:
        assert group.readable == sum(group.expressions.counts) == group.faces - group.unclear.count
        assert sum(group.expressions.shares) == pytest.approx(1)
        assert group.unclear.share == pytest.approx(group.unclear.count / group.faces)
        if group.unclear.low is not None and group.unclear.high is not None:
            assert group.unclear.low <= group.unclear.share <= group.unclear.high


def test_faces_of_a_model_that_does_not_say_what_is_readable_all_count(tmp_path: Path) -> None:
    """They are readable, and the report says how many they are; the other model's faces are judged as ever."""
    old, new = Clip("old.mp4", "quay", judged=False), Clip("new.mp4", "cafe", unclear=0.5)
    data = load([make_database(tmp_path / "x.db", [old, new])], Selection())

    report = make_report(data, Request(min_group=1))

    cafe, quay = report.sections[0].groups
    assert report.overall.not_judged == quay.not_judged == quay.faces == quay.readable > 0
    assert cafe.not_judged == 0
    assert cafe.unclear.share > 0.4


def test_two_sides_differ_in_unclear_faces_too(tmp_path: Path) -> None:
    """Their shares of all faces stand last, with the difference and an interval that holds it."""
    clips = [Clip("a.mp4", "cafe", unclear=0.1), Clip("b.mp4", "quay", unclear=0.4)]
    data = load([make_database(tmp_path / "x.db", clips)], Selection())

    comparison = make_report(data, Request(sides=parse_sides("cafe:quay", {"cafe", "quay"}), min_group=1)).comparison

    assert comparison is not None
    assert comparison.low is not None
    assert comparison.high is not None
    difference = comparison.second.unclear.share - comparison.first.unclear.share
    assert comparison.differences[-1] == pytest.approx(difference)
    assert 0 < comparison.low[-1] < difference < comparison.high[-1]
    assert sum(comparison.differences[: len(LABELS)]) == pytest.approx(0)


def test_a_side_that_nobody_judged_has_no_difference_of_unclear_faces(tmp_path: Path) -> None:
    """Neither in the figure nor in the table nor in the JSON."""
    clips = [Clip("a.mp4", "cafe", judged=False), Clip("b.mp4", "quay", unclear=0.4)]
    data = load([make_database(tmp_path / "x.db", clips)], Selection())

    report = make_report(data, Request(sides=parse_sides("cafe:quay", {"cafe", "quay"}), min_group=1))

    assert report.comparison is not None
    words = Words(Language.EN)
    assert len(comparison_chart(report.comparison, words).rows) == len(LABELS)
    assert all("unclear" not in str(row[0]) for row in comparison_sheet(report.comparison, words).rows)
    assert UNCLEAR not in msgspec.json.decode(to_json(report))["comparison"]["differences"]


def test_a_group_whose_faces_are_all_unclear_has_no_shares(tmp_path: Path) -> None:
    """It keeps its number of faces and the interval of its unclear ones; it is not ranked."""
    engine = make_database(tmp_path / "x.db", [Clip("a.mp4", unclear=0.96), Clip("b.mp4", "cafe", unclear=0.0)])

    report = make_report(load([engine], Selection()), Request(min_group=1))

    _cafe, quay = report.sections[0].groups
    assert (quay.readable, quay.enough, quay.expressions.low, set(quay.rollup.shares)) == (0, False, None, {0.0})
    assert quay.unclear.count == quay.faces > 100
    assert quay.unclear.low is not None


def test_sums_agree_between_sections(report: Report) -> None:
    """Locations, videos, timelines and hours of the week add up to the whole."""
    overall = report.overall
    for section in report.sections:
        assert sum(group.frames for group in section.groups) == overall.frames
        assert sum(group.frames_with_faces for group in section.groups) == overall.frames_with_faces
        totals = np.sum([group.expressions.counts for group in section.groups], axis=0)
        assert tuple(totals) == overall.expressions.counts

    timed = np.sum([np.sum(one.counts, axis=0) for one in report.timelines], axis=0)
    assert tuple(timed) == (*overall.expressions.counts, overall.unclear.count)
    small = next(group for group in report.sections[0].groups if group.name == "kiosk")
    assert sum(sum(map(sum, week.readable)) for week in report.weeks) == overall.readable - small.readable
    assert sum(sum(map(sum, week.unclear)) for week in report.weeks) == overall.unclear.count - small.unclear.count


def test_kinds_add_up_to_their_members(report: Report) -> None:
    """Positive, neutral, negative, surprise and undecided are the expressions, summed."""
    counts = dict(zip(LABELS, report.overall.expressions.counts, strict=True))

    kinds = dict(zip(KINDS, report.overall.rollup.counts, strict=True))

    assert kinds["positive"] == counts["happy"]
    assert kinds["negative"] == sum(counts[name] for name in ("angry", "disgust", "fear", "sad"))
    assert kinds[UNDECIDED] == counts[UNDECIDED]
    assert sum(kinds.values()) == report.overall.readable


def test_what_counts_as_what_is_a_setting() -> None:
    """--count-as surprise=positive moves surprise to positive."""
    rollup = parse_rollup(["surprise=positive"])

    assert rollup.members("positive") == ("happy", "surprise")
    assert rollup.members("surprise") == ()


def test_shares_lie_within_their_intervals(report: Report) -> None:
    """For every group that has intervals."""
    groups = [report.overall, *(group for section in report.sections for group in section.groups)]
    for group in groups:
        for shares in (group.expressions, group.rollup):
            if shares.low and shares.high:
                assert all(
                    low <= share <= high
                    for low, share, high in zip(shares.low, shares.shares, shares.high, strict=True)
                )


def test_small_groups_are_marked(report: Report) -> None:
    """A location with 40 frames is not ranked and a failed video has no shares."""
    kiosk = next(group for group in report.sections[0].groups if group.name == "kiosk")
    broken = next(group for group in report.by_video.groups if group.name == "broken.mp4")

    assert not kiosk.enough
    assert (broken.frames, broken.faces, broken.unit) == (0, 0, None)


def test_csv_json_and_report_say_the_same(report: Report) -> None:
    """The files hold the numbers of the report, unrounded counts and all."""
    import io

    table = pd.read_csv(io.StringIO(to_csv(report)), keep_default_na=False)
    document = msgspec.json.decode(to_json(report))

    overall = table[(table["grouping"] == "overall") & (table["category"] == "expression")]
    assert tuple(overall["count"]) == report.overall.expressions.counts
    assert [document["overall"]["expressions"][name]["count"] for name in LABELS] == list(overall["count"])
    assert len(table) == (1 + sum(len(section.groups) for section in report.sections)) * (len(LABELS) + len(KINDS) + 1)
    assert document["overall"]["unclear"]["count"] == report.overall.unclear.count
    assert table[table["category"] == UNCLEAR]["count"].iloc[0] == report.overall.unclear.count


def test_frames_with_problems_are_counted_apart(report: Report) -> None:
    """Twelve damaged frames are neither faces nor lost."""
    assert report.overall.problem_frames == 12


def test_a_report_of_a_video_without_faces_is_a_report(tmp_path: Path) -> None:
    """Nobody was seen: counts are zero and nothing fails."""
    engine = make_database(tmp_path / "x.db", [Clip("empty.mp4", faces_per_frame=0.0)])

    report = make_report(load([engine], Selection()), Request(min_group=1))

    assert (report.overall.faces, report.overall.frames) == (0, 1200)
    assert report.quality is None
    assert report.left_out == 0
    assert set(report.overall.expressions.shares) == {0.0}
    assert len(EXPRESSIONS) == 7
