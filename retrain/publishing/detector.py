"""Make the detector's graphs anew from the weights of the package mtcnn: `python -m retrain.publishing.detector`.

What `analyze` reads lies in `pipeline/models/detector`; this has to run only where mtcnn or OpenVINO's format moves on.
"""

from __future__ import annotations

from importlib.metadata import version

import msgspec

from pipeline.files import write_whole
from pipeline.inference.graphs import make_graph
from pipeline.inference.runtime import silence
from pipeline.models.detector import FOLDER, RECORD, DetectorRecord
from pipeline.networks import mtcnn

BUILDERS = {"pnet": mtcnn.build_pnet, "rnet": mtcnn.build_rnet, "onet": mtcnn.build_onet}


def make_detector() -> DetectorRecord:
    """Write the three graphs and their record in place of those that are there."""
    silence()
    FOLDER.mkdir(exist_ok=True)
    hashes = {}
    for name, build in BUILDERS.items():
        graph = make_graph(build())
        write_whole(FOLDER / f"{name}.xml", graph.topology)
        write_whole(FOLDER / f"{name}.bin", graph.weights)
        hashes[name] = graph.sha256
    made_with = ", ".join(f"{package} {version(package)}" for package in ("mtcnn", "openvino"))
    record = DetectorRecord(mtcnn.weights_sha256(), hashes, made_with)
    write_whole(FOLDER / RECORD, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    return record


if __name__ == "__main__":
    make_detector()
