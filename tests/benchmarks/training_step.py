"""How many faces a second a training step takes, with batch normalisation in one kernel and as Keras spells it out.

    python tests/benchmarks/training_step.py [--arch vgg-face thuyloi-8block hcmus-shallow] [--steps 12]

Whole steps of `retrain` on random faces, without drawing views: forward, backward, optimizer, moving average. Both run
in turns, the figures are of the fastest turn. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import time
from unittest import mock

import keras
import numpy as np

from pipeline.inference.runtime import silence
from pipeline.networks import layers
from retrain.data.faces import VOTE_COLUMNS
from retrain.measure.cost import describe_machine
from retrain.training.learner import Learner
from retrain.training.recipes import recipe

TURNS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", nargs="+", default=["vgg-face", "thuyloi-8block", "hcmus-shallow"])
    parser.add_argument("--steps", type=int, default=12, help="steps of a turn")
    options = parser.parse_args()
    silence()
    print(f"faces a second on {describe_machine()}")
    print(f"{'':18}{'Keras':>8}{'fused':>8}{'ratio':>8}")
    for arch in options.arch:
        with mock.patch.object(layers, "BatchNormalization", keras.layers.BatchNormalization):
            slow = Stepper(arch)
        fast = Stepper(arch)
        turns = [(slow.measure(options.steps), fast.measure(options.steps)) for _ in range(TURNS)]
        before, after = (max(speeds) for speeds in zip(*turns, strict=True))
        print(f"{arch:18}{before:>8.0f}{after:>8.0f}{after / before:>8.2f}", flush=True)


class Stepper:
    """A network that learns one random batch again and again."""

    def __init__(self, arch: str) -> None:
        settings = recipe(arch).settings
        random = np.random.default_rng(0)
        self.size = settings.batch
        self.learner = Learner(settings, 1, with_votes=arch == "vgg-face", base={})
        labels = random.integers(0, 7, self.size)
        self.batch = (
            random.normal(size=(self.size, settings.crop_px, settings.crop_px, 1)).astype(np.float32),
            labels,
            np.eye(7, dtype=np.float32)[labels],
            np.full((self.size, len(VOTE_COLUMNS)), 1 / len(VOTE_COLUMNS), np.float32),
        )
        self.measure(2)

    def measure(self, steps: int) -> float:
        """Faces a second."""
        began = time.perf_counter()
        for _ in range(steps):
            self.learner.learn(*self.batch, at=0, head_only=False)
        return steps * self.size / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
