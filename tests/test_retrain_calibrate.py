"""Calibration: the fit undoes a known distortion, and the error measures it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.calibration import calibrate
from pipeline.models.card import NEVER, Calibration
from retrain.measure.calibrate import apply, calibration_error, divergence, fit, fit_among, reliability


def _faces(count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities, and labels drawn from them, each the whole share of its face."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (count, 7))
    exact = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (exact.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
    return exact.astype(np.float32), np.eye(7, dtype=np.float32)[labels]


def _distort(exact: np.ndarray, temperature: float, biases: np.ndarray) -> np.ndarray:
    logits = (np.log(exact) - biases) * temperature
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


def test_exact_probabilities_have_no_calibration_error():
    """Labels drawn from the probabilities themselves leave an error of sampling only."""
    exact, labels = _faces()

    assert calibration_error(exact, labels) < 0.01


def test_fit_undoes_temperature_and_biases():
    """The fitted temperature and biases are those by which the probabilities were distorted."""
    exact, labels = _faces()
    biases = np.array([0.9, -0.3, 0.0, 0.4, -0.6, 0.1, -0.5])
    biases -= biases.mean()
    distorted = _distort(exact, 2.5, biases)

    found = fit(distorted, labels)

    assert found.temperature == pytest.approx(2.5, rel=0.05)
    np.testing.assert_allclose(found.biases, biases, atol=0.1)
    assert calibration_error(distorted, labels) > 0.1
    assert calibration_error(apply(distorted, found), labels) < 0.01


def test_shares_of_votes_say_more_than_majorities():
    """Fitted on shares of votes, probabilities come out as these shares are; fitted on majorities they are too sure."""
    exact, _ = _faces(2_000)
    distorted = _distort(exact, 2.5, np.zeros(7))
    clear = np.eye(7, dtype=np.float32)[exact.argmax(axis=1)]

    by_votes, by_majority = (apply(distorted, fit(distorted, shares)) for shares in (exact, clear))

    assert calibration_error(by_votes, exact) < 0.01
    assert divergence(by_votes, exact) < 0.01
    assert calibration_error(by_majority, exact) > 0.1
    assert divergence(by_majority, exact) > 0.1
    assert divergence(exact, exact) == 0


def test_smoothed_targets_are_taken_back():
    """Probabilities learned from smoothed targets, which never reach 1, are calibrated once the smoothing is known."""
    exact, labels = _faces()
    smoothed = (0.9 * exact + 0.1 / 7).astype(np.float32)

    plain, known = fit(smoothed, labels), fit(smoothed, labels, smoothed=0.1 / 7)

    assert known.smoothed == pytest.approx(0.1 / 7)
    assert calibration_error(apply(smoothed, known), labels) < 0.01
    assert calibration_error(apply(smoothed, known), labels) < calibration_error(apply(smoothed, plain), labels)


def test_class_without_faces_keeps_finite_biases():
    """A held-out part that lacks a class still gives a usable calibration."""
    exact, labels = _faces(500)
    kept = labels[:, 1] == 0

    found = fit(exact[kept], labels[kept])

    assert np.isfinite(found.biases).all()
    assert np.isfinite(apply(exact, found)).all()


def test_fit_among_some_classes_knows_nothing_of_the_others():
    """The calibration of a model of three expressions is that of a network with three answers; others never win."""
    known = np.array([1, 3, 6])
    probabilities, labels = _faces(600)
    three = probabilities[:, known] / probabilities[:, known].sum(axis=1, keepdims=True)
    kept = labels[:, known].any(axis=1)
    spread = np.zeros_like(probabilities)
    spread[:, known] = three

    found = fit_among(spread[kept], labels[kept], known, smoothed=0.1 / 3)
    alone = fit(three[kept], labels[kept][:, known], smoothed=0.1 / 3)

    assert found.temperature == pytest.approx(alone.temperature)
    assert [found.biases[place] for place in known] == pytest.approx(list(alone.biases))
    assert {found.biases[place] for place in (0, 2, 4, 5)} == {NEVER}


def test_reliability_counts_every_face_once():
    """The bins of the reliability diagram hold all faces, a probability of exactly 1 included."""
    probabilities = np.array([[1, 0], [0.5, 0.5], [0.3, 0.7]], np.float32)

    bins = reliability(probabilities, np.eye(2, dtype=np.float32)[[0, 1, 1]], 10)

    assert [one.faces for one in bins] == [1, 1, 1]
    assert [one.accuracy for one in bins] == [0, 1, 1]


def test_expressions_that_were_not_trained_have_no_part_in_it():
    """A base's strong opinion on an expression that was not trained changes nothing between the others."""
    logits = np.array([[0, 0, 6, -1, 2, 0, 1]], np.float32)  # fear is loud
    quiet = np.where(np.arange(7) == 2, np.float32(-30), logits)
    trained = [3, 4, 6]
    known = Calibration(1.1, tuple(0.1 if one in trained else NEVER for one in range(7)), 0.1 / 3)

    said = calibrate(logits, known)

    np.testing.assert_allclose(said, calibrate(quiet, known), atol=1e-6)
    assert said[0, trained] == pytest.approx([0.0, 0.8, 0.2], abs=0.1)
    assert said[0, trained].sum() == pytest.approx(1)
    assert said[0, 2] == 0
