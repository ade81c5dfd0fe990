"""Networks on PyTorch, where Keras was told to use it: on the processor, on NVIDIA's and AMD's GPUs, and on Apple's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    from numpy.typing import NDArray

    from ..records import Floats


def count_gpus() -> int:
    """GPUs that PyTorch can use; Apple's counts as one."""
    import torch

    return int(torch.cuda.device_count() or torch.backends.mps.is_available())


def computes_bfloat16(device: str) -> bool:
    """Whether `cpu` or `gpu:N` has arithmetic units for bfloat16: NVIDIA's from compute capability 8.0 (Ampere) on."""
    import torch

    place = torch.device(name_place(device))
    return bool(place.type == "cuda" and torch.cuda.get_device_capability(place) >= (8, 0))


def name_place(device: str) -> str:
    """PyTorch's own name of `cpu` or `gpu:N`; it calls AMD's GPUs cuda, too."""
    import torch

    kind, _, number = device.partition(":")
    if kind == "cpu":
        return kind
    return f"cuda:{number or 0}" if torch.cuda.is_available() else "mps"


def compile_network(network: keras.Model, device: str) -> Callable[[NDArray[Any]], tuple[Floats, ...]]:
    """Move a Keras network to `cpu` or `gpu:N`, where it runs operation by operation; nothing is compiled."""
    import keras
    import torch

    place = name_place(device)
    network.to(place)

    def run(batch: NDArray[Any]) -> tuple[Floats, ...]:
        with keras.device(place), torch.no_grad():
            outputs = network(batch, training=False)
        return tuple(output.cpu().numpy() for output in (outputs if isinstance(outputs, list) else [outputs]))

    return run
