"""Findings: each sentence is true of the figures, and is left out where they do not bear it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixtures_reports import CHAIN, Clip, make_database

from reports.numbers.correction import find_readers
from reports.numbers.differences import find_departures
from reports.numbers.grouping import By
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.rollup import Rollup
from reports.numbers.selection import Gates, Selection
from reports.words.findings import find
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

EN, VI = Words(Language.EN), Words(Language.VI)
SAD = (0.05, 0.01, 0.05, 0.04, 0.7, 0.05, 0.1)
HAPPY = (0.02, 0.01, 0.02, 0.8, 0.05, 0.05, 0.05)


def report_of(path: Path, clips: list[Clip], request: Request | None = None) -> Report:
    request = request or Request(min_group=1)
    return make_report(load([make_database(path, clips)], request.selection), request)


def sentences(report: Report, words: Words = EN) -> str:
    return "\n".join(finding.text for finding in find(report, words))


def test_the_leading_expression_is_named_with_its_share(tmp_path: Path) -> None:
    """The first sentence names the expression with the largest share, and the next one."""
    report = report_of(tmp_path / "x.db", [Clip("a.mp4", shares=HAPPY, seconds=1200)])

    first = find(report, EN)[0].text

    happy = report.overall.expressions.shares[3]
    assert first.startswith(f"Happy leads: {EN.percent(happy)} of {EN.number(report.overall.readable)} readable faces")


@pytest.mark.parametrize(
    ("shares", "said"), [(SAD, "less frequent than negative"), (HAPPY, "more frequent than negative")]
)
def test_positive_against_negative(tmp_path: Path, shares: tuple[float, ...], said: str) -> None:
    """As in the study: whether positive expressions are below negative ones."""
    report = report_of(tmp_path / "x.db", [Clip("a.mp4", shares=shares, seconds=1200)])

    assert said in sentences(report)


def test_too_little_footage_gives_no_verdict(tmp_path: Path) -> None:
    """A clip of ten seconds leads to counts, not to conclusions."""
    report = report_of(tmp_path / "x.db", [Clip("a.mp4", seconds=10, shares=SAD)])

    text = sentences(report)

    assert "too little footage" in text
    assert "beyond chance" not in text


def test_a_happier_location_is_named_and_equal_ones_are_not(tmp_path: Path) -> None:
    """Only differences beyond chance are told, with both shares."""
    differing = [Clip("a.mp4", "quay", shares=SAD, seconds=1200), Clip("b.mp4", "cafe", shares=HAPPY, seconds=1200)]
    equal = [Clip(f"{at}.mp4", f"shop {at}", shares=SAD, seconds=1200) for at in range(4)]

    first, second = report_of(tmp_path / "1.db", differing), report_of(tmp_path / "2.db", equal)

    assert "“cafe” differs from the others beyond chance: positive" in sentences(first)
    assert "No group differs from the others beyond chance." in sentences(second)


@pytest.mark.slow
def test_chance_rarely_makes_a_location_differ(tmp_path: Path) -> None:
    """Of ten chains of five equal shops, at most two name a shop (5 % each are allowed)."""
    named = 0
    for seed in range(10):
        clips = [Clip(f"{at}.mp4", f"shop {at}", seconds=900, fps=0.5) for at in range(5)]
        engine = make_database(tmp_path / f"{seed}.db", clips, seed=seed)
        data = load([engine], Selection())
        named += bool(find_departures(data, Rollup(), By.LOCATION, find_readers(data)[0]))

    assert named <= 2


def test_what_is_wrong_with_the_data_is_told(tmp_path: Path) -> None:
    """Failed and partial videos, missing start times and groups that are too small."""
    report = report_of(tmp_path / "x.db", list(CHAIN))

    warnings = [finding.text for finding in find(report, EN) if finding.warning]

    assert any("could not be read" in text and "1 of 15" in text for text in warnings)
    assert any("damaged or cut short" in text for text in warnings)
    assert any("start time" in text for text in warnings)
    assert any("too few readable faces" in text for text in warnings)


def test_gates_are_told_with_what_they_leave_out(tmp_path: Path) -> None:
    """A report with quality limits says so, and how many faces are missing."""
    plain = report_of(tmp_path / "1.db", [Clip("a.mp4")])
    gated = report_of(tmp_path / "2.db", [Clip("a.mp4")], Request(Selection(gates=Gates(min_face_px=80)), min_group=1))

    missing = EN.number(plain.overall.faces - gated.overall.faces)

    assert f"leave out faces: {missing}." in sentences(gated)


def test_nobody_seen_is_said(tmp_path: Path) -> None:
    """A report without faces, or without readable ones, has one sentence about that."""
    empty = report_of(tmp_path / "1.db", [Clip("a.mp4", faces_per_frame=0.0)])
    dark = report_of(tmp_path / "2.db", [Clip("a.mp4", unclear=1.0, no_face=0.0)])

    assert sentences(empty).startswith("No face was found")
    assert sentences(dark).startswith(
        f"{EN.number(dark.overall.faces)} faces were found, and none of them can be read."
    )


def test_unclear_faces_are_told_with_their_number_and_share(tmp_path: Path) -> None:
    """Where there are any, right after the leading expression; where they are most, with a warning."""
    some, most, none = (
        report_of(tmp_path / f"{unclear}.db", [Clip("a.mp4", unclear=unclear)]) for unclear in (0.2, 0.6, 0.0)
    )

    unclear = some.overall.unclear
    number, share = EN.number(unclear.count), EN.percent(unclear.share)
    assert (
        f"faces, {number} ({share}; 95 % interval {EN.interval(unclear.low, unclear.high)}) are unclear"
        in find(some, EN)[1].text
    )
    assert "may not be true of all" in sentences(most)
    assert "may not be true of all" not in sentences(some)
    assert "unclear" not in sentences(none)


def test_faces_that_nothing_is_known_of_are_told(tmp_path: Path) -> None:
    """Rows of a model that does not say what is readable count as readable, and the reader is told how many."""
    report = report_of(tmp_path / "x.db", [Clip("a.mp4", judged=False)])

    faces = EN.number(report.overall.faces)
    assert f"because their model does not say which are: {faces}." in sentences(report)


def test_vietnamese_sentences_hold_the_same_figures(tmp_path: Path) -> None:
    """The same findings in the same order, with a decimal comma."""
    report = report_of(tmp_path / "x.db", list(CHAIN))

    english, vietnamese = find(report, EN), find(report, VI)

    assert len(english) == len(vietnamese)
    assert VI.percent(report.overall.expressions.shares[6]) in vietnamese[0].text
    assert "," in VI.percent(report.overall.expressions.shares[6])
