"""A run becomes a model: weights and a card that says what they are worth, in the run's folder and in a store.

Everything in the card is measured on the written file, through the same code as `analyze`.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import networks
from pipeline.errors import DataError, ModelError
from pipeline.expressions import NetworkClassifier
from pipeline.models.card import (
    NEVER,
    Calibration,
    CalibrationFigures,
    Condition,
    Cost,
    DataOrigin,
    Evaluation,
    ModelCard,
    Preprocessing,
    TrainingRecord,
)
from pipeline.models.folder import WEIGHTS, StoredModel, encode_weights, write_model
from pipeline.networks.weights import fold, load_arrays, named_arrays
from pipeline.preprocessing import CROP_SCALE, FACE_PX, MIN_CONTRAST
from pipeline.records import EXPRESSIONS

from ..data.checks import check_held_out
from ..data.faces import PUBLIC_TEST, SPLITS, TRAINING, LabelledFaces
from ..measure import calibrate, conditions
from ..measure.cost import count_gflop, count_parameters, describe_machine, measure_speed
from ..measure.evaluate import evaluate, predict
from ..training.terms import describe_licence
from . import card_page
from .gate import Comparison, compare, refuse_collapsed, refuse_worse
from .provenance import describe_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import keras

    from pipeline.records import Floats

    from ..training.runs import FinishedRun

MODEL = "model"
"""Folder of a run that holds its model and card."""

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
RESERVED = ("active", "scratch", "imagenet", "vgg-face")
"""Names that mean something else in the store or as a base."""


def publish(
    run: FinishedRun,
    name: str,
    data: LabelledFaces,
    root: Path | None,
    *,
    rival: StoredModel | None = None,
    replayed: LabelledFaces | None = None,
    even_if_worse: bool = False,
    quick: bool = False,
    on_compared: Callable[[Comparison], object] = lambda _: None,
    on_measured: Callable[[StoredModel], object] = lambda _: None,
) -> StoredModel:
    """Write weights, card and a readable page with pictures into the run's folder, and copy them to `root/name`.

    The gate stands before the copy: a model that it refuses has its card, too.

    Args:
        run: the training run.
        name: of the model; lower-case letters, digits, dots and dashes.
        data: what it was trained and selected on; PublicTest is measured and calibrated on.
        root: the folder of models; None for no copy.
        rival: a model that the new one must not fall behind on the same faces.
        replayed: held-out faces of what was replayed; how much of it was forgotten becomes a condition of the card.
        even_if_worse: copy the model even if it does.
        quick: leave out the conditions, which take sixteen times as long as the accuracy.
        on_compared: called with each comparison with the rival.
        on_measured: called with the model in the run's folder, before the gate.

    Raises:
        ModelError: the name or the weights do not fit, a folder cannot be written, or the gate refuses.
        DataError: these are not the faces that the run was trained with.
    """
    check_name(name)
    _check_data(run, data)
    network = build_network(run.settings.arch, run.settings.layout, run.weights)
    weights = encode_weights(named_arrays(network))
    try:
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=run.folder) as beside:
            draft = write_model(Path(beside) / name, _describe(run, name, data, weights), weights)
            draft = _calibrate(draft, run, data)
            classifier = NetworkClassifier(draft)
            card, compared = _measure(draft.card, classifier, data, rival, quick=quick, on_compared=on_compared)
            known = None
            if replayed is not None:
                known = _remember(classifier, replayed, rival, card.trained, on_compared)
                remembered = Condition(known.data, known.accuracy, known.faces)
                card = replace(card, conditions=(*card.conditions, remembered))
            card = replace(card, cost=measure_cost(network, classifier, run.settings.crop_px))
    except OSError as error:
        raise ModelError(f"{run.folder}: the model cannot be written; {error.strerror}.") from error
    pages = card_page.pages(card)
    model = write_model(run.folder / MODEL, card, weights, pages)
    on_measured(model)
    if root is None:
        return model
    if not even_if_worse:
        _refuse(card, known, compared)
    return write_model(root / name, card, weights, pages)


def _refuse(card: ModelCard, known: Evaluation | None, compared: Comparison | None) -> None:
    """The gate: no expression may have collapsed, also among the replayed faces, nor may the rival be better."""
    for found in filter(None, (card.evaluation, known)):
        refuse_collapsed(card.name, found, card.trained)
    if compared:
        refuse_worse(card.name, compared)


def _measure(
    card: ModelCard,
    classifier: NetworkClassifier,
    data: LabelledFaces,
    rival: StoredModel | None,
    *,
    quick: bool,
    on_compared: Callable[[Comparison], object],
) -> tuple[ModelCard, Comparison | None]:
    """The card with accuracy and conditions, and the comparison with the rival on the run's own held-out faces."""
    held_out, classes = data.split(PUBLIC_TEST), card.trained
    plain = predict(classifier, held_out.faces)
    compared = None if rival is None else compare(plain, held_out, rival, classes)
    if compared:
        on_compared(compared)
    found = () if quick else conditions.measure(classifier, held_out, plain, data.split(TRAINING), classes)
    measured = evaluate(plain, held_out.labels, f"{held_out.source}, {PUBLIC_TEST}")
    return replace(card, evaluation=measured, conditions=found), compared


def _remember(
    classifier: NetworkClassifier,
    replayed: LabelledFaces,
    rival: StoredModel | None,
    classes: Sequence[str],
    on_compared: Callable[[Comparison], object],
) -> Evaluation:
    """What is left of what the base knew: the model on held-out faces of the source that was replayed."""
    answers = predict(classifier, replayed.faces)
    if rival is not None:
        on_compared(compare(answers, replayed, rival, classes))
    return evaluate(answers, replayed.labels, f"{replayed.source}, {PUBLIC_TEST}; its Training faces were replayed")


def measure_cost(network: keras.Model, classifier: NetworkClassifier, view_px: int) -> Cost:
    """What a view costs with a network, whose batch normalisation is folded here, and its classifier's speed."""
    folded = fold(network)
    return Cost(
        parameters=count_parameters(folded),
        gflop_per_face=round(count_gflop(folded, view_px), 4),
        faces_per_second=round(measure_speed(classifier.classify)),
        measured_on=describe_machine(),
    )


def _calibrate(draft: StoredModel, run: FinishedRun, data: LabelledFaces) -> StoredModel:
    """The draft with a calibration fitted on one half of the held-out faces, and its error on the other half."""
    held_out = data.split(PUBLIC_TEST)
    known = np.array([place for place, name in enumerate(EXPRESSIONS) if name in run.settings.classes])
    silent = Calibration(biases=tuple(0.0 if place in known else NEVER for place in range(len(EXPRESSIONS))))
    uncalibrated = replace(draft, card=replace(draft.card, calibration=silent))
    raw = predict(NetworkClassifier(uncalibrated), held_out.faces)
    fitted, _ = halves(len(held_out))
    calibration = calibrate.fit_among(raw[fitted], held_out.labels[fitted], known, run.settings.smoothed)
    figures = describe_calibration(raw, calibrate.apply(raw, calibration), held_out)
    card = replace(draft.card, calibration=calibration, calibration_figures=figures)
    return write_model(draft.folder, card, (draft.folder / WEIGHTS).read_bytes())


def without_calibration(calibration: Calibration) -> Calibration:
    """Temperature 1 and no biases, but for expressions that were not trained."""
    return Calibration(biases=tuple(NEVER if bias <= NEVER else 0.0 for bias in calibration.biases))


def name_after(folder: Path) -> str:
    """The name of a run's folder as that of a model."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", folder.absolute().name.lower()).lstrip("._-") or "run"
    return f"run-{plain}" if plain in RESERVED else plain


def check_name(name: str) -> None:
    """Refuse names that a folder of models or `retrain` cannot begin with.

    Raises:
        ModelError: says what is expected.
    """
    if not NAME.fullmatch(name) or name in RESERVED:
        raise ModelError(
            f"model name: expected lower-case letters, digits, dots and dashes, not {', '.join(RESERVED)}; found "
            f"{name!r}."
        )


def _check_data(run: FinishedRun, data: LabelledFaces) -> None:
    if run.origin.part:
        raise DataError(
            f"{run.folder}: expected a run of its own; found part {run.origin.part} of a cross-validation, which says "
            "how good the settings are. Train with the same options and without `folds`, and publish that."
        )
    if run.origin.sha256 and run.origin.sha256 != data.sha256:
        raise DataError(
            f"{data.source}: expected the faces that {run.folder} was trained with (sha256 {run.origin.sha256[:12]}…); "
            f"found others ({data.sha256[:12]}…). Name that data set with `moved_data`."
        )
    check_held_out(data)


def build_network(arch: str, options: Mapping[str, Any], weights: Mapping[str, Floats]) -> keras.Model:
    """Weights by `layer/weight` in the network for inference, without what only training needs."""
    network = networks.build(arch, dict(options))
    load_arrays(network, weights)
    return network


def _describe(run: FinishedRun, name: str, data: LabelledFaces, weights: bytes) -> ModelCard:
    own = data.splits[~data.known]
    counts = {split: int((own == split).sum()) for split in SPLITS}
    return ModelCard(
        name=name,
        arch=run.settings.arch,
        options=run.settings.layout,
        labels=EXPRESSIONS,
        preprocessing=Preprocessing(FACE_PX, CROP_SCALE, MIN_CONTRAST, run.settings.pixels, run.settings.crop_px),
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        data=DataOrigin(data.source, data.sha256, {split: count for split, count in counts.items() if count}),
        training=TrainingRecord(run.origin.commit, run.best.epoch, run.best.seconds, asdict(run.settings)),
        evaluation=Evaluation("not measured yet", 0, 0.0, (0.0, 1.0), (), ()),
        licence=describe_licence(run.settings, run.origin.terms, (data.source, *data.replayed[:1])),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=describe_limits(data, run.settings, run.averaged),
    )


def halves(faces: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Split positions 0 to faces - 1 into two halves at random, the same at every call."""
    order = np.random.default_rng(seed).permutation(faces)
    return np.sort(order[: faces // 2]), np.sort(order[faces // 2 :])


def describe_calibration(raw: Floats, calibrated: Floats, held_out: LabelledFaces) -> CalibrationFigures:
    """Calibration error of probabilities (N, 7) before and after, on the half that calibration is not fitted on."""
    fitted, measured = halves(len(held_out))
    return calibrate.describe(
        raw[measured],
        calibrated[measured],
        held_out.labels[measured],
        f"one half of {PUBLIC_TEST} ({len(fitted)} faces)",
        f"the other half of {PUBLIC_TEST} ({len(measured)} faces)",
    )
