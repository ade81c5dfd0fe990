"""What can be read: two regressions over facts, monotone, finite, and silent where they have nothing to go by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ModelError
from pipeline.models.card import Readability
from pipeline.models.folder import EMBEDDED, read_model
from pipeline.readability import CERTAIN, FACTS, FRONTAL_NOD, check_readability, facts_of, judge

if TYPE_CHECKING:
    from numpy.typing import NDArray

CARD = read_model(EMBEDDED / "vgg-face-fer2013").card
SUBSETS = st.lists(st.sampled_from(FACTS), unique=True, max_size=len(FACTS))


def facts(count: int = 5, *, head: bool = True) -> NDArray[np.float64]:
    """Facts of so many faces, drawn at random."""
    random = np.random.default_rng(count)
    return facts_of(
        probabilities=random.dirichlet(np.ones(7), count),
        reading=random.normal(0, 3, (count, 2)) if head else None,
        size_px=random.uniform(12, 200, count),
        sharpness=random.gamma(2, 100, count),
        pose=random.normal(0, 1, (count, 3)) * (0.1, 20, 0.2),
        detector_confidence=random.uniform(0.8, 1, count),
    )


def judge_by(name: str, coefficient: float) -> Readability:
    """A regression over one fact."""
    return Readability((name,), (coefficient, -1.0), (-coefficient, 1.0), "nothing")


def test_facts_are_those_that_their_names_say():
    """Each column by hand for one face; turned to the left or the right is the same."""
    found = facts_of(
        probabilities=np.array([[0.1, 0.0, 0.0, 0.6, 0.1, 0.1, 0.1]]),
        reading=np.array([[2.0, -3.0]]),
        size_px=np.array([32.0]),
        sharpness=np.array([127.0]),
        pose=np.array([[-0.2, -90.0, 0.75]]),
        detector_confidence=np.array([0.9]),
    )

    expected = [2.0, -3.0, 5.0, 7.0, 0.2, 2.0, 0.75 - FRONTAL_NOD, np.log(9), 0.6, 5.0]
    np.testing.assert_allclose(found, [expected])


def test_more_than_enough_pixels_count_as_enough():
    """A face of 200 pixels is as large as one of 32 for the fact that says so; below, each pixel counts."""
    sizes = np.array([8.0, 16.0, 31.0, 32.0, 200.0])
    found = facts_of(
        probabilities=np.full((5, 7), 1 / 7),
        reading=None,
        size_px=sizes,
        sharpness=sizes,
        pose=np.zeros((5, 3)),
        detector_confidence=np.full(5, 0.9),
    )

    np.testing.assert_allclose(found[:, FACTS.index("log_size_to_32")], np.log2([8, 16, 31, 32, 32]))


def test_a_certain_detector_gives_a_finite_fact():
    """Confidences of exactly 0 and 1 are clipped, and a box without a size counts as one pixel."""
    nothing = np.zeros(2)
    found = facts_of(
        probabilities=np.full((2, 7), 1 / 7),
        reading=np.zeros((2, 2)),
        size_px=nothing,
        sharpness=nothing,
        pose=np.zeros((2, 3)),
        detector_confidence=np.array([0.0, 1.0]),
    )

    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, FACTS.index("detector")], np.log(CERTAIN) * np.array([1, -1]), rtol=1e-5)


@pytest.mark.parametrize("name", FACTS)
def test_more_of_what_counts_for_it_never_makes_a_face_less_readable(name: str):
    """With a positive coefficient `readable` rises with the fact; `is_face` with the negative one falls."""
    many = facts(200)
    order = np.argsort(many[:, FACTS.index(name)])

    readable, is_face = judge(judge_by(name, 2.0), many)

    assert (np.diff(readable[order]) >= 0).all()
    assert (np.diff(is_face[order]) <= 0).all()
    np.testing.assert_allclose(readable + is_face, 1)


@given(names=SUBSETS, seed=st.integers(0, 1000), scale=st.floats(0, 1000))
def test_any_subset_of_facts_gives_probabilities(names: list[str], seed: int, scale: float):
    """In any order, with coefficients of any size: 0 to 1, and what is not named changes nothing."""
    coefficients = np.random.default_rng(seed).normal(0, scale, (2, len(names) + 1))
    by_readable, by_face = (tuple(row.tolist()) for row in coefficients)
    readability = Readability(tuple(names), by_readable, by_face, "nothing")
    some, unnamed = facts(), [FACTS.index(name) for name in FACTS if name not in names]
    others = some.copy()
    others[:, unnamed] += 7

    found = judge(readability, some)

    assert all(((each >= 0) & (each <= 1)).all() for each in found)
    np.testing.assert_array_equal(found, judge(readability, others))


@pytest.mark.parametrize("name", FACTS[:2])
def test_a_model_without_a_head_says_nothing_where_the_head_is_asked(name: str):
    """NaN for every face, where zero would call them all unclear."""
    assert np.isnan(judge(judge_by(name, 1.0), facts(head=False))).all()


@pytest.mark.parametrize("name", FACTS[2:])
def test_a_model_without_a_head_is_judged_by_other_facts(name: str):
    """Size, sharpness, pose and confidence are known of every face."""
    assert np.isfinite(judge(judge_by(name, 1.0), facts(head=False))).all()


def test_without_regressions_nothing_is_said():
    """An older card has none: NaN, which counts as readable."""
    assert np.isnan(judge(None, facts())).all()
    assert judge(None, facts(0))[0].shape == (0,)


def test_no_faces_are_judged_too():
    """An empty batch gives empty arrays."""
    readable, is_face = judge(judge_by("turn", 1.0), facts(0))

    assert readable.shape == is_face.shape == (0,)


@pytest.mark.parametrize(
    ("readability", "message"),
    [
        (judge_by("colour", 1.0), "expected facts out of .*; found 'colour'.*newer fer-video"),
        (replace(judge_by("turn", 1.0), readable=(1.0,)), "expected 2 coefficients of readable, .*; found 1"),
        (replace(judge_by("turn", 1.0), face=(1.0, 2.0, 3.0)), "expected 2 coefficients of face, .*; found 3"),
    ],
)
def test_a_card_that_cannot_be_followed_is_refused(readability: Readability, message: str):
    """Before a video is read, with what was expected and what to do."""
    with pytest.raises(ModelError, match=message):
        check_readability(replace(CARD, readability=readability))


def test_cards_with_and_without_regressions_are_fine():
    """Every fact may be used, and none has to be."""
    check_readability(replace(CARD, readability=None))
    check_readability(replace(CARD, readability=judge_by("turn", 1.0)))
    check_readability(replace(CARD, readability=Readability(FACTS, (0.0,) * 11, (0.0,) * 11, "nothing")))
