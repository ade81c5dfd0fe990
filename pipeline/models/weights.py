"""A model's weights as a file: arrays by name in the format safetensors, which holds no code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ModelError
from ..formats import name_format

if TYPE_CHECKING:
    from pathlib import Path

    from ..records import Floats

MOST_BYTES = 4 << 30
"""More than any of our networks has: a file beyond is not read."""


ADVICE = "Publish the model again, or choose another with `model`."


def decode_weights(content: bytes, path: Path) -> dict[str, Floats]:
    """The arrays of a safetensors file by name; half precision comes back as float32.

    Raises:
        ModelError: it is something else, is damaged, or holds what no weights can be.
    """
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
    except (SafetensorError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        known = name_format(content[:4096])
        found = f"found {known}" if known else f"it cannot be read: {str(error)[:200] or type(error).__name__}"
        raise ModelError(f"{path}: expected weights in the format safetensors; {found}. {ADVICE}") from error
    for name, array in arrays.items():
        if array.dtype not in (np.float16, np.float32):
            raise ModelError(
                f"{path}: expected arrays of float16 or float32; found {array.dtype} for {name[:60]!r}. {ADVICE}"
            )
        if not np.isfinite(array).all():
            raise ModelError(f"{path}: expected finite numbers; found NaN or infinity in {name[:60]!r}. {ADVICE}")
        if name.endswith("/moving_variance") and array.size and array.min() < 0:
            raise ModelError(
                f"{path}: expected variances of 0 or more; found {array.min():g} in {name[:60]!r}. {ADVICE}"
            )
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}
