"""Logits → probabilities that mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .errors import ModelError
from .models.card import NEVER, Calibration
from .records import EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .models.card import ModelCard
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


def check_calibration(card: ModelCard) -> None:
    """Refuse a calibration that gives no probabilities.

    Raises:
        ModelError: a temperature that is not above 0, another number of biases or priors than expressions, a smoothing
            that is not from 0 to below 1, or a number that is not finite.
    """
    found = card.calibration
    size = len(EXPRESSIONS)
    rules = (
        ("temperature", found.temperature, "a number above 0", _is_between(found.temperature, 1e-6, 1e6)),
        ("smoothed", found.smoothed, "a number from 0 to below 1", _is_between(found.smoothed, 0, 1 - 1e-6)),
        ("biases", found.biases, f"{size} finite numbers", _are_finite(found.biases)),
        ("prior", found.prior, f"{size} finite numbers", _are_finite(found.prior)),
    )
    for name, value, expected, is_kept in rules:
        if not is_kept:
            raise ModelError(
                f"model {card.name}: expected {expected} as {name} of its calibration; found {value!r}. "
                "Publish the model again, or choose another with `model`."
            )
    if max(found.biases) <= NEVER:
        raise ModelError(
            f"model {card.name}: expected an expression that it was trained on; found none among its biases."
        )


def _is_between(value: object, least: float, most: float) -> bool:
    return isinstance(value, float | int) and least <= value <= most


def _are_finite(values: Sequence[object]) -> bool:
    return len(values) == len(EXPRESSIONS) and all(_is_between(value, -1e6, 1e6) for value in values)


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
