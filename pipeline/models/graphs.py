"""The inference graph of a model: written when it is published; for models of older versions made once, and kept."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError, UsageError
from ..files import read_regular, write_whole
from ..inference import runtime
from ..inference.graphs import Graph, make_graph
from ..networks import build
from ..networks.weights import fold, load_arrays
from .card import GraphRecord
from .folder import NUMBERS, TOPOLOGY, WEIGHTS
from .weights import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import keras

    from ..records import Floats
    from .folder import StoredModel

logger = logging.getLogger("fer_video")

FORM = 1
"""Raised when graphs are made in another way, so that those that were kept are made anew."""


def find_graph(model: StoredModel, weights: Mapping[str, Floats]) -> tuple[Graph, tuple[str, ...]]:
    """A model's graph and the names of its outputs: that which was published with it, else one that is made here, once.

    Args:
        model: the model.
        weights: its weights, checked; a graph of other ones does not count.

    Raises:
        ModelError: it was changed since it was published; or there is none, and it cannot be made here.
    """
    record = model.card.graph
    if record is None or record.weights_sha256 != model.card.weights_sha256:
        return _kept_graph(model, weights), answering_heads(model.card.options)
    path = model.folder / TOPOLOGY
    try:
        graph = Graph(read_regular(path, MOST_BYTES), read_regular(model.folder / NUMBERS, MOST_BYTES))
    except (OSError, MemoryError) as error:
        found = getattr(error, "strerror", None) or "it does not fit into memory"
        raise ModelError(f"{path}: expected the graph of {model.card.name}; {found}.") from error
    if graph.sha256 != record.sha256:
        raise ModelError(
            f"{path}: changed since it was published: expected sha256 {record.sha256[:12]}…, found "
            f"{graph.sha256[:12]}…. Publish the model again, or choose another with `model`."
        )
    if record.heads != answering_heads(model.card.options):
        raise ModelError(
            f"{path}: expected the heads {', '.join(answering_heads(model.card.options))}, as the card's options say; "
            f"found {', '.join(record.heads)[:100]!r}. Publish the model again, or choose another with `model`."
        )
    return graph, record.heads


def draw_graph(
    arch: str, options: Mapping[str, Any], weights: Mapping[str, Floats], sha256: str
) -> tuple[Graph, GraphRecord]:
    """The graph of weights in their architecture, with every head that answers at inference; it takes TensorFlow.

    Weights are published in half precision, and so is the graph; as normalisation is folded into it before, its numbers
    are rounded once more. So everything in a card is measured with the graph.

    Args:
        arch: the architecture.
        options: its options, as a card has them.
        weights: by `layer/weight`.
        sha256: of the file that they are in.

    Raises:
        ModelError: the weights do not fit.
        UsageError: Keras or TensorFlow is not installed.
    """
    runtime.silence()
    heads = answering_heads(options)
    network = build(arch, _with_all_heads(options))
    load_arrays(network, weights)
    graph = make_graph(network, half=True)
    return graph, GraphRecord(graph.sha256, sha256, heads)


def load_folded(model: StoredModel, options: Mapping[str, Any], weights: Mapping[str, Floats]) -> keras.Model:
    """A model's network in Keras with these options, its normalisation folded.

    Raises:
        ModelError: the weights do not fit, or are no finite numbers when they are folded.
        UsageError: Keras is not installed.
    """
    import numpy as np

    runtime.silence()
    network = build(model.card.arch, dict(options))
    try:
        load_arrays(network, weights)
    except ModelError as error:
        raise ModelError(f"{model.folder / WEIGHTS}: {error}") from error
    with np.errstate(invalid="ignore", over="ignore"):
        folded = fold(network)
    # Runtimes take max(NaN, 0) for 0, so that what comes out may look sound.
    expect_finite(model, *folded.get_weights())
    return folded


def expect_finite(model: StoredModel, *arrays: Floats) -> None:
    """Refuse numbers that are none.

    Raises:
        ModelError: there are NaN or infinity.
    """
    import numpy as np

    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(
            f"{model.folder / WEIGHTS}: expected finite answers of the network; found NaN or infinity. Its weights are "
            "damaged: publish the model again, or choose another with `model`."
        )


def _with_all_heads(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "head": "all"} if options.get("labels") else dict(options)


def answering_heads(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The heads that an architecture with these options has at inference, in the order of its graph's outputs."""
    return ("expression", *(name for name in ("labels", "reading") if options.get(name)))


def _kept_graph(model: StoredModel, weights: Mapping[str, Floats]) -> Graph:
    """The graph that was made here before, or a new one."""
    made_of = (FORM, model.card.weights_sha256, model.card.arch, dict(model.card.options))
    name = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
    path = _cache() / f"{name}.xml"
    # What is not whole has another hash than the one in the third file, which is written last.
    try:
        graph = Graph(path.read_bytes(), path.with_suffix(".bin").read_bytes())
        if graph.sha256 == path.with_suffix(".sha256").read_text("ascii"):
            return graph
    except (OSError, UnicodeDecodeError):
        pass
    graph = _make_graph(model, weights)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, graph.topology)
        write_whole(path.with_suffix(".bin"), graph.weights)
        write_whole(path.with_suffix(".sha256"), graph.sha256.encode())
    except OSError as error:
        logger.info("%s: the graph is not kept: %s", path, error)
    return graph


def _make_graph(model: StoredModel, weights: Mapping[str, Floats]) -> Graph:
    logger.warning(
        "model %s was published by an older fer-video: its graph is made now, once, which takes some seconds",
        model.card.name,
    )
    try:
        return make_graph(load_folded(model, _with_all_heads(model.card.options), weights))
    except UsageError as error:
        raise ModelError(
            f"model {model.card.name}: expected the graph that fer-video 0.4 and newer publish; found none, and it "
            "cannot be made without TensorFlow. Run this once after pip install '.[train]', or choose another with "
            "`model`."
        ) from error


def _cache() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("fer-video", appauthor=False)) / "graphs"
