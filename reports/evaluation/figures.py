"""What a confusion matrix says beyond its accuracy: means over expressions, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..numbers.intervals import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.models.card import Evaluation

RESAMPLES, SEED = 2000, 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, 0 to 1, with its 95 % interval; None for a share of nothing."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ExpressionRow:
    """One expression: faces that show it, and how right the model is about it."""

    name: str
    faces: int
    recall: Estimate
    precision: Estimate
    f1: float | None


def rows_of(result: Evaluation) -> list[ExpressionRow]:
    """The expressions in their order; recall and precision have Wilson's interval."""
    counts = np.array(result.confusion)
    rows = []
    for place, one in enumerate(result.classes):
        right, labelled, said = int(counts[place, place]), int(counts[place].sum()), int(counts[:, place].sum())
        f1 = one.f1 if labelled else None
        rows.append(ExpressionRow(one.name, labelled, _share(right, labelled), _share(right, said), f1))
    return rows


def means_of(result: Evaluation) -> tuple[Estimate, Estimate]:
    """Macro F1 and mean recall over the expressions that any face shows.

    Their intervals are those of 2,000 draws of as many faces from the matrix itself (bootstrap; Efron 1979), always
    the same ones.
    """
    counts = np.array(result.confusion, np.float64)
    total = int(counts.sum())
    drawn = np.random.default_rng(SEED).multinomial(total, counts.ravel() / total, RESAMPLES)
    shown = counts.sum(axis=1) > 0
    f1, recall = _means(counts[None], shown)
    f1_drawn, recall_drawn = _means(drawn.reshape(RESAMPLES, *counts.shape).astype(np.float64), shown)
    return _between(f1[0], f1_drawn), _between(recall[0], recall_drawn)


def _means(counts: NDArray[np.float64], shown: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Macro F1 and mean recall of matrices (N, C, C), (N,) each, over the classes that are `shown` (C,)."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    labelled, said = counts.sum(axis=2), counts.sum(axis=1)
    f1 = 2 * right / np.maximum(labelled + said, 1)
    recall = right / np.maximum(labelled, 1)
    return f1[:, shown].mean(axis=1), recall[:, shown].mean(axis=1)


def _between(value: float, drawn: NDArray[np.float64]) -> Estimate:
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(float(value), float(low), float(high))


def _share(part: int, whole: int) -> Estimate:
    if not whole:
        return Estimate(None)
    low, high = wilson(np.array([part / whole]), whole)
    return Estimate(part / whole, float(low[0]), float(high[0]))
