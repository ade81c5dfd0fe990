"""What was fitted on rated faces of shops, and no training can know: who can be read, and what is common there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from pipeline.errors import DataError
from pipeline.files import read_regular
from pipeline.models.card import Readability  # noqa: TC001 - msgspec reads the annotations
from pipeline.models.check import explain_prior, explain_readability
from pipeline.records import EXPRESSIONS

if TYPE_CHECKING:
    from pathlib import Path


MOST_BYTES = 1 << 20


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
        found = msgspec.json.decode(read_regular(path, MOST_BYTES), type=Fitted)
    except OSError as error:
        raise DataError(f"{path}: expected what was fitted on rated faces; {error.strerror}.") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: expected what was fitted on rated faces, as in a card (readability: facts, readable, face, "
            f"fitted_on; prior); {error}."
        ) from error
    problem = next(chain(explain_prior(found.prior), explain_readability(found.readability)), None)
    if problem:
        raise DataError(f"{path}: {problem}. Correct it.")
    return found
