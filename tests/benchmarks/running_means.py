"""How far the running means of batch normalisation lag behind the weights of an unfinished run.

    python tests/benchmarks/running_means.py FER2013 RUN [--faces 1280]

Takes the network as RUN's checkpoint holds it, stopped at whatever step, and prints its accuracy on PublicTest twice:
with the running means and variances that training left, and with those of `--faces` training faces in their centre
view, measured anew and averaged over batches (Wu and Johnson 2021, section 3.2).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keras
import numpy as np

from pipeline.inference.runtime import silence
from pipeline.preprocessing import centre_view, scale_pixels
from retrain.data.faces import PUBLIC_TEST, TRAINING, LabelledFaces
from retrain.data.loading import load
from retrain.training.checkpoints import read_checkpoint
from retrain.training.learner import Learner
from retrain.training.runs import CHECKPOINT, read_run


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--faces", type=int, default=1280, help="training faces to measure with")
    options = parser.parse_args()
    silence()
    data, run = load(options.data), read_run(options.run)
    position, state = read_checkpoint(options.run / CHECKPOINT)
    learner = Learner(run.settings, 1, with_votes=False, base={})
    learner.restore(state)
    learner.average.set_weights(learner.network.get_weights())
    held_out, training = data.split(PUBLIC_TEST), data.split(TRAINING)
    print(f"{run.settings.arch}, {position.epoch} epochs and {position.step} steps, on {len(held_out)} faces")
    print(f"running means       {learner.accuracy(held_out):.1%}")
    drawn = np.random.default_rng(0).permutation(len(training))[: options.faces]
    measure_anew(learner, training.take(drawn))
    print(f"means measured anew {learner.accuracy(held_out):.1%}")


def measure_anew(learner: Learner, faces: LabelledFaces) -> None:
    """Replace the running means and variances of the average by those of some faces."""
    settings, norms = learner.settings, _normalisations(learner.average)
    seen = scale_pixels(centre_view(faces.faces, settings.crop_px), settings.pixels)
    measured = []
    for norm in norms:
        norm.momentum = 0.0
    for at in range(0, len(seen) - settings.batch + 1, settings.batch):
        learner.average(seen[at : at + settings.batch], training=True)
        measured.append([[norm.moving_mean.numpy(), norm.moving_variance.numpy()] for norm in norms])
    for norm, batches in zip(norms, zip(*measured, strict=True), strict=True):
        mean, variance = np.mean(batches, axis=0)
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(variance)


def _normalisations(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


if __name__ == "__main__":
    main()
