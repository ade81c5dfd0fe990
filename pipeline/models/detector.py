"""MTCNN's three networks as graphs, made once by `retrain.publishing.detector` and shipped with their hashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from ..errors import ModelError
from ..inference.graphs import Graph

FOLDER = Path(__file__).parent / "detector"
RECORD = "graphs.json"


@dataclass(frozen=True, slots=True)
class DetectorRecord:
    """What the graphs were made from.

    Attributes:
        weights_sha256: hash of the weight files of the package mtcnn, one behind the other; runs are known by it.
        graphs: name of each network, pnet, rnet and onet, and the hash of its graph.
        made_with: names and versions of what made them.
    """

    weights_sha256: str
    graphs: dict[str, str]
    made_with: str


@cache
def read_record() -> DetectorRecord:
    """The record that lies beside the graphs.

    Raises:
        ModelError: it cannot be read.
    """
    path = FOLDER / RECORD
    try:
        return msgspec.json.decode(path.read_bytes(), type=DetectorRecord)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: expected the record of the detector's graphs; {error}. Install again.") from error


def read_detector(name: str) -> Graph:
    """One of the three networks.

    Raises:
        ModelError: it is missing, or is not the one that was made.
    """
    path = FOLDER / f"{name}.xml"
    try:
        graph = Graph(path.read_bytes(), path.with_suffix(".bin").read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: expected the detector's graph; {error.strerror}. Install again.") from error
    if graph.sha256 != read_record().graphs.get(name):
        raise ModelError(f"{path}: changed since it was made. Install fer-video again.")
    return graph
