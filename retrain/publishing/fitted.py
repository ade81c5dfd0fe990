"""What was fitted on rated faces of shops, and no training can know: who can be read, and what is common there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pipeline.errors import DataError
from pipeline.models.card import Readability  # noqa: TC001 - msgspec reads the annotations
from pipeline.records import EXPRESSIONS

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fitted:
    """A few numbers beside the weights of a model.

    Attributes:
        readability: regressions that judge by the head for reading.
        prior: how much likelier each expression is in shops, as `Calibration.prior`.
    """

    readability: Readability
    prior: tuple[float, ...] = (0.0,) * len(EXPRESSIONS)


def read_fitted(path: Path) -> Fitted:
    """What a file holds: JSON with `readability` and `prior`, both as in a card.

    Raises:
        DataError: it cannot be read, or is something else.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Fitted)
    except OSError as error:
        raise DataError(f"{path}: expected what was fitted on rated faces; {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise DataError(
            f"{path}: expected what was fitted on rated faces, as in a card (readability: facts, readable, face, "
            f"fitted_on; prior); {error}."
        ) from error
    if len(found.prior) != len(EXPRESSIONS):
        raise DataError(f"{path}: expected a prior of {len(EXPRESSIONS)} numbers; found {len(found.prior)}.")
    return found
