"""Correcting shares for the classifier's confusions: it finds the true shares, and stays out where it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from fixtures_reports import CONFUSION, Clip, card, make_database
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.numbers.correction import (
    Method,
    Response,
    adjust,
    expected_errors,
    maximise_expectation,
    replicate,
    response_of,
)
from reports.numbers.grouping import By
from reports.numbers.quantify import Proof, choose_method, correct
from reports.numbers.queries import load
from reports.numbers.rollup import Rollup
from reports.numbers.selection import Selection

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = np.array(CONFUSION, np.float64)
ROWS = COUNTS / COUNTS.sum(axis=1, keepdims=True)
RESPONSE = Response(ROWS, COUNTS.sum(axis=1))


@given(st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7))
@settings(max_examples=60, deadline=None)
def test_what_the_confusions_did_is_undone(weights: list[float]) -> None:
    """Shares sent through the confusion matrix come back, and are shares."""
    true = np.array(weights) / sum(weights)

    found = adjust(true @ ROWS, ROWS)

    assert np.allclose(found, true, atol=1e-6)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)


def test_corrected_shares_of_shifted_bags_are_closer_to_the_truth() -> None:
    """Over many bags with shifted shares the mean error falls to less than half."""
    generator = np.random.default_rng(0)
    raw = corrected = 0.0
    for true in generator.dirichlet(np.ones(7), size=100):
        answers = generator.multinomial(1000, true @ ROWS) / 1000
        raw += np.abs(answers - true).mean()
        corrected += np.abs(adjust(answers, ROWS) - true).mean()

    assert corrected < 0.5 * raw


def test_expectation_maximisation_finds_shifted_shares() -> None:
    """Calibrated probabilities of a shifted bag lead back to its shares (Saerens et al. 2002)."""
    generator = np.random.default_rng(1)
    priors = np.full(7, 1 / 7)
    centres = np.eye(7) * 2.5
    true = np.array([0.05, 0.02, 0.08, 0.4, 0.1, 0.05, 0.3])
    points = centres[generator.choice(7, 4000, p=true)] + generator.normal(size=(4000, 7))
    likelihood = np.exp(-0.5 * ((points[:, None, :] - centres) ** 2).sum(axis=2))
    posterior = (likelihood * priors / (likelihood * priors).sum(axis=1, keepdims=True)).astype(np.float32)

    found = maximise_expectation(posterior, priors)

    assert np.abs(found - true).max() < 0.03


def test_the_interval_grows_with_the_uncertainty_of_the_matrix() -> None:
    """A confusion matrix of a tenth as many labelled faces gives wider intervals."""
    observed = np.tile(np.full(7, 1 / 7) @ ROWS, (200, 1))

    many = replicate(observed, RESPONSE, np.random.default_rng(2)).std(axis=0)
    few = replicate(observed, Response(ROWS, RESPONSE.faces / 10), np.random.default_rng(2)).std(axis=0)

    assert (few > many).all()


def test_with_few_faces_correcting_is_known_not_to_help() -> None:
    """Of ten faces the expected error grows; of thousands with other shares than the labelled faces it falls."""
    like_labelled = RESPONSE.faces / RESPONSE.faces.sum()
    neutral = np.array([0.02, 0.01, 0.03, 0.1, 0.04, 0.02, 0.78])

    few = expected_errors(like_labelled, RESPONSE, RESPONSE, 10, np.random.default_rng(3))
    many = expected_errors(neutral, RESPONSE, RESPONSE, 5000, np.random.default_rng(3))

    assert few[1] > few[0]
    assert many[1] < many[0]


def test_what_stands_uncorrected_are_labels_whatever_corrects() -> None:
    """Correcting by mean probabilities, which are flatter than labels, does not make the uncorrected shares worse."""
    neutral = np.array([0.02, 0.01, 0.03, 0.1, 0.04, 0.02, 0.78])
    flat = Response(0.5 * ROWS + 0.5 / 7, RESPONSE.faces)

    by_labels = expected_errors(neutral, RESPONSE, RESPONSE, 5000, np.random.default_rng(4))
    by_means = expected_errors(neutral, RESPONSE, flat, 5000, np.random.default_rng(4))

    assert by_means[0] == by_labels[0]
    assert by_means[1] != by_labels[1]


def test_a_card_without_a_matrix_or_probabilities_has_no_response() -> None:
    """What was not measured is not made up."""
    evaluation = card().evaluation

    assert response_of(evaluation, Method.COUNTS) is not None
    assert response_of(evaluation, Method.PROBABILITIES) is None
    assert response_of(replace(evaluation, confusion=()), Method.COUNTS) is None
    assert response_of(replace(evaluation, confusion=((0,) * 7,) * 7), Method.COUNTS) is None


def test_the_method_that_was_measured_to_be_better_is_chosen() -> None:
    """Mean probabilities where the card has them, unless counts were measured to be better."""
    evaluation = replace(card().evaluation, mean_probabilities=tuple(map(tuple, ROWS.tolist())))
    errors: dict[str, float] = {Method.COUNTS: 0.02, Method.PROBABILITIES: 0.03, Method.EM: 0.05}

    assert choose_method(evaluation, None) is Method.PROBABILITIES
    assert choose_method(evaluation, Proof("FER-2013", 1, 1, 0.05, errors)) is Method.COUNTS
    assert choose_method(card().evaluation, None) is Method.COUNTS


def _correct(path: Path, clips: list[Clip], *, run: dict[str, Any] | None = None) -> Any:
    data = load([make_database(path, clips, run=run)], Selection())
    return correct(data, Rollup(), By.LOCATION)


@pytest.mark.slow
def test_a_report_finds_the_shares_behind_the_answers(tmp_path: Path) -> None:
    """The made-up shop's true shares lie within the corrected intervals; the raw ones are further away."""
    clips = [Clip(f"{number}.mp4", seconds=1800, faces_per_frame=2.0) for number in range(6)]
    true = np.array((0.06, 0.01, 0.09, 0.16, 0.18, 0.04, 0.46))

    found = _correct(tmp_path / "x.db", clips).overall

    assert np.abs(np.array(found.corrected) - true).mean() < np.abs(np.array(found.raw) - true).mean()
    inside = (np.array(found.low) <= true) & (true <= np.array(found.high))
    assert inside.sum() >= 6
    assert sum(found.kinds_corrected) == pytest.approx(1)


@pytest.mark.parametrize(
    ("clips", "run", "why_not"),
    [
        ([Clip("few.mp4", seconds=20)], {}, "correction_few_faces"),
        ([Clip("cardless.mp4")], {"model_card": "{}"}, "correction_no_matrix"),
        ([Clip("short.mp4", seconds=60, faces_per_frame=4.0)], {}, "correction_no_help"),
    ],
)
def test_where_it_does_not_help_nothing_is_corrected(
    tmp_path: Path, clips: list[Clip], run: dict[str, Any], why_not: str
) -> None:
    """Too few faces, no confusion matrix, too little footage: the report says which."""
    correction = _correct(tmp_path / "x.db", clips, run=run)

    assert correction.why_not == why_not
    assert correction.overall is None


def test_different_models_are_not_corrected_as_one(tmp_path: Path) -> None:
    """Each model confuses in its own way."""
    other = msgspec.json.encode(replace(card(), weights_sha256="9" * 64)).decode()
    first = make_database(tmp_path / "1.db", [Clip("a.mp4")])
    second = make_database(tmp_path / "2.db", [Clip("b.mp4")], run={"fingerprint": "2" * 64, "model_card": other})

    correction = correct(load([first, second], Selection()), Rollup(), By.LOCATION)

    assert correction.why_not == "correction_models"
