"""Architectures built in code, one file a network; weights come separately, from hash-checked files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ..errors import ModelError

if TYPE_CHECKING:
    import keras

NETWORKS = {
    "vgg-face": "vgg_face",
    "vgg-face-224": "vgg_face_224",
    "thuyloi-8block": "thuyloi_8block",
    "hcmus-shallow": "hcmus_shallow",
    "hcmus-deep": "hcmus_deep",
    "aip391-baseline": "aip391_baseline",
    "aip391-vgg5": "aip391_vgg5",
    "vgg16": "vgg16",
    "resnet50": "resnet50",
}
"""Name of an architecture, as cards and `--arch` write it → the module that builds it."""


def build(name: str, options: dict[str, object], *, training: bool = False) -> keras.Model:
    """Build an architecture by its name.

    Args:
        name: one of `NETWORKS`.
        options: the architecture's own options, as stored in a model card.
        training: add what only training needs (dropout, auxiliary heads).

    Raises:
        ModelError: the name is not known.
    """
    module = NETWORKS.get(name)
    if module is None:
        raise ModelError(f"architecture: expected one of {', '.join(NETWORKS)}; found {name!r}.")
    network: keras.Model = importlib.import_module(f".{module}", __name__).build(**options, training=training)
    return network
