"""Who comes first: what reads equal is no lead, what is not known is said in words, and an order has its certainty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fixtures_reports import Clip, make_database
from fixtures_visits import make_shops
from sqlalchemy import insert

from pipeline.records import EXPRESSIONS
from pipeline.store.schema import FaceRow
from reports.make import Question, answer
from reports.numbers.differences import Balance
from reports.numbers.estimates import Lead, Verdict
from reports.numbers.known import is_known
from reports.numbers.order import CERTAIN, Order
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Selection
from reports.numbers.visit_groups import Per
from reports.numbers.visit_rows import load_visits
from reports.words.findings import find
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

EN, VI = Words(Language.EN), Words(Language.VI)
HAPPY = (0.02, 0.01, 0.02, 0.85, 0.03, 0.02, 0.05)
SAD = (0.05, 0.01, 0.05, 0.02, 0.77, 0.05, 0.05)


def faces_of(path: Path, names: list[str], side: float = 80.0) -> Engine:
    """A clip of ten seconds with these faces, one in each frame, each surely read."""
    engine = make_database(path, [Clip("a.mp4", seconds=max(10, len(names)), fps=1.0, faces_per_frame=0.0)])
    rows = [
        {f"p_{one}": 0.94 if one == name else 0.01 for one in EXPRESSIONS}
        | {
            "video_id": 1, "run_id": 1, "frame_index": 25 * at, "face_index": 0, "x": 1.0, "y": 1.0, "width": side,
            "height": side, "detector_confidence": 0.99, "size_px": side, "sharpness": 100.0, "confidence": 0.94,
            "readable": 0.9, "is_face": 0.99, "turn": 0.0, "tilt": 0.0, "nod": 0.5,
        }
        for at, name in enumerate(names)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(FaceRow), rows)
    return engine


def report_of(engine: Engine, request: Request | None = None) -> Report:
    return make_report(load([engine], Selection()), request or Request(min_group=1))


def text_of(report: Report, words: Words = EN) -> str:
    return "\n".join(one.text for one in find(report, words))


@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
@pytest.mark.parametrize("names", [("happy", "neutral"), ("happy", "neutral", "sad")], ids=["two", "three"])
def test_equal_counts_are_no_lead(tmp_path: Path, names: tuple[str, ...], words: Words) -> None:
    """Faces of each in the same number: all are named, none is ahead."""
    report = report_of(faces_of(tmp_path / "x.db", [*names] * 4))

    first = find(report, words)[0].text

    assert report.overall.lead.verdict is Verdict.LITTLE
    assert all(words(name).lower() in first.lower() for name in names)
    assert first.count(words.percent(1 / len(names))) == 1
    assert "ahead of" not in first
    assert "leads:" not in first


@pytest.mark.parametrize("verdict", [Verdict.LEADS, Verdict.MISREAD, Verdict.TIED, Verdict.LITTLE])
def test_shares_that_read_equal_are_no_lead_whatever_the_verdict(tmp_path: Path, verdict: Verdict) -> None:
    """Half a tenth of a point apart: they are written alike, so none is said to be ahead."""
    report = report_of(faces_of(tmp_path / "x.db", ["happy", "neutral"] * 4))
    expressions = replace(report.overall.expressions, counts=(0, 0, 0, 5001, 0, 0, 5000, 0))
    near = replace(report.overall, expressions=expressions, lead=Lead(3, 6, verdict))

    first = find(replace(report, overall=near), EN)[0].text

    assert first.startswith("Happy and neutral come first with 50.0\u00a0% each")
    assert "none of them leads" in first


def test_positive_and_negative_that_read_equal_are_said_to_be(tmp_path: Path) -> None:
    """Neither more nor less frequent."""
    report = report_of(faces_of(tmp_path / "x.db", ["happy", "sad"] * 4))

    assert "Positive and negative expressions were read equally often: 50.0\u00a0% each" in text_of(report)


def test_an_interval_of_more_than_half_the_range_is_not_known() -> None:
    """Up to fifty points it is written; beyond, words say how wide it is; differences have the same bound."""
    assert EN.interval(0.1, 0.6) == "10.0\N{EN DASH}60.0\N{NO-BREAK SPACE}%"
    assert EN.interval(0.0, 0.793) == "wider than 50 points"
    assert VI.interval(0.0, 0.793) == "rộng hơn 50 điểm phần trăm"
    assert not is_known(None, None)
    assert is_known(-0.2, 0.3)
    assert not is_known(0.181, 0.958)


def test_the_sentence_of_a_wide_interval_says_so(tmp_path: Path) -> None:
    """No bounds are written that say next to nothing."""
    names = ["neutral", "neutral", "neutral", "happy"] * 40
    report = report_of(faces_of(tmp_path / "x.db", names))
    low, high = report.overall.expressions.low, report.overall.expressions.high

    assert low
    assert high
    assert high[6] - low[6] > 0.5
    assert "95 % interval wider than 50 points" in find(report, EN)[0].text


@pytest.mark.parametrize(("large", "said"), [("happy", True), ("neutral", False)])
def test_what_small_faces_do_is_a_sentence(tmp_path: Path, large: str, said: bool) -> None:
    """Where leaving them out moves a share by five points and more, with both shares and what remains."""
    engine = faces_of(tmp_path / "x.db", ["neutral"] * 30 + [large] * 20, side=30.0)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE faces SET size_px = 90 WHERE frame_index >= 750")

    text = text_of(report_of(engine))

    assert ("Leaving out faces under 48 pixels moves" in text) is said
    if said:
        assert "moves positive from 40.0\u00a0% to 100.0\u00a0%; 20 readable faces remain." in text


def test_the_headline_is_named_where_there_are_two_numbers(tmp_path: Path) -> None:
    """Shares of visits and of faces: which is the headline, and why they differ; the other way round if it is asked."""
    engine = make_shops(tmp_path / "x.db")
    data, visits = load([engine], Selection()), load_visits([engine], Selection())
    first = answer(data, Question(min_group=1), visits)
    second = answer(data, Question(min_group=1, per=str(Per.FACE)), visits)

    told, turned = ([one.text for one in find(report, EN)] for report in (first, second))

    assert "share of visits" in told[0]
    assert told[1].startswith("Of the faces in frames: ")
    assert "the headline is the share of visits" in told[2]
    assert turned[:2] == [told[1], told[0]]
    assert "the headline is the share of faces in frames" in turned[2]
    assert EN.number(first.visits.overall.shares.visits) in told[0]  # type: ignore[union-attr]


@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
def test_shops_that_differ_are_put_in_order_with_its_certainty(tmp_path: Path, words: Words) -> None:
    """The happier shop is first, with both shares, and in how many draws it is."""
    clips = [Clip("a.mp4", "quay", shares=SAD, seconds=900), Clip("b.mp4", "cafe", shares=HAPPY, seconds=900)]
    report = report_of(make_database(tmp_path / "x.db", clips))

    order = report.order
    shares = {group.name: group.rollup.shares[0] for group in report.sections[0].groups}

    assert order
    assert [name for name, _ in order.ranked] == ["cafe", "quay"]
    assert order.first
    assert order.first >= CERTAIN
    said = ", ".join(f"“{name}” ({words.percent(shares[name])})" for name in ("cafe", "quay"))
    assert said in text_of(report, words)


def test_equal_shops_have_no_certain_order(tmp_path: Path) -> None:
    """Four shops that differ by chance: the order as read, and that the first place is not certain."""
    clips = [Clip(f"{at}.mp4", f"shop {at}", seconds=600) for at in range(4)]
    report = report_of(make_database(tmp_path / "x.db", clips))

    assert report.order
    assert report.order.first is not None
    assert report.order.first < CERTAIN
    assert "Who is first is not certain" in text_of(report)
    assert "The whole order holds in" in text_of(report)


def test_one_shop_with_enough_is_neither_first_nor_last(tmp_path: Path) -> None:
    """The other one has too little: no order, and who has enough is named."""
    clips = [Clip("a.mp4", "market", shares=HAPPY), Clip("b.mp4", "kiosk", seconds=20)]
    report = report_of(make_database(tmp_path / "x.db", clips))

    assert report.order == Order((("market", report.sections[0].groups[1].rollup.shares[0]),), 0)
    assert "No order: only “market” has enough" in text_of(report)


def test_one_shop_alone_has_no_order(tmp_path: Path) -> None:
    """Nobody asks which of one is the happiest."""
    report = report_of(make_database(tmp_path / "x.db", [Clip("a.mp4", "market")]))

    assert report.order is None
    assert "order" not in text_of(report).lower()


def test_an_order_tells_nothing_that_is_hidden(tmp_path: Path) -> None:
    """Where shares of positive expressions are hidden, so is the order, and nobody is said to be alike."""
    engine = make_shops(tmp_path / "x.db")
    report = answer(load([engine], Selection()), Question(), load_visits([engine], Selection()))
    hidden = [one for one in report.sections[0].groups if one.enough and not one.rollup.shows(0)]

    assert hidden
    assert "No order is shown, as counts under 10 could be told by it." in text_of(report)
    assert "No group differs" not in text_of(report)


def test_how_far_positive_and_negative_are_apart_is_not_said_of_a_wide_interval(tmp_path: Path) -> None:
    """Which is more frequent is known; a difference of 18 to 96 points is none that could be written."""
    report = report_of(faces_of(tmp_path / "x.db", ["happy", "happy", "neutral"] * 4))
    wide = replace(report, balance=Balance(0.518, 0.181, 0.958, beyond_chance=True))
    narrow = replace(report, balance=Balance(0.518, 0.4, 0.6, beyond_chance=True))

    assert "by how much is not known" in text_of(wide)
    assert "chưa biết chênh bao nhiêu" in text_of(wide, VI)
    assert "(40.0\N{EN DASH}60.0)" in text_of(narrow)


def test_a_handful_of_stretches_is_not_certain_of_anything(tmp_path: Path) -> None:
    """Twelve happy faces of twelve seconds are one or two people: their share may be almost any."""
    report = report_of(faces_of(tmp_path / "x.db", ["happy"] * 12))
    shares = report.overall.expressions

    assert shares.sampling is None
    assert shares.low
    assert shares.high
    assert shares.shares[3] == 1
    assert shares.low[3] < 0.5
    assert shares.high[4] > 0.5
