"""Steps of training in a process of its own, for `test_retrain_backends.py`: `take_steps.py FOLDER`, KERAS_BACKEND set.

The first backend writes where it began, and every other one begins there; what each arrives at lies in BACKEND.npz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from fixtures_retrain import draw_face

from pipeline.inference.runtime import choose_backend, silence
from pipeline.models.folder import DEFAULT_MODEL, find_model
from pipeline.preprocessing import centre_view, scale_pixels
from retrain.training.learner import Learner
from retrain.training.settings import TrainSettings

FACES = 32
# Dropout is drawn by each backend's own generator. Gradients are so clipped that a missing or another norm shows.
SETTINGS = TrainSettings(options={"width": 0.5, "dropout": 0.0}, target="votes", epochs=1, warmup=0.0, clip=1.0)


def draw_batch() -> tuple[np.ndarray, ...]:
    """Views, labels, targets of both heads, and votes, of which a quarter is missing."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, FACES)
    faces = np.stack([draw_face(label, random) for label in labels])
    votes = random.dirichlet(np.ones(8), FACES).astype(np.float32)
    votes[::4] = 0
    smoothed = np.eye(7, dtype=np.float32)[labels] * 0.9 + np.float32(0.1 / 7)
    views = scale_pixels(centre_view(faces, SETTINGS.crop_px), SETTINGS.pixels)
    return views, labels, np.concatenate([votes[:, :7], smoothed], axis=1), votes


def main() -> None:
    """Two steps of the whole network, the second with momentum, and one of the heads; arrays of the first apart."""
    folder = Path(sys.argv[1])
    silence()
    learner = Learner(SETTINGS, 3, with_votes=True, base=find_model(DEFAULT_MODEL).weights())
    start = folder / "start.npz"
    if not start.exists():
        np.savez(start, allow_pickle=False, **learner.state())
    with np.load(start) as saved:
        learner.restore(saved)
    batch = draw_batch()
    results = [learner.learn(*batch, at=0, head_only=False)]
    first = {f"first/{name}": array for name, array in learner.state().items()}
    results += [learner.learn(*batch, at=step, head_only=step == 2) for step in (1, 2)]
    arrays = first | learner.state() | {"results": np.array(results)}
    np.savez(folder / f"{choose_backend()}.npz", allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
