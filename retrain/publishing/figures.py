"""The figures of a card: each head judged by its labels, calibration, what is left of it in shops, and cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from pipeline import networks
from pipeline.calibration import undo
from pipeline.expressions import LABELS_HEAD
from pipeline.inference.runtime import silence
from pipeline.models.card import NEVER, Calibration, CalibrationFigures, Condition, Cost
from pipeline.models.folder import WEIGHTS, write_model
from pipeline.models.graphs import find_graph
from pipeline.networks.weights import fold, load_arrays
from pipeline.records import EXPRESSIONS

from ..data.faces import PUBLIC_TEST, TRAINING
from ..measure import calibrate, conditions
from ..measure.cost import count_gflop, count_in_graph, count_parameters, describe_machine, measure_speed
from ..measure.evaluate import judge, predict
from ..measure.heads import has_labels_head, learned_votes, open_head
from ..measure.truth import FERPLUS, Truth, by_labels, by_people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import keras

    from pipeline.expressions import NetworkClassifier
    from pipeline.inference.graphs import Graph
    from pipeline.models.card import ModelCard
    from pipeline.models.folder import StoredModel
    from pipeline.records import Floats

    from ..data.faces import LabelledFaces


@dataclass(frozen=True, slots=True)
class Answered:
    """What a head of a model says of faces, probabilities (N, 7), and what is right for them."""

    truth: Truth
    probabilities: Floats


def truths(card: ModelCard, held_out: LabelledFaces) -> tuple[Truth, ...]:
    """By what a model is judged: what its expressions learned, then FER-2013's labels if it has a head for them."""
    if not learned_votes(card):
        return (by_labels(held_out),)
    people = by_people(held_out, card.trained)
    searched = held_out.take(np.flatnonzero(held_out.searched))
    return (people, by_labels(searched)) if has_labels_head(card) and len(searched) else (people,)


def answer(model: StoredModel, truth: Truth, device: str = "auto") -> Answered:
    """What the head that a truth asks for says of its faces."""
    return Answered(truth, predict(open_head(model, truth.head, device), truth.faces.faces))


def fit_calibration(
    draft: StoredModel,
    held_out: LabelledFaces,
    smoothed: float,
    prior: tuple[float, ...],
    graph: Graph | None,
) -> StoredModel:
    """The draft with a calibration fitted on one half of the held-out faces, by labels or by votes.

    Args:
        draft: a model without calibration, written to its folder.
        held_out: faces that it was not trained on.
        smoothed: probability that every trained expression had in each target.
        prior: of faces in shops, which is added to what is fitted on these.
        graph: the draft's.
    """
    truth = truths(draft.card, held_out)[0]
    known = np.array([place for place, name in enumerate(EXPRESSIONS) if name in draft.card.trained])
    silent = Calibration(biases=tuple(0.0 if place in known else NEVER for place in range(len(EXPRESSIONS))))
    raw = answer(replace(draft, card=replace(draft.card, calibration=silent)), truth).probabilities
    fitted, _ = halves(len(raw))
    calibration = replace(calibrate.fit_among(raw[fitted], truth.shares[fitted], known, smoothed), prior=prior)
    content = (draft.folder / WEIGHTS).read_bytes()
    return write_model(draft.folder, replace(draft.card, calibration=calibration), content, graph=graph)


def measure_card(
    model: StoredModel, data: LabelledFaces, device: str = "auto", *, quick: bool = False
) -> tuple[ModelCard, tuple[Answered, ...]]:
    """The card of a calibrated model with its figures, and what its heads said of the PublicTest faces.

    Args:
        model: as it is written.
        data: with Training (for faces that both splits show) and PublicTest faces.
        device: as in `pipeline.inference.runtime`.
        quick: leave out the conditions.
    """
    held_out, card = data.split(PUBLIC_TEST), model.card
    said = tuple(answer(model, truth, device) for truth in truths(card, held_out))
    first, *others = (judge(one.probabilities, one.truth, PUBLIC_TEST) for one in said)
    main, classifier = said[0], open_head(model, said[0].truth.head, device)
    found = () if quick else conditions.measure(classifier, main.truth, main.probabilities, data.split(TRAINING))
    card = replace(
        card,
        evaluation=first,
        labels_evaluation=others[0] if others else None,
        calibration_figures=_describe_calibration(model, main, device),
        conditions=(*found, *(() if quick else _asked_by_votes(card, classifier, held_out))),
        cost=_cost(model, classifier),
    )
    return card, said


def _cost(model: StoredModel, classifier: NetworkClassifier) -> Cost:
    """What a face costs, counted in the model's graph if it has one: that takes no framework, and is what runs.

    The head for FER-2013's labels is left out, as it is where faces are classified.
    """
    card, view_px = model.card, model.card.preprocessing.view_px
    if card.graph is None and find_spec("keras"):
        silence()
        return measure_cost(build_network(card.arch, card.options, model.weights()), classifier, view_px)
    graph, heads = find_graph(model, model.weights())
    asked = [place for place, head in enumerate(heads) if head != LABELS_HEAD]
    parameters, gflop = count_in_graph(graph, asked, view_px)
    return Cost(parameters, round(gflop, 4), round(measure_speed(classifier.classify)), describe_machine())


def _asked_by_votes(card: ModelCard, classifier: NetworkClassifier, held_out: LabelledFaces) -> tuple[Condition, ...]:
    """How a model that learned labels agrees with what most people say, where that is known."""
    people = by_people(held_out, card.trained)
    if learned_votes(card) or not people.voted or not len(people.clear):
        return ()
    some = "" if len(card.trained) == len(EXPRESSIONS) else f", of faces labelled {', '.join(card.trained)}"
    said = predict(classifier, people.faces.faces[people.clear])
    return (conditions.condition(f"{FERPLUS}{some}", said, people.right[people.clear], people.labels),)


def _describe_calibration(model: StoredModel, said: Answered, device: str) -> CalibrationFigures:
    """Calibration before and after, on the half that it is not fitted on; a prior of other faces is left out."""
    fit = model.card.calibration
    raw, calibrated = (
        answer(replace(model, card=replace(model.card, calibration=how)), said.truth, device).probabilities
        for how in (undo(fit), replace(fit, prior=Calibration().prior))
    )
    fitted, measured = halves(len(raw))
    by = ", by the votes of their annotators" if said.truth.voted else ""
    found = calibrate.describe(
        raw[measured],
        calibrated[measured],
        said.truth.shares[measured],
        f"one half of {PUBLIC_TEST} ({len(fitted)} faces{by})",
        f"the other half of {PUBLIC_TEST} ({len(measured)} faces{by})",
    )
    return replace(found, accuracy_before=judge(raw, said.truth, PUBLIC_TEST).accuracy)


def halves(faces: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Split positions 0 to faces - 1 into two halves at random, the same at every call."""
    order = np.random.default_rng(seed).permutation(faces)
    return np.sort(order[: faces // 2]), np.sort(order[faces // 2 :])


def build_network(arch: str, options: Mapping[str, Any], weights: Mapping[str, Floats]) -> keras.Model:
    """Weights by `layer/weight` in the network for inference, without what only training needs."""
    network = networks.build(arch, dict(options))
    load_arrays(network, weights)
    return network


def measure_cost(network: keras.Model, classifier: NetworkClassifier, view_px: int) -> Cost:
    """What a view costs with a network, whose batch normalisation is folded here, and its classifier's speed."""
    folded = fold(network)
    return Cost(
        parameters=count_parameters(folded),
        gflop_per_face=round(count_gflop(folded, view_px), 4),
        faces_per_second=round(measure_speed(classifier.classify)),
        measured_on=describe_machine(),
    )
