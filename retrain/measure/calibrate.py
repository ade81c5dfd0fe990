"""Probabilities that mean what they say: bias-corrected temperature scaling, and how far off they were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.calibration import calibrate, softmax, unsmooth
from pipeline.models.card import NEVER, Calibration, CalibrationFigures, ReliabilityBin

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from pipeline.records import Floats

    from ..data.faces import Labels

    Doubles: TypeAlias = NDArray[np.float64]

BINS = 15
"""Bins of the expected calibration error, as in Guo et al. 2017, section 2."""


def fit_among(probabilities: Floats, shares: Floats, known: Labels, smoothed: float = 0.0) -> Calibration:
    """`fit` where only some expressions were trained; the others get a bias by which they never win.

    They must not be there while fitting: taking the smoothing back would lift each of them to a thousandth.

    Args:
        probabilities: uncalibrated, (N, C).
        shares: as in `fit`; zeros for expressions that are not among `known`.
        known: positions of the trained expressions, in order.
        smoothed: as in `fit`.
    """
    biases = np.full(probabilities.shape[1], NEVER)
    fitted = fit(probabilities[:, known], shares[:, known], smoothed=smoothed)
    biases[known] = fitted.biases
    return replace(fitted, biases=tuple(float(bias) for bias in biases))


def fit(probabilities: Floats, shares: Floats, prior: float = 10.0, smoothed: float = 0.0) -> Calibration:
    """Fit one temperature and one bias per class (Alexandari et al. 2020, section 3.1).

    The mean cross-entropy of softmax(slope · log p + biases) is convex in slope and biases. With votes it is least
    where the probabilities diverge least from the shares of annotators that name each expression.

    Args:
        probabilities: uncalibrated, (N, C).
        shares: (N, C), how likely each answer is to be right: 1 for the label, or shares of votes; rows sum to 1.
        prior: faces' worth of belief in no change; it decides where faces are few, and keeps the bias of a class
            without faces finite.
        smoothed: probability that every expression had in each training target; taken back before.
    """
    from scipy.optimize import minimize

    known = unsmooth(probabilities, smoothed) if smoothed else np.log(np.clip(probabilities, 1e-12, 1))
    logits = known.astype(np.float64)
    faces, classes = logits.shape
    targets = shares.astype(np.float64)
    start = np.concatenate([[1.0], np.zeros(classes)])

    def loss(values: Doubles) -> tuple[float, Doubles]:
        current = softmax(values[0] * logits + values[1:])
        away, moved = current - targets, values - start
        entropy = -(targets * np.log(np.maximum(current, 1e-300))).sum(axis=1).mean()
        gradient = np.concatenate([[(away * logits).sum()], away.sum(axis=0)]) / faces + prior / faces * moved
        return float(entropy + prior / faces / 2 * (moved**2).sum()), gradient

    slopes = (0.05, 20.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[slopes] + [(None, None)] * classes).x
    biases = found[1:] - found[1:].mean()
    return Calibration(float(1 / found[0]), tuple(float(bias) for bias in biases), smoothed)


def apply(probabilities: Floats, calibration: Calibration) -> Floats:
    """Uncalibrated probabilities (N, 7) → calibrated ones, float32 (N, 7)."""
    return calibrate(np.log(np.clip(probabilities, 1e-12, 1)), calibration)


def describe(before: Floats, after: Floats, shares: Floats, fitted_on: str, measured_on: str) -> CalibrationFigures:
    """Calibration error and divergence before and after, and the reliability diagram in ten bins."""
    return CalibrationFigures(
        fitted_on=fitted_on,
        measured_on=measured_on,
        error_before=calibration_error(before, shares),
        error_after=calibration_error(after, shares),
        bins=reliability(after, shares, 10),
        divergence_before=divergence(before, shares),
        divergence_after=divergence(after, shares),
    )


def divergence(probabilities: Floats, shares: Floats) -> float:
    """Mean of Kullback and Leibler's divergence of the probabilities from what is true, (N, C) each, in nats.

    By labels, of which each has the whole share, it is the log loss.
    """
    surprise = np.log(np.maximum(shares, 1e-9)) - np.log(np.maximum(probabilities, 1e-9))
    return float((shares * surprise).sum(axis=1).mean()) if len(shares) else 0.0


def calibration_error(probabilities: Floats, shares: Floats) -> float:
    """Expected calibration error: distance of confidence and accuracy, averaged over bins by their faces.

    By votes an answer is right as far as annotators give it: against clear majorities alone, which are the easy faces,
    probabilities that agree with the votes would look too low.
    """
    bins = reliability(probabilities, shares, BINS)
    return sum(abs(one.confidence - one.accuracy) * one.faces for one in bins) / max(1, len(shares))


def reliability(probabilities: Floats, shares: Floats, bins: int) -> tuple[ReliabilityBin, ...]:
    """Faces by their best probability, in bins of equal width; empty bins are left out."""
    confidence = probabilities.max(axis=1)
    right = np.take_along_axis(shares, probabilities.argmax(axis=1)[:, None], axis=1)[:, 0]
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for inside in (places == place for place in range(bins))
        if inside.any()
    )
