"""The head for expressions learned anew on frozen features, with a hidden layer: what a few epochs leave undone.

The network is run over a few views of each face once; the head then sees them again and again for next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.calibration import softmax
from pipeline.errors import SettingError

from ..data.faces import TRAINING
from ..data.votes import crowd_shares
from .augment import CALM_VIEWS, VIEWS, augment
from .features import Features

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.records import Floats

    from ..data.faces import LabelledFaces
    from .runs import FinishedRun

HEAD, HIDDEN_LAYER = "expression", "expression_hidden"

RATE_OF_MEAN, RATE_OF_SQUARE, SMALL = 0.9, 0.999, 1e-8
"""Of Adam (Kingma and Ba 2015)."""


@dataclass(frozen=True, slots=True)
class HeadSettings:
    """How a head is learned.

    Attributes:
        hidden: units between features and expressions.
        views: of each face; all but the last are random ones of the run, every other of them calm, the last is plain.
        epochs: passes over all views.
        batch: faces a step.
        rate: highest rate of Adam, which falls as a cosine to zero.
        decay: of the kernels, added to their slopes.
        dropout: share of hidden units dropped.
    """

    hidden: int = 256
    views: int = 4
    epochs: int = 4
    batch: int = 256
    rate: float = 1.5e-3
    decay: float = 2e-5
    dropout: float = 0.25


def learn_expressions(run: FinishedRun, data: LabelledFaces, how: HeadSettings | None = None) -> FinishedRun:
    """A run whose head for expressions has a hidden layer and has learned anew what people call its faces.

    Args:
        run: a finished run that learned votes.
        data: its faces, with votes or labels that people gave.
        how: settings of the head.

    Raises:
        SettingError: the run learned labels, or its architecture has no features that heads could stand on.
    """
    if run.settings.target != "votes":
        raise SettingError("heads", "a run that learned `target` votes", f"{run.folder}, which learned labels")
    how = how or HeadSettings()
    training, features = data.split(TRAINING), Features(run, "heads")
    said = crowd_shares(training, run.settings.classes)
    seen = np.stack([features.of_views(views).astype(np.float16) for views in _draw_views(run, training, how)])
    layers = fit(seen, said, how, run.settings.seed)
    names = [f"{layer}/{name}" for layer in (HIDDEN_LAYER, HEAD) for name in ("kernel", "bias")]
    weights = {**run.weights, **dict(zip(names, layers, strict=True))}
    settings = replace(run.settings, options=run.settings.options | {"hidden": how.hidden})
    note = (
        f"The head for expressions was learned anew on the frozen features of {how.views} views of each Training face, "
        f"with a hidden layer of {how.hidden} units ({how.epochs} passes)."
    )
    return replace(run, weights=weights, settings=settings, notes=(*run.notes, note))


def _draw_views(run: FinishedRun, training: LabelledFaces, how: HeadSettings) -> Iterator[Floats]:
    """Grey levels, float32 (N, C, C), of all faces, as often as there are views."""
    for number in range(how.views):
        drawn = (CALM_VIEWS if number % 2 else VIEWS)[run.settings.views if number < how.views - 1 else "none"]
        yield augment(training.faces, run.settings.crop_px, np.random.default_rng((run.settings.seed, number)), drawn)


def fit(seen: NDArray[np.float16], said: Floats, how: HeadSettings, seed: int = 0) -> list[Floats]:
    """Hidden kernel (F, H) and bias (H,), kernel (H, 7) and bias (7,), for features as they are.

    Args:
        seen: features of each view of each face, (V, N, F).
        said: (N, 7), what is to be learned of each face; a row's sum is what the face weighs.
        how: settings.
        seed: of first weights, order and dropout.
    """
    random = np.random.default_rng(seed)
    plain = seen[-1].astype(np.float32)
    middle, spread = plain.mean(axis=0), plain.std(axis=0)
    spread = np.maximum(spread, 0.01 * spread.mean())
    layers = _begin(seen.shape[2], how.hidden, said.shape[1], random)
    adam = _Adam(layers, how, steps=how.epochs * len(seen) * (len(said) // min(how.batch, len(said))))
    for view, rows in _order(seen, how, random):
        kept = (random.random((len(rows), how.hidden)) > how.dropout) / np.float32(1 - how.dropout)
        slopes = _slopes(layers, (seen[view, rows] - middle) / spread, said[rows], kept.astype(np.float32))
        adam.step(slopes)
    kernel, bias, *last = layers
    return [kernel / spread[:, None], bias - (middle / spread) @ kernel, *last]


def _begin(features: int, hidden: int, classes: int, random: np.random.Generator) -> list[Floats]:
    """First weights (He et al. 2015), those of the logits at half the scale."""
    kernels = [
        random.normal(0, np.sqrt(2 / features), (features, hidden)),
        random.normal(0, np.sqrt(0.5 / hidden), (hidden, classes)),
    ]
    return [np.asarray(array, np.float32) for kernel in kernels for array in (kernel, np.zeros(kernel.shape[1]))]


def _order(
    seen: NDArray[np.float16], how: HeadSettings, random: np.random.Generator
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The view and the rows of each step."""
    views, faces, _ = seen.shape
    batch = min(how.batch, faces)
    for _ in range(how.epochs):
        for view in random.permutation(views):
            rows = random.permutation(faces)
            for at in range(0, faces - batch + 1, batch):
                yield int(view), rows[at : at + batch]


def _slopes(layers: list[Floats], features: Floats, said: Floats, kept: Floats) -> list[Floats]:
    """Slopes of the mean weighted cross-entropy by each array."""
    kernel, bias, last, last_bias = layers
    hidden = np.maximum(features @ kernel + bias, 0) * kept
    away = said.sum(axis=1, keepdims=True) * softmax(hidden @ last + last_bias) - said
    away /= np.float32(len(said))
    back = (away @ last.T) * kept * (hidden > 0)
    return [features.T @ back, back.sum(axis=0), hidden.T @ away, away.sum(axis=0)]


class _Adam:
    """Arrays that are changed in place, with running means of their slopes."""

    def __init__(self, arrays: list[Floats], how: HeadSettings, steps: int) -> None:
        self._arrays, self._how, self._steps, self._taken = arrays, how, steps, 0
        self._means = [np.zeros_like(array) for array in arrays]
        self._squares = [np.zeros_like(array) for array in arrays]

    def step(self, slopes: list[Floats]) -> None:
        """Move every array along its slope, decay included."""
        rate = self._how.rate * 0.5 * (1 + np.cos(np.pi * self._taken / self._steps))
        self._taken += 1
        for array, slope, mean, square in zip(self._arrays, slopes, self._means, self._squares, strict=True):
            moved = slope + self._how.decay * array if array.ndim > 1 else slope
            mean[:] = RATE_OF_MEAN * mean + (1 - RATE_OF_MEAN) * moved
            square[:] = RATE_OF_SQUARE * square + (1 - RATE_OF_SQUARE) * moved**2
            size = np.sqrt(square / (1 - RATE_OF_SQUARE**self._taken)) + SMALL
            array[:] = array - rate * mean / (1 - RATE_OF_MEAN**self._taken) / size
