"""The mean of several runs' weights, with normalisation measured anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fixtures_retrain import write_csv

from pipeline.errors import DataError
from pipeline.preprocessing import centre_view, standardise
from retrain.data.sources import DataOptions, read_sources
from retrain.publishing import publish
from retrain.publishing.averaging import average
from retrain.training.runs import RunOrigin, read_run
from retrain.training.settings import TrainSettings
from retrain.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from retrain.data.faces import LabelledFaces
    from retrain.training import runs

pytestmark = pytest.mark.slow  # each takes the mean of two trained networks and publishes it

SMALL = TrainSettings(options={"width": 0.0625}, epochs=2, calm_epochs=1, batch=14, peak_rate=0.05, ema_decay=0.5)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> LabelledFaces:
    source = write_csv(tmp_path_factory.mktemp("faces") / "fer2013.csv", per_class=12, held_out=6)
    return read_sources(DataOptions((str(source),)))[0]


@pytest.fixture(scope="module")
def pair(data: LabelledFaces, tmp_path_factory: pytest.TempPathFactory) -> tuple[runs.FinishedRun, runs.FinishedRun]:
    """A run, and another one that went on from it."""
    folder = tmp_path_factory.mktemp("runs")
    train(data, SMALL, folder / "first", origin=RunOrigin("abc"))
    first = read_run(folder / "first")
    train(data, replace(SMALL, seed=1), folder / "second", base=first.weights, origin=RunOrigin("abc"))
    return first, read_run(folder / "second")


def test_kernels_are_the_mean_and_the_card_says_whose(pair, data: LabelledFaces, tmp_path: Path):
    """Every kernel lies in the middle of both runs', and the card names both with epoch and minutes."""
    first, second = pair

    mean = average(pair, data)
    model = publish.publish(mean, "mean", data, tmp_path, even_if_worse=True, quick=True)

    kernels = [name for name in mean.weights if name.endswith("kernel")]
    assert len(kernels) == 14
    for name in kernels:
        np.testing.assert_allclose(mean.weights[name], (first.weights[name] + second.weights[name]) / 2, atol=1e-6)
        assert not np.array_equal(first.weights[name], second.weights[name])
    note = next(note for note in model.card.notes if "mean" in note)
    assert "the mean of those of 2 runs: first (epoch" in note
    assert "second (epoch" in note
    assert "minutes)" in note


def test_normalisation_is_measured_anew(pair, data: LabelledFaces):
    """What the runs noted of means and variances plays no part: the averaged network's own are measured."""
    spoilt = [
        replace(run, weights={name: array * (7 if "moving" in name else 1) for name, array in run.weights.items()})
        for run in pair
    ]

    mean, other = average(pair, data), average(spoilt, data)

    moving = [name for name in mean.weights if "moving" in name]
    assert len(moving) == 26
    for name in moving:
        np.testing.assert_allclose(mean.weights[name], other.weights[name], rtol=1e-4, atol=1e-5)
    seen = standardise(centre_view(data.split("Training").faces, SMALL.crop_px))[..., 0]
    around = np.lib.stride_tricks.sliding_window_view(np.pad(seen, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
    first = np.einsum("nxyij,ijk->knxy", around, mean.weights["block1_conv1/kernel"][:, :, 0]).reshape(4, -1)
    assert mean.weights["block1_conv1_norm/moving_variance"] == pytest.approx(first.var(axis=1), rel=0.2, abs=0.03)


def test_runs_of_other_networks_or_faces_are_refused(pair, data: LabelledFaces):
    """Weights that do not mean the same are not averaged; the answer names what differs."""
    first, second = pair
    other_views = replace(second, settings=replace(second.settings, crop_px=40))
    other_faces = replace(second, origin=replace(second.origin, sha256="0" * 64))

    with pytest.raises(DataError, match=r"second: expected a run whose weights mean .*; crop_px differ"):
        average((first, other_views), data)
    with pytest.raises(DataError, match="labelled faces differ"):
        average((first, other_faces), data)
    with pytest.raises(DataError, match="replayed faces or the faces left out differ"):
        average((first, replace(second, origin=replace(second.origin, beside_sha256="0" * 64))), data)


def test_terms_of_all_averaged_runs_stand_in_the_licence(pair, data: LabelledFaces, tmp_path: Path):
    """What one of the runs inherited from its teacher or base binds the mean, too."""
    first, second = pair
    taught = replace(second, origin=replace(second.origin, terms=("It learned the answers of x: Not for sale.",)))

    model = publish.publish(average((first, taught), data), "mean", data, tmp_path, even_if_worse=True, quick=True)

    assert "Terms of x: Not for sale." in model.card.licence
