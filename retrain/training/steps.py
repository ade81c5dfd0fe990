"""One step of gradient descent: compiled by TensorFlow, or operation by operation on PyTorch.

What is computed is written once, in Keras' operations; what only a backend itself can do stands here.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    import keras

    Tensor: TypeAlias = Any  # of Keras' backend

    Judge = Callable[..., tuple[Tensor, Tensor]]
    Move = Callable[[Sequence[Tensor], Sequence[keras.Variable]], None]


class Step(Protocol):
    """Gives the loss of a batch and the number of faces that were right, and moves the variables."""

    def __call__(self, *batch: Any) -> tuple[float, float]:
        """Arrays of a batch → loss and number, from before the step."""
        ...


def make_step(judge: Judge, move: Move, variables: Sequence[keras.Variable], clip: float) -> Step:
    """A step on the backend that Keras uses.

    Args:
        judge: tensors of a batch → its loss and the number of faces that were right.
        move: given the clipped gradients and the variables, changes these.
        variables: what is learned.
        clip: largest norm of all gradients together.
    """
    import keras

    made = TorchStep if keras.backend.backend() == "torch" else TensorFlowStep
    return made(judge, move, variables, clip)


class TensorFlowStep:
    """A step in one graph, which is traced when it is first taken."""

    def __init__(self, judge: Judge, move: Move, variables: Sequence[keras.Variable], clip: float) -> None:
        import tensorflow as tf

        self._judge, self._move, self._variables, self._clip = judge, move, variables, clip
        self._traced = tf.function(self._take, reduce_retracing=True)

    def __call__(self, *batch: Any) -> tuple[float, float]:
        """Take it."""
        loss, right = self._traced(*batch)
        return float(loss), float(right)

    def _take(self, *batch: Tensor) -> tuple[Tensor, Tensor]:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss, right = self._judge(*batch)
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, self._variables), self._clip)
        self._move(gradients, self._variables)
        return loss, right


class TorchStep:
    """A step operation by operation, on the device that Keras has its variables on."""

    def __init__(self, judge: Judge, move: Move, variables: Sequence[keras.Variable], clip: float) -> None:
        self._judge, self._move, self._variables, self._clip = judge, move, variables, clip

    def __call__(self, *batch: Any) -> tuple[float, float]:
        """Take it."""
        import torch
        from keras import ops

        loss, right = self._judge(*(ops.convert_to_tensor(part) for part in batch))
        gradients = torch.autograd.grad(loss, [variable.value for variable in self._variables])
        with torch.no_grad():
            norm = torch.nn.utils.get_total_norm(gradients)
            scale = self._clip / norm.clamp(min=self._clip)
            self._move([gradient * scale for gradient in gradients], self._variables)
        return loss.item(), right.item()


def without_gradients() -> AbstractContextManager[object]:
    """For answers that nothing is learned from: PyTorch would keep the output of every layer for a gradient."""
    import keras

    if keras.backend.backend() != "torch":
        return nullcontext()
    import torch

    return torch.no_grad()  # type: ignore[no-any-return]
