"""The eight blocks of the Thuyloi University network: depthwise-separable convolutions beside residual ones.

A and B are plain convolutions; C is a depthwise-separable convolution with max pooling and D, beside it, one
convolution whose output is added to C's, as in Xception (Chollet 2017); E and F are the same once more, then a
convolution with one filter for each class is averaged over the picture. The paper gives neither the widths of E and F
(here 256) nor the kernel of D (here 1 by 1 with stride 2, as in Xception); the whole stays under its 4 MB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import EXPRESSIONS

if TYPE_CHECKING:
    import keras


def build(*, training: bool = False) -> keras.Model:  # noqa: ARG001 - nothing is only for training
    """Grey levels 0 to 1, float32 (N, S, S, 1) → logits (N, 7)."""
    import keras

    from .layers import BatchNormalization

    layers = keras.layers
    x = inputs = keras.Input((None, None, 1), name="face")
    for name, filters in (("a", 32), ("b", 64)):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv")(x)
        x = BatchNormalization(name=f"{name}_norm")(x)
    for name, beside, filters in (("c", "d", 128), ("e", "f", 256)):
        short = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False, name=f"{beside}_conv")(x)
        short = BatchNormalization(name=f"{beside}_norm")(short)
        x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
        x = BatchNormalization(name=f"{name}_norm")(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
        x = layers.Add(name=f"{name}_sum")([x, short])
    x = layers.Conv2D(len(EXPRESSIONS), 3, padding="same", name="expression")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling2D(name="pooled")(x), name="thuyloi_8block")
