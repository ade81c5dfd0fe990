"""From what the classifier said to what was there: shares corrected for its confusions (quantification).

A classifier that takes one sad face in five for neutral reports too much neutral in every shop. Its confusion matrix
says by how much, so the bias can be solved for: González et al., "A Review on Quantification Learning" (2017), and
Forman, "Quantifying counts and costs via classification" (2008) for adjusted counts; Saerens, Latinne & Decaestecker,
"Adjusting the outputs of a classifier to new a priori probabilities" (2002) for expectation maximisation.

All of it assumes that the classifier confuses expressions in the shop as it does on the labelled faces of its card.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from pipeline.models.card import Evaluation

    from .columns import Reals

EM_FACES = 50_000
"""Expectation maximisation reads at most so many faces, evenly spread: more change nothing that is printed."""

_PRIOR = 0.1
"""Added to each count of the confusion matrix when its uncertainty is drawn: what was never seen may still happen."""

_SUM_WEIGHT = 100.0
"""How firmly the shares are held to a sum of 1 within least squares."""


class Method(StrEnum):
    """How shares are corrected."""

    COUNTS = "counts"
    PROBABILITIES = "probabilities"
    EM = "em"


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """How the classifier answers to each true expression.

    Attributes:
        rows: float64 (7, 7), row i is the distribution of answers to expression i.
        faces: float64 (7,), labelled faces behind each row.
    """

    rows: Reals
    faces: Reals

    def draw(self, generator: Generator, draws: int) -> Reals:
        """Matrices (draws, 7, 7) that the labelled faces are also compatible with: each row from its Dirichlet."""
        weights = self.rows * self.faces[:, None] + _PRIOR
        gammas = generator.standard_gamma(np.broadcast_to(weights, (draws, *weights.shape)))
        return np.asarray(gammas / gammas.sum(axis=-1, keepdims=True))


def response_of(evaluation: Evaluation, method: Method) -> Response | None:
    """The response by hard labels or by mean probabilities; None if the card does not hold it for every expression."""
    counts = np.array(evaluation.confusion, np.float64)
    if counts.ndim != 2 or not counts.sum(axis=1).all():
        return None
    faces = counts.sum(axis=1)
    if method is Method.COUNTS:
        return Response(counts / faces[:, None], faces)
    means = np.array(evaluation.mean_probabilities, np.float64)
    return Response(means / means.sum(axis=1, keepdims=True), faces) if means.shape == counts.shape else None


def adjust(observed: Reals, rows: Reals) -> Reals:
    """True shares that would give the observed ones, by least squares with non-negative shares (Lawson & Hanson 1974).

    Args:
        observed: (7,), shares of hard labels, or mean probabilities.
        rows: (7, 7), `Response.rows` for the same kind of answer.

    Returns:
        (7,), not negative, summing to 1.
    """
    from scipy.optimize import nnls

    matrix = np.vstack([rows.T, np.full(len(rows), _SUM_WEIGHT)])
    shares, _ = nnls(matrix, np.append(observed, _SUM_WEIGHT))
    return np.asarray(shares / max(shares.sum(), 1e-12))


def maximise_expectation(probabilities: NDArray[np.float32], priors: Reals, steps: int = 200) -> Reals:
    """True shares by expectation maximisation on calibrated probabilities (Saerens et al. 2002).

    Args:
        probabilities: (N, 7), calibrated on faces with the shares `priors`.
        priors: (7,), shares of the labelled faces that the probabilities were calibrated on.
        steps: at most so many; it stops when no share moves by 1e-6.
    """
    stride = max(1, -(-len(probabilities) // EM_FACES))
    ratios = probabilities[::stride].astype(np.float64) / priors
    shares = priors.copy()
    for _ in range(steps):
        weighted = ratios * shares
        updated = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
        moved = np.abs(updated - shares).max()
        shares = updated
        if moved < 1e-6:
            break
    return np.asarray(shares)


def replicate(observed: Reals, response: Response, generator: Generator) -> Reals:
    """Correct each row of `observed` (R, 7) with another drawn response: spread of faces and of the matrix together."""
    drawn = response.draw(generator, len(observed))
    return np.stack([adjust(row, rows) for row, rows in zip(observed, drawn, strict=True)])


def expected_errors(
    shares: Reals, labels: Response, response: Response, faces: float, generator: Generator
) -> tuple[float, float]:
    """Mean absolute error of shares of labels and of corrected shares if the corrected were the true ones.

    Bags of `faces` independent faces are drawn through responses that the labelled faces are compatible with, and
    corrected with the card's. Where the second error is not below the first, correcting does not help.

    Args:
        shares: (7,), taken as true.
        labels: response by hard labels, whose shares stand uncorrected.
        response: the one that corrects; mean probabilities of a bag scatter less than it is drawn here.
        faces: independent faces in the bag.
        generator: of the bags.
    """
    answers = _answer(shares, labels, faces, generator)
    corrected = answers if response is labels else _answer(shares, response, faces, generator)
    found = np.stack([adjust(row, response.rows) for row in corrected])
    return float(np.abs(answers - shares).mean()), float(np.abs(found - shares).mean())


def _answer(shares: Reals, response: Response, faces: float, generator: Generator) -> Reals:
    """Shares of answers (200, 7) in bags of so many faces, each through another drawn response."""
    size = max(int(faces), 1)
    return np.stack([generator.multinomial(size, shares @ rows) for rows in response.draw(generator, 200)]) / size
