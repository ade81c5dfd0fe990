"""Networks: named weights, folding, sizes."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import networks
from pipeline.errors import ModelError
from pipeline.inference.graphs import make_graph
from pipeline.networks import vgg_face_224
from pipeline.networks.weights import fold, load_arrays, named_arrays
from retrain.measure.cost import count_gflop, count_in_graph, count_parameters


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


HEADS: dict[str, object] = {"width": 0.125, "labels": True, "reading": True}


def test_a_network_with_heads_answers_with_those_that_are_asked_for():
    """Expressions and what can be read by default, a data set's labels when asked; one trunk and one set of arrays."""
    import keras

    trained = networks.build("vgg-face", HEADS | {"votes": 8}, training=True)
    _shake(trained)
    random = np.random.default_rng(2)
    arrays = named_arrays(trained) | {
        "reading/kernel": random.normal(size=(64, 2)).astype(np.float32),
        "reading/bias": np.array([1, -1], np.float32),
    }
    both, by_labels = (networks.build("vgg-face", HEADS | {"head": head}) for head in ("expression", "labels"))
    for network in (both, by_labels):
        load_arrays(network, arrays)

    expression, _votes, labels = trained(_faces(), training=False)
    said, reading = both(_faces())
    named, same = by_labels(_faces())

    assert [output.shape[1] for output in trained.outputs] == [7, 8, 7]
    np.testing.assert_allclose(said, expression, atol=1e-5)
    np.testing.assert_allclose(named, labels, atol=1e-5)
    pooled = keras.Model(both.input, both.get_layer("pooled").output)(_faces())
    np.testing.assert_allclose(reading, pooled @ arrays["reading/kernel"] + arrays["reading/bias"], atol=1e-4)
    np.testing.assert_array_equal(same, reading)


def test_the_head_for_reading_may_stand_on_several_blocks():
    """The means of the last blocks, earlier ones first; expressions are answered as without it."""
    import keras

    wide = networks.build("vgg-face", HEADS | {"reading_blocks": 2})
    _shake(wide)
    narrow = networks.build("vgg-face", HEADS)
    load_arrays(narrow, {name: array for name, array in named_arrays(wide).items() if "reading" not in name} | {
        "reading/kernel": np.zeros((64, 2), np.float32), "reading/bias": np.zeros(2, np.float32)
    })  # fmt: skip
    before, last = (wide.get_layer(f"block{block}_conv3_relu").output for block in (4, 5))

    said, reading = wide(_faces())
    four, five = (np.mean(block, axis=(1, 2)) for block in keras.Model(wide.input, [before, last])(_faces()))

    kernel, bias = wide.get_layer("reading").get_weights()
    assert kernel.shape == (128, 2)
    np.testing.assert_allclose(reading, np.concatenate([four, five], axis=1) @ kernel + bias, atol=1e-4)
    np.testing.assert_allclose(said, narrow(_faces())[0], atol=1e-5)


def test_heads_can_have_hidden_units():
    """A hidden layer of its own, with names of its own, in the heads for expressions and for reading."""
    network = networks.build("vgg-face", HEADS | {"hidden": 16, "reading": 8})
    plain = networks.build("vgg-face", HEADS)
    shapes = {weight.path: tuple(weight.shape) for weight in network.weights if not weight.path.startswith("block")}

    assert shapes == {
        "expression_hidden/kernel": (64, 16),
        "expression_hidden/bias": (16,),
        "expression/kernel": (16, 7),
        "expression/bias": (7,),
        "reading_hidden/kernel": (64, 8),
        "reading_hidden/bias": (8,),
        "reading/kernel": (8, 2),
        "reading/bias": (2,),
    }
    assert not [weight.path for weight in plain.weights if "hidden" in weight.path]


@pytest.mark.parametrize("units", [{}, {"hidden": 16, "reading": 8}])
def test_a_folded_network_keeps_its_heads_in_order(units: dict[str, object]):
    """Folding changes no output of any head by more than 1e-4."""
    network = networks.build("vgg-face", HEADS | units)
    _shake(network)

    for folded, plain in zip(fold(network)(_faces()), network(_faces()), strict=True):
        np.testing.assert_allclose(folded, plain, atol=1e-4)


PAPERS = {
    # Figures that the papers give: aip391-vgg5 13.1 M parameters; thuyloi-8block under 4 MB in single precision.
    "aip391-vgg5": (13_050_000, 13_150_000),
    "thuyloi-8block": (50_000, 1_000_000),
    # Counted by hand from the layers that the papers describe.
    "aip391-baseline": (28_967, 28_967),
    "hcmus-shallow": (4_926_983, 4_926_983),
    "hcmus-deep": (4_475_655, 4_475_655),
    # The thirteen convolutions of Parkhi et al. (14,714,688) and a dense layer of 512 by 7.
    "vgg-face-224": (14_718_279, 14_718_279),
    "vgg16": (14_718_279, 14_718_279),
    # Keras' ResNet50 without its top (23,587,712) and a dense layer of 2048 by 7.
    "resnet50": (23_602_055, 23_602_055),
}


@pytest.mark.parametrize("name", PAPERS)
def test_parameters_are_those_of_the_paper(name: str):
    """Each network of the literature has the number of parameters that its paper gives, or that its layers come to."""
    low, high = PAPERS[name]

    assert low <= count_parameters(networks.build(name, {})) <= high


@pytest.mark.parametrize("name", [*PAPERS, "vgg-face"])
def test_every_network_takes_a_face_and_gives_seven_logits(name: str):
    """Every architecture takes 48-pixel grey faces, loses its training-only layers, and folds without changing."""
    network = networks.build(name, {})
    training = networks.build(name, {}, training=True)
    if name != "vgg-face-224":  # 30 GFLOP a face
        _shake(network)
        faces = np.random.default_rng(0).random((2, 48, 48, 1), np.float32)
        np.testing.assert_allclose(fold(network)(faces), network(faces), rtol=1e-3, atol=1e-2)

    assert network.output_shape == (None, 7)
    assert [weight.path for weight in training.weights] == [weight.path for weight in network.weights]


def test_operations_of_a_convolution_are_counted_by_hand():
    """GFLOP of the AIP391 baseline equal those counted by hand, layer by layer."""
    sides, channels = (46, 21, 8, 2), (1, 32, 32, 32)
    by_hand = sum(2 * 9 * before * 32 * side**2 for side, before in zip(sides, channels, strict=True)) + 2 * 128 * 7

    assert count_gflop(networks.build("aip391-baseline", {})) == pytest.approx(by_hand / 1e9)


@pytest.mark.parametrize("name", ["aip391-baseline", "hcmus-shallow", "resnet50", "thuyloi-8block", "vgg-face"])
def test_what_a_graph_costs_is_what_its_network_costs(name: str):
    """Numbers and operations counted in OpenVINO's graph are those of the folded Keras network."""
    network = networks.build(name, {})
    _shake(network)
    folded = fold(network)

    parameters, gflop = count_in_graph(make_graph(folded), [0])

    # Normalisation that no convolution takes up stays two numbers a channel, where Keras has four.
    assert parameters == pytest.approx(count_parameters(folded), rel=5e-3)
    assert gflop == pytest.approx(count_gflop(folded), rel=1e-6)


def test_embedded_form_of_vgg_face_has_its_thirteen_convolutions():
    """The embedded VGG-Face has thirteen 3 by 3 convolutions in blocks of 2, 2, 3, 3, 3, at half width."""
    network = networks.build("vgg-face", {"width": 0.5})

    kernels = [weight for weight in network.weights if "conv" in weight.path and weight.path.endswith("kernel")]
    widths = [kernel.shape[-1] for kernel in kernels]
    assert widths == [32] * 2 + [64] * 2 + [128] * 3 + [256] * 6
    assert {kernel.shape[:2] for kernel in kernels} == {(3, 3)}


def _write_face_weights(path, shapes, random: np.random.Generator | None = None) -> None:
    """A weight file as Keras wrote it for deepface: layers by number, kernels and biases inside, dense ones behind.

    Kernels hold their layer's number, or what a random source draws in a size that keeps signals alive.
    """
    import h5py

    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        names = [f"conv2d_{number}" for number in range(1, len(shapes) + 1)]
        file.attrs["layer_names"] = [name.encode() for name in ["zero_padding2d_1", *names, "flatten_1"]]
        for name in ("zero_padding2d_1", "flatten_1"):
            file.create_group(name).attrs["weight_names"] = []
        for number, (name, shape) in enumerate(zip(names, shapes, strict=True), 1):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            kernel = np.full(shape, number, np.float32)
            bias = np.full(shape[-1], -number, np.float32)
            if random:
                kernel, bias = random.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape).astype(np.float32), bias * 0
            group.create_dataset(f"{name}/kernel:0", data=kernel, compression=1)
            group.create_dataset(f"{name}/bias:0", data=bias)


FACE_SHAPES = [*vgg_face_224._expected_shapes(), (7, 7, 512, 4), (1, 1, 4, 4), (1, 1, 4, 2622)]
"""Convolutions of deepface's file; the three dense ones behind are narrower here than there."""


def test_face_weights_are_read_from_where_deepface_keeps_them(tmp_path, monkeypatch):
    """A weight file of the right shapes at deepface's place fills the thirteen convolutions, in order."""
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    _write_face_weights(vgg_face_224.weights_path(), FACE_SHAPES)

    arrays = vgg_face_224.read_weights(vgg_face_224.weights_path())

    assert vgg_face_224.weights_path() == tmp_path / ".deepface" / "weights" / "vgg_face_weights.h5"
    network = networks.build("vgg-face-224", {})
    shapes = {weight.path: tuple(weight.shape) for weight in network.weights}
    assert {name: array.shape for name, array in arrays.items()} == {
        name: shape for name, shape in shapes.items() if name.startswith("block")
    }
    assert [arrays[f"block{block}_conv1/kernel"].flat[0] for block in range(1, 6)] == [1, 3, 5, 8, 11]


def test_other_weight_files_are_refused(tmp_path):
    """A weight file of other shapes, or none at all, is an error that says what is expected there."""
    _write_face_weights(tmp_path / "other" / "w.h5", [(3, 3, 1, 8)])
    (tmp_path / "w.h5").write_bytes(b"not HDF5")

    with pytest.raises(ModelError, match="expected the thirteen convolutions"):
        vgg_face_224.read_weights(tmp_path / "other" / "w.h5")
    with pytest.raises(ModelError, match="expected a Keras weights file"):
        vgg_face_224.read_weights(tmp_path / "w.h5")
    with pytest.raises(ModelError, match="non-commercial licence"):
        vgg_face_224.read_weights(tmp_path / "none.h5")


def test_fused_normalisation_learns_what_keras_does():
    """Outputs, gradients and running averages are those of Keras' own layer, but for the unbiased variance."""
    import keras
    import tensorflow as tf

    from pipeline.networks.layers import BatchNormalization

    random = np.random.default_rng(0)
    pictures = random.normal(3, 2, (8, 6, 6, 5)).astype(np.float32)
    found = []
    for layer in (BatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)):
        layer.build(pictures.shape)
        layer.gamma.assign([1, 2, 3, 0.5, 1])
        with tf.GradientTape() as tape:
            inputs = tf.constant(pictures)
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
            loss = tf.reduce_sum(outputs**3)
        gradients = tape.gradient(loss, [inputs, layer.gamma, layer.beta])
        later = layer(inputs, training=False)
        found.append([outputs, *gradients, layer.moving_mean, later])

    for ours, keras_own in zip(*found, strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=2e-3, atol=2e-3)
