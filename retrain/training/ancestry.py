"""Which models went into a model: each known by its hash and described, as names are given anew."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.models.card import Ancestor
from pipeline.models.folder import find_model

from .licence import STARTS
from .runs import BEST, read_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.models.folder import StoredModel

    from .runs import FinishedRun

START, TEACHER, AVERAGE = "start", "teacher", "average"


def inherit_ancestors(base: str, teachers: Sequence[StoredModel]) -> tuple[Ancestor, ...]:
    """The models and runs that a run begins from and is taught by, and those that went into them.

    Args:
        base: as given to `retrain --base`.
        teachers: models whose answers are learned.
    """
    if base in STARTS:
        begun: tuple[Ancestor, ...] = ()
    elif (Path(base) / BEST).is_file():
        begun = of_run(read_run(Path(base)), START)
    else:
        begun = of_model(find_model(None if base == "active" else base), START)
    return join([*begun, *(one for teacher in teachers for one in of_model(teacher, TEACHER))])


def of_model(model: StoredModel, way: str) -> tuple[Ancestor, ...]:
    """A published model, and what went into it."""
    card = model.card
    trained = card.training
    what = (
        f"{card.arch} {_options(card.options)}, epoch {trained.epochs} of {trained.settings.get('epochs', '?')} on "
        f"{card.data.source}, begun from {trained.settings.get('base', 'an unknown base')}; "
        f"{card.evaluation.accuracy:.1%} on {card.evaluation.data}; published {card.created_at[:10]}"
    )
    return Ancestor(card.name, card.weights_sha256, (way,), what), *_through(card.ancestors)


def of_run(run: FinishedRun, way: str) -> tuple[Ancestor, ...]:
    """A training run, and what went into it."""
    what = (
        f"a run: {run.settings.arch} {_options(run.settings.layout)}, epoch {run.best.epoch} of {run.settings.epochs} "
        f"on {' + '.join(Path(path).name for path in run.origin.sources.data) or 'faces that were not noted'}, begun "
        f"from {run.settings.base}; {run.best.accuracy:.1%} of its held-out faces, before calibration"
    )
    return Ancestor(run.folder.name, hash_weights(run), (way,), what), *_through(run.origin.ancestors)


def join(ancestors: Iterable[Ancestor]) -> tuple[Ancestor, ...]:
    """Each model once, with all ways in which it went in."""
    found: dict[tuple[str, str], Ancestor] = {}
    for one in ancestors:
        known = found.get((one.name, one.sha256))
        ways = tuple(dict.fromkeys((*(known.ways if known else ()), *one.ways)))
        found[one.name, one.sha256] = Ancestor(one.name, one.sha256, ways, one.what)
    return tuple(found.values())


def hash_weights(run: FinishedRun) -> str:
    """The hash of a run's weights by name, as its own file holds when it was written, too."""
    digest = hashlib.sha256()
    for name, array in sorted(run.weights.items()):
        digest.update(name.encode() + np.ascontiguousarray(array, np.float32).tobytes())
    return digest.hexdigest()


def _through(ancestors: Iterable[Ancestor]) -> tuple[Ancestor, ...]:
    """What went into an ancestor: that it did so in its turn is said."""
    return tuple(
        Ancestor(one.name, one.sha256, tuple(f"{way.split(',')[0]}, through another" for way in one.ways), one.what)
        for one in ancestors
    )


def _options(options: dict[str, object]) -> str:
    return f"({', '.join(f'{name} {value}' for name, value in options.items())})" if options else ""
