"""The deep network of the HCMUS study: four convolutions and two dense layers (65.55 % on FER-2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import hcmus_shallow

if TYPE_CHECKING:
    import keras

CONVOLUTIONS = (*hcmus_shallow.CONVOLUTIONS, (512, 3), (512, 3))
DENSE = (256, 512)


def build(*, training: bool = False) -> keras.Model:
    """Grey levels 0 to 1, float32 (N, 48, 48, 1) → logits (N, 7); blocks as in `hcmus_shallow`."""
    return hcmus_shallow.build(convolutions=CONVOLUTIONS, dense=DENSE, training=training)
