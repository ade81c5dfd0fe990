"""Counting: the numbers agree with an independent computation, and with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
import pytest
from fixtures_reports import CHAIN, Clip, make_database

from pipeline.labels import LABELS
from pipeline.records import EXPRESSIONS, UNDECIDED
from reports.files.exports import to_csv, to_json
from reports.files.face_rows import face_tables
from reports.numbers.grouping import By
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.rollup import KINDS, Rollup, parse_rollup
from reports.numbers.selection import Gates, Selection
from reports.numbers.summary import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return make_database(tmp_path_factory.mktemp("chain") / "chain.db", list(CHAIN))


@pytest.fixture(scope="module")
def report(engine: Engine) -> Report:
    return make_report(load([engine], Selection()), Request())


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
    expected = pd.crosstab(keys[by], rows["dominant"]).reindex(columns=list(LABELS), fill_value=0)

    section = summarise(load([engine], Selection()), Rollup(), By(by))

    found = {group.name: group.expressions.counts for group in section.groups if group.faces}
    assert found == {str(name): tuple(map(int, counts)) for name, counts in expected.iterrows()}


def test_gated_counts_agree_with_pandas(engine: Engine, rows: pd.DataFrame) -> None:
    """Gates leave out exactly the rows below them."""
    gates = Gates(min_face_px=60, min_sharpness=100)
    kept = rows[(rows["size_px"] >= 60) & (rows["sharpness"] >= 100)]

    report = make_report(load([engine], Selection()), Request(Selection(gates=gates)))
    exported = pd.concat(face_tables([engine], Selection(gates=gates)))

    assert report.overall.faces == len(kept) == len(exported)
    assert dict(zip(LABELS, report.overall.expressions.counts, strict=True)) == {
        label: int((kept["dominant"] == label).sum()) for label in LABELS
    }


@pytest.mark.parametrize("threshold", [0.0, 0.4, 0.6, 0.95])
def test_the_threshold_names_faces_and_leaves_none_out(engine: Engine, rows: pd.DataFrame, threshold: float) -> None:
    """Below it a face is undecided, in the report and in the exported rows alike; every face still counts."""
    probabilities = rows[[f"p_{name}" for name in EXPRESSIONS]].to_numpy()
    named = np.array(EXPRESSIONS)[probabilities.argmax(axis=1)]
    expected = np.where(probabilities.max(axis=1) < threshold, UNDECIDED, named)
    selection = Selection(min_confidence=threshold)

    report = make_report(load([engine], selection), Request(selection))
    exported = pd.concat(face_tables([engine], selection))

    counts = dict(zip(LABELS, report.overall.expressions.counts, strict=True))
    assert counts == {label: int((expected == label).sum()) for label in LABELS}
    assert exported["dominant"].tolist() == expected.tolist()
    assert report.overall.faces == len(rows)


def test_sums_agree_between_sections(report: Report) -> None:
    """Locations, videos, timelines and hours of the week add up to the whole."""
    overall = report.overall
    for section in report.sections:
        assert sum(group.frames for group in section.groups) == overall.frames
        assert sum(group.frames_with_faces for group in section.groups) == overall.frames_with_faces
        totals = np.sum([group.expressions.counts for group in section.groups], axis=0)
        assert tuple(totals) == overall.expressions.counts

    timed = np.sum([np.sum(one.counts, axis=0) for one in report.timelines], axis=0)
    assert tuple(timed) == overall.expressions.counts
    small = next(group for group in report.sections[0].groups if group.name == "kiosk")
    assert sum(map(sum, (sum(week.faces, ()) for week in report.weeks))) == overall.faces - small.faces


def test_kinds_add_up_to_their_members(report: Report) -> None:
    """Positive, neutral, negative, surprise and undecided are the expressions, summed."""
    counts = dict(zip(LABELS, report.overall.expressions.counts, strict=True))

    kinds = dict(zip(KINDS, report.overall.rollup.counts, strict=True))

    assert kinds["positive"] == counts["happy"]
    assert kinds["negative"] == sum(counts[name] for name in ("angry", "disgust", "fear", "sad"))
    assert kinds["undecided"] == counts[UNDECIDED]
    assert sum(kinds.values()) == report.overall.faces


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
    assert len(table) == (1 + sum(len(section.groups) for section in report.sections)) * (len(LABELS) + len(KINDS))


def test_frames_with_problems_are_counted_apart(report: Report) -> None:
    """Twelve damaged frames are neither faces nor lost."""
    assert report.overall.problem_frames == 12


def test_a_report_of_a_video_without_faces_is_a_report(tmp_path: Path) -> None:
    """Nobody was seen: counts are zero and nothing fails."""
    engine = make_database(tmp_path / "x.db", [Clip("empty.mp4", faces_per_frame=0.0)])

    report = make_report(load([engine], Selection()), Request())

    assert (report.overall.faces, report.overall.frames) == (0, 1200)
    assert report.quality is None
    assert report.left_out == 0
    assert set(report.overall.expressions.shares) == {0.0}
    assert len(EXPRESSIONS) == 7
