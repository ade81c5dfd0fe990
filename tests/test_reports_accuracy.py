"""Figures of an audit from faces whose answers and readings are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline.labels import FACE_LABELS
from reports.numbers.accuracy import measure_accuracy, measure_agreement
from reports.numbers.audited import NOT_FOUND, SAID, SPLIT, count_confusion
from reports.numbers.columns import Audited, Video
from reports.sheets.audit import audit_facts, audit_sentence, audit_sheets
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Sequence


def video(name: str, location: str) -> Video:
    return Video(
        name, name, name, location, "door", None, None, "UTC", "option", None, "done", None, None,
    )  # fmt: skip


def make(said: Sequence[str | None], read: Sequence[str | None], **changes: Any) -> Audited:
    """Audited faces, ten seconds apart; None for split answers and for faces that the run does not have."""
    faces = len(said)
    values: dict[str, Any] = {
        "said": np.array([SPLIT if one is None else SAID.index(one) for one in said]),
        "read": np.array([NOT_FOUND if one is None else FACE_LABELS.index(one) for one in read]),
        "weight": np.ones(faces),
        "random": np.ones(faces, bool),
        "size_px": np.full(faces, 40.0),
        "video": np.zeros(faces, np.int64),
        "time_s": np.arange(faces) * 10.0,
        "votes": tuple((one or "happy",) for one in said),
        "videos": (video("a.mp4", "quay"), video("b.mp4", "cafe")),
    }
    return Audited(**values | changes)


def test_alpha_is_that_of_the_literature() -> None:
    """Krippendorff's own example of four observers with missing answers: 0.743 (2011, section C)."""
    table = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    votes = [[row[at] for row in table if row[at] != "."] for at in range(12)]

    assert measure_agreement(votes).alpha == pytest.approx(0.743, abs=0.0005)


def test_agreement_needs_two_answers() -> None:
    """One person agrees with nobody; people who never differ leave no chance to compare with."""
    alone, same = measure_agreement([("happy",), ("sad",)]), measure_agreement([("happy", "happy")] * 3)

    assert (alone.raters, alone.pairs, alone.pairwise, alone.alpha) == (1, 0, None, None)
    assert (same.raters, same.pairs, same.pairwise, same.alpha) == (2, 3, 1.0, None)


def test_rates_are_of_what_they_say() -> None:
    """Right of readable, given, right of given, left out, kept: each of its own faces."""
    said = ["happy"] * 6 + ["neutral"] * 4 + ["unclear"] * 2 + ["no face"] * 2 + [None, "happy"]
    read = ["happy"] * 3 + ["sad", "undecided", "unclear"] + ["neutral"] * 3 + ["no face", "unclear", "sad", "no face"]
    read += ["sad", "happy", None]
    figures = measure_accuracy(make(said, read))

    assert (figures.faces, figures.split, figures.missing) == (16, 1, 1)
    assert (figures.right.faces, figures.right.share) == (10, 0.6)
    assert figures.given.share == pytest.approx(0.7)
    assert figures.right_of_given.share == pytest.approx(6 / 7)
    assert {one.name: one.rate.share for one in figures.left_out} == pytest.approx(
        {"undecided": 0.1, "unclear": 0.1, "no face": 0.1}
    )
    assert {one.name: one.rate.share for one in figures.kept} == {"unclear": 0.5, "no face": 0.5}
    assert {one.name: one.rate.share for one in figures.found if one.rate.faces} == {"happy": 0.5, "neutral": 0.75}
    true = {one.name: one.rate.share for one in figures.true if one.rate.faces}
    # The split face is read as happy, and nobody knows whether that is right: here it counts as not.
    assert true == pytest.approx({"happy": 3 / 4, "neutral": 1.0, "sad": 0.0})
    for rate in (figures.right, figures.given, *(one.rate for one in figures.found if one.rate.faces)):
        assert rate.low is not None
        assert rate.high is not None
        assert rate.low <= (rate.share or 0) <= rate.high


def test_faces_count_by_what_they_stand_for() -> None:
    """A face of a stratum with three times as many stored faces counts three times; only ratios count."""
    audited = make(["happy"] * 4, ["happy", "happy", "sad", "sad"], weight=np.array([3.0, 3.0, 1.0, 1.0]))

    assert measure_accuracy(audited).right.share == pytest.approx(0.75)
    assert count_confusion(audited)[SAID.index("happy"), FACE_LABELS.index("happy")] == 6


def test_intervals_go_by_stretches_of_time_not_by_faces() -> None:
    """Four hundred faces of forty seconds know less than forty faces of four hundred seconds."""
    said, read = ["happy"] * 400, ["happy", "sad"] * 200
    crowded = measure_accuracy(make(said, read, time_s=np.repeat(np.arange(4) * 10.0, 100))).right
    spread = measure_accuracy(make(said[:40], read[:40])).right

    assert crowded.low is not None
    assert crowded.high is not None
    assert spread.low is not None
    assert spread.high is not None
    assert crowded.high - crowded.low > spread.high - spread.low


def test_sizes_and_locations_are_of_readable_faces() -> None:
    """Each readable face is in one class of size and in one location."""
    said = ["happy"] * 5 + ["unclear"]
    audited = make(
        said, ["happy", "sad", "happy", "happy", "sad", "happy"],
        size_px=np.array([20.0, 31.9, 32, 50, 200, 60]), video=np.array([0, 0, 1, 1, 1, 1]),
    )  # fmt: skip
    figures = measure_accuracy(audited)

    assert [one.rate.faces for one in figures.by_size] == [2, 1, 1, 0, 1]
    assert [(one.name, one.rate.faces, one.rate.share) for one in figures.by_location] == [
        ("cafe", 3, pytest.approx(2 / 3)),
        ("quay", 2, 0.5),
    ]


def test_the_distribution_is_of_faces_drawn_at_random() -> None:
    """Faces that were chosen for another reason tell of accuracy, not of shares."""
    audited = make(["happy", "sad", "sad"], ["happy", "sad", "happy"], random=np.array([True, True, False]))
    figures = measure_accuracy(audited)

    assert (figures.said, figures.read) == ((0, 0, 0, 0.5, 0.5, 0, 0), (0, 0, 0, 0.5, 0.5, 0, 0))
    assert figures.distance == 0
    assert figures.right.share == pytest.approx(2 / 3)


@pytest.mark.parametrize("language", list(Language))
def test_nothing_readable_is_said_in_words(language: Language) -> None:
    """Without readable faces there is no share, and no table breaks."""
    words, figures = Words(language), measure_accuracy(make(["unclear", "no face"], ["happy", "no face"]))

    assert audit_sentence(figures, words) == words("audit_none_readable")
    assert figures.distance is None
    assert len(list(audit_facts(figures, words))) == 2
    assert [len(sheet.rows) for sheet in audit_sheets(figures, words)] == [7, 6, 9]
