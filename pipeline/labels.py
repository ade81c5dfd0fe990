"""Stored numbers → the label that a face counts as. Decided when rows are read, so that it costs no analysis."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from .errors import SettingError
from .records import EXPRESSIONS, MIN_CONFIDENCE, MIN_IS_FACE, MIN_READABLE, NO_FACE, UNCLEAR, UNDECIDED

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.floating[Any]]

LABELS = (*EXPRESSIONS, UNDECIDED)
"""What a readable face counts as, in the order of every array of eight. Shares are of these, and sum to 1."""

FACE_LABELS = (*LABELS, UNCLEAR, NO_FACE)
"""What anything counts as that was detected as a face, in the order of every array of ten."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a face counts as what it seems to be; chosen by whoever reads the rows.

    Attributes:
        min_confidence: below it a readable face is undecided, 0 to below 1.
        min_readable: below it a face is unclear, 0 to below 1.
        min_is_face: below it there is no face, 0 to below 1.
    """

    min_confidence: float = MIN_CONFIDENCE
    min_readable: float = MIN_READABLE
    min_is_face: float = MIN_IS_FACE

    def __post_init__(self) -> None:
        """Refuse what is no probability.

        Raises:
            SettingError: a threshold is below 0, or 1 and more, where no face would count.
        """
        for item in fields(self):
            value = getattr(self, item.name)
            if not 0 <= value < 1:
                raise SettingError(item.name, "a probability from 0 to below 1", f"{value:g}")


THRESHOLDS = Thresholds()
"""Those that count unless somebody chooses others."""


def label_faces(
    probabilities: Numbers, readable: Numbers, is_face: Numbers, thresholds: Thresholds = THRESHOLDS
) -> NDArray[np.int64]:
    """What each face counts as: no face, unclear, undecided, or its most probable expression, the first of equal ones.

    A face of exactly a threshold passes it. `store.schema.label_column` says the same in SQL.

    Args:
        probabilities: (N, 7), in the order of `EXPRESSIONS`.
        readable: (N,), 0 to 1; NaN where it was not judged, which counts as readable.
        is_face: (N,), 0 to 1; NaN where it was not judged, which counts as a face.
        thresholds: of the three.

    Returns:
        int64 (N,), positions in `FACE_LABELS`.
    """
    import numpy as np

    # As float64: a threshold that was rounded to the precision of the probabilities could let others pass.
    confidence = probabilities.max(axis=1, initial=0).astype(np.float64)
    labels = np.where(
        confidence >= thresholds.min_confidence, probabilities.argmax(axis=1), FACE_LABELS.index(UNDECIDED)
    )
    # Nothing compares with NaN: what was not judged passes.
    labels = np.where(readable.astype(np.float64) < thresholds.min_readable, FACE_LABELS.index(UNCLEAR), labels)
    labels = np.where(is_face.astype(np.float64) < thresholds.min_is_face, FACE_LABELS.index(NO_FACE), labels)
    return labels.astype(np.int64)
