"""Networks on the device that is there: OpenVINO on the processor, compiled TensorFlow on a GPU, or all on PyTorch.

All take and give numpy arrays, so that the stages do not know which of them runs. On the processor a network comes as a
graph and no framework is needed; PyTorch runs where KERAS_BACKEND says so, or where neither of the others is installed.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SettingError, UsageError
from . import torch_runtime
from .graphs import compile_for_processor, convert, told_if_short

if TYPE_CHECKING:
    from collections.abc import Iterator

    import keras
    from numpy.typing import NDArray

    from ..records import Floats
    from .graphs import Network

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
    if not find_spec("keras") or not installed:
        raise UsageError(
            "expected Keras and TensorFlow, which train networks and run them on a GPU; they are not installed. "
            "Install them with pip install '.[train]'."
        )
    if chosen in installed:
        return chosen
    raise UsageError(
        f"KERAS_BACKEND: expected {TENSORFLOW} or {TORCH}, and that it is installed; found {asked or 'no name'}, "
        f"installed: {' and '.join(installed)}. TensorFlow comes with pip install '.[train]', PyTorch with "
        "pip install '.[torch]'."
    )


def runs_graphs(device: str) -> bool:
    """Whether networks run as graphs, without a framework: on the processor, unless KERAS_BACKEND asks for PyTorch."""
    return device == CPU and os.environ.get("KERAS_BACKEND") != TORCH and find_spec("openvino") is not None


def describe_device(device: str) -> str:
    """A device as a run remembers it: on a processor with its instructions and precision, which rows depend on.

    Machines with AVX2 and with AVX-512 add up in another order: a probability differs by 3e-7, a box by 0.01 pixels.
    """
    return f"{device} {_instructions()} float32" if runs_graphs(device) else device


def _instructions() -> str:
    """The widest instructions that OpenVINO's networks use here."""
    import cv2

    # Numbers of groups of instructions, see OpenCV's core/cvdef.h: Python has no names for them.
    known = {"avx512": 256, "avx2": 11, "sse4.1": 6, "neon": 100}
    return next((name for name, number in known.items() if cv2.checkHardwareSupport(number)), platform.machine())


def makes_graphs() -> bool:
    """Whether a Keras network can be written down as a graph here."""
    installed = all(find_spec(name) for name in ("keras", "openvino", TENSORFLOW))
    return installed and choose_backend() == TENSORFLOW


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
    found = _count_gpus() if find_spec("keras") else 0
    wanted = int(number or 0)
    if wanted < found:
        return f"gpu:{wanted}"
    if name == "auto":
        return CPU
    if find_spec("keras") and choose_backend() == TORCH:
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
        run = compile_for_processor(convert(network)) if device == CPU else _on_tensorflow(network, device)
    return told_if_short(run)


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
    installed = [name for name in (TENSORFLOW, TORCH) if find_spec(name)] if find_spec("keras") else []
    if not installed:
        return False
    return _has_gpu_traces() or choose_backend() == TORCH


def _has_gpu_traces() -> bool:
    return any(path.exists() for path in GPU_TRACES)


def _count_gpus() -> int:
    silence()
    if choose_backend() == TORCH:
        return torch_runtime.count_gpus()
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU"))


def _on_tensorflow(network: keras.Model, device: str) -> Network:
    import tensorflow as tf

    infer = tf.function(lambda batch: network(batch, training=False), reduce_retracing=True)

    def run(batch: NDArray[Any]) -> tuple[Floats, ...]:
        with tf.device(device.upper()):
            outputs = infer(tf.convert_to_tensor(batch))
        return tuple(output.numpy() for output in (outputs if isinstance(outputs, list) else [outputs]))

    return run
