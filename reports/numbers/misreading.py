"""How a reading may be wrong: what people would call the faces of a camera, given what was recognised there.

The model, which `.docs/report.md` tells in words. People would call the faces of a camera the seven expressions in
shares p; a face that they call i is read as j with a probability R[i, j]. Neither is known:

- row i of R is a draw from a Dirichlet distribution with the mean of the model's card and the weight `CONCENTRATION`.
  The card counted thousands of faces, but a camera with its own light and angle differs from all of them: what counts
  is how much cameras differ from each other, and that was fitted on faces that people rated (`tests/benchmarks/
  shop_faces.py`). People's own answers about a camera (an audit) are added to its rows.
- p is a draw from a Dirichlet distribution with the mix of the card's faces and the weight `MIX_WEIGHT`: a camera shows
  one or two expressions most of the time.

`POOL` pairs (p, R) are drawn once, and each camera picks those under which its readings are likely (sampling importance
resampling: Rubin 1988). A pair says which part of the faces that are read as j are called i, p[i] R[i, j] / sum over i,
and that is how readings are allotted (D'Agostini 2010, "Improved iterative Bayesian unfolding"). A camera keeps its
picks in all groups: it misreads alike in the morning and in the evening. `SHARED` of the picks are the same for all
cameras of a report: errors that they have in common do not average out over many cameras.

Shares of visits are means of probabilities, which hold a bit of every expression: a face that is read as neutral counts
as sad, too, by a twelfth. What a reading is worth in probabilities is taken from the card (`_worth_of`), so that the
same pairs say what people would call those visits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.models.card import SHOP_LIKE
from pipeline.records import EXPRESSIONS

from .intervals import SEED, to_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

    from pipeline.models.card import ModelCard

    from .columns import Ints, Reals

CONCENTRATION = 4.0
"""A camera's rows spread around the card's as if only so many faces were behind each: cameras differ that much.

The most likely value on 22 rated clips, read by a trial network; 3 to 5 with one of them left out, 2 to 4 for others.
"""

MIX_WEIGHT = 1.0
"""The card's mix of expressions counts as so many faces of a camera."""

MOST_FACES = 20
"""The readings of a camera choose between pairs as so many independent ones at most: they show the same people."""

MIN_ANSWERS = 10
"""Shares of a camera of which fewer faces were answered, counted as independent ones, are not corrected."""

SHARED = 0.5
"""Share of the picks that all cameras have in common.

Groups of three, of eight and of all 22 rated clips had 95 to 100 % of their rated shares inside; without it 71 to 96 %.
"""

STEPS = 5
"""Of allotting: the first allots readings by the pair's shares, each further one by the shares that were found.

With one step intervals were a fifth wider and held one share in a hundred more; with forty all clips together had 71 %.
"""

POOL = 20_000
AUDITED_POOL = 4_000
"""Where people's answers say how a camera misreads, its pairs differ less."""

REPLICATES = 400

_SEEN_ANYWAY = 0.5
"""Faces added to each row of a card's confusion, evenly: what was never counted may happen."""

_UNDECIDED = 0.6
"""So many faces are undecided for each that is read wrongly; cards count faces by their most probable expression."""

_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """How faces of each expression are read, and how firmly that is known.

    Attributes:
        weights: float64 (7, 8), Dirichlet weights: row i of what people call i, columns in the order of `LABELS`.
        mix: float64 (7,), Dirichlet weights of what people call the faces.
        worth: float64 (8, 7), mean probabilities of a face by what it is read as, in the order of `LABELS`.
        answers: people's answers about this camera that are in the weights.
    """

    weights: Reals
    mix: Reals
    worth: Reals
    answers: float = 0.0

    def with_answers(self, counts: Reals) -> Response:
        """The same camera after people named faces of it. Its mix may have changed since.

        Args:
            counts: (7, 8), what people say by what is read, as so many independent answers.
        """
        return replace(self, weights=self.weights + counts, answers=self.answers + float(counts.sum()))


def response_of(card: ModelCard | None, concentration: float = CONCENTRATION) -> Response | None:
    """What a model's card says of cameras that nobody looked at; None if it counted no confusions.

    The mean over its faces as they are and as poor cameras show them, each with the same weight. What is more common in
    shops than among these faces is so in the mix, too.
    """
    if card is None:
        return None
    spoilt = [one.confusion for one in card.conditions if one.name in SHOP_LIKE and one.confusion]
    counted = [np.array(one, np.float64) for one in (card.evaluation.confusion, *spoilt)]
    square = (len(EXPRESSIONS), len(EXPRESSIONS))
    if counted[0].shape != square:
        return None
    rows = np.mean([_with_undecided(one) for one in counted if one.shape == square], axis=0)
    mix = to_shares((counted[0].sum(axis=1) + _SEEN_ANYWAY) * np.exp(card.calibration.prior))
    return Response(concentration * rows, MIX_WEIGHT * mix, _worth_of(card))


def _worth_of(card: ModelCard) -> Reals:
    """Mean probabilities (8, 7) of a face by what it is read as; certain ones where the card did not note any.

    The card has means by what people say, (7, 7). If what is read decides on probabilities, they are the shares of
    readings of each row times what is looked for. Undecided faces are as far from each expression as from the others.
    """
    counted, means = np.array(card.evaluation.confusion, np.float64), np.array(card.evaluation.mean_probabilities)
    certain = np.eye(len(EXPRESSIONS))
    if means.shape == certain.shape:
        solved = np.linalg.lstsq(to_shares(counted + _SEEN_ANYWAY / len(counted)), means, rcond=None)[0]
        certain = to_shares(np.maximum(solved, 0.0))
    return np.vstack([certain, certain.mean(axis=0)])


def _with_undecided(confusion: Reals) -> Reals:
    """Counts (7, 7) by the most probable expression → shares (7, 8) in the order of `LABELS`."""
    rows = to_shares(confusion + _SEEN_ANYWAY / len(confusion))
    undecided = _UNDECIDED * (1 - np.diag(rows))
    return np.column_stack([rows * (1 - undecided)[:, None], undecided])


class Pool:
    """Pairs of shares and rows that are compatible with what is known of a camera."""

    def __init__(self, response: Response, size: int = POOL, seed: int = SEED) -> None:
        generator = np.random.default_rng(seed)
        rows = _dirichlet(np.broadcast_to(response.weights, (size, *response.weights.shape)), generator)
        shares = _dirichlet(np.broadcast_to(response.mix, (size, *response.mix.shape)), generator)
        self._log_read = np.log(np.maximum(np.einsum("pi,pij->pj", shares, rows), _TINY))
        self._shares, self._rows, self._worth = shares, rows.astype(np.float32), response.worth.astype(np.float32)

    def likelihoods(self, counts: Reals) -> Reals:
        """How probable the readings (8,) make each pair: (POOL,), summing to 1."""
        faces = float(counts.sum())
        logs = self._log_read @ (counts * (min(faces, MOST_FACES) / max(faces, 1.0)))
        likely = np.exp(logs - logs.max())
        return np.asarray(likely / likely.sum())

    def pick(self, counts: Reals, generator: Generator, draws: int = REPLICATES) -> Ints:
        """Positions of pairs, likely ones more often: int64 (draws,)."""
        return np.asarray(generator.choice(len(self._rows), draws, p=self.likelihoods(counts)), np.int64)

    def allot(self, picks: Ints, readings: Reals) -> Reals:
        """Shares of what people say, (P, 7), given shares of readings (P, 8) or of probabilities (P, 7), by its pair.

        Steps of expectation maximisation: what is found follows the readings and slowly forgets the pair's shares.
        """
        found, rows = self._shares[picks], self._rows[picks]
        if readings.shape[-1] == len(EXPRESSIONS):
            rows = rows @ self._worth
        for _ in range(STEPS):
            read = np.matmul(found[:, None, :], rows)[:, 0]
            found = found * np.matmul(rows, (readings / np.maximum(read, _TINY))[:, :, None])[:, :, 0]
        return np.asarray(found, np.float64)

    def expect(self, counts: Reals, readings: Reals) -> Reals:
        """Mean shares (7,) of what people say of readings (8,), given all readings of the camera, counts (8,)."""
        likely = self.likelihoods(counts)
        picks = np.flatnonzero(likely > likely.max() * _TINY)
        found = self.allot(picks, np.broadcast_to(to_shares(readings), (len(picks), len(readings))))
        return np.asarray(likely[picks] @ found)


def _dirichlet(weights: Reals, generator: Generator) -> Reals:
    """A draw for each row of weights (..., K)."""
    gammas = generator.standard_gamma(weights) + _TINY
    return np.asarray(gammas / gammas.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, eq=False)
class Readers:
    """The cameras of a report, each with how it may misread. Drawn once, so that differences between groups are joint.

    Attributes:
        of_video: int64 (V,), the camera of each video.
        counts: float64 (C, 8), all readings of each camera by label.
        responses: what is known of each camera; None where its model counted no confusions. Cameras of which the same
            is known hold the same object.
        corrects: whether shares are corrected of cameras with `MIN_ANSWERS`, as that was shown to help.
    """

    of_video: Ints
    counts: Reals
    responses: tuple[Response | None, ...]
    corrects: bool = False

    @cached_property
    def _pools(self) -> dict[Response, Pool]:
        distinct = [one for one in dict.fromkeys(self.responses) if one]
        return {one: Pool(one, AUDITED_POOL if one.answers else POOL) for one in distinct}

    @cached_property
    def _picks(self) -> tuple[tuple[Ints, Ints] | None, ...]:
        """For each camera the pairs of its own, and those in which some are the same for all that are known alike."""
        common = {one: self._common(one) for one in dict.fromkeys(self.responses) if one}
        return tuple(self._pick(camera, common) for camera in range(len(self.responses)))

    def _common(self, response: Response) -> Ints:
        alike = [one is response for one in self.responses]
        return self._pools[response].pick(self.counts[alike].sum(axis=0), np.random.default_rng(SEED))

    def _pick(self, camera: int, common: dict[Response, Ints]) -> tuple[Ints, Ints] | None:
        response = self.responses[camera]
        if response is None:
            return None
        generator = np.random.default_rng((SEED, camera))
        own = self._pools[response].pick(self.counts[camera], generator)
        is_shared = generator.random(REPLICATES) < SHARED
        return own, own if response.answers else np.where(is_shared, common[response], own)

    def draw(self, cameras: Sequence[int], totals: Sequence[Reals]) -> Reals | None:
        """Shares of what people would call the faces of a group: (REPLICATES, 7), each row by another draw.

        Args:
            cameras: those that have faces in the group.
            totals: for each of them its readings by label, (REPLICATES, 8), or its sums of probabilities,
                (REPLICATES, 7); resampled or each time the same.

        Returns:
            None if nothing is known of one of the cameras.
        """
        found = np.zeros((REPLICATES, len(EXPRESSIONS)))
        for camera, readings in zip(cameras, totals, strict=True):
            response, picks = self.responses[camera], self._picks[camera]
            if response is None or picks is None:
                return None
            own = picks[0] if len(cameras) == 1 else picks[1]
            shares = self._pools[response].allot(own, to_shares(readings))
            found += readings.sum(axis=1, keepdims=True) * shares
        return to_shares(found)

    def correct(self, cameras: Sequence[int], counts: Sequence[Reals]) -> Reals | None:
        """Corrected shares (7,) of a group all of whose cameras have `MIN_ANSWERS`; None for others.

        Args:
            cameras: those that have faces in the group.
            counts: for each of them its readings by label, (8,).
        """
        if not self.corrects:
            return None
        found = np.zeros(len(EXPRESSIONS))
        for camera, readings in zip(cameras, counts, strict=True):
            response = self.responses[camera]
            if response is None or response.answers < MIN_ANSWERS:
                return None
            found += readings.sum() * self._pools[response].expect(self.counts[camera], readings)
        return to_shares(found)
