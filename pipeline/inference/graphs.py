"""A network as a file that needs no framework: OpenVINO's graph, topology and numbers, and what runs it."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from .cores import is_limited

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    from numpy.typing import NDArray

    from ..records import Floats

    Network: TypeAlias = Callable[[NDArray[Any]], tuple[Floats, ...]]

OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
"""One batch after the other, each on all cores: what answers a single question soonest."""

CONVERTER = "openvino.tools.ovc"
"""OpenVINO's converter of other frameworks' networks."""

_IMPORTING = Lock()
"""Networks are opened in a thread: two that import at once would see one another's stand-ins."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A network for inference.

    Attributes:
        topology: XML, OpenVINO's intermediate representation.
        weights: the numbers that it points into.
    """

    topology: bytes
    weights: bytes

    @property
    def sha256(self) -> str:
        """Hash of both, one behind the other."""
        return hashlib.sha256(self.topology + self.weights).hexdigest()


def open_graph(graph: Graph, at_once: int = 1) -> Network:
    """Compile a graph for the processor: arrays in, its outputs in their order out.

    Args:
        graph: the network.
        at_once: threads that will ask it at the same time; see `compile_for_processor`.

    Raises:
        RuntimeError: OpenVINO cannot read it.
    """
    model = import_openvino().Core().read_model(model=graph.topology, weights=graph.weights)
    return told_if_short(compile_for_processor(model, at_once))


def make_graph(network: keras.Model, *, half: bool = False) -> Graph:
    """Write down a Keras network, as `convert` reads it.

    Args:
        network: built, with its weights; batch normalisation is folded on the way.
        half: keep the numbers in half precision, at half of the size. They are computed with in single precision.
    """
    model = convert(network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.xml"
        import_openvino().save_model(model, str(path), compress_to_fp16=half)
        return Graph(path.read_bytes(), path.with_suffix(".bin").read_bytes())


def convert(network: keras.Model) -> Any:
    """OpenVINO's model of a Keras network on TensorFlow, which is no longer needed then."""
    import tensorflow as tf

    def infer(inputs: tf.Tensor) -> list[tf.Tensor]:
        outputs = network(inputs, training=False)
        return outputs if isinstance(outputs, list) else [outputs]

    entry = tf.TensorSpec(network.inputs[0].shape, network.inputs[0].dtype)
    traced = tf.function(infer, input_signature=[entry]).get_concrete_function()
    import_openvino()
    from openvino.tools.ovc import convert_model

    # Shared weights would be TensorFlow's memory, which is gone once the Keras network is.
    return convert_model(traced, share_weights=False)


def compile_for_processor(model: Any, at_once: int = 1) -> Network:
    """Compile OpenVINO's model in single precision; the network may be asked from several threads.

    Args:
        model: as OpenVINO reads it.
        at_once: 1 has all cores answer one question after the other. With more, so many are answered at the same time
            on a core each: a batch takes longer, all of them together a quarter less of the processor's time, as no
            core waits for another one in the middle of a layer. A process that is limited to one core has it so, too:
            left to itself, each of several would tie its thread to the same core.
    """
    # Threads tied to a core would wait for the decoder that works there, while another core is idle.
    several = {"NUM_STREAMS": at_once, "INFERENCE_NUM_THREADS": at_once, "ENABLE_CPU_PINNING": False}
    options = OPTIONS if at_once == 1 and not is_limited() else {"INFERENCE_PRECISION_HINT": "f32", **several}
    compiled = import_openvino().Core().compile_model(model, "CPU", options)
    requests: SimpleQueue[Any] = SimpleQueue()
    for _ in range(at_once):
        requests.put(compiled.create_infer_request())
    outputs = range(len(model.outputs))

    def run(batch: NDArray[Any]) -> tuple[Floats, ...]:
        request = requests.get()
        try:
            request.infer([batch])
            return tuple(request.get_output_tensor(index).data.copy() for index in outputs)
        finally:
            requests.put(request)

    return run


def told_if_short(run: Network) -> Network:
    """The same network, whose own ways to say that memory ran out become a `MemoryError`."""

    def run_or_say_short(batch: NDArray[Any]) -> tuple[Floats, ...]:
        try:
            return run(batch)
        except Exception as error:
            if is_shortage(error):
                raise MemoryError(f"{type(error).__name__}: {error}") from error
            raise

    return run_or_say_short


def is_shortage(error: Exception) -> bool:
    """Whether a runtime's own error says that memory ran out; OpenVINO, TensorFlow and PyTorch each have another."""
    if type(error).__name__ in {"ResourceExhaustedError", "OutOfMemoryError"}:
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(word in said for word in ("bad_alloc", "allocate", "out of memory"))


def import_openvino() -> Any:
    """OpenVINO without its telemetry, and without its converter, a third of the import: `convert` alone needs that.

    It reports its use over the network and writes an id into the home folder unless its telemetry package is missing; a
    None in sys.modules selects its own stand-in. It also goes on without the converter where that is missing.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    with _IMPORTING:
        if "openvino" in sys.modules:
            return sys.modules["openvino"]
        sys.modules.setdefault(CONVERTER, None)  # type: ignore[arg-type]
        try:
            import openvino
        finally:
            if sys.modules.get(CONVERTER) is None:
                sys.modules.pop(CONVERTER, None)
    return openvino
