"""ResNet50 on ImageNet weights, as the CS331 study used it (65.94 % on their own 80/20 split of FER-2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import imagenet

if TYPE_CHECKING:
    import keras


def build(*, weights: str | None = None, training: bool = False) -> keras.Model:
    """Build the network.

    Args:
        weights: `imagenet` to start training from Keras' weights, which are downloaded; None for random ones.
        training: keep dropout, and load the weights.

    Returns:
        Grey levels 0 to 1, float32 (N, 48, 48, 1) → logits (N, 7).
    """
    import keras

    return imagenet.build(keras.applications.ResNet50, "resnet50", weights=weights, training=training)
