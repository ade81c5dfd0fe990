"""Grey faces for networks that were made for colour pictures, and the head that the CS331 study put on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ModelError
from ..records import EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras

IMAGENET_MEANS = (103.939, 116.779, 123.68)
"""Means of blue, green and red that the Caffe weights of VGG16 and ResNet50 were trained with."""


def as_colour(grey: Any, means: tuple[float, float, float], size_px: int | None = None) -> Any:
    """Grey levels 0 to 1, (N, S, S, 1) → three channels of 0 to 255 less their means, resized if a size is given."""
    import keras

    layers = keras.layers
    x = layers.Rescaling(255.0, name="grey_levels")(grey)
    if size_px is not None:
        x = layers.Resizing(size_px, size_px, name="resized")(x)
    x = layers.Concatenate(name="three_channels")([x, x, x])
    return layers.Rescaling(1.0, offset=[-mean for mean in means], name="less_means")(x)


def build(application: Callable[..., keras.Model], name: str, *, weights: str | None, training: bool) -> keras.Model:
    """A Keras application with global average pooling, dropout 0.2 and a dense output.

    Raises:
        ModelError: ImageNet weights were asked for and cannot be downloaded.
    """
    import keras

    inputs = keras.Input((48, 48, 1), name="face")
    coloured = as_colour(inputs, IMAGENET_MEANS)
    try:
        trunk = application(include_top=False, weights=weights if training else None, input_tensor=coloured)
    except Exception as error:  # Keras raises a bare Exception where a download fails.
        raise ModelError(
            f"{name}: expected to download the ImageNet weights through Keras; {error}. Without them: `base` scratch."
        ) from error
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(trunk.output)
    if training:
        x = keras.layers.Dropout(0.2, name="dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(len(EXPRESSIONS), name="expression")(x), name=name)
