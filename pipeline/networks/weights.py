"""Named arrays into a network built from code, and the folding of batch normalisation for inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

    from ..records import Floats


def load_arrays(network: keras.Model, arrays: Mapping[str, Floats]) -> None:
    """Give each weight of the network the array of its name, for example `block1_conv1/kernel`.

    Args:
        network: built, with any weights.
        arrays: by `layer/weight`; names that the network does not have are left aside (heads only for training).

    Raises:
        ModelError: an array is missing, or has another shape.
    """
    for weight in network.weights:
        expected = tuple(int(size) for size in weight.shape)
        array = arrays.get(weight.path)
        if array is None:
            raise ModelError(
                f"weights: expected an array {weight.path} of shape {expected}; found none. "
                "The file belongs to another architecture: check arch and options in its card."
            )
        if array.shape != expected:
            raise ModelError(
                f"weights: {weight.path}: expected the shape {expected}; found {array.shape}. "
                "The file belongs to another architecture: check arch and options in its card."
            )
        weight.assign(array)


def named_arrays(network: keras.Model) -> dict[str, Floats]:
    """The network's weights by `layer/weight`, float32."""
    return {weight.path: np.asarray(weight.numpy(), np.float32) for weight in network.weights}


def fold(network: keras.Model) -> keras.Model:
    """Merge each batch normalisation into the convolution before it; the outputs stay the same.

    Normalisation that does not stand directly behind a linear convolution or dense layer (for example behind a ReLU)
    cannot be merged and is kept. Dropout, which does nothing at inference, is left out.

    Returns:
        A new network with weights of its own.
    """
    import keras

    norms = _foldable(network)
    folded = {source.name: norm for norm, source in norms.items()}

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if layer.name in folded:
            config["use_bias"] = True
        return layer.__class__.from_config(config)

    def call(layer: keras.layers.Layer, *inputs: Any, **options: Any) -> Any:
        if layer.name in skipped:
            return inputs[0]
        return layer(*inputs, **options)

    skipped = {norm.name for norm in norms}
    skipped |= {layer.name for layer in network.layers if isinstance(layer, keras.layers.Dropout)}
    result: keras.Model = keras.models.clone_model(network, clone_function=copy, call_function=call)
    for layer in result.layers:
        original = network.get_layer(layer.name)
        norm = folded.get(layer.name)
        layer.set_weights(original.get_weights() if norm is None else _merged(original, norm))
    return result


def _foldable(network: keras.Model) -> dict[keras.layers.Layer, keras.layers.Layer]:
    """Each normalisation that can be merged → the layer that takes it in."""
    import keras

    linear = (keras.layers.Conv2D, keras.layers.Dense, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
    pairs = {}
    for norm in network.layers:
        if not isinstance(norm, keras.layers.BatchNormalization) or len(norm._inbound_nodes) != 1:
            continue
        source = norm.input._keras_history.operation
        alone = len(source._inbound_nodes) == 1 and len(source._outbound_nodes) == 1
        if isinstance(source, linear) and alone and source.activation is keras.activations.linear:
            pairs[norm] = source
    return pairs


def _merged(layer: keras.layers.Layer, norm: keras.layers.BatchNormalization) -> list[Floats]:
    """Kernels and bias of a layer with its normalisation inside: y = gain · (x - mean) + beta."""
    import keras

    arrays = layer.get_weights()
    kernels, bias = (arrays[:-1], arrays[-1]) if layer.use_bias else (arrays, 0.0)
    gain = 1 / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
    if norm.scale:
        gain = gain * np.asarray(norm.gamma)
    shift = np.asarray(norm.beta) if norm.center else 0.0
    # A depthwise kernel ends in (channels, multiplier), the flattened pair being its outputs; others end in outputs.
    last = kernels[-1]
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    scaled = last * (gain.reshape(last.shape[-2:]) if depthwise else gain)
    return [*kernels[:-1], scaled, (bias - np.asarray(norm.moving_mean)) * gain + shift]
