"""Which expression counts as positive, neutral, negative or surprise: a setting, printed with every report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import SettingError
from pipeline.labels import LABELS
from pipeline.records import EXPRESSIONS, UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Ints

KINDS = ("positive", "neutral", "negative", "surprise", UNDECIDED)
"""What an expression can count as. Surprise is kept apart: a surprised face can mean either."""

_DEFAULT = ("negative", "negative", "negative", "positive", "negative", "surprise", "neutral")


@dataclass(frozen=True, slots=True)
class Rollup:
    """The kind of each expression, in the order of `EXPRESSIONS`; undecided stays undecided."""

    kinds: tuple[str, ...] = _DEFAULT

    def matrix(self) -> Ints:
        """int64 (8, 5): counts by `LABELS` times this are counts by kind."""
        mapping = np.zeros((len(LABELS), len(KINDS)), np.int64)
        for label, kind in enumerate((*self.kinds, UNDECIDED)):
            mapping[label, KINDS.index(kind)] = 1
        return mapping

    def members(self, kind: str) -> tuple[str, ...]:
        """The expressions that count as `kind`."""
        return tuple(name for name, own in zip(EXPRESSIONS, self.kinds, strict=True) if own == kind)


def parse_rollup(assignments: Sequence[str]) -> Rollup:
    """The default with changes such as `surprise=positive`.

    Raises:
        SettingError: not of the form EXPRESSION=KIND, or either is unknown.
    """
    kinds = dict(zip(EXPRESSIONS, _DEFAULT, strict=True))
    for text in assignments:
        name, _, kind = text.partition("=")
        if name not in kinds or kind not in KINDS[:4]:
            raise SettingError(
                "count_as",
                f"EXPRESSION=KIND, an expression out of {', '.join(EXPRESSIONS)} and a kind out of "
                f"{', '.join(KINDS[:4])}",
                repr(text),
            )
        kinds[name] = kind
    return Rollup(tuple(kinds[name] for name in EXPRESSIONS))
