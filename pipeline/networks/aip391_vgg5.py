"""The five-block VGG of the AIP391 study (69.3 % on FER-2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import EXPRESSIONS

if TYPE_CHECKING:
    import keras

BLOCKS = ((64, 2), (128, 3), (256, 4), (256, 4), (512, 4))
"""Filters and convolutions of each block. The paper gives the filters and 13.1 M parameters in all; these numbers of
convolutions come to 13.1 M."""


def build(*, training: bool = False) -> keras.Model:
    """Grey levels 0 to 1, float32 (N, 48, 48, 1) → logits (N, 7)."""
    import keras

    from .layers import BatchNormalization

    layers = keras.layers
    x = inputs = keras.Input((48, 48, 1), name="face")
    for block, (filters, convolutions) in enumerate(BLOCKS, 1):
        for convolution in range(1, convolutions + 1):
            name = f"block{block}_conv{convolution}"
            x = layers.Conv2D(filters, 3, padding="same", name=name)(x)
            x = BatchNormalization(name=f"{name}_norm")(x)
            x = layers.ReLU(name=f"{name}_relu")(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        if training:
            x = layers.Dropout(0.25, name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flat")(x)
    return keras.Model(inputs, layers.Dense(len(EXPRESSIONS), name="expression")(x), name="aip391_vgg5")
