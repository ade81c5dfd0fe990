"""The head that says what can be read: is this a face at all, and could people say an expression from it?

Two logits on the frozen pooled features of a network that is trained already, fitted on what `retrain.training.reading`
draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pipeline import networks
from pipeline.errors import SettingError
from pipeline.inference import runtime
from pipeline.networks.vgg_face import BLOCKS, read_features
from pipeline.networks.weights import fold, load_arrays
from pipeline.preprocessing import centre_view, scale_pixels

from ..data.faces import PUBLIC_TEST, TRAINING, LabelledFaces
from .reading import draw_examples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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

HIDDEN = 0
"""Units between features and logits: with 64 the head knew drawn views better and rated shop faces worse (area under
the curve of readable among faces 0.82 to 0.88 against 0.89)."""

STANDS_ON = 2
"""Last blocks of the network whose mean features the head stands on. With the last one alone, the area under the curve
of readable among rated shop faces was 0.90, with two 0.93 (the head having seen drawn views only)."""

PENALTY = 1e-2
"""Of the squared coefficients, for features with deviation 1."""

STEPS = 300
"""Of the fit, at most."""


def learn_reading(
    run: FinishedRun, data: LabelledFaces, nobody: Image, views: int = VIEWS, hidden: int = HIDDEN
) -> FinishedRun:
    """A run whose weights have the head, with a note on what it was shown and how well it tells.

    Args:
        run: a finished run; nothing else of it is changed.
        data: its faces, with the votes of their annotators.
        nobody: squares without a face, uint8 (M, 48, 48); may be empty.
        views: pictures of each kind.
        hidden: units between features and logits; 0 for none.

    Raises:
        SettingError: the architecture has no such head.
        DataError: the data has no votes.
    """
    if run.settings.arch != "vgg-face":
        raise SettingError(READING_HEAD, "`arch` vgg-face, which has a head for it", run.settings.arch)
    learned = draw_examples(data.split(TRAINING), nobody, views, run.settings.seed)
    held_out = draw_examples(data.split(PUBLIC_TEST), nobody, max(1, views // 10), run.settings.seed + 1)
    pooled = Pooled(run, STANDS_ON)
    head = fit(pooled.see(learned.pictures), learned.wanted, hidden, run.settings.seed)
    logits = head.answer(pooled.see(held_out.pictures))
    kept = {name: array for name, array in run.weights.items() if not name.startswith(READING_HEAD)}
    return replace(
        run,
        weights=kept | head.arrays(),
        notes=(*run.notes, _describe(learned, held_out, logits, len(nobody))),
    )


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


def reading_options(weights: Mapping[str, Floats]) -> dict[str, int | bool]:
    """The architecture's options for the head of some weights; none where they have no such head."""
    if f"{READING_HEAD}/kernel" not in weights:
        return {}
    hidden = weights.get(f"{READING_HEAD}_hidden/kernel")
    features = (weights[f"{READING_HEAD}/kernel"] if hidden is None else hidden).shape[0]
    widths = [weights[f"block{block}_conv{count}/kernel"].shape[-1] for block, (_, count) in enumerate(BLOCKS, 1)]
    blocks = next(count for count in range(1, len(BLOCKS) + 1) if sum(widths[-count:]) >= features)
    units = True if hidden is None else int(hidden.shape[1])
    return {READING_HEAD: units} | ({"reading_blocks": blocks} if blocks > 1 else {})


class Pooled:
    """The features that a run's heads stand on: of the last block, or of as many as the head for reading takes."""

    def __init__(self, run: FinishedRun, blocks: int = 1) -> None:
        """Compile the network without its heads."""
        import keras

        runtime.silence()
        self._settings = run.settings
        network = networks.build(run.settings.arch, run.settings.layout)
        load_arrays(network, run.weights)
        headless = keras.Model(network.input, read_features(network, blocks))
        self._run = runtime.compile_network(fold(headless), runtime.choose_device("auto"))

    def see(self, pictures: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48) → features, float32 (N, F)."""
        return self.see_views(centre_view(pictures, self._settings.crop_px))

    def see_views(self, views: Image | Floats) -> Floats:
        """Grey levels of views (N, C, C), as the run was trained on → features, float32 (N, F)."""
        return runtime.run_padded(self._run, scale_pixels(views, self._settings.pixels), 64)[0]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Two logits of features (N, F): `kernel` (H, 2) and `bias` (2,) behind `hidden` units, or on the features."""

    kernel: Floats
    bias: Floats
    hidden: tuple[Floats, Floats] | None = None

    def answer(self, features: Floats) -> Floats:
        """Logits of a readable face and of a face, (N, 2)."""
        if self.hidden:
            features = np.maximum(features @ self.hidden[0] + self.hidden[1], 0)
        return np.asarray(features @ self.kernel + self.bias, np.float32)

    def arrays(self) -> dict[str, Floats]:
        """By `layer/weight`, as `pipeline.networks.vgg_face` names them."""
        layers = {READING_HEAD: (self.kernel, self.bias)} | (
            {f"{READING_HEAD}_hidden": self.hidden} if self.hidden else {}
        )
        return {
            f"{layer}/{name}": array
            for layer, arrays in layers.items()
            for name, array in zip(("kernel", "bias"), arrays, strict=True)
        }


def fit(features: Floats, wanted: Flags, hidden: int = 0, seed: int = 0, *, penalty: float = PENALTY) -> Head:
    """Logistic regression with a small penalty, without or with a layer of rectified units before it.

    Args:
        features: (N, F), as they are.
        wanted: (N, 2), which logits should be above zero: readable, which is only asked of faces, and a face.
        hidden: units of that layer; 0 for none.
        seed: of its first weights.
        penalty: of the squared coefficients.
    """
    from scipy.optimize import minimize

    known = features.astype(np.float64)
    # A feature that hardly ever moves gets no coefficient that half precision could not hold.
    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread = np.maximum(spread, 0.01 * spread.mean())
    shapes = _shapes(known.shape[1], hidden)
    random = np.random.default_rng(seed)
    start = [random.normal(0, np.sqrt(2 / shape[0]), shape) if hidden else np.zeros(shape) for shape in shapes]
    flat = np.concatenate([np.append(kernel.ravel(), np.zeros(kernel.shape[1])) for kernel in start])
    found = minimize(
        partial(_loss, penalty=penalty), flat,
        args=((known - middle) / spread, wanted.astype(np.float64), _asked(wanted), shapes),
        jac=True, method="L-BFGS-B", options={"maxiter": STEPS},
    ).x  # fmt: skip
    (kernel, bias), *rest = _layers(found, shapes)
    # What was fitted on standardised features is said of features as they are.
    kernel, bias = kernel / spread[:, None], bias - (middle / spread) @ kernel
    first, *last = [(np.asarray(one, np.float32), np.asarray(two, np.float32)) for one, two in ((kernel, bias), *rest)]
    return Head(*last[0], hidden=first) if last else Head(*first)


def _asked(wanted: Flags) -> Doubles:
    """How much each answer counts, (N, 2).

    Clutter is easily told from readable faces, spoilt faces are not: a head that must do both does the latter worse.
    """
    return np.stack([wanted[:, 1] / max(wanted[:, 1].mean(), 1e-9), np.ones(len(wanted))], axis=1)


def _shapes(features: int, hidden: int) -> list[tuple[int, int]]:
    return [(features, hidden), (hidden, 2)] if hidden else [(features, 2)]


def _layers(flat: Doubles, shapes: Sequence[tuple[int, int]]) -> list[tuple[Doubles, Doubles]]:
    """Kernel and bias of each layer out of one vector."""
    layers, at = [], 0
    for rows, columns in shapes:
        middle = at + rows * columns
        layers.append((flat[at:middle].reshape(rows, columns), flat[middle : middle + columns]))
        at = middle + columns
    return layers


def _loss(
    flat: Doubles,
    features: Doubles,
    wanted: Doubles,
    asked: Doubles,
    shapes: Sequence[tuple[int, int]],
    *,
    penalty: float,
) -> tuple[float, Doubles]:
    """Mean cross-entropy with the penalty, and its slope."""
    layers = _layers(flat, shapes)
    inputs = [features]
    for kernel, bias in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ kernel + bias, 0))
    logits = inputs[-1] @ layers[-1][0] + layers[-1][1]
    entropy = (asked * (np.logaddexp(0, logits) - wanted * logits)).sum(axis=1).mean()
    back = asked * (0.5 * (1 + np.tanh(logits / 2)) - wanted) / len(features)
    slopes: list[Doubles] = []
    for (kernel, _), seen in zip(reversed(layers), reversed(inputs), strict=True):
        slopes = [np.append(seen.T @ back + 2 * penalty * kernel, back.sum(axis=0)), *slopes]
        back = (back @ kernel.T) * (seen > 0)
    size = sum(float((kernel**2).sum()) for kernel, _ in layers)
    return float(entropy) + penalty * size, np.concatenate(slopes)


def area_under_curve(scores: Floats, positive: Flags) -> float:
    """How often a positive has a higher score than another one (Mann and Whitney 1947); 0.5 where a kind is missing."""
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return 0.5
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / count / others)
