"""Can people read an expression from this face, and is it a face at all? Two probabilities from what is known of it.

Logistic regressions with few coefficients, which a model's card holds. Facts are what the classifier's head for reading
says, and plain numbers about the box, the crop and the pose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import ModelError

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from .models.card import ModelCard, Readability

    Numbers = NDArray[np.floating[Any]]
    Reals = NDArray[np.float64]

FACTS = (
    "reading_readable",
    "reading_face",
    "log_size",
    "log_sharpness",
    "turn",
    "tilt",
    "nod",
    "detector",
    "confidence",
    "log_size_to_32",
)
"""Names of the facts, in the order of the columns of `facts_of`; cards name those that they use."""

FRONTAL_NOD = 0.55
"""Where the nose of a level face stands between eyes and mouth, by MTCNN's landmarks."""

ENOUGH_PX = 32.0
"""Side of a face from which more pixels do not make an expression easier to read, for people and for the network."""

CERTAIN = 1e-6
"""The detector's confidence is clipped to this far from 0 and 1, where its logit has no end."""


def facts_of(
    *,
    probabilities: Numbers,
    reading: Numbers | None,
    size_px: Numbers,
    sharpness: Numbers,
    pose: Numbers,
    detector_confidence: Numbers,
) -> Reals:
    """What is known of faces, as a regression takes it.

    Args:
        probabilities: (N, 7), calibrated.
        reading: (N, 2), logits of the head for reading; None where the model has none.
        size_px: (N,), shorter side of the box, pixels.
        sharpness: (N,), variance of the Laplacian of the crop.
        pose: (N, 3), turn, tilt in degrees, and nod; see `records.Pose`.
        detector_confidence: (N,), 0 to 1.

    Returns:
        float64 (N, 10), a column for each of `FACTS`: both logits (NaN where there are none), log2 of the size, log2 of
        the sharpness plus 1, |turn|, |tilt| / 45, |nod - `FRONTAL_NOD`|, logit of the detector's confidence, the
        best probability, and log2 of the size up to `ENOUGH_PX`.
    """
    heads = np.full((len(probabilities), 2), np.nan) if reading is None else np.asarray(reading, np.float64)
    turn, tilt, nod = np.asarray(pose, np.float64).reshape(-1, 3).T
    sure = np.asarray(detector_confidence, np.float64).clip(CERTAIN, 1 - CERTAIN)
    columns = (
        *heads.T,
        np.log2(np.maximum(np.asarray(size_px, np.float64), 1)),
        np.log2(1 + np.asarray(sharpness, np.float64)),
        np.abs(turn),
        np.abs(tilt) / 45,
        np.abs(nod - FRONTAL_NOD),
        np.log(sure / (1 - sure)),
        np.asarray(probabilities, np.float64).max(axis=1, initial=0),
        np.log2(np.asarray(size_px, np.float64).clip(1, ENOUGH_PX)),
    )
    return np.stack(columns, axis=1)


def judge(readability: Readability | None, facts: Reals) -> tuple[Reals, Reals]:
    """Whether faces can be read, and are faces.

    Args:
        readability: the regressions of a card that passed `check_readability`; None where a model has none.
        facts: (N, 10), as `facts_of` gives them.

    Returns:
        Two float64 (N,), 0 to 1: that people could read an expression, and that it is a face at all. NaN where that
        cannot be said: without regressions, or where they need a head that the model does not have.
    """
    if readability is None:
        unsaid = np.full(len(facts), np.nan)
        return unsaid, unsaid
    used = facts[:, [FACTS.index(name) for name in readability.facts]]
    readable, face = (np.asarray(each, np.float64) for each in (readability.readable, readability.face))
    return _share(used @ readable[:-1] + readable[-1]), _share(used @ face[:-1] + face[-1])


def _share(logit: Reals) -> Reals:
    """The logistic function, in a form that does not overflow."""
    return np.asarray(0.5 * (1 + np.tanh(logit / 2)), np.float64)


def check_readability(card: ModelCard) -> None:
    """Refuse regressions that cannot be computed here, before a video is read.

    Raises:
        ModelError: a fact of another name, or another number of coefficients than facts and an intercept,
            or one that is not finite.
    """
    found = card.readability
    if found is None:
        return
    others = [name for name in found.facts if name not in FACTS]
    if others:
        raise ModelError(
            f"model {card.name}: expected facts out of {', '.join(FACTS)} for what can be read; found {others[0]!r}. "
            "The model is from a newer fer-video: update it, or choose another with `model`."
        )
    expected = len(found.facts) + 1
    for name, coefficients in (("readable", found.readable), ("face", found.face)):
        if len(coefficients) != expected:
            raise ModelError(
                f"model {card.name}: expected {expected} coefficients of {name}, one for each fact and the intercept; "
                f"found {len(coefficients)}. Publish the model again, or choose another with `model`."
            )
        if not np.isfinite(coefficients).all():
            raise ModelError(
                f"model {card.name}: expected finite coefficients of {name}; found {list(coefficients)}. "
                "Publish the model again, or choose another with `model`."
            )
