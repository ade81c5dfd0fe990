"""Misreading: intervals hold what people would have said, as far as the model of cameras is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fixtures_reports import card

from pipeline.labels import LABELS
from pipeline.models.card import SHOP_LIKE, Condition
from pipeline.models.folder import EMBEDDED, read_model
from pipeline.records import EXPRESSIONS
from reports.numbers.misreading import REPLICATES, Readers, Response, response_of

HAPPY, SAD, NEUTRAL = (EXPRESSIONS.index(name) for name in ("happy", "sad", "neutral"))


def known() -> Response:
    """What the made-up card says."""
    response = response_of(card())
    assert response
    return response


def readers(counts: np.ndarray, response: Response | None, *, corrects: bool = False) -> Readers:
    """One video and one camera for each row of counts (C, 8)."""
    cameras = len(counts)
    return Readers(np.arange(cameras), counts, (response,) * cameras, corrects)


def bounds(found: Readers, *cameras: int) -> np.ndarray:
    """95 % intervals (2, 7) of a group of cameras, nothing resampled."""
    totals = [np.tile(found.counts[camera], (REPLICATES, 1)) for camera in cameras]
    drawn = found.draw(cameras, totals)
    assert drawn is not None
    return np.quantile(drawn, (0.025, 0.975), axis=0)


def reading(**faces: float) -> np.ndarray:
    """Counts (8,) by label."""
    return np.array([faces.get(name, 0.0) for name in LABELS])


def test_a_reading_is_worth_what_its_card_says() -> None:
    """By the embedded model's card: probabilities of each row of readings are those that it has of each label."""
    embedded = read_model(EMBEDDED / "vgg-face-fer2013").card
    response = response_of(embedded)
    assert response

    np.testing.assert_allclose(response.worth.sum(axis=1), 1)
    assert (response.worth[:7].argmax(axis=1) == np.arange(7)).all()
    confusion = np.array(embedded.evaluation.confusion, np.float64)
    rows = confusion / confusion.sum(axis=1, keepdims=True)
    said = rows @ response.worth[:7]
    common = [at for at, faces in enumerate(confusion.sum(axis=1)) if faces > 100]
    np.testing.assert_allclose(said[common], np.array(embedded.evaluation.mean_probabilities)[common], atol=0.02)


def test_a_card_without_probabilities_is_taken_at_its_word() -> None:
    """Cards of before have counts alone: a reading is worth itself, an undecided one every expression alike."""
    worth = known().worth

    assert np.array_equal(worth[:7], np.eye(7))
    np.testing.assert_allclose(worth[7], np.full(7, 1 / 7))


def test_what_people_would_say_lies_inside() -> None:
    """Of cameras that are drawn from the model, at least nine shares in ten lie inside, for one camera and for all."""
    generator, response = np.random.default_rng(3), known()
    true = generator.multinomial(30, generator.dirichlet(response.mix, size=60))
    rows = np.array([[generator.dirichlet(row) for row in response.weights] for _ in true])
    counts = np.array([sum(map(generator.multinomial, said, own)) for said, own in zip(true, rows, strict=True)])
    found = readers(counts.astype(np.float64), response)

    inside = []
    for camera, said in enumerate(true / 30):
        low, high = bounds(found, camera)
        inside += ((low - 0.001 <= said) & (said <= high + 0.001)).tolist()
    low, high = bounds(found, *range(60))
    together = true.sum(axis=0) / true.sum()

    assert np.mean(inside) >= 0.9
    assert ((low - 0.01 <= together) & (together <= high + 0.01)).all()


def test_what_is_seldom_mistaken_is_known_better() -> None:
    """Happy, for which little is taken, has a narrower interval than sad, for which neutral faces are taken."""
    low, high = bounds(readers(np.array([reading(happy=30, neutral=10), reading(sad=30, neutral=10)]), known()), 0)
    happy = high[HAPPY] - low[HAPPY]
    low, high = bounds(readers(np.array([reading(sad=30, neutral=10)]), known()), 0)

    assert high[SAD] - low[SAD] > 1.5 * happy
    assert high[NEUTRAL] > 0.6


def test_cameras_average_out_in_part() -> None:
    """Over forty cameras the interval is narrower than over one, by less than if they had nothing in common."""
    counts = np.array([reading(neutral=24, sad=8, happy=8)] * 40)
    found = readers(counts, known())
    one, all_ = (np.diff(bounds(found, *range(number)), axis=0).ravel()[NEUTRAL] for number in (1, 40))

    assert 1.5 * one / np.sqrt(40) < all_ < 0.8 * one


def test_answers_about_a_camera_narrow_its_interval() -> None:
    """Where people say that this camera's sad faces are neutral, they are counted as such, and more surely so."""
    counts = np.array([reading(neutral=60, sad=40)])
    answers = np.zeros((len(EXPRESSIONS), len(LABELS)))
    answers[NEUTRAL, [NEUTRAL, SAD]] = 30, 20
    before = readers(counts, known())
    after = readers(counts, known().with_answers(answers), corrects=True)

    corrected = after.correct([0], [counts[0]])

    assert corrected is not None
    assert corrected[NEUTRAL] > 0.9
    assert np.diff(bounds(after, 0), axis=0).sum() < 0.5 * np.diff(bounds(before, 0), axis=0).sum()
    assert before.correct([0], [counts[0]]) is None


def test_poor_pictures_count_as_shops_show_them() -> None:
    """The card's faces as shop cameras show them make a response less sure; mirrored ones say nothing of cameras."""
    plain, even = card(), tuple((10,) * 7 for _ in EXPRESSIONS)
    spoilt = replace(plain, conditions=(Condition(SHOP_LIKE[0], 0.14, 490, even),))
    mirrored = replace(plain, conditions=(Condition("mirrored", 0.14, 490, even),))
    right = [np.trace(found.weights) for one in (plain, spoilt, mirrored) if (found := response_of(one))]

    assert right[1] < 0.8 * right[0]
    assert right[2] == pytest.approx(right[0])


def test_without_counted_confusions_nothing_is_claimed() -> None:
    """A card without a confusion matrix, or no card, gives no response, and a group with such a camera no shares."""
    empty = replace(card(), evaluation=replace(card().evaluation, confusion=()))
    found = Readers(np.arange(2), np.array([reading(happy=5)] * 2), (known(), None))
    totals = [np.tile(reading(happy=5), (REPLICATES, 1))] * 2

    assert response_of(None) is None
    assert response_of(empty) is None
    assert found.draw([0, 1], totals) is None
    assert found.draw([0], totals[:1]) is not None


def test_the_same_rows_give_the_same_draws() -> None:
    """Nothing depends on when or in which order groups are asked for."""
    counts = np.array([reading(neutral=24, sad=8), reading(happy=9, neutral=3)])
    first, second = readers(counts, known()), readers(counts, known())

    second_first = bounds(second, 1)

    assert np.array_equal(bounds(first, 0), bounds(second, 0))
    assert np.array_equal(bounds(first, 1), second_first)
