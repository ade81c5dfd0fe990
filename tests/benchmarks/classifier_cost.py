"""What a model costs at inference: parameters, GFLOP per face, and faces per second on this machine.

    python tests/benchmarks/classifier_cost.py [--model NAME] [--batch 64] [--seconds 10]

Batch normalisation is folded, as in `analyze`; preprocessing and calibration are part of the time. Run it on a quiet
machine.
"""

from __future__ import annotations

import argparse

from pipeline import networks
from pipeline.expressions import NetworkClassifier
from pipeline.models.folder import find_model
from pipeline.networks.weights import fold
from retrain.measure.cost import count_gflop, count_parameters, describe_machine, measure_speed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="name in the store; default: the active one")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    model = find_model(options.model)
    folded = fold(networks.build(model.card.arch, model.card.options))
    gflop = count_gflop(folded, model.card.preprocessing.view_px)
    print(f"{model.card.name}: {count_parameters(folded):,} parameters, {gflop:.3f} GFLOP per face")
    speed = measure_speed(NetworkClassifier(model).classify, options.batch, options.seconds)
    print(f"{speed:,.0f} faces per second in batches of {options.batch} on {describe_machine()}")


if __name__ == "__main__":
    main()
