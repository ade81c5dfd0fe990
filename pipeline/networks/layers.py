"""Layers that compute what Keras' do, faster; import it where a network is built, as it imports TensorFlow."""

from __future__ import annotations

import keras
import tensorflow as tf


class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation (Ioffe and Szegedy 2015) of pictures, float32 (N, H, W, C), trained in one kernel.

    Keras 3 spells it out in single operations, each of which reads the whole activation from memory: on two cores a
    training step of vgg-face takes 1.3 times as long so, one of thuyloi-8block 1.9 times
    (`tests/benchmarks/training_step.py`). Weights and answers are the same, but for the running variance, which is the
    unbiased one here.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Normalise by the batch while training, and note its mean and variance; else as Keras does."""
        fused = self.scale and self.center and self.axis in {-1, 3} and inputs.dtype == tf.float32
        if not training or not self.trainable or mask is not None or not fused:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        for running, found in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + found * (1 - self.momentum))
        return outputs
