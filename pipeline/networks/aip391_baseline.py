"""The baseline of the AIP391 study: four small convolutions (63 % on FER-2013).

Four convolutions of 32 filters of 3 by 3 without padding, a 2 by 2 max pooling after each of the first three, dropout
0.2 and a dense output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..records import EXPRESSIONS

if TYPE_CHECKING:
    import keras


def build(*, training: bool = False) -> keras.Model:
    """Grey levels 0 to 1, float32 (N, 48, 48, 1) → logits (N, 7)."""
    import keras

    layers = keras.layers
    x = inputs = keras.Input((48, 48, 1), name="face")
    for number in range(1, 5):
        x = layers.Conv2D(32, 3, activation="relu", name=f"conv{number}")(x)
        if number < 4:
            x = layers.MaxPooling2D(2, name=f"conv{number}_pool")(x)
    x = layers.Flatten(name="flat")(x)
    if training:
        x = layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(len(EXPRESSIONS), name="expression")(x), name="aip391_baseline")
