"""Logits → probabilities that mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .models.card import NEVER, Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .records import Floats

_Logits = TypeVar("_Logits", bound="NDArray[Any]")


def calibrate(logits: Floats, calibration: Calibration) -> Floats:
    """Logits (N, 7) → probabilities: bias-corrected temperature scaling (Alexandari et al. 2020, section 3.1).

    Where targets were smoothed (Szegedy et al. 2016, section 7), that is taken back first: smoothed probabilities end
    at 1 - smoothing and pile up there, which no temperature can undo. What a network says of expressions that it was
    not trained on is noise, or its base's word, and goes first.
    """
    biases = np.array(calibration.biases, np.float32)
    logits = np.where(biases > NEVER, logits, np.float32(-1e9))
    if calibration.smoothed:
        logits = unsmooth(softmax(logits), calibration.smoothed)
    return softmax(logits / calibration.temperature + biases + np.array(calibration.prior, np.float32))


def undo(calibration: Calibration) -> Calibration:
    """None, but that expressions that were not trained are still never said."""
    return Calibration(biases=tuple(NEVER if bias <= NEVER else 0.0 for bias in calibration.biases))


def unsmooth(probabilities: Floats, smoothed: float) -> Floats:
    """Probabilities (N, 7) learned from smoothed targets → logits of the unsmoothed ones, up to a constant.

    What is left below a thousandth is taken as that, for a target never was below `smoothed`, an answer may be.
    """
    return np.asarray(np.log(np.maximum(probabilities - smoothed, 1e-3)), np.float32)


def softmax(logits: _Logits) -> _Logits:
    """Logits (N, C) → probabilities in the same precision; no power overflows."""
    powers: _Logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers
