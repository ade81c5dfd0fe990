"""The heads of seven, learned anew on the frozen features of a network that is trained already.

Weights that were averaged have features of their own, which no head of the averaged runs was learned on. A head with a
hidden layer on frozen features also keeps what a linear one must give up (Kumar et al., "Fine-Tuning can Distort
Pretrained Features and Underperform Out-of-Distribution", ICLR 2022).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import DataError, SettingError
from pipeline.expressions import EXPRESSION_HEAD, LABELS_HEAD
from pipeline.models.folder import find_model
from pipeline.records import EXPRESSIONS

from ..data.faces import TRAINING
from .augment import CALM_VIEWS, VIEWS, augment
from .reading_head import Pooled
from .targets import all_answers, identify

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats

    from ..data.faces import LabelledFaces
    from .augment import Augmentation
    from .runs import FinishedRun

HIDDEN = 256
"""Units of the head for expressions between features and logits."""

EPOCHS, BATCH, RATE, DROPOUT = 4, 256, 1.5e-3, 0.25
"""Over all views of all faces; the rate of Adam falls to zero along a cosine."""


def learn_heads(run: FinishedRun, data: LabelledFaces, hidden: int = HIDDEN) -> FinishedRun:
    """A run whose expression head learned votes on its frozen features, and whose labels' head learned labels.

    Each face is seen four times: as it is, in calm views, and in those of training.

    Args:
        run: a finished run that learned votes, or the mean of several.
        data: its faces, with the votes of their annotators.
        hidden: units between features and expressions; 0 for none.

    Raises:
        SettingError: the run learned labels alone.
        DataError: a teacher of the run is not the model of its name any more.
    """
    if run.settings.target != "votes":
        raise SettingError("target", "a run that learned votes, for heads of their own", run.settings.target)
    training = data.split(TRAINING)
    wanted = all_answers(training, run.settings, _teachers(run))
    pooled = Pooled(run)
    ways = (VIEWS["none"], CALM_VIEWS[run.settings.views], *[VIEWS[run.settings.views]] * 2)
    features = np.stack([_see(pooled, run, training, way, at) for at, way in enumerate(ways)])
    seven = len(EXPRESSIONS)
    heads = _fit(EXPRESSION_HEAD, features, wanted[:, :seven], hidden, run.settings.seed)
    # Labels of a web search are learned from pictures near to what it found: damage would teach them nothing.
    heads |= _fit(LABELS_HEAD, features[:2], wanted[:, seven:], 0, run.settings.seed)
    kept = {name: array for name, array in run.weights.items() if not name.startswith((EXPRESSION_HEAD, LABELS_HEAD))}
    options = {name: value for name, value in run.settings.options.items() if name != "hidden"}
    return replace(
        run,
        weights=kept | heads,
        settings=replace(run.settings, options=options | ({"hidden": hidden} if hidden else {})),
        notes=(*run.notes, "Both heads of seven were learned anew on the frozen features of the averaged weights."),
    )


def _see(pooled: Pooled, run: FinishedRun, training: LabelledFaces, way: Augmentation, at: int) -> Floats:
    random = np.random.default_rng((run.settings.seed, at))
    return pooled.see_views(augment(training.faces, run.settings.crop_px, random, way))


def _teachers(run: FinishedRun) -> Sequence[StoredModel]:
    found = [find_model(name.split("@", maxsplit=1)[0]) for name in run.settings.teachers]
    for name, model in zip(run.settings.teachers, found, strict=True):
        if "@" in name and identify(model) != name:
            raise DataError(f"{run.folder}: expected its teacher {name}; the model of that name is now another one.")
    return found


def _fit(name: str, features: Floats, wanted: Floats, hidden: int, seed: int) -> dict[str, Floats]:
    """Learn a head by cross-entropy.

    Args:
        name: of its layer.
        features: (V, N, F), of V views.
        wanted: (N, 7); a row's sum is how much the face weighs.
        hidden: units of a hidden layer; 0 for none.
        seed: of its first weights and of the order.

    Returns:
        Its arrays by `layer/weight`, for features as they are.
    """
    import keras

    keras.utils.set_random_seed(seed)
    # A feature that hardly ever moves gets no weights that half precision could not hold.
    middle, spread = features[0].mean(axis=0), features[0].std(axis=0)
    spread = np.maximum(spread, 0.01 * spread.mean())
    seen = ((features - middle) / spread).reshape(-1, features.shape[-1])
    weights = wanted.sum(axis=1)
    shares = wanted / np.maximum(weights, 1e-6)[:, None]
    layers: list[Any] = [keras.Input((features.shape[-1],))]
    if hidden:
        layers.append(keras.layers.Dense(hidden, "relu", kernel_initializer="he_normal"))
    layers += [keras.layers.Dropout(DROPOUT), keras.layers.Dense(len(EXPRESSIONS))]
    head = keras.Sequential(layers)
    steps = EPOCHS * -(-len(seen) // BATCH)
    head.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    views = len(features)
    head.fit(
        seen, np.tile(shares, (views, 1)), BATCH, EPOCHS, verbose=0, sample_weight=np.tile(weights, views)
    )  # fmt: skip
    return _arrays(name, head, middle, spread)


def _arrays(name: str, head: keras.Sequential, middle: Floats, spread: Floats) -> dict[str, Floats]:
    """What was learned on standardised features, said of features as they are."""
    dense = [layer.get_weights() for layer in head.layers if layer.get_weights()]
    kernel, bias = dense[0]
    dense[0] = [kernel / spread[:, None], bias - (middle / spread) @ kernel]
    names = [name] if len(dense) == 1 else [f"{name}_hidden", name]
    return {
        f"{layer}/{part}": np.asarray(array, np.float32)
        for layer, arrays in zip(names, dense, strict=True)
        for part, array in zip(("kernel", "bias"), arrays, strict=True)
    }
