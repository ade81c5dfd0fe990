"""A finished run becomes a model: weights and a card that says what they are worth.

Everything in the card is measured on the written file, through the same code as `analyze`.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from pipeline import networks
from pipeline.emotions import CROP_SCALE, FACE_PX, MIN_CONTRAST, NetworkClassifier
from pipeline.errors import DataError, ModelError
from pipeline.models import (
    Calibration,
    CalibrationFigures,
    DataOrigin,
    Evaluation,
    ModelCard,
    Preprocessing,
    StoredModel,
    TrainingRecord,
    encode_weights,
    write_model,
)
from pipeline.networks.weights import load_arrays, named_arrays
from pipeline.records import EMOTIONS

from . import calibrate
from .datasets import PUBLIC_TEST, SPLITS, LabelledFaces
from .evaluate import evaluate, predict
from .train import BEST, METRICS, ORIGIN, SETTINGS, RunOrigin

if TYPE_CHECKING:
    from pipeline.records import Floats

LICENCE = "MIT for the weights; the pictures of FER-2013 came from web search: research and evaluation."
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a run's folder holds.

    Attributes:
        folder: the run.
        settings: as in `settings.json`.
        origin: data and code that it was trained with.
        epochs, seconds: until the best epoch, which is the one that is published.
    """

    folder: Path
    settings: dict[str, Any]
    origin: RunOrigin
    epochs: int
    seconds: float


def read_run(folder: Path) -> FinishedRun:
    """Read what a training run left, finished or not.

    Raises:
        DataError: the folder holds no run, or no epoch was finished yet.
    """
    try:
        settings = json.loads((folder / SETTINGS).read_text("utf-8"))
        lines = [json.loads(line) for line in (folder / METRICS).read_text("utf-8").splitlines()]
        path = folder / ORIGIN
        origin = msgspec.json.decode(path.read_bytes(), type=RunOrigin) if path.is_file() else RunOrigin()
    except FileNotFoundError as error:
        raise DataError(
            f"{folder}: expected a training run with a finished epoch; {Path(error.filename).name} is missing. "
            "Name the folder that 'fer-video retrain --run' wrote."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: expected a training run; it cannot be read: {error}.") from error
    if not lines:
        raise DataError(f"{folder}: expected at least one finished epoch; found none. Let the training go on.")
    best = max(lines, key=lambda line: (line["accuracy"], line["epoch"]))
    return FinishedRun(folder, settings, origin, int(best["epoch"]), float(best["seconds"]))


def publish(run: FinishedRun, name: str, data: LabelledFaces, root: Path) -> StoredModel:
    """Write `root/name` with card and weights.

    Args:
        run: the training run.
        name: of the model; lower-case letters, digits, dots and dashes.
        data: what it was trained and selected on; PublicTest is measured and calibrated on.
        root: the folder of models.

    Raises:
        ModelError: the name or the weights do not fit, or the folder cannot be written.
        DataError: these are not the faces that the run was trained with.
    """
    if not NAME.fullmatch(name):
        raise ModelError(f"model name: expected lower-case letters, digits, dots and dashes; found {name!r}.")
    _check_data(run, data)
    weights = encode_weights(_arrays(run))
    held_out = data.split(PUBLIC_TEST)
    card = _describe(run, name, data, weights)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".publish-", dir=root) as beside:
            draft = Path(beside) / name
            raw = predict(NetworkClassifier(write_model(draft, card, weights)), held_out)
            calibration, figures = _calibrated(raw, held_out)
            card = replace(card, calibration=calibration, calibration_figures=figures)
            written = write_model(draft, card, weights)
            card = replace(card, evaluation=_measure(written, held_out))
    except OSError as error:
        raise ModelError(f"{root}: the model cannot be written; {error.strerror}.") from error
    return write_model(root / name, card, weights)


def _check_data(run: FinishedRun, data: LabelledFaces) -> None:
    if run.origin.sha256 and run.origin.sha256 != data.sha256:
        raise DataError(
            f"{data.source}: expected the faces that {run.folder} was trained with (sha256 {run.origin.sha256[:12]}…); "
            f"found others ({data.sha256[:12]}…). Name that data set with --data."
        )
    if not (data.splits == PUBLIC_TEST).any():
        raise DataError(f"{data.source}: expected PublicTest faces to measure on; found none.")


def _arrays(run: FinishedRun) -> dict[str, Floats]:
    """The run's best weights, without what only training needs."""
    network = networks.build(run.settings["arch"], run.settings["options"])
    try:
        with np.load(run.folder / BEST, allow_pickle=False) as saved:
            load_arrays(network, {name: saved[name] for name in saved.files})
    except (OSError, ValueError) as error:
        raise DataError(f"{run.folder / BEST}: expected the run's best weights; {error}.") from error
    return named_arrays(network)


def _describe(run: FinishedRun, name: str, data: LabelledFaces, weights: bytes) -> ModelCard:
    counts = {split: int((data.splits == split).sum()) for split in SPLITS}
    return ModelCard(
        name=name,
        arch=run.settings["arch"],
        options=run.settings["options"],
        labels=EMOTIONS,
        preprocessing=Preprocessing(FACE_PX, CROP_SCALE, MIN_CONTRAST),
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        data=DataOrigin(data.source, data.sha256, {split: count for split, count in counts.items() if count}),
        training=TrainingRecord(run.origin.commit, run.epochs, run.seconds, run.settings),
        evaluation=Evaluation("not measured yet", 0, 0.0, (0.0, 1.0), (), ()),
        licence=LICENCE,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=_notes(counts),
    )


def _notes(counts: dict[str, int]) -> tuple[str, ...]:
    notes = [
        "Trained on the Training split only; the best epoch was chosen by its accuracy on PublicTest, so that figures "
        "on PublicTest are slightly optimistic.",
        "The calibration (8 numbers) was fitted on one half of PublicTest; its error is measured on the other half. "
        "Accuracy and confusion matrix are those of all PublicTest faces, with calibration.",
    ]
    if not counts["PrivateTest"]:
        notes.append("PrivateTest was not part of the data: it was neither trained nor measured on.")
    return tuple(notes)


def halves(faces: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Split positions 0 to faces - 1 into two halves at random, the same at every call."""
    order = np.random.default_rng(seed).permutation(faces)
    return np.sort(order[: faces // 2]), np.sort(order[faces // 2 :])


def _calibrated(raw: Floats, held_out: LabelledFaces) -> tuple[Calibration, CalibrationFigures]:
    """Fit on one half of the held-out faces, measure on the other."""
    fitted, measured = halves(len(held_out))
    calibration = calibrate.fit(raw[fitted], held_out.labels[fitted])
    figures = calibrate.describe(
        raw[measured],
        calibrate.apply(raw[measured], calibration),
        held_out.labels[measured],
        f"one half of {PUBLIC_TEST} ({len(fitted)} faces)",
        f"the other half of {PUBLIC_TEST} ({len(measured)} faces)",
    )
    return calibration, figures


def _measure(model: StoredModel, held_out: LabelledFaces) -> Evaluation:
    probabilities = predict(NetworkClassifier(model), held_out)
    return evaluate(probabilities, held_out.labels, f"{held_out.source}, {PUBLIC_TEST}")
