"""What a network costs: its numbers and its operations for one face."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def count_parameters(network: keras.Model) -> int:
    """Numbers in the weights that inference needs, normalisation included."""
    return int(sum(prod(weight.shape) for weight in network.weights))


def count_gflop(network: keras.Model, size_px: int = 48) -> float:
    """Thousand million operations for one grey face of size_px, a multiply-add counting as two.

    Convolutions and dense layers are counted; what else there is costs a hundredth of them.
    """
    import keras

    face = keras.Input((size_px, size_px, 1), batch_size=1)
    fixed = keras.models.clone_model(network, input_tensors=face)
    return sum(_operations(layer) for layer in fixed.layers) / 1e9


def _operations(layer: keras.layers.Layer) -> int:
    import keras

    layers, places = keras.layers, int(prod(layer.output.shape[1:-1]))
    if isinstance(layer, layers.Dense):
        return 2 * int(prod(layer.kernel.shape)) * places
    if isinstance(layer, layers.SeparableConv2D):
        kernels = int(prod(layer.depthwise_kernel.shape)) + int(prod(layer.pointwise_kernel.shape))
        return 2 * kernels * places
    if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D):
        return 2 * int(prod(layer.kernel.shape)) * places
    return 0
