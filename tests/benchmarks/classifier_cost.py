"""What a model costs at inference: parameters, GFLOP per face, and faces per second on this machine.

    python tests/benchmarks/classifier_cost.py [--model NAME] [--batch 64] [--seconds 10]

Batch normalisation is folded, as in `analyze`; preprocessing and calibration are part of the time. Run it on a quiet
machine.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np

from pipeline import networks
from pipeline.emotions import NetworkClassifier
from pipeline.models import StoredModel, find_model
from pipeline.networks.cost import count_gflop, count_parameters
from pipeline.networks.weights import fold


def faces_per_second(model: StoredModel, batch: int, seconds: float) -> float:
    """Faces that the model classifies in a second, after one batch to warm up."""
    classifier = NetworkClassifier(model)
    faces = np.random.default_rng(0).integers(0, 256, (batch, 48, 48)).astype(np.uint8)
    classifier.classify(faces)
    started, done = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < seconds:
        classifier.classify(faces)
        done += batch
    return done / elapsed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="name in the store; default: the active one")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    model = find_model(options.model)
    folded = fold(networks.build(model.card.arch, model.card.options))
    print(f"{model.card.name}: {count_parameters(folded):,} parameters, {count_gflop(folded):.3f} GFLOP per face")
    speed = faces_per_second(model, options.batch, options.seconds)
    print(f"{speed:,.0f} faces per second in batches of {options.batch} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
