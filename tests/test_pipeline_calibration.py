"""From logits to probabilities, computed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.calibration import calibrate, softmax, unsmooth
from pipeline.models.card import NEVER, Calibration

if TYPE_CHECKING:
    from pipeline.records import Floats


def test_temperature_and_biases_by_hand() -> None:
    """A temperature of 2 takes the square root of odds, a bias multiplies its expression's; all sum to 1 again."""
    logits = np.log(np.array([[16, 4, 1, 1, 1, 1, 1]], np.float32))
    doubled = (0.0, float(np.log(2)), *(0.0,) * 5)

    np.testing.assert_allclose(calibrate(logits, Calibration())[0], np.array([16, 4, 1, 1, 1, 1, 1]) / 25, rtol=1e-5)
    np.testing.assert_allclose(
        calibrate(logits, Calibration(2.0, doubled))[0], np.array([4, 4, 1, 1, 1, 1, 1]) / 13, rtol=1e-5
    )


def test_an_expression_that_was_not_trained_is_never_said() -> None:
    """Its probability is 0, however large its logit; the others are as if it did not exist."""
    logits = np.log(np.array([[1000, 2, 1, 1, 1, 1, 1]], np.float32))

    found = calibrate(logits, Calibration(biases=(NEVER, *(0.0,) * 6)))

    np.testing.assert_allclose(found[0], np.array([0, 2, 1, 1, 1, 1, 1]) / 7, atol=1e-6)


def test_label_smoothing_is_taken_back() -> None:
    """What was learned from targets smoothed by 0.1 gives the probabilities before it, none under a thousandth."""
    exact = np.array([[0.6, 0.2, 0.1, 0.05, 0.03, 0.02, 0.0]], np.float32)
    logits = np.log(0.9 * exact + 0.1 / 7)

    found = calibrate(logits, Calibration(smoothed=0.1 / 7))

    np.testing.assert_allclose(found, exact, atol=1.5e-3)
    np.testing.assert_allclose(np.exp(unsmooth(softmax(logits), 0.1 / 7))[0, -1], 1e-3, rtol=1e-5)


@given(
    arrays(np.float32, (2, 7), elements=st.floats(-1e4, 1e4, width=32)),
    st.floats(0.05, 20),
    st.sampled_from([0.0, 0.01]),
)
def test_probabilities_are_probabilities(logits: Floats, temperature: float, smoothed: float) -> None:
    """Whatever the logits, seven numbers from 0 to 1 sum to 1, and temperature does not change which is largest."""
    found = calibrate(logits, Calibration(temperature, smoothed=smoothed))

    assert np.isfinite(found).all()
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    best = logits.argmax(axis=1)
    np.testing.assert_allclose(found[[0, 1], best], found.max(axis=1))
