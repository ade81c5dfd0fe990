"""The shallow network of the HCMUS study: two convolutions and a dense layer (56.31 % on FER-2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import EXPRESSIONS

if TYPE_CHECKING:
    import keras

CONVOLUTIONS = ((64, 3), (128, 5))
DENSE = (256,)


def build(
    *,
    convolutions: tuple[tuple[int, int], ...] = CONVOLUTIONS,
    dense: tuple[int, ...] = DENSE,
    training: bool = False,
) -> keras.Model:
    """Build the network.

    Args:
        convolutions: filters and kernel of each block; a block is convolution, batch normalisation, ReLU, 2 by 2 max
            pooling, dropout 0.25.
        dense: widths of the dense layers before the output, each with ReLU.
        training: keep dropout.

    Returns:
        Grey levels 0 to 1, float32 (N, 48, 48, 1) → logits (N, 7).
    """
    import keras

    from .layers import BatchNormalization

    layers = keras.layers
    x = inputs = keras.Input((48, 48, 1), name="face")
    for block, (filters, kernel) in enumerate(convolutions, 1):
        x = layers.Conv2D(filters, kernel, padding="same", name=f"conv{block}")(x)
        x = BatchNormalization(name=f"conv{block}_norm")(x)
        x = layers.ReLU(name=f"conv{block}_relu")(x)
        x = layers.MaxPooling2D(2, name=f"conv{block}_pool")(x)
        if training:
            x = layers.Dropout(0.25, name=f"conv{block}_dropout")(x)
    x = layers.Flatten(name="flat")(x)
    for number, width in enumerate(dense, 1):
        x = layers.Dense(width, activation="relu", name=f"dense{number}")(x)
    return keras.Model(inputs, layers.Dense(len(EXPRESSIONS), name="expression")(x), name="hcmus")
