"""Stored probabilities → the label that a face counts as. Decided when rows are read, so that it costs no analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import SettingError
from .records import EXPRESSIONS, UNKNOWN

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

LABELS = (*EXPRESSIONS, UNKNOWN)
"""What a face can count as, in the order of every array of eight."""


def check_min_confidence(value: float) -> None:
    """Refuse a threshold that is no probability.

    Raises:
        SettingError: it is below 0, or 1 and more, where every face would be unknown.
    """
    if not 0 <= value < 1:
        raise SettingError("min_confidence", "a probability from 0 to below 1", f"{value:g}")


def label_faces(probabilities: NDArray[np.floating[Any]], min_confidence: float) -> NDArray[np.int64]:
    """The most probable expression of each face, the first of equal ones; unknown below the threshold.

    `store.schema.label_column` says the same in SQL.

    Args:
        probabilities: (N, 7), in the order of `EXPRESSIONS`.
        min_confidence: 0 to 1; a face of exactly this confidence has its expression.

    Returns:
        int64 (N,), positions in `LABELS`.
    """
    import numpy as np

    # As float64: a threshold that was rounded to the precision of the probabilities could let others pass.
    confidence = probabilities.max(axis=1, initial=0).astype(np.float64)
    labels = np.where(confidence >= min_confidence, probabilities.argmax(axis=1), LABELS.index(UNKNOWN))
    return labels.astype(np.int64)
