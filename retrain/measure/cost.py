"""What a network costs: its numbers, its operations for one face, and its time on this machine."""

from __future__ import annotations

import os
import platform
import time
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.inference.graphs import import_openvino

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras

    from pipeline.inference.graphs import Graph
    from pipeline.records import Image


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


def count_in_graph(graph: Graph, outputs: Sequence[int], size_px: int = 48) -> tuple[int, float]:
    """The same two figures of a graph, which takes no framework: its numbers, and thousand million operations.

    Args:
        graph: of a network that takes grey faces, its normalisation folded.
        outputs: places of the outputs that are asked for; what leads to none of them is not counted.
        size_px: of a face.
    """
    model = import_openvino().Core().read_model(model=graph.topology, weights=graph.weights)
    model.reshape([1, size_px, size_px, 1])
    nodes = _leading_to([model.outputs[place].get_node() for place in outputs])
    numbers = (node for node in nodes if node.get_type_name() == "Constant" and node.get_element_type().is_real())
    parameters = sum(prod(node.get_output_shape(0)) for node in numbers)
    return int(parameters), sum(map(_operations_of_node, nodes)) / 1e9


def _leading_to(ends: list[Any]) -> list[Any]:
    """Nodes of a graph that these ones are reckoned from, themselves included, each once."""
    found: dict[str, Any] = {}
    while ends:
        node = ends.pop()
        if node.get_name() not in found:
            found[node.get_name()] = node
            ends += [value.get_node() for value in node.input_values()]
    return list(found.values())


def _operations_of_node(node: Any) -> int:
    """Each number of a kernel counts twice at every place of what comes out; a matrix has its channels last."""
    kind, shape = node.get_type_name(), node.get_output_shape(0)
    if kind not in {"Convolution", "GroupConvolution", "MatMul"}:
        return 0
    kernel = prod(node.input_value(1).get_shape())
    return 2 * int(kernel) * int(prod(shape[:-1] if kind == "MatMul" else shape[2:]))


def measure_speed(
    classify: Callable[[Image], object], batch: int = 64, seconds: float = 3.0, batches: int = 100
) -> float:
    """Faces of 48 pixels that are classified in a second, after one batch to warm up; the machine should be quiet.

    It ends after so many seconds, or so many batches: a small network is measured well in a fraction of a second.
    """
    faces = np.random.default_rng(0).integers(0, 256, (batch, 48, 48)).astype(np.uint8)
    classify(faces)
    started, elapsed, done = time.perf_counter(), 0.0, 0
    while elapsed < seconds and done < batches:
        classify(faces)
        done += 1
        elapsed = time.perf_counter() - started
    return done * batch / elapsed


def describe_machine() -> str:
    """The processors that speed is measured on, for example `2 processors (Intel Xeon)`."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} processors ({names[0] if names else platform.machine()})"


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
