"""The mean of several runs' weights: one network, better than each of them where one run went on from the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import networks
from pipeline.errors import DataError
from pipeline.expressions import LABELS_HEAD
from pipeline.models.seen import decode_seen, encode_seen
from pipeline.networks.weights import load_arrays, named_arrays
from pipeline.preprocessing import scale_pixels

from ..data.faces import TRAINING, LabelledFaces
from ..training.ancestry import AVERAGE, join, of_model, of_run
from ..training.augment import CALM_VIEWS, VIEWS, augment
from ..training.licence import took
from ..training.targets import identify
from ..training.terms import terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats

    from ..training.runs import FinishedRun
    from ..training.settings import TrainSettings

BATCHES, BATCH = 40, 256
"""Training faces that normalisation's statistics are taken over."""

SAME = ("arch", "layout", "classes", "target", "crop_px", "pixels")
"""Settings that make weights stand for the same thing."""


def average(runs: Sequence[FinishedRun], data: LabelledFaces) -> FinishedRun:
    """The first run with the mean of all runs' weights (Izmailov et al. 2018; Wortsman et al. 2022).

    Weights of one basin of the loss may be averaged: those of a run and of others that went on from it
    (`--base RUN-FOLDER`). The mean lies nearer to the middle of the basin, where held-out faces are read better. Mean
    and variance of each batch normalisation belong to one network only, and are measured anew on views of Training.

    Args:
        runs: the first gives settings and origin.
        data: the faces that the runs were trained on.

    Raises:
        DataError: the runs have other networks, or learned other faces, votes or replayed faces.
    """
    first = runs[0]
    for other in runs[1:]:
        _expect_alike(first, other)
    mean = {name: _mean([run.weights[name] for run in runs if name in run.weights]) for name in first.weights}
    network = networks.build(first.settings.arch, first.settings.layout)
    load_arrays(network, mean)
    _measure_normalisation(network, data.split(TRAINING), first.settings)
    heads = {name: array for name, array in mean.items() if name.startswith(f"{LABELS_HEAD}/")}
    averaged = tuple(f"{run.folder.name} (epoch {run.best.epoch}, {run.best.seconds / 60:.0f} minutes)" for run in runs)
    terms = dict.fromkeys(term for run in runs for term in terms_of(run))
    ancestors = join(
        [*first.origin.ancestors, *(one for run in runs[1:] for one in run.stands_for or of_run(run, AVERAGE))]
    )
    return replace(
        first,
        weights=named_arrays(network) | heads,
        averaged=averaged,
        seen=_seen_by_all(runs),
        origin=replace(first.origin, terms=tuple(terms), ancestors=ancestors),
    )


def _seen_by_all(runs: Sequence[FinishedRun]) -> bytes:
    """What any of the runs was trained on; nothing where it is not known of one."""
    return encode_seen(*(decode_seen(run.seen) for run in runs)) if all(run.seen for run in runs) else b""


def _expect_alike(first: FinishedRun, other: FinishedRun) -> None:
    changed = [name for name in SAME if getattr(first.settings, name) != getattr(other.settings, name)]
    if first.origin.sha256 != other.origin.sha256:
        changed.append("labelled faces")
    noted = {run.origin.beside_sha256 for run in (first, other)} - {""}
    if len(noted) > 1 and not changed:
        changed.append("FER+ votes, replayed faces or the faces left out")
    if changed:
        raise DataError(
            f"{other.folder}: expected a run whose weights mean what those of {first.folder} do, to average them; "
            f"{', '.join(changed)} differ."
        )


def _mean(arrays: Sequence[Floats]) -> Floats:
    """Of those runs that have it: a head may be missing in some."""
    return np.asarray(np.mean(arrays, axis=0), np.float32)


def features_of(model: StoredModel, like: FinishedRun) -> FinishedRun:
    """A published model as a run to average with: its features alone, since its heads may have learned something else.

    Raises:
        DataError: its network is another one.
    """
    card = model.card
    if card.arch != like.settings.arch or card.options.get("width") != like.settings.options.get("width"):
        raise DataError(
            f"model {card.name}: expected the network of {like.folder}, {like.settings.arch} {like.settings.options}, "
            f"to average them; found {card.arch} {card.options}."
        )
    seen = model.seen()
    weights = {name: array for name, array in model.weights().items() if name in like.weights and "block" in name}
    terms = (took("was averaged with", identify(model), card.licence),)
    return replace(
        like,
        folder=Path(card.name),
        weights=weights,
        origin=replace(like.origin, terms=terms),
        stands_for=of_model(model, AVERAGE),
        seen=b"" if seen is None else encode_seen(seen),
        best=replace(like.best, epoch=card.training.epochs, seconds=card.training.seconds),
    )


def _measure_normalisation(network: keras.Model, training: LabelledFaces, settings: TrainSettings) -> None:
    """Let normalisation see views of Training faces, and keep the mean of what it saw."""
    import keras

    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    how = (CALM_VIEWS if settings.calm_epochs else VIEWS)[settings.views]
    random = np.random.default_rng(settings.seed)
    for seen in range(BATCHES if norms else 0):
        rows = random.choice(len(training), min(BATCH, len(training)), replace=False)
        views = augment(training.faces[rows], settings.crop_px, random, how)
        for layer in norms:
            layer.momentum = seen / (seen + 1)
        network(scale_pixels(views, settings.pixels), training=True)
