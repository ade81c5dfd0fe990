"""The correction applied to a report: overall and for each group, where it helps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.records import EXPRESSIONS

from .correction import Method, adjust, expected_errors, maximise_expectation, replicate, response_of
from .grouping import By, group
from .intervals import SEED, Blocks, effective_faces, resample, to_shares
from .summary import MIN_FACES, sum_pieces

if TYPE_CHECKING:
    from pipeline.models.card import Evaluation

    from .columns import Data, Flags, Reals
    from .rollup import Rollup

PROOF = Path(__file__).parent / "correction_proof.json"
"""What `tests/benchmarks/correction.py` measured for models that come with the package, by their weights' hash."""

REPLICATES = 300
MOST_GROUPS = 50
"""So many groups, those with the most faces, are corrected one by one."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """Shares of one group before and after correction, by expression and by kind.

    Attributes:
        raw, corrected, low, high: (7,), in the order of `EXPRESSIONS`; every face counts, also where it is too
            uncertain to be named elsewhere: `raw` by its most probable expression.
        kinds_raw, kinds_corrected, kinds_low, kinds_high: (4,), in the order of `KINDS`.
        others: what the other methods give, by method; only those that were proved to help this model.
        expected_errors: mean absolute error of a share, raw and corrected, if the corrected shares were the true ones.
    """

    name: str
    faces: int
    raw: tuple[float, ...]
    corrected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    kinds_raw: tuple[float, ...]
    kinds_corrected: tuple[float, ...]
    kinds_low: tuple[float, ...]
    kinds_high: tuple[float, ...]
    others: dict[str, tuple[float, ...]]
    expected_errors: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Proof:
    """Mean absolute errors of a share, 0 to 1, on bags of labelled faces with shifted shares.

    Attributes:
        data: name of the labelled faces.
        bags, faces: how many bags were drawn, of how many faces each.
        raw: error of the uncorrected shares.
        errors: error by method of correction.
    """

    data: str
    bags: int
    faces: int
    raw: float
    errors: dict[str, float]


@dataclass(frozen=True, slots=True)
class Correction:
    """The corrected shares, or why there are none.

    Attributes:
        why_not: key of the words that say why nothing is corrected; None if something is.
        method: the one that is shown with intervals.
        groups: the groups that it helps; the first is everything, if it helps there.
        left_out: how many groups were left out, as it does not help them or they are too small.
    """

    why_not: str | None
    method: Method | None = None
    evaluation: Evaluation | None = None
    overall: Corrected | None = None
    groups: tuple[Corrected, ...] = ()
    left_out: int = 0
    proof: Proof | None = None


def correct(data: Data, rollup: Rollup, by: By) -> Correction:
    """Correct the shares of everything and of each group of `by`."""
    why_not = _obstacle(data)
    if why_not:
        return Correction(why_not)
    card = data.runs[0].card
    assert card is not None  # noqa: S101 _obstacle has looked
    proof = read_proof(card.weights_sha256)
    method = choose_method(card.evaluation, proof)
    if proof and proof.errors[method] >= proof.raw:
        return Correction("correction_measured", method, card.evaluation, proof=proof)
    corrector = _Corrector(data, card.evaluation, method, rollup, proof)
    overall = corrector.everything()
    if overall is None:
        return Correction("correction_no_help", method, card.evaluation, proof=proof)
    tried = corrector.each(by) if by in (By.LOCATION, By.CAMERA) else []
    groups = tuple(one for one in tried if one)
    return Correction(None, method, card.evaluation, overall, groups, len(tried) - len(groups), proof)


def choose_method(evaluation: Evaluation, proof: Proof | None) -> Method:
    """The better least-squares method where that was measured; else mean probabilities if the card has them."""
    if response_of(evaluation, Method.PROBABILITIES) is None:
        return Method.COUNTS
    if proof and proof.errors[Method.COUNTS] < proof.errors[Method.PROBABILITIES]:
        return Method.COUNTS
    return Method.PROBABILITIES


def read_proof(weights_sha256: str) -> Proof | None:
    """What was measured for a model; None if nothing was."""
    if not PROOF.is_file():
        return None
    found = json.loads(PROOF.read_text("utf-8")).get(weights_sha256)
    return Proof(**found) if found else None


def _obstacle(data: Data) -> str | None:
    if len(data.faces) < MIN_FACES:
        return "correction_few_faces"
    cards = {run.card.weights_sha256 if run.card else None for run in data.runs}
    if len(cards) > 1:
        return "correction_models"
    card = data.runs[0].card
    if card is None or response_of(card.evaluation, Method.COUNTS) is None:
        return "correction_no_matrix"
    return None


class _Corrector:
    """Holds what all groups share: answers of each face, the response, the kinds."""

    def __init__(self, data: Data, evaluation: Evaluation, method: Method, rollup: Rollup, proof: Proof | None) -> None:
        self.data, self.method, self.proof = data, method, proof
        self.kinds = rollup.matrix()[: len(EXPRESSIONS), :4].astype(np.float64)
        self.responses = {one: response_of(evaluation, one) for one in (Method.COUNTS, Method.PROBABILITIES)}
        self.priors = np.array(evaluation.confusion, np.float64).sum(axis=1) / evaluation.faces
        best = np.eye(len(EXPRESSIONS), dtype=np.float32)[data.faces.probabilities.argmax(axis=1)]
        self.answers = {Method.COUNTS: best, Method.PROBABILITIES: data.faces.probabilities}

    def everything(self) -> Corrected | None:
        """All faces as one group; None if correcting does not help."""
        pieces = sum_pieces(self.data, None, self.answers[self.method])
        return self._corrected("", np.ones(len(self.data.faces), np.bool_), pieces.blocks())

    def each(self, by: By) -> list[Corrected | None]:
        """The largest groups; None for each that is too small or not helped."""
        grouping = group(self.data, by)
        of_face = grouping.of_frame[self.data.faces.frame]
        pieces = sum_pieces(self.data, grouping, self.answers[self.method])
        sizes = np.bincount(of_face, minlength=len(grouping.names))
        chosen = sorted(np.argsort(-sizes, kind="stable")[:MOST_GROUPS])
        return [self._corrected(grouping.names[at], of_face == at, pieces.blocks(int(at))) for at in chosen]

    def _corrected(self, name: str, mine: Flags, blocks: Blocks) -> Corrected | None:
        labels, response, faces = self.responses[Method.COUNTS], self.responses[self.method], int(mine.sum())
        if labels is None or response is None or faces < MIN_FACES or blocks.unit is None:
            return None
        generator = np.random.default_rng(SEED)
        counts, totals = blocks.counts.sum(axis=0), resample(blocks.counts, REPLICATES)
        shares = adjust(to_shares(counts), response.rows)
        errors = expected_errors(shares, labels, response, effective_faces(counts, totals), generator)
        if errors[1] >= errors[0]:
            return None
        spread = replicate(to_shares(totals), response, generator)
        raw = self.answers[Method.COUNTS][mine].mean(axis=0, dtype=np.float64)
        return Corrected(
            name,
            faces,
            _floats(raw),
            _floats(shares),
            *_bounds(spread),
            _floats(raw @ self.kinds),
            _floats(shares @ self.kinds),
            *_bounds(spread @ self.kinds),
            self._others(mine, raw),
            errors,
        )

    def _others(self, mine: Flags, raw: Reals) -> dict[str, tuple[float, ...]]:
        """The remaining methods, for comparison, as far as they were proved to help."""
        others: dict[str, tuple[float, ...]] = {}
        counts = self.responses[Method.COUNTS]
        if self._proved(Method.COUNTS) and counts:
            others[Method.COUNTS] = _floats(adjust(raw, counts.rows))
        if self._proved(Method.EM):
            others[Method.EM] = _floats(maximise_expectation(self.data.faces.probabilities[mine], self.priors))
        return others

    def _proved(self, method: Method) -> bool:
        return method is not self.method and self.proof is not None and self.proof.errors[method] < self.proof.raw


def _bounds(spread: Reals) -> tuple[tuple[float, ...], tuple[float, ...]]:
    low, high = np.quantile(spread, (0.025, 0.975), axis=0)
    return _floats(low), _floats(high)


def _floats(values: Reals) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
