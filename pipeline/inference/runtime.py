"""Networks on the device that is there: OpenVINO on the processor, compiled TensorFlow on a GPU, or all on PyTorch.

All take and give numpy arrays, so that the stages do not know which of them runs. PyTorch runs where KERAS_BACKEND says
so, or where TensorFlow is not installed.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..errors import SettingError, UsageError
from . import torch_runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras
    from numpy.typing import NDArray

    from ..records import Floats

    Network: TypeAlias = Callable[[NDArray[Any]], tuple[Floats, ...]]

CPU = "cpu"
TENSORFLOW, TORCH = "tensorflow", "torch"
GPU_TRACES = (Path("/dev/nvidia0"), Path("/proc/driver/nvidia/version"), Path("/dev/dxg"))
"""Without one of these there is no use in asking TensorFlow, which takes seconds to start."""


def choose_backend() -> str:
    """What Keras computes with: what KERAS_BACKEND says, else TensorFlow, or PyTorch where only that is installed.

    Raises:
        UsageError: neither is installed, or KERAS_BACKEND names another one, or one that is not installed.
    """
    asked = os.environ.get("KERAS_BACKEND")
    installed = [name for name in (TENSORFLOW, TORCH) if find_spec(name)]
    chosen = asked or next(iter(installed), None)
    if chosen in installed:
        return chosen
    raise UsageError(
        f"KERAS_BACKEND: expected {TENSORFLOW} or {TORCH}, and that it is installed; found {asked or 'no name'}, "
        f"installed: {' and '.join(installed) or 'neither'}. TensorFlow comes with pip install '.', PyTorch with "
        "pip install '.[torch]'."
    )


def silence(*, downloads: bool = False) -> None:
    """Import TensorFlow without its lines on the user's terminal; call before anything that needs Keras.

    Args:
        downloads: leave Keras its folder, where weights that it downloads are kept.

    Raises:
        UsageError: as `choose_backend`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    os.environ["KERAS_BACKEND"] = choose_backend()
    # Keras writes a settings file into the home folder when it is imported, unless its folder cannot be made.
    if not downloads:
        os.environ.setdefault("KERAS_HOME", str(Path(os.devnull) / "keras"))
    # On PyTorch, too, Keras imports TensorFlow where it is installed, as soon as a layer is copied.
    if TENSORFLOW in sys.modules or not find_spec(TENSORFLOW):
        return
    with _stderr_diverted():
        if os.environ["KERAS_BACKEND"] == TORCH:
            import keras  # noqa: F401 - imported by TensorFlow first, Keras on PyTorch crashes the process
        import tensorflow as tf
    tf.get_logger().setLevel(logging.ERROR)
    logging.getLogger("absl").setLevel(logging.ERROR)
    if os.environ["KERAS_BACKEND"] == TENSORFLOW and _has_gpu_traces():
        # A GPU's memory cannot be left to grow once anything was computed.
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)


@contextmanager
def _stderr_diverted() -> Iterator[None]:
    """TensorFlow's C++ side writes to the file descriptor before its own settings count."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def choose_device(asked: str) -> str:
    """Turn `auto`, `cpu`, `gpu` or `gpu:N` into `cpu` or `gpu:N`.

    Raises:
        SettingError: another word, or a GPU that is not there.
    """
    check_device(asked)
    name, _, number = asked.lower().partition(":")
    if name == "cpu" or (name == "auto" and not _may_have_gpu()):
        return CPU
    found = _count_gpus()
    wanted = int(number or 0)
    if wanted < found:
        return f"gpu:{wanted}"
    if name == "auto":
        return CPU
    if choose_backend() == TORCH:
        raise SettingError("device", f"a GPU that PyTorch can use for {asked}", found, "Use `device` cpu.")
    raise SettingError(
        "device",
        f"an NVIDIA GPU that TensorFlow can use for {asked}",
        found,
        "Install with pip install '.[gpu]', or use `device` cpu.",
    )


def check_device(asked: str) -> None:
    """Refuse what is no device's name, without a look at what is there, which takes seconds.

    Raises:
        SettingError: another word.
    """
    name, _, number = asked.lower().partition(":")
    if name not in {"auto", "cpu", "gpu"} or (number and not (name == "gpu" and number.isdecimal())):
        raise SettingError("device", "auto, cpu, gpu or gpu:N", repr(asked))


def computes_bfloat16(device: str) -> bool:
    """Whether a device has arithmetic units for bfloat16: NVIDIA's from compute capability 8.0 (Ampere) on."""
    if device == CPU:
        return False
    if choose_backend() == TORCH:
        return torch_runtime.computes_bfloat16(device)
    import tensorflow as tf

    gpu = tf.config.list_physical_devices("GPU")[int(device.partition(":")[2] or 0)]
    capability = tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
    return bool(capability >= (8, 0))


def compile_network(network: keras.Model, device: str) -> Network:
    """Compile a Keras network for inference on `cpu` or `gpu:N`; the network itself is no longer needed then.

    What it raises where memory runs out, on the processor or on a GPU, is a `MemoryError`.
    """
    if choose_backend() == TORCH:
        run = torch_runtime.compile_network(network, device)
    else:
        run = _on_openvino(network) if device == CPU else _on_tensorflow(network, device)

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


def run_padded(network: Network, inputs: NDArray[Any], limit: int) -> tuple[Floats, ...]:
    """Run a network over any number of inputs, at least one, with few different batch sizes.

    Each new batch size costs compilation and memory that is kept; so parts of `limit` are taken, and the last part is
    filled with zeros to the next power of two.

    Args:
        network: compiled.
        inputs: (N, ...).
        limit: most inputs at once, a power of two.

    Returns:
        The network's outputs, each (N, ...).
    """
    parts = []
    for at in range(0, len(inputs), limit):
        part = inputs[at : at + limit]
        padded = np.zeros((1 << (len(part) - 1).bit_length(), *part.shape[1:]), part.dtype)
        padded[: len(part)] = part
        parts.append([output[: len(part)] for output in network(padded)])
    return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))


def _may_have_gpu() -> bool:
    """Whether asking for GPUs is worth its seconds; PyTorch's are not only NVIDIA's, so it is always asked."""
    return _has_gpu_traces() or choose_backend() == TORCH


def _has_gpu_traces() -> bool:
    return any(path.exists() for path in GPU_TRACES)


def _count_gpus() -> int:
    silence()
    if choose_backend() == TORCH:
        return torch_runtime.count_gpus()
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def _on_openvino(network: keras.Model) -> Network:
    # OpenVINO reports its use over the network and writes an id into the home folder unless its telemetry package is
    # missing; a None in sys.modules selects its own stand-in.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino
    import tensorflow as tf

    def infer(inputs: tf.Tensor) -> list[tf.Tensor]:
        outputs = network(inputs, training=False)
        return outputs if isinstance(outputs, list) else [outputs]

    entry = tf.TensorSpec(network.inputs[0].shape, network.inputs[0].dtype)
    traced = tf.function(infer, input_signature=[entry]).get_concrete_function()
    # Shared weights would be TensorFlow's memory, which is gone once the Keras network is.
    model = openvino.convert_model(traced, share_weights=False)
    options = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    compiled = openvino.Core().compile_model(model, "CPU", options)
    request = compiled.create_infer_request()

    def run(batch: NDArray[Any]) -> tuple[Floats, ...]:
        request.infer([batch])
        return tuple(request.get_output_tensor(index).data.copy() for index in range(len(model.outputs)))

    return run


def _on_tensorflow(network: keras.Model, device: str) -> Network:
    import tensorflow as tf

    infer = tf.function(lambda batch: network(batch, training=False), reduce_retracing=True)

    def run(batch: NDArray[Any]) -> tuple[Floats, ...]:
        with tf.device(device.upper()):
            outputs = infer(tf.convert_to_tensor(batch))
        return tuple(output.numpy() for output in (outputs if isinstance(outputs, list) else [outputs]))

    return run
