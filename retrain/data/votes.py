"""What people call faces: the shares of their votes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import EXPRESSIONS

from .faces import FER_PLUS_EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.records import Floats

    from .faces import LabelledFaces


def crowd_shares(faces: LabelledFaces, classes: Sequence[str] = EXPRESSIONS) -> Floats:
    """Shares of all FER+ votes that name one of some expressions, float32 (N, 7).

    A row sums to 1 where all annotators name one, and to less where some see contempt, nothing that they know, or no
    face: so much less the face says about the seven, and so much less it weighs. A label without votes counts as all
    of them, unless it is the word of a web search, which weighs nothing.
    """
    voted = faces.votes[:, np.argsort(FER_PLUS_EXPRESSIONS)] * faces.named[:, None]
    labelled = np.eye(len(EXPRESSIONS), dtype=np.float32)[faces.labels] * ~faces.searched[:, None]
    ours = np.where(faces.voted[:, None], voted, labelled)
    return np.asarray(ours * np.array([name in classes for name in EXPRESSIONS], np.float32), np.float32)
