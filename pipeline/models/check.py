"""What a card may say: it is data from elsewhere, and numbers that mean nothing would become rows that look sound."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import ModelError
from ..networks.options import explain_options
from ..records import EXPRESSIONS
from .card import NEVER, ModelCard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .card import Calibration, Evaluation, Readability

SEVEN = len(EXPRESSIONS)

TEMPERATURES = (0.01, 100.0)
MOST_BIAS, MOST_PRIOR, MOST_COEFFICIENT = -NEVER, 20.0, 1e6
"""A prior is a logarithm: e to the 20 is five hundred millions."""


def decode_card(content: bytes, path: Path) -> ModelCard:
    """A card from its file's content, checked.

    Raises:
        ModelError: it is no card, or says what no model can be.
    """
    try:
        card = msgspec.json.decode(content, type=ModelCard)
        json.loads(content, object_pairs_hook=_expect_once)
    except RecursionError as error:
        raise ModelError(f"{path}: expected a model card; found brackets in brackets without end.") from error
    except (msgspec.MsgspecError, ValueError) as error:
        found = str(error)[:300].rstrip(".")
        raise ModelError(f"{path}: expected a model card; {found}. Publish the model again.") from error
    check_card(card, path)
    return card


def _expect_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON with each key once: of two, one reader takes the first and another the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"found the key {twice[:60]!r} twice")
    return found


def check_card(card: ModelCard, path: Path) -> None:
    """Refuse a card whose words or numbers cannot be those of a model.

    Raises:
        ModelError: names the file, what was expected and what was found.
    """
    problem = next(_problems(card), None)
    if problem:
        raise ModelError(f"{path}: {problem}. Publish the model again, or choose another with `model`.")


def _problems(card: ModelCard) -> Iterator[str]:
    if card.labels != EXPRESSIONS:
        yield f"expected the labels {', '.join(EXPRESSIONS)}; found {', '.join(card.labels)[:200]}"
    if not re.fullmatch("[0-9a-f]{64}", card.weights_sha256):
        yield f"expected the sha256 of its weights, 64 hexadecimal digits; found {card.weights_sha256[:70]!r}"
    wrong = explain_options(card.arch, card.options)
    if wrong:
        yield wrong
    yield from _in_training(card)
    yield from _in_calibration(card.calibration)
    if card.readability:
        yield from explain_readability(card.readability)
    for one in (card.evaluation, card.labels_evaluation):
        yield from _in_evaluation(one) if one else ()
    for condition in card.conditions:
        yield from _shares(f"accuracy of {condition.name[:60]!r}", [condition.accuracy])
        yield from _square("confusion", condition.confusion, math.inf)
    if card.cost and min(card.cost.parameters, card.cost.gflop_per_face) < 0:
        yield f"expected a cost of 0 or more; found {card.cost.parameters} parameters, {card.cost.gflop_per_face} GFLOP"


def _in_training(card: ModelCard) -> Iterator[str]:
    settings = card.training.settings
    classes, target = settings.get("classes"), settings.get("target", "labels")
    if classes is not None and not (
        isinstance(classes, list) and classes and all(one in EXPRESSIONS for one in classes)
    ):
        yield f"expected classes out of {', '.join(EXPRESSIONS)} in its training; found {str(classes)[:60]!r}"
    if target not in {"labels", "votes"}:
        yield f"expected labels or votes as target of its training; found {str(target)[:60]!r}"


def _in_calibration(found: Calibration) -> Iterator[str]:
    low, high = TEMPERATURES
    if not low <= found.temperature <= high:
        yield f"expected a temperature from {low} to {high:g}; found {found.temperature}"
    if not 0 <= found.smoothed < 1 / SEVEN:
        yield f"expected smoothed from 0 to under a seventh; found {found.smoothed}"
    yield from _vector("biases", found.biases, SEVEN, MOST_BIAS)
    yield from explain_prior(found.prior)
    if max(found.biases, default=0.0) <= NEVER:
        yield "expected biases of at least one expression that was trained; found none"


def explain_prior(prior: Sequence[float]) -> Iterator[str]:
    """What is wrong with a prior: a part of a message each."""
    yield from _vector("prior", prior, SEVEN, MOST_PRIOR)


def explain_readability(found: Readability) -> Iterator[str]:
    """What is wrong with regressions: a part of a message each."""
    if len(set(found.facts)) < len(found.facts):
        yield f"expected each fact for what can be read once; found {', '.join(found.facts)[:200]}"
    for name, coefficients in (("readable", found.readable), ("face", found.face)):
        expected = f"coefficients of {name}, one for each fact and the intercept,"
        yield from _vector(expected, coefficients, len(found.facts) + 1, MOST_COEFFICIENT)


def _in_evaluation(found: Evaluation) -> Iterator[str]:
    figures = [number for one in found.classes for number in (one.precision, one.recall, one.f1)]
    yield from _shares("figures of its evaluation", [found.accuracy, *found.interval, *figures])
    if found.faces < 0 or any(one.faces < 0 for one in found.classes):
        yield "expected numbers of faces, 0 or more, in its evaluation; found one below 0"
    yield from _square("confusion", found.confusion, math.inf)
    yield from _square("mean_probabilities", found.mean_probabilities, 1 + 1e-6)


def _shares(name: str, values: Sequence[float]) -> Iterator[str]:
    outside = [value for value in values if not 0 <= value <= 1]
    if outside:
        yield f"expected the {name} from 0 to 1; found {outside[0]}"


def _square(name: str, rows: Sequence[Sequence[float]], most: float) -> Iterator[str]:
    """A matrix of seven by seven, or none; cards of before had none."""
    if rows and {len(rows), *map(len, rows)} != {SEVEN}:
        yield f"expected a matrix of {SEVEN} by {SEVEN} as {name}; found {len(rows)} rows of {len(rows[0])}"
    outside = [value for row in rows for value in row if not 0 <= value <= most]
    if outside:
        yield f"expected numbers of 0 or more in its {name}; found {outside[0]}"


def _vector(name: str, values: Sequence[float], count: int, most: float) -> Iterator[str]:
    if len(values) != count:
        yield f"expected {count} {name}; found {len(values)}"
    outside = [value for value in values if not abs(value) <= most]
    if outside:
        yield f"expected {name} from {-most:g} to {most:g}; found {outside[0]}"
