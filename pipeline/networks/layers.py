"""Layers that compute what Keras' do, faster; import it where a network is built, as it imports Keras."""

from __future__ import annotations

from typing import Any

import keras

FUSED_DTYPES = {"tensorflow": ("float32",), "torch": ("float32", "bfloat16")}
"""Pictures that each backend's kernel takes beside weights in float32."""


class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation (Ioffe and Szegedy 2015) of pictures, (N, H, W, C), trained in one kernel.

    Keras 3 spells it out in single operations, each of which reads the whole activation from memory: on two cores a
    training step of vgg-face takes 1.3 times as long so, one of thuyloi-8block 1.9 times
    (`tests/benchmarks/training_step.py`). Weights and answers are the same, but for the running variance, which is the
    unbiased one here. TensorFlow and PyTorch have the same kernel.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise by the batch while training, and note its mean and variance; else as Keras does."""
        backend, dtype = keras.backend.backend(), keras.backend.standardize_dtype(inputs.dtype)
        fused = self.scale and self.center and self.axis in {-1, 3} and dtype in FUSED_DTYPES[backend]
        if not training or not self.trainable or mask is not None or not fused:
            return super().call(inputs, training=training, mask=mask)
        return (_train_on_torch if backend == "torch" else _train_on_tensorflow)(self, inputs)


def _train_on_tensorflow(layer: BatchNormalization, inputs: Any) -> Any:
    import tensorflow as tf

    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, layer.gamma, layer.beta, epsilon=layer.epsilon, is_training=True
    )
    for running, found in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        running.assign(running * layer.momentum + found * (1 - layer.momentum))
    return outputs


def _train_on_torch(layer: BatchNormalization, inputs: Any) -> Any:
    """The kernel moves the running mean and variance itself; PyTorch's momentum is what is new in them."""
    import torch

    outputs = torch.nn.functional.batch_norm(
        inputs.movedim(-1, 1),
        layer.moving_mean.value,
        layer.moving_variance.value,
        layer.gamma.value,
        layer.beta.value,
        training=True,
        momentum=1 - layer.momentum,
        eps=layer.epsilon,
    )
    return outputs.movedim(1, -1)
