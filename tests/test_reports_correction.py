"""Intervals hold misreading, and shares are corrected where people's answers show that it helps, nowhere else."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_reports import Clip, make_database

from pipeline.labels import LABELS
from pipeline.records import EXPRESSIONS
from reports.files.exports import describe_group
from reports.numbers.columns import Audited
from reports.numbers.correction import find_readers
from reports.numbers.estimates import Verdict
from reports.numbers.grouping import By
from reports.numbers.queries import load
from reports.numbers.report import Request, make_report
from reports.numbers.selection import Selection
from reports.numbers.sides import Side
from reports.page.html import render
from reports.words.findings import find
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.numbers.columns import Data
    from reports.numbers.report import Report

EN, VI = Words(Language.EN), Words(Language.VI)
NEUTRAL, SAD, HAPPY = (EXPRESSIONS.index(name) for name in ("neutral", "sad", "happy"))
SECONDS = 1200


def read_as(path: Path, readings: Sequence[Sequence[int]], *, cameras: bool = True, card: bool = True) -> Data:
    """A video for each cycle of readings, by which its faces are labelled in turn."""
    clips = [
        Clip(f"{at}.mp4", f"shop {at}", f"door {at}" if cameras else "door", seconds=SECONDS, unclear=0, no_face=0)
        for at in range(len(readings))
    ]
    run = {} if card else {"model_card": "{}"}
    data = load([make_database(path, clips, run=run)], Selection())
    of_face = data.frames.video[data.faces.frame]
    label = data.faces.label.copy()
    for at, cycle in enumerate(readings):
        mine = np.flatnonzero(of_face == at)
        label[mine] = np.resize(cycle, len(mine))
    return replace(data, faces=replace(data.faces, label=label))


def answered(data: Data, said: Sequence[int], read: Sequence[int]) -> Data:
    """With faces that people answered, spread over the first video."""
    faces = len(said)
    return replace(
        data,
        audited=Audited(
            np.array(said), np.array(read), np.ones(faces), np.ones(faces, np.bool_), np.full(faces, 40.0),
            np.zeros(faces, np.int64), np.linspace(0, SECONDS - 1, faces),
            tuple((EXPRESSIONS[one],) for one in said), data.videos,
        ),
    )  # fmt: skip


def told(report: Report, words: Words = EN) -> str:
    """All findings."""
    return "\n".join(one.text for one in find(report, words))


def test_an_interval_holds_more_than_sampling(tmp_path: Path) -> None:
    """Where the card counted confusions an interval reaches beyond sampling's, which stays beside it in the JSON."""
    data = read_as(tmp_path / "x.db", [[NEUTRAL, NEUTRAL, SAD, HAPPY]])

    group = make_report(data, Request(min_group=1)).overall
    neutral = describe_group(group)["expressions"]["neutral"]

    assert group.misreading
    assert neutral["low"] < neutral["sampling_low"] < neutral["share"] < neutral["sampling_high"] < neutral["high"]
    assert neutral["high"] - neutral["low"] > 2 * (neutral["sampling_high"] - neutral["sampling_low"])


def test_without_counted_confusions_intervals_say_that_they_hold_sampling_only(tmp_path: Path) -> None:
    """A run without a card has the interval of sampling alone, and the page says so in both languages."""
    data = read_as(tmp_path / "x.db", [[NEUTRAL, NEUTRAL, SAD, HAPPY]], card=False)

    report = make_report(data, Request(min_group=1))

    shares = report.overall.expressions
    assert not report.overall.misreading
    assert (shares.low, shares.high) == shares.sampling
    for words in (EN, VI):
        page = render(report, words)
        assert words("holds_sampling") in page
        assert words("reading_unknown") in page


@pytest.mark.parametrize(
    ("cycle", "verdict", "said"),
    [
        ([HAPPY] * 9 + [NEUTRAL], Verdict.LEADS, "Happy leads"),
        ([SAD] * 4 + [NEUTRAL] * 2, Verdict.MISREAD, "too uncertain to say who leads"),
        ([SAD, NEUTRAL], Verdict.TIED, "none of them leads"),
    ],
)
def test_who_leads_is_said_as_surely_as_it_is_known(
    tmp_path: Path, cycle: list[int], verdict: Verdict, said: str
) -> None:
    """Beyond chance and misreading it leads; beyond chance alone the page says that the reading is too uncertain."""
    report = make_report(read_as(tmp_path / "x.db", [cycle]), Request(min_group=1))

    assert report.overall.lead.verdict is verdict
    assert said in told(report)


def test_differences_that_misreading_may_explain_are_not_called_differences(tmp_path: Path) -> None:
    """Two cameras may misread differently; the same camera misreads alike in both of its videos."""
    cycles = [[NEUTRAL] * 6 + [SAD] * 2 + [HAPPY] * 2, [NEUTRAL] * 3 + [SAD] * 2 + [HAPPY] * 5]

    apart = make_report(read_as(tmp_path / "1.db", cycles), Request(by=By.VIDEO, min_group=1))
    alike = read_as(tmp_path / "2.db", cycles, cameras=False)
    one_place = replace(alike, videos=tuple(replace(video, location="shop") for video in alike.videos))
    together = make_report(one_place, Request(by=By.VIDEO, min_group=1))

    assert {one.sure for one in apart.departures} == {False}
    assert "may misread faces differently enough to explain that" in told(apart)
    assert {one.kind for one in together.departures if one.sure} >= {"positive"}


def test_a_comparison_of_two_cameras_holds_how_differently_they_may_misread(tmp_path: Path) -> None:
    """Twenty points more sad faces at another camera are beyond chance; with misreading the interval holds 0."""
    cycles = [[NEUTRAL] * 7 + [SAD] * 3, [NEUTRAL] * 5 + [SAD] * 5]
    sides = (Side("shop 0", ("shop 0",)), Side("shop 1", ("shop 1",)))

    found = make_report(read_as(tmp_path / "x.db", cycles), Request(sides=sides, min_group=1)).comparison

    assert found
    assert found.low
    assert found.high
    assert found.differences[SAD] == pytest.approx(0.2, abs=0.01)
    assert found.low[SAD] < -0.1 < 0.3 < found.high[SAD]


def test_shares_are_corrected_where_answers_show_that_it_helps(tmp_path: Path) -> None:
    """A camera that takes half of the neutral faces for sad: people say so, and its shares follow them."""
    cycle, asked = [NEUTRAL, SAD] * 4 + [HAPPY] * 2, [NEUTRAL, SAD] * 40 + [HAPPY] * 20
    data = read_as(tmp_path / "x.db", [cycle])
    mixed = np.random.default_rng(1).permutation(len(asked))
    said = np.array([NEUTRAL if one == SAD else one for one in asked])[mixed]

    plain = make_report(data, Request(min_group=1))
    report = make_report(answered(data, said.tolist(), np.array(asked)[mixed].tolist()), Request(min_group=1))

    shares = report.overall.expressions
    assert report.reading.trial
    assert report.reading.trial.helps
    assert report.overall.corrected
    assert shares.shares[NEUTRAL] == pytest.approx(0.8, abs=0.05)
    assert shares.low
    assert shares.low[NEUTRAL] > 0.5 > plain.overall.expressions.shares[NEUTRAL]
    assert sum(shares.shares) == pytest.approx(1)
    for words in (EN, VI):
        assert words("find_corrected") in told(report, words)
        assert words("reading_audited", n="1", all="1") in render(report, words)


def test_nothing_is_corrected_where_it_does_not_help(tmp_path: Path) -> None:
    """Where people say what was read, and where too few answered, the shares stay as they were read."""
    data = read_as(tmp_path / "x.db", [[NEUTRAL] * 6 + [SAD, SAD, HAPPY, HAPPY]])
    asked = np.random.default_rng(1).permutation([NEUTRAL] * 60 + [SAD] * 20 + [HAPPY] * 20).tolist()

    plain = make_report(data, Request(min_group=1))
    right = make_report(answered(data, asked, asked), Request(min_group=1))
    few = make_report(answered(data, [NEUTRAL] * 5, [SAD] * 5), Request(min_group=1))

    assert right.reading.trial
    assert not right.reading.trial.helps
    assert few.reading.trial is None
    for report in (right, few):
        assert not report.overall.corrected
        assert report.overall.expressions.shares == plain.overall.expressions.shares
    assert EN("trial_none") in unescape(render(few, EN))
    assert "No share is corrected: on 100 answered faces" in render(right, EN)
    assert _width(right) < _width(plain)


def test_answers_to_the_same_people_count_once(tmp_path: Path) -> None:
    """Two people in each of five frames of ten seconds are two independent answers, not ten."""
    data = read_as(tmp_path / "x.db", [[NEUTRAL, SAD]])
    audited = answered(data, [NEUTRAL] * 10, [NEUTRAL, SAD] * 5).audited
    assert audited
    at_once = replace(audited, time_s=np.repeat(np.arange(5.0), 2))

    readers, reading = find_readers(replace(data, audited=at_once))

    response = readers.responses[0]
    assert response
    assert response.answers == pytest.approx(2)
    assert reading.audited == 1


def _width(report: Report) -> float:
    shares = report.overall.expressions
    assert shares.low
    assert shares.high
    return sum(shares.high) - sum(shares.low)


def test_a_few_faces_have_the_interval_of_their_misreading(tmp_path: Path) -> None:
    """Too little footage to resample: intervals hold how just these faces may be misread, and the page says so."""
    clip = Clip("few.mp4", seconds=20, unclear=0, no_face=0)
    report = make_report(load([make_database(tmp_path / "x.db", [clip])], Selection()), Request(min_group=1))

    shares = report.overall.expressions
    assert shares.sampling is None
    assert shares.low
    assert len(shares.low) == len(LABELS)
    assert EN("about_intervals_short") in render(report, EN)
    undecided = report.overall.expressions.portion(len(EXPRESSIONS))
    assert undecided.low is not None
    assert undecided.high is not None
    # Two stretches of ten seconds are known of, so it may be any share but nearly all.
    assert undecided.low <= undecided.share
    assert undecided.high - undecided.low > 0.5
