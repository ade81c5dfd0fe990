"""MTCNN's three networks, with the weights that the package mtcnn carries.

Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks" (IEEE
Signal Processing Letters 2016), figure 2. Only the weight files of the package (MIT licence, Iván de Paz Centeno) are
read: its own classes need TensorFlow, these run on every backend of Keras. All take grey levels 0 to 255 as uint8 RGB.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError

if TYPE_CHECKING:
    import keras

NETWORKS = ("pnet", "rnet", "onet")


def build_pnet() -> keras.Model:
    """Proposal network, fully convolutional with stride 2 and a cell of 12 pixels.

    Returns:
        uint8 (N, H, W, 3) → offsets (N, h, w, 4) and probabilities of background and face (N, h, w, 2).
    """
    import keras

    layers = keras.layers
    inputs = keras.Input((None, None, 3), dtype="uint8")
    x = _convolve(_scale(inputs), 10, 3)
    x = layers.MaxPooling2D(2, 2, padding="same")(x)
    x = _convolve(_convolve(x, 16, 3), 32, 3)
    heads = [layers.Conv2D(4, 1)(x), layers.Conv2D(2, 1, activation="softmax")(x)]
    return _with_weights(keras.Model(inputs, heads, name="pnet"))


def build_rnet() -> keras.Model:
    """Refinement network: uint8 (N, 24, 24, 3) → offsets (N, 4) and probabilities (N, 2)."""
    import keras

    layers = keras.layers
    inputs = keras.Input((24, 24, 3), dtype="uint8")
    x = _convolve(_scale(inputs), 28, 3)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    x = _convolve(x, 48, 3)
    x = layers.MaxPooling2D(3, 2, padding="valid")(x)
    x = _flatten(_convolve(x, 64, 2), 128)
    heads = [layers.Dense(4)(x), layers.Dense(2, activation="softmax")(x)]
    return _with_weights(keras.Model(inputs, heads, name="rnet"))


def build_onet() -> keras.Model:
    """Output network: uint8 (N, 48, 48, 3) → offsets (N, 4), landmarks (N, 10: x, then y), probabilities (N, 2)."""
    import keras

    layers = keras.layers
    inputs = keras.Input((48, 48, 3), dtype="uint8")
    x = _convolve(_scale(inputs), 32, 3)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    x = _convolve(x, 64, 3)
    x = layers.MaxPooling2D(3, 2, padding="valid")(x)
    x = _convolve(x, 64, 3)
    x = layers.MaxPooling2D(2, 2, padding="same")(x)
    x = _flatten(_convolve(x, 128, 2), 256)
    heads = [layers.Dense(4)(x), layers.Dense(10)(x), layers.Dense(2, activation="softmax")(x)]
    return _with_weights(keras.Model(inputs, heads, name="onet"))


def _scale(levels: keras.KerasTensor) -> keras.KerasTensor:
    import keras

    return keras.layers.Rescaling(1 / 128, offset=-127.5 / 128)(levels)


def _convolve(x: keras.KerasTensor, filters: int, size: int) -> keras.KerasTensor:
    import keras

    x = keras.layers.Conv2D(filters, size)(x)
    return keras.layers.PReLU(shared_axes=[1, 2])(x)


def _flatten(x: keras.KerasTensor, units: int) -> keras.KerasTensor:
    """Column by column, as the weights were trained in Caffe's order."""
    import keras

    x = keras.layers.Flatten()(keras.layers.Permute((2, 1, 3))(x))
    return keras.layers.PReLU()(keras.layers.Dense(units)(x))


def _with_weights(network: keras.Model) -> keras.Model:
    import joblib

    with _weights_file(network.name).open("rb") as stream:
        network.set_weights(joblib.load(stream))
    return network


def _weights_file(name: str) -> Path:
    # The package is found and not imported: it would bring TensorFlow along, for a few files.
    found = find_spec("mtcnn")
    if found is None or not found.submodule_search_locations:
        raise ModelError("mtcnn: expected the package that carries the detector's weights; it is not installed.")
    return Path(found.submodule_search_locations[0]) / "assets" / "weights" / f"{name}.lz4"


@cache
def weights_sha256() -> str:
    """Hash of the three networks' weight files, one behind the other; read once, without TensorFlow."""
    return hashlib.sha256(b"".join(_weights_file(name).read_bytes() for name in NETWORKS)).hexdigest()
