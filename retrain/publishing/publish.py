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

from pipeline.errors import DataError, ModelError
from pipeline.expressions import LABELS_HEAD
from pipeline.inference import runtime
from pipeline.models.card import Condition, DataOrigin, Evaluation, ModelCard, Preprocessing, TrainingRecord
from pipeline.models.folder import WEIGHTS, encode_weights, write_model
from pipeline.models.graphs import draw_graph
from pipeline.models.weights import decode_weights
from pipeline.networks.weights import named_arrays
from pipeline.preprocessing import CROP_SCALE, FACE_PX, MIN_CONTRAST
from pipeline.records import EXPRESSIONS

from ..data.checks import check_held_out
from ..data.faces import PUBLIC_TEST, SPLITS
from ..measure.evaluate import judge
from ..training.reading_head import reading_options
from ..training.targets import check_votes
from ..training.terms import describe_licence
from . import card_page
from .figures import Answered, answer, build_network, fit_calibration, measure_card, truths
from .gate import Comparison, compare, refuse_collapsed, refuse_worse
from .provenance import describe_lengths, describe_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.inference.graphs import Graph
    from pipeline.models.card import GraphRecord
    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats

    from ..data.faces import LabelledFaces
    from ..training.runs import FinishedRun

MODEL = "model"
"""Folder of a run that holds its model and card."""

REPLAYED = f"{PUBLIC_TEST}; its Training faces were replayed"

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
    weights = encode_weights(_published(run))
    graph, record = _draw_graph(run, weights)
    try:
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=run.folder) as beside:
            card = replace(_describe(run, name, data, weights), graph=record)
            draft = write_model(Path(beside) / name, card, weights, graph=graph)
            draft = fit_calibration(draft, data.split(PUBLIC_TEST), run.settings.smoothed, run.origin.prior, graph)
            card, said = measure_card(draft, data, quick=quick)
            compared = [] if rival is None else [compare(one, rival, card.trained) for one in said]
            known = [] if replayed is None else _answer_replayed(draft, replayed)
            compared += [] if rival is None else [compare(one, rival, card.trained) for one in known]
    except OSError as error:
        raise ModelError(f"{run.folder}: the model cannot be written; {error.strerror}.") from error
    for found in compared:
        on_compared(found)
    card, remembered = _with_replayed(card, known)
    pages = card_page.pages(card)
    seen = run.seen or None
    model = write_model(run.folder / MODEL, card, weights, pages, graph, seen=seen)
    on_measured(model)
    if root is None:
        return model
    if not even_if_worse:
        _refuse(card, remembered, compared[: len(said)])
    return write_model(root / name, card, weights, pages, graph, seen=seen)


def _with_replayed(card: ModelCard, known: Sequence[Answered]) -> tuple[ModelCard, list[Evaluation]]:
    """The card with what is left of what the base knew among its conditions, and those figures."""
    remembered = [judge(one.probabilities, one.truth, REPLAYED) for one in known]
    kept = (
        Condition(found.data, found.accuracy, found.faces, found.confusion, one.truth.labels)
        for found, one in zip(remembered, known, strict=True)
    )
    return replace(card, conditions=(*card.conditions, *kept)), remembered


def _published(run: FinishedRun) -> dict[str, Floats]:
    """The weights that a model has: of the network for inference, and of the heads beside that for expressions."""
    kept = named_arrays(build_network(run.settings.arch, _options(run), run.weights))
    heads = {name: array for name, array in run.weights.items() if name.startswith(f"{LABELS_HEAD}/")}
    return kept | (heads if _options(run).get(LABELS_HEAD) else {})


def _draw_graph(run: FinishedRun, weights: bytes) -> tuple[Graph | None, GraphRecord | None]:
    """The model's graph, of the weights as they are written; nothing where no graph can be made, as on PyTorch."""
    if not runtime.makes_graphs():
        return None, None
    known_by = hashlib.sha256(weights).hexdigest()
    return draw_graph(run.settings.arch, _options(run), decode_weights(weights, run.folder / WEIGHTS), known_by)


def _options(run: FinishedRun) -> dict[str, Any]:
    """The architecture's options with the heads that the model has beside that for expressions."""
    labels = {LABELS_HEAD: True} if run.settings.target == "votes" else {}
    return run.settings.layout | labels | reading_options(run.weights)


def _refuse(card: ModelCard, known: Sequence[Evaluation], compared: Sequence[Comparison]) -> None:
    """The gate: no expression may have collapsed, also among the replayed faces, nor may the rival be better."""
    for found in (card.evaluation, *filter(None, [card.labels_evaluation]), *known):
        refuse_collapsed(card.name, found, card.trained)
    for one in compared:
        refuse_worse(card.name, one)


def _answer_replayed(draft: StoredModel, replayed: LabelledFaces) -> list[Answered]:
    """What is left of what the base knew: the model's answers for held-out faces of the source that was replayed."""
    asked = (truth for truth in truths(draft.card, replayed) if len(truth.clear))
    return [answer(draft, truth) for truth in asked]


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
    check_votes(data, run.settings)


def _describe(run: FinishedRun, name: str, data: LabelledFaces, weights: bytes) -> ModelCard:
    seen = hashlib.sha256(run.seen).hexdigest() if run.seen else ""
    own = data.splits[~data.known]
    counts = {split: int((own == split).sum()) for split in SPLITS}
    return ModelCard(
        name=name,
        arch=run.settings.arch,
        options=_options(run),
        labels=EXPRESSIONS,
        preprocessing=Preprocessing(FACE_PX, CROP_SCALE, MIN_CONTRAST, run.settings.pixels, run.settings.crop_px),
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        data=DataOrigin(data.source, data.sha256, {split: count for split, count in counts.items() if count}, seen),
        training=TrainingRecord(
            run.origin.commit, run.best.epoch, run.best.seconds, asdict(run.settings), run.origin.libraries
        ),
        evaluation=Evaluation("not measured yet", 0, 0.0, (0.0, 1.0), (), ()),
        licence=describe_licence(run.settings, run.origin.terms, (data.source, *data.replayed[:1])),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        # Of a model that is made anew, some of its notes are said again.
        notes=tuple(
            dict.fromkeys(
                (*describe_limits(data, run.settings, run.averaged), *describe_lengths(run.origin.lengths), *run.notes)
            )
        ),
        readability=run.origin.readability,
        ancestors=run.origin.ancestors,
    )
