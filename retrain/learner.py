"""What learns: a network, its moving average, an optimizer, and one compiled step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import networks
from pipeline.emotions import centre_view, scale_pixels
from pipeline.networks.weights import named_arrays
from pipeline.records import EMOTIONS

from .datasets import VOTE_COLUMNS, LabelledFaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    import tensorflow as tf
    from numpy.typing import NDArray

    from pipeline.records import Floats

    from .datasets import Labels
    from .settings import TrainSettings

HEADS = ("expression/", "votes/", "labels/")
"""Beginnings of the names of weights that a new task replaces."""


def rate_at(settings: TrainSettings, step: int, steps: int) -> float:
    """Learning rate of a step of all `steps`, counted from 0.

    `cosine` rises in a line while warming up and falls as a cosine to zero (Loshchilov and Hutter 2017); `cooldown`
    falls so in the second half only (Hägele et al. 2024, section 3); `constant` never does.
    """
    if settings.schedule == "constant":
        return settings.peak_rate
    warmup = math.ceil(settings.warmup * steps)
    if step < warmup:
        return settings.peak_rate * (step + 1) / warmup
    falls = max(warmup, steps // 2) if settings.schedule == "cooldown" else warmup
    return settings.peak_rate * 0.5 * (1 + math.cos(math.pi * max(0, step - falls) / max(1, steps - falls)))


def weighted_loss(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross-entropy with targets that sum to what their face weighs, (N, C) each; a row of zeros adds nothing.

    The gradient of such rows has to be weighted, too: TensorFlow takes every row of targets to sum to 1, and gives a
    row of zeros the gradient softmax(logits), which drives all logits down for ever and in the end the network with
    them.
    """
    import tensorflow as tf

    weights = tf.reduce_sum(targets, 1)
    shares = tf.math.divide_no_nan(targets, weights[:, None])
    return tf.reduce_mean(weights * tf.nn.softmax_cross_entropy_with_logits(shares, logits))


class Learner:
    """Everything that changes while training."""

    def __init__(self, settings: TrainSettings, steps: int, *, with_votes: bool, base: Mapping[str, Floats]) -> None:
        """Build the network and its average; weights of `base` that fit by name and shape are taken over.

        A base that has learned labels alone gives its expression head to the labels' head, too.
        """
        import keras
        import tensorflow as tf

        keras.utils.set_random_seed(settings.seed)
        self.settings, self.with_votes, self._steps = settings, with_votes, steps * settings.epochs
        self.network = self._build(settings.precision)
        self.average = self._build("float32")
        learned = {name.replace("expression/", "labels/"): array for name, array in base.items()}
        _take_over(self.network, learned | dict(base))
        self.average.set_weights(self.network.get_weights())
        self.optimizer = _optimizer(settings)
        self.optimizer.build(self.network.trainable_variables)
        self._whole = tf.function(self._step, reduce_retracing=True)
        self._head = tf.function(self._head_step, reduce_retracing=True)
        # Expressions that are not trained never win.
        self._mask = np.array([0.0 if name in settings.classes else -1e9 for name in EMOTIONS], np.float32)

    def _build(self, precision: str) -> keras.Model:
        import keras

        heads: dict[str, Any] = {}
        self.with_votes = self.with_votes and self.settings.arch == "vgg-face"
        if self.with_votes:
            heads["votes"] = len(VOTE_COLUMNS)
        if self.settings.target == "votes":
            heads["labels"] = True
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
        try:
            return networks.build(self.settings.arch, self.settings.options | heads, training=True)
        finally:
            keras.config.set_dtype_policy(before)

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimizer.learning_rate.numpy())

    def learn(
        self, views: Floats, labels: Labels, targets: Floats, votes: Floats, *, at: int, head_only: bool
    ) -> tuple[float, float]:
        """Take step number `at`; gives the mean loss and the number of faces that were right before it.

        Args:
            views: (B, C, C, 1), scaled as the settings say.
            labels: (B,), which count as right.
            targets: (B, 7) or (B, 14), the probabilities to be learned by each head of seven (`targets.all_answers`).
            votes: (B, 8), shares of FER+ votes.
            at: the step within the whole run.
            head_only: leave all but the heads as they are.
        """
        self.optimizer.learning_rate.assign(rate_at(self.settings, at, self._steps))
        step = self._head if head_only else self._whole
        loss, right = step(views, labels, targets, votes)
        return float(loss), float(right)

    def _step(self, *batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self._descend(batch, self.network.trainable_variables, training=True)

    def _head_step(self, *batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Only the heads move; normalisation uses the base's own averages."""
        heads = [variable for variable in self.network.trainable_variables if variable.path.startswith(HEADS)]
        return self._descend(batch, heads, training=False)

    def _descend(
        self,
        batch: tuple[tf.Tensor, ...],
        variables: list[keras.Variable],
        *,
        training: bool,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        import tensorflow as tf

        views, labels, targets, votes = batch
        with tf.GradientTape() as tape:
            said = self._answer(self.network, views, training=training)
            logits = said["expression"]
            loss = weighted_loss(targets[:, : len(EMOTIONS)], logits)
            if "votes" in said:
                loss += self.settings.votes_weight * weighted_loss(votes, said["votes"])
            if "labels" in said:
                loss += self.settings.labels_weight * weighted_loss(targets[:, len(EMOTIONS) :], said["labels"])
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), self.settings.clip)
        decayed = [
            gradient + self.settings.weight_decay * variable if variable.path.endswith("kernel") else gradient
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
        self.optimizer.apply(decayed, variables)
        self._update_average()
        right = tf.reduce_sum(tf.cast(tf.argmax(logits, 1) == labels, tf.float32))
        return loss, right

    def _answer(self, network: keras.Model, views: tf.Tensor | Floats, *, training: bool) -> dict[str, tf.Tensor]:
        """Logits of each head by its name, float32 (B, C)."""
        import tensorflow as tf

        outputs = network(views, training=training)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        names = ["expression", *["votes"] * self.with_votes, *["labels"] * (self.settings.target == "votes")]
        said = {name: tf.cast(output, tf.float32) for name, output in zip(names, outputs, strict=True)}
        return {name: logits if name == "votes" else logits + self._mask for name, logits in said.items()}

    def _update_average(self) -> None:
        import tensorflow as tf

        taken = tf.cast(self.optimizer.iterations, tf.float32)
        decay = tf.minimum(self.settings.ema_decay, (1 + taken) / (10 + taken))
        for mean, weight in zip(self.average.weights, self.network.weights, strict=True):
            mean.assign(decay * mean + (1 - decay) * weight)

    def accuracy(self, data: LabelledFaces) -> float:
        """Share of faces that the moving average gets right in their centre view."""
        return float((self.answers(data)["expression"] == data.labels).mean())

    def answers(self, data: LabelledFaces) -> dict[str, Labels]:
        """Most probable class of each face in its centre view, (N,), by each head of the moving average."""
        found, batch = [], min(512, 4 * self.settings.batch)  # networks for large pictures have small batches
        for at in range(0, len(data), batch):
            seen = centre_view(data.faces[at : at + batch], self.settings.crop_px)
            said = self._answer(self.average, scale_pixels(seen, self.settings.pixels), training=False)
            found.append({head: np.asarray(logits).argmax(axis=1) for head, logits in said.items()})
        return {head: np.concatenate([part[head] for part in found]) for head in found[0]}

    def averaged(self) -> dict[str, Floats]:
        """The moving average by `layer/weight`."""
        return named_arrays(self.average)

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {
            f"{group}/{number}": value.numpy()
            for group, values in self._groups().items()
            for number, value in enumerate(values)
        }

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a checkpoint."""
        for group, values in self._groups().items():
            for number, value in enumerate(values):
                value.assign(saved[f"{group}/{number}"])

    def _groups(self) -> dict[str, list[keras.Variable]]:
        # The learning rate follows from the step; dropout's random state does not.
        learned = {id(weight) for weight in self.network.weights}
        return {
            "network": self.network.weights,
            "average": self.average.weights,
            "random": [variable for variable in self.network.variables if id(variable) not in learned],
            "sgd": [variable for variable in self.optimizer.variables if "learning_rate" not in variable.path],
        }


def _optimizer(settings: TrainSettings) -> keras.optimizers.Optimizer:
    import keras

    if settings.optimizer == "adam":
        return keras.optimizers.Adam(settings.peak_rate)
    return keras.optimizers.SGD(settings.peak_rate, momentum=0.9, nesterov=True)


def _take_over(network: keras.Model, base: Mapping[str, Floats]) -> None:
    for weight in network.weights:
        array = base.get(weight.path)
        if array is not None and array.shape == tuple(weight.shape):
            weight.assign(array)
