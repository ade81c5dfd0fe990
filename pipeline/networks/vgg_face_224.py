"""VGG-Face in its first form: 224 by 224 pixels in three channels, all thirteen convolutions, a new head.

Parkhi, Vedaldi and Zisserman, "Deep Face Recognition" (BMVC 2015), table 3, network A. Its weights are loaded from the
file that deepface keeps; their licence is non-commercial.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError
from ..records import EXPRESSIONS
from .imagenet import as_colour
from .vgg_face import BLOCKS

if TYPE_CHECKING:
    import keras

    from ..records import Floats

SIZE_PX = 224
FACE_MEANS = (93.594, 104.7624, 129.1863)
"""Means of blue, green and red of the authors' training faces."""


def build(*, dropout: float = 0.5, training: bool = False) -> keras.Model:
    """Grey levels 0 to 1, float32 (N, 48, 48, 1), enlarged inside → logits (N, 7)."""
    import keras

    layers = keras.layers
    inputs = keras.Input((48, 48, 1), name="face")
    x = as_colour(inputs, FACE_MEANS, SIZE_PX)
    for block, (filters, convolutions) in enumerate(BLOCKS, 1):
        for convolution in range(1, convolutions + 1):
            name = f"block{block}_conv{convolution}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pooled")(x)
    if training:
        x = layers.Dropout(dropout, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(len(EXPRESSIONS), name="expression")(x), name="vgg_face_224")


def weights_path() -> Path:
    """Where deepface keeps the weights of VGG-Face: `DEEPFACE_HOME`, else the home folder."""
    return Path(os.environ.get("DEEPFACE_HOME") or Path.home()) / ".deepface" / "weights" / "vgg_face_weights.h5"


def fetch_weights() -> Path:
    """Where the weights are, brought there by deepface's own loader if it is installed and they are not; 580 MB.

    Raises:
        ModelError: deepface could not bring them.
    """
    path = weights_path()
    if not path.is_file() and find_spec("deepface"):
        try:
            loader = importlib.import_module("deepface.models.facial_recognition.tf.VGGFace")
            loader.load_model()
        except Exception as error:  # whatever a foreign loader meets, the user needs one line
            raise ModelError(
                f"{path}: expected deepface to download the VGG-Face weights there; it failed: {error}. Look at the "
                "connection, or copy the file there from another machine."
            ) from error
    return path


def read_weights(path: Path) -> dict[str, Floats]:
    """The thirteen convolutions of deepface's file by our names, `block1_conv1/kernel` and so on.

    The file names layers after their place in deepface's own network; the order and shapes of its convolutions say
    which is which.

    Raises:
        ModelError: there is no file, or its convolutions are not those of VGG-Face.
    """
    if not path.is_file():
        raise ModelError(
            f"{path}: expected the VGG-Face weights (580 MB, non-commercial licence); found nothing there. After "
            "pip install '.[vgg-face]' deepface downloads them."
        )
    names = [f"block{block}_conv{one}" for block, (_, count) in enumerate(BLOCKS, 1) for one in range(1, count + 1)]
    found = _convolutions(path)
    shapes = list(_expected_shapes())
    if [kernel.shape for kernel, _ in found[: len(names)]] != shapes:
        raise ModelError(
            f"{path}: expected the thirteen convolutions of VGG-Face, {shapes[0]} to {shapes[-1]}; found "
            f"{len(found)} others. Delete the file and let deepface download it again."
        )
    arrays: dict[str, Floats] = {}
    for name, (kernel, bias) in zip(names, found, strict=False):
        arrays |= {f"{name}/kernel": kernel, f"{name}/bias": bias}
    return arrays


def _expected_shapes() -> list[tuple[int, ...]]:
    widths = [3] + [filters for filters, count in BLOCKS for _ in range(count)]
    return [(3, 3, before, after) for before, after in pairwise(widths)]


def _convolutions(path: Path) -> list[tuple[Floats, Floats]]:
    import h5py

    found = []
    try:
        with h5py.File(path, "r") as file:
            for layer in file.attrs["layer_names"]:
                group = file[layer]
                arrays = [np.asarray(group[name], np.float32) for name in group.attrs["weight_names"]]
                if len(arrays) == 2 and arrays[0].ndim == 4:
                    found.append((arrays[0], arrays[1]))
    except (OSError, KeyError) as error:
        raise ModelError(f"{path}: expected a Keras weights file; {error}.") from error
    return found
