"""Networks: named weights, folding, sizes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import networks
from pipeline.errors import ModelError
from pipeline.networks.weights import fold, load_arrays, named_arrays


def _faces(count: int = 3, size: int = 48, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, size, size, channels)).astype(np.float32)


def _shake(network) -> None:
    """Weights unlike the initial ones, so that every normalisation does something."""
    random = np.random.default_rng(1)
    for weight in network.weights:
        value = weight.numpy()
        if "variance" in weight.path:
            weight.assign(random.uniform(0.5, 2, value.shape))
        elif "kernel" not in weight.path:
            weight.assign(value + random.normal(0, 0.3, value.shape))


@pytest.fixture(scope="module")
def small_vgg():
    network = networks.build("vgg-face", {"width": 0.125})
    _shake(network)
    return network


def test_unknown_architecture_is_named():
    """An architecture that does not exist is refused with the names of those that do."""
    with pytest.raises(ModelError, match=r"vgg-face.*found 'vgg-fase'"):
        networks.build("vgg-fase", {})


def test_arrays_return_to_the_same_network(small_vgg):
    """A network that is loaded with another's named arrays gives the other's outputs."""
    other = networks.build("vgg-face", {"width": 0.125})

    load_arrays(other, named_arrays(small_vgg) | {"votes/kernel": np.zeros((1,), np.float32)})

    np.testing.assert_array_equal(other(_faces()), small_vgg(_faces()))


def test_missing_array_is_named(small_vgg):
    """A missing array is an error that names it and its shape."""
    arrays = named_arrays(small_vgg)
    del arrays["block2_conv1/kernel"]

    with pytest.raises(ModelError, match=r"block2_conv1/kernel of shape \(3, 3, 8, 16\); found none"):
        load_arrays(small_vgg, arrays)


def test_array_of_another_shape_is_named(small_vgg):
    """An array of another shape is an error that names both shapes."""
    arrays = named_arrays(small_vgg) | {"expression/bias": np.zeros(8, np.float32)}

    with pytest.raises(ModelError, match=r"expression/bias: expected the shape \(7,\); found \(8,\)"):
        load_arrays(small_vgg, arrays)


def test_folded_network_gives_the_same_outputs(small_vgg):
    """Folding removes all batch normalisation of the VGG-Face layout and changes no output by more than 1e-4."""
    folded = fold(small_vgg)

    kinds = {type(layer).__name__ for layer in folded.layers}
    assert "BatchNormalization" not in kinds
    np.testing.assert_allclose(folded(_faces()), small_vgg(_faces()), atol=1e-4)
