"""The head that says what can be read: is this a face at all, and could people say an expression from it?

Two logits on the frozen pooled features of a network that is trained already, by logistic regression on what
`retrain.training.reading` draws.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline import networks
from pipeline.errors import SettingError
from pipeline.inference import runtime
from pipeline.networks.weights import fold, load_arrays
from pipeline.preprocessing import centre_view, scale_pixels

from ..data.faces import PUBLIC_TEST, TRAINING, LabelledFaces
from .reading import draw_examples

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from pipeline.records import Floats, Image

    from .reading import Examples
    from .runs import FinishedRun

    Doubles: TypeAlias = NDArray[np.float64]
    Flags: TypeAlias = NDArray[np.bool_]

READING_HEAD = "reading"

VIEWS = 12_000
"""Pictures of each of three kinds: readable, faces beyond reading, no faces."""

PENALTY = 1e-3
"""Of the squared coefficients, for features with deviation 1."""


def learn_reading(run: FinishedRun, data: LabelledFaces, nobody: Image, views: int = VIEWS) -> FinishedRun:
    """A run whose weights have the head, with a note on what it was shown and how well it tells.

    Args:
        run: a finished run; nothing else of it is changed.
        data: its faces, with the votes of their annotators.
        nobody: squares without a face, uint8 (M, 48, 48); may be empty.
        views: pictures of each kind.

    Raises:
        SettingError: the architecture has no such head.
        DataError: the data has no votes.
    """
    if run.settings.arch != "vgg-face":
        raise SettingError(READING_HEAD, "`arch` vgg-face, which has a head for it", run.settings.arch)
    learned = draw_examples(data.split(TRAINING), nobody, views, run.settings.seed)
    held_out = draw_examples(data.split(PUBLIC_TEST), nobody, max(1, views // 10), run.settings.seed + 1)
    pooled = Pooled(run)
    features = pooled.see(learned.pictures)
    heads = [fit(features, wanted) for wanted in (learned.readable, learned.face)]
    kernel = np.stack([coefficients for coefficients, _ in heads], axis=1).astype(np.float32)
    bias = np.array([intercept for _, intercept in heads], np.float32)
    logits = pooled.see(held_out.pictures) @ kernel + bias
    weights = {**run.weights, f"{READING_HEAD}/kernel": kernel, f"{READING_HEAD}/bias": bias}
    return replace(run, weights=weights, notes=(*run.notes, _describe(learned, held_out, logits, len(nobody))))


def _describe(learned: Examples, held_out: Examples, logits: Floats, nobody: int) -> str:
    faces = held_out.face
    readable = area_under_curve(logits[faces, 0], held_out.readable[faces])
    face = area_under_curve(logits[:, 1], faces)
    return (
        "What can be read is judged by a head on the frozen features. It learned from "
        f"{len(learned.pictures):,} views: Training faces as they are, mildly spoilt and spoilt beyond reading, drawn "
        f"clutter, and squares of footage without faces ({nobody:,}). On {len(held_out.pictures):,} views of "
        f"PublicTest faces and clutter drawn alike, the area under its curve is {readable:.3f} for readable faces "
        f"among faces, and {face:.3f} for faces."
    )


class Pooled:
    """The features that a run's heads stand on."""

    def __init__(self, run: FinishedRun) -> None:
        """Compile the network without its heads."""
        import keras

        runtime.silence()
        self._settings = run.settings
        network = networks.build(run.settings.arch, run.settings.layout)
        load_arrays(network, run.weights)
        headless = keras.Model(network.input, network.get_layer("pooled").output)
        self._run = runtime.compile_network(fold(headless), runtime.choose_device("auto"))

    def see(self, pictures: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48) → features, float32 (N, F)."""
        seen = scale_pixels(centre_view(pictures, self._settings.crop_px), self._settings.pixels)
        return runtime.run_padded(self._run, seen, 64)[0]


def fit(features: Floats, wanted: Flags) -> tuple[Doubles, float]:
    """Logistic regression with a small penalty: coefficients (F,) and intercept for features as they are, (N, F)."""
    from scipy.optimize import minimize

    known = features.astype(np.float64)
    middle, spread = known.mean(axis=0), known.std(axis=0) + 1e-6
    scaled = (known - middle) / spread

    def loss(values: Doubles) -> tuple[float, Doubles]:
        logits = scaled @ values[:-1] + values[-1]
        away = 1 / (1 + np.exp(-logits)) - wanted
        entropy = (np.logaddexp(0, logits) - wanted * logits).mean() + PENALTY * (values[:-1] ** 2).sum()
        slope = scaled.T @ away / len(away) + 2 * PENALTY * values[:-1]
        return float(entropy), np.append(slope, away.mean())

    start = np.zeros(features.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    kernel = found[:-1] / spread
    return kernel, float(found[-1] - (kernel * middle).sum())


def area_under_curve(scores: Floats, positive: Flags) -> float:
    """How often a positive has a higher score than another one (Mann and Whitney 1947); 0.5 where a kind is missing."""
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return 0.5
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / count / others)
